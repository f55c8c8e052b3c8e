"""Which renderer makes the PDF, Quarto where there is one that fits, else the press; and where."""

import os
import re
import shutil
import subprocess
import sys
from datetime import date
from importlib.util import find_spec
from pathlib import Path

from hw4.foundation.errors import UserError
from hw4.foundation.places import ROOT, output_folder
from hw4.foundation.progress import say
from hw4.foundation.store import write_bytes, write_text
from hw4.submission.lines import shown

OLDEST_QUARTO = (1, 9)
"""Alternative text for equations came with it."""
FORMATS = ("typst", "html")
"""In which the homework can be read."""
INSTALL_SECONDS = 300
DOCUMENT = ROOT / "report" / "submission.qmd"


def submission_pdf() -> Path:
    """The submission, whoever rendered it."""
    return output_folder() / "report" / "submission.pdf"


def quarto_pdf() -> Path:
    """Where Quarto puts its PDF, for `check` to hand out.

    With an `output-dir` in `_quarto.yml` it would be put in its place at once, but Quarto would
    search the whole project, `.venv` and all, for files to leave out: twice six seconds.
    """
    return DOCUMENT.with_suffix(".pdf")


def hand_out(made: Path, final: Path, is_good: bool = True, keep: bool = False) -> str:
    """Give a PDF its one name, or put a bad one aside, where it can be looked at; where it is now.

    Args:
        final: the last good one; only a good one takes its place.
        keep: leave the file where it was made as well.
    """
    rejected = final.with_name(f"{final.stem}-rejected.pdf")
    if not is_good:
        final.parent.mkdir(parents=True, exist_ok=True)
        made.replace(rejected)
        kept = f"; {shown(final, ROOT)} is as it was" if final.exists() else ""
        return f"{shown(rejected, ROOT)}{kept}"
    write_bytes(final, made.read_bytes())
    rejected.unlink(missing_ok=True)
    if not keep:
        made.unlink()
    return str(shown(final, ROOT))


def render(renderer: str = "auto", may_install: bool = False) -> int:
    """Make the submission; the exit status of the renderer.

    Args:
        renderer: `quarto`, `press`, or `auto` for Quarto where there is one.
        may_install: whether to try, once, to install Quarto if there is none.
    """
    if not DOCUMENT.is_file():
        raise UserError(f"{DOCUMENT} is not there, the report was expected: put it back.")
    quarto = choose(renderer, may_install)
    for name in ("submission.pdf", "submission.typ", "submission_files", "*.quarto_ipynb"):
        for left in DOCUMENT.parent.glob(name):  # by an earlier render, or an interrupted one
            if left.is_dir():
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink(missing_ok=True)
    if quarto is None:
        from hw4.submission.press import render as press

        press(DOCUMENT, submission_pdf())
        return 0
    return start_quarto(quarto, "render").wait()


def render_part(part: Path, renderer: str = "auto") -> int:
    """Make the PDF of one part of the report, for a quick look: nothing is trained or proof-read.

    Args:
        renderer: the press, unless `quarto` is asked for.
    """
    if part.suffix != ".qmd" or not part.is_file():
        known = ", ".join(str(shown(it, ROOT)) for it in sorted(DOCUMENT.parent.glob("*.qmd")))
        raise UserError(f"There is no document {part}: choose from {known}.")
    if renderer == "quarto":
        return start_quarto(choose(renderer), "render", part.resolve()).wait()
    from hw4.submission.press import render as press

    press(part, output_folder() / "preview" / f"{part.stem}.pdf", alone=True)
    return 0


def start_quarto(program: Path, *arguments: str | Path) -> subprocess.Popen:
    """Start Quarto in the project's folder; its cells run in this Python."""
    environment = {**os.environ, "QUARTO_PYTHON": sys.executable}
    return subprocess.Popen([program, *arguments], cwd=ROOT, env=environment)


def quarto_words() -> list[str]:
    """The command line of the Quarto that runs this step; empty where that cannot be told."""
    command = ["ps", "-o", "args=", "-p", str(os.getppid())]
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=10).stdout.split()
    except (OSError, subprocess.SubprocessError):
        return []


def told_format() -> str:
    """The format that the command line of the Quarto that runs this step names."""
    told = re.search(r" (?:--to|-t)[ =](\S+)", " ".join(["", *quarto_words()]))
    return told[1] if told else FORMATS[0]


def see_format(form: str) -> None:
    """Refuse a format in which the homework is not read, before anything is computed for it."""
    if form not in FORMATS:
        raise UserError(
            f"This homework is not rendered to {form}: render to typst, which makes the PDF "
            "(`quarto render`), or to html."
        )


def choose(renderer: str, may_install: bool = False) -> Path | None:
    """Quarto's program, or None for the press; which of them and why is said in a line."""
    if renderer == "press":
        say("Rendering with the built-in press, as asked.")
        return None
    if may_install and not _anywhere() and not _refusal().exists():
        _install()
    quarto, wanted = _anywhere(), ".".join(map(str, OLDEST_QUARTO))
    version = _version(quarto) if quarto else ()
    if version >= OLDEST_QUARTO:
        say(f"Rendering with Quarto {'.'.join(map(str, version))} ({quarto}).")
        return quarto
    if quarto:
        told = ".".join(map(str, version)) or "a version that it does not tell"
        why = f"{quarto} is {told}, and {wanted} or newer is needed"
    else:
        why = "there is no Quarto on PATH or in the environment"
        if _refusal().exists():
            why += f", and it could not be installed here ({shown(_refusal(), ROOT)} says why)"
    if renderer == "quarto":
        raise UserError(
            f"{why[0].upper()}{why[1:]}. Install Quarto {wanted} or newer (quarto.org), or render "
            "with the press: python -m hw4 render --with press."
        )
    say(f"Rendering with the built-in press: {why}.")
    return None


def _version(quarto: Path) -> tuple[int, ...]:
    """As `(1, 9, 38)`; nothing where it is not told."""
    try:
        command = [quarto, "--version"]
        told = subprocess.run(command, capture_output=True, text=True, timeout=60).stdout
    except (OSError, subprocess.SubprocessError):
        told = ""
    return tuple(map(int, re.findall(r"\d+", told)))


def _anywhere() -> Path | None:
    """Quarto's program on PATH or beside this environment's Python."""
    found = shutil.which("quarto") or shutil.which("quarto", path=str(Path(sys.executable).parent))
    return Path(found) if found else None


def _refusal() -> Path:
    """Where a failed installation is remembered: it would fail again, after minutes."""
    return Path(sys.prefix) / "quarto-not-installed"


def _install() -> None:
    say("Installing Quarto (the extra named quarto), once ...")
    options = ["--quiet", "--constraint", "constraints.txt", "--editable", ".[quarto]"]
    command = [sys.executable, "-m", "pip", "install", *options]
    if find_spec("uv"):
        own = ["--python", sys.executable]
        command = [sys.executable, "-m", "uv", "pip", "install", *own, *options]
    try:
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=INSTALL_SECONDS
        )
        errors = re.findall(r"^\s*((?:\w|\.)*(?:Error|Exception): .*)$", done.stderr, re.MULTILINE)
        reason = (errors or ["the installer failed"])[-1][:100] if done.returncode else ""
    except (OSError, subprocess.SubprocessError) as error:
        reason = type(error).__name__
    if reason:
        write_text(_refusal(), f"{date.today()}: {reason}; delete {_refusal()} to try again")
