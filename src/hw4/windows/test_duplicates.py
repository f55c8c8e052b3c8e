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


def test_copies_of_copies_are_one_group():
    group = duplicates.groups(6, np.array([[0, 3], [3, 5], [1, 2]]))
    assert group[0] == group[3] == group[5] and group[1] == group[2]
    assert len(set(group.tolist())) == 3
    assert len(set(duplicates.groups(4, np.empty((0, 2), int)).tolist())) == 4
