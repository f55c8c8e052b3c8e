"""Whether pre-trained weights are at hand, known without importing torch.

`python -m hw4.windows.weights` tries to fetch them again, after a build that could not.
"""

import hashlib
import json
import os
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from hw4.foundation.atomic import write_text
from hw4.foundation.errors import UserError
from hw4.foundation.places import store_folder
from hw4.foundation.progress import say

HOST = "https://download.pytorch.org/models/"
PROBE_SECONDS = 6
"""After which a server that does not answer is given up, name look-up included."""
DOWNLOAD_SECONDS = 180

FILES = {
    "mobilenet_v2": "mobilenet_v2-7ebf99e0.pth",
    "resnet18": "resnet18-f37072fd.pth",
    "efficientnet_b0": "efficientnet_b0_rwightman-7f5810bc.pth",
    "convnext_tiny": "convnext_tiny-983f1562.pth",
}
"""The files of torchvision's default weights; a test compares them with torchvision's own."""

_PROBE = "import sys, urllib.request as u; u.urlopen(u.Request(sys.argv[1], method='HEAD'))"
_FETCH = """
import socket, sys
socket.setdefaulttimeout(10)
from torchvision import models
models.get_model_weights(sys.argv[1]).DEFAULT.get_state_dict(progress=False, check_hash=True)
"""


@dataclass(frozen=True)
class Weights:
    """Pre-trained weights of one backbone.

    Attributes:
        backbone: torchvision's name.
        at_hand: whether torchvision will find them without asking the network.
        why_not: what a user should know if they are not, as a clause; empty otherwise.
    """

    backbone: str
    at_hand: bool
    why_not: str = ""


def cache_folder() -> Path:
    """Where torchvision keeps downloaded weights: `$TORCH_HOME/hub/checkpoints`."""
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    home = Path(os.environ.get("TORCH_HOME") or Path(cache) / "torch")
    try:
        return home.expanduser() / "hub" / "checkpoints"
    except RuntimeError:  # a user without a home: torchvision takes the name as it stands
        return home / "hub" / "checkpoints"


def weights(backbone: str) -> Weights:
    """Whether the weights of `backbone` are at hand; fetched first if that was never tried.

    A failure is remembered, so a re-render does not ask the network again. As soon as the file is
    there, however it came, this says so, and the build trains with it.

    Raises:
        UserError: there is no such backbone.
    """
    if backbone not in FILES:
        raise UserError(
            f"There is no backbone named {backbone!r} in the settings of problem 1: "
            f"choose from {', '.join(FILES)}."
        )
    file = cache_folder() / FILES[backbone]
    if not file.is_file():
        failed = _remembered(file) or fetch(backbone)
        if failed:
            _remember(file, failed)
            return Weights(backbone, False, failed)
    status = file.stat()
    if not _whole(file, status.st_size, status.st_mtime_ns):
        return Weights(backbone, False, f"the file {file.name} in torchvision's cache is damaged")
    return Weights(backbone, True)


def fetch(backbone: str) -> str:
    """Let torchvision download the weights; an empty string, or why that was not possible.

    Both steps run in processes of their own, which are ended when their time is up: a look-up or a
    connection that hangs cannot hold up the build.
    """
    say(f"  windows: fetching the pre-trained weights of {backbone}")
    failed = _run(_PROBE, HOST + FILES[backbone], PROBE_SECONDS, "the server could not be reached")
    failed = failed or _run(_FETCH, backbone, DOWNLOAD_SECONDS, "the download failed")
    if not failed and not (cache_folder() / FILES[backbone]).is_file():
        failed = "the download left no file in torchvision's cache"
    if failed:
        say(
            f"  windows: no pre-trained weights ({failed}); the best network from scratch will be "
            "the answer. Once online, `python -m hw4.windows.weights` tries again."
        )
    return failed


def _run(program: str, argument: str, seconds: float, failure: str) -> str:
    try:
        subprocess.run(
            [sys.executable, "-c", program, argument],
            timeout=seconds,
            check=True,
            capture_output=True,
        )
    except subprocess.TimeoutExpired:
        return f"{failure} within {seconds:g} seconds"
    except (subprocess.CalledProcessError, OSError):
        return failure
    return ""


@lru_cache(maxsize=8)
def _whole(file: Path, size: int, changed: int) -> bool:
    """Whether the file is not cut short.

    Its hash begins as its name says, as torchvision checks a download; or it is at least a whole
    zip, which is what torch writes (weights that were saved again have another hash).
    """
    if zipfile.is_zipfile(file):
        return True
    wanted = file.stem.rpartition("-")[2]
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest().startswith(wanted)
    except OSError:
        return False


def _memory() -> Path:
    return store_folder() / "windows" / "weights.json"


def _remembered(file: Path) -> str:
    try:
        return str(json.loads(_memory().read_text(encoding="utf-8"))[str(file)])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _remember(file: Path, failed: str) -> None:
    if _remembered(file) != failed:
        write_text(_memory(), json.dumps({str(file): failed}))


def main() -> None:
    """Forget an earlier failure and try to fetch the weights of the current settings."""
    from hw4.windows.settings import Settings

    _memory().unlink(missing_ok=True)
    found = weights(Settings().backbone)
    if found.at_hand:
        print(f"The weights of {found.backbone} are in {cache_folder()}; now run `make report`.")


if __name__ == "__main__":
    main()
