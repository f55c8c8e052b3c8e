"""The rubric: every question of the sheet, its points, and where and how it is answered.

`report/rubric.yml` names the questions; the numbers in the answers come from `results.json`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import cattrs
import yaml

from hw4.foundation import words
from hw4.foundation.errors import UserError
from hw4.foundation.places import ROOT
from hw4.foundation.tables import Table

RUBRIC = ROOT / "report" / "rubric.yml"
_FIELD = re.compile(r"\{([^}|]+)(?:\|([a-z_]+)(?::(\d+))?)?\}")
_WORDS = {
    "count": words.count,
    "number": words.number,
    "percent": words.percent,
    "scientific": words.scientific,
    "significant": words.significant,
    "times": words.times,
    "shape": lambda shape: f"[{', '.join(map(str, shape))}]",
    "text": str,
}


@dataclass(frozen=True)
class Item:
    """One question.

    Attributes:
        number: as the sheet counts it (`4 (b)`, `Q7`).
        points: what it is worth.
        section: the label of the heading under which it is answered.
        answers: templates such as `{sequences.models.vanilla.test_mse|scientific}`; the first one
            whose fields all have a value is the one-line answer.
        code: dotted names whose code windows a grader needs there.
        bonus: whether the points come on top.
    """

    number: str
    title: str
    points: int
    section: str
    answers: tuple[str, ...]
    code: tuple[str, ...] = ()
    bonus: bool = False


@dataclass(frozen=True)
class Problem:
    """One problem of the sheet; `experiment` names its part of `results.json`."""

    number: int
    title: str
    experiment: str
    section: str
    items: tuple[Item, ...]

    @property
    def points(self) -> int:
        """Points of all items that are no bonus."""
        return sum(item.points for item in self.items if not item.bonus)

    @property
    def bonus(self) -> int:
        """Points that come on top."""
        return sum(item.points for item in self.items if item.bonus)


@dataclass(frozen=True)
class Answer:
    """A one-line answer and the numbers in it, as they are printed."""

    text: str
    numbers: tuple[str, ...]


@cache
def rubric() -> tuple[Problem, ...]:
    """The problems with their items, from `report/rubric.yml`.

    Raises:
        UserError: the file is not what it should be.
    """
    try:
        content = yaml.safe_load(RUBRIC.read_text(encoding="utf-8"))
        converter = cattrs.Converter(forbid_extra_keys=True)
        return converter.structure(content, tuple[Problem, ...])
    except (OSError, yaml.YAMLError) as error:
        raise UserError(f"{RUBRIC} cannot be read: {error}.") from error
    except Exception as error:
        found = "; ".join(cattrs.transform_error(error))
        raise UserError(
            f"{RUBRIC} does not have the fields of a rubric ({found}): expected are problems with "
            "number, title, experiment, section, items, and items with number, title, points, "
            "section, answers."
        ) from error


def answer(item: Item, results: dict[str, Any]) -> Answer:
    """The item's one-line answer with the numbers of `results`.

    Raises:
        UserError: no template finds all its fields.
    """
    for template in item.answers:
        filled = _filled(template, results)
        if filled is not None:
            return filled
    raise UserError(
        f"{RUBRIC}: no answer of item {item.number} ({item.title}) finds all its fields in "
        f"results.json (the last: {item.answers[-1] if item.answers else 'none given'})."
    )


def _filled(template: str, results: dict[str, Any]) -> Answer | None:
    printed: list[str] = []
    numbers: list[str] = []
    for path, name, digits in _FIELD.findall(template):
        value = _look_up(path, results)
        if value is None:
            return None
        word = _WORDS[name or "text"]
        printed.append(word(value, int(digits)) if digits else word(value))
        if not isinstance(value, str):
            numbers.append(printed[-1])
    filled = iter(printed)
    return Answer(_FIELD.sub(lambda _: next(filled), template), tuple(numbers))


def _look_up(path: str, value: Any) -> Any:
    for name in path.split("."):
        try:
            value = value[int(name)] if isinstance(value, list) else value[name]
        except (KeyError, IndexError, TypeError, ValueError):
            return None
    return value


def rubric_table(results: dict[str, Any], problems: Sequence[Problem] | None = None) -> Table:
    """All items with points, one-line answer and a link to the page."""
    rows = []
    for problem in problems or rubric():
        total = f"{problem.points} + {problem.bonus}" if problem.bonus else f"{problem.points}"
        rows.append(
            [
                f"**Problem {problem.number}**",
                f"**{problem.title}**",
                f"**{total}**",
                _page(problem.section),
            ]
        )
        for item in problem.items:
            text = f"{item.title}: {answer(item, results).text}"
            points = f"+{item.points}" if item.bonus else f"{item.points}"
            rows.append([item.number, text, points, _page(item.section)])
    headers = ["Item", "Answer in one line", "Points", "Page"]
    return Table(headers, rows, "llrr", widths=(12, 76, 8, 6))


def _page(label: str) -> str:
    """A link to the page of a labeled heading, with the page's number (raw Typst)."""
    return f"`#link(<{label}>)[#context counter(page).at(<{label}>).first()]`{{=typst}}"
