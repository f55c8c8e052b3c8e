"""The press: the same documents without Quarto.

It walks once: `project` says what is asked for, `documents` reads cells and prose, `markdown` has
the kernel run them and writes down what they show, and `typeset` makes the PDF. What it does not
know stops it before anything is computed.
"""

import os
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from hw4.foundation.errors import Stopped, UserError
from hw4.foundation.progress import say
from hw4.submission.claims import Claim
from hw4.submission.documents import Cell, Prose, read_document
from hw4.submission.kernel import start_kernel
from hw4.submission.lines import shown
from hw4.submission.markdown import Writer
from hw4.submission.project import Project, find_root, load_project
from hw4.submission.renderer import hand_out
from hw4.submission.typeset import to_pdf, to_typst

INTERRUPTED = (130, -2)
"""Statuses of a command that a person stopped."""


def render(document: Path, output: Path, alone: bool = False) -> Path:
    """Make the PDF of a document.

    Args:
        document: the `.qmd`; its project is the nearest folder above it with a `_quarto.yml`.
        output: the PDF; replaced only when everything went well.
        alone: it is a part for a quick look: no step runs before or after, references to other
            parts are marked, and claims that are false are listed.

    Raises:
        UserError: by file and line, what is wrong and what to write instead. `output` is then
            as it was.
    """
    began = time.monotonic()
    project, parts = read(document)
    if alone:
        project = project.alone()
    output.parent.mkdir(parents=True, exist_ok=True)
    _run_steps(project.pre_render, project)
    with tempfile.TemporaryDirectory(prefix="hw4-press-") as temporary:
        written = _written(parts, project, Path(temporary))
        typst, claims = to_typst(written, project)
        false = [claim for claim in claims if alone and not claim.holds]
        for notice in [*written.notices, *false]:
            say(f"  {notice}")
        pdf = to_pdf(typst, project, written.lines)
    made = output.with_name(f".{output.stem}-{os.getpid()}.pdf")
    made.write_bytes(pdf)
    try:
        _run_steps(project.post_render, project, QUARTO_PROJECT_OUTPUT_FILES=str(made))
    except UserError as error:  # Stopped by the step, or that it did not start
        where = hand_out(made, output, is_good=False)
        raise type(error)(f"{error} The PDF it found fault with is {where}.") from None
    hand_out(made, output)
    say(f"Made {shown(output, project.root)} in {time.monotonic() - began:.1f} seconds.")
    return output


def read(document: Path) -> tuple[Project, list[Prose | Cell]]:
    """A document, its project and what it consists of."""
    document = document.resolve()
    if not document.is_file():
        raise UserError(f"There is no document {document}.")
    root = find_root(document)
    header, parts = read_document(document, root)
    return load_project(root, header, document), parts


def claims(document: Path) -> list[Claim]:
    """The claims of a document in their order, but for those in passages that are left out.

    Its cells are run, so what they load must be stored.
    """
    project, parts = read(document)
    with tempfile.TemporaryDirectory(prefix="hw4-claims-") as folder:
        return to_typst(_written(parts, project, Path(folder)), project.alone())[1]


def _written(parts: list[Prose | Cell], project: Project, folder: Path) -> Writer:
    """A document after its cells have run, as Markdown."""
    with start_kernel(project.root, project.environment) as kernel:
        writer = Writer(folder, project.execute, kernel)
        for part in parts:
            writer.write(part)
    return writer


def _run_steps(commands: tuple[str, ...], project: Project, **extra: str) -> None:
    """Run the project's commands one after the other, their output straight to the terminal.

    Raises:
        UserError: a command cannot be started.
        Stopped: one ends with a status other than 0.
    """
    environment = {**os.environ, **project.environment, **extra}
    for command in commands:
        try:
            words = shlex.split(str(command))
        except ValueError as error:
            raise UserError(
                f"_quarto.yml: the step {command!r} is no command ({error}); mend it, or take it "
                "out."
            ) from None
        if not words:
            raise UserError(f"_quarto.yml: the step {command!r} is not a command; take it out.")
        if words[0].endswith(".py"):
            words.insert(0, sys.executable)
        elif words[0] in ("python", "python3"):
            words[0] = sys.executable
        sys.stdout.flush()
        try:
            status = subprocess.run(words, cwd=project.root, env=environment).returncode
        except OSError as error:
            raise UserError(
                f"The step '{command}' of _quarto.yml did not start: {error}; mend its path."
            ) from None
        if status in INTERRUPTED:
            raise KeyboardInterrupt
        if status:
            raise Stopped(f"the step '{command}' of _quarto.yml ended with status {status}.")
