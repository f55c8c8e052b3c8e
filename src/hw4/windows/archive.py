"""Photographs in a zip or in a folder, read one at a time; nothing is ever unpacked to the disk."""

import os
import stat
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from hw4.foundation.errors import UserError
from hw4.foundation.zips import open_zip

MAX_FILE = 64 * 2**20
"""Bytes that one photograph may have, unpacked."""
MAX_TOTAL = 32 * 2**30
"""Bytes that a whole archive may have, unpacked: ten times what 100,000 photographs need."""
MAX_FILES = 500_000
MAX_RATIO = 200
"""Times that a file of more than `RATIO_FROM` bytes may grow in unpacking; a JPEG grows 1.0 to
1.1 times, a bomb a thousand times."""
RATIO_FROM = 2**20
JUNK_NAMES = {"thumbs.db", "desktop.ini", "icon\r"}


@dataclass(frozen=True)
class Archive:
    """The files of one zip or folder.

    Attributes:
        path: of the zip or folder.
        files: names inside, with `/` between folders, sorted as people sort (2.jpg before 10.jpg).
        folders: names of all folders inside, those without a file too.
        handle: the open zip; None for a folder.
    """

    path: Path
    files: tuple[str, ...]
    folders: tuple[str, ...]
    handle: zipfile.ZipFile | None = None

    def read(self, name: str) -> bytes:
        """The contents of one file. Safe to call from several threads.

        Raises:
            OSError: the file is damaged, too large or unreadable; the message says why.
        """
        if self.handle is None:
            file = self.path / name
            if (size := file.stat().st_size) > MAX_FILE:
                raise OSError(f"{size / 2**20:,.0f} MiB, more than {MAX_FILE // 2**20}")
            return file.read_bytes()
        try:
            return self.handle.read(name)
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError) as error:
            raise OSError(f"cannot be unpacked ({error})") from error
        except Exception as error:  # zlib.error and its kin have no common base
            raise OSError(f"damaged in the zip ({error})") from error


def natural(name: str) -> tuple:
    """A sort key that puts `2.jpg` before `10.jpg`."""
    pieces: list[tuple[int, int, str]] = []
    digits = text = ""
    for letter in name.casefold() + "\0":
        if letter.isascii() and letter.isdigit():
            if text:
                pieces.append((1, 0, text))
            text, digits = "", digits + letter
        else:
            if digits:
                pieces.append((0, int(digits), ""))
            digits, text = "", text + letter
    return (*pieces, (1, 0, text), (1, 0, name))


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """The archive at `path`, checked: a zip whose entries stay inside it and unpack to a sane size.

    Raises:
        UserError: not a zip, encrypted, or with entries that no honest zip of photographs has.
    """
    if path.is_dir():
        yield _of_folder(path)
        return
    with open_zip(path) as handle:
        entries = handle.infolist()
        _check(path, entries)
        names = [entry.filename for entry in entries]
        yield Archive(
            path,
            _sorted(name for name in names if not name.endswith("/")),
            _folders(names),
            handle,
        )


def _of_folder(path: Path) -> Archive:
    files, folders = [], []
    for entry in path.rglob("*"):
        inside = entry.relative_to(path).as_posix()
        # `realpath` takes a link to itself for a file, which is then left out as unreadable.
        if entry.is_symlink() and not _real(entry).is_relative_to(_real(path)):
            raise UserError(
                f"{entry} is a link that leads out of {path}: "
                "put the file itself there, or take the link away."
            )
        if entry.is_dir():
            folders.append(inside + "/")
        else:
            files.append(inside)
    return Archive(path, _sorted(files), _folders(folders + files))


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))


def _sorted(names) -> tuple[str, ...]:
    return tuple(sorted((name for name in names if not _is_junk(name)), key=natural))


def _folders(names) -> tuple[str, ...]:
    found = set()
    for name in names:
        if not _is_junk(name):
            path = PurePosixPath(name)
            parents = [path, *path.parents] if name.endswith("/") else path.parents
            found |= {parent.as_posix() for parent in parents} - {"."}
    return tuple(sorted(found, key=natural))


def _is_junk(name: str) -> bool:
    """Whether an operating system put it there: `__MACOSX`, `.DS_Store`, `Thumbs.db`."""
    parts = PurePosixPath(name).parts
    return any(
        part.startswith(".") or part == "__MACOSX" or part.casefold() in JUNK_NAMES
        for part in parts
    )


def _check(path: Path, entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MAX_FILES:
        raise UserError(
            f"{path} has {len(entries):,} entries, more than {MAX_FILES:,}: "
            "this is no zip of the course; download it again."
        )
    total = 0
    for entry in entries:
        name, size = entry.filename, entry.file_size
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise UserError(
                f"{path} has an entry {name!r} that is a symbolic link, where photographs are "
                "expected: download it again from the course."
            )
        if entry.flag_bits & 1:
            raise UserError(
                f"{path} is encrypted ({name!r}), a zip without a password was expected: "
                "unpack it with its password and put the folder in its place."
            )
        packed_too_well = size > RATIO_FROM and size > MAX_RATIO * max(1, entry.compress_size)
        total += size
        if size > MAX_FILE or packed_too_well or total > MAX_TOTAL:
            raise UserError(
                f"{path} looks like a zip bomb at {name!r} ({size / 2**20:,.0f} MiB from "
                f"{entry.compress_size / 2**20:,.1f} MiB, {total / 2**30:,.1f} GiB so far): "
                f"at most {MAX_FILE // 2**20} MiB a file, {MAX_RATIO} times its packed size, and "
                f"{MAX_TOTAL // 2**30} GiB in all are read; download it again from the course."
            )
