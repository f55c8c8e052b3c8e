"""The course's files: found in the data folder, and told apart by what is in them."""

import hashlib
import json
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import Literal

from hw4.foundation.archive import BadFile, listed, reason, walk
from hw4.foundation.errors import UserError
from hw4.foundation.names import plain
from hw4.foundation.places import data_folder, store_folder
from hw4.foundation.progress import say
from hw4.foundation.store import write_text

MAX_HASHED = 4 * 2**30
"""A larger file is told from another by its size and time, not by its contents."""
NAMED = 5
"""Unused files that are named."""


@dataclass(frozen=True)
class DataSource:
    """Where the data of one problem comes from.

    Attributes:
        kind: the course's files, the embedded stand-in, or `none` for a problem without data.
        fingerprint: sha256 of the files' contents; for a stand-in, what the wing chose to name it.
        files: names relative to the data folder, as they are on the disk.
    """

    kind: Literal["course", "stand-in", "none"]
    fingerprint: str
    files: tuple[str, ...] = ()

    @property
    def is_stand_in(self) -> bool:
        return self.kind == "stand-in"


def find(*names: str) -> Path | None:
    """The first of `names` (files or folders) in the data folder or one folder below it.

    Upper and lower case are not told apart. Hidden folders and `__MACOSX` are passed over. It is
    a UserError if `HW4_DATA` names no folder.
    """
    folder = data_folder()
    if not folder.is_dir():
        if os.environ.get("HW4_DATA"):
            raise UserError(
                f"HW4_DATA names {folder}, which is not a folder: "
                "create it, or unset HW4_DATA to use data/ in the project."
            )
        return None
    top = listed(folder)
    below = [listed(Path(it)) for it in top if it.is_dir()]
    for name in names:
        for entry in chain(top, *below):
            if entry.name.casefold() == name.casefold():
                return Path(entry)
    return None


def say_unused(sources: Sequence[DataSource]) -> None:
    """Name what lies in the data folder and no problem uses: a slip in a name, often."""
    folder = data_folder()
    used = {"readme.md"}
    for source in sources:
        if source.kind == "course":
            used |= {PurePosixPath(name).parts[0].casefold() for name in source.files}
    entries = listed(folder) if folder.is_dir() else []
    unused = [plain(it.name) for it in entries if it.name.casefold() not in used]
    if unused:
        shown = ", ".join(unused[:NAMED]) + (", …" if len(unused) > NAMED else "")
        say(
            f"  No problem uses {shown} in {folder}: data/README.md lists the names that are "
            "understood."
        )


def fingerprint(*paths: Path) -> str:
    """sha256 over the contents of files and folders (a folder by the names and contents in it)."""
    names: dict[Path, str] = {}
    for path in paths:
        inside = sorted(name for name, is_folder in walk(path) if not is_folder)
        for name in inside if path.is_dir() else [""]:
            names[path / name] = name or path.name
    digest = hashlib.sha256()
    for name, checksum in zip(names.values(), checksums(*names), strict=True):
        digest.update(name.encode("utf-8", "surrogateescape") + b"\0")
        digest.update(checksum.encode() + b"\n")
    return digest.hexdigest()


def checksums(*files: Path) -> list[str]:
    """sha256 of the contents of each file.

    They are remembered by size, times and inode, so that an unchanged file is read once.
    """
    memory = store_folder() / "fingerprints.json"
    try:
        known = dict(json.loads(memory.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        known = {}
    hashed = {str(file): _hashed(file, known.get(str(file))) for file in files}
    if any(known.get(file) != entry for file, entry in hashed.items()):
        write_text(memory, json.dumps(known | hashed))
    return [entry[-1] for entry in hashed.values()]


def _hashed(file: Path, known: list | None) -> list:
    """Size, times and inode of a file, and its sha256. Any change of contents moves one of them."""
    if not file.exists():  # a link to nothing: whoever reads it will say so
        return [0, 0, 0, 0, "gone"]
    try:
        status = file.stat()
        stamp = [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]
        if isinstance(known, list) and known[:4] == stamp:
            return known
        if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_HASHED:
            return [*stamp, f"{status.st_size} {status.st_mtime_ns}"]
        with file.open("rb") as stream:
            return [*stamp, hashlib.file_digest(stream, "sha256").hexdigest()]
    except OSError as error:
        raise BadFile(file, reason(error)) from error
