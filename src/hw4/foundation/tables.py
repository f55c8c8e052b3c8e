"""Tables of the report, as Markdown that Quarto and the press turn into real tables."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

WIDEST_LINE = 72
"""Characters; a table with a longer source line takes the whole width of the text (Pandoc)."""
_DASHES = 120
_MARKUP = re.compile(r"`[^`]*`\{=typst\}|\*\*|`|\\")
_EDGES = {"l": (":", ""), "c": (":", ":"), "r": ("", ":")}


@dataclass(frozen=True)
class Table:
    """A table with one header row.

    A small table is as wide as its cells; a large one as wide as the text, with columns in
    proportion to `widths` or to what stands in them.

    Attributes:
        headers: one a column.
        rows: cells as text; Markdown in them is honored, a vertical bar is escaped.
        align: one letter a column, of `l`, `c`, `r`.
        widths: relative column widths of a large table.

    Raises:
        ValueError: a row, `align` or `widths` has another number of columns than `headers`.
    """

    headers: Sequence[str]
    rows: Sequence[Sequence[object]]
    align: str
    widths: Sequence[float] | None = None

    def __post_init__(self) -> None:
        columns = len(self.headers)
        if any(
            len(part) != columns for part in (self.align, self.widths or self.align, *self.rows)
        ):
            raise ValueError(f"every row, `align` and `widths` must have {columns} columns")

    def _repr_markdown_(self) -> str:
        cells = [[_cell(cell) for cell in row] for row in [self.headers, *self.rows]]
        header, *rows = ["| " + " | ".join(row) + " |" for row in cells]
        large = any(len(line) > WIDEST_LINE for line in (header, *rows))
        return "\n".join([header, self._rule(cells) if large else self._rule(None), *rows])

    def _rule(self, cells: list[list[str]] | None) -> str:
        """The line under the header; its dashes set the widths of a large table."""
        if cells is None:
            widths: Sequence[float] = [0.0] * len(self.headers)
        else:
            widths = self.widths or [_wanted(column) for column in zip(*cells, strict=True)]
        parts = []
        for letter, width in zip(self.align, widths, strict=True):
            left, right = _EDGES[letter]
            dashes = "-" * max(3, round(_DASHES * width / (sum(widths) or 1)))
            parts.append(left + dashes + right)
        return "|" + "|".join(parts) + "|"


def _cell(cell: object) -> str:
    text = re.sub(r"(?<!\\)((?:\\\\)*)\|", r"\1\\|", str(cell))  # one that is escaped stays so
    return text.replace("\n", " ")


def _wanted(column: Sequence[str]) -> float:
    """Room that a column asks for: its longest word at least, its longest cell within limits."""
    shown = [_MARKUP.sub("", cell) for cell in column]
    word = max(len(word) for cell in shown for word in cell.split() or [""])
    return max(word, min(max(map(len, shown)), 48)) + 2


def table(headers: Sequence[str], rows: Sequence[Sequence[object]], align: str):
    """A Markdown table for the end of a cell, made by tabulate.

    Args:
        headers: one a column, none of them empty.
        rows: cells as text; Markdown in them is honored, a vertical bar is escaped.
        align: one letter a column, of `l`, `c`, `r`.
    """
    from IPython.display import Markdown
    from tabulate import tabulate

    names = {"l": "left", "c": "center", "r": "right"}
    return Markdown(
        tabulate(
            [[_cell(cell) for cell in row] for row in rows],
            headers,
            tablefmt="pipe",
            colalign=[names[letter] for letter in align],
            disable_numparse=True,
            preserve_whitespace=True,
        )
    )
