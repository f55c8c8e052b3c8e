"""Proof-reading: what would embarrass the authors before a grader, found by the build itself."""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hw4.foundation.atomic import write_bytes
from hw4.foundation.errors import UserError
from hw4.foundation.places import ROOT
from hw4.foundation.progress import say
from hw4.submission.code_window import excerpt
from hw4.submission.pdf import Pdf
from hw4.submission.renderer import quarto_pdf, submission_pdf
from hw4.submission.results import read_results
from hw4.submission.rubric import RUBRIC, Item, Problem, answer, rubric

LARGEST = 20 * 1024**2
"""Bytes; what Gradescope and mail still take."""
SHORTEST_ANSWER = 200
"""Characters of text between a question's heading and the next question's."""
EMPTY_TEXT, EMPTY_DRAWING = 150, 0.02
"""A page with fewer characters (its head included) and a smaller share drawn is nearly empty."""
MARGIN = 54.0
"""Points that stay free at the right edge of a page."""
STAND_IN = "stand-in data"
QUICK = "quick profile"
_DEFINITION = re.compile(r"\s*(class|def) ")
_TROUBLE = {
    "an unresolved reference": re.compile(r"\?+@?(fig|tbl|eq|sec|lst)-|@(fig|tbl|eq|sec|lst)-\w"),
    "a traceback": re.compile(r"Traceback \(most recent call last\)"),
    "an error text": re.compile(r"\b[A-Z]\w*(Error|Exception): "),
    "a warning text": re.compile(r"\b(User|Runtime|Future|Deprecation)Warning\b"),
    "an inline expression that was not computed": re.compile(r"\{python\}"),
    "a value that is no number": re.compile(r"(?<![\w.])(nan|NaN|inf)(?![\w.])"),
}


@dataclass(frozen=True)
class Reading:
    """A PDF beside the results it should show."""

    pdf: Pdf
    results: dict[str, Any]
    problems: tuple[Problem, ...]

    def pages_of(self, problem: Problem) -> range:
        """The pages of a problem: from its heading to the next problem's or the appendix's."""
        first = self.pdf.labels.get(problem.section)
        if first is None:
            return range(0)
        starts = [self.pdf.labels.get(other.section, 0) for other in self.problems]
        starts += [self.pdf.labels.get("sec-reproducibility", 0), self.pdf.page_count + 1]
        return range(first, min(start for start in starts if start > first))

    def text_of(self, problem: Problem) -> str:
        """The text of a problem's pages."""
        pages = self.pages_of(problem)
        return self.pdf.text(pages[0], pages[-1]) if pages else ""


def check() -> int:
    """Proof-read the PDF; 0 if nothing was found, else 1, with a list of what was found.

    As a `post-render` step it reads what the renderer has just made. Quarto's, which is beside the
    document, it then hands out as the press does by itself: one that is good takes the place of
    the last good one, one that fails is put aside as `submission-rejected.pdf`.
    """
    final = submission_pdf()
    made = os.environ.get("QUARTO_PROJECT_OUTPUT_FILES", "").splitlines()
    path = ROOT / made[0] if made else final
    by_quarto = path == quarto_pdf()
    try:
        reading = Reading(Pdf(path), read_results(), rubric())
        _see_experiments(reading)
        found = findings(reading)
    except UserError:
        if by_quarto:
            _reject(path, final)
        raise
    if found:
        say(f"Proof-reading found {len(found)} {'fault' if len(found) == 1 else 'faults'}:")
        for line in found:
            say(f"  - {line}")
        if by_quarto:
            _reject(path, final)
        return 1
    for problem in reading.problems:
        say(_summary(reading, problem))
    if by_quarto:
        _hand_out(path, final)
    elif made:
        quarto_pdf().unlink(missing_ok=True)  # it would be older than the press's
    return 0


def findings(reading: Reading) -> list[str]:
    """Everything a grader should not see, one line each."""
    return [line for look in CHECKS for line in look(reading)]


def _see_experiments(reading: Reading) -> None:
    known = [name for name in reading.results if name != "build"]
    for problem in reading.problems:
        if problem.experiment not in known:
            raise UserError(
                f"{RUBRIC}: problem {problem.number} names the experiment "
                f"{problem.experiment!r}, but results.json has {', '.join(known) or 'none'}; "
                "correct the name."
            )


def _unlisted(reading: Reading) -> Iterator[str]:
    listed = {problem.experiment for problem in reading.problems} | {"build"}
    for name in reading.results:
        if name not in listed:
            yield f"results.json has the experiment {name!r}, but no problem of {RUBRIC} names it"


def _unanswered(reading: Reading) -> Iterator[str]:
    for problem in reading.problems:
        pages = reading.pages_of(problem)
        for item in problem.items:
            page = reading.pdf.labels.get(item.section)
            name = f"problem {problem.number}, {item.number} ({item.title})"
            if page is None or page not in pages:
                yield f"{name}: no answer, there is no heading {{#{item.section}}} in its problem"
            elif len(_section(reading, item, problem)) < SHORTEST_ANSWER:
                yield f"{name}: the answer under {{#{item.section}}} is nearly empty"


def _section(reading: Reading, item: Item, problem: Problem) -> str:
    """The text from the page of an item's heading to the page where the next item's begins."""
    first = reading.pdf.labels[item.section]
    later = [reading.pdf.labels.get(other.section, 0) for other in problem.items]
    last = min([page for page in later if page > first], default=reading.pages_of(problem)[-1])
    return reading.pdf.text(first, last)


