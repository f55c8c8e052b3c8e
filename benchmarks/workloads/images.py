"""Photographs in zips: checked, decoded into the mapped store, cleared of copies, split, read."""

import io
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

from hw4.windows import data

SIDE, SIZE, BATCH = 64, 64, 64
"""Side of the JPEGs, and of the stored pictures."""
TEST_SHARE = 0.1


def make(count: int, folder: Path) -> None:
    """A zip of `count` photographs and a smaller one for test, of smooth random colors."""
    random = np.random.default_rng(0)
    for name, amount in ((data.TRAIN[0], count), (data.TEST[0], round(TEST_SHARE * count))):
        with zipfile.ZipFile(folder / name, "w") as archive:
            for number in range(amount):
                coarse = random.integers(0, 256, (8, 8, 3), dtype=np.uint8)
                stream = io.BytesIO()
                Image.fromarray(coarse).resize((SIDE, SIDE)).save(stream, "JPEG", quality=85)
                label = data.FOLDER_NAMES[number % len(data.FOLDER_NAMES)]
                archive.writestr(f"set/{label}/{number}.jpg", stream.getvalue())


def work(count: int, folder: Path) -> None:
    """From the zips to one pass of batches over the training photographs."""
    train_set, test_set = data.load(data.source(), SIZE)
    learning, _ = data.split(train_set, test_set, 541, 0.15, 0.0)
    assert len(train_set) == count and not learning.check.bad
    for begin in range(0, len(learning.fit), BATCH):
        idx = np.arange(begin, min(begin + BATCH, len(learning.fit)))
        assert learning.fit.images(idx).shape[1:] == (SIZE, SIZE, 3)
