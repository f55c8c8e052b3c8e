"""Tests of problem 1 work in folders of their own, on one core, and never ask the network."""

from pathlib import Path

import numpy as np
import pytest

from hw4.foundation.compute import threads
from hw4.windows import standin
from hw4.windows.images import Photographs
from hw4.windows.made_up import photographs


@pytest.fixture(autouse=True, scope="session")
def _one_core():
    """Steps this small only wait for each other on several cores."""
    with threads(1):
        yield


@pytest.fixture
def places(tmp_path, monkeypatch) -> Path:
    """The data folder; store, outputs and pre-trained weights are in folders beside it."""
    data = tmp_path / "data"
    data.mkdir()
    monkeypatch.setenv("HW4_DATA", str(data))
    monkeypatch.setenv("HW4_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("HW4_DEVICE", "cpu")
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.delenv("HW4_PROFILE", raising=False)
    monkeypatch.setattr("hw4.windows.result.fetch_missing", lambda names: None)
    monkeypatch.setattr("hw4.windows.result.output_folder", lambda: tmp_path / "output")
    return data


@pytest.fixture(scope="session")
def drawings() -> Photographs:
    """Forty drawn windows, eight of each class."""
    targets = np.repeat(np.arange(5), 8)
    items = list(standin.draw_all(targets, 7, "train", 64))
    return photographs(np.stack([item[1] for item in items]), targets)


@pytest.fixture(scope="session")
def striped() -> Photographs:
    """Sixty images that a linear layer can tell apart: each class has its own stripes."""
    rng = np.random.default_rng(3)
    targets = np.repeat(np.arange(5), 12)
    pixels = rng.integers(90, 160, (60, 32, 32, 3))
    for image, target in zip(pixels, targets, strict=True):
        image[6 * target : 6 * target + 6] += 80
    return photographs(pixels.astype(np.uint8), targets)
