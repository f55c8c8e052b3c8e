"""`_output/results.json`: every reported number, by problem, with where it came from."""

import json
import os
import platform
import subprocess
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from hw4.foundation.errors import UserError
from hw4.foundation.places import ROOT, output_folder, quick
from hw4.foundation.store import write_bytes

if TYPE_CHECKING:  # reading the file needs none of what computes it
    from hw4.foundation.experiment import Experiment


def results_file():
    """Where the results are written."""
    return output_folder() / "results.json"


def write_results(experiments: "Sequence[Experiment]") -> None:
    """Gather the stored results of all experiments into `results.json`."""
    from hw4.foundation.store import to_plain, without_nan

    content: dict[str, Any] = {
        "build": {
            "profile": "quick" if quick() else "full",
            "commit": commit(),
            "python": platform.python_version(),
            "system": platform.platform(),
        }
    }
    for experiment in experiments:
        state, made = experiment.state(), experiment.made()
        content[experiment.name] = {
            "source": state.source.kind,
            "fingerprint": state.source.fingerprint,
            "files": state.source.files,
            "seed": state.settings.seed,
            "seconds": round(made.seconds, 1),
            "device": made.device,
            "versions": state.versions,
            "key": state.key,
            "finished": made.finished,
            "settings": state.settings,
            **experiment.stored().report(),
        }
    text = json.dumps(without_nan(to_plain(content)), indent=2, ensure_ascii=False)
    # A name that is no Unicode is still JSON then: its odd bytes stand as escapes.
    write_bytes(results_file(), f"{text}\n".encode("utf-8", "backslashreplace"))


def read_results() -> dict[str, Any]:
    """The content of `results.json`."""
    again = "run `python -m hw4 train` to write it."
    try:
        content = json.loads(results_file().read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"{results_file()} cannot be read ({error}): {again}") from error
    for name, part in {"build": None, **(content if isinstance(content, dict) else {})}.items():
        needed = "profile" if name == "build" else "source"
        if not isinstance(part, dict) or needed not in part:
            raise UserError(
                f"{results_file()} has no {needed} in its part {name}, but the results of all "
                f"problems were expected: {again}"
            )
    return content


def commit() -> str | None:
    """The short hash of the checked-out commit, with `+` if the sources differ from it."""
    command = ["git", "describe", "--always", "--dirty=+", "--abbrev=10", "--exclude=*"]
    quiet = {**os.environ, "GIT_OPTIONAL_LOCKS": "0"}
    try:
        found = subprocess.run(
            command, cwd=ROOT, env=quiet, capture_output=True, text=True, check=True, timeout=10
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return found.stdout.strip() or None
