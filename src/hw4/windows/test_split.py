"""Who is in which part: copies on one side, nothing of the test set, stratified, complete."""

import io

import numpy as np
import pytest
from PIL import Image

from hw4.foundation.errors import UserError
from hw4.windows import data, duplicates, images, standin
from hw4.windows.data import FOLDER_NAMES, Photographs, PictureSet
from hw4.windows.samples import (
    jpeg,
    labelled_files,
    saved,
    train_files,
    unlabelled_files,
    write_zip,
)
from hw4.windows.split import split

SIZE = 64


def _load(places, train=None, test=None):
    write_zip(places / "windows_train_set.zip", train or train_files(12))
    write_zip(places / "windows_test_set.zip", test or labelled_files(3))
    return data.load(data.source(), SIZE)


def _split(places, train=None, test=None):
    return split(*_load(places, train, test), 541, 0.2, 0.2)


def test_a_handful_of_bad_files_is_listed_and_left_out(places):
    bad = {"train_set/Bay/notes.txt": b"words", "train_set/Bay/cut.jpg": jpeg(1, 0, 160)[:1500]}
    learning, _ = _split(places, train_files(12) | bad)
    assert {(it.where, it.name) for it in learning.check.bad} == {("training", it) for it in bad}
    assert learning.check.train_counts == (12,) * 5


def test_many_bad_files_stop_the_build(places):
    bad = {f"train_set/Bay/b{place}.jpg": b"words" for place in range(30)}
    with pytest.raises(UserError, match=r"30 of 90 files are no usable photographs"):
        _load(places, train_files(12) | bad)


def test_too_few_photographs_of_a_class(places):
    few = {k: v for k, v in train_files(12).items() if "/Hung/" not in k or k.endswith("/1.jpg")}
    with pytest.raises(UserError, match="Only 1 usable photographs of the class Hung"):
        _split(places, few)


def test_copies_of_test_photographs_are_not_trained_on(places):
    test = labelled_files(3)
    same = test["test_set/Bay/3.jpg"]
    picture = Image.open(io.BytesIO(test["test_set/Fixed/6.jpg"]))
    again = saved(picture.resize((90, 90), Image.Resampling.LANCZOS), "JPEG", quality=70)
    copies = {"train_set/Bay/same.jpg": same, "train_set/Fixed/again.jpg": again}
    learning, _ = _split(places, train_files(12) | copies, test)
    assert (learning.check.exact_duplicates, learning.check.near_duplicates) == (1, 1)
    assert set(learning.check.removed) == set(copies)
    used = {*learning.fit.names, *learning.validation.names}
    assert not used & set(copies) and len(used) == 60


def _set(pixels, targets, role):
    names = tuple(f"{role}/{i}.jpg" for i in range(len(pixels)))
    photographs = Photographs(pixels, np.arange(len(pixels)), np.asarray(targets), names)
    return PictureSet(photographs, tuple(images.hashlib.sha256(it).hexdigest() for it in pixels))


def _random_sets(labelled: bool, seed: int = 1):
    """A hundred random pictures; of every third one, a near-copy with noise."""
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 256, (100, 8, 8, 3)).repeat(8, 1).repeat(8, 2)
    targets = np.arange(100) % 5
    noisy = (pixels[::3] + rng.normal(0, 6, pixels[::3].shape)).clip(0, 255)
    train = np.concatenate([pixels, noisy]).astype(np.uint8)
    order = rng.permutation(len(train))
    targets = np.concatenate([targets, targets[::3]])[order]
    pictures = rng.integers(0, 256, (20, 8, 8, 3)).repeat(8, 1).repeat(8, 2).astype(np.uint8)
    tested = np.arange(20) % 5 if labelled else np.full(20, -1)
    original = np.concatenate([np.arange(100), np.arange(100)[::3]])[order]
    return _set(train[order], targets, "train"), _set(pictures, tested, "test"), original


