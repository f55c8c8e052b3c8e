"""What `_quarto.yml`, `_metadata.yml`, `_environment` and a document's header ask for."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from hw4.foundation.errors import UserError
from hw4.submission.lines import Line, as_mapping, line_of, load_yaml, numbered, read_utf8, short

Rule = Callable[[object, Path], object]
EXECUTE = {"echo": True, "output": True, "include": True, "eval": True, "warning": True}
"""How cells are shown unless something else is said: Quarto's own defaults."""


@dataclass(frozen=True)
class Project:
    """The settings of a render; those with a name of Quarto's mean what they mean there.

    Attributes:
        root: the project's folder, where cells run.
        metadata: what the template and the filters are given.
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

    def shown(self, path: Path) -> Path:
        return path.relative_to(self.root) if path.is_relative_to(self.root) else path


# --- what each setting may be: a function to its value as it is used; a ValueError says what is
# wrong with it


def _anything(value: object, folder: Path) -> object:
    return value


def _only(expected: str, allowed: Callable[[object], bool]) -> "Rule":
    def rule(value: object, folder: Path) -> object:
        if not allowed(value):
            raise ValueError(f"is {short(value)}, expected {expected}; write that")
        return value

    return rule


def _words(value: object, folder: Path) -> tuple:
    values = value if isinstance(value, list) else [value]
    return tuple(_word(it, folder) for it in values if it is not None)


def _authors(value: object, folder: Path) -> list[dict]:
    authors = value if isinstance(value, list) else [value]
    names = [it.get("name") if isinstance(it, dict) else it for it in authors]
    for author, name in zip(authors, names, strict=True):
        if not isinstance(name, str):
            raise ValueError(
                f"is {short(author)}, expected a name; write it, or 'name: …' below author"
            )
    return [{"name": {"literal": name}} for name in names]


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
    paths, bare = [], None
    for entry in value if isinstance(value, list) else [value]:
        if not isinstance(entry, dict):
            bare = entry
            paths.append(entry)
        elif set(entry) != {"path", "at"} or entry["at"] != "pre-ast":
            raise ValueError(
                f"has {short(entry)}, expected a path, or 'path: …' with 'at: pre-ast'; write one "
                "of these"
            )
        elif bare is not None:
            raise ValueError(
                f"has {short(bare)} above {short(entry['path'])} at pre-ast, which Quarto runs "
                "before it; move it down"
            )
        else:
            paths.append(entry["path"])
    return _paths(paths, folder)


def _inside(value: object, root: Path) -> list[str]:
    paths = [str(entry) for entry in _words(value, root)]
    for path in paths:
        if not (root / path).resolve().is_relative_to(root.resolve()):
            raise ValueError(f"names {path}, which lies outside this project; take it out")
    return paths


_word = _only("a word or a number", lambda it: not isinstance(it, (list, dict)))
_names = _only(
    "a list of the names of headings, such as [sec-a, sec-b]",
    lambda it: isinstance(it, list) and all(isinstance(name, str) for name in it),
)
KNOWN: dict[str, dict[str, Rule]] = {
    "project": {
        **dict.fromkeys(("type", "title", "render", "output-dir", "execute-dir"), _anything),
        **dict.fromkeys(("pre-render", "post-render"), _words),
    },
    "execute": {**dict.fromkeys(EXECUTE, _word), "daemon": _anything, "daemon-restart": _anything},
    "": {
        **dict.fromkeys(("title", "subtitle", "date", "lang", "number-sections"), _word),
        **dict.fromkeys(("toc", "toc-title", "toc-depth", "syntax-highlighting"), _word),
        "date-format": _only("long or iso", lambda it: it in ("long", "iso")),
        "author": _authors,
        "leave-out": _names,
        "code-windows": _only(
            "'in place' or 'appendix'", lambda it: it in ("in place", "appendix")
        ),
        "attach": _inside,
        "pdf-standard": _words,
        "filters": _filters,
        "template-partials": _paths,
        # Quarto's alone
        **dict.fromkeys(("jupyter", "engine", "keep-typ", "papersize", "margin"), _anything),
        **dict.fromkeys(("citeproc", "bibliography", "format-links"), _anything),
        **dict.fromkeys(("html-math-method", "embed-resources"), _anything),
    },
}
METADATA = (
    *("title", "subtitle", "toc", "toc-title", "toc-depth"),
    *("leave-out", "code-windows", "attach"),
)


def find_root(document: Path) -> Path:
    """The folder of the `_quarto.yml` that a document belongs to (its own folder if none)."""
    for folder in document.resolve().parents:
        if (folder / "_quarto.yml").is_file():
            return folder
    return document.resolve().parent


def load_project(root: Path, header: list[Line], document: Path) -> Project:
    """The settings for a document with these header lines."""
    source_date()  # a wrong one is said before anything is computed
    found: dict[str, dict] = {"project": {}, "execute": dict(EXECUTE), "": {}}
    for file in (root / "_quarto.yml", document.parent / "_metadata.yml"):
        if file.is_file():
            name = file.relative_to(root)
            _read_settings(numbered(read_utf8(file, name), name), file.parent, root, found)
    _read_settings(header, document.parent, root, found)
    settings = found[""]
    return Project(
        root=root,
        document=document,
        pre_render=found["project"].get("pre-render", ()),
        post_render=found["project"].get("post-render", ()),
        execute=found["execute"],
        metadata=_metadata(settings, document),
        filters=settings.get("filters", ()),
        partials=settings.get("template-partials", ()),
        attached=tuple(root / name for name in settings.get("attach", ())),
        standards=settings.get("pdf-standard", ()),
        highlighting=settings.get("syntax-highlighting"),
        environment=_environment(root),
    )


def _read_settings(lines: list[Line], folder: Path, root: Path, found: dict[str, dict]) -> None:
    """Add the settings of a file, whose paths begin in `folder`, to those that were found."""
    if not lines:
        return
    loaded = load_yaml(lines)
    parts = {
        name: as_mapping(loaded.pop(name, None), line_of(name, lines), f" below {name}")
        for name in ("project", "execute")
    }
    parts[""] = loaded | _typst(loaded.pop("format", None), lines)
    for section, part in parts.items():
        for name, value in part.items():
            line = line_of(name, lines)
            if name not in KNOWN[section]:
                raise UserError(
                    f"{line}: the setting {short(name)} is not known to the press; take it out, or "
                    f"use one of {', '.join(KNOWN[section])}."
                )
            try:
                rule = KNOWN[section][name]
                found[section][name] = rule(value, root if name == "attach" else folder)
            except ValueError as error:
                raise UserError(f"{line}: {name} {error}.") from None


def _typst(form: object, lines: list[Line]) -> dict:
    if not form or form == "typst":
        return {}
    if not isinstance(form, dict) or set(form) != {"typst"}:
        raise UserError(
            f"{line_of('format', lines)}: the press knows one format, not {short(form)}; "
            "write 'format: typst: …'."
        )
    return form["typst"] if isinstance(form["typst"], dict) else {}


def _metadata(settings: dict, document: Path) -> dict:
    metadata = {name: settings[name] for name in METADATA if name in settings}
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
    for line in numbered(read_utf8(file, file.name), Path(file.name)) if file.is_file() else ():
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
