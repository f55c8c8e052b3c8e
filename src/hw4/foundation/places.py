"""Where things are: the project's folders and the two environment variables that steer a build."""

import os
from pathlib import Path

from hw4.foundation.errors import UserError

ROOT = Path(__file__).resolve().parents[3]
"""The project's folder: the one that holds `_quarto.yml`."""
PROFILES = ("full", "quick")


def data_folder() -> Path:
    """The folder with the course's files: `HW4_DATA`, or `data/` in the project."""
    return named_folder("HW4_DATA", os.environ.get("HW4_DATA") or "data")


def output_folder() -> Path:
    """The folder of everything a build hands out (`_output/`)."""
    return ROOT / "_output"


def figures_folder() -> Path:
    """The folder of figures as SVG and PNG (`figures/`)."""
    return ROOT / "figures"


def store_folder() -> Path:
    """The folder of stored results (`HW4_STORE`, or `_store/`); safe to delete."""
    folder = named_folder("HW4_STORE", os.environ.get("HW4_STORE") or "_store")
    nearest = next(place for place in (folder, *folder.parents) if place.exists())
    if not nearest.is_dir():
        raise UserError(
            f"Stored results belong in the folder {folder} (HW4_STORE, or _store/ in the "
            f"project), but {nearest} is a file: move it away, or let HW4_STORE name a folder."
        )
    return folder


def named_folder(variable: str, name: str) -> Path:
    """The folder that an environment variable names, taken from the project's folder."""
    try:
        return Path(os.path.realpath(ROOT / Path(name).expanduser()))
    except RuntimeError as error:
        reason = str(error).rstrip(".")
        raise UserError(
            f"{variable} is {name!r}, which leads to no folder ({reason}), a folder was expected: "
            "write the folder's whole path."
        ) from error


def quick() -> bool:
    """Whether this is a small trial build (`HW4_PROFILE=quick`)."""
    profile = os.environ.get("HW4_PROFILE") or "full"
    if profile not in PROFILES:
        raise UserError(
            f"HW4_PROFILE is {profile!r}, but only {' and '.join(PROFILES)} are known: "
            "unset it for the submission, or set it to quick for a small trial build."
        )
    return profile == "quick"
