"""Copies of photographs are found, among few and among many."""

import numpy as np

from hw4.windows import duplicates, standin
from hw4.windows.made_up import photographs

SIZE = 64


def _pairs(pixels):
    store = photographs(pixels, np.zeros(len(pixels), int)).store
    return duplicates.find(store, store)


def test_different_drawings_are_no_copies():
    labels = standin.labels(60, 1, "train")
    pixels = np.stack([item[1] for item in standin.draw_all(labels, 1, "train", SIZE)])
    within, exact, near = _pairs(pixels)
    assert len(within) == 0 and len(exact) == 60 and not near


def test_copies_among_many_are_those_among_few(monkeypatch):
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (300, 8, 8, 3), np.uint8).repeat(8, 1).repeat(8, 2)
    changed = pixels[:60] + random.normal(0, 20, (60, 64, 64, 3))
    pixels[-60:] = np.clip(changed, 0, 255)
    few = _pairs(pixels)[0]
    assert 40 <= len(few) <= 60 and (few[:, 0] < few[:, 1]).all()
    monkeypatch.setattr(duplicates, "BLOCK", 1000)
    assert np.array_equal(_pairs(pixels)[0], few)


def test_pictures_that_are_alike_only_from_afar_are_no_copies():
    """Their hashes are the same; the second look, at the thumbnails, tells them apart."""
    wave = np.cos(np.pi * (2 * np.arange(32) + 1) * np.arange(32)[:, None] / 64)
    random = np.random.default_rng(1).normal(size=(8, 8))
    coarse = wave[:8].T @ random @ wave[:8]
    fine = np.outer(wave[31], wave[31]) * 40

    def picture(grey):
        return np.repeat(np.clip(128 + grey, 0, 255).astype(np.uint8)[..., None], 3, axis=2)

    coarse *= 40 / coarse.std()
    alike = np.stack([picture(coarse + fine), picture(coarse - fine), picture(coarse + 0.9 * fine)])
    hashes = duplicates.perceptual_hashes(alike)
    assert np.bitwise_count(hashes[0] ^ hashes[1]) <= duplicates.MAX_BITS
    assert duplicates.near_pairs(alike, hashes, alike, hashes).tolist() == [[0, 2]]


def test_copies_of_copies_are_one_group():
    group = duplicates.groups(6, np.array([[0, 3], [3, 5], [1, 2]]))
    assert group[0] == group[3] == group[5] and group[1] == group[2]
    assert len(set(group.tolist())) == 3
    assert len(set(duplicates.groups(4, np.empty((0, 2), int)).tolist())) == 4
