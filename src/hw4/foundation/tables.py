"""Tables of the report: Markdown that Quarto and the press turn into real tables."""

import re
from collections.abc import Sequence

ALIGNED = {"l": "left", "c": "center", "r": "right"}


def table(headers: Sequence[str], rows: Sequence[Sequence[object]], align: str):
    """A Markdown table for the end of a cell, made by tabulate.

    Args:
        headers: one a column, none of them empty.
        rows: cells as text; Markdown in them is honored, a vertical bar is escaped.
        align: one letter a column, of `l`, `c`, `r`.

    Raises:
        ValueError: a row or `align` has another number of columns than `headers`.
    """
    from IPython.display import Markdown
    from tabulate import tabulate

    if any(len(part) != len(headers) for part in (align, *rows)):
        raise ValueError(f"every row, and `align`, must have {len(headers)} columns")
    return Markdown(
        tabulate(
            [[_cell(cell) for cell in row] for row in rows],
            headers,
            tablefmt="pipe",
            colalign=[ALIGNED[letter] for letter in align],
            disable_numparse=True,
            preserve_whitespace=True,
        )
    )


def bold(row: Sequence[str]) -> list[str]:
    """The cells of a row that stands out."""
    return [f"**{cell}**" if cell else cell for cell in row]


def _cell(cell: object) -> str:
    text = re.sub(r"(?<!\\)((?:\\\\)*)\|", r"\1\\|", str(cell))  # one that is escaped stays so
    return text.replace("\n", " ")
