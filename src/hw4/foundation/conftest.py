"""Tests of the foundation work in folders of their own."""

import pytest


@pytest.fixture
def places(tmp_path, monkeypatch):
    """A data folder and a store that nobody else uses; the device is the processor."""
    data, store = tmp_path / "data", tmp_path / "store"
    data.mkdir()
    monkeypatch.setenv("HW4_DATA", str(data))
    monkeypatch.setenv("HW4_STORE", str(store))
    monkeypatch.setenv("HW4_DEVICE", "cpu")
    monkeypatch.delenv("HW4_PROFILE", raising=False)
    return tmp_path
