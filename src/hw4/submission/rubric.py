"""The rubric: every question of the sheet, its points, where and with which code it is answered.

`report/rubric.yml` names the questions; the one-line answers are prose of `report/submission.qmd`.
"""

from dataclasses import dataclass
from functools import cache

import cattrs

from hw4.foundation.errors import UserError
from hw4.foundation.places import ROOT
from hw4.submission.lines import lines_of, load_yaml, short

RUBRIC = ROOT / "report" / "rubric.yml"
SHOWN_FAULTS = 8
"""Faults of the rubric that a message names."""


@dataclass(frozen=True)
class Item:
    """One question.

    Attributes:
        number: as the sheet counts it (`4 (b)`, `Q7`).
        section: the label of the heading under which it is answered.
        code: dotted names whose code windows a grader needs there.
        bonus: whether the points come on top.
    """

    number: str
    title: str
    points: int
    section: str
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
        return sum(item.points for item in self.items if not item.bonus)

    @property
    def bonus(self) -> int:
        return sum(item.points for item in self.items if item.bonus)

    def name_of(self, item: Item) -> str:
        """What to call an item in a message."""
        return f"problem {self.number}, {item.number} ({item.title})"


@cache
def rubric() -> tuple[Problem, ...]:
    """The problems with their items, from `report/rubric.yml`."""
    content = load_yaml(lines_of(RUBRIC, ROOT))
    found = f"found {short(content)} where a list of problems belongs"
    if isinstance(content, list) and all(isinstance(it, dict) for it in content):
        try:
            converter = cattrs.Converter(forbid_extra_keys=True)
            return converter.structure(content, tuple[Problem, ...])
        except Exception as error:
            found = "; ".join(cattrs.transform_error(error)[:SHOWN_FAULTS])
    raise UserError(
        f"{RUBRIC} does not have the fields of a rubric ({found}): expected are problems with "
        "number, title, experiment, section, items, and items with number, title, points, "
        "section; put right what stands in the brackets."
    )


def worths() -> dict[object, int | str]:
    """Points for the front page: `worth[3]` of a problem, `worth[3, 'Q4']` of an item."""
    points: dict[object, int | str] = {}
    for problem in rubric():
        bonus = f" + {problem.bonus}" if problem.bonus else ""
        points[problem.number] = f"{problem.points}{bonus}" if bonus else problem.points
        for item in problem.items:
            points[problem.number, item.number] = f"+{item.points}" if item.bonus else item.points
    return points
