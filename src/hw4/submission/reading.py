"""A finished document beside the results that it should show."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from hw4.submission.documents import Cell, Prose
from hw4.submission.html import Html
from hw4.submission.pdf import Pdf, Row
from hw4.submission.rubric import Item, Problem

LISTINGS, APPENDIX = "sec-listings", "sec-reproducibility"


@dataclass(frozen=True)
class Reading:
    """A PDF, or the same as HTML, beside the results that it should show.

    Attributes:
        left_out: the labels of headings whose sections the document's header leaves out.
        parts: the document.
    """

    pdf: Pdf | Html
    results: dict[str, Any]
    problems: tuple[Problem, ...]
    left_out: tuple[str, ...] = ()
    parts: tuple[Prose | Cell, ...] = ()

    @property
    def shown(self) -> list[Problem]:
        return [it for it in self.problems if it.section not in self.left_out]

    @property
    def items(self) -> list[tuple[Problem, Item]]:
        return [(problem, item) for problem in self.shown for item in problem.items]

    @property
    def is_quick(self) -> bool:
        return self.results["build"]["profile"] == "quick"

    def source(self, problem: Problem) -> str:
        """`course`, `stand-in` or `none`."""
        return self.results[problem.experiment]["source"]

    def pages_of(self, section: str) -> range:
        """The pages of a problem, the listings or the appendix: up to where the next one begins."""
        parts = [*(it.section for it in self.problems), LISTINGS, APPENDIX]
        first = self.pdf.labels.get(section)
        if first is None:
            return range(0)
        ends = [self.pdf.labels[it] for it in parts if self.pdf.labels.get(it, 0) > first]
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
        rows = [row for page in range(1, max(first, 2)) for row in self.pdf.rows(page)]
        return {label: row for row in rows for label in row.labels if len(row.cells) > 1}
