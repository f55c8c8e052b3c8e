"""What is written is written whole, with the permissions that the user wants."""

import csv
import os
import stat
import subprocess
import sys

import numpy as np
import pytest

from hw4.foundation import store
from hw4.foundation.store import (
    Entry,
    beside,
    digest,
    from_plain,
    to_plain,
    without_nan,
    write_csv,
    write_text,
)


@pytest.fixture
def umask():
    before = os.umask(0o027)
    yield
    os.umask(before)


def modes(folder):
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in [folder, *folder.rglob("*")]}


def test_umask_is_respected(tmp_path, umask):
    write_text(tmp_path / "made" / "a.txt", "x")
    assert modes(tmp_path / "made") == {"made": 0o750, "a.txt": 0o640}
    Entry(tmp_path / "entry").write({"a": 1})
    assert modes(tmp_path / "entry") == {
        "entry": 0o750,
        "numbers.json": 0o640,
        "tensors.safetensors": 0o640,
        "checksums.json": 0o640,
    }


def test_a_table_takes_any_name_and_has_no_formula(tmp_path):
    names = ["=1+1", 'a "b", c', "line\nbreak", "\N{WINDOW}", "\udcff.jpg"]
    write_csv(tmp_path / "a.csv", ("filename", "label"), [(name, 1) for name in names])
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    assert rows[0] == ["filename", "label"]
    assert [row[0] for row in rows[1:]] == ["'=1+1", *names[1:4], "\\udcff.jpg"]


def test_a_full_disk_names_the_path_and_leaves_the_old_file(tmp_path, monkeypatch):
    write_text(tmp_path / "a.txt", "old")

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store.os, "fsync", full)
    for write in (
        lambda: write_text(tmp_path / "a.txt", "new"),
        lambda: Entry(tmp_path / "a.txt").write({}),
    ):
        with pytest.raises(OSError, match="No space") as caught:
            write()
        assert caught.value.filename == str(tmp_path / "a.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
    assert (tmp_path / "a.txt").read_text() == "old"


def test_who_reads_the_old_file_has_all_of_it(tmp_path):
    write_text(tmp_path / "a.txt", "old")
    with (tmp_path / "a.txt").open() as reader:
        write_text(tmp_path / "a.txt", "new")
        assert reader.read() == "old"
    assert (tmp_path / "a.txt").read_text() == "new"


def test_an_entry_takes_the_place_of_the_old_one(tmp_path):
    entry = Entry(tmp_path / "entry")
    assert entry.read_numbers() is None
    for value in (1, 2):
        entry.write({"value": value}, {"x": np.full(3, value)[::-1]})
    assert entry.read_numbers() == {"value": 2}
    np.testing.assert_array_equal(entry.read()[1]["x"], [2, 2, 2])
    assert [path.name for path in tmp_path.iterdir()] == ["entry"]


def test_what_a_killed_build_left_goes_and_what_is_being_written_stays(tmp_path):
    script = f"""
import os
from pathlib import Path
from hw4.foundation.store import beside
with beside(Path({str(tmp_path)!r}) / "a") as part:
    part.mkdir()
    (part / "half").write_text("x")
    os.kill(os.getpid(), 9)
"""
    assert subprocess.run([sys.executable, "-c", script]).returncode == -9
    assert len(list(tmp_path.iterdir())) == 1
    with beside(tmp_path / "b") as part:
        part.write_text("mine")
        assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["part"]
        write_text(tmp_path / "c", "")
        part.rename(tmp_path / "b")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b", "c"]


def test_equal_values_have_one_digest():
    assert digest((1, "a"), {"b": 2.0, "a": None}) == digest([1, "a"], {"a": None, "b": 2.0})
    assert digest(1) != digest(1.0) != digest("1.0")
    assert from_plain(dict[str, tuple[float, ...]], to_plain({"a": (np.float32(0.5),)})) == {
        "a": (0.5,)
    }
    assert without_nan({"a": [float("nan"), 1.0, float("inf")]}) == {"a": [None, 1.0, None]}
