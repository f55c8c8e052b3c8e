"""What is stored, what would be computed, and why: by name, and without computing anything."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from hw4.foundation.names import plain
from hw4.foundation.places import ROOT
from hw4.foundation.store import to_plain
from hw4.foundation.words import duration

if TYPE_CHECKING:  # what computes takes long to import
    from hw4.foundation.experiment import Experiment

SHOWN = 60
"""Characters of a value that is shown."""
MOST = 8
"""Files of code, and settings, that are named."""


def status(experiment: "Experiment") -> Iterator[str]:
    """A line on one experiment, and one for each thing that changed since its stored result."""
    latest = experiment.latest()
    took = ""
    if latest:
        made = latest["made"]
        finished = datetime.fromisoformat(made["finished"])
        took = f"{duration(made['seconds'])} on {finished:%Y-%m-%d at %H:%M} UTC"
    if experiment.is_stored():
        yield f"{experiment.title}: stored{took and f' ({took})'}"
    elif latest is None:
        yield f"{experiment.title}: to be computed, nothing is stored yet"
    else:
        yield f"{experiment.title}: to be computed again; the last time: {took}"
        changes = list(differences(latest["state"], to_plain(experiment.state())))
        for change in changes or ["nothing: the stored result is damaged, or was taken away"]:
            yield f"  changed: {change}"


def differences(before: dict[str, Any], now: dict[str, Any]) -> Iterator[str]:
    """What of all that a key is made of differs, each by its name."""
    changed = {part: list(_changed(before[part], now[part])) for part in before}
    code = [name for name, *_ in changed["code"]]
    code.sort(key=lambda name: (name.startswith("hw4.foundation"), name))  # its own files first
    settings = [f"the setting {name}: {was} is now {it}" for name, was, it in changed["settings"]]
    for what, lines in (("files of code", [*map(_file, code)]), ("settings", settings)):
        yield from lines[:MOST]
        if len(lines) > MOST:
            yield f"{len(lines) - MOST} more {what}"
    for name, was, it in changed["versions"]:
        yield f"the version of {name}: {was} is now {it}"
    old, new = before["source"], now["source"]
    if (old["kind"], old["fingerprint"]) != (new["kind"], new["fingerprint"]):
        kinds = "" if old["kind"] == new["kind"] else f": {old['kind']} is now {new['kind']}"
        files = ", ".join(map(plain, new["files"] or old["files"]))
        yield f"the data{kinds}{f' ({files})' if files else ''}"
    for name, was, it in changed["circumstances"]:
        yield f"what it finds here{f' ({name})' if name else ''}: {was} is now {it}"


def _file(module: str) -> str:
    folder = f"src/{module.replace('.', '/')}"
    return f"{folder}/__init__.py" if (ROOT / folder).is_dir() else f"{folder}.py"


def _changed(before: Any, now: Any, name: str = "") -> Iterator[tuple[str, str, str]]:
    """Each value that differs, with its dotted name."""
    if isinstance(before, dict) and isinstance(now, dict):
        for key in sorted(before.keys() | now.keys()):
            yield from _changed(before.get(key), now.get(key), f"{name}.{key}".lstrip("."))
    elif before != now:
        yield name, _short(before), _short(now)


def _short(value: Any) -> str:
    text = "none" if value is None else plain(str(value))
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
