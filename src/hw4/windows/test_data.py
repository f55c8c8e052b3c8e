"""Every kind of right and wrong input; and who is in which part of the split."""

import io

import numpy as np
import pytest
from PIL import Image

from hw4.foundation import archive
from hw4.foundation.errors import UserError
from hw4.windows import data, images, standin
from hw4.windows.data import ASSIGNMENT_NAMES, FOLDER_NAMES, class_of, split
from hw4.windows.made_up import (
    jpeg,
    labelled_files,
    photographs,
    saved,
    train_files,
    unlabelled_files,
    write_folder,
    write_zip,
)

SIZE = 64


def _layout(path, role="train"):
    with archive.opened(path, data.LIMITS) as opened:
        return data.layout(opened, role)


def _plain(files):
    """The same names with next to nothing in them: for tests that decode no photograph."""
    return dict.fromkeys(files, b"x")


@pytest.fixture(scope="module")
def names():
    """Names of files in the course's layout."""
    return _plain(train_files(3))


@pytest.mark.parametrize("spelling", [FOLDER_NAMES, ASSIGNMENT_NAMES])
def test_both_spellings(tmp_path, names, spelling):
    translated = {
        name.replace(f"/{old}/", f"/{new}/"): content
        for old, new in zip(FOLDER_NAMES, spelling, strict=True)
        for name, content in names.items()
        if f"/{old}/" in name
    }
    found = _layout(write_zip(tmp_path / "a.zip", translated))
    assert sorted(found.values()) == sorted([0, 1, 2, 3, 4] * 3)
    assert all(spelling[label] == data.class_folder(name) for name, label in found.items())
    assert _layout(write_folder(tmp_path / "a", translated)) == found


def test_names_that_are_classes_and_names_that_are_none():
    assert [class_of(name) for name in ("train_set", "Casement", "", "New Window")] == [None] * 4
    sliding = ("horizontal sliding windows", "h_sliding", "H-Slider", "horizontal slider", "slider")
    assert [class_of(name) for name in sliding] == [3] * 5


def test_files_come_in_natural_order(tmp_path):
    files = _plain(f"test_set/{place}.jpg" for place in range(12))
    found = _layout(write_zip(tmp_path / "a.zip", files), "test")
    assert list(found) == [f"test_set/{place}.jpg" for place in range(12)]
    assert set(found.values()) == {data.UNLABELLED}


def test_what_systems_add_is_passed_over(tmp_path, names):
    junk = ["__MACOSX/train_set/Bay/._1.jpg", "train_set/.DS_Store", "train_set/Bay/Thumbs.db"]
    found = _layout(write_zip(tmp_path / "a.zip", names | _plain(junk)))
    assert len(found) == 15


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda f: {k: v for k, v in f.items() if "/Bay/" not in k}, "four|4 of the five.*Bay"),
        (lambda f: f | {"train_set/Casement/1.jpg": b"x"}, "1 photographs in 'Casement'"),
        (lambda f: {k.replace("/Bay/", "/Bya/"): v for k, v in f.items()}, "'Bya'"),
        (lambda f: {f"train_set/{i}.jpg": b"x" for i in range(5)}, "expected five folders"),
        (lambda f: {"readme.txt": b"x"}, "no photographs"),
        (lambda f: {}, "no photographs"),
    ],
    ids=["missing class", "sixth class", "misspelt class", "no classes", "no photographs", "empty"],
)
def test_wrong_layouts_of_the_training_set(tmp_path, names, change, words):
    with pytest.raises(UserError, match=words):
        _layout(write_zip(tmp_path / "a.zip", change(names)))


def test_an_empty_class_and_a_test_set_that_mixes_layouts(tmp_path, names):
    files = {name: content for name, content in names.items() if "/Hung/" not in name}
    folder = write_folder(tmp_path / "a", files)
    (folder / "train_set" / "Hung").mkdir()
    with pytest.raises(UserError, match="4 of the five classes, not for Hung"):
        _layout(folder)
    files = _plain(labelled_files()) | {"test_set/7.jpg": b"x"}
    with pytest.raises(UserError, match="beside the class folders"):
        _layout(write_zip(tmp_path / "a.zip", files), "test")
    with pytest.raises(UserError, match="photographs in 'a' and 'b'"):
        _layout(write_zip(tmp_path / "b.zip", {"a/1.jpg": b"x", "b/1.jpg": b"x"}), "test")


def test_sources(places):
    assert data.source().is_stand_in
    write_zip(places / "windows_train_set.zip", train_files(2))
    with pytest.raises(UserError, match=r"windows_test_set.zip is not"):
        data.source()
    write_folder(places / "test_set", unlabelled_files(3))
    found = data.source()
    assert found.kind == "course" and found.files == ("windows_train_set.zip", "test_set")
    (places / "test_set" / "test_set" / "1.jpg").write_bytes(jpeg(1, 1))
    assert data.source().fingerprint != found.fingerprint


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
    return photographs(train[order], targets), photographs(pictures, tested), original


@pytest.mark.parametrize(("labelled", "seed"), [(True, 1), (True, 2), (False, 1), (False, 3)])
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
        assert part.names == tuple(train.names[row] for row in part.rows)
        assert np.array_equal(train.targets[part.rows], part.targets)
        share = len(part) / 134
        expected = share * np.bincount(train.targets)
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
    assert isinstance(first.store.pixels, np.memmap)
    monkeypatch.setattr(images, "decode", lambda *_: pytest.fail("decoded again"))
    second, _ = data.load(data.source(), SIZE)
    assert np.array_equal(first.store.pixels, second.store.pixels)


def test_a_subset_keeps_targets_names_and_pixels_together():
    train, _, _ = _random_sets(True)
    some = train.subset(np.array([5, 50, 7])).subset(np.array([2, 0]))
    assert some.names == (train.names[7], train.names[5]) and some.rows.tolist() == [7, 5]
    assert np.array_equal(some.images(np.array([1])), train.images(np.array([5])))
    both = some + train.subset(np.array([3]))
    assert both.rows.tolist() == [7, 5, 3]
    assert np.array_equal(both.targets, train.targets[[7, 5, 3]])


def test_the_stand_in_has_the_courses_layout(places):
    train, test = standin.load(60, 541, 32)
    assert len(train) == 60 and len(test) == 15
    learning, _ = split(*standin.load(100, 541, 32), 541, 0.2, 0.2)
    assert learning.own_names == FOLDER_NAMES and learning.check.duplicates_within == 0
    assert not set(train.store.hashes) & set(test.store.hashes)
