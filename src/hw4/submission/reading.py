"""A finished document beside the results that it should show."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from hw4.foundation.errors import UserError
from hw4.foundation.places import ROOT
from hw4.submission.documents import read_lines, split_header
from hw4.submission.html import Html
from hw4.submission.lines import Line, load_yaml
from hw4.submission.pdf import Pdf, Row
from hw4.submission.renderer import DOCUMENT
from hw4.submission.rubric import Problem

LISTINGS, APPENDIX = "sec-listings", "sec-reproducibility"
CODE_WINDOWS = ("in place", "appendix")
"""Where the document's header may put them; `report/look/arrange.lua` does it."""


@dataclass(frozen=True)
class Reading:
    """A PDF, or the same as HTML, beside the results that it should show.

    Attributes:
        left_out: the labels of headings whose sections the document's header leaves out.
    """

    pdf: Pdf | Html
    results: dict[str, Any]
    problems: tuple[Problem, ...]
    left_out: tuple[str, ...] = ()

    @property
    def shown(self) -> list[Problem]:
        return [it for it in self.problems if it.section not in self.left_out]

    @property
    def is_quick(self) -> bool:
        return self.results["build"]["profile"] == "quick"

    def source(self, problem: Problem) -> str:
        """`course`, `stand-in` or `none`."""
        return self.results[problem.experiment]["source"]

    def pages_of(self, section: str) -> range:
        """The pages of a problem, the listings or the appendix: up to where the next one begins."""
        parts = [*(it.section for it in self.problems), LISTINGS, APPENDIX]
        starts = [self.pdf.labels[it] for it in parts if it in self.pdf.labels]
        first = self.pdf.labels.get(section)
        if first is None:
            return range(0)
        ends = [start for start in starts if start > first]
        return range(first, min(ends, default=len(self.pdf.pages) + 1))

    def text_of(self, section: str) -> str:
        """The text of these pages."""
        pages = self.pages_of(section)
        return self.text(pages[0], pages[-1]) if pages else ""

    def text(self, first: int, last: int) -> str:
        """The text of pages `first` to `last`, both included."""
        return "\n".join(page.text for page in self.pdf.pages[first - 1 : last])

    @cached_property
    def rows(self) -> dict[str, Row]:
        """The rows of the front page's table, by the heading that they link to."""
        first = min((self.pdf.labels.get(it.section, 2) for it in self.problems), default=2)
        first = max(first, 2)  # HTML has but one page
        rows = [row for page in range(1, first) for row in self.pdf.rows(page)]
        return {label: row for row in rows for label in row.labels}


def left_out() -> tuple[str, ...]:
    """The headings whose sections the header of the submission leaves out.

    Raises:
        UserError: this setting, or where code windows go, is not what it should be.
    """
    return left_out_by(split_header(read_lines(DOCUMENT, ROOT))[0])


def left_out_by(header: list[Line]) -> tuple[str, ...]:
    loaded = load_yaml(header) if header else {}
    names = loaded.get("leave-out") or []
    if not isinstance(names, list) or not all(isinstance(it, str) for it in names):
        raise UserError(
            f"{_line('leave-out', header)}: leave-out is {names!r}, expected a list of the names "
            "of headings, such as [sec-transformer, sec-reproducibility]; write one."
        )
    place = loaded.get("code-windows", CODE_WINDOWS[0])
    if place not in CODE_WINDOWS:
        raise UserError(
            f"{_line('code-windows', header)}: code-windows is {place!r}, expected "
            f"{' or '.join(map(repr, CODE_WINDOWS))}; write one of these."
        )
    return tuple(names)


def _line(name: str, header: list[Line]) -> Line:
    return next(line for line in header if line.text.startswith(f"{name}:"))
