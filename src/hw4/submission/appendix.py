"""The closing page: what somebody needs to make the same submission again."""

from typing import Any

from hw4.foundation import words
from hw4.foundation.tables import Table

_SOURCES = {
    "course": "the course's files",
    "stand-in": "embedded stand-in, made by code",
    "none": "no data",
}
FINGERPRINT_LENGTH = 16


def _parts(results: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {name: part for name, part in results.items() if name != "build"}


def data_table(results: dict[str, Any]) -> Table:
    """Each problem's data: where from, which files, the start of their sha256."""
    rows = []
    for name, part in _parts(results).items():
        files = mark = "–"  # a stand-in has no files: it is made by code, which the key stands for
        if part["source"] == "course":
            files = ", ".join(f"`{file}`" for file in part["files"])
            mark = f"`{part['fingerprint'][:FINGERPRINT_LENGTH]}`"
        rows.append([name, _SOURCES[part["source"]], files, mark])
    return Table(["Problem", "Source", "Files", "Fingerprint"], rows, "llll")


def experiment_table(results: dict[str, Any]) -> Table:
    """Each experiment's seed, time, device and the key under which its result is stored."""
    rows = [
        [
            name,
            part["seed"],
            words.duration(part["seconds"]),
            part["device"]["kind"].upper(),
            f"`{part['key']}`",
        ]
        for name, part in _parts(results).items()
    ]
    return Table(["Problem", "Seed", "Time", "Device", "Key of the stored result"], rows, "lrrll")


def version_table(results: dict[str, Any]) -> Table:
    """The versions of Python and of every library that computed a number."""
    versions: dict[str, str] = {}
    for part in _parts(results).values():
        versions |= part["versions"]
    names = sorted(versions, key=lambda name: (name != "python", name))
    return Table(["Library", "Version"], [[name, versions[name]] for name in names], "ll")


def device_names(results: dict[str, Any]) -> str:
    """The devices that computed, each once, for humans."""
    return words.listing(
        list(dict.fromkeys(part["device"]["name"] for part in _parts(results).values()))
    )


def total_time(results: dict[str, Any]) -> str:
    """The time that all experiments take together."""
    return words.duration(sum(part["seconds"] for part in _parts(results).values()))


def commit_words(results: dict[str, Any]) -> str:
    """The commit of the sources, or that there is none to name."""
    commit = results["build"]["commit"]
    if commit is None:
        return "a copy of the sources outside of version control"
    changed = " with changes that are not committed" if commit.endswith("+") else ""
    return f"commit {commit.rstrip('+')}{changed}"
