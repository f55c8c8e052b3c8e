"""Tests of problem 3 use folders of their own and never the network."""

import pytest

from hw4.tweets.arguments import TrainConfig, parse


@pytest.fixture(autouse=True)
def places(tmp_path, monkeypatch):
    """A data folder and a store that nobody else uses; the device is the processor."""
    data = tmp_path / "data"
    data.mkdir()
    monkeypatch.setenv("HW4_DATA", str(data))
    monkeypatch.setenv("HW4_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("HW4_DEVICE", "cpu")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    for name in ("HW4_PROFILE", "HW4_ENCODER"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def arguments():
    """The configuration that some arguments stand for."""
    return lambda *line: parse(list(line))


@pytest.fixture(scope="session")
def small(tmp_path_factory):
    """A small DistilBERT with random weights, and composed tweets: folder, tweets."""
    from hw4.tweets.standin import compose
    from hw4.tweets.weights import write_random

    folder = tmp_path_factory.mktemp("encoder")
    tweets = compose(160, seed=3)
    write_random(folder, tweets.texts, seed=3)
    return folder, tweets


@pytest.fixture(scope="session")
def prepared(small):
    """The small model's tokens, its outputs, those of layer 1 for every token, and targets."""
    from transformers import DistilBertTokenizerFast

    from hw4.tweets.features import compute_features
    from hw4.tweets.tokens import to_dataset
    from hw4.tweets.training import load_pretrained

    folder, tweets = small
    tokenizer = DistilBertTokenizerFast.from_pretrained(folder)
    tokens = to_dataset(tweets, tokenizer, 48)["input_ids"][:]
    encoder = load_pretrained(folder, TrainConfig()).distilbert
    features = compute_features(encoder, tokens, keep_layer=1)
    return folder, tokens, features, tweets.targets
