"""Markdown to Typst by Pandoc, Typst to PDF by the typst package."""

import os
import re
import shutil
import subprocess
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

import yaml

from hw4.foundation.errors import UserError
from hw4.submission.project import Project
from hw4.submission.source import Line

HERE = Path(__file__).parent
REFUSED = 3
"""The status with which `crossref.lua` says that it found something nobody would set."""


def pandoc_program() -> str:
    """Pandoc from the `pypandoc_binary` package, else from PATH."""
    found = find_spec("pypandoc")
    name = "pandoc.exe" if os.name == "nt" else "pandoc"
    if found and found.origin:
        own = Path(found.origin).parent / "files" / name
        if own.is_file():
            return str(own)
    anywhere = shutil.which("pandoc")
    if not anywhere:
        raise UserError("There is no Pandoc; run 'make report', which installs pypandoc_binary.")
    return anywhere


def to_typst(lines: list[Line], project: Project, folder: Path) -> Path:
    """Write the document as Typst to `folder` (where its pictures are already).

    Raises:
        UserError: something in the document cannot be set, or a reference points to nothing.
    """
    template = folder / "template.typ"
    shutil.copyfile(HERE / "skeleton.typ", template)
    for partial in project.partials:
        shutil.copyfile(partial, folder / partial.name)
    metadata = folder / "metadata.yml"
    metadata.write_text(yaml.safe_dump(project.metadata, allow_unicode=True), encoding="utf-8")
    command = [pandoc_program(), "--from=markdown", "--to=typst", "--standalone", "--wrap=none"]
    command += [f"--template={template}", f"--metadata-file={metadata}"]
    if project.highlighting:
        command += [f"--syntax-highlighting={project.highlighting}"]
    command += [f"--lua-filter={path}" for path in (*project.filters, HERE / "crossref.lua")]
    typst = folder / "submission.typ"
    command += [f"--output={typst}"]
    text = "\n".join(line.text for line in lines) + "\n"
    done = subprocess.run(command, input=text, text=True, capture_output=True, encoding="utf-8")
    if done.returncode == REFUSED:
        raise UserError(_problems(done.stderr, lines))
    if done.returncode:
        raise UserError(f"Pandoc could not read the document: {done.stderr.strip()}")
    if done.stderr.strip():
        raise UserError(f"Pandoc is not sure about the document: {done.stderr.strip()}")
    return typst


def to_pdf(typst: Path, project: Project) -> bytes:
    """Compile Typst to PDF, with the fonts inside Typst and no others.

    Raises:
        UserError: Typst refuses the document.
    """
    import typst as compiler

    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    try:
        return compiler.compile(
            str(typst),
            root=str(typst.parent),
            ignore_system_fonts=True,
            pdf_standards=list(project.standards),
            timestamp=datetime.fromtimestamp(int(epoch), UTC) if epoch else None,
        )
    except compiler.TypstError as error:
        hints = "".join(f"\n  hint: {hint}" for hint in error.hints)
        raise UserError(
            f"Typst cannot set the document: {error.message}{hints}\n{error.diagnostic}"
        ) from None


def _problems(output: str, lines: list[Line]) -> str:
    found = []
    for message in output.splitlines():
        if message.startswith("press\t"):
            _, needle, words = message.split("\t", 2)
            where = _where(needle, lines)
            found.append(f"{where}: {words}." if where else f"{words}.")
    return "\n".join(found)


def _where(needle: str, lines: list[Line]) -> Line | None:
    """The line a problem is about: the first that has its words, whole rather than as a part."""
    whole = re.compile(re.escape(needle) + r"(?![\w-])")
    return next((line for line in lines if whole.search(line.text)), None) or next(
        (line for line in lines if needle in line.text), None
    )
