"""The course's files: which are there, and a fingerprint of what is in them."""

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from hw4.foundation.atomic import write_text
from hw4.foundation.errors import UserError
from hw4.foundation.places import data_folder, store_folder
from hw4.foundation.progress import say

SHOWN = 5
"""Unused files that are named."""


@dataclass(frozen=True)
class DataSource:
    """Where the data of one problem comes from.

    Attributes:
        kind: the course's files, the embedded stand-in, or `none` for a problem without data.
        fingerprint: sha256 of the files' contents; for a stand-in, what the wing chose to name it.
        files: names for humans, relative to the data folder.
    """

    kind: Literal["course", "stand-in", "none"]
    fingerprint: str
    files: tuple[str, ...] = ()

    @property
    def is_stand_in(self) -> bool:
        """Whether the numbers may not be submitted."""
        return self.kind == "stand-in"


def find(*names: str) -> Path | None:
    """The first of `names` (files or folders) in the data folder or one folder below it.

    Upper and lower case are not told apart. Hidden folders and `__MACOSX` are passed over.

    Raises:
        UserError: `HW4_DATA` names a folder that does not exist.
    """
    folder = data_folder()
    if not folder.is_dir():
        if os.environ.get("HW4_DATA"):
            raise UserError(
                f"HW4_DATA names {folder}, which is not a folder: "
                "create it, or unset HW4_DATA to use data/ in the project."
            )
        return None
    for name in names:
        for place in [folder, *_subfolders(folder)]:
            for entry in sorted(place.iterdir()):
                if entry.name.casefold() == name.casefold():
                    return entry
    return None


def _subfolders(folder: Path) -> list[Path]:
    return sorted(
        entry
        for entry in folder.iterdir()
        if entry.is_dir() and not entry.name.startswith((".", "_"))
    )


def say_unused(sources: Sequence[DataSource]) -> None:
    """Name what lies in the data folder and is used by none of `sources`: a slip in a name, often.

    Args:
        sources: those of all problems.
    """
    folder = data_folder()
    used = {
        Path(name).parts[0].casefold() for it in sources if it.kind == "course" for name in it.files
    }
    entries = sorted(folder.iterdir()) if folder.is_dir() else []
    unused = [
        entry.name
        for entry in entries
        if entry.name.casefold() not in used | {"readme.md"} and entry.name[0] not in "._"
    ]
    if unused:
        shown = ", ".join(unused[:SHOWN]) + (", …" if len(unused) > SHOWN else "")
        say(
            f"  No problem uses {shown} in {folder}: data/README.md lists the names that are "
            "understood."
        )


def fingerprint(*paths: Path) -> str:
    """sha256 over the contents of files and folders (a folder by the names and contents in it).

    Hashes are remembered by size, times and inode, so that an unchanged file is read once.

    Raises:
        UserError: a file cannot be read.
    """
    remembered = _Remembered()
    digest = hashlib.sha256()
    for path in paths:
        for file in _files(path):
            name = file.relative_to(path).as_posix() if file != path else path.name
            digest.update(name.encode("utf-8", "surrogateescape") + b"\0")
            digest.update(remembered.hash_of(file).encode() + b"\n")
    remembered.save()
    return digest.hexdigest()


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from sorted(entry for entry in path.rglob("*") if entry.is_file())
    else:
        yield path


class _Remembered:
    """File hashes by path and status. A change of contents always moves size, mtime or ctime."""

    def __init__(self) -> None:
        self._file = store_folder() / "fingerprints.json"
        self._changed = False
        try:
            known = json.loads(self._file.read_text(encoding="utf-8"))
            self._known: dict[str, list] = known if isinstance(known, dict) else {}
        except (OSError, ValueError):
            self._known = {}

    def hash_of(self, file: Path) -> str:
        try:
            return self._hash_of(file)
        except OSError as error:
            raise UserError(
                f"{file} cannot be read ({error.strerror}), a readable file was expected: "
                "put the file there again, or take it away."
            ) from error

    def _hash_of(self, file: Path) -> str:
        status = file.stat()
        stamp = [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]
        known = self._known.get(str(file))
        if isinstance(known, list) and known[:4] == stamp:
            return known[4]
        with file.open("rb") as stream:
            value = hashlib.file_digest(stream, "sha256").hexdigest()
        self._known[str(file)] = [*stamp, value]
        self._changed = True
        return value

    def save(self) -> None:
        if self._changed:
            write_text(self._file, json.dumps(self._known))
