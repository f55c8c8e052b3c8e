"""Which kind of device computes, known without importing torch."""

import hashlib
import json
import os
import platform
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from hw4.foundation.atomic import write_text
from hw4.foundation.errors import UserError
from hw4.foundation.places import store_folder
from hw4.foundation.versions import version

KINDS = ("cuda", "mps", "cpu")

_PROBE = """
import json, torch
if torch.cuda.is_available():
    found = ("cuda", torch.cuda.get_device_name())
elif torch.backends.mps.is_available():
    found = ("mps", "Apple GPU")
else:
    found = ("cpu", "")
print(json.dumps(found))
"""


@dataclass(frozen=True)
class Device:
    """What computes: its kind as torch names it, and a name for humans."""

    kind: str
    name: str


def device() -> Device:
    """The best device here (CUDA, then MPS, then CPU), or the kind that `HW4_DEVICE` asks for.

    Asking torch costs seconds, so its answer is remembered until torch, the driver or the
    machine changes.

    Raises:
        UserError: `HW4_DEVICE` is no kind of device.
    """
    wish = os.environ.get("HW4_DEVICE")
    if wish and wish not in KINDS:
        raise UserError(
            f"HW4_DEVICE is {wish!r}, but only {', '.join(KINDS)} are known: "
            "unset it to let the build choose."
        )
    if wish == "cpu":
        return Device("cpu", _processor())
    found = _remembered_probe()
    if wish and wish != found.kind:
        raise UserError(
            f"HW4_DEVICE asks for {wish}, but torch finds only {found.kind} here: "
            "unset it, or install the driver and a torch build that fits."
        )
    return found


def _remembered_probe() -> Device:
    circumstances = [
        sys.prefix,
        platform.platform(),
        platform.node(),
        version("torch"),
        os.environ.get("CUDA_VISIBLE_DEVICES"),
        _driver(),
    ]
    key = hashlib.sha256(json.dumps(circumstances).encode()).hexdigest()
    memory = store_folder() / "device.json"
    try:
        known = json.loads(memory.read_text(encoding="utf-8"))
        if known["key"] == key:
            return Device(known["kind"], known["name"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    answer = subprocess.run(
        [sys.executable, "-c", _PROBE], capture_output=True, text=True, check=True
    )
    kind, name = json.loads(answer.stdout.splitlines()[-1])
    found = Device(kind, name or _processor())
    write_text(memory, json.dumps({"key": key, **asdict(found)}))
    return found


def _driver() -> str:
    """The NVIDIA driver's own words, or nothing where there is none."""
    try:
        return Path("/proc/driver/nvidia/version").read_text(encoding="utf-8")
    except OSError:
        return ""


def _processor() -> str:
    """The processor's name and number of cores."""
    name = platform.processor() or platform.machine()
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                name = line.partition(":")[2].strip()
                break
    except OSError:
        pass
    return f"{name}, {os.cpu_count()} cores"
