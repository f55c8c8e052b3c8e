"""Run one workload in this process, and print how long it took and what memory it needed."""

import json
import os
import resource
import sys
import time
from importlib import import_module
from pathlib import Path


def main(module: str, step: str, count: str, folder: str) -> None:
    """Make the data for `count` items in `folder`, or work through them."""
    os.environ["HW4_DATA"] = folder
    os.environ["HW4_STORE"] = str(Path(folder) / "store")
    workload = import_module(f"benchmarks.workloads.{module}")
    before, own_before = _status("VmHWM"), _status("RssAnon")
    began = time.perf_counter()
    getattr(workload, step)(int(count), Path(folder))
    seconds = time.perf_counter() - began
    peak = _status("VmHWM")
    measured = {"seconds": seconds, "before": before, "own_before": own_before, "peak": peak}
    print(json.dumps(measured))


def _status(what: str) -> float:
    """A figure of this process's memory by the system's name for it, MiB."""
    try:
        # `ru_maxrss` would begin with the memory of the process that started this one.
        status = Path("/proc/self/status").read_text(encoding="utf-8")
        return next(int(it.split()[1]) for it in status.splitlines() if what in it) / 2**10
    except (OSError, StopIteration):
        unit = 2**20 if sys.platform == "darwin" else 2**10
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


if __name__ == "__main__":
    main(*sys.argv[1:])
