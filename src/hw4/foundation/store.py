"""Stored results: numbers as JSON, arrays as safetensors, in one folder an entry.

An entry is written whole beside its place and then renamed into it, so a reader finds all of it or
nothing. Every file's checksum stands in the entry; one that does not fit makes the entry damaged.
"""

import hashlib
import json
import os
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

NUMBERS, TENSORS, CHECKSUMS = "numbers.json", "tensors.safetensors", "checksums.json"


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

        self.folder.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(dir=self.folder.parent, prefix=f".{self.folder.name}."))
        try:
            for name, data in files.items():
                with (part / name).open("wb") as stream:
                    stream.write(data)
                    os.fsync(stream.fileno())
            self.remove()
            try:
                part.rename(self.folder)
            except OSError:
                # Another build put the same entry here in this very moment: either will do.
                if not self.folder.is_dir():
                    raise
        finally:
            shutil.rmtree(part, ignore_errors=True)

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
