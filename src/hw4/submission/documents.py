"""Reading the documents: every line knows where it comes from; cells and prose in their order."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from hw4.foundation.errors import UserError
from hw4.submission.lines import Line, line_of, load_yaml, numbered, read_utf8

INCLUDE = re.compile(r"^\{\{<\s*include\s+(\S+)\s*>\}\}\s*$")
PAGE_BREAK = re.compile(r"^\{\{<\s*pagebreak\s*>\}\}\s*$")
FENCE = re.compile(r"^\s*(?P<ticks>`{3,}|~{3,})\s*(?P<info>.*?)\s*$")
CHUNK = re.compile(r"^\{\s*(?P<language>[A-Za-z]\w*)(?P<rest>[^}]*)\}$")
LIKE_CHUNK = re.compile(r"^\{\s*[A-Za-z]")
OPTION = re.compile(r"^#\s*\|\s?(?P<yaml>.*)$")
SHOWN = re.compile(r"``.+?``")
INLINE = re.compile(r"(?P<before>^|[^`])`\{python\}[ \t](?P<expression>[^`]+)`")
DOUBLED = re.compile(r"``\s?`?\{python\}")
BINDS = re.compile(r"""(?<![\w-])(when|claim)=["']?`\{python\}[ \t]$""")
VALUE = "\0"
"""Stands for an expression while the words around it are looked at."""
BINDINGS = ("when", "claim", "title", "fig-alt", "alt", "fig-cap", "tbl-cap")
"""Attributes that may hold an expression."""
REFUSED = tuple(
    (re.compile(pattern), told)
    for pattern, told in {
        r"^(?!\{\{<\s*pagebreak\s*>\}\}\s*$).*(?<!\{)(\{\{<\s*pagebreak\b.*)": (
            "{1} would be printed here; put it on a line of its own"
        ),
        r"(?<!\{)\{\{<\s*include\b.*?(?:>\}\}|$)": (
            "the shortcode {0} is not known here; put the include on a line of its own"
        ),
        r"(?<!\{)\{\{<(?!\s*pagebreak).*?(?:>\}\}|$)": (
            "the shortcode {0} is not known here; write {{{{< include file >}}}}, "
            "{{{{< pagebreak >}}}}, or an expression `{{python}} …` in its place"
        ),
        r"(?<!`)`\{(?!python\})[A-Za-z]\w*\}(?=[ \t]|$)": (
            "expressions are in Python; write `{{python}} …`"
        ),
        r"(?<!`)`\{python\}(?=[ \t]|$)": (
            "the expression `{{python}} … does not end on this line: close it with a backtick; an "
            "expression stands on one line, whole"
        ),
        r"(?<!`)`python\s+(?!-)[^`]+`": (
            "{0} would be printed as it stands; write `{{python}} …` for its value, or double "
            "backticks to show the code"
        ),
        rf"\{{[^{{}}]*(?<![\w-])(when|claim)=(?![\"']?{VALUE})[^\s}}]*": (
            '{0} binds its words to no number; write {1}="`{{python}} …`", with an expression '
            "that is True or False"
        ),
        rf"(?<![\w-])(?!(?:{'|'.join(BINDINGS)})=)([\w-]+)=[\"']{VALUE}": (
            f"the attribute {{1}} binds its words to nothing; write one of {', '.join(BINDINGS)}, "
            "or take it out"
        ),
    }.items()
)
"""What would be printed as it stands, or do nothing, without a word: and what is said of it."""
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


def read_lines(path: Path, root: Path, _open: tuple[Path, ...] = ()) -> list[Line]:
    """The lines of a document, with every include put in its place.

    Args:
        root: the project's folder; paths in messages are relative to it.
    """
    shown = path.relative_to(root) if path.is_relative_to(root) else path
    own = numbered(read_utf8(path, shown), shown)
    if _open and own and own[0].text == "---":
        raise UserError(
            f"{shown}:1: an included part cannot have a YAML header; "
            "move its settings to the document that includes it."
        )
    lines: list[Line] = []
    for line, fence in _fences(own):
        found = None if fence else INCLUDE.match(line.text)
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


def _fences(lines: Iterable[Line]) -> Iterator[tuple[Line, str]]:
    """Each line, and whether it `opens` or `closes` a fenced block, stands `inside`, or neither."""
    closing = None
    for line in lines:
        found = FENCE.match(line.text)
        if closing is None:
            closing = found and found["ticks"]
            yield line, "opens" if found else ""
        elif found and found["ticks"].startswith(closing) and not found["info"]:
            closing = None
            yield line, "closes"
        else:
            yield line, "inside"


def split_header(lines: list[Line]) -> tuple[list[Line], list[Line]]:
    """The YAML header (without its dashes) and the body of a document."""
    if not lines or lines[0].text.rstrip() != "---":
        return [], lines
    for index, line in enumerate(lines[1:], start=1):
        if line.text.rstrip() in ("---", "..."):
            return lines[1:index], lines[index + 1 :]
    raise UserError(f"{lines[0]}: the YAML header has no closing line; add --- after it.")


def split_cells(lines: list[Line]) -> list[Prose | Cell]:
    """The body as prose and cells in order."""
    parts: list[Prose | Cell] = []
    piece: list[Line] = []
    labels: set[str] = set()
    opening, in_cell, fence = None, False, ""

    def end_prose() -> None:
        if any(line.text.strip() for line in piece):
            parts.append(Prose(tuple(piece)))
        piece.clear()

    for line, fence in _fences(lines):
        opening = line if fence == "opens" else opening
        if fence == "opens" and _begins_cell(line):
            end_prose()
            in_cell = True
        elif in_cell and fence == "closes":
            cell = Cell(opening, tuple(piece), _options(piece))
            label = str(cell.options.get("label", ""))
            if label in labels:
                raise UserError(f"{opening}: the label {label} is given twice; rename one.")
            labels |= {label} - {""}
            parts.append(cell)
            piece.clear()
            in_cell = False
        else:
            piece.append(line)
            if not fence:
                _check_prose(line)
    if fence in ("opens", "inside"):
        ticks = FENCE.match(opening.text)["ticks"]
        raise UserError(f"{opening}: a fenced block is never closed; add {ticks} where it ends.")
    end_prose()
    return parts


def _begins_cell(line: Line) -> bool:
    info = FENCE.match(line.text)["info"]
    chunk = CHUNK.match(info)
    if not chunk and LIKE_CHUNK.match(info):
        raise UserError(
            f"{line}: a cell begins with ```{{python}} and nothing else; move what follows "
            "to a line of its own."
        )
    if not chunk:
        return False
    language, rest = chunk["language"], chunk["rest"].strip()
    if language != "python":
        raise UserError(
            f"{line}: cells are in Python, not {language}; write ```{{python}} "
            f"for a cell, or ```{language} to show code."
        )
    if rest:
        raise UserError(
            f"{line}: options stand on lines of their own; write '#| name: value' "
            f"below the fence in place of '{rest}'."
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
    if DOUBLED.search(line.text):
        raise UserError(
            f"{line}: between double backticks an expression is printed as it stands; write "
            "one backtick before {python} and one after the expression."
        )
    text = INLINE.sub(f"\\g<before>{VALUE}", SHOWN.sub("", line.text))
    for pattern, told in REFUSED:
        if found := pattern.search(text):
            shown = found[0].replace(VALUE, "`{python} …`")
            raise UserError(f"{line}: {told.format(shown, *found.groups())}.")
