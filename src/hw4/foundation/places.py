"""Where things are: the project's folders and the two environment variables that steer a build."""

import os
from pathlib import Path

from hw4.foundation.errors import UserError

ROOT = Path(__file__).resolve().parents[3]
"""The project's folder: the one that holds `_quarto.yml`."""

PROFILES = ("full", "quick")


def data_folder() -> Path:
    """The folder with the course's files: `HW4_DATA`, or `data/` in the project."""
    return (ROOT / Path(os.environ.get("HW4_DATA") or "data").expanduser()).resolve()


def output_folder() -> Path:
    """The folder of everything a build hands out (`_output/`)."""
    return ROOT / "_output"


def store_folder() -> Path:
    """The folder of stored results (`HW4_STORE`, or `_store/`); safe to delete."""
    return (ROOT / Path(os.environ.get("HW4_STORE") or "_store").expanduser()).resolve()


def figures_folder() -> Path:
    """The folder of figures as SVG and PNG (`figures/`)."""
    return ROOT / "figures"


def quick() -> bool:
    """Whether this is a small trial build (`HW4_PROFILE=quick`).

    Raises:
        UserError: `HW4_PROFILE` is neither empty, `full` nor `quick`.
    """
    profile = os.environ.get("HW4_PROFILE") or "full"
    if profile not in PROFILES:
        raise UserError(
            f"HW4_PROFILE is {profile!r}, but only {' and '.join(PROFILES)} are known: "
            "unset it for the submission, or set it to quick for a small trial build."
        )
    return profile == "quick"
