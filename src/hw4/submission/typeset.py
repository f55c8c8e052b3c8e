"""From Markdown to the finished PDF: to Typst by Pandoc, to PDF by the typst package.

The filters of the press write to standard error what Python has to know, a kind and tab-separated
words on each line: `press` a needle and what is wrong there, `picture` a file that is shown,
`bound` the number of an expression and the words that it binds.
"""

import re
import shutil
import subprocess
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import yaml

from hw4.foundation.errors import UserError
from hw4.foundation.progress import say
from hw4.submission.claims import Claim
from hw4.submission.lines import Line
from hw4.submission.markdown import Writer
from hw4.submission.project import Project, source_date

HERE = Path(__file__).parent
TEMPLATE = HERE / "skeleton.typ"
PANDOC_SECONDS = 30
"""A long report takes two; twenty brackets left open take a minute, and each more doubles it."""
KINDS = ("press", "picture", "bound")


def pandoc_program() -> str:
    """Pandoc from the `pypandoc_binary` package, else from PATH."""
    found = find_spec("pypandoc")
    own = str(Path(found.origin).parent / "files") if found and found.origin else ""
    program = shutil.which("pandoc", path=own) or shutil.which("pandoc")
    if not program:
        raise UserError("There is no Pandoc; run 'make report', which installs pypandoc_binary.")
    return program


def pandoc(arguments: list[str], lines: list[Line]) -> subprocess.CompletedProcess[str]:
    """Run Pandoc on a document."""
    try:
        return subprocess.run(
            [pandoc_program(), "--from=markdown", "--wrap=none", *arguments],
            input="".join(f"{line.text}\n" for line in lines),
            capture_output=True,
            encoding="utf-8",
            timeout=PANDOC_SECONDS,
        )
    except subprocess.TimeoutExpired:
        deepest = max(lines, key=lambda line: len(re.findall(r"[\[({*_]", line.text)))
        raise UserError(
            f"Pandoc has not read the document in {PANDOC_SECONDS} seconds; look for brackets that "
            f"are opened many times and not closed, perhaps in {deepest}, and take them out."
        ) from None


def to_typst(written: Writer, project: Project) -> tuple[Path, list[Claim]]:
    """Write a document as Typst beside its pictures.

    Returns:
        The Typst, and the claims with their words, but for those that are left out.
    """
    folder, lines = written.folder, written.lines
    typst, metadata = folder / "submission.typ", folder / "metadata.yml"
    for file in (TEMPLATE, *project.partials):
        shutil.copyfile(file, folder / file.name)
    for name in project.metadata.get("attach", ()):
        line = project.document.name
        _bring(f"{line}: the attached file", project.root, str(name), folder, project)
    metadata.write_text(yaml.safe_dump(project.metadata, allow_unicode=True), encoding="utf-8")
    arguments = ["--to=typst", "--standalone", f"--output={typst}"]
    arguments += [f"--template={folder / TEMPLATE.name}", f"--metadata-file={metadata}"]
    if project.highlighting:
        arguments += [f"--syntax-highlighting={project.highlighting}"]
    filters = (HERE / "lint.lua", *project.filters, HERE / "crossref.lua")
    done = pandoc([*arguments, *(f"--lua-filter={path}" for path in filters)], lines)
    told: dict[str, list[str]] = {kind: [] for kind in (*KINDS, "")}
    for line in done.stderr.splitlines():
        kind, tab, rest = line.partition("\t")
        told[kind if tab and kind in KINDS else ""].append(rest if tab else line)
    if told["press"]:
        raise UserError(*(_problem(it, lines) for it in told["press"]))
    if done.returncode or told[""]:
        raise UserError(*doubt("\n".join(told[""]), lines).split("\n"))
    for picture in told["picture"]:
        line = where(picture, lines) or project.document.name
        begins = project.root if picture.startswith("/") else project.document.parent
        _bring(f"{line}: the picture", begins, picture, folder, project)
    return typst, _claims(written.bound, dict(it.split("\t") for it in told["bound"]))


