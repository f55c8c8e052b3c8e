"""From a zip, a folder or one file to bytes: the same contents, and only within limits."""

import os
import random
import stat
import struct
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor

import pytest

from hw4.foundation import archive
from hw4.foundation.archive import BadFile, Limits, natural, opened, read_file
from hw4.foundation.errors import UserError
from hw4.foundation.files import fingerprint, say_unused

LIMITS = Limits(file=2 * 2**20, total=3 * 2**20, files=100)
CONTENT = {"a/1.txt": b"one", "a/b/2.txt": b"two", "c.txt": b""}


def pack(path, entries, method=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", method) as handle:
        for name, content in entries.items():
            handle.writestr(name, content)
    return path


def unpack(folder, entries):
    for name, content in entries.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def contents(path, limits=LIMITS):
    with opened(path, limits) as files:
        return {name: files.read(name) for name in files.names}


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_zip_and_a_folder_hold_the_same(tmp_path, method):
    packed, folder = pack(tmp_path / "x.ZIP", CONTENT, method), unpack(tmp_path / "x", CONTENT)
    assert contents(packed) == contents(folder) == CONTENT
    (folder / "empty").mkdir()
    pack(packed, {**CONTENT, "empty/": b""})
    with opened(packed, LIMITS) as one, opened(folder, LIMITS) as other:
        assert one.names == other.names == ("a/1.txt", "a/b/2.txt", "c.txt")
        assert one.folders == other.folders == ("a", "a/b", "empty")


def test_one_file_alone_is_read_within_the_same_limits(tmp_path):
    file = tmp_path / "Twitter.csv"
    file.write_bytes(b"x" * LIMITS.file)
    assert contents(file) == {"Twitter.csv": b"x" * LIMITS.file}
    file.write_bytes(b"x" * (LIMITS.file + 1))
    with pytest.raises(BadFile, match=r"Twitter\.csv cannot be read \(2 MiB, more than 2 MiB\)"):
        contents(file)


def test_windows_own_separators_and_what_systems_leave_behind(tmp_path):
    junk = {
        "__MACOSX/a/._1.txt": b"",
        "a/.DS_Store": b"",
        "@eaDir/1.txt": b"",
        "a/Thumbs.db": b"",
        "desktop.ini": b"",
    }
    unpack(tmp_path / "x", {**CONTENT, **junk})
    assert contents(tmp_path / "x") == CONTENT
    packed = pack(tmp_path / "x.zip", {**CONTENT, **junk})
    assert contents(packed) == CONTENT
    info = zipfile.ZipInfo()
    info.filename = "d\\e.txt"
    with zipfile.ZipFile(packed, "a") as handle:
        handle.writestr(info, b"three")
    assert contents(packed)["d/e.txt"] == b"three"
    assert fingerprint(tmp_path / "x") == fingerprint(unpack(tmp_path / "y", CONTENT))


@pytest.mark.parametrize("name", ["../x", "/x", "a/../../x", "..\\x", "C:\\x", "\\x"])
def test_an_entry_that_leaves_the_folder_is_refused(tmp_path, name):
    info = zipfile.ZipInfo()
    info.filename = name
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as handle:
        handle.writestr(info, b"")
    with pytest.raises(UserError, match="would leave the folder"):
        contents(tmp_path / "x.zip")


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_an_entry_that_is_a_link_or_a_device_is_refused(tmp_path, kind):
    info = zipfile.ZipInfo("link")
    info.external_attr = (kind | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as handle:
        handle.writestr(info, b"/etc/passwd")
    with pytest.raises(UserError, match="symbolic link or a device"):
        contents(tmp_path / "x.zip")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_only_stored_and_deflated_are_unpacked(tmp_path, method):
    bomb = pack(tmp_path / "x.zip", {"Twitter.csv": b"0" * 2**20}, method)
    with pytest.raises(UserError, match="unusual way"):
        contents(bomb)


def test_an_encrypted_zip_is_refused(tmp_path):
    content = bytearray(pack(tmp_path / "x.zip", CONTENT).read_bytes())
    at = content.index(b"PK\x01\x02")
    content[at + 8] |= 1
    (tmp_path / "x.zip").write_bytes(content)
    with pytest.raises(UserError, match="encrypted"):
        contents(tmp_path / "x.zip")


@pytest.mark.parametrize(
    "entries",
    [
        {"ratio": b"0" * int(1.5 * 2**20)},
        {"file": random.Random(0).randbytes(2 * 2**20 + 1)},
        {f"total{i}": random.Random(i).randbytes(2**20) for i in range(4)},
    ],
    ids=["ratio", "file", "total"],
)
def test_bombs_are_refused_before_they_go_off(tmp_path, entries):
    with pytest.raises(UserError, match="looks like a zip bomb"):
        contents(pack(tmp_path / "x.zip", entries))


def test_too_many_files_are_refused(tmp_path):
    many = {f"{i}": b"" for i in range(101)}
    with pytest.raises(UserError, match="101 entries, more than 100"):
        contents(pack(tmp_path / "x.zip", many))
    with pytest.raises(UserError, match="more than 100 files"):
        contents(unpack(tmp_path / "x", many))


def test_an_entry_that_lies_about_its_size_is_damaged_and_takes_no_memory(tmp_path):
    big = b"0" * (20 * 2**20)
    content = bytearray(pack(tmp_path / "x.zip", {"a": big}).read_bytes())
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = content.index(mark) + offset
        content[at : at + 4] = struct.pack("<L", 1000)
    (tmp_path / "x.zip").write_bytes(content)
    with pytest.raises(BadFile, match="damaged in the zip") as caught:
        contents(tmp_path / "x.zip")
    assert caught.value.reason.startswith("damaged in the zip: Bad CRC")


def test_a_damaged_file_is_told_from_a_zip_that_is_none(tmp_path):
    packed = pack(tmp_path / "x.zip", {"a": bytes(range(256))})
    content = bytearray(packed.read_bytes())
    content[50] ^= 0xFF
    packed.write_bytes(content)
    with pytest.raises(BadFile, match=r"x\.zip/a cannot be read \(damaged in the zip: Bad CRC"):
        contents(packed)
    packed.write_bytes(content[:-20])
    with pytest.raises(UserError, match=r"x\.zip cannot be read as a zip") as caught:
        contents(packed)
    assert not isinstance(caught.value, BadFile)


def test_files_of_a_zip_are_read_by_several_threads(tmp_path):
    entries = {f"{i}.txt": random.Random(i).randbytes(20_000) for i in range(50)}
    with opened(pack(tmp_path / "x.zip", entries), LIMITS) as files, ThreadPoolExecutor(4) as pool:
        assert dict(zip(files.names, pool.map(files.read, files.names), strict=True)) == entries


def test_a_link_out_of_the_folder_is_refused_and_one_inside_is_read(tmp_path):
    folder = unpack(tmp_path / "x", CONTENT)
    (folder / "d.txt").symlink_to("a/1.txt")
    assert contents(folder)["d.txt"] == b"one"
    (tmp_path / "secret").write_bytes(b"x")
    (folder / "e.txt").symlink_to(tmp_path / "secret")
    with pytest.raises(UserError, match="link that leads out"):
        contents(folder)
    (folder / "e.txt").unlink()
    (folder / "a" / "up").symlink_to(folder)  # round and round
    (folder / "a" / "self").symlink_to("self")
    with opened(folder, LIMITS) as found:
        assert found.names == ("a/1.txt", "a/b/2.txt", "a/self", "c.txt", "d.txt")
        with pytest.raises(BadFile, match="symbolic links"):
            found.read("a/self")


def test_a_folder_that_cannot_be_read_is_said(places, monkeypatch):
    folder = unpack(places / "data" / "x", CONTENT)
    scandir = os.scandir

    def denied(path):
        if str(path).endswith("x/a"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(archive.os, "scandir", denied)
    for look in (contents, fingerprint):
        args = (folder, LIMITS) if look is contents else (folder,)
        with pytest.raises(UserError, match=r"x/a cannot be read \(Permission denied\)"):
            look(*args)


@pytest.mark.parametrize("where", ["alone", "in a folder", "as a zip"])
def test_what_is_no_regular_file_is_refused_at_once(places, where):
    folder = places / "data" / "x"
    folder.mkdir()
    pipe = folder / ("x.zip" if where == "as a zip" else "x.csv")
    os.mkfifo(pipe)
    began = time.monotonic()
    assert fingerprint(pipe) and fingerprint(folder)
    with pytest.raises(UserError, match="not a regular file"):
        contents(folder if where == "in a folder" else pipe)
    pipe.unlink()
    pipe.symlink_to("/dev/zero")
    with pytest.raises(UserError, match="not a regular file"):
        contents(pipe)
    assert time.monotonic() - began < 5


def test_a_huge_file_without_contents_is_neither_hashed_nor_read(places):
    file = places / "data" / "Twitter.csv"
    with file.open("wb") as stream:
        stream.truncate(20 * 2**30)
    began = time.monotonic()
    first = fingerprint(file)
    with pytest.raises(BadFile, match="20 GiB, more than 1 bytes"):
        read_file(file, 1)
    assert time.monotonic() - began < 5
    os.utime(file, (1, 1))
    assert fingerprint(file) != first


def test_names_are_sorted_as_people_sort_however_many_digits():
    huge = "9" * 6000 + ".jpg"
    names = ["10.jpg", "2.jpg", "a10b", "a9b", "B1", "002.jpg", huge, "²", ""]
    assert sorted(names, key=natural) == [
        "", "002.jpg", "2.jpg", "10.jpg", huge, "a9b", "a10b", "B1", "²",
    ]  # fmt: skip


def test_names_that_are_no_text_are_read_and_said(places, capsys):
    odd = os.fsencode(places / "data") + b"/\xff\x1b[31m.csv"
    with open(odd, "wb") as stream:  # noqa: PTH123
        stream.write(b"x")
    assert list(contents(places / "data").values()) == [b"x"]
    assert fingerprint(places / "data")
    say_unused([])
    assert r"\udcff\x1b[31m.csv" in capsys.readouterr().out
    with pytest.raises(BadFile) as caught:
        read_file(next((places / "data").iterdir()), 0)
    str(caught.value).encode("utf-8")