@pytest.mark.parametrize("labelled", [True, False])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_copies_stay_on_one_side_and_every_photograph_has_a_part(labelled, seed):
    train, test, original = _random_sets(labelled, seed)
    learning, unseen = split(train, test, seed, 0.2, 0.2)
    parts = [learning.fit, learning.validation]
    if not labelled:
        parts.append(unseen.reported)
    shown = [set(original[part.rows]) for part in parts]
    assert learning.check.duplicates_within >= 30
    for one in range(len(parts)):
        for other in range(one):
            assert not shown[one] & shown[other], "copies of one picture lie in two parts"
    rows = np.concatenate([part.rows for part in parts])
    assert sorted(rows) == list(range(134)), "each photograph is in exactly one part"
    for part in parts:
        assert all(train.photographs.names[row] == name
                   for row, name in zip(part.rows, part.names, strict=True))  # fmt: skip
        assert np.array_equal(train.photographs.targets[part.rows], part.targets)
        share = len(part) / 134
        expected = share * np.bincount(train.photographs.targets)
        assert np.abs(np.bincount(part.targets) - expected).max() <= 4, "stratified"
    groups = learning.groups[:, None] == learning.groups
    same = original[learning.fit.rows][:, None] == original[learning.fit.rows]
    assert np.array_equal(groups, same), "cross-validation knows the copies"


def test_the_parts_do_not_depend_on_what_the_test_set_is(places):
    train, test, _ = _random_sets(True)
    _, other, _ = _random_sets(True, seed=9)
    one, two = (split(train, it, 541, 0.2, 0.2)[0] for it in (test, other))
    assert one.fit.names == two.fit.names and one.validation.names == two.validation.names


def test_the_split_is_stratified_and_complete(places):
    learning, unseen = _split(places, train_files(20), unlabelled_files())
    assert unseen.unlabelled is not None and set(unseen.unlabelled.targets) == {-1}
    parts = (learning.fit, learning.validation, unseen.reported)
    assert sorted(np.concatenate([part.rows for part in parts])) == list(range(100))
    for part, each in zip(parts, (12, 4, 4), strict=True):
        assert np.bincount(part.targets).tolist() == [each] * 5


def test_a_labelled_test_set_needs_no_held_out_part(places):
    learning, unseen = _split(places)
    assert unseen.unlabelled is None and learning.check.held_out == 0
    assert np.bincount(unseen.reported.targets).tolist() == [3] * 5
    assert set(unseen.reported.names) == set(labelled_files(3))


def test_copies_under_another_label_are_contradictions(places):
    files = train_files(12)
    copies = {"train_set/Bay/as hung.jpg": files["train_set/Hung/3.jpg"]}
    learning, _ = _split(places, files | copies)
    assert learning.check.contradictions == 1
    sides = [{"train_set/Bay/as hung.jpg", "train_set/Hung/3.jpg"} & set(part.names)
             for part in (learning.fit, learning.validation)]  # fmt: skip
    assert sorted(map(len, sides)) == [0, 2]


def test_photographs_are_decoded_once(places, monkeypatch):
    first, _ = _load(places)
    assert isinstance(first.photographs.pixels, np.memmap)
    monkeypatch.setattr(images, "decode", lambda *_: pytest.fail("decoded again"))
    second, _ = data.load(data.source(), SIZE)
    assert np.array_equal(first.photographs.pixels, second.photographs.pixels)


def test_a_subset_keeps_targets_names_and_pixels_together():
    train, _, _ = _random_sets(True)
    some = train.photographs.subset(np.array([5, 50, 7])).subset(np.array([2, 0]))
    assert some.names == ("train/7.jpg", "train/5.jpg") and some.rows.tolist() == [7, 5]
    assert np.array_equal(some.images(np.array([1])), train.photographs.images(np.array([5])))


def test_the_stand_in_has_the_courses_layout(places):
    train, test = standin.load(60, 541, 32)
    assert len(train.photographs) == 60 and len(test.photographs) == 15
    assert train.own_names == FOLDER_NAMES
    assert not set(train.hashes) & set(test.hashes)
    assert duplicates.near_pairs(duplicates.Looks.of(train.photographs.pixels)).shape == (0, 2)
