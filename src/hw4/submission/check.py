"""Proof-reading: what would embarrass the authors before a grader, found by the build itself."""

import os
import subprocess
from pathlib import Path

from hw4.foundation.errors import UserError
from hw4.foundation.places import ROOT
from hw4.foundation.progress import say
from hw4.foundation.store import write_bytes
from hw4.submission.faults import FAULTS, NOTES, QUICK, READABLE, Look, without_alt
from hw4.submission.html import Html
from hw4.submission.pdf import Pdf
from hw4.submission.reading import Reading, left_out
from hw4.submission.renderer import quarto_pdf, submission_pdf
from hw4.submission.results import read_results
from hw4.submission.rubric import RUBRIC, Problem, rubric


def check() -> int:
    """Proof-read the PDF; 0 if there was no fault, else 1, with a list of what was found.

    As a `post-render` step it reads what the renderer has just made. Quarto's, which is beside the
    document, it then hands out as the press does by itself: one that is good takes the place of
    the last good one, one that fails is put aside as `submission-rejected.pdf`.

    Raises:
        UserError: there is nothing that can be read, or it is of another kind.
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
    by_press = path.name.startswith(".")
    try:
        reading = Reading(Pdf(path), read_results(), rubric(), left_out())
        faults = _found(reading, FAULTS)
    except UserError:
        if made and not by_press:
            _reject(path, final)
        raise
    if faults:
        if made and not by_press:
            _reject(path, final)
        return 1
    for problem in reading.problems:
        say(_summary(reading, problem))
    if path == quarto_pdf():
        _hand_out(path, final)
    elif by_press:
        quarto_pdf().unlink(missing_ok=True)  # it would be older than the press's
    elif made:  # a name that a user gave
        say(f"The submission is {made[0]}.")
    return 0


def _check_html(path: Path) -> int:
    reading = Reading(Html(path), read_results(), rubric(), left_out())
    faults = _found(reading, (*READABLE, without_alt))
    say(
        f"{path.name} was read for answers, code, claims and errors; pages, fonts, marks and the "
        "rules of PDF/UA are checked in the PDF alone, which is what to hand in."
    )
    return 1 if faults else 0


def _found(reading: Reading, looks: tuple[Look, ...]) -> list[str]:
    """The faults, which are listed, as the notes are."""
    _see_experiments(reading)
    faults = [line for look in looks for line in look(reading)]
    _say_all("notes, which stop nothing", [line for look in NOTES for line in look(reading)])
    _say_all("found", faults, of="fault")
    return faults


def _say_all(verb: str, lines: list[str], of: str = "thing") -> None:
    if lines:
        say(f"Proof-reading {verb}: {len(lines)} {of}{'s' * (len(lines) > 1)}:")
        for line in lines:
            say(f"  - {line}")


def _see_experiments(reading: Reading) -> None:
    known = [name for name in reading.results if name != "build"]
    for problem in reading.problems:
        if problem.experiment not in known:
            raise UserError(
                f"{RUBRIC}: problem {problem.number} names the experiment "
                f"{problem.experiment!r}, but results.json has {', '.join(known) or 'none'}; "
                "correct the name."
            )


def _summary(reading: Reading, problem: Problem) -> str:
    if problem not in reading.shown:
        return f"Problem {problem.number}: left out, as the header of the document asks"
    pages = reading.pages_of(problem.section)
    bonus = f" + {problem.bonus} bonus" if problem.bonus else ""
    source = {"course": "the course's data", "stand-in": "STAND-IN data", "none": "no data needed"}
    worth = f"{problem.points}{bonus} points" if problem.points else "no points, but all"
    where = f"pages {pages[0]}–{pages[-1]}" if len(pages) > 1 else f"page {pages[0]}"
    mark = f", {QUICK.upper()}: not for submission" if reading.is_quick else ""
    return (
        f"Problem {problem.number}: {worth} answered, {where}, "
        f"{source[reading.source(problem)]}{mark}"
    )


def _hand_out(path: Path, final: Path) -> None:
    """Put a good PDF where the submission belongs, under its one name."""
    write_bytes(final, path.read_bytes())
    if not _is_preview():
        path.unlink()  # and Quarto does not name it as what was made
    _rejected(final).unlink(missing_ok=True)
    say(f"The submission is {final.relative_to(ROOT)}.")


def _is_preview() -> bool:
    """Whether `quarto preview` runs this step: it goes on showing the file that it has made."""
    try:
        parent = subprocess.run(
            ["ps", "-o", "args=", "-p", str(os.getppid())],
            capture_output=True,
            text=True,
            timeout=10,
        )
    except (OSError, subprocess.SubprocessError):
        return True
    return parent.returncode != 0 or "preview" in parent.stdout.split()


def _reject(path: Path, final: Path) -> None:
    """Put a PDF that failed aside; the last good one stays as it was."""
    if path.exists():
        final.parent.mkdir(parents=True, exist_ok=True)
        path.replace(_rejected(final))
        kept = f"; {final} is as it was" if final.exists() else ""
        say(f"The PDF with these faults is {_rejected(final)}{kept}.")


def _rejected(final: Path) -> Path:
    return final.with_name(f"{final.stem}-rejected.pdf")
