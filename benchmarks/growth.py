"""Memory and time as the work grows tenfold, and tenfold again."""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.harness import Row, at_most, not_run
from hw4.foundation.places import ROOT

SIZES = (1_000, 10_000, 100_000)
REPEATS = (5, 3, 1)
"""Small work is over in an instant, so its median is taken over more runs."""
LOOK_EVERY = 0.01
NEARLY_FLAT = 10.0
"""Times as much memory as a hundredfold of streamed data may need."""
LINEAR = 1.3
"""Times as long an item may take where there are a hundred times as many."""


@dataclass(frozen=True)
class Cost:
    """What some work took.

    Attributes:
        seconds: without imports.
        memory: MiB that the process held at most beyond its imports, without pages of mapped
            files, which the system takes back whenever it needs them.
        with_files: the same, with these pages.
    """

    seconds: float
    memory: float
    with_files: float


def rows() -> Iterator[Row]:
    """For each kind of data the largest size against the smaller ones."""
    yield from _grown(
        "images",
        NEARLY_FLAT,
        "pixels are streamed; what grows is the list of files, with a name, a place in the zip "
        "and a checksum for each",
    )
    linear = SIZES[-1] / SIZES[0]
    yield from _grown("tweets", linear, "a random encoder of 4 layers, 32 wide")
    yield from _grown("sequences", linear, "")


def _grown(kind: str, memory_bound: float, what: str) -> Iterator[Row]:
    name = f"{SIZES[-1]:,} {kind} against {SIZES[0]:,}"
    costs = []
    for count, repeats in zip(SIZES, REPEATS, strict=True):
        with tempfile.TemporaryDirectory(prefix="hw4-growth-") as folder:
            try:
                costs.append(_cost(kind, count, Path(folder), repeats))
            except subprocess.CalledProcessError as error:
                last = error.stderr.strip().splitlines()[-1:] or [f"status {error.returncode}"]
                yield not_run(name, f"with {count:,}: {last[0]}")
                return
    small, large = costs[0], costs[-1]
    shown = ", ".join(f"{cost.memory:,.0f}" for cost in costs)
    told = f"{shown} MiB beyond the imports for {', '.join(f'{size:,}' for size in SIZES)}"
    mapped = large.with_files - large.memory
    told += f", and {mapped:,.0f} of mapped files at last" if mapped > large.memory else ""
    yield at_most(
        memory_bound,
        f"{name}: memory",
        large.memory,
        small.memory,
        "; ".join(filter(None, (told, what))),
        unit="MiB",
    )
    each = [1e6 * cost.seconds / count for cost, count in zip(costs, SIZES, strict=True)]
    shown = ", ".join(f"{cost.seconds:,.3g}" for cost in costs)
    # Fixed costs weigh on few items, so the cheapest of the smaller sizes is the one to match.
    yield at_most(
        LINEAR, f"{name}: time an item", each[-1], min(each[:-1]), f"{shown} s in all", unit="µs"
    )


def _cost(kind: str, count: int, folder: Path, repeats: int) -> Cost:
    """The run of the median time, each run in a process and with a store of its own."""
    _run(kind, "make", count, folder)
    runs = []
    for _ in range(repeats):
        runs.append(_run(kind, "work", count, folder))
        shutil.rmtree(folder / "store", ignore_errors=True)
    return sorted(runs, key=lambda cost: cost.seconds)[repeats // 2]


def _run(kind: str, step: str, count: int, folder: Path) -> Cost:
    command = [sys.executable, "-m", "benchmarks.workloads", kind, step, str(count), str(folder)]
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=errors, text=True
        )
        own = 0.0
        try:
            while process.poll() is None:
                own = max(own, _own_memory(process.pid))
                time.sleep(LOOK_EVERY)
        finally:
            if process.poll() is None:
                process.kill()
        output = process.communicate()[0]
        if process.returncode:
            errors.seek(0)
            said = errors.read()
            raise subprocess.CalledProcessError(process.returncode, command, output, said)
    measured = json.loads(output.splitlines()[-1])
    with_files = measured["peak"] - measured["before"]
    return Cost(
        measured["seconds"], own - measured["own_before"] if own else with_files, with_files
    )


def _own_memory(process: int) -> float:
    """MiB that a process holds of its own; 0 where the system does not tell."""
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    except OSError:
        return 0.0
    return next((int(it.split()[1]) for it in status.splitlines() if "RssAnon" in it), 0) / 2**10
