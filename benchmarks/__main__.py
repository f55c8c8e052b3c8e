"""`make bench`: run the benchmarks, print one table of ratios, write `_output/benchmarks.json`."""

import argparse
import json
import pkgutil
import platform
from dataclasses import asdict
from importlib import import_module

import benchmarks
from benchmarks.harness import Row
from hw4.foundation.atomic import write_text
from hw4.foundation.device import device
from hw4.foundation.places import output_folder
from hw4.foundation.progress import say

NOT_BENCHMARKS = ("__main__", "harness")


def main() -> None:
    """Run all benchmarks, or those that are named."""
    names = [module.name for module in pkgutil.iter_modules(benchmarks.__path__)]
    names = [name for name in names if name not in NOT_BENCHMARKS]
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*names, []], metavar="name", help=str(names))
    chosen = parser.parse_args().names or names
    rows: list[Row] = []
    for name in chosen:
        say(f"{name}: {import_module(f'benchmarks.{name}').__doc__.splitlines()[0]}")
        for row in import_module(f"benchmarks.{name}").rows():
            say(f"  {_line(row)}")
            rows.append(row)
    machine = {
        "device": asdict(device()),
        "system": platform.platform(),
        "python": platform.python_version(),
    }
    content = {"machine": machine, "rows": [asdict(row) for row in rows]}
    file = output_folder() / "benchmarks.json"
    write_text(file, json.dumps(content, indent=2, ensure_ascii=False) + "\n")
    say("\n" + _table(rows))
    say(f"\n{machine['device']['name']}; also in {file.name}")


def _line(row: Row) -> str:
    met = "met" if row.met else "MISSED"
    return f"{row.name}: {row.ratio:.2f} ({row.target}, {met}) {row.note}"


def _table(rows: list[Row]) -> str:
    lines = ["| What | Ours | Instead | Ratio | Target |", "|:---|---:|---:|---:|:---|"]
    for row in rows:
        target = row.target if row.met else f"{row.target} (missed: {row.note})"
        lines.append(
            f"| {row.name} | {row.ours:.3g} s | {row.other:.3g} s | {row.ratio:.2f} | {target} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
