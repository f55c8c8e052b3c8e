"""What `_quarto.yml`, `_environment` and a document's header ask for, in the press's terms."""

import os
import re
import reprlib
import shlex
import subprocess
import sys
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from hw4.foundation.errors import Stopped, UserError
from hw4.submission.documents import Line, as_mapping, load_yaml, read_lines, read_utf8

INTERRUPTED = (130, -2)
"""Statuses of a command that a person stopped."""

EXECUTE = {
    "echo": True,
    "output": True,
    "include": True,
    "eval": True,
    "warning": True,
}
"""How cells are shown unless something else is said: Quarto's own defaults."""
FRESH_KERNEL = ("daemon", "daemon-restart")
"""Settings of `execute` that say how long a kernel lives: the press always begins a new one."""

PROJECT = ("type", "title", "render", "output-dir", "execute-dir", "pre-render", "post-render")
IGNORED = (
    "jupyter",
    "engine",
    "keep-typ",
    "papersize",
    "margin",
    "citeproc",
    "bibliography",
    "format-links",
    "html-math-method",
    "embed-resources",
)
METADATA = (
    "title",
    "subtitle",
    "author",
    "date",
    "date-format",
    "lang",
    "number-sections",
    "toc",
    "toc-title",
    "toc-depth",
    "leave-out",
    "code-windows",
    "attach",
)
FORMAT = ("filters", "template-partials", "pdf-standard", "syntax-highlighting")


@dataclass(frozen=True)
class Project:
    """The settings of a render; those with a name of Quarto's mean what they mean there.

    Attributes:
        root: the project's folder, where cells run.
        metadata: what the template is given.
        attached: files that are put into the PDF.
        environment: from `_environment`, for cells and commands.
    """

    root: Path
    document: Path
    pre_render: tuple[str, ...]
    post_render: tuple[str, ...]
    execute: dict
    metadata: dict
    filters: tuple[Path, ...]
    partials: tuple[Path, ...]
    attached: tuple[Path, ...]
    standards: tuple[str, ...]
    highlighting: str | None
    environment: dict[str, str]

    def alone(self) -> "Project":
        """The same for one part by itself: a quick look, which claims to be no submission."""
        metadata = {**self.metadata, "alone": True}
        return replace(self, pre_render=(), post_render=(), standards=(), metadata=metadata)


def find_root(document: Path) -> Path:
    """The folder of the `_quarto.yml` that a document belongs to (its own folder if none)."""
    for folder in document.resolve().parents:
        if (folder / "_quarto.yml").is_file():
            return folder
    return document.resolve().parent


def load_project(root: Path, header: list[Line], document: Path) -> Project:
    """The settings for a document with these header lines.

    Raises:
        UserError: a setting is not known, by file and line; or a file it names is missing.
    """
    source_date()  # a wrong one is said before anything is computed
    files = (root / "_quarto.yml", document.parent / "_metadata.yml")
    layers = [(file.parent, read_lines(file, root)) for file in files if file.is_file()]
    layers = [(folder, lines) for folder, lines in (*layers, (document.parent, header)) if lines]
    settings: dict = {}
    execute = dict(EXECUTE)
    project: dict = {}
    for folder, lines in layers:
        loaded = load_yaml(lines)
        look = loaded.pop("format", None) or {}
        project |= _known(_section(loaded, "project", lines), PROJECT, lines)
        shown = _known(_section(loaded, "execute", lines), (*EXECUTE, *FRESH_KERNEL), lines)
        execute |= {name: value for name, value in shown.items() if name in EXECUTE}
        for part in (loaded, *_typst(look, lines)):
            settings |= _known(part, (*METADATA, *FORMAT, *IGNORED), lines)
            for name, paths in (("filters", _filters), ("template-partials", _partials)):
                if name in part:
                    settings[name] = paths(folder, _list(part[name]), lines[0].path)

    return Project(
        root=root,
        document=document,
        pre_render=_list(project.get("pre-render")),
        post_render=_list(project.get("post-render")),
        execute=execute,
        metadata=_metadata(settings, document),
        filters=settings.get("filters", ()),
        partials=settings.get("template-partials", ()),
        attached=_attached(root, settings.get("attach"), document),
        standards=_list(settings.get("pdf-standard")),
        highlighting=settings.get("syntax-highlighting"),
        environment=_environment(root),
    )


def run_steps(commands: tuple[str, ...], project: Project, extra: dict[str, str]) -> None:
    """Run the project's commands one after the other, their output straight to the terminal.

    Raises:
        UserError: a command cannot be started.
        Stopped: one ends with a status other than 0.
    """
    environment = {**os.environ, **project.environment, **extra}
    for command in commands:
        words = _words(command)
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


