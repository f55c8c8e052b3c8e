"""One notebook for each problem, made from the part of the report that answers it.

What only a PDF needs (frames of figures and tables, names of equations, references by number) is
turned into what a notebook shows.
"""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from itertools import groupby
from pathlib import Path

from hw4.foundation.atomic import write_text
from hw4.foundation.places import ROOT
from hw4.submission.documents import INLINE, OPTION, Cell, Prose, read_lines, split_cells

_FENCE = re.compile(r"^:{3,}.*$", re.MULTILINE)
_RAW = re.compile(r"^```\{=typst\}.*?^```$\n?|`[^`]*`\{=typst\}", re.MULTILINE | re.DOTALL)
_EQUATION_NAME = re.compile(r"^\$\$ *\{#eq-[^\n]*\}", re.MULTILINE)
_TABLE_NAME = re.compile(r"^: (.*?)\s*\{#tbl-[\w-]+\}$", re.MULTILINE)
_HEADING_NAME = re.compile(r"^(#+ .*?)\s*\{#sec-[\w-]+\}$", re.MULTILINE)
_REFERENCE = re.compile(r"-?@(fig|tbl|sec|eq|lst)-([\w-]+)")
_KINDS = {
    "fig": "the figure",
    "tbl": "the table",
    "sec": "the section",
    "eq": "the equation",
    "lst": "the listing",
}

_LISTING = re.compile(r"^(`{3,}) *\{\.python[^}]*\}", re.MULTILINE)

_INSTALL = """\
# Run this first. On Colab, or wherever the package is not installed, it fetches and installs it.
import importlib.util
import os
import sys

if importlib.util.find_spec("hw4") is None:
    source = "{remote}"  # the repository's address
    if not os.path.isdir("homework4"):
        !git clone --quiet {{source}} homework4
    %pip install --quiet --editable "./homework4[offline]"
    sys.path.insert(0, os.path.abspath("homework4/src"))
"""
_TRAIN = """\
# Trains what is not stored yet; minutes the first time.
!{{sys.executable}} -m hw4 train {problem}
"""
_SETUP = """\
from IPython.display import Markdown, display

from hw4.submission.code_window import code
from hw4.submission.notebooks import asis
from hw4.submission.provenance import provenance as hw4_provenance
"""


def write_notebooks(parts: dict[str, Path], folder: Path) -> list[Path]:
    """Write `<problem>.ipynb` to `folder` for each problem and its part of the report.

    Raises:
        UserError: a part cannot be read.
    """
    import jupytext

    written = []
    for problem, part in parts.items():
        path = folder / f"{problem}.ipynb"
        write_text(path, jupytext.writes(notebook(problem, part), fmt="ipynb"))
        written.append(path)
    return written


def notebook(problem: str, part: Path):
    """The notebook (an `nbformat` node, without outputs) of one part of the report."""
    from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

    cells = [new_markdown_cell(f"*Made from `{part.name}` by `make notebooks`.*")]
    sources = (_INSTALL.format(remote=_remote()), _TRAIN.format(problem=problem), _SETUP)
    cells += [new_code_cell(source.strip()) for source in sources]
    for piece in split_cells(read_lines(part, ROOT)):
        if isinstance(piece, Cell):
            cells.append(new_code_cell(_code(piece)))
        else:
            cells += [
                new_code_cell(text) if computed else new_markdown_cell(text)
                for text, computed in _prose(piece)
            ]
    for number, cell in enumerate(cells):
        cell["id"] = f"{problem}-{number}"  # the same in every run
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


@contextmanager
def asis() -> Iterator[None]:
    """Show what is printed inside as Markdown, without what only a PDF understands."""
    from IPython.display import Markdown, display

    printed = StringIO()
    with redirect_stdout(printed):
        yield
    if text := _plain(printed.getvalue()):
        display(Markdown(text))


def _code(cell: Cell) -> str:
    lines = [line.text for line in cell.code if not OPTION.match(line.text)]
    if cell.options.get("output") == "asis":
        lines = ["with asis():", *(f"    {line}" if line else line for line in lines)]
    return "\n".join(lines).strip()


def _prose(prose: Prose) -> Iterator[tuple[str, bool]]:
    """Each paragraph that is computed as code that shows it, what stands between as Markdown."""
    text = _plain("\n".join(line.text for line in prose.lines))
    for computed, group in groupby(
        (block for block in re.split(r"\n{2,}", text) if block.strip()),
        lambda block: INLINE.search(block) is not None,
    ):
        blocks = "\n\n".join(group)
        yield (_computed(blocks) if computed else blocks), computed


def _computed(text: str) -> str:
    """Code that shows Markdown with the values of its inline expressions."""
    values = [found["expression"].strip() for found in INLINE.finditer(text)]
    shown = INLINE.sub(lambda found: found["before"] + "\0", text)
    shown = shown.replace("{", "{{").replace("}", "}}").replace("\0", "{}")
    arguments = ",\n    ".join(values)
    return f"display(Markdown({shown!r}.format(\n    {arguments},\n)))"


def _plain(markdown: str) -> str:
    """Markdown for a notebook."""
    text = _RAW.sub("", markdown)
    text = _FENCE.sub("", text)
    text = _EQUATION_NAME.sub("$$", text)
    text = _HEADING_NAME.sub(r"\1", text)
    text = _TABLE_NAME.sub(r"\1", text)
    text = _LISTING.sub(r"\1python", text)
    text = _REFERENCE.sub(_reference, text)
    return text.strip()


def _reference(found: re.Match) -> str:
    """`@fig-sequences-curves` as `the figure (sequences curves)`."""
    return f"{_KINDS[found[1]]} ({found[2].replace('-', ' ')})"


def _remote() -> str:
    """Where this repository can be cloned from, or a place to fill in."""
    try:
        found = subprocess.run(
            ["git", "remote", "get-url", "origin"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return "ADDRESS OF THE REPOSITORY"
    return found.stdout.strip()
