"""One notebook for each problem, made from the part of the report that answers it."""

import ast
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from pathlib import Path

from hw4.foundation.places import ROOT
from hw4.foundation.store import write_text
from hw4.submission.documents import INLINE, OPTION, Cell, read_document
from hw4.submission.lines import numbered
from hw4.submission.typeset import pandoc

FILTERS = (ROOT / "report/look/claims.lua", Path(__file__).with_name("notebook.lua"))
INSTALL = """\
# Run this first. On Colab, or wherever the package is not installed, it fetches and installs it.
import importlib.util
import os
import sys

if importlib.util.find_spec("hw4") is None:
    source = "{remote}"  # the repository's address
    if not os.path.isdir("homework4"):
        !git clone --quiet {{source}} homework4
    %pip install --quiet --editable "./homework4[offline]"
    sys.path.insert(0, os.path.abspath("homework4/src"))"""
TRAIN = """\
# Trains what is not stored yet; minutes the first time.
!{{sys.executable}} -m hw4 train {problem}"""
SETUP = "from hw4.submission.notebooks import asis, show"


def write_notebooks(parts: dict[str, Path], folder: Path) -> list[Path]:
    """Write `<problem>.ipynb` to `folder` for each problem and its part of the report."""
    import jupytext

    paths = {problem: folder / f"{problem}.ipynb" for problem in parts}
    for problem, path in paths.items():
        write_text(path, jupytext.writes(notebook(problem, parts[problem]), fmt="ipynb"))
    return list(paths.values())


def notebook(problem: str, part: Path):
    """The notebook (an `nbformat` node, without outputs) of one part of the report."""
    from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

    cells = [new_markdown_cell(f"*Made from `{part.name}` by `make notebooks`.*")]
    sources = (INSTALL.format(remote=_remote()), TRAIN.format(problem=problem), SETUP)
    cells += [new_code_cell(source) for source in sources]
    for piece in read_document(part, ROOT)[1]:
        if isinstance(piece, Cell):
            cells.append(new_code_cell(_code(piece)))
            continue
        text = _whole([line.text for line in piece.lines])
        if INLINE.search(text):  # shown by code, with the values as they are then
            cells.append(new_code_cell(f'show(r"""\n{text}\n""")'))
        elif plain := _plain(text):
            cells.append(new_markdown_cell(plain))
    for number, cell in enumerate(cells):
        cell["id"] = f"{problem}-{number}"  # the same in every run
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


def show(markdown: str) -> None:
    """Show a document's Markdown with the values of its inline expressions."""
    from IPython import get_ipython
    from IPython.display import Markdown, display

    def value(found) -> str:
        answer = get_ipython().user_expressions({"0": found["expression"]})["0"]
        if answer["status"] != "ok":
            raise ValueError(f"{found['expression']} failed: {answer['evalue']}")
        data = answer["data"]
        text = data.get("text/markdown") or data["text/plain"]
        return found["before"] + (ast.literal_eval(text) if text[:1] in "'\"" else text)

    if plain := _plain(INLINE.sub(value, markdown)):
        display(Markdown(plain))


@contextmanager
def asis() -> Iterator[None]:
    """Show what is printed inside as Markdown."""
    printed = StringIO()
    with redirect_stdout(printed):
        yield
    show(printed.getvalue())


def _code(cell: Cell) -> str:
    lines = [line.text for line in cell.code if not OPTION.match(line.text)]
    if cell.options.get("output") == "asis":
        # star imports stand at the top of a module, not inside a block
        top = [line for line in lines if line.startswith("from ") and line.endswith("*")]
        rest = [f"    {line}" if line else line for line in lines if line not in top]
        lines = [*top, "with asis():", *rest]
    return "\n".join(lines).strip()


def _whole(lines: list[str]) -> str:
    """A piece of a document without the fences of divs that begin or end outside of it."""
    opened, lone = [], []
    for number, line in enumerate(lines):
        if line.startswith(":::") and line.strip(": "):
            opened.append(number)
        elif line.startswith(":::"):
            lone += [number] if not opened else []
            del opened[-1:]
    kept = (line for number, line in enumerate(lines) if number not in {*opened, *lone})
    return "\n".join(kept).strip()


def _plain(markdown: str) -> str:
    """Markdown for a notebook."""
    filters = [f"--lua-filter={path}" for path in FILTERS]
    arguments = ["--to=commonmark+pipe_tables+tex_math_dollars", *filters]
    return pandoc(arguments, numbered(markdown, Path())).stdout.strip()


def _remote() -> str:
    """Where this repository can be cloned from, or a place to fill in."""
    command = ["git", "remote", "get-url", "origin"]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.SubprocessError):
        return "ADDRESS OF THE REPOSITORY"
    return done.stdout.strip()
