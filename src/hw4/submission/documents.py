"""Reading the documents: every line knows where it comes from; cells and prose in their order."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hw4.foundation.errors import UserError
from hw4.submission.lines import Line, as_mapping, line_of, lines_of, load_yaml

INCLUDE = re.compile(r"^\{\{<\s*include\s+(\S+)\s*>\}\}\s*$")
PAGE_BREAK = re.compile(r"^\{\{<\s*pagebreak\s*>\}\}\s*$")
FENCE = re.compile(r"^\s*(?P<ticks>`{3,}|~{3,})\s*(?P<info>.*?)\s*$")
CELL = re.compile(r"```\{ *python *\}\s*$")
LIKE_CELL = re.compile(r"\{\s*[A-Za-z]")
OPTION = re.compile(r"^#\s*\|\s?(?P<yaml>.*)$")
SHOWN = re.compile(r"``.+?``")
INLINE = re.compile(r"(?P<before>^|[^`])`\{python\}[ \t](?P<expression>[^`]+)`")
BINDS = re.compile(r"""(?<![\w-])(when|claim)=["']?`\{python\}[ \t]$""")
DOUBLED = re.compile(r"``\s?`?\{python\}")
SHORTCODE = re.compile(r"(?<!\{)\{\{<.*?(?:>\}\}|$)")
NOT_COMPUTED = re.compile(r"(?<!`)`(?:\{[A-Za-z]\w*\}(?=[ \t]|$)|python\s+(?!-))[^`]*`?")
CELL_OPTIONS = (
    *("label", "fig-cap", "fig-alt", "tbl-cap", "lst-cap", "lst-label"),
    *("echo", "output", "include", "eval", "warning"),
)


@dataclass(frozen=True)
class Expression:
    """An inline expression; `binds` is `when` or `claim` where it stands in that attribute."""

    text: str
    line: Line
    binds: str

    @classmethod
    def of(cls, found: re.Match, line: Line) -> "Expression":
        """What `INLINE` has found in a line."""
        bound = BINDS.search(line.text[: found.start("expression")])
        return cls(found["expression"].strip(), line, bound[1] if bound else "")

    def __str__(self) -> str:
        return f"{self.line}: the expression `{{python}} {self.text}`"


@dataclass(frozen=True)
class Prose:
    """Markdown between two cells."""

    lines: tuple[Line, ...]

    @property
    def has_words(self) -> bool:
        return any(line.text.strip() for line in self.lines)


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

    @property
    def source(self) -> str:
        return "\n".join(line.text for line in self.code)


def read_document(path: Path, root: Path) -> tuple[list[Line], list[Prose | Cell]]:
    """The lines of a document's YAML header, and what it consists of, in order.

    Args:
        root: the project's folder; paths in messages are relative to it.
    """
    header, body = _split_header(_read_lines(path, root, ()))
    return header, split_cells(body)


def _read_lines(path: Path, root: Path, including: tuple[Path, ...]) -> list[Line]:
    """The lines of a document, with every include put in its place."""
    own = lines_of(path, root)
    if including and own and own[0].text == "---":
        raise UserError(
            f"{own[0]}: an included part cannot have a YAML header; "
            "move its settings to the document that includes it."
        )
    lines: list[Line] = []
    for block in _blocks(own):
        found = INCLUDE.match(block[0].text)
        if not found:
            lines += block
            continue
        name = found[1]
        part = (root / name.lstrip("/") if name.startswith("/") else path.parent / name).resolve()
        if not part.is_file():
            raise UserError(f"{block[0]}: there is no file {name} to include; mend the name.")
        if part in (*including, path):
            raise UserError(f"{block[0]}: {name} includes itself; take the include out.")
        lines += _read_lines(part, root, (*including, path))
    return lines


def _blocks(lines: list[Line]) -> Iterator[list[Line]]:
    """Fenced blocks whole, every other line by itself."""
    block: list[Line] = []
    closing = None
    for line in lines:
        found = FENCE.match(line.text)
        ends = closing and found and found["ticks"].startswith(closing) and not found["info"]
        if not block:
            closing = found and found["ticks"]
        block.append(line)
        if ends or not closing:
            yield block
            block, closing = [], None
    if block:
        raise UserError(f"{block[0]}: a fenced block is never closed; add {closing} where it ends.")


def _split_header(lines: list[Line]) -> tuple[list[Line], list[Line]]:
    if not lines or lines[0].text.rstrip() != "---":
        return [], lines
    for index, line in enumerate(lines[1:], start=1):
        if line.text.rstrip() in ("---", "..."):
            return lines[1:index], lines[index + 1 :]
    raise UserError(f"{lines[0]}: the YAML header has no closing line; add --- after it.")


def split_cells(lines: list[Line]) -> list[Prose | Cell]:
    """The body of a document as prose and cells."""
    parts: list[Prose | Cell] = []
    prose: list[Line] = []
    labels: set[str] = set()
    for block in _blocks(lines):
        if len(block) == 1:
            _check_prose(block[0])
        elif _begins_cell(block[0]):
            cell = Cell(block[0], tuple(block[1:-1]), _options(block[1:-1]))
            label = str(cell.options.get("label", ""))
            if label in labels:
                raise UserError(f"{cell.fence}: the label {label} is given twice; rename one.")
            labels |= {label} - {""}
            parts += [Prose(tuple(prose)), cell]
            prose = []
            continue
        prose += block
    parts.append(Prose(tuple(prose)))
    return [part for part in parts if isinstance(part, Cell) or part.has_words]


def _begins_cell(line: Line) -> bool:
    if CELL.match(line.text):
        return True
    info = FENCE.match(line.text)["info"]
    if LIKE_CELL.match(info):
        raise UserError(
            f"{line}: found {line.text.strip()}, but a cell begins with ```{{python}} and nothing "
            "else, at the margin: cells are in Python, and options stand on lines of their own; "
            "write '#| name: value' below the fence, or ```name to show code in another language."
        )
    return False


def _options(code: list[Line]) -> dict:
    lines = []
    for line in code:
        found = OPTION.match(line.text)
        if not found:
            break
        lines.append(line.says(found["yaml"]))
    options = as_mapping(load_yaml(lines), lines[0]) if lines else {}
    for name, value in options.items():
        line = line_of(name, lines)
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


def _check_prose(line: Line) -> None:
    """Refuse what would be printed as it stands, without a word."""
    if DOUBLED.search(line.text):
        raise UserError(
            f"{line}: between double backticks an expression is printed as it stands; write "
            "one backtick before {python} and one after the expression."
        )
    text = INLINE.sub("", SHOWN.sub("", line.text))
    if (found := SHORTCODE.search(text)) and not PAGE_BREAK.match(text):
        raise UserError(
            f"{line}: the shortcode {found[0]} is not known here; write {{{{< include file >}}}} "
            "or {{< pagebreak >}} on a line of its own, or an expression `{python} …` in its place."
        )
    if found := NOT_COMPUTED.search(text):
        raise UserError(
            f"{line}: {found[0]} would be printed as it stands: expressions are in Python, each on "
            "one line, whole; write `{python} …`, or double backticks to show the code."
        )
