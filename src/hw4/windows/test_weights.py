"""Pre-trained weights that are there, are not there, or are not what was published."""

import hashlib
import os
from dataclasses import replace
from pathlib import Path

import pytest
from timm.models import get_pretrained_cfg

from hw4.foundation import hub
from hw4.foundation.errors import UserError
from hw4.foundation.settings import check_settings
from hw4.windows import weights
from hw4.windows.result import EXPERIMENT, Settings
from hw4.windows.weights import ORIGINS, Origin


def _torchvisions_file() -> Path:
    folder = Path(os.environ["TORCH_HOME"]) / "hub" / "checkpoints"
    return folder / ORIGINS["mobilenetv2_100"].file


def test_weights_come_from_the_hub_where_its_cache_has_none(tmp_path, monkeypatch):
    """What else is here, or is not on the hub, is not fetched."""
    origins = {"tiny": Origin("Tiny", hub="timm/tiny.in1k"), "here": Origin("H", hub="timm/here")}
    monkeypatch.setattr(weights, "ORIGINS", origins | {"nowhere": Origin("N", file="n.pth")})
    cached = {"timm/here": tmp_path / "model.safetensors"}
    cached["timm/here"].write_bytes(b"weights")
    asked = []
    monkeypatch.setattr(hub, "cached", lambda repository, file: cached.get(repository))
    monkeypatch.setattr(hub, "download", lambda wing, wanted, seconds: asked.append(wanted))

    assert weights.find("tiny") is None
    found = weights.find("here")
    assert found.checksum == hashlib.sha256(b"weights").hexdigest()
    assert found.source == "huggingface.co/timm/here"
    weights.fetch_missing(("tiny", "here", "nowhere"))
    assert asked == [{"timm/tiny.in1k": ["model.safetensors"]}]


def test_weights_that_are_not_as_published_are_not_used(places, monkeypatch):
    if weights.find("tf_efficientnet_lite0") is None:
        pytest.skip("the extra `offline` is not installed")
    origin = ORIGINS["tf_efficientnet_lite0"]
    monkeypatch.setitem(ORIGINS, "tf_efficientnet_lite0", replace(origin, checksum="0" * 64))
    assert weights.find("tf_efficientnet_lite0") is None


def test_a_package_that_is_not_installed(monkeypatch):
    monkeypatch.setitem(ORIGINS, "mobilenetv2_100", Origin("X", "no_such_package", "x.pth"))
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


def test_names_and_repositories_are_timms():
    for name, origin in ORIGINS.items():
        config = get_pretrained_cfg(name)
        assert config is not None, name
        assert not origin.hub or origin.hub == config.hf_hub_id


def test_unknown_backbones_are_refused():
    with pytest.raises(UserError, match=r"result\.py: backbones of Settings is \('vgg'"):
        check_settings(replace(Settings(), backbones=("vgg",)))