def source_date() -> datetime | None:
    """The moment that `SOURCE_DATE_EPOCH` names, for builds that come out the same twice.

    Raises:
        UserError: it is not a number of seconds.
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if not epoch:
        return None
    try:
        return datetime.fromtimestamp(int(epoch), UTC)
    except (ValueError, OverflowError, OSError):
        raise UserError(
            f"SOURCE_DATE_EPOCH is {epoch[:40]!r}, expected are seconds since 1970: unset it, or "
            "set it to the output of `git log -1 --format=%ct`."
        ) from None


def _words(command: object) -> list[str]:
    """The words of a command."""
    try:
        words = shlex.split(str(command))
    except ValueError as error:
        raise UserError(
            f"_quarto.yml: the step {command!r} is no command ({error}); mend it, or take it out."
        ) from None
    if not words:
        raise UserError(f"_quarto.yml: the step {command!r} is not a command; take it out.")
    return words


def _list(value: object) -> tuple:
    if value is None:
        return ()
    return tuple(value) if isinstance(value, list) else (value,)


def _existing(folder: Path, entry: str, name: str, file: Path) -> Path:
    path = folder / entry
    if not path.is_file():
        raise UserError(f"{file}: {name} names {entry}, which is not there; mend the path.")
    return path


def _partials(folder: Path, entries: tuple, file: Path) -> tuple[Path, ...]:
    return tuple(_existing(folder, str(entry), "template-partials", file) for entry in entries)


def _attached(root: Path, entries: object, document: Path) -> tuple[Path, ...]:
    paths = tuple(root / str(entry) for entry in _list(entries))
    for path in paths:
        if not path.resolve().is_relative_to(root.resolve()):
            raise UserError(
                f"{document.name}: attach names {path.relative_to(root)}, which lies outside this "
                "project; take it out."
            )
    return paths


def _filters(folder: Path, entries: tuple, file: Path) -> tuple[Path, ...]:
    """Lua filters as Quarto orders them: each `{path: …, at: pre-ast}`, then the bare paths.

    In between are Quarto's own, which the press does without; later places (`at: post-quarto`, …)
    would find what those have made.
    """
    paths, bare = [], False
    for entry in entries:
        early = isinstance(entry, dict)
        if early and (set(entry) != {"path", "at"} or entry["at"] != "pre-ast"):
            raise UserError(
                f"{file}: found {reprlib.repr(entry)} below filters, expected a path, or "
                "'path: …' with 'at: pre-ast'; write one of these."
            )
        if early and bare:
            raise UserError(
                f"{file}: the filter {entry['path']} at pre-ast stands below one that Quarto "
                "runs after it; move it up."
            )
        bare = not early
        path = str(entry["path"] if early else entry)
        paths.append(_existing(folder, path, "filters", file))
    return tuple(paths)


def _section(loaded: dict, name: str, lines: list[Line]) -> dict:
    """A part of the settings that has settings of its own; it is taken out of `loaded`."""
    return as_mapping(loaded.pop(name, None), _line_of(name, lines), f" below {name}")


def _line_of(name: object, lines: list[Line]) -> Line:
    return next((it for it in lines if it.text.strip().startswith(f"{name}:")), lines[0])


def _known(part: dict, names: tuple[str, ...], lines: list[Line]) -> dict:
    for name in part:
        if name not in names:
            raise UserError(
                f"{_line_of(name, lines)}: the setting {name!r} is not known to the press; take it "
                f"out, or use one of {', '.join(names)}."
            )
    return part


def _typst(look: object, lines: list[Line]) -> list[dict]:
    if not look or look == "typst":
        return []
    if not isinstance(look, dict) or set(look) != {"typst"}:
        raise UserError(
            f"{_line_of('format', lines)}: the press knows one format, not {reprlib.repr(look)}; "
            "write 'format: typst: …'."
        )
    inner = look["typst"]
    return [inner] if isinstance(inner, dict) else []


def _metadata(settings: dict, document: Path) -> dict:
    metadata = {name: settings[name] for name in METADATA if name in settings}
    metadata.setdefault("lang", "en")
    metadata["by-author"] = [
        {"name": {"literal": _author(author, document)}}
        for author in _list(metadata.pop("author", None))
    ]
    if metadata.pop("number-sections", False):
        metadata["section-numbering"] = "1.1.a"
    if metadata.get("toc"):
        metadata.setdefault("toc-title", "Table of contents")
        metadata.setdefault("toc-depth", 3)
    form = metadata.pop("date-format", "iso")
    if "date" in metadata:
        metadata["date"] = _date(metadata["date"], form, document)
    return metadata


def _author(author: object, document: Path) -> str:
    name = author.get("name") if isinstance(author, dict) else author
    if not isinstance(name, str):
        raise UserError(
            f"{document.name}: found {reprlib.repr(author)} for an author, expected a name; write "
            "it, or 'name: …' below author."
        )
    return name


def _date(value: object, form: str, document: Path) -> str:
    if value in ("today", "now"):
        given = source_date()
        day = given.date() if given else date.today()
    elif value == "last-modified":
        day = date.fromtimestamp(document.stat().st_mtime)
    else:
        try:
            day = date.fromisoformat(str(value))
        except ValueError:
            return str(value)
    if form == "iso":
        return day.isoformat()
    if form == "long":
        return f"{day:%B} {day.day}, {day.year}"
    raise UserError(
        f"{document.name}: date-format is {form!r}; the press knows long and iso, write one of "
        "them."
    )


def _environment(root: Path) -> dict[str, str]:
    file = root / "_environment"
    if not file.is_file():
        return {}
    values = {}
    for number, text in enumerate(read_utf8(file, file.name).split("\n"), start=1):
        text = text.strip()
        if not text or text.startswith("#"):
            continue
        name, equals, value = text.partition("=")
        if not equals or not re.fullmatch(r"[A-Za-z_]\w*", name.strip()) or "\0" in value:
            hidden = ", with a NUL character" if "\0" in value else ""
            raise UserError(
                f"_environment:{number}: expected NAME=value, found {text[:80]!r}{hidden}; write "
                "it so, or take the line out."
            )
        if name.strip() not in os.environ:
            values[name.strip()] = value.strip().strip("\"'")
    return values
