"""Where the numbers come from: names for prose, the marks of stand-ins, the closing page."""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from IPython.display import Markdown

from hw4.foundation.names import named
from hw4.foundation.places import ROOT, quick
from hw4.foundation.tables import table
from hw4.foundation.words import duration, listing, moment
from hw4.submission.documents import Cell, read_document
from hw4.submission.results import read_results

if TYPE_CHECKING:  # a part's first cell shall not wait for what computes
    from hw4.foundation.experiment import Experiment

FINGERPRINT_LENGTH = 12
DEVICES = {"cpu": "the CPU", "cuda": "a GPU", "mps": "an Apple GPU"}
STAND_IN_ON = "```{=typst}\n#stand-in-on()\n```\n"
QUICK_ON = "```{=typst}\n#quick-on()\n```\n"
_OPENS = re.compile(r"^:{3,} *\{#((?:fig|tbl)-[\w-]+)")


@dataclass(frozen=True)
class Here:
    """Where the numbers of a problem come from, for the prose of `report/_provenance.qmd`."""

    is_stand_in: bool
    is_course: bool
    is_without_data: bool
    files: Markdown
    fingerprint: Markdown
    time: str
    device: str


@dataclass(frozen=True)
class Build:
    """What the front page says of the whole document.

    Attributes:
        on_stand_ins, on_course: the problems, for humans; `none` if there are none.
    """

    is_quick: bool
    on_stand_ins: str
    on_course: str

    @property
    def has_stand_in(self) -> bool:
        return self.on_stand_ins != "none"

    @property
    def has_course(self) -> bool:
        return self.on_course != "none"


def provenance(experiment: "Experiment") -> Here:
    """Where a problem's numbers come from; in a cell with `output: asis`.

    On a stand-in it prints the mark that puts a note on the problem's pages and a tag on its
    figures and tables.
    """
    source, made = experiment.state().source, experiment.made()
    if source.kind == "stand-in":
        print(STAND_IN_ON)
    return Here(
        is_stand_in=source.kind == "stand-in",
        is_course=source.kind == "course",
        is_without_data=source.kind == "none",
        files=Markdown(listing([*map(named, source.files)]) or "its files"),
        fingerprint=Markdown(f"`{source.fingerprint[:FINGERPRINT_LENGTH]}`"),
        time=duration(made.seconds),
        device=DEVICES.get(made.device.kind, made.device.kind),
    )


def front_page(experiments: "Sequence[Experiment]") -> Build:
    """Which problems have which data; prints the mark of a quick build as `provenance` does."""
    if quick():
        print(QUICK_ON)
    names: dict[str, list[str]] = {"stand-in": [], "course": [], "none": []}
    for it in experiments:
        problem = it.title.split(":")[0].replace("Problem", "problem")
        names[it.state().source.kind].append(problem)
    return Build(quick(), listing(names["stand-in"]) or "none", listing(names["course"]) or "none")


@dataclass(frozen=True)
class Appendix:
    """`results.json`, in the words that the closing page quotes."""

    results: dict[str, Any]

    @property
    def parts(self) -> dict[str, dict[str, Any]]:
        return {name: part for name, part in self.results.items() if name != "build"}

    @property
    def commit(self) -> str:
        return self.results["build"]["commit"] or "none"

    @property
    def is_versioned(self) -> bool:
        return self.commit != "none"

    @property
    def is_changed(self) -> bool:
        """Whether the sources differ from the commit."""
        return self.commit.endswith("+")

    @property
    def devices(self) -> str:
        return listing([*dict.fromkeys(it["device"]["name"] for it in self.parts.values())])

    @property
    def time(self) -> str:
        return duration(sum(part["seconds"] for part in self.parts.values()))

    @property
    def versions(self) -> str:
        """Of Python, then of every library that computed a number."""
        found = {name: it for part in self.parts.values() for name, it in part["versions"].items()}
        names = sorted(found, key=lambda name: (name != "python", name))
        return listing([f"{name} {found[name]}" for name in names])

    def experiments(self) -> Markdown:
        """Each problem's data, seed, computing time, selection and key."""
        rows = []
        for name, part in self.parts.items():
            written = part.get("selection", {}).get("written")
            selected = moment(written) if written else "–"
            time, key = duration(part["seconds"]), f"`{part['key']}`"
            rows.append([name, _data(part), part["seed"], time, selected, key])
        headers = ["Problem", "Data", "Seed", "Time", "Selection written", "Key of the result"]
        return table(headers, rows, "llrrll")

    def functions(self) -> Markdown:
        """For each problem the functions that made its figures and tables."""
        rows = []
        for problem in self.parts:
            part = next((ROOT / "report").glob(f"_*-{problem}.qmd"), None)
            made = [(label, *name.rsplit(".", 1)) for label, name in _made(part)] if part else []
            modules = dict.fromkeys(f"`{module}`" for _, module, _ in made)
            shown = [f"[@{label} `{function}`]{{.if-there}}" for label, _, function in made]
            rows.append([problem, ", ".join(modules), ", ".join(shown)])
        return table(["Problem", "Module", "Figure or table, and its function"], rows, "lll")


def appendix() -> Appendix:
    """What the last training wrote."""
    return Appendix(read_results())


def _data(part: dict[str, Any]) -> str:
    if part["source"] != "course":
        return {"stand-in": "stand-in, made by code", "none": "none needed"}[part["source"]]
    files = ", ".join(map(named, part["files"]))
    return f"{files} (sha256 `{part['fingerprint'][:FINGERPRINT_LENGTH]}`)"


def _made(part: Path) -> Iterator[tuple[str, str]]:
    """Each figure and table that a function of the project makes, with its dotted name."""
    modules: dict[str, str] = {}
    label = None
    for piece in read_document(part, ROOT)[1]:
        if not isinstance(piece, Cell):
            opened = [found[1] for line in piece.lines if (found := _OPENS.match(line.text))]
            label = opened[-1] if opened else None
            continue
        tree = ast.parse(piece.source)
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
