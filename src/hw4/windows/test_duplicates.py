"""Copies of photographs are found, among few and among many."""

import numpy as np

from hw4.windows import duplicates, standin

SIZE = 64


def test_different_drawings_are_no_copies():
    labels = standin.labels(60, 1, "train")
    pixels = np.stack([item[1] for item in standin.draw_all(labels, 1, "train", SIZE)])
    assert len(duplicates.near_pairs(duplicates.Looks.of(pixels))) == 0


def test_copies_among_many_are_those_among_few(monkeypatch):
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (300, 8, 8, 3), np.uint8).repeat(8, 1).repeat(8, 2)
    changed = pixels[:60] + random.normal(0, 20, (60, 64, 64, 3))
    pixels[-60:] = np.clip(changed, 0, 255)
    looks = duplicates.Looks.of(pixels)
    few = duplicates.near_pairs(looks)
    assert 40 <= len(few) <= 60
    monkeypatch.setattr(duplicates, "BLOCK", 1000)
    assert np.array_equal(duplicates.near_pairs(looks), few)
