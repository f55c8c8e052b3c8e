"""For the tests: small drawings in the layouts that the course uses, as files."""

import io
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

from hw4.windows import standin
from hw4.windows.data import FOLDER_NAMES


def jpeg(label: int, seed: int, size: int = 64, **options) -> bytes:
    """A drawn window as the bytes of a JPEG."""
    picture = standin.draw(label, np.random.default_rng([label, seed]), size)
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=90, **options)
    return stream.getvalue()


def saved(image: Image.Image, kind: str, **options) -> bytes:
    """Any image as bytes."""
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def write_zip(path: Path, files: dict[str, bytes]) -> Path:
    """A zip with these files."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def write_folder(path: Path, files: dict[str, bytes]) -> Path:
    """A folder with these files."""
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
    return path


def train_files(each: int = 10, names=FOLDER_NAMES) -> dict[str, bytes]:
    """A small training set in the course's layout."""
    return {
        f"train_set/{name}/{place}.jpg": jpeg(label, place)
        for label, name in enumerate(names)
        for place in range(each)
    }


def labelled_files(each: int = 2, names=FOLDER_NAMES) -> dict[str, bytes]:
    """A small labelled test set."""
    return {
        f"test_set/{name}/{label * each + place}.jpg": jpeg(label, 1000 + place)
        for label, name in enumerate(names)
        for place in range(each)
    }


def unlabelled_files(count: int = 12) -> dict[str, bytes]:
    """A small test set without labels."""
    return {f"test_set/{place}.jpg": jpeg(place % 5, 2000 + place) for place in range(count)}
