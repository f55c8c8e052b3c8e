"""From a zip, a folder or one file to bytes, within limits.

Nothing is ever unpacked to the disk. A zip that would harm whoever unpacks it is refused all the
same.
"""

import os
import re
import stat
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
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
    """What is still taken for honest, unpacked: bytes a file and in all, files, growth of a file.

    A JPEG grows 1.0 to 1.1 times in unpacking, a bomb a thousand times.
    """

    file: int
    total: int
    files: int = 500_000
    ratio: float = 200


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
    """

    path: Path
    names: tuple[str, ...]
    folders: tuple[str, ...]
    _limits: Limits
    _zip: zipfile.ZipFile | None = None
    _entries: dict[str, zipfile.ZipInfo] = field(default_factory=dict, repr=False)

    def read(self, name: str) -> bytes:
        """The contents of one file. Safe to call from several threads.

        Raises:
            BadFile: it is too large, damaged, not a regular file, or not there.
        """
        if self._zip is None:
            file = self.path / name if self.path.is_dir() else self.path
            return read_file(file, self._limits.file)
        try:
            with self._zip.open(self._entries[name]) as stream:
                return stream.read(self._limits.file)  # never more than its entry says
        except Exception as error:  # zlib.error, BadZipFile and their kin have no common base
            raise BadFile(self.path / name, f"damaged in the zip: {reason_of(error)}") from error


def read_file(path: Path, largest: int) -> bytes:
    """The contents of a regular file of at most `largest` bytes.

    Raises:
        BadFile: it is larger, something else than a file (a pipe, a device), or cannot be read.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise BadFile(path, "not a regular file")
        if status.st_size > largest:
            raise BadFile(path, f"{_size(status.st_size)}, more than {_size(largest)}")
        with path.open("rb") as stream:
            return stream.read(largest)
    except (OSError, ValueError) as error:
        raise BadFile(path, reason_of(error)) from error


@contextmanager
def opened(path: Path, limits: Limits) -> Iterator[Files]:
    """The files in the zip or folder at `path`, or the one file that it is.

    Raises:
        UserError: no zip, encrypted, with entries that no honest zip has, or beyond `limits`; a
            folder that cannot be read or has links out of it.
    """
    if path.is_dir():
        yield _of_folder(path, limits)
    elif path.suffix.casefold() != ".zip":
        yield Files(path, (path.name,), (), limits)
    else:
        with _open_zip(path, limits) as handle:
            entries = {it.filename.replace("\\", "/"): it for it in handle.infolist()}
            yield Files(path, *_sorted(entries), limits, handle, entries)


def natural(name: str) -> tuple:
    """A sort key that puts `2.jpg` before `10.jpg`."""
    key: list[tuple[int, int, str]] = []
    for piece in re.findall(r"[0-9]+|[^0-9]+", name.casefold()):
        digits = piece.lstrip("0")
        key.append((0, len(digits), digits) if piece[0] in "0123456789" else (1, 0, piece))
    return (*key, (-1, 0, name))


def _of_folder(path: Path, limits: Limits) -> Files:
    names, folders = [], []
    for name, is_folder in walk(path):
        (folders if is_folder else names).append(name)
        if len(names) > limits.files:
            raise UserError(
                f"{path} holds more than {limits.files:,} files: "
                "take away what is not the course's."
            )
    return Files(
        path, tuple(sorted(names, key=natural)), tuple(sorted(folders, key=natural)), limits
    )


def walk(root: Path) -> Iterator[tuple[str, bool]]:
    """The name below `root` of everything in it but junk, and whether it is a folder.

    Raises:
        UserError: a folder cannot be read, or a link leads out.
    """
    waiting = [root] if root.is_dir() else []
    while waiting:
        for entry in listed(waiting.pop()):
            path, is_link = Path(entry), entry.is_symlink()
            if is_link and not _real(path).is_relative_to(_real(root)):
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
            f"{folder} cannot be read ({reason_of(error)}), a folder that you may read was "
            "expected: change its permissions, or take it away."
        ) from error


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))  # unlike `resolve`, it takes a link to itself


def _is_junk(part: str) -> bool:
    return part.startswith(".") or part.casefold() in JUNK


def _open_zip(path: Path, limits: Limits) -> zipfile.ZipFile:
    try:
        if not path.is_file():
            raise OSError("not a regular file")
        handle = zipfile.ZipFile(path)
    except Exception as error:  # damaged headers fail in many ways: struct.error, OverflowError, …
        raise UserError(
            f"{path} cannot be read as a zip ({reason_of(error)}), a whole zip file was expected: "
            "download it again, or put the unpacked files in its place."
        ) from error
    fault = _fault(handle.infolist(), limits)
    if fault:
        handle.close()
        raise UserError(f"{path} {fault}.")
    return handle


def _fault(entries: list[zipfile.ZipInfo], limits: Limits) -> str:
    """What is wrong with the entries of a zip and what to do, or nothing."""
    if len(entries) > limits.files:
        return (
            f"has {len(entries):,} entries, more than {limits.files:,}: "
            "this is no zip of the course; download it again"
        )
    total = 0
    for entry in entries:
        name, size, packed = plain(entry.filename), entry.file_size, entry.compress_size
        if leads_out(entry.filename):
            return (
                f"has an entry '{name}' that would leave the folder it is unpacked to: "
                "an honest zip has none; download it again from the course"
            )
        if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
            return (
                f"has an entry '{name}' that is a symbolic link or a device, where files are "
                "expected: download it again from the course"
            )
        if entry.flag_bits & 1:
            return (
                f"is encrypted ('{name}'), a zip without a password was expected: "
                "unpack it with its password and put the folder in its place"
            )
        if entry.compress_type not in METHODS:
            return (
                f"has an entry '{name}' that is packed in an unusual way (method "
                f"{entry.compress_type}), stored or deflated was expected: "
                "unpack it and put the folder in its place"
            )
        total += size
        grows = size > RATIO_FROM and size > limits.ratio * max(1, packed)
        if size > limits.file or total > limits.total or grows:
            return (
                f"looks like a zip bomb at '{name}' ({_size(size)} from {_size(packed)}, "
                f"{_size(total)} so far): at most {_size(limits.file)} a file, {limits.ratio:g} "
                f"times its packed size, and {_size(limits.total)} in all are read; "
                "download it again from the course"
            )
    return ""


def leads_out(name: str) -> bool:
    """Whether an entry of this name would be unpacked outside of the chosen folder."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    return name.startswith(("/", "\\")) or ".." in parts or (bool(parts) and parts[0][1:2] == ":")


def _sorted(entries: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of files and of folders among the entries of a zip, which may lack folders."""
    files, folders = set(), set()
    for entry in entries:
        path = PurePosixPath(entry)
        if not any(map(_is_junk, path.parts)):
            is_folder = entry.endswith("/")
            folders |= {it.as_posix() for it in (*path.parents, *[path] * is_folder)} - {"."}
            if not is_folder:
                files.add(entry)
    return tuple(sorted(files, key=natural)), tuple(sorted(folders, key=natural))


def _size(count: int) -> str:
    unit, name = next(
        ((unit, name) for unit, name in ((1024 * MIB, "GiB"), (MIB, "MiB")) if count >= unit),
        (1, "bytes"),
    )
    return f"{count / unit:,.0f} {name}"


def reason_of(error: Exception) -> str:
    """What an error says, without the path that a sentence about it begins with."""
    words = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return words or type(error).__name__
