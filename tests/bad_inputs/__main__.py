"""Print every bad input with the sentence it ends in."""

import sys
import traceback
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bad_inputs.runner import run
from tests.bad_inputs.table import TABLE


def main() -> None:
    """Run the cases of the kinds that are named, or all."""
    for kind in sys.argv[1:] or TABLE:
        print(f"\n## {kind} ({len(TABLE[kind])})\n")
        for case in TABLE[kind]:
            with TemporaryDirectory(prefix="hw4-bad-") as folder:
                try:
                    ending = run(case, Path(folder))
                    said = f"{ending.status}: {ending.said.strip()}"
                except BaseException:
                    said = f"RAISED {traceback.format_exc(limit=-2)}"
                print(f"- {case.name}: {said.replace(folder, '…')}", flush=True)


if __name__ == "__main__":
    main()
