"""`make bench`: run the benchmarks, print one table of ratios, write `_output/benchmarks.json`.

Each benchmark runs in a process of its own, so that none is slowed by what another has loaded or
set, and none takes the others' rows with it when it fails. Ctrl-C keeps the rows so far.
"""

import argparse
import json
import os
import pkgutil
import platform
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import benchmarks
from benchmarks.harness import CannotRun, Row, not_run
from benchmarks.table import line, table
from hw4.foundation.compute import device
from hw4.foundation.places import ROOT, output_folder
from hw4.foundation.progress import say
from hw4.foundation.store import write_text

NOT_BENCHMARKS = ("__main__", "harness", "table")
MARK = "row: "
"""Begins the lines in which a benchmark's process reports its rows."""
PATIENCE = 10.0
"""Seconds that a stopped benchmark may take to put its things away."""


def main() -> int:
    """Run all benchmarks, or those that are named; 0 unless it was stopped."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(known()))
    parser.add_argument("--report", metavar="name", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if unknown := [name for name in options.names if name not in known()]:
        parser.error(f"there is no benchmark {unknown[0]!r}: choose from {', '.join(known())}")
    if options.report:
        report(options.report)
        return 0
    rows: list[Row] = []
    stopped = False
    try:
        for name in options.names or known():
            for row in run(name):
                say(f"  {line(row)}")
                rows.append(row)
    except KeyboardInterrupt:
        stopped = True
    # A run of some benchmarks leaves the file of the last whole run as it is.
    file = output_folder() / f"benchmarks{'-some' if options.names or stopped else ''}.json"
    machine = this_machine()
    content = {"machine": machine, "rows": [asdict(row) for row in rows]}
    write_text(file, json.dumps(content, indent=2, ensure_ascii=False) + "\n")
    say(f"\n{table(rows, machine)}")
    say(f"\n{'Stopped; what was measured' if stopped else 'This'} is also in {_shown(file)}.")
    return 130 if stopped else 0


def known() -> list[str]:
    """The names of all benchmarks."""
    modules = pkgutil.iter_modules(benchmarks.__path__)
    return [it.name for it in modules if not it.ispkg and it.name not in NOT_BENCHMARKS]


def run(name: str) -> Iterator[Row]:
    """The rows of one benchmark as they come, from a process of its own."""
    say(f"{name}: {_first_line(name)}")
    command = [sys.executable, "-m", "benchmarks", "--report", name]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        for text in process.stdout:
            if text.startswith(MARK):
                yield Row(**json.loads(text.removeprefix(MARK)))
            else:
                say(f"  {text.rstrip()}")
        if status := process.wait():
            yield not_run(name, f"its process ended with status {status}")
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()


def report(name: str) -> None:
    """Run one benchmark in this process and print its rows for the process that started it."""
    try:
        for row in import_module(f"benchmarks.{name}").rows():
            print(f"{MARK}{json.dumps(asdict(row))}", flush=True)
    except KeyboardInterrupt:
        sys.exit(130)
    except CannotRun as reason:
        print(f"{MARK}{json.dumps(asdict(not_run(name, str(reason))))}", flush=True)
    except (Exception, SystemExit) as error:
        why = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        print(f"{MARK}{json.dumps(asdict(not_run(name, why)))}", flush=True)


def this_machine() -> dict[str, str]:
    """What the rows were measured on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "": device().name,
        "memory": f"{memory:.0f} GiB",
        "system": platform.platform(),
        "Python": platform.python_version(),
        "PyTorch": version("torch"),
    }


def _first_line(name: str) -> str:
    """The first line of a benchmark's docstring, read without importing what it measures."""
    text = Path(__file__).with_name(f"{name}.py").read_text(encoding="utf-8")
    return text.split('"""')[1].splitlines()[0]


def _shown(file: Path) -> Path:
    return file.relative_to(ROOT) if file.is_relative_to(ROOT) else file


if __name__ == "__main__":
    sys.exit(main())
