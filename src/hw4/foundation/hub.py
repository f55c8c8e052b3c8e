"""The Hugging Face hub: what its cache holds, and downloads for which no build waits in vain."""

import json
from collections.abc import Sequence
from pathlib import Path

from huggingface_hub import constants

from hw4.foundation import fetch
from hw4.foundation.archive import BadFile
from hw4.foundation.files import checksums
from hw4.foundation.progress import say

ANSWER_SECONDS = 4.0
"""How long the hub may take to say that it is there."""

_ASK = """
import sys, urllib.request as request
from huggingface_hub.constants import ENDPOINT
request.urlopen(request.Request(f"{ENDPOINT}/{sys.argv[1]}", method="HEAD")).close()
"""
_DOWNLOAD = """
import json, os, sys
os.environ["HF_HUB_DISABLE_XET"] = "1"  # plain HTTP has time-outs for downloads that stand still
from huggingface_hub import hf_hub_download
for repository, files in json.loads(sys.argv[1]).items():
    for file in files:
        hf_hub_download(repository, file)
"""


def cached(repository: str, file: str) -> Path | None:
    """A file in the hub's cache (`HF_HOME`, `HF_HUB_CACHE`), if it is there and whole."""
    folder = Path(constants.HF_HUB_CACHE, f"models--{repository.replace('/', '--')}")
    try:
        revision = (folder / "refs" / "main").read_text(encoding="utf-8").strip()
        path = folder / "snapshots" / revision / file
        if not path.is_file():
            return None
        # A large file is a link to one that is named after its sha256.
        blob = path.resolve().name
        is_whole = len(blob) != 64 or checksums(path) == [blob]
    except (OSError, BadFile):
        return None
    return path if is_whole else None


def download(wing: str, wanted: dict[str, Sequence[str]], seconds: float) -> None:
    """Bring `wanted`, files by repository, into the hub's cache; all of it within `seconds`.

    What cannot be had is one line on the terminal. Where the hub's own flags (`HF_HUB_OFFLINE`)
    forbid the network, it is not asked.
    """
    if not wanted or constants.HF_HUB_OFFLINE:
        return
    repository, (file, *_) = next(iter(wanted.items()))
    try:
        fetch.run(_ASK, f"{repository}/resolve/main/{file}", seconds=ANSWER_SECONDS)
        say(f"  {wing}: fetching {', '.join(wanted)} from the Hugging Face hub, once")
        fetch.run(_DOWNLOAD, json.dumps(wanted), seconds=seconds)
    except fetch.Unreachable as reason:
        say(f"  {wing}: nothing from the Hugging Face hub ({reason}); the build goes on without it")
