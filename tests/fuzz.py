"""`python -m tests.fuzz --minutes 3`: spoilt files, as many as the time allows, for every reader.

Prints how many were read, refused, and failed; inputs that failed are kept in `_output/fuzz/` with
what went wrong.
"""

import argparse
import contextlib
import random
import resource
import time
import traceback
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.any_bytes import KINDS, READERS, Edit, attempt, folders, spoil
from tests.project import ROOT

MEMORY = 6 * 2**30
"""Bytes of address space; an input that needs more has failed."""
SLOWEST = 10.0
"""Seconds that a reader may take."""
KEPT = 5
"""Failing inputs that are kept of each kind of failure."""


def spoilt(bases: tuple[bytes, ...], chance: random.Random) -> bytes:
    """A good file with one to eight edits, or, now and then, nothing but noise."""
    if chance.random() < 0.03:
        return chance.randbytes(chance.randrange(2000))
    edits = [
        Edit(chance.choice(KINDS), chance.randrange(2**30), chance.randbytes(chance.randint(1, 16)))
        for _ in range(chance.choice((1, 1, 1, 2, 2, 3, 5, 8)))
    ]
    return spoil(chance.choice(bases), edits, chance.choice(bases))


def main() -> int:
    """Fuzz the readers in turn; 1 if anything failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=3.0)
    parser.add_argument("--seed", type=int, default=541)
    parser.add_argument("readers", nargs="*", default=list(READERS), help=", ".join(READERS))
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    failures = 0
    for name in options.readers:
        counts, slowest = fuzz(name, options.minutes * 60 / len(options.readers), options.seed)
        failures += sum(n for outcome, n in counts.items() if outcome not in ("read", "refused"))
        shown = ", ".join(f"{number:,} {outcome}" for outcome, number in counts.most_common())
        print(f"{name}: {sum(counts.values()):,} inputs, {shown}; slowest {slowest:.2f} s")
    return int(failures > 0)


def fuzz(name: str, seconds: float, seed: int) -> tuple[Counter[str], float]:
    """Spoilt files for one reader, for so many seconds: how they ended, and the longest time."""
    chance = random.Random(f"{seed} {name}")
    counts: Counter[str] = Counter()
    slowest, end = 0.0, time.monotonic() + seconds
    with TemporaryDirectory(prefix="hw4-fuzz-") as folder, folders(Path(folder)) as place:
        while time.monotonic() < end:
            content = spoilt(READERS[name].bases, chance)
            began = time.monotonic()
            try:
                with contextlib.redirect_stderr(None):
                    outcome = attempt(READERS[name], content, place)
                took = time.monotonic() - began
                assert took < SLOWEST, f"{took:.1f} seconds"
                slowest = max(slowest, took)
            except Exception as error:  # this is what is looked for
                outcome = f"FAILED with {type(error).__name__}"
                if counts[outcome] < KEPT:
                    _keep(name, counts.total(), content)
            counts[outcome] += 1
    return counts, slowest


def _keep(name: str, number: int, content: bytes) -> None:
    folder = ROOT / "_output" / "fuzz"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name.replace(' ', '-')}-{number}"
    file.with_suffix(".bin").write_bytes(content)
    file.with_suffix(".txt").write_text(traceback.format_exc(), encoding="utf-8")
    print(f"  {file}.bin: {traceback.format_exc(limit=-1).splitlines()[-1][:160]}")


if __name__ == "__main__":
    raise SystemExit(main())
