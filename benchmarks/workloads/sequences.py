"""Sequences in pickled object arrays: read without running the pickle, then trained an epoch."""

from pathlib import Path

import numpy as np

from hw4.sequences import data
from hw4.sequences.experiment import kind_of
from hw4.sequences.trained import TrainConfig
from hw4.sequences.training import train

HIDDEN, SEEDS = 16, (0,)


def make(count: int, folder: Path) -> None:
    """The four files, with `count` sequences to learn from and 100 for test."""
    random = np.random.default_rng(0)
    inside = folder / data.FOLDERS[0]
    inside.mkdir()
    for part, amount in (("train", count), ("test", 100)):
        lengths = random.integers(5, 21, amount)
        inputs = np.empty(amount, dtype=object)
        for place, length in enumerate(lengths):
            inputs[place] = random.standard_normal((length, data.FEATURES)).astype(np.float32)
        np.save(inside / f"X_{part}.npy", inputs, allow_pickle=True)
        np.save(inside / f"y_{part}.npy", random.standard_normal((amount, 1)))


def work(count: int, folder: Path) -> None:
    """From the files to one epoch of the vanilla RNN, with its evaluation."""
    source = data.source()
    learning, test = data.load(source, "train"), data.load(source, "test")
    assert (len(learning), len(test)) == (count, 100)
    training, validation = data.split(learning, 0.15, 541)
    view, build = kind_of("vanilla", training, validation)
    batches = [view.batch(part) for part in (training, validation)]
    train(build(HIDDEN, seeds=SEEDS), *batches, TrainConfig(epochs=1), (0.0,))
