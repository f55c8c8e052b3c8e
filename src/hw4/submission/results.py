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
        provenance = experiment.provenance()
        content[experiment.name] = {
            "source": provenance.source.kind,
            "fingerprint": provenance.source.fingerprint,
            "files": provenance.source.files,
            "seed": provenance.seed,
            "seconds": round(provenance.seconds, 1),
            "device": provenance.device,
            "versions": provenance.versions,
            "key": provenance.key,
            "finished": provenance.finished,
            "settings": provenance.settings,
            **experiment.stored().report(),
        }
    text = json.dumps(without_nan(to_plain(content)), indent=2, ensure_ascii=False)
    # A name that is no Unicode is still JSON then: its odd bytes stand as escapes.
    write_bytes(results_file(), f"{text}\n".encode("utf-8", "backslashreplace"))


def read_results() -> dict[str, Any]:
    """The content of `results.json`.

    Raises:
        UserError: there is none yet, or it is not what a training writes.
    """
    try:
        content = json.loads(results_file().read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(
            f"{results_file()} cannot be read ({error}): run `python -m hw4 train` to write it."
        ) from error
    if lacking := _lacking(content):
        raise UserError(
            f"{results_file()} {lacking}, but the results of all problems were expected: "
            "run `python -m hw4 train` to write it."
        )
    return content


def _lacking(content: object) -> str:
    """What is wrong with the content of the file; empty if nothing is."""
    if not isinstance(content, dict):
        return f"holds a {type(content).__name__}"
    for name, part in {"build": None, **content}.items():
        needed = "profile" if name == "build" else "source"
        if not isinstance(part, dict) or needed not in part:
            return f"has no {needed} in its part {name}"
    return ""


def commit() -> str | None:
    """The short hash of the checked-out commit, with `+` if the sources differ from it."""
    try:
        found = subprocess.run(
            ["git", "describe", "--always", "--dirty=+", "--abbrev=10", "--exclude=*"],
            cwd=ROOT,
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"},
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return found.stdout.strip() or None
