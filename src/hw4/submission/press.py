"""The press: the same documents without Quarto.

`render` reads the documents and `_quarto.yml`, runs the cells in one kernel, and makes the PDF
with Pandoc and Typst. What it does not know stops it before anything is computed.
"""

import os
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from hw4.foundation.errors import UserError
from hw4.foundation.progress import say
from hw4.submission.documents import Cell, Expression, Prose, read_lines, split_cells, split_header
from hw4.submission.kernel import Kernel
from hw4.submission.markdown import Writer
from hw4.submission.project import Project, find_root, load_project, run_steps
from hw4.submission.typeset import to_pdf, to_typst


def render(document: Path, output: Path, alone: bool = False) -> Path:
    """Make the PDF of a document.

    Args:
        document: the `.qmd`; its project is the nearest folder above it with a `_quarto.yml`.
        output: the PDF; replaced only when everything went well.
        alone: it is a part for a quick look: no step runs before or after, and references to
            other parts are marked.

    Raises:
        UserError: by file and line, what is wrong and what to write instead. `output` is then
            as it was.
    """
    began = time.monotonic()
    project, parts = read(document)
    if alone:
        project = project.alone()
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="hw4-press-") as temporary:
        folder = Path(temporary)
        run_steps(project.pre_render, project, {})
        writer = run_cells(parts, project, folder)
        for notice in writer.notices:
            say(f"  {notice}")
        pdf = to_pdf(to_typst(writer.lines, project, folder), project, writer.lines)
    _hand_out(pdf, output, project)
    say(f"Made {_shown(output, project.root)} in {time.monotonic() - began:.1f} seconds.")
    return output


def read(document: Path) -> tuple[Project, list[Prose | Cell]]:
    """A document, its project and what it consists of.

    Raises:
        UserError: by file and line, what Quarto and the press do not both understand, as far as it
            shows without running the cells.
    """
    document = document.resolve()
    if not document.is_file():
        raise UserError(f"There is no document {document}.")
    root = find_root(document)
    header, body = split_header(read_lines(document, root))
    return load_project(root, header, document), split_cells(body)


def run_cells(
    parts: list[Prose | Cell],
    project: Project,
    folder: Path,
    evaluate: Callable[[Kernel, Expression], str] = Kernel.evaluate,
) -> Writer:
    """The document with the outputs of its cells and the values of its expressions.

    Args:
        folder: where its pictures go.
        evaluate: says what takes the place of an expression.

    Raises:
        UserError: by file and line, what failed.
    """
    writer = Writer(folder, project.execute)
    with Kernel(project.root, project.environment) as kernel:
        for part in parts:
            if isinstance(part, Prose):
                writer.prose(part, partial(evaluate, kernel))
            elif {**project.execute, **part.options}["eval"]:
                writer.cell(part, kernel.run(part))
            else:
                writer.cell(part, [])
    return writer


def _hand_out(pdf: bytes, output: Path, project: Project) -> None:
    """Put the PDF in its place if the project's own checks let it pass."""
    candidate = output.with_name(f".{output.stem}-{os.getpid()}.pdf")
    rejected = output.with_name(f"{output.stem}-rejected.pdf")
    candidate.write_bytes(pdf)
    try:
        run_steps(
            project.post_render,
            project,
            {"QUARTO_PROJECT_OUTPUT_FILES": str(candidate)},
        )
    except UserError as error:  # Stopped by the step, or that it did not start
        candidate.replace(rejected)
        raise type(error)(
            f"{error} The PDF it found fault with is {_shown(rejected, project.root)}"
            + (f"; {_shown(output, project.root)} is as it was." if output.exists() else ".")
        ) from None
    candidate.replace(output)
    rejected.unlink(missing_ok=True)


def _shown(path: Path, root: Path) -> Path:
    return path.relative_to(root) if path.is_relative_to(root) else path
