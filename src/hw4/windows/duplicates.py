"""Photographs that are there twice: the same file, or the same picture saved again."""

import numpy as np

HASH_SIDE = 8
THUMBNAIL = 32
MAX_BITS = 6
"""Bits of 63 in which the perceptual hashes of two copies may differ. In 879 photographs of
facades no two different ones came closer than 10."""
MIN_CORRELATION = 0.96
"""Correlation of the grey thumbnails of two copies; a second look at what the hash finds alike."""
BLOCK = 4_000_000


def thumbnails(pixels: np.ndarray) -> np.ndarray:
    """Grey thumbnails of zero mean and unit length, `(photographs, THUMBNAIL²)` float32.

    Args:
        pixels: `(photographs, size, size, 3)` uint8; `size` is a multiple of `THUMBNAIL`.
    """
    count, size = pixels.shape[:2]
    step = size // THUMBNAIL
    found = np.empty((count, THUMBNAIL**2), np.float32)
    for begin in range(0, count, 256):
        block = pixels[begin : begin + 256]
        grey = block @ np.array([0.299, 0.587, 0.114], np.float32)
        small = grey.reshape(len(block), THUMBNAIL, step, THUMBNAIL, step).mean((2, 4))
        found[begin : begin + 256] = small.reshape(len(block), -1)
    found -= found.mean(1, keepdims=True)
    return found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-6)


def perceptual_hashes(small: np.ndarray) -> np.ndarray:
    """A 64-bit hash of each thumbnail, `(photographs,)` uint64.

    The signs of the lowest 63 coefficients of the cosine transform against their median ("pHash");
    scaling, recompression and small changes of light leave most of them as they are.
    """
    position = np.arange(THUMBNAIL)
    basis = np.cos(np.pi * (2 * position + 1) * np.arange(HASH_SIDE)[:, None] / (2 * THUMBNAIL))
    pictures = small.reshape(-1, THUMBNAIL, THUMBNAIL)
    waves = np.einsum("ui,nij,vj->nuv", basis, pictures, basis, optimize=True)
    waves = waves.reshape(len(small), -1)[:, 1:]
    bits = waves > np.median(waves, axis=1, keepdims=True)
    weights = np.uint64(1) << np.arange(bits.shape[1], dtype=np.uint64)
    return (bits * weights).sum(axis=1, dtype=np.uint64)


def near_pairs(first: np.ndarray, second: np.ndarray | None = None) -> np.ndarray:
    """Pairs of thumbnails that show the same picture, `(pairs, 2)`.

    Args:
        first: thumbnails as `thumbnails` makes them.
        second: others to compare with; without them, `first` with itself, each pair once.
    """
    within = second is None
    second = first if second is None else second
    if not len(first) or not len(second):
        return np.empty((0, 2), np.int64)
    ours, theirs = perceptual_hashes(first), perceptual_hashes(second)
    rows = max(1, BLOCK // len(theirs))
    found = []
    for begin in range(0, len(ours), rows):
        distance = np.bitwise_count(ours[begin : begin + rows, None] ^ theirs[None])
        pairs = np.argwhere(distance <= MAX_BITS) + np.array([begin, 0])
        if within:
            pairs = pairs[pairs[:, 0] < pairs[:, 1]]
        alike = np.einsum("nd,nd->n", first[pairs[:, 0]], second[pairs[:, 1]])
        found.append(pairs[alike >= MIN_CORRELATION])
    return np.concatenate(found)


def groups(count: int, pairs: np.ndarray) -> np.ndarray:
    """A number for each of `count` photographs, the same for those that `pairs` connect."""
    group = np.arange(count)
    for one, other in pairs:
        low, high = sorted((group[one], group[other]))
        if low != high:
            group[group == high] = low
    return group
