"""A render after an edit of prose, against building anew and against documents without cells."""

import re
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.harness import Row, at_least, at_most
from tests.project import Project, copy_project

REPEATS = 3
FULL = {"HW4_PROFILE": "full"}
_CELL = re.compile(r"^```\{python\}.*?^```$\n?", re.MULTILINE | re.DOTALL)
_FLOAT = re.compile(r"^::: \{#(?:fig|tbl|lst)-.*?^:::$\n?", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`\{python\}[^`]*`")
_REFERENCE = re.compile(r"-?@(?:fig|tbl|lst)-[\w-]+")


def rows() -> Iterator[Row]:
    """For each renderer that is here: against a build without stored results, and without cells."""
    with tempfile.TemporaryDirectory() as temporary:
        project = copy_project(Path(temporary) / "homework")
        cold = _seconds(project, "press")
        bare = _without_cells(project, Path(temporary) / "bare")
        for renderer in ("press", "quarto") if shutil.which("quarto") else ("press",):
            warm, empty = [], []
            for turn in range(REPEATS + 1):
                project.edit("report/_2-sequences.qmd", "\n\n", f"\n\nEdited {turn}. ")
                warm.append(_seconds(project, renderer))
                empty.append(_seconds(bare, renderer))
            ours, floor = statistics.median(warm[1:]), statistics.median(empty[1:])
            yield at_least(20, f"warm render ({renderer}) against a first build", ours, cold)
            yield at_most(2.5, f"warm render ({renderer}) against no cells", ours, floor)


def _seconds(project: Project, renderer: str) -> float:
    began = time.perf_counter()
    build = project.run("render", "--with", renderer, **FULL)
    if build.status:
        raise SystemExit(build.output)
    return time.perf_counter() - began


def _without_cells(project: Project, folder: Path) -> Project:
    """A copy of the project whose documents are prose alone, with nothing to run around them."""
    bare = copy_project(folder)
    for part in (bare.folder / "report").glob("*.qmd"):
        text = _FLOAT.sub("", part.read_text(encoding="utf-8"))
        text = _REFERENCE.sub("the figure", _INLINE.sub("value", _CELL.sub("", text)))
        part.write_text(text, encoding="utf-8")
    settings = bare.folder / "_quarto.yml"
    steps = re.compile(r"^  (pre|post)-render:.*\n", re.MULTILINE)
    settings.write_text(steps.sub("", settings.read_text(encoding="utf-8")), encoding="utf-8")
    return bare
