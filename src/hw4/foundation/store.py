"""Stored results: numbers as JSON, arrays as safetensors, in one folder an entry.

What is written is written whole beside its place and then renamed into it, so a reader finds all
of it or nothing. Every file's checksum stands in the entry; one that does not fit makes it damaged.
"""

import hashlib
import json
import math
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from cattrs.preconf.json import make_converter
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

T = TypeVar("T")
NUMBERS, TENSORS, CHECKSUMS = "numbers.json", "tensors.safetensors", "checksums.json"
_converter = make_converter()


@dataclass(frozen=True)
class Content:
    """What an entry holds: plain JSON `numbers` and named arrays."""

    numbers: dict[str, Any]
    tensors: dict[str, np.ndarray] = field(default_factory=dict)


class Damaged(Exception):
    """An entry that is there but not as it was written."""


@dataclass(frozen=True)
class Entry:
    """One place in the store. Its folder's name is its key."""

    folder: Path

    def read_numbers(self) -> dict[str, Any] | None:
        """The numbers, or None if there is no entry.

        Raises:
            Damaged: a file is missing, cut short or changed.
        """
        content = self._read_checked(NUMBERS)
        return None if content is None else json.loads(content)

    def read_tensors(self) -> dict[str, np.ndarray] | None:
        """The arrays by name, or None if there is no entry.

        Raises:
            Damaged: a file is missing, cut short or changed.
        """
        content = self._read_checked(TENSORS)
        return None if content is None else load_tensors(content)

    def check(self) -> bool:
        """Whether the entry is there, every file of it as it was written.

        Raises:
            Damaged: a file is missing, cut short or changed.
        """
        return all(self._read_checked(name) is not None for name in (NUMBERS, TENSORS))

    def write(self, content: Content) -> None:
        """Store `content` here, in place of whatever is here.

        Raises:
            OSError: the disk is full or the folder cannot be written; the old entry is untouched.
        """
        arrays = {name: np.ascontiguousarray(array) for name, array in content.tensors.items()}
        files = {
            NUMBERS: json.dumps(content.numbers, indent=1).encode(),
            TENSORS: save_tensors(arrays),
        }
        sums = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
        files[CHECKSUMS] = json.dumps(sums).encode()

        with _beside(self.folder) as part:
            part.mkdir()
            for name, data in files.items():
                _write(part / name, data)
            self.remove()
            try:
                part.rename(self.folder)
            except OSError:
                # Another build put the same entry here in this very moment: either will do.
                if not self.folder.is_dir():
                    raise

    def remove(self) -> None:
        """Take the entry away, if there is one."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _read_checked(self, name: str) -> bytes | None:
        if not self.folder.is_dir():
            return None
        try:
            sums = json.loads((self.folder / CHECKSUMS).read_bytes())
            content = (self.folder / name).read_bytes()
            expected = sums[name]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise Damaged(f"{self.folder / name} cannot be read ({error})") from error
        if hashlib.sha256(content).hexdigest() != expected:
            raise Damaged(f"{self.folder / name} is not what was written (checksum differs)")
        return content


def write_bytes(path: Path, content: bytes) -> None:
    """Put `content` at `path` in one step; readers see the old file until the new one is whole.

    Raises:
        OSError: the disk is full or the folder cannot be written; the old file is untouched.
    """
    with _beside(path) as part:
        _write(part, content)
        part.replace(path)


def write_text(path: Path, content: str) -> None:
    """`write_bytes` for text, as UTF-8 with `\\n` line ends."""
    write_bytes(path, content.encode("utf-8"))


@contextmanager
def _beside(place: Path) -> Iterator[Path]:
    """A path beside `place` that nothing is at; what is there at the end is taken away.

    Folders and files made there have the permissions that the user's umask gives.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    holder = Path(tempfile.mkdtemp(dir=place.parent, prefix=f".{place.name[:100]}."))
    try:
        yield holder / "part"
    except OSError as error:
        # A disk that is full names no path by itself.
        error.filename = error.filename or str(place)
        raise
    finally:
        shutil.rmtree(holder, ignore_errors=True)


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def to_plain(value: Any) -> Any:
    """`value` (dataclasses, tuples, dictionaries, NumPy numbers) as JSON's own types.

    Raises:
        TypeError: something in it has no JSON form.
    """
    return json.loads(json.dumps(_converter.unstructure(value), default=_number))


def from_plain(kind: type[T], value: Any) -> T:
    """The `kind` (a dataclass, mostly) that `to_plain` made `value` of."""
    return _converter.structure(value, kind)


def without_nan(value: Any) -> Any:
    """Plain JSON values with null for what strict JSON cannot say (NaN, infinities)."""
    if isinstance(value, dict):
        return {key: without_nan(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_nan(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def digest(*values: Any) -> str:
    """sha256 over the plain form of `values`: equal for equal values, in every run."""
    text = json.dumps([to_plain(value) for value in values], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _number(value: Any) -> Any:
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} has no JSON form: {value!r}")
