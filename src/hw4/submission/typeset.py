"""Markdown to Typst by Pandoc, Typst to PDF by the typst package."""

import os
import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import yaml

from hw4.foundation.errors import UserError
from hw4.foundation.progress import say
from hw4.submission.project import Project, source_date
from hw4.submission.source import Line

HERE = Path(__file__).parent


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
    filters = (HERE / "lint.lua", *project.filters, HERE / "crossref.lua")
    command += [f"--lua-filter={path}" for path in filters]
    typst = folder / "submission.typ"
    command += [f"--output={typst}"]
    text = "\n".join(line.text for line in lines) + "\n"
    done = subprocess.run(command, input=text, text=True, capture_output=True, encoding="utf-8")
    said: dict[str, list[str]] = {"press": [], "picture": [], "": []}
    for line in done.stderr.splitlines():
        kind, tab, rest = line.partition("\t")
        said[kind if tab and kind in said else ""].append(rest if tab else line)
    if said["press"]:
        raise UserError(*(_problem(message, lines) for message in said["press"]))
    if done.returncode or said[""]:
        raise UserError(*_doubt("\n".join(said[""]), lines).split("\n"))
    for picture in said["picture"]:
        _fetch(picture, project, folder, lines)
    return typst


def to_pdf(typst: Path, project: Project, lines: list[Line]) -> bytes:
    """Compile Typst to PDF, with the fonts inside Typst and no others.

    Raises:
        UserError: Typst refuses the document.
    """
    import typst as compiler

    moment = source_date()
    try:
        pdf, warnings = compiler.compile_with_warnings(
            str(typst),
            root=str(typst.parent),
            ignore_system_fonts=True,
            pdf_standards=list(map(str, project.standards)),
            timestamp=moment,
        )
    except compiler.TypstError as error:
        raise UserError(*_refusal(error, typst, lines).split("\n")) from None
    except ValueError as error:  # of a standard that Typst does not know
        raise UserError(
            f"_quarto.yml: pdf-standard is {', '.join(map(str, project.standards))} ({error}); "
            "write ua-1, or another that Typst knows."
        ) from None
    for warning in warnings:
        say(f"  Typst: {warning.message}")
    return pdf


def _problem(message: str, lines: list[Line]) -> str:
    needle, _, words = message.partition("\t")
    where = _where(needle, lines)
    return f"{where}: {words}." if where else f"{words}."


def _refusal(error: Exception, typst: Path, lines: list[Line]) -> str:
    """What Typst says, with the line of the document that its complaint stems from."""
    words = f"Typst cannot set this: {error.message}"
    place = re.search(r"submission\.typ:(\d+):", error.diagnostic)
    if place:
        wrong = typst.read_text(encoding="utf-8").splitlines()[int(place[1]) - 1].strip()
        longest = max(re.findall(r"[\w(,. -]{4,}", wrong), key=len, default=wrong).strip()
        where = _where(longest, lines) if longest else None
        words = f"{where}: {words}" if where else words
        words += f"\n  in its line: {wrong}"
    return words + "".join(f"\n  hint: {hint}" for hint in error.hints)


def _doubt(words: str, lines: list[Line]) -> str:
    """What Pandoc warns of: nothing of it may go into a submission."""
    twice = re.search(r"Duplicate identifier '(.*?)'", words)
    if twice:
        return _problem(f"#{twice[1]}\tthe name {twice[1]} is given twice; rename one", lines)
    tex = re.search(r"Could not convert TeX math (.*), rendering", words, re.DOTALL)
    if tex:
        first = tex[1].splitlines()[0]
        return _problem(f"{first}\tthis TeX is not understood: {tex[1]}", lines)
    return f"Pandoc cannot read the document: {words}"


def _fetch(picture: str, project: Project, folder: Path, lines: list[Line]) -> None:
    """Copy a picture that the document names to where Typst will look for it."""
    here = folder / picture.lstrip("/")
    if here.is_file():
        return
    there = (project.root if picture.startswith("/") else project.document.parent) / picture.lstrip(
        "/"
    )
    if not there.is_file():
        raise UserError(f"{_where(picture, lines)}: there is no picture {picture}; mend the path.")
    here.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(there, here)


def _where(needle: str, lines: list[Line]) -> Line | None:
    """The line a problem is about: the first that has its words, whole rather than as a part."""
    whole = re.compile(r"(?<!\w)" + re.escape(needle) + r"(?![\w-])")
    return next((line for line in lines if whole.search(line.text)), None) or next(
        (line for line in lines if needle in line.text), None
    )
