"""The press: the same documents without Quarto.

`render` reads the documents and `_quarto.yml`, runs the cells in one kernel, and makes the PDF
with Pandoc and Typst. What it does not know stops it before anything is computed.
"""

import asyncio
import os
import tempfile
import time
from pathlib import Path

from hw4.foundation.errors import UserError
from hw4.foundation.progress import say
from hw4.submission.kernel import Kernel
from hw4.submission.markdown import Writer
from hw4.submission.project import Project, find_root, load_project, run_steps
from hw4.submission.source import Line, Prose, read_lines, split_cells, split_header
from hw4.submission.typeset import to_pdf, to_typst

COMPUTED = "{python}"
"""Begins every cell and every expression in prose; a document without it needs no kernel."""


def render(document: Path, output: Path) -> Path:
    """Make the PDF of a document.

    Args:
        document: the `.qmd`; its project is the nearest folder above it with a `_quarto.yml`.
        output: the PDF; replaced only when everything went well.

    Raises:
        UserError: by file and line, what is wrong and what to write instead. `output` is then
            as it was.
    """
    began = time.monotonic()
    project, body = _read(Path(document).resolve())
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="hw4-press-") as temporary:
        folder = Path(temporary)
        writer = Writer(folder, project.execute)
        asyncio.run(_execute(body, project, writer))
        for notice in writer.notices:
            say(f"  {notice}")
        pdf = to_pdf(to_typst(writer.lines, project, folder), project, writer.lines)
    _hand_out(pdf, output, project)
    say(f"Made {_shown(output, project.root)} in {time.monotonic() - began:.1f} seconds.")
    return output


def lint(document: Path) -> None:
    """See whether a document stays inside what Quarto and the press both understand.

    Raises:
        UserError: by file and line, what does not, as far as it shows without running the cells.
    """
    _, body = _read(Path(document).resolve())
    split_cells(body)


def _read(document: Path) -> tuple[Project, list[Line]]:
    if not document.is_file():
        raise UserError(f"There is no document {document}.")
    root = find_root(document)
    header, body = split_header(read_lines(document, root))
    return load_project(root, header, document), body


async def _execute(body: list[Line], project: Project, writer: Writer) -> None:
    """Read the body, run what comes before the documents, then run the cells."""
    kernel = Kernel(project.root, project.environment)
    computes = any(COMPUTED in line.text for line in body)
    try:
        if computes:
            await kernel.start()  # it takes a second or two, during which the document is read
        parts = split_cells(body)
        run_steps(project.pre_render, project, {})
        if computes:
            await kernel.ready()
        for part in parts:
            if isinstance(part, Prose):
                writer.prose(part, await kernel.evaluate(part))
            elif {**project.execute, **part.options}["eval"]:
                writer.cell(part, await kernel.run(part))
            else:
                writer.cell(part, [])
    finally:
        await kernel.stop()


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
