"""Problem 1's training from the mapped store, against the loop of PyTorch's own tutorial."""

import io
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torchvision import datasets, transforms

from benchmarks.harness import Row, at_least, side_by_side
from hw4.foundation.compute import seed_everything
from hw4.windows import images, standin, training
from hw4.windows.augment import DEVIATION, MEAN
from hw4.windows.candidates import build
from hw4.windows.data import CLASSES
from hw4.windows.photographs import Photographs
from hw4.windows.settings import Recipe, Settings

PHOTOGRAPHS, EPOCHS = 480, 5
PHOTOGRAPH_SIZE = (640, 480)
"""Width and height of the JPEGs, as a telephone's small setting has them."""
WORKERS = 2
SIZE = Settings().image_size


class Silent:
    """A progress bar that shows nothing."""

    def update(self, steps: int = 1) -> None:
        """Count nothing."""

    def note(self, text: str) -> None:
        """Say nothing."""


def rows() -> Iterator[Row]:
    """Five epochs of each network from scratch; ours includes decoding into the store, once."""
    settings = Settings()
    recipes = {
        "three convolutions": (3.0, replace(settings.yardstick, augment=True, batch_size=32)),
        # Here the network itself takes most of the time, whoever feeds it.
        "the small residual network": (
            1.0,
            replace(settings.small, batch_size=32, averaging=0.0),
        ),
    }
    with _folder_of_jpegs() as folder:
        for name, (bound, recipe) in recipes.items():
            ours, other = side_by_side(
                partial(_ours, folder, settings, recipe), partial(_tutorial, folder, recipe)
            )
            pictures = PHOTOGRAPHS * EPOCHS
            yield at_least(
                bound,
                f"five epochs of {name}",
                ours,
                other,
                f"{pictures / ours:,.0f} pictures a second against {pictures / other:,.0f}",
            )


@contextmanager
def _folder_of_jpegs() -> Iterator[Path]:
    """Drawn windows as JPEG files in a folder for each class."""
    labels = standin.labels(PHOTOGRAPHS, 541, "benchmark")
    with tempfile.TemporaryDirectory() as name:
        for place, label in enumerate(labels):
            picture = standin.draw(int(label), np.random.default_rng(place), 160)
            file = Path(name) / f"{label}" / f"{place}.jpg"
            file.parent.mkdir(exist_ok=True)
            stream = io.BytesIO()
            picture.resize(PHOTOGRAPH_SIZE).save(stream, "JPEG", quality=88)
            file.write_bytes(stream.getvalue())
        yield Path(name)


@contextmanager
def _own_store() -> Iterator[None]:
    """A store for one run, so that decoding counts and no store of the user's is pushed out."""
    before = os.environ.get("HW4_STORE")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["HW4_STORE"] = folder
        try:
            yield
        finally:
            if before is None:
                del os.environ["HW4_STORE"]
            else:
                os.environ["HW4_STORE"] = before


def _ours(folder: Path, settings: Settings, recipe: Recipe) -> float:
    """Seconds of our way, from files to the trained network, with a store that is not there yet."""
    seed_everything(settings.seed)
    network = build(recipe)
    began = time.perf_counter()
    names = sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*.jpg"))
    items = images.read_files(names, lambda name: (folder / name).read_bytes(), SIZE)
    with _own_store():
        store = images.stored("benchmark", SIZE, items)
        labels = np.array([int(name.partition("/")[0]) for name in names])
        photographs = Photographs(store.pixels, labels, store.names)
        everything = np.arange(len(names))
        recipe = replace(recipe, epochs=(EPOCHS, EPOCHS))
        training.train(
            network,
            photographs,
            everything,
            everything[:32],
            recipe,
            settings.seed,
            "cpu",
            Silent(),
        )
    return time.perf_counter() - began


def _tutorial(folder: Path, recipe: Recipe) -> float:
    """Seconds of the tutorial's loop: every epoch reads, decodes and crops every file again."""
    seed_everything(541)
    network, size = build(recipe), recipe.input_size
    vary = transforms.Compose(
        [
            transforms.RandomResizedCrop(size),
            transforms.RandomHorizontalFlip(),
            transforms.ToTensor(),
            transforms.Normalize(MEAN, DEVIATION),
        ]
    )
    began = time.perf_counter()
    loader = torch.utils.data.DataLoader(
        datasets.ImageFolder(str(folder), vary),
        batch_size=recipe.batch_size,
        shuffle=True,
        num_workers=WORKERS,
    )
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(network.parameters(), lr=0.001, momentum=0.9)
    for _ in range(EPOCHS):
        network.train()
        for pictures, labels in loader:
            optimizer.zero_grad()
            with torch.set_grad_enabled(True):
                outputs = network(pictures)
                criterion(outputs, labels).backward()
                optimizer.step()
    assert outputs.shape[1] == len(CLASSES)
    return time.perf_counter() - began
