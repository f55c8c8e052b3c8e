"""Pre-trained weights that are there, are not there, or are not what was published."""

import hashlib
import os
from dataclasses import replace
from pathlib import Path

import pytest
from timm.models import get_pretrained_cfg

from hw4.foundation import fetch
from hw4.foundation.errors import UserError
from hw4.windows import weights
from hw4.windows.result import EXPERIMENT, Settings
from hw4.windows.weights import ORIGINS


@pytest.fixture
def hub(places, monkeypatch):
    """One backbone on the hub, whose cache is empty; nothing else is known."""
    origin = weights.Origin("Tiny", hub="timm/tiny.in1k")
    monkeypatch.setattr(weights, "ORIGINS", {"tiny": origin})
    hub = Path(os.environ["HF_HOME"]) / "hub"
    snapshot = hub / "models--timm--tiny.in1k" / "snapshots" / "abc"
    snapshot.mkdir(parents=True)
    return snapshot


def _torchvisions_file() -> Path:
    folder = Path(os.environ["TORCH_HOME"]) / "hub" / "checkpoints"
    return folder / ORIGINS["mobilenetv2_100"].file


def _cached(snapshot, content: bytes, named_after: bytes | None = None):
    """A file in the hub's cache: a link to a blob that is named after its sha256."""
    blobs = snapshot.parents[1] / "blobs"
    blobs.mkdir(exist_ok=True)
    blob = blobs / hashlib.sha256(named_after or content).hexdigest()
    blob.write_bytes(content)
    (snapshot / "model.safetensors").symlink_to(blob)


def test_what_the_hubs_cache_holds_is_found(hub):
    assert weights.find("tiny") is None
    _cached(hub, b"weights")
    found = weights.find("tiny")
    assert found.checksum == hashlib.sha256(b"weights").hexdigest()
    assert found.source == "huggingface.co/timm/tiny.in1k"


def test_a_file_cut_short_is_not_used(hub):
    _cached(hub, b"weig", named_after=b"weights")
    assert weights.find("tiny") is None


def test_weights_that_are_not_as_published_are_not_used(places, monkeypatch):
    if weights.find("tf_efficientnet_lite0") is None:
        pytest.skip("the extra `offline` is not installed")
    origin = ORIGINS["tf_efficientnet_lite0"]
    monkeypatch.setitem(ORIGINS, "tf_efficientnet_lite0", replace(origin, checksum="0" * 64))
    assert weights.find("tf_efficientnet_lite0") is None


def test_a_package_that_is_not_installed(monkeypatch):
    monkeypatch.setitem(ORIGINS, "mobilenetv2_100", weights.Origin("X", "no_such_package", "x.pth"))
    assert weights.find("mobilenetv2_100") is None


def test_torchvisions_cache(places):
    assert weights.find("mobilenetv2_100") is None
    file = _torchvisions_file()
    file.parent.mkdir(parents=True)
    file.write_bytes(b"x")
    assert weights.find("mobilenetv2_100").file == file


def test_weights_that_turn_up_make_another_key(places):
    before = EXPERIMENT.circumstances()
    file = _torchvisions_file()
    file.parent.mkdir(parents=True)
    file.write_bytes(b"x")
    assert before != EXPERIMENT.circumstances()
    assert set(EXPERIMENT.circumstances()) - set(before) == {"mobilenetv2_100"}


def test_a_server_that_hangs_is_one_line_and_no_end(hub, monkeypatch, capsys):
    monkeypatch.setattr(weights, "_DOWNLOAD", "import time; time.sleep(60)")
    monkeypatch.setattr(weights, "FETCH_SECONDS", 0.3)
    weights.fetch_missing(("tiny",))
    assert "goes on without them" in capsys.readouterr().out


def test_what_is_here_is_not_fetched(hub, monkeypatch):
    _cached(hub, b"weights")
    monkeypatch.setattr(fetch, "run", lambda *_, **__: pytest.fail("asked the hub"))
    weights.fetch_missing(("tiny",))


def test_names_and_repositories_are_timms():
    for name, origin in ORIGINS.items():
        config = get_pretrained_cfg(name)
        assert config is not None, name
        assert not origin.hub or origin.hub == config.hf_hub_id


def test_unknown_backbones_are_refused():
    with pytest.raises(UserError, match=r"result\.py: 'vgg' is among the backbones"):
        replace(Settings(), backbones=("vgg",))
