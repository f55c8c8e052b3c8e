"""What a grader should not see: `FAULTS` stop the submission, `NOTES` do not.

Each of the functions below looks for one kind of it, and says it in a line.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial

from hw4.foundation.errors import UserError
from hw4.foundation.places import ROOT
from hw4.submission.code_window import excerpt
from hw4.submission.numbers import is_telling, quotable, typed_numbers
from hw4.submission.press import claims
from hw4.submission.reading import LISTINGS, Reading
from hw4.submission.renderer import DOCUMENT
from hw4.submission.rubric import Item, Problem

LARGEST = 20 * 1024**2
"""Bytes; what Gradescope and mail still take."""
SHORTEST_ANSWER = 200
"""Characters of text between a question's heading and the next question's."""
EMPTY_TEXT, EMPTY_DRAWING = 150, 0.02
"""A page with fewer characters (its head included) and a smaller share drawn is nearly empty."""
STAND_IN, QUICK = "stand-in data", "quick profile"
MISREAD = "PDFA3A-STREAM-LENGTH-001"
"""Page-validation finds a stream too short whose last byte looks like a line's end."""
_DEFINITION = re.compile(r"\s*(class|def) ")
_NUMBER = re.compile(r"(\d+(?:,\d{3})*(?:\.\d+)?)(?: ?(%|× 10[⁻⁰¹²³⁴-⁹]+))?")
_CLAIM = re.compile(
    r"\[(claim false|bound to no words|unknown attribute [\w-]+|neither True nor False: [^\]]*)\]"
)
_TROUBLE = {
    "an unresolved reference": re.compile(r"\?+@?(fig|tbl|eq|sec|lst)-|@(fig|tbl|eq|sec|lst)-\w"),
    "a traceback": re.compile(r"Traceback \(most recent call last\)"),
    "an error text": re.compile(r"\b[A-Z]\w*(Error|Exception): "),
    "a warning text": re.compile(r"\b(User|Runtime|Future|Deprecation)Warning\b"),
    "an inline expression that was not computed": re.compile(r"\{python\}"),
    "a passage that is never closed": re.compile(r"\{[^{}]*\b(claim|when)="),
    "a table that came out as text": re.compile(r"\|\s*:?[-—–]{2,}:?\s*\|"),
    "a value that is no number": re.compile(r"(?<![\w.])(nan|NaN|inf)(?![\w.])"),
}
Look = Callable[[Reading], Iterator[str]]


# --- the answers -----------------------------------------------------------------------------


def _left_out(reading: Reading) -> Iterator[str]:
    for problem in reading.problems:
        if problem not in reading.shown and problem.points:
            yield (
                f"problem {problem.number} is worth {problem.points} points and left out: take "
                f"{problem.section} out of leave-out in the header of {DOCUMENT.name}"
            )


def _unanswered(reading: Reading) -> Iterator[str]:
    for problem, item in reading.items:
        pages = reading.pages_of(problem.section)
        if reading.pdf.labels.get(item.section) not in pages:
            meant = (
                f"; if that is meant, name {problem.section} below leave-out in the header of "
                f"{DOCUMENT.name}"
            )
            yield (
                f"{problem.name_of(item)}: no answer, there is no heading {{#{item.section}}} in "
                f"its problem{'' if problem.points or pages else meant}"
            )
        elif len(_answer(reading, item, problem)) < SHORTEST_ANSWER:
            yield f"{problem.name_of(item)}: the answer under {{#{item.section}}} is nearly empty"


def _answer(reading: Reading, item: Item, problem: Problem) -> str:
    """The text from the page of an item's heading to the page where the next item's begins."""
    first = reading.pdf.labels[item.section]
    later = [reading.pdf.labels.get(other.section, 0) for other in problem.items]
    end = reading.pages_of(problem.section)[-1]
    return reading.text(first, min((page for page in later if page > first), default=end))


def _front_page(reading: Reading) -> Iterator[str]:
    for problem, item in reading.items:
        row, name = reading.rows.get(item.section), problem.name_of(item)
        if row is None:
            yield (
                f"{name}: no row of the table in {DOCUMENT.name} links to its answer; add one that "
                f"ends in [](#{item.section}){{.page}}"
            )
            continue
        for number, unit in _NUMBER.findall(row.cells[1]):
            pattern = rf"(?<![\d.,]){re.escape(number)}(?!\d|[.,]\d)"
            pattern += r"\s*" + re.escape(unit).replace(r"\ ", r"\s*")
            if not re.search(pattern, reading.text_of(problem.section)):
                yield (
                    f"{name}: the number {f'{number} {unit}'.strip()} of its answer on page 1 "
                    "does not stand in the problem's pages"
                )


def _without_code(reading: Reading) -> Iterator[str]:
    listings = reading.text_of(LISTINGS)
    for problem, item in reading.items:
        text = _squeezed(reading.text_of(problem.section) + listings)
        for name in item.code:
            lines = excerpt(name).code.splitlines()
            line = next((line for line in lines if _DEFINITION.match(line)), lines[0])
            if _squeezed(line) not in text:
                yield f"{problem.name_of(item)}: the code window of {name} is missing"


def _squeezed(text: str) -> str:
    """Text without white space, which a PDF's lines break at will."""
    return re.sub(r"\s+", "", text)


# --- claims and typed numbers ------------------------------------------------------------------


