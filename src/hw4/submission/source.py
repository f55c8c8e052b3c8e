"""Reading the documents: includes, front matter, cells."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hw4.foundation.errors import UserError
from hw4.submission.lines import Line, load_yaml, read_utf8

INCLUDE = re.compile(r"^\{\{<\s*include\s+(\S+)\s*>\}\}\s*$")
SHORTCODE = re.compile(r"(?<!\{)\{\{<\s*(/?\w+)?.*?(>\}\}|$)")
FENCE = re.compile(r"^(?P<indent>\s*)(?P<ticks>`{3,}|~{3,})\s*(?P<info>.*?)\s*$")
CHUNK = re.compile(r"^\{\s*(?P<language>[A-Za-z]\w*)(?P<rest>[^}]*)\}$")
LIKE_CHUNK = re.compile(r"^\s*(`{3,}|~{3,})\s*\{\s*[A-Za-z]")
OPTION = re.compile(r"^#\s*\|\s?(?P<yaml>.*)$")
SHOWN = re.compile(r"``.+?``")
OPEN_INLINE = re.compile(r"(?<!`)`\{([A-Za-z]\w*)\}(?=[ \t]|$)")
DOUBLED = re.compile(r"``\s?`?\{python\}")
INLINE = re.compile(r"(?P<before>^|[^`])`\{python\}[ \t](?P<expression>[^`]+)`")

CELL_OPTIONS = (
    "label",
    "fig-cap",
    "fig-alt",
    "tbl-cap",
    "lst-cap",
    "lst-label",
    "echo",
    "output",
    "include",
    "eval",
    "warning",
)


@dataclass(frozen=True)
class Prose:
    """Markdown between two cells."""

    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Cell:
    """A cell of Python: the line of its fence, its code (options included), its options."""

    fence: Line
    code: tuple[Line, ...]
    options: dict

    @property
    def name(self) -> str:
        """What to call the cell in a message."""
        label = self.options.get("label")
        return f"the cell {label}" if label else "a cell"


def read_lines(path: Path, root: Path, _open: tuple[Path, ...] = ()) -> list[Line]:
    """The lines of a document, with every include put in its place.

    Args:
        path: the document.
        root: the project's folder; paths in messages are relative to it.

    Raises:
        UserError: a file is not UTF-8; an included one is missing, includes itself, or has a
            header of its own.
    """
    shown = path.relative_to(root) if path.is_relative_to(root) else path
    lines: list[Line] = []
    text = read_utf8(path, shown)
    if _open and text.startswith("---\n"):
        raise UserError(
            f"{shown}:1: an included part cannot have a YAML header; "
            "move its settings to the document that includes it."
        )
    closing = None
    for number, raw in enumerate(text.splitlines(), start=1):
        line = Line(raw, shown, number)
        closing = _closing_fence(raw, closing)
        found = None if closing else INCLUDE.match(raw)
        if not found:
            lines.append(line)
            continue
        name = found[1]
        part = (root / name.lstrip("/") if name.startswith("/") else path.parent / name).resolve()
        if not part.is_file():
            raise UserError(f"{line}: there is no file {name} to include; mend the name.")
        if part in (*_open, path):
            raise UserError(f"{line}: {name} includes itself; take the include out.")
        lines.extend(read_lines(part, root, (*_open, path)))
    return lines


def _closing_fence(text: str, closing: str | None) -> str | None:
    """What would close the fenced block that is open after this line, or None if none is."""
    found = FENCE.match(text)
    if not found:
        return closing
    ticks = found["ticks"]
    if closing is None:
        return ticks
    return None if ticks.startswith(closing) and not found["info"] else closing


def split_header(lines: list[Line]) -> tuple[list[Line], list[Line]]:
    """The YAML header (without its dashes) and the body of a document."""
    if not lines or lines[0].text.rstrip() != "---":
        return [], lines
    for index, line in enumerate(lines[1:], start=1):
        if line.text.rstrip() in ("---", "..."):
            return lines[1:index], lines[index + 1 :]
    raise UserError(f"{lines[0]}: the YAML header has no closing line; add --- after it.")


def split_cells(lines: list[Line]) -> list[Prose | Cell]:
    """The body as prose and cells in order, parsed by jupytext.

    Raises:
        UserError: something in it is not understood (see `_check_outside`), by file and line.
    """
    import jupytext  # takes half a second, meanwhile the kernel starts

    _check_fences(lines)
    text = "\n".join(line.text for line in lines) + "\n"
    try:
        notebook = jupytext.reads(text, fmt="Rmd")
    except Exception as error:  # it has no common one for what it does not understand
        raise UserError(
            f"{lines[0].path}: cells and prose cannot be told apart ({error}); see that each cell "
            "begins with ```{python} and ends with ```."
        ) from error
    parts: list[Prose | Cell] = []
    labels: set[str] = set()
    at = 0
    for parsed in notebook.cells:
        source = parsed.source.splitlines()
        if parsed.cell_type == "code":
            while not _chunk(lines[at].text):
                at += 1
            code = tuple(lines[at + 1 : at + 1 + len(source)])
            cell = Cell(lines[at], code, _options(code))
            label = cell.options.get("label")
            if label in labels:
                raise UserError(f"{lines[at]}: the label {label} is given twice; rename one.")
            labels |= {label} if label else set()
            parts.append(cell)
            at += len(source) + 2
        elif source:
            while lines[at].text != source[0]:
                at += 1
            prose = tuple(lines[at : at + len(source)])
            _check_prose(prose)
            parts.append(Prose(prose))
            at += len(source)
    return parts


def _chunk(text: str) -> re.Match | None:
    found = FENCE.match(text)
    return CHUNK.match(found["info"]) if found else None


def _check_fences(lines: list[Line]) -> None:
    closing = None
    for line in lines:
        opening = closing is None
        closing = _closing_fence(line.text, closing)
        chunk = _chunk(line.text) if opening else None
        if not chunk:
            if opening and LIKE_CHUNK.match(line.text):
                raise UserError(
                    f"{line}: a cell begins with ```{{python}} and nothing else; move what follows "
                    "to a line of its own."
                )
            continue
        if chunk["language"] != "python":
            raise UserError(
                f"{line}: cells are in Python, not {chunk['language']}; write ```{{python}} "
                f"for a cell, or ```{chunk['language']} to show code."
            )
        if chunk["rest"].strip():
            raise UserError(
                f"{line}: options stand on lines of their own; write '#| name: value' "
                f"below the fence in place of '{chunk['rest'].strip()}'."
            )
        if not line.text.startswith("```{"):
            raise UserError(f"{line}: a cell begins at the margin with ```{{python}}.")
    if closing is not None:
        raise UserError(f"{lines[-1]}: a fenced block is never closed; add {closing}.")


def _options(code: tuple[Line, ...]) -> dict:
    lines = []
    for line in code:
        found = OPTION.match(line.text)
        if not found:
            break
        lines.append(line.says(found["yaml"]))
    options = load_yaml(lines) if lines else {}
    for name, value in options.items():
        line = next((it for it in lines if it.text.startswith(str(name))), lines[0])
        if name not in CELL_OPTIONS:
            raise UserError(
                f"{line}: the cell option {name!r} is not known here; "
                f"use one of {', '.join(CELL_OPTIONS)}."
            )
        if isinstance(value, str) and "`{python}" in value:
            raise UserError(
                f"{line}: Quarto does not compute expressions in cell options; put the cell into "
                '::: {#fig-name fig-alt="`{python} …`"} with the caption as its last paragraph.'
            )
    return options


def _check_prose(lines: tuple[Line, ...]) -> None:
    closing = None
    for line in lines:
        closing = _closing_fence(line.text, closing)
        found = None if closing else SHORTCODE.search(line.text)
        if found and found[1] != "pagebreak":
            instead = (
                "put the include on a line of its own"
                if found[1] == "include"
                else "write {{< include file >}}, {{< pagebreak >}}, or an expression "
                "`{python} …` in its place"
            )
            raise UserError(f"{line}: the shortcode {found[0]} is not known here; {instead}.")
        found = None if closing else OPEN_INLINE.search(INLINE.sub("", SHOWN.sub("", line.text)))
        if found and found[1] != "python":
            raise UserError(f"{line}: expressions are in Python; write `{{python}} …`.")
        if found:
            raise UserError(
                f"{line}: the expression `{{python}} … does not end on this line: close it with a "
                "backtick; an expression stands on one line, whole."
            )
        if not closing and DOUBLED.search(line.text):
            raise UserError(
                f"{line}: between double backticks an expression is printed as it stands; write "
                "one backtick before {python} and one after the expression."
            )


def expressions(prose: Prose) -> Iterator[tuple[Line, str]]:
    """The inline expressions of a piece of prose, each with its line."""
    for line in prose.lines:
        for found in INLINE.finditer(line.text):
            yield line, found["expression"].strip()