def _bring(what: str, begins: Path, name: str, folder: Path, project: Project) -> None:
    """Copy a file that the document names to where Typst will look for it."""
    place, source = folder / name.lstrip("/"), begins / name.lstrip("/")
    inside = place.resolve().is_relative_to(folder.resolve())
    if inside and place.is_file():  # a cell has made it
        return
    if not (inside and source.resolve().is_relative_to(project.root.resolve())):
        raise UserError(
            f"{what} {name} lies outside this project; copy it into the project and name it from "
            "there, as /figures/name.svg."
        )
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        shutil.copyfile(source, place)
    except OSError as error:
        raise UserError(
            f"{what} {name} cannot be read ({error.strerror}); mend the path, or take it out."
        ) from None


def _claims(bound: list[Claim], words: dict[str, str]) -> list[Claim]:
    for number, claim in enumerate(bound):
        if str(number) not in words:
            name = claim.expression.binds
            raise UserError(
                f'{claim.expression.line}: {name}="…" binds no words; write it behind words in '
                f'brackets, [words]{{{name}="…"}}, or on the ::: of a div.'
            )
    return [replace(bound[int(number)], sentence=it) for number, it in words.items() if it]


def to_pdf(typst: Path, project: Project, lines: list[Line]) -> bytes:
    """Compile Typst to PDF, with the fonts inside Typst and no others."""
    import typst as compiler

    standards = [str(it) for it in project.standards]
    try:
        pdf, warnings = compiler.compile_with_warnings(
            str(typst),
            root=str(typst.parent),
            ignore_system_fonts=True,
            pdf_standards=standards,
            timestamp=source_date(),
        )
    except compiler.TypstError as error:
        raise UserError(*_refusal(error, typst, lines).split("\n")) from None
    except ValueError as error:  # of a standard that Typst does not know
        raise UserError(
            f"_quarto.yml: pdf-standard is {', '.join(standards)} ({error}); "
            "write ua-1, or another that Typst knows."
        ) from None
    for warning in warnings:
        say(f"  Typst: {warning.message}")
    return pdf


def _problem(message: str, lines: list[Line]) -> str:
    needle, _, words = message.partition("\t")
    line = where(needle, lines)
    return f"{line}: {words}." if line else f"{words}."


def _refusal(error: Exception, typst: Path, lines: list[Line]) -> str:
    """What Typst says, with the line of the document that its complaint stems from."""
    words = f"Typst cannot set this: {error.message}"
    place = re.search(r"submission\.typ:(\d+):", error.diagnostic)
    if place:
        wrong = typst.read_text(encoding="utf-8").splitlines()[int(place[1]) - 1].strip()
        longest = max(re.findall(r"[\w(,. -]{4,}", wrong), key=len, default=wrong).strip()
        line = where(longest, lines) if longest else None
        words = f"{line}: {words}" if line else words
        words += f"\n  in its line: {wrong}"
    return words + "".join(f"\n  hint: {hint}" for hint in error.hints)


def doubt(words: str, lines: list[Line]) -> str:
    """What Pandoc warns of: nothing of it may go into a submission."""
    if div := re.search(r"Div at (_chunk )?line (\d+) column \d+ unclosed", words):
        # inside a list or a quotation Pandoc counts from its first line
        line = _open_div(lines) if div[1] else lines[min(int(div[2]), len(lines)) - 1]
        return f"{line}: a div is never closed; add ::: on a line of its own where it ends."
    if twice := re.search(r"Duplicate identifier '(.*?)'", words):
        return _problem(f"#{twice[1]}\tthe name {twice[1]} is given twice; rename one", lines)
    if tex := re.search(r"Could not convert TeX math (.*), rendering", words, re.DOTALL):
        first = tex[1].splitlines()[0]
        return _problem(f"{first}\tthis TeX is not understood: {tex[1]}", lines)
    return f"Pandoc cannot read the document: {words}"


def _open_div(lines: list[Line]) -> Line:
    opened: list[Line] = []
    for line in lines:
        fence = re.match(r"[\s>]*:{3,}(.*)", line.text)
        if fence and fence[1].strip():
            opened.append(line)
        elif fence:
            del opened[-1:]
    return (opened or lines)[-1]


def where(needle: str, lines: list[Line]) -> Line | None:
    """The line a problem is about: the first that has its words, whole rather than as a part."""
    whole = re.compile(r"(?<!\w)" + re.escape(needle) + r"(?![\w-])")
    return next((line for line in lines if whole.search(line.text)), None) or next(
        (line for line in lines if needle in line.text), None
    )
