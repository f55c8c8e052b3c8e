"""From a zip, a folder or one file to bytes, within limits.

Nothing is ever unpacked to the disk, yet a zip that would harm whoever unpacks it is refused.
"""

import os
import re
import stat
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePosixPath

from hw4.foundation.errors import UserError
from hw4.foundation.names import plain, printable

MIB = 2**20
RATIO_FROM = MIB
"""Bytes from which on it is judged how many times a file grows in unpacking."""
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Ways of packing that Python unpacks in bounded pieces; of the others it unpacks all at once."""
JUNK = {"__macosx", "@eadir", "thumbs.db", "desktop.ini", "icon\r"}
"""What operating systems leave behind, beside names that begin with a dot."""


@dataclass(frozen=True)
class Limits:
    """What is still taken for honest: bytes a file and in all, files, growth in unpacking."""

    file: int
    total: int
    files: int = 500_000
    ratio: float = 200  # a JPEG grows 1.1 times, a bomb a thousand times


class BadFile(UserError):
    """One file that cannot be read; `reason` says why in a few words."""

    def __init__(self, path: Path | str, reason: str) -> None:
        self.reason = printable(reason)
        super().__init__(
            f"{path} cannot be read ({self.reason}), a readable file was expected: "
            "download it again, or take it away."
        )


@dataclass(frozen=True)
class Files:
    """The files in one zip or folder, or one file alone.

    Attributes:
        names: with `/` between folders, in natural order, without what operating systems leave.
        folders: the names of all folders, those without a file too.
        read: the contents of the file of a name, or a `BadFile`; for several threads at once.
    """

    path: Path
    names: tuple[str, ...]
    folders: tuple[str, ...]
    read: Callable[[str], bytes]

    @classmethod
    def of(cls, path: Path, is_folder: dict[str, bool], read: Callable[[str], bytes]) -> "Files":
        """From all names, with whether each is a folder's."""
        names = sorted(is_folder, key=natural)
        files = tuple(name for name in names if not is_folder[name])
        return cls(path, files, tuple(name for name in names if is_folder[name]), read)


@contextmanager
def opened(path: Path, limits: Limits) -> Iterator[Files]:
    """The files in the zip or folder at `path`, or the one file that it is.

    A UserError says what is wrong with a zip that is damaged, encrypted, beyond `limits` or with
    entries that no honest one has, and with a folder that cannot be read or has links out of it.
    """
    if path.is_dir():
        entries = dict(islice(walk(path), limits.files + 1))
        if len(entries) > limits.files:
            raise UserError(
                f"{path} holds more than {limits.files:,} files and folders: "
                "take away what is not the course's."
            )
        yield Files.of(path, entries, lambda name: read_file(path / name, limits.file))
    elif path.suffix.casefold() != ".zip":
        yield Files.of(path, {path.name: False}, lambda name: read_file(path, limits.file))
    else:
        with _zip(path, limits) as handle:
            members = {it.filename.replace("\\", "/"): it for it in handle.infolist()}

            def read(name: str) -> bytes:
                try:
                    with handle.open(members[name]) as stream:
                        return stream.read(limits.file)  # never more than its entry says
                except Exception as error:  # zlib.error, BadZipFile, … have no common base
                    why = f"damaged in the zip: {reason(error)}"
                    raise BadFile(path / name, why) from error

            yield Files.of(path, _entries(members), read)