def _without_code(reading: Reading) -> Iterator[str]:
    for problem in reading.problems:
        text = _squeezed(reading.text_of(problem))
        for item in problem.items:
            for name in item.code:
                lines = excerpt(name).code.splitlines()
                line = next((line for line in lines if _DEFINITION.match(line)), lines[0])
                if _squeezed(line) not in text:
                    yield (
                        f"problem {problem.number}, {item.number} ({item.title}): "
                        f"the code window of {name} is missing"
                    )


def _missing_numbers(reading: Reading) -> Iterator[str]:
    for problem in reading.problems:
        text = _squeezed(reading.text_of(problem))
        for item in problem.items:
            for value in answer(item, reading.results).numbers:
                if _squeezed(value) not in text:
                    yield (
                        f"problem {problem.number}, {item.number} ({item.title}): "
                        f"the number {value} of the rubric does not stand in the problem's pages"
                    )


def _troubled_pages(reading: Reading) -> Iterator[str]:
    for page in range(1, reading.pdf.page_count + 1):
        # What stands in code windows is meant to be there.
        prose = reading.pdf.prose(page)
        for name, pattern in _TROUBLE.items():
            if hit := pattern.search(prose):
                start, end = prose.rfind("\n", 0, hit.start()) + 1, prose.find("\n", hit.end())
                line = " ".join(prose[start : end if end >= 0 else None].split())
                yield f"page {page}: {name} (if it is meant, set it in backticks): {line}"


def _fonts(reading: Reading) -> Iterator[str]:
    for name in sorted(reading.pdf.fonts_not_embedded()):
        yield f"the font {name} is not embedded"


def _empty_pages(reading: Reading) -> Iterator[str]:
    for page, text in enumerate(reading.pdf.pages, 1):
        if len(text.strip()) < EMPTY_TEXT and reading.pdf.drawn(page) < EMPTY_DRAWING:
            yield (
                f"page {page} is nearly empty: shorten what stands before it by a line or two, or "
                "say more"
            )


def _wide_code(reading: Reading) -> Iterator[str]:
    for page in range(1, reading.pdf.page_count + 1):
        edge = reading.pdf.width(page) - MARGIN
        for run in reading.pdf.code_runs(page):
            if run.right > edge and run.text:
                yield f"page {page}: a line of code runs out of its window: {run.text}"


def _size(reading: Reading) -> Iterator[str]:
    size = reading.pdf.path.stat().st_size
    if size > LARGEST:
        yield f"the file has {size / 1024**2:.1f} MB, and {LARGEST // 1024**2} MB are allowed"


def _stand_in_marks(reading: Reading) -> Iterator[str]:
    sources = {
        problem: reading.results[problem.experiment]["source"] for problem in reading.problems
    }
    front = reading.pdf.pages[0]
    expected = "stand-in" in sources.values()
    if expected != (STAND_IN in front.lower()):
        state = "missing" if expected else "left over"
        yield f"page 1: the note on {STAND_IN} is {state}"
    for problem, source in sources.items():
        for page in reading.pages_of(problem):
            marked = STAND_IN in reading.pdf.pages[page - 1].lower()
            if (source == "stand-in") != marked:
                state = "missing" if source == "stand-in" else "left over"
                yield f"page {page}: the mark {STAND_IN!r} of problem {problem.number} is {state}"
    quick = _is_quick(reading)
    if quick != (QUICK in front.lower()):
        yield f"page 1: the note on the {QUICK} is {'missing' if quick else 'left over'}"
    for page, text in enumerate(reading.pdf.pages[1:], 2):
        if quick and QUICK not in text.lower():
            yield f"page {page}: the mark {QUICK!r} is missing"


CHECKS: tuple[Callable[[Reading], Iterator[str]], ...] = (
    _unlisted,
    _unanswered,
    _without_code,
    _missing_numbers,
    _troubled_pages,
    _fonts,
    _empty_pages,
    _wide_code,
    _size,
    _stand_in_marks,
)


def _squeezed(text: str) -> str:
    """Text without white space, which a PDF's lines break at will."""
    return re.sub(r"\s+", "", text)


def _summary(reading: Reading, problem: Problem) -> str:
    pages = reading.pages_of(problem)
    bonus = f" + {problem.bonus} bonus" if problem.bonus else ""
    source = {"course": "the course's data", "stand-in": "STAND-IN data", "none": "no data needed"}
    worth = f"{problem.points}{bonus} points" if problem.points else "no points, but all"
    where = f"pages {pages[0]}–{pages[-1]}" if len(pages) > 1 else f"page {pages[0]}"
    mark = f", {QUICK.upper()}: not for submission" if _is_quick(reading) else ""
    return (
        f"Problem {problem.number}: {worth} answered, {where}, "
        f"{source[reading.results[problem.experiment]['source']]}{mark}"
    )


def _is_quick(reading: Reading) -> bool:
    return reading.results["build"]["profile"] == "quick"


def _hand_out(path: Path, final: Path) -> None:
    """Put a good PDF where the submission belongs; the preview goes on showing `path`."""
    write_bytes(final, path.read_bytes())
    _rejected(final).unlink(missing_ok=True)
    say(f"The submission is {final.relative_to(ROOT)}.")


def _reject(path: Path, final: Path) -> None:
    """Put a PDF that failed aside; the last good one stays as it was."""
    if path.exists():
        final.parent.mkdir(parents=True, exist_ok=True)
        path.replace(_rejected(final))
        kept = f"; {final} is as it was" if final.exists() else ""
        say(f"The PDF with these faults is {_rejected(final)}{kept}.")


def _rejected(final: Path) -> Path:
    return final.with_name(f"{final.stem}-rejected.pdf")
