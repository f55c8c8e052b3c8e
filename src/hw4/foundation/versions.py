"""Versions of installed packages."""

from functools import cache
from importlib import metadata


@cache
def version(package: str) -> str:
    """The installed version of a package; looked up once, since each look-up reads files.

    Raises:
        importlib.metadata.PackageNotFoundError: it is not installed.
    """
    return metadata.version(package)
