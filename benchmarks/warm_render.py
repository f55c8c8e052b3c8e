"""A render after an edit of prose, against building anew and against documents without cells."""

import re
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from pypdf import PdfReader

from benchmarks.harness import CannotRun, Row, at_least, at_most, not_run
from tests.project import Project, copy_project

REPEATS = 5
ENVIRONMENT = {
    "HW4_PROFILE": "full",
    # As for any user: Python keeps what it has compiled.
    "PYTHONDONTWRITEBYTECODE": "",
}
EDITED = "report/_2-sequences.qmd"
FOUND_FAULT = "Proof-reading found"
FLOOR = (
    "against the same project, steps before and after included, with all cells, figures, tables "
    "and inline expressions taken out of its documents"
)
_CELL = re.compile(r"^```\{python\}.*?^```$\n?", re.MULTILINE | re.DOTALL)
_FLOAT = re.compile(r"^::: \{#(?:fig|tbl|lst)-.*?^:::$\n?", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`\{python\}[^`]*`")
_REFERENCE = re.compile(r"-?@(?:fig|tbl|lst)-[\w-]+")


def rows() -> Iterator[Row]:
    """For each renderer that is here: against a build without stored results, and without cells."""
    with tempfile.TemporaryDirectory() as temporary:
        project = copy_project(Path(temporary) / "homework")
        cold = _seconds(project, "press")
        bare = without_cells(project, Path(temporary) / "bare")
        for renderer in ("press", "quarto"):
            if renderer == "quarto" and shutil.which("quarto") is None:
                yield not_run("warm render (quarto)", "there is no Quarto on PATH")
                continue
            yield from _warm(project, bare, renderer, cold)


def _warm(project: Project, bare: Project, renderer: str, cold: float) -> Iterator[Row]:
    warm, empty = [], []
    for turn in range(REPEATS + 1):
        project.edit(EDITED, "\n\n", f"\n\nEdited {turn}.\n\n")
        bare.edit(EDITED, "\n\n", f"\n\nEdited {turn}.\n\n")
        warm.append(_seconds(project, renderer))
        empty.append(_seconds(bare, renderer))
    ours, floor = statistics.median(warm[1:]), statistics.median(empty[1:])
    name = f"warm render ({renderer}) after an edit of prose"
    note = "against a first build with the press, models and figures included"
    yield at_least(20, f"{name}: first build", ours, cold, note)
    yield at_most(2.5, f"{name}: no cells", ours, floor, FLOOR, why=_why(project, bare))


def _why(project: Project, bare: Project) -> str:
    """Where the rest of the time goes."""
    pages, bare_pages = (_pages(it) for it in (project, bare))
    return (
        "cells bring code windows, figures and tables, so that there are "
        f"{pages} pages to set and to proof-read in place of {bare_pages}"
    )


def _pages(project: Project) -> int:
    """Pages of the PDF that was made last, or of the one that proof-reading put aside."""
    rejected = project.pdf.with_name(f"{project.pdf.stem}-rejected.pdf")
    return len(PdfReader(project.pdf if project.pdf.is_file() else rejected).pages)


def _seconds(project: Project, renderer: str) -> float:
    """Seconds of one render.

    Raises:
        CannotRun: it failed, other than by a proof-reader who misses what cells would have shown.
    """
    began = time.perf_counter()
    build = project.run("render", "--with", renderer, **ENVIRONMENT)
    seconds = time.perf_counter() - began
    if build.status and FOUND_FAULT not in build.output:
        raise CannotRun(f"a build with {renderer} failed: {build.output.strip()[-300:]}")
    return seconds


def without_cells(project: Project, folder: Path) -> Project:
    """A copy of a built project whose documents are prose alone."""
    bare = copy_project(folder)
    shutil.copytree(project.folder / "_store", folder / "_store")
    for part in (bare.folder / "report").glob("*.qmd"):
        text = _FLOAT.sub("", part.read_text(encoding="utf-8"))
        text = _REFERENCE.sub("the figure", _INLINE.sub("value", _CELL.sub("", text)))
        part.write_text(text, encoding="utf-8")
    return bare
