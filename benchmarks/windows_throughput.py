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
from hw4.windows import features, images, standin, training
from hw4.windows.data import CLASSES
from hw4.windows.images import Photographs, Store
from hw4.windows.model import IMAGENET_MEAN, IMAGENET_STD, Backbone
from hw4.windows.result import Settings
from hw4.windows.trained import TrainConfig
from hw4.windows.weights import find

PHOTOGRAPHS, EPOCHS = 480, 5
PHOTOGRAPH_SIZE = (640, 480)
"""Width and height of the JPEGs, as a telephone's small setting has them."""
SEARCHED, SEARCH_EPOCHS, DECAYS = 96, 8, (0.01, 0.1, 1.0)
WORKERS = 2
SIZE = Settings().image_size


def rows() -> Iterator[Row]:
    """Five epochs of each network from scratch, decoding into the store included, once; and the
    search over weight decays of a head, on kept features and from images each time."""
    settings = Settings()
    networks = {
        "three convolutions": (3.0, "three_convolutions", settings.baseline),
        # Here the network itself takes most of the time, whoever feeds it.
        "the small residual network": (1.0, "small_residual", settings.small),
    }
    with _folder_of_jpegs() as folder:
        for name, (bound, kind, config) in networks.items():
            config = replace(config, augment=1.0, batch_size=32)
            ours, other = side_by_side(
                partial(_ours, folder, settings, kind, config),
                partial(_tutorial, folder, settings, kind, config),
            )
            pictures = PHOTOGRAPHS * EPOCHS
            yield at_least(
                bound,
                f"five epochs of {name}",
                ours,
                other,
                f"{pictures / ours:,.0f} pictures a second against {pictures / other:,.0f}",
            )
    yield _search(settings)


def _search(settings: Settings) -> Row:
    """Heads with several weight decays: features computed once, or the backbone run every epoch."""
    weights = find("tf_efficientnet_lite0")
    network = Backbone("tf_efficientnet_lite0", len(CLASSES), weights.file if weights else None)
    network.features.requires_grad_(False)
    targets = standin.labels(SEARCHED, 541, "benchmark")
    pixels = np.stack([item[1] for item in standin.draw_all(targets, 541, "benchmark", 96)])
    names = tuple(map(str, range(SEARCHED)))
    photographs = Photographs.all_of(Store(pixels, names, names), targets)
    config = TrainConfig(96, 2e-3, 1, (SEARCH_EPOCHS,) * 2, augment=0.0)

    def on_features() -> float:
        began = time.perf_counter()
        vectors = features.extract(network, photographs, 96, "cpu")
        for decay in DECAYS:
            features.head_on(vectors, targets, replace(config, weight_decay=decay))
        return time.perf_counter() - began

    def from_images() -> float:
        began = time.perf_counter()
        for decay in DECAYS:
            one = replace(config, weight_decay=decay)
            training.fit(network, photographs, photographs, one, 541, "cpu")
        return time.perf_counter() - began

    ours, other = side_by_side(on_features, from_images)
    return at_least(
        10.0,
        "a search over heads",
        ours,
        other,
        f"{len(DECAYS)} weight decays, {SEARCH_EPOCHS} epochs of {SEARCHED} drawings",
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


def _ours(folder: Path, settings: Settings, kind: str, config: TrainConfig) -> float:
    """Seconds of our way, from files to the trained network, with a store that is not there yet."""
    seed_everything(settings.seed)
    network = training.build(kind, config)
    began = time.perf_counter()
    names = sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*.jpg"))
    items = images.read_files(names, lambda name: (folder / name).read_bytes(), SIZE)
    with _own_store():
        store = images.stored("benchmark", SIZE, items)
        targets = np.array([int(name.partition("/")[0]) for name in names])
        photographs = Photographs.all_of(store, targets)
        few = photographs.subset(np.arange(32))
        training.fit(
            network,
            photographs,
            few,
            replace(config, epochs=(EPOCHS, EPOCHS)),
            settings.seed,
            "cpu",
        )
    return time.perf_counter() - began


def _tutorial(folder: Path, settings: Settings, kind: str, config: TrainConfig) -> float:
    """Seconds of the tutorial's loop: every epoch reads, decodes and crops every file again."""
    seed_everything(541)
    size = config.input_size
    network = training.build(kind, config)
    vary = transforms.Compose(
        [
            transforms.RandomResizedCrop(size),
            transforms.RandomHorizontalFlip(),
            transforms.ToTensor(),
            transforms.Normalize(IMAGENET_MEAN, IMAGENET_STD),
        ]
    )
    began = time.perf_counter()
    loader = torch.utils.data.DataLoader(
        datasets.ImageFolder(str(folder), vary),
        batch_size=config.batch_size,
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
