"""Proof-reading: what would embarrass the authors before a grader, found by the build itself."""

import os
from pathlib import Path

from hw4.foundation.errors import UserError
from hw4.foundation.places import ROOT
from hw4.foundation.progress import say
from hw4.submission.faults import FAULTS, NOTES, QUICK, READABLE, Look, without_alt
from hw4.submission.html import Html
from hw4.submission.pdf import Pdf
from hw4.submission.press import read
from hw4.submission.reading import Reading
from hw4.submission.renderer import (
    DOCUMENT,
    hand_out,
    quarto_pdf,
    quarto_words,
    submission_pdf,
)
from hw4.submission.results import read_results
from hw4.submission.rubric import RUBRIC, Problem, rubric

SOURCES = {"course": "the course's data", "stand-in": "STAND-IN data", "none": "no data needed"}


def check() -> int:
    """Proof-read the PDF; 0 if there was no fault, else 1, with a list of what was found.

    As a `post-render` step it reads what the renderer has just made. Quarto's, which is beside the
    document, it then hands out as the press does by itself.
    """
    final = submission_pdf()
    made = os.environ.get("QUARTO_PROJECT_OUTPUT_FILES", "").splitlines()
    path = ROOT / made[0] if made else final
    if path.name.startswith("_"):
        say(f"{path.name} is a part by itself, for a look: it is not proof-read.")
        return 0
    if path.suffix == ".html":
        return _check_html(path)
    if path.suffix != ".pdf":
        raise UserError(
            f"{path.name} cannot be proof-read, the report was made for PDF and HTML: render it "
            "with --to typst or --to html."
        )
    by_quarto = bool(made) and not path.name.startswith(".")
    is_good = False
    try:
        reading = _reading(Pdf(path))
        is_good = not _found(reading, FAULTS)
    finally:
        if by_quarto and not is_good and path.exists():
            say(f"The PDF is {hand_out(path, final, is_good)}.")
    if not is_good:
        return 1
    for problem in reading.problems:
        say(_summary(reading, problem))
    if path == quarto_pdf():
        words = quarto_words()  # a preview goes on showing the file that it has made
        say(f"The submission is {hand_out(path, final, keep=not words or 'preview' in words)}.")
    elif by_quarto:  # a name that a user gave
        say(f"The submission is {made[0]}.")
    return 0


def _check_html(path: Path) -> int:
    faults = _found(_reading(Html(path)), (*READABLE, without_alt))
    say(
        f"{path.name} was read for answers, code, claims and errors; pages, fonts, marks of "
        "stand-in data and the rules of PDF/UA are checked in the PDF alone, which is what to "
        "hand in."
    )
    return 1 if faults else 0


def _reading(made: Pdf | Html) -> Reading:
    project, parts = read(DOCUMENT)
    left_out = tuple(project.metadata.get("leave-out", ()))
    reading = Reading(made, read_results(), rubric(), left_out, tuple(parts))
    named = {problem.experiment for problem in reading.problems}
    known = reading.results.keys() - {"build"}
    if named != known:
        raise UserError(
            f"{RUBRIC} names the experiments {', '.join(sorted(named))}, but results.json has "
            f"{', '.join(sorted(known)) or 'none'}; correct the names."
        )
    return reading


def _found(reading: Reading, looks: tuple[Look, ...]) -> list[str]:
    """The faults, which are listed, as the notes are."""
    faults = [line for look in looks for line in look(reading)]
    notes = [line for look in NOTES for line in look(reading)]
    for verb, what, lines in (
        ("notes, which stop nothing", "thing", notes),
        ("found", "fault", faults),
    ):
        if lines:
            say(f"Proof-reading {verb}: {len(lines)} {what}{'s' * (len(lines) > 1)}:")
        for line in lines:
            say(f"  - {line}")
    return faults


def _summary(reading: Reading, problem: Problem) -> str:
    if problem not in reading.shown:
        return f"Problem {problem.number}: left out, as the header of the document asks"
    pages = reading.pages_of(problem.section)
    bonus = f" + {problem.bonus} bonus" if problem.bonus else ""
    worth = f"{problem.points}{bonus} points" if problem.points else "no points, but all"
    where = f"pages {pages[0]}–{pages[-1]}" if len(pages) > 1 else f"page {pages[0]}"
    mark = f", {QUICK.upper()}: not for submission" if reading.is_quick else ""
    source = SOURCES[reading.source(problem)]
    return f"Problem {problem.number}: {worth} answered, {where}, {source}{mark}"
