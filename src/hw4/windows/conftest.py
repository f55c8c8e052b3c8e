"""Tests of problem 1 work in folders of their own, and never ask the network."""

from pathlib import Path

import pytest

from hw4.foundation.threads import one_thread
from hw4.windows import weights


@pytest.fixture
def places(tmp_path, monkeypatch) -> Path:
    """The data folder; store, outputs and pre-trained weights are in folders beside it."""
    data = tmp_path / "data"
    data.mkdir()
    monkeypatch.setenv("HW4_DATA", str(data))
    monkeypatch.setenv("HW4_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("HW4_DEVICE", "cpu")
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.delenv("HW4_PROFILE", raising=False)
    monkeypatch.setattr(weights, "fetch", lambda backbone: "not asked in tests")
    monkeypatch.setattr("hw4.windows.predictions.output_folder", lambda: tmp_path / "output")
    return data


@pytest.fixture
def one_core():
    """Let torch compute on a single core, as small steps on several only wait for each other."""
    with one_thread():
        yield
