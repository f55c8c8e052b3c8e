"""Zips from elsewhere: opened only if no entry would leave the folder it is unpacked to.

Nothing is ever unpacked to the disk here. A zip with such an entry is refused all the same, since
whoever made it meant harm to those who do unpack it.
"""

import zipfile
from pathlib import Path, PurePosixPath

from hw4.foundation.errors import UserError


def open_zip(path: Path) -> zipfile.ZipFile:
    """The zip at `path`, to be closed by the caller.

    Raises:
        UserError: it is no zip, or an entry's name leads out of it.
    """
    try:
        opened = zipfile.ZipFile(path)
    except Exception as error:  # damaged headers fail in many ways: struct.error, OverflowError, …
        raise UserError(
            f"{path} cannot be read as a zip ({_reason(error)}), a whole zip file was expected: "
            "download it again, or put the unpacked files in its place."
        ) from error
    for name in opened.namelist():
        if leads_out(name):
            opened.close()
            raise UserError(
                f"{path} has an entry {name!r} that would leave the folder it is unpacked to: "
                "an honest zip has none; download it again from the course."
            )
    return opened


def leads_out(name: str) -> bool:
    """Whether an entry of this name would be unpacked outside of the chosen folder."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    return name.startswith(("/", "\\")) or ".." in parts or (bool(parts) and parts[0][1:2] == ":")


def _reason(error: Exception) -> str:
    """What the error says, without the path that a sentence about it begins with."""
    words = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return words or type(error).__name__
