"""Moved to `files`; this name goes when the last wing has moved."""

import zipfile
from pathlib import Path

from hw4.foundation.archive import Limits, _open_zip, leads_out

__all__ = ["leads_out", "open_zip"]


def open_zip(path: Path) -> zipfile.ZipFile:
    """The zip at `path`, to be closed by the caller."""
    return _open_zip(path, Limits(file=2**40, total=2**41, ratio=2**40))
