"""Tables of the report, as Markdown that Quarto and the press turn into real tables."""

from collections.abc import Sequence
from dataclasses import dataclass

_RULES = {"l": ":---", "c": ":---:", "r": "---:"}


@dataclass(frozen=True)
class Table:
    """A table with one header row.

    Attributes:
        headers: one a column.
        rows: cells as text; Markdown in them is honored, a vertical bar is escaped.
        align: one letter a column, of `l`, `c`, `r`.
    """

    headers: Sequence[str]
    rows: Sequence[Sequence[object]]
    align: str

    def __post_init__(self) -> None:
        if len(self.align) != len(self.headers) or any(
            len(row) != len(self.headers) for row in self.rows
        ):
            raise ValueError(f"every row and `align` must have {len(self.headers)} columns")

    def _repr_markdown_(self) -> str:
        lines = [_line(self.headers), self._rule(), *map(_line, self.rows)]
        return "\n".join(lines)

    def _rule(self) -> str:
        return "|" + "|".join(_RULES[letter] for letter in self.align) + "|"


def _line(cells: Sequence[object]) -> str:
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"
