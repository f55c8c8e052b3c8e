"""Pre-trained weights that are there, are not there, or hang."""

import socket
import threading
import time
from dataclasses import replace
from typing import get_args

import pytest

from hw4.foundation.errors import UserError
from hw4.windows import weights
from hw4.windows.result import EXPERIMENT
from hw4.windows.settings import Backbone, Settings
from hw4.windows.weights import FILES


@pytest.fixture
def deaf_server():
    """A server that takes connections and never says a word."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        accepted: list[socket.socket] = []
        threading.Thread(target=lambda: accepted.append(listening.accept()[0]), daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache of torchvision's, and a store of our own."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setenv("HW4_STORE", str(tmp_path / "store"))
    folder = weights.cache_folder()
    folder.mkdir(parents=True)
    return folder


def test_a_server_that_hangs_is_given_up(cache, monkeypatch, deaf_server, capsys):
    monkeypatch.setattr(weights, "HOST", deaf_server)
    monkeypatch.setattr(weights, "PROBE_SECONDS", 1)
    began = time.monotonic()
    found = weights.weights("mobilenet_v2")
    assert time.monotonic() - began < 5
    assert not found.at_hand and "could not be reached within 1 seconds" in found.why_not
    assert "no pre-trained weights" in capsys.readouterr().out


def test_a_failure_is_remembered_until_the_file_is_there(cache, monkeypatch):
    asked = []
    monkeypatch.setattr(weights, "fetch", lambda name: asked.append(name) or "unreachable")
    assert not weights.weights("resnet18").at_hand
    assert not weights.weights("resnet18").at_hand
    assert asked == ["resnet18"]
    (cache / FILES["resnet18"]).write_bytes(b"PK\x05\x06" + bytes(18))  # an empty zip
    assert weights.weights("resnet18").at_hand


def test_weights_that_turn_up_make_another_key(cache, monkeypatch):
    monkeypatch.setattr(weights, "fetch", lambda name: "unreachable")
    before = EXPERIMENT.circumstances()
    (cache / FILES["mobilenet_v2"]).write_bytes(b"PK\x05\x06" + bytes(18))
    assert (before, EXPERIMENT.circumstances()) == (False, True)


def test_a_file_cut_short_is_not_used(cache):
    (cache / FILES["resnet18"]).write_bytes(b"PK\x03\x04 and no end")
    found = weights.weights("resnet18")
    assert not found.at_hand and "damaged" in found.why_not


def test_unknown_backbones_are_refused():
    with pytest.raises(UserError, match="no backbone named 'vgg'"):
        weights.weights("vgg")


@pytest.mark.parametrize("name", FILES)
def test_file_names_are_torchvisions(name):
    from torchvision import models

    assert models.get_model_weights(name).DEFAULT.url == weights.HOST + FILES[name]


def test_every_backbone_that_may_be_set_has_its_weights_file():
    assert get_args(Backbone) == tuple(FILES)


@pytest.mark.parametrize("changed", [{"network": "resnet18"}, {"network": "three_convolutions"}])
def test_the_head_and_the_fine_tuning_need_one_backbone(changed):
    usual = Settings()
    with pytest.raises(UserError, match=r"settings\.py: the networks of frozen and fine_tuned are"):
        replace(usual, frozen=replace(usual.frozen, **changed))
