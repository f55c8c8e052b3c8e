"""Photographs that are there twice: the same file, or the same picture saved again."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

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


@dataclass(frozen=True)
class Looks:
    """What is compared of photographs; memory stays flat, as pixels are read a few at a time.

    Attributes:
        pixels: `(photographs, size, size, 3)` uint8, mapped from the disk.
        hashes: `(photographs,)` uint64, see `perceptual_hashes`.
    """

    pixels: np.ndarray
    hashes: np.ndarray

    @classmethod
    def of(cls, pixels: np.ndarray) -> "Looks":
        """The looks of these photographs."""
        hashes = np.empty(len(pixels), np.uint64)
        for begin in range(0, len(pixels), READ_AT_ONCE):
            small = thumbnails(pixels[begin : begin + READ_AT_ONCE])
            hashes[begin : begin + READ_AT_ONCE] = perceptual_hashes(small)
        return cls(pixels, hashes)


def thumbnails(pixels: np.ndarray) -> np.ndarray:
    """Grey thumbnails of zero mean and unit length, `(photographs, THUMBNAIL²)` float32.

    Args:
        pixels: `(photographs, size, size, 3)` uint8; `size` is a multiple of `THUMBNAIL`.
    """
    count, size = pixels.shape[:2]
    step = size // THUMBNAIL
    found = np.empty((count, THUMBNAIL**2), np.float32)
    for begin in range(0, count, READ_AT_ONCE):
        block = pixels[begin : begin + READ_AT_ONCE]
        grey = block @ np.array([0.299, 0.587, 0.114], np.float32)
        small = grey.reshape(len(block), THUMBNAIL, step, THUMBNAIL, step).mean((2, 4))
        found[begin : begin + READ_AT_ONCE] = small.reshape(len(block), -1)
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


def near_pairs(first: Looks, second: Looks | None = None) -> np.ndarray:
    """Pairs of photographs that show the same picture, `(pairs, 2)`, in order.

    Args:
        second: others to compare with; without them, `first` with itself, each pair once.
    """
    within = second is None
    second = first if second is None else second
    found = [np.empty((0, 2), np.int64)]
    for pairs in _near_hashes(first.hashes, second.hashes):
        pairs = pairs[pairs[:, 0] < pairs[:, 1]] if within else pairs
        for begin in range(0, len(pairs), READ_AT_ONCE):
            some = pairs[begin : begin + READ_AT_ONCE]
            ours, theirs = (
                thumbnails(first.pixels[some[:, 0]]),
                thumbnails(second.pixels[some[:, 1]]),
            )
            found.append(some[np.einsum("nd,nd->n", ours, theirs) >= MIN_CORRELATION])
    return np.unique(np.concatenate(found), axis=0)


def _near_hashes(ours: np.ndarray, theirs: np.ndarray) -> Iterator[np.ndarray]:
    """Pairs of hashes that differ in at most MAX_BITS bits, `(pairs, 2)`; some come repeatedly.

    All with all if they are few. Many are cut into MAX_BITS + 1 pieces, of which at least one is
    the same in any such pair, so that only those are compared that share a piece.
    """
    many = len(ours) * len(theirs) > BLOCK
    for piece in range(MAX_BITS + 1 if many else 1):
        mine, yours = (_by_piece(hashes, piece if many else None) for hashes in (ours, theirs))
        for value in mine.keys() & yours.keys():
            a, b = mine[value], yours[value]
            rows = max(1, BLOCK // len(b))
            for begin in range(0, len(a), rows):
                some = a[begin : begin + rows]
                distance = np.bitwise_count(ours[some, None] ^ theirs[None, b])
                left, right = np.nonzero(distance <= MAX_BITS)
                yield np.stack([some[left], b[right]], axis=1)


def _by_piece(hashes: np.ndarray, piece: int | None) -> dict[int, np.ndarray]:
    """Where each value of a piece occurs; everything under one value without a piece."""
    if piece is None:
        return {0: np.arange(len(hashes))} if len(hashes) else {}
    values = hashes >> np.uint64(PIECE * piece) & np.uint64(2**PIECE - 1)
    order = np.argsort(values, kind="stable")
    there, starts = np.unique(values[order], return_index=True)
    return dict(zip(there.tolist(), np.split(order, starts[1:]), strict=True))


def groups(count: int, pairs: np.ndarray) -> np.ndarray:
    """A number for each of `count` photographs, the same for those that `pairs` connect."""
    group = np.arange(count)
    for one, other in pairs:
        low, high = sorted((group[one], group[other]))
        if low != high:
            group[group == high] = low
    return group
