"""What `_quarto.yml`, `_metadata.yml`, `_environment` and a document's header ask for."""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from hw4.foundation.errors import UserError
from hw4.submission.lines import Line, as_mapping, line_of, lines_of, load_yaml, short

Rule = Callable[[object, Path], object]
EXECUTE = {"echo": True, "output": True, "include": True, "eval": True, "warning": True}
"""How cells are shown unless something else is said: Quarto's own defaults."""


@dataclass(frozen=True)
class Project:
    """The settings of a render; those with a name of Quarto's mean what they mean there.

    Attributes:
        root: the project's folder, where cells run.
        metadata: what the template and the filters are given.
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
    standards: tuple[str, ...]
    highlighting: str | None
    environment: dict[str, str]

    def alone(self) -> "Project":
        """The same for one part by itself: a quick look, which claims to be no submission."""
        metadata = {**self.metadata, "alone": True}
        return replace(self, pre_render=(), post_render=(), standards=(), metadata=metadata)


# --- what each setting may be: from its value, and the folder in which its paths begin, to the
# value as it is used; a ValueError says what is wrong with it


def _word(value: object, folder: Path) -> object:
    _expect(not isinstance(value, (list, dict)), value, "a word or a number")
    return value


def _words(value: object, folder: Path) -> tuple:
    return tuple(_word(it, folder) for it in _listed(value) if it is not None)


def _one_of(*choices: str) -> "Rule":
    def rule(value: object, folder: Path) -> object:
        _expect(value in choices, value, " or ".join(map(repr, choices)))
        return value

    return rule


def _headings(value: object, folder: Path) -> list[str]:
    right = isinstance(value, list) and all(isinstance(name, str) for name in value)
    _expect(right, value, "a list of the names of headings, such as [sec-a, sec-b]")
    return value


def _authors(value: object, folder: Path) -> list[dict]:
    authors = []
    for author in _listed(value):
        name = author.get("name") if isinstance(author, dict) else author
        _expect(isinstance(name, str), author, "a name, or 'name: …'")
        authors.append({"name": {"literal": name}})
    return authors


def _paths(value: object, folder: Path) -> tuple[Path, ...]:
    paths = tuple(folder / str(entry) for entry in _words(value, folder))
    for path in paths:
        if not path.is_file():
            raise ValueError(f"names {path.relative_to(folder)}, which is not there; mend the path")
    return paths


def _filters(value: object, folder: Path) -> tuple[Path, ...]:
    """Lua filters as Quarto orders them: each `{path: …, at: pre-ast}`, then the bare paths.

    In between are Quarto's own, which the press does without; later places (`at: post-quarto`, …)
    would find what those have made.
    """
    first, bare = [], []
    for entry in _listed(value):
        if isinstance(entry, dict):
            right = entry.keys() == {"path", "at"} and entry["at"] == "pre-ast"
            _expect(right, entry, "a path, or 'path: …' with 'at: pre-ast'")
            first.append(entry["path"])
        else:
            bare.append(entry)
    return _paths([*first, *bare], folder)


def _listed(value: object) -> list:
    return value if isinstance(value, list) else [value]


def _expect(is_right: bool, value: object, expected: str) -> None:
    if not is_right:
        raise ValueError(f"is {short(value)}, expected {expected}; write that")


SHOWN = ("title", "subtitle", "toc", "toc-title", "toc-depth")
RULES: dict[str, Rule] = {
    **dict.fromkeys((*SHOWN, "date", "lang", "number-sections", "syntax-highlighting"), _word),
    "date-format": _one_of("long", "iso"),
    "author": _authors,
    "leave-out": _headings,
    "code-windows": _one_of("in place", "appendix"),
    "attach": _words,
    "pdf-standard": _words,
    "filters": _filters,
    "template-partials": _paths,
    **dict.fromkeys((f"execute.{name}" for name in EXECUTE), _word),
    **dict.fromkeys(("project.pre-render", "project.post-render"), _words),
}
FOR_QUARTO = {
    *("project.type", "project.title", "project.render", "project.output-dir"),
    *("project.execute-dir", "execute.daemon", "execute.daemon-restart", "jupyter", "engine"),
    *("keep-typ", "papersize", "margin", "citeproc", "bibliography", "format-links"),
    *("html-math-method", "embed-resources"),
}
"""What the press does without."""


def find_root(document: Path) -> Path:
    """The folder of the `_quarto.yml` that a document belongs to (its own folder if none)."""
    for folder in document.resolve().parents:
        if (folder / "_quarto.yml").is_file():
            return folder
    return document.resolve().parent


def load_project(root: Path, header: list[Line], document: Path) -> Project:
    """The settings for a document with these header lines."""
    source_date()  # a wrong one is said before anything is computed
    settings: dict = {f"execute.{name}": value for name, value in EXECUTE.items()}
    for file in (root / "_quarto.yml", document.parent / "_metadata.yml"):
        if file.is_file():
            _read_settings(lines_of(file, root), file.parent, settings)
    _read_settings(header, document.parent, settings)
    return Project(
        root=root,
        document=document,
        pre_render=settings.get("project.pre-render", ()),
        post_render=settings.get("project.post-render", ()),
        execute={name: settings[f"execute.{name}"] for name in EXECUTE},
        metadata=_metadata(settings, document),
        filters=settings.get("filters", ()),
        partials=settings.get("template-partials", ()),
        standards=settings.get("pdf-standard", ()),
        highlighting=settings.get("syntax-highlighting"),
        environment=_environment(root),
    )


def _read_settings(lines: list[Line], folder: Path, settings: dict) -> None:
    """Add the settings of a file, whose paths begin in `folder`."""
    for name, value in _flat(lines) if lines else ():
        section, dot, last = name.rpartition(".")
        line = line_of(last, lines)
        if name not in RULES and name not in FOR_QUARTO:
            known = [it.removeprefix(section + dot) for it in RULES if it.startswith(section + dot)]
            raise UserError(
                f"{line}: the setting {short(last)} is not known to the press; take it out, or "
                f"use one of {', '.join(it for it in known if '.' not in it)}."
            )
        try:
            settings[name] = RULES[name](value, folder) if name in RULES else value
        except ValueError as error:
            raise UserError(f"{line}: {last} {error}.") from None


def _flat(lines: list[Line]) -> Iterator[tuple[str, object]]:
    """The settings in some lines, by names such as `title` and `execute.echo`."""
    for name, value in as_mapping(load_yaml(lines), lines[0]).items():
        if name in ("project", "execute"):
            inside = as_mapping(value, line_of(name, lines), f" below {name}")
            yield from ((f"{name}.{last}", it) for last, it in inside.items())
        elif name != "format":
            yield str(name), value
        elif isinstance(value, dict) and value.keys() == {"typst"}:
            yield from (value["typst"] if isinstance(value["typst"], dict) else {}).items()
        elif value and value != "typst":
            raise UserError(
                f"{line_of('format', lines)}: the press knows one format, not {short(value)}; "
                "write 'format: typst: …'."
            )


def _metadata(settings: dict, document: Path) -> dict:
    passed_on = (*SHOWN, "leave-out", "code-windows", "attach")
    metadata = {name: settings[name] for name in passed_on if name in settings}
    metadata |= {"lang": settings.get("lang", "en"), "by-author": settings.get("author", [])}
    if settings.get("number-sections"):
        metadata["section-numbering"] = "1.1.a"
    if settings.get("toc"):
        metadata = {"toc-title": "Table of contents", "toc-depth": 3, **metadata}
    if "date" in settings:
        metadata["date"] = _date(settings["date"], settings.get("date-format", "iso"), document)
    return metadata


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
    return day.isoformat() if form == "iso" else f"{day:%B} {day.day}, {day.year}"


def source_date() -> datetime | None:
    """The moment that `SOURCE_DATE_EPOCH` names, for builds that come out the same twice."""
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


def _environment(root: Path) -> dict[str, str]:
    file = root / "_environment"
    values = {}
    for line in lines_of(file, root) if file.is_file() else ():
        text = line.text.strip()
        if not text or text.startswith("#"):
            continue
        name, equals, value = text.partition("=")
        if not equals or not re.fullmatch(r"[A-Za-z_]\w*", name.strip()) or "\0" in value:
            hidden = ", with a NUL character" if "\0" in value else ""
            raise UserError(
                f"{line}: expected NAME=value, found {text[:80]!r}{hidden}; write it so, or take "
                "the line out."
            )
        if name.strip() not in os.environ:
            values[name.strip()] = value.strip().strip("\"'")
    return values
