"""The four files of problem 2 on disk: zipped, unpacked, or in the data folder themselves."""

import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hw4.foundation import course_files
from hw4.foundation.errors import UserError
from hw4.foundation.zips import open_zip
from hw4.sequences.arrays import MAX_BYTES, read_array

MEMBERS = ("X_train.npy", "y_train.npy", "X_test.npy", "y_test.npy")
FOLDERS = ("homework5_question2_data", "homework4_question2_data")
ZIPS = tuple(f"{name}.zip" for name in FOLDERS)


@dataclass(frozen=True)
class Place:
    """The zip, or the folder, that holds the four files.

    Attributes:
        names: for each of the four, its path in the folder or its name in the zip.
    """

    path: Path
    is_zip: bool
    names: dict[str, object]

    def read(self, member: str) -> np.ndarray:
        """The array in one of the four files.

        Raises:
            UserError: it is too large, cannot be read, or is refused.
        """
        path = self.path / member if self.is_zip else self.names[member]
        return read_array(_bounded(self._bytes, member, path), path)

    def _bytes(self, member: str) -> bytes:
        """At most one byte more than is allowed, so that the caller can tell."""
        if not self.is_zip:
            with self.names[member].open("rb") as stream:
                return stream.read(MAX_BYTES + 1)
        with open_zip(self.path) as archive:
            entry = archive.getinfo(self.names[member])
            if entry.file_size > MAX_BYTES:
                raise _too_large(self.path / member)
            with archive.open(entry) as stream:
                return stream.read(MAX_BYTES + 1)


def _bounded(read: Callable[[str], bytes], member: str, path: Path) -> bytes:
    try:
        content = read(member)
    except UserError:
        raise
    except (OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError) as error:
        raise UserError(
            f"{path} cannot be read ({error}), a readable file was expected: "
            "download it again, without a password on it."
        ) from error
    except Exception as error:  # a damaged stream fails in each compressor's own way
        raise UserError(
            f"{path} is damaged ({error}), a whole file was expected: download it again."
        ) from error
    if len(content) > MAX_BYTES:
        raise _too_large(path)
    return content


def _too_large(path: Path) -> UserError:
    return UserError(
        f"{path} is larger than {MAX_BYTES // 2**20} MiB, the course's is under 1 MiB: "
        "put the course's file there."
    )


def locate() -> Place | None:
    """The course's zip, or the folder with the files of it, or nothing.

    Raises:
        UserError: some of the four files are there and others are not, or the zip is no zip.
    """
    archive = course_files.find(*ZIPS)
    if archive is not None:
        return Place(archive, True, _complete(archive, _zip_names(archive)))
    folder = course_files.find(*FOLDERS)
    for member in MEMBERS:
        found = next(_below(folder, member), None) if folder else course_files.find(member)
        if found is not None:
            there = {entry.name.casefold(): entry for entry in sorted(found.parent.iterdir())}
            return Place(found.parent, False, _complete(found.parent, there))
    if folder is not None:
        raise UserError(
            f"{folder} holds none of {', '.join(MEMBERS)}, all four were expected: "
            "unpack the course's zip there, or take the folder away to use the stand-in."
        )
    return None


def _below(folder: Path, member: str) -> Iterator[Path]:
    for entry in sorted(folder.rglob("*")):
        if entry.name.casefold() == member.casefold() and "__MACOSX" not in entry.parts:
            yield entry


def _zip_names(archive: Path) -> dict[str, object]:
    with open_zip(archive) as opened:
        return {
            Path(name).name.casefold(): name
            for name in sorted(opened.namelist(), reverse=True)
            if "__MACOSX" not in name and not name.endswith("/")
        }


def _complete(where: Path, there: dict[str, object]) -> dict[str, object]:
    """For each of the four files what `there` has under its name (in lower case)."""
    missing = [member for member in MEMBERS if member.casefold() not in there]
    if missing:
        raise UserError(
            f"{where} lacks {' and '.join(missing)}, all of {', '.join(MEMBERS)} were expected: "
            "put the missing files beside the others."
        )
    return {member: there[member.casefold()] for member in MEMBERS}
