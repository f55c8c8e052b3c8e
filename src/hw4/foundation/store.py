"""Stored results: numbers as JSON, arrays as safetensors, in one folder an entry.

What is written is written whole beside its place and then renamed into it, so a reader finds all
of it or nothing. Every file's checksum stands in the entry; one that does not fit makes it damaged.
"""

import csv
import hashlib
import io
import json
import math
import os
import platform
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from cattrs.preconf.json import make_converter
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from hw4.foundation.names import spreadsheet

T = TypeVar("T")
NUMBERS, TENSORS, CHECKSUMS = "numbers.json", "tensors.safetensors", "checksums.json"
_HELD = f".part.{platform.node()[:60]}."
"""Begins the names of folders in which something is written; the process's number follows."""
_converter = make_converter()


class Damaged(Exception):
    """An entry that is there but not as it was written."""


@dataclass(frozen=True)
class Entry:
    """One place in the store. Its folder's name is its key."""

    folder: Path

    def read(self) -> tuple[dict[str, Any], dict[str, np.ndarray]] | None:
        """The numbers and the arrays by name, or None if there is no entry; it may be Damaged."""
        numbers = self.read_numbers()
        return None if numbers is None else (numbers, load_tensors(self._checked(TENSORS)))

    def read_numbers(self) -> dict[str, Any] | None:
        """As `read`, the numbers alone."""
        return json.loads(self._checked(NUMBERS)) if self.folder.is_dir() else None

    def write(self, numbers: dict[str, Any], tensors: dict[str, np.ndarray] | None = None) -> None:
        """Store plain JSON and arrays here; an OSError leaves whatever is here untouched."""
        arrays = {name: np.ascontiguousarray(array) for name, array in (tensors or {}).items()}
        files = {NUMBERS: json.dumps(numbers, indent=1).encode(), TENSORS: save_tensors(arrays)}
        sums = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
        files[CHECKSUMS] = json.dumps(sums).encode()

        with new_folder(self.folder) as part:
            for name, data in files.items():
                _write(part / name, data)
            shutil.rmtree(self.folder, ignore_errors=True)

    def _checked(self, name: str) -> bytes:
        try:
            expected = json.loads((self.folder / CHECKSUMS).read_bytes())[name]
            content = (self.folder / name).read_bytes()
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise Damaged(f"{self.folder / name} cannot be read ({error})") from error
        if hashlib.sha256(content).hexdigest() != expected:
            raise Damaged(f"{self.folder / name} is not what was written (checksum differs)")
        return content


def write_bytes(path: Path, content: bytes) -> None:
    """Put `content` at `path` in one step; readers see the old file until the new one is whole."""
    with beside(path) as part:
        _write(part, content)
        part.replace(path)


def write_text(path: Path, content: str) -> None:
    """`write_bytes` for text, as UTF-8 with `\\n` line ends."""
    write_bytes(path, content.encode("utf-8"))


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """`write_bytes` for a table; no cell is a formula to the spreadsheet that opens it."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([spreadsheet(cell) for cell in row] for row in rows)
    # A file's name may be no valid Unicode.
    write_bytes(path, text.getvalue().encode("utf-8", "backslashreplace"))


@contextmanager
def new_folder(place: Path) -> Iterator[Path]:
    """An empty folder that is at `place` when it is filled, unless another build was faster."""
    with beside(place) as part:
        part.mkdir()
        yield part
        try:
            part.rename(place)
        except OSError:
            # Another build put the same folder here in this very moment: either will do.
            if not place.is_dir():
                raise


@contextmanager
def beside(place: Path) -> Iterator[Path]:
    """A path beside `place` that nothing is at; what is there at the end is taken away.

    Files and folders made there have the permissions that the user's umask gives.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    _clear(place.parent)
    holder = Path(tempfile.mkdtemp(dir=place.parent, prefix=f"{_HELD}{os.getpid()}."))
    try:
        yield holder / "part"
    except OSError as error:
        # A disk that is full names no path by itself.
        error.filename = error.filename or str(place)
        raise
    finally:
        shutil.rmtree(holder, ignore_errors=True)


def _clear(folder: Path) -> None:
    """Take away what builds of this machine that were killed have left in a folder."""
    for left in folder.glob(f"{_HELD}*"):
        import psutil  # rarely needed

        process = left.name.removeprefix(_HELD).partition(".")[0]
        if process.isdecimal() and not psutil.pid_exists(int(process)):
            shutil.rmtree(left, ignore_errors=True)


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def to_plain(value: Any) -> Any:
    """`value` (dataclasses, tuples, dictionaries, NumPy numbers) as JSON's own types."""

    def of_numpy(value: np.generic | np.ndarray) -> Any:
        if isinstance(value, np.generic | np.ndarray):
            return value.tolist()
        raise TypeError(f"{type(value).__name__} has no JSON form: {value!r}")

    return json.loads(json.dumps(_converter.unstructure(value), default=of_numpy))


def from_plain(kind: type[T], value: Any) -> T:
    """The `kind` (a dataclass, mostly) that `to_plain` made `value` of."""
    return _converter.structure(value, kind)


def without_nan(value: Any) -> Any:
    """Plain JSON values with null for what strict JSON cannot say (NaN, infinities)."""
    if isinstance(value, dict):
        return {key: without_nan(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_nan(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def digest(*values: Any) -> str:
    """sha256 over the plain form of `values`: equal for equal values, in every run."""
    text = json.dumps([to_plain(value) for value in values], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
