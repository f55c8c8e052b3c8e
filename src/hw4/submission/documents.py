"""Reading the documents: every line knows where it comes from; cells and prose in their order."""

import re
import reprlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from hw4.foundation.errors import UserError

INCLUDE = re.compile(r"^\{\{<\s*include\s+(\S+)\s*>\}\}\s*$")
PAGE_BREAK = re.compile(r"^\{\{<\s*pagebreak\s*>\}\}\s*$")
SHORTCODE = re.compile(r"(?<!\{)\{\{<\s*(/?\w+)?.*?(>\}\}|$)")
FENCE = re.compile(r"^(?P<indent>\s*)(?P<ticks>`{3,}|~{3,})\s*(?P<info>.*?)\s*$")
CHUNK = re.compile(r"^\{\s*(?P<language>[A-Za-z]\w*)(?P<rest>[^}]*)\}$")
LIKE_CHUNK = re.compile(r"^\s*(`{3,}|~{3,})\s*\{\s*[A-Za-z]")
OPTION = re.compile(r"^#\s*\|\s?(?P<yaml>.*)$")
SHOWN = re.compile(r"``.+?``")
OPEN_INLINE = re.compile(r"(?<!`)`\{([A-Za-z]\w*)\}(?=[ \t]|$)")
DOUBLED = re.compile(r"``\s?`?\{python\}")
INLINE = re.compile(r"(?P<before>^|[^`])`\{python\}[ \t](?P<expression>[^`]+)`")
BINDS = re.compile(r"""(?<![\w-])(when|claim)=["']?`\{python\}[ \t]$""")

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
SHOWN_OF_LINE = 80
"""Characters of a line that a message repeats."""


@dataclass(frozen=True)
class Line:
    """One line of text and where it comes from."""

    text: str
    path: Path
    number: int

    def __str__(self) -> str:
        return f"{self.path}:{self.number}"

    def says(self, text: str) -> "Line":
        """Another text from the same place."""
        return replace(self, text=text)


@dataclass(frozen=True)
class Expression:
    """An inline expression; `binds` is `when` or `claim` where it stands in that attribute."""

    text: str
    line: Line
    binds: str


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
    """The body as prose and cells in order.

    Raises:
        UserError: something in it is not understood, by file and line.
    """
    parts: list[Prose | Cell] = []
    prose: list[Line] = []
    labels: set[str] = set()
    closing, fence, code = None, None, []
    for line in lines:
        opening = closing is None
        closing = _closing_fence(line.text, closing)
        if opening and _begins_cell(line):
            fence, code = line, []
            parts += _prose(prose)
            prose = []
        elif fence is None:
            prose.append(line)
        elif closing is not None:
            code.append(line)
        else:
            cell = Cell(fence, tuple(code), _options(code))
            label = cell.options.get("label")
            if label in labels:
                raise UserError(f"{fence}: the label {label} is given twice; rename one.")
            labels |= {label} if label else set()
            parts.append(cell)
            fence = None
    if closing is not None:
        raise UserError(f"{lines[-1]}: a fenced block is never closed; add {closing}.")
    return [*parts, *_prose(prose)]


def _prose(lines: list[Line]) -> Iterator[Prose]:
    _check_prose(lines)
    if any(line.text.strip() for line in lines):
        yield Prose(tuple(lines))


def _begins_cell(line: Line) -> bool:
    found = FENCE.match(line.text)
    chunk = CHUNK.match(found["info"]) if found else None
    if not chunk:
        if LIKE_CHUNK.match(line.text):
            raise UserError(
                f"{line}: a cell begins with ```{{python}} and nothing else; move what follows "
                "to a line of its own."
            )
        return False
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
    return True


def _options(code: list[Line]) -> dict:
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
                f"{line}: the cell option {name!r} is not known here, whatever Quarto knows; "
                f"use one of {', '.join(CELL_OPTIONS)}."
            )
        if isinstance(value, str) and "`{python}" in value:
            raise UserError(
                f"{line}: Quarto does not compute expressions in cell options; put the cell into "
                '::: {#fig-name fig-alt="`{python} …`"} with the caption as its last paragraph.'
            )
    return options


def _check_prose(lines: list[Line]) -> None:
    closing = None
    for line in lines:
        closing = _closing_fence(line.text, closing)
        found = None if closing else SHORTCODE.search(line.text)
        if found and found[1] == "pagebreak" and not PAGE_BREAK.match(line.text):
            raise UserError(
                f"{line}: {found[0]} would be printed here; put it on a line of its own."
            )
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


def expression_of(found: re.Match, line: Line) -> Expression:
    """What `INLINE` has found in a line."""
    bound = BINDS.search(line.text[: found.start("expression")])
    return Expression(found["expression"].strip(), line, bound[1] if bound else "")


def read_utf8(path: Path, shown: Path | str) -> str:
    """The text of a file, without a mark of the byte order, its lines ended by `\\n`.

    Args:
        shown: what to call it in a message.

    Raises:
        UserError: it cannot be read, or is not UTF-8.
    """
    try:
        content = path.read_bytes()
        return content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        number = content[: error.start].count(b"\n") + 1
        raise UserError(
            f"{shown}:{number}: found bytes that are not UTF-8, expected text: save it as UTF-8."
        ) from None
    except OSError as error:
        raise UserError(
            f"{shown} cannot be read ({error.strerror}), a text file was expected: put it back."
        ) from None


def parse_yaml(lines: list[Line]) -> object:
    """What a few lines of YAML hold.

    Raises:
        UserError: it is not YAML.
    """
    text, at = "\n".join(line.text for line in lines), 0
    try:
        return yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        at = error.problem_mark.line if error.problem_mark else 0
        problem = error.problem
    except yaml.reader.ReaderError as error:
        at = text.count("\n", 0, error.position)
        problem = f"the character #x{error.character:04x} is not allowed"
    except RecursionError:
        problem = "nested too deep"
    except ValueError as error:  # a date such as 2025-13-01
        at = next((n for n, line in enumerate(lines) if _has_no_value(line.text)), 0)
        problem = str(error)
    at = min(at, len(lines) - 1)
    while at and not lines[at].text.strip():
        at -= 1
    line = lines[at]
    raise UserError(
        f"{line}: this is not valid YAML ({problem}): {line.text.strip()[:SHOWN_OF_LINE]}; "
        "put that line right."
    )


def _has_no_value(text: str) -> bool:
    try:
        yaml.safe_load(text.strip())
    except yaml.YAMLError:
        return False
    except ValueError:
        return True
    return False


def load_yaml(lines: list[Line]) -> dict:
    """The mapping a few lines of YAML hold.

    Raises:
        UserError: it is not YAML, or not a mapping.
    """
    return as_mapping(parse_yaml(lines), lines[0])


def as_mapping(value: object, line: Line, where: str = "") -> dict:
    """`value` if it is a mapping, an empty one for nothing.

    Raises:
        UserError: it is something else.
    """
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise UserError(
            f"{line}: expected 'key: value' lines{where}, found {reprlib.repr(value)}; write them, "
            "or take it out."
        )
    return value
