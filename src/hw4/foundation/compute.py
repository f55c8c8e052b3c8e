"""What computes: the device, how many threads, and one seed for everything random."""

import os
import platform
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hw4.foundation.errors import UserError

KINDS = ("cuda", "mps", "cpu")
THREADS = 2
"""Sums are split over threads, so their number changes the last digits, and in the end a score."""


@dataclass(frozen=True)
class Device:
    """What computes: its kind as torch names it, and a name for humans."""

    kind: str
    name: str


def device() -> Device:
    """The best device here (CUDA, then MPS, then CPU), or the kind that `HW4_DEVICE` asks for."""
    import torch

    found = {}
    if torch.cuda.is_available():
        found["cuda"] = torch.cuda.get_device_name()
    if torch.backends.mps.is_available():
        found["mps"] = "Apple GPU"
    found["cpu"] = f"{_processor()}, {os.cpu_count()} cores"
    best = next(iter(found))
    kind = wished_device() or best
    if kind not in found:
        raise UserError(
            f"HW4_DEVICE asks for {kind}, but torch finds only {best} here: "
            "unset it, or install the driver and a torch build that fits."
        )
    return Device(kind, found[kind])


def wished_device() -> str:
    """The kind of device that `HW4_DEVICE` asks for, or nothing; known without torch."""
    wish = os.environ.get("HW4_DEVICE", "")
    if wish and wish not in KINDS:
        raise UserError(
            f"HW4_DEVICE is {wish!r}, but only {', '.join(KINDS)} are known: "
            "unset it to let the build choose."
        )
    return wish


@contextmanager
def threads(count: int = THREADS) -> Iterator[None]:
    """Torch and NumPy on `count` threads, whatever OMP_NUM_THREADS says; then as before.

    One is enough for networks so small that several threads would only wait for each other.
    """
    import torch
    from threadpoolctl import threadpool_limits

    before = torch.get_num_threads()
    with threadpool_limits(count):
        torch.set_num_threads(count)
        try:
            yield
        finally:
            torch.set_num_threads(before)


def seed_everything(seed: int) -> None:
    """Seed Python, NumPy and torch (all devices) with `seed`."""
    import torch

    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.manual_seed(seed)


def generator(seed: int):
    """A `torch.Generator` on the CPU with `seed`, which nobody else moves."""
    import torch

    return torch.Generator().manual_seed(seed)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:  # no Linux
        lines = []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return next(iter(models), "") or platform.processor() or platform.machine()
