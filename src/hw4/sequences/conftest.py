"""What the tests of problem 2 share: small data sets, a small experiment, the document."""

import re
from dataclasses import replace

import numpy as np
import pytest

from hw4.foundation.compute import Device
from hw4.foundation.experiment import Work
from hw4.foundation.places import ROOT
from hw4.sequences import data, present
from hw4.sequences.data import Sequences
from hw4.sequences.result import Settings
from hw4.sequences.trained import TrainConfig

TINY = replace(
    Settings.quick(),
    hidden_sizes=(4,),
    schedule=TrainConfig(epochs=3, patience=2, batch_size=32, learning_rate=0.03),
)
DOCUMENT = ROOT / "report" / "_2-sequences.qmd"


def process(count, seed, noise=0.1, lengths=(5, 20), scale=1.0):
    """Sequences whose target is linear in the last two steps (or the only one)."""
    generator = np.random.default_rng(seed)
    inputs = tuple(
        generator.standard_normal((length, 10)).astype("f4")
        for length in generator.integers(lengths[0], lengths[1] + 1, count)
    )
    weights = np.random.default_rng(0).standard_normal((2, 10))
    clean = np.array([(each[-2:] * weights[-len(each[-2:]) :]).sum() for each in inputs])
    return Sequences(inputs, scale * (3 + clean + generator.normal(0, noise, count)))


def save(folder, train, test):
    """The course's four files."""
    folder.mkdir(parents=True, exist_ok=True)
    for part, sequences in (("train", train), ("test", test)):
        inputs = np.empty(len(sequences), dtype=object)
        inputs[:] = sequences.inputs
        np.save(folder / f"X_{part}.npy", inputs, allow_pickle=True)
        np.save(folder / f"y_{part}.npy", sequences.targets[:, None])


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The data folder, empty, beside a store of its own."""
    monkeypatch.setenv("HW4_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("HW4_STORE", str(tmp_path / "store"))
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


@pytest.fixture
def run(folder):
    """The whole experiment on these sequences, through files, with a store of its own."""

    def run(train, test, settings=TINY):
        from hw4.sequences import experiment

        save(folder, train, test)
        source = data.source()
        work = Work("sequences", source, Device("cpu", ""), source.fingerprint)
        return experiment.run(settings, work)

    return run


@pytest.fixture
def written(monkeypatch):
    """What each inline expression of the document says of a result."""

    def written(result):
        text = DOCUMENT.read_text(encoding="utf-8")
        names = {}
        monkeypatch.setattr(present, "load", lambda: result)
        monkeypatch.setattr("hw4.submission.prose.provenance", lambda experiment: None)
        exec(re.search(r"```\{python\}\n(.*?)```", text, re.DOTALL)[1], names)
        expressions = re.findall(r"`\{python\} (.+?)`", text)
        return {expression: str(eval(expression, names)) for expression in expressions}

    return written
