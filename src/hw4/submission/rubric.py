"""The rubric: every question of the sheet, its points, and where and how it is answered.

`report/rubric.yml` names the questions; the numbers in the answers come from `results.json`.
"""

import re
import reprlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import cattrs

from hw4.foundation import words
from hw4.foundation.errors import UserError
from hw4.foundation.places import ROOT
from hw4.foundation.tables import Table
from hw4.submission.documents import Line, parse_yaml, read_lines, read_utf8
from hw4.submission.renderer import DOCUMENT

RUBRIC = ROOT / "report" / "rubric.yml"
SHOWN_FAULTS = 8
"""Faults of the rubric that a message names."""
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
    text = read_utf8(RUBRIC, RUBRIC)
    content = parse_yaml([Line(line, RUBRIC, n) for n, line in enumerate(text.split("\n"), 1)])
    if not isinstance(content, list) or not all(isinstance(it, dict) for it in content):
        raise _not_a_rubric(f"found {reprlib.repr(content)} where a list of problems belongs")
    try:
        converter = cattrs.Converter(forbid_extra_keys=True)
        return converter.structure(content, tuple[Problem, ...])
    except Exception as error:
        raise _not_a_rubric("; ".join(cattrs.transform_error(error)[:SHOWN_FAULTS])) from error


def _not_a_rubric(found: str) -> UserError:
    return UserError(
        f"{RUBRIC} does not have the fields of a rubric ({found}): expected are problems with "
        "number, title, experiment, section, items, and items with number, title, points, "
        "section, answers; put right what stands in the brackets."
    )


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
        f"results.json (the last: {item.answers[-1] if item.answers else 'none given'}); "
        "correct the names in it."
    )


def _filled(template: str, results: dict[str, Any]) -> Answer | None:
    printed: list[str] = []
    numbers: list[str] = []
    for path, name, digits in _FIELD.findall(template):
        value = _look_up(path, results)
        if value is None:
            return None
        printed.append(_printed(value, path, name or "text", digits))
        if not isinstance(value, str):
            numbers.append(printed[-1])
    filled = iter(printed)
    return Answer(_FIELD.sub(lambda _: next(filled), template), tuple(numbers))


def _printed(value: Any, path: str, name: str, digits: str) -> str:
    if name not in _WORDS:
        raise UserError(
            f"{RUBRIC}: {{{path}|{name}}} asks for the word {name!r}, which there is not; use one "
            f"of {', '.join(_WORDS)}."
        )
    try:
        return _WORDS[name](value, int(digits)) if digits else _WORDS[name](value)
    except (TypeError, ValueError):
        raise UserError(
            f"{RUBRIC}: {{{path}|{name}}} is {reprlib.repr(value)}, which {name} cannot print; "
            "correct the field or the word."
        ) from None


def _look_up(path: str, value: Any) -> Any:
    for name in path.split("."):
        try:
            value = value[int(name)] if isinstance(value, list) else value[name]
        except (KeyError, IndexError, TypeError, ValueError):
            return None
    return value


def rubric_table(results: dict[str, Any], problems: Sequence[Problem] | None = None) -> Table:
    """All items with points, one-line answer and a link to the page.

    Args:
        problems: in place of those of `report/rubric.yml`.

    Raises:
        UserError: an item's answer finds no number, or its section is not in the documents.
    """
    if problems is None:
        problems = rubric()
        _see_sections(problems, "\n".join(line.text for line in read_lines(DOCUMENT, ROOT)))
    rows = []
    for problem in problems:
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


def _see_sections(problems: Sequence[Problem], text: str) -> None:
    """See that every answer the rubric names has a heading in the text of the documents."""
    for problem in problems:
        wanted = [(problem.section, f"problem {problem.number}")]
        wanted += [(it.section, f"problem {problem.number}, {it.number}") for it in problem.items]
        for section, name in wanted:
            if not re.search(rf"\{{#{re.escape(section)}[\s}}]", text):
                raise UserError(
                    f"{RUBRIC}: {name} is to be answered under {{#{section}}}, but no heading in "
                    f"{DOCUMENT.relative_to(ROOT)} or in the parts it includes has that name: "
                    "include the part, give the name to the heading, or correct the rubric."
                )


def _page(label: str) -> str:
    """A link to the page of a labeled heading, with the page's number (raw Typst)."""
    return f"`#link(<{label}>)[#context counter(page).at(<{label}>).first()]`{{=typst}}"
