"""The closing page: what somebody needs to make the same submission again."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from IPython.display import Markdown

from hw4.foundation import words
from hw4.foundation.names import named
from hw4.foundation.places import ROOT
from hw4.foundation.tables import table
from hw4.submission.documents import Cell, read_lines, split_cells
from hw4.submission.provenance import FINGERPRINT_LENGTH
from hw4.submission.results import read_results

_OPENS = re.compile(r"^:{3,} *\{#((?:fig|tbl)-[\w-]+)")


@dataclass(frozen=True)
class Appendix:
    """`results.json`, in the words that the closing page quotes."""

    results: dict[str, Any]

    @property
    def parts(self) -> dict[str, dict[str, Any]]:
        return {name: part for name, part in self.results.items() if name != "build"}

    @property
    def is_versioned(self) -> bool:
        return self.results["build"]["commit"] is not None

    @property
    def is_changed(self) -> bool:
        """Whether the sources differ from the commit."""
        return self.commit.endswith("+")

    @property
    def commit(self) -> str:
        return self.results["build"]["commit"] or "none"

    @property
    def devices(self) -> str:
        return words.listing(
            list(dict.fromkeys(it["device"]["name"] for it in self.parts.values()))
        )

    @property
    def time(self) -> str:
        return words.duration(sum(part["seconds"] for part in self.parts.values()))

    @property
    def versions(self) -> str:
        """Of Python, then of every library that computed a number."""
        found: dict[str, str] = {}
        for part in self.parts.values():
            found |= part["versions"]
        names = sorted(found, key=lambda name: (name != "python", name))
        return words.listing([f"{name} {found[name]}" for name in names])

    def experiments(self) -> Markdown:
        """Each problem's data, seed, computing time, selection and key."""
        rows = [
            [
                name,
                _data(part),
                part["seed"],
                words.duration(part["seconds"]),
                _moment(part["selection"]["written"]) if "selection" in part else "–",
                f"`{part['key']}`",
            ]
            for name, part in self.parts.items()
        ]
        headers = ["Problem", "Data", "Seed", "Time", "Selection written", "Key of the result"]
        return table(headers, rows, "llrrll")

    def functions(self) -> Markdown:
        """For each problem the functions that made its figures and tables."""
        rows = []
        for problem in self.parts:
            part = next((ROOT / "report").glob(f"_*-{problem}.qmd"), None)
            made = list(_made(part)) if part else []
            modules = dict.fromkeys(function.rpartition(".")[0] for _, function in made)
            shown = [f"@{label} `{function.rpartition('.')[2]}`" for label, function in made]
            rows.append([problem, ", ".join(f"`{it}`" for it in modules), ", ".join(shown)])
        return table(["Problem", "Module", "Figure or table, and its function"], rows, "lll")


def appendix() -> Appendix:
    """What the last training wrote.

    Raises:
        UserError: there is no `results.json`.
    """
    return Appendix(read_results())


def _data(part: dict[str, Any]) -> str:
    if part["source"] != "course":
        return {"stand-in": "stand-in, made by code", "none": "none needed"}[part["source"]]
    files = ", ".join(map(named, part["files"]))
    return f"{files} (sha256 `{part['fingerprint'][:FINGERPRINT_LENGTH]}`)"


def _moment(written: str) -> str:
    return f"{datetime.fromisoformat(written):%Y-%m-%d %H:%M} UTC"


def _made(part: Path) -> Iterator[tuple[str, str]]:
    """Each figure and table that a function of the project makes, with its dotted name."""
    modules: dict[str, str] = {}
    label = None
    for piece in split_cells(read_lines(part, ROOT)):
        if not isinstance(piece, Cell):
            opened = [found[1] for line in piece.lines if (found := _OPENS.match(line.text))]
            label = opened[-1] if opened else None
            continue
        tree = ast.parse("\n".join(line.text for line in piece.code))
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                modules |= {it.asname or it.name: f"{node.module}.{it.name}" for it in node.names}
        own = str(piece.options.get("label", ""))
        label = own if own.startswith(("fig-", "tbl-")) else label
        call = tree.body[-1].value if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        if label and isinstance(call, ast.Call):
            first, _, rest = ast.unparse(call.func).partition(".")
            if modules.get(first, "").startswith("hw4."):  # not one that the cell makes by itself
                yield label, f"{modules[first]}.{rest}".rstrip(".")
        label = None
