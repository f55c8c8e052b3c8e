"""Layouts, names and zips: every kind of right and wrong input."""

import stat
import zipfile

import pytest

from hw4.foundation import files
from hw4.foundation.errors import UserError
from hw4.windows import data
from hw4.windows.data import ASSIGNMENT_NAMES, FOLDER_NAMES, class_of
from hw4.windows.samples import (
    jpeg,
    labelled_files,
    train_files,
    unlabelled_files,
    write_folder,
    write_zip,
)


def _layout(path, role="train"):
    with files.opened(path, data.LIMITS) as opened:
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
    assert sorted(found.labels) == sorted([0, 1, 2, 3, 4] * 3)
    assert found.own_names == spelling
    assert _layout(write_folder(tmp_path / "a", translated)) == found


def test_names_that_are_no_class():
    assert [class_of(name) for name in ("train_set", "Casement", "", "New Window")] == [None] * 4
    assert class_of("horizontal sliding windows") == class_of("h_sliding") == 3


def test_files_come_in_natural_order(tmp_path):
    files = _plain(f"test_set/{place}.jpg" for place in range(12))
    found = _layout(write_zip(tmp_path / "a.zip", files), "test")
    assert found.files == tuple(f"test_set/{place}.jpg" for place in range(12))
    assert found.labels is None


def test_what_systems_add_is_passed_over(tmp_path, names):
    junk = ["__MACOSX/train_set/Bay/._1.jpg", "train_set/.DS_Store", "train_set/Bay/Thumbs.db"]
    found = _layout(write_zip(tmp_path / "a.zip", names | _plain(junk)))
    assert len(found.files) == 15


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


def test_an_empty_class_is_named(tmp_path, names):
    files = {name: content for name, content in names.items() if "/Hung/" not in name}
    folder = write_folder(tmp_path / "a", files)
    (folder / "train_set" / "Hung").mkdir()
    with pytest.raises(UserError, match="Hung is empty"):
        _layout(folder)


def test_a_test_set_that_mixes_layouts(tmp_path):
    files = _plain(labelled_files()) | {"test_set/7.jpg": b"x"}
    with pytest.raises(UserError, match="beside the class folders"):
        _layout(write_zip(tmp_path / "a.zip", files), "test")
    with pytest.raises(UserError, match="photographs in 'a' and 'b'"):
        _layout(write_zip(tmp_path / "b.zip", {"a/1.jpg": b"x", "b/1.jpg": b"x"}), "test")


@pytest.mark.parametrize("name", ["../evil.jpg", "/etc/evil.jpg", "a/../../evil.jpg", "C:\\e.jpg"])
def test_entries_that_would_escape(tmp_path, names, name):
    with pytest.raises(UserError, match="would leave the folder"):
        _layout(write_zip(tmp_path / "a.zip", {**names, name: b"x"}))


def test_a_link_in_a_zip_and_out_of_a_folder(tmp_path, names):
    path = write_zip(tmp_path / "a.zip", names)
    with zipfile.ZipFile(path, "a") as opened:
        entry = zipfile.ZipInfo("train_set/Bay/link.jpg")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        opened.writestr(entry, "/etc/passwd")
    with pytest.raises(UserError, match="symbolic link"):
        _layout(path)
    folder = write_folder(tmp_path / "b", names)
    (tmp_path / "outside.jpg").write_bytes(b"x")
    (folder / "train_set" / "Bay" / "link.jpg").symlink_to(tmp_path / "outside.jpg")
    with pytest.raises(UserError, match="leads out"):
        _layout(folder)


def test_a_zip_bomb(tmp_path, names):
    bomb = {**names, "train_set/Bay/bomb.jpg": bytes(8 * 2**20)}
    with pytest.raises(UserError, match=r"zip bomb at 'train_set/Bay/bomb.jpg'.*64 MiB a file"):
        _layout(write_zip(tmp_path / "a.zip", bomb))


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04 cut short"])
def test_no_zip_at_all(tmp_path, content):
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(UserError, match="cannot be read as a zip"):
        _layout(tmp_path / "a.zip")


def test_a_truncated_zip(tmp_path, names):
    path = write_zip(tmp_path / "a.zip", names)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(UserError, match="cannot be read as a zip"):
        _layout(path)


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