def _claims(reading: Reading, stops: bool) -> Iterator[str]:
    """The claims that are marked in the PDF; the documents are evaluated only if there are any."""
    marks = [found[1] for page in reading.pdf.pages for found in _CLAIM.finditer(page.text)]
    if not marks:
        return
    try:
        false = [claim for claim in claims(DOCUMENT) if not claim.holds]
    except UserError as error:  # a value that is no truth value, or binds no words
        yield from [str(error)] if stops else []
        return
    for claim in false:
        if _is_of_course_data(reading, str(claim.expression.line)) == stops:
            yield str(claim)
    if stops and not false:
        yield f"a page is marked [{marks[0]}], and no document says why now: render it again"


def _is_of_course_data(reading: Reading, place: str) -> bool:
    """Whether a line of the documents speaks of numbers that could be handed in."""
    own = [it for it in reading.problems if it.experiment in place] or reading.problems
    return not reading.is_quick and all(reading.source(it) != "stand-in" for it in own)


def _typed_numbers(reading: Reading) -> Iterator[str]:
    typed = [it for it in typed_numbers(reading.parts) if is_telling(it[1])]
    live: dict[str, str] = {}
    for path in dict.fromkeys(line.path for line, _ in typed):
        with suppress(Exception):  # a part without numbers of its own
            for forms in quotable(ROOT / path):
                live |= {shown: expression for expression, shown in forms if shown not in live}
    for line, number in typed:
        if number in live:
            yield f"{line}: {number} is typed, and `{{python}} {live[number]}` prints the same"


# --- the pages ---------------------------------------------------------------------------------


def _troubled_pages(reading: Reading) -> Iterator[str]:
    for page, read in enumerate(reading.pdf.pages, 1):
        prose = read.prose  # what stands in code windows and in quotations is meant to be there
        for name, pattern in _TROUBLE.items():
            if hit := pattern.search(prose):
                start, end = prose.rfind("\n", 0, hit.start()) + 1, prose.find("\n", hit.end())
                line = " ".join(prose[start : end if end >= 0 else None].split())
                yield f"page {page}: {name} (if it is meant, set it in backticks): {line}"


def _empty_pages(reading: Reading) -> Iterator[str]:
    for page, read in enumerate(reading.pdf.pages, 1):
        if len(read.text.strip()) < EMPTY_TEXT and read.drawn < EMPTY_DRAWING:
            yield (
                f"page {page} is nearly empty: shorten what stands before it by a line or two, or "
                "say more"
            )


def _wide_code(reading: Reading) -> Iterator[str]:
    for page, read in enumerate(reading.pdf.pages, 1):
        for code in read.wide_code:
            yield f"page {page}: a line of code runs out of its window: {code}"


def _stand_in_marks(reading: Reading) -> Iterator[str]:
    front, *others = (page.text.lower() for page in reading.pdf.pages)
    on_stand_ins = [it for it in reading.problems if reading.source(it) == "stand-in"]
    expected = [(1, f"the note on {STAND_IN}", STAND_IN in front, bool(on_stand_ins))]
    for problem in reading.shown:
        for page in reading.pages_of(problem.section):
            has_mark = STAND_IN in reading.text(page, page).lower()
            name = f"the mark {STAND_IN!r} of problem {problem.number}"
            expected.append((page, name, has_mark, problem in on_stand_ins))
    expected.append((1, f"the note on the {QUICK}", QUICK in front, reading.is_quick))
    for page, text in enumerate(others if reading.is_quick else (), 2):
        expected.append((page, f"the mark {QUICK!r}", QUICK in text, True))
    for page, name, is_there, should_be in expected:
        if is_there != should_be:
            yield f"page {page}: {name} is {'missing' if should_be else 'left over'}"


# --- the file ----------------------------------------------------------------------------------


def _size(reading: Reading) -> Iterator[str]:
    size = len(reading.pdf.content)
    if size > LARGEST:
        yield f"the file has {size / 1024**2:.1f} MB, and {LARGEST // 1024**2} MB are allowed"


def _standards(reading: Reading) -> Iterator[str]:
    """Broken rules of PDF/UA-1, and of PDF/A-3a if the file claims to be that."""
    from page import ValidationProfile, validate_pdf_bytes

    standards = {"PDF/UA-1": ValidationProfile.PDF_UA_1}
    if b"pdfaid:part" in reading.pdf.content:
        standards["PDF/A-3a"] = ValidationProfile.PDF_A_3A
    for name, profile in standards.items():
        failures = validate_pdf_bytes(reading.pdf.content, profile=profile).failures
        for rule, message in {it.rule_id: it.message for it in reversed(failures)}.items():
            if rule != MISREAD:
                yield f"the file is not {name}, rule {rule}: {message}"


def without_alt(reading: Reading) -> Iterator[str]:
    for name in reading.pdf.without_alt:
        yield f"the picture {name} has no alternative text"


READABLE: tuple[Look, ...] = (
    *(_left_out, _unanswered, _front_page, _without_code),
    *(partial(_claims, stops=True), _troubled_pages),
)
"""What a page of HTML can be read for as well."""
FAULTS: tuple[Look, ...] = (
    *READABLE,
    *(_empty_pages, _wide_code, _stand_in_marks, _size, _standards),
)
NOTES: tuple[Look, ...] = (partial(_claims, stops=False), _typed_numbers)
