"""Photographs that are there twice: the same file, or the same picture saved again."""

from collections.abc import Iterator

import numpy as np
from scipy.fft import dctn
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from hw4.windows.images import Store

HASH_SIDE = 8
THUMBNAIL = 32
MAX_BITS = 6
"""Bits of 63 in which the perceptual hashes of two copies may differ. In 879 photographs of
facades no two different ones came closer than 10."""
MIN_CORRELATION = 0.96
"""Correlation of the grey thumbnails of two copies; a second look at what the hash finds alike."""
BLOCK = 4_000_000
"""Hashes that are compared at once."""
READ_AT_ONCE = 256
PIECE = 9
"""Bits in each of the MAX_BITS + 1 pieces of a hash."""


def find(train: Store, test: Store) -> tuple[np.ndarray, set[int], set[int]]:
    """Pairs of copies in the training set `(pairs, 2)`, and what of it is in the test set too.

    Returns:
        the pairs, the training photographs whose file is in the test set, and those whose picture
        is there in another file.
    """
    tested = set(test.hashes)
    exact = {i for i, checksum in enumerate(train.hashes) if checksum in tested}
    hashes = perceptual_hashes(train.pixels)
    across = near_pairs(train.pixels, hashes, test.pixels, perceptual_hashes(test.pixels))
    within = near_pairs(train.pixels, hashes, train.pixels, hashes)
    return within, exact, set(across[:, 0].tolist()) - exact


def groups(count: int, pairs: np.ndarray) -> np.ndarray:
    """A number for each of `count` photographs, the same for those that `pairs` connect."""
    graph = coo_array((np.ones(len(pairs)), tuple(pairs.T)), shape=(count, count))
    return connected_components(graph, directed=False)[1]


def thumbnails(pixels: np.ndarray) -> np.ndarray:
    """Grey thumbnails of zero mean and unit length, `(photographs, THUMBNAIL²)` float32.

    Args:
        pixels: `(photographs, size, size, 3)` uint8; `size` is a multiple of `THUMBNAIL`.
    """
    step = pixels.shape[1] // THUMBNAIL
    grey = pixels @ np.array([0.299, 0.587, 0.114], np.float32)
    small = grey.reshape(len(pixels), THUMBNAIL, step, THUMBNAIL, step).mean((2, 4))
    small = small.reshape(len(pixels), -1)
    small -= small.mean(1, keepdims=True)
    return small / np.maximum(np.linalg.norm(small, axis=1, keepdims=True), 1e-6)


def perceptual_hashes(pixels: np.ndarray) -> np.ndarray:
    """A 64-bit hash of each photograph, `(photographs,)` uint64.

    The signs of the lowest 63 coefficients of the cosine transform against their median ("pHash");
    scaling, recompression and small changes of light leave most of them as they are. Memory stays
    flat, as pixels are read a few at a time.
    """
    hashes = np.empty(len(pixels), np.uint64)
    for begin in range(0, len(pixels), READ_AT_ONCE):
        small = thumbnails(pixels[begin : begin + READ_AT_ONCE])
        waves = dctn(small.reshape(-1, THUMBNAIL, THUMBNAIL), axes=(1, 2))
        waves = waves[:, :HASH_SIDE, :HASH_SIDE].reshape(len(small), -1)[:, 1:]
        bits = waves > np.median(waves, axis=1, keepdims=True)  # (photographs, 63)
        hashes[begin : begin + len(small)] = np.packbits(bits, axis=1).view(np.uint64)[:, 0]
    return hashes


def near_pairs(
    pixels: np.ndarray, hashes: np.ndarray, others: np.ndarray, other_hashes: np.ndarray
) -> np.ndarray:
    """Pairs of photographs that show the same picture, `(pairs, 2)`, in order."""
    found = [np.empty((0, 2), np.int64)]
    for pairs in _near_hashes(hashes, other_hashes):
        if others is pixels:  # each pair once, and none with itself
            pairs = pairs[pairs[:, 0] < pairs[:, 1]]
        for begin in range(0, len(pairs), READ_AT_ONCE):
            some = pairs[begin : begin + READ_AT_ONCE]
            left, right = thumbnails(pixels[some[:, 0]]), thumbnails(others[some[:, 1]])
            found.append(some[(left * right).sum(1) >= MIN_CORRELATION])
    return np.unique(np.concatenate(found), axis=0)


def _near_hashes(hashes: np.ndarray, others: np.ndarray) -> Iterator[np.ndarray]:
    """Pairs of hashes that differ in at most MAX_BITS bits, `(pairs, 2)`; some come repeatedly.

    Of MAX_BITS + 1 pieces at least one is the same in any such pair, so only those are compared
    that share a piece: all with all takes half a minute for 100,000 photographs.
    """
    for piece in range(MAX_BITS + 1):
        mask = np.uint64(2**PIECE - 1 << PIECE * piece)
        first, second = _by_value(hashes & mask), _by_value(others & mask)
        for value in first.keys() & second.keys():
            a, b = first[value], second[value]
            rows = max(1, BLOCK // len(b))
            for begin in range(0, len(a), rows):
                some = a[begin : begin + rows]
                distance = np.bitwise_count(hashes[some, None] ^ others[None, b])
                left, right = np.nonzero(distance <= MAX_BITS)
                yield np.stack([some[left], b[right]], axis=1)


def _by_value(values: np.ndarray) -> dict[int, np.ndarray]:
    """Where each value occurs."""
    order = np.argsort(values, kind="stable")
    distinct, starts = np.unique(values[order], return_index=True)
    return dict(zip(distinct.tolist(), np.split(order, starts[1:]), strict=True))
