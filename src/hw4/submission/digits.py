"""Numbers that are typed in the documents' prose, and the prints of those that are computed."""

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hw4.foundation.places import ROOT
from hw4.foundation.words import n, number, pct, scientific
from hw4.submission.documents import Prose, read_lines, split_cells, split_header
from hw4.submission.lines import Line

_NUMBER = re.compile(r"(?<![\w.,])\d+(?:,\d{3})*(?:\.\d+)?(?: ?%| × 10[⁻⁰¹²³⁴-⁹]+)?(?![\w])")
_NOT_PROSE = (
    re.compile(r"`[^`]*`(\{[^}]*\})?"),  # code and expressions
    re.compile(r"\[[^\[\]]*\]\{claim=[^}]*\}"),  # words that are bound to the numbers anyway
    re.compile(r"\$\$?[^$]+\$\$?"),  # formulas
    re.compile(r"\]\([^)]*\)|@[\w-]+|\{[#.][^}]*\}"),  # links, references, names
)


def typed_numbers(document: Path) -> Iterator[tuple[Line, str]]:
    """Each number that is typed in prose, with its line: `92.3 %`, `1.3 × 10⁻⁴`, `1,200`, `5`."""
    _, body = split_header(read_lines(document, ROOT))
    for part in split_cells(body):
        if isinstance(part, Prose):
            for line in part.lines:
                yield from ((line, found) for found in _numbers(line.text))


def _numbers(text: str) -> list[str]:
    for pattern in _NOT_PROSE:
        text = pattern.sub(" ", text)
    return _NUMBER.findall(text)


def live_numbers(results: dict[str, Any]) -> dict[str, str]:
    """The prints of the numbers of `results.json` that nobody types by chance, with their names."""
    prints: dict[str, str] = {}
    for name, value in _leaves(results):
        formats = [n(value)] if isinstance(value, int) else []
        if isinstance(value, float) and math.isfinite(value):
            formats = [number(value, 3), scientific(value)]
            formats += [pct(value), number(100 * value, 1)] if 0 <= value <= 1 else []
        for shown in formats:
            if len(re.sub(r"\D", "", shown).lstrip("0")) > 2 or "×" in shown:
                prints.setdefault(shown, name)
    return prints


def _leaves(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inside in value.items():
            if key not in ("settings", "versions", "build"):
                yield from _leaves(inside, f"{name}.{key}".lstrip("."))
    elif isinstance(value, list):
        for index, inside in enumerate(value):
            yield from _leaves(inside, f"{name}.{index}")
    elif not isinstance(value, bool):
        yield name, value