def read_file(path: Path, largest: int) -> bytes:
    """The contents of a regular file (no pipe, no device) of at most `largest` bytes."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise BadFile(path, "not a regular file")
        if status.st_size > largest:
            raise BadFile(path, f"{_size(status.st_size)}, more than {_size(largest)}")
        with path.open("rb") as stream:
            return stream.read(largest)
    except (OSError, ValueError) as error:
        raise BadFile(path, reason(error)) from error


def natural(name: str) -> tuple[str, str]:
    """A sort key that puts `2.jpg` before `10.jpg`."""

    def sized(number: re.Match) -> str:
        digits = number[0].lstrip("0")
        return chr(min(len(digits), 31)) + digits  # as text: Python reads no 5,000 digits

    return re.sub("[0-9]+", sized, name.casefold()), name


def walk(root: Path) -> Iterator[tuple[str, bool]]:
    """The name below `root` of everything in it but junk, and whether it is a folder."""
    waiting = [root] if root.is_dir() else []
    while waiting:
        for entry in listed(waiting.pop()):
            path, is_link = Path(entry), entry.is_symlink()
            # `realpath` takes a link to itself, `resolve` does not.
            if is_link and not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(root)):
                raise UserError(
                    f"{path} is a link that leads out of {root}: "
                    "put the file itself there, or take the link away."
                )
            if not is_link and entry.is_dir():
                waiting.append(path)
            yield path.relative_to(root).as_posix(), path.is_dir() if is_link else entry.is_dir()


def listed(folder: Path) -> list[os.DirEntry]:
    """What is in a folder, sorted, but for what operating systems leave there."""
    try:
        with os.scandir(folder) as entries:
            return sorted((it for it in entries if not _is_junk(it.name)), key=lambda it: it.name)
    except OSError as error:
        raise UserError(
            f"{folder} cannot be read ({reason(error)}), a folder that you may read was "
            "expected: change its permissions, or take it away."
        ) from error


def _is_junk(part: str) -> bool:
    return part.startswith(".") or part.casefold() in JUNK


def _zip(path: Path, limits: Limits) -> zipfile.ZipFile:
    try:
        if not path.is_file():
            raise OSError("not a regular file")
        handle = zipfile.ZipFile(path)
    except Exception as error:  # damaged headers fail in many ways: struct.error, OverflowError, …
        raise UserError(
            f"{path} cannot be read as a zip ({reason(error)}), a whole zip file was expected: "
            "download it again, or put the unpacked files in its place."
        ) from error
    if fault := _fault(handle.infolist(), limits):
        handle.close()
        raise UserError(f"{path} {fault}.")
    return handle


def _fault(entries: list[zipfile.ZipInfo], limits: Limits) -> str:
    """What is wrong with the entries of a zip and what to do, or nothing."""
    again = "download it again from the course"
    if len(entries) > limits.files:
        return f"has {len(entries):,} entries, more than {limits.files:,}: {again}"
    total = 0
    for entry in entries:
        name, size, packed = plain(entry.filename), entry.file_size, entry.compress_size
        has = f"has an entry '{name}' that"
        if leads_out(entry.filename):
            return f"{has} would leave the folder it is unpacked to, as no honest one does: {again}"
        if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
            return f"{has} is a symbolic link or a device, where files are expected: {again}"
        if entry.flag_bits & 1:
            return (
                f"is encrypted ('{name}'), a zip without a password was expected: "
                "unpack it with its password and put the folder in its place"
            )
        if entry.compress_type not in METHODS:
            return (
                f"{has} is packed in an unusual way (method {entry.compress_type}), stored or "
                "deflated was expected: unpack it and put the folder in its place"
            )
        total += size
        grows = size > RATIO_FROM and size > limits.ratio * max(1, packed)
        if size > limits.file or total > limits.total or grows:
            return (
                f"looks like a zip bomb at '{name}' ({_size(size)} from {_size(packed)}, "
                f"{_size(total)} so far): at most {_size(limits.file)} a file, {limits.ratio:g} "
                f"times its packed size, and {_size(limits.total)} in all are read; {again}"
            )
    return ""


def leads_out(name: str) -> bool:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    return name.startswith(("/", "\\")) or ".." in parts or (bool(parts) and parts[0][1:2] == ":")


def _entries(members: Sequence[str]) -> dict[str, bool]:
    """Each name in a zip but junk, and whether it is a folder; a zip may list no folders."""
    found = {}
    for member in members:
        path = PurePosixPath(member)
        if not any(map(_is_junk, path.parts)):
            found |= {it.as_posix(): True for it in path.parents if it.name}
            found[member.rstrip("/")] = member.endswith("/")
    return found


def _size(count: int) -> str:
    if count < MIB:
        return f"{count:,} bytes"
    return f"{count / MIB:,.0f} MiB" if count < 1024 * MIB else f"{count / 1024 / MIB:,.0f} GiB"


def reason(error: Exception) -> str:
    """What an error says, without the path that a sentence about it begins with."""
    words = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return words or type(error).__name__
