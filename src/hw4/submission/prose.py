"""What a part of the report begins with: `from hw4.submission.prose import *`.

The formats below turn a number into the words that prose needs:

    pct(0.8812)            88.1 %          a share
    points(0.022)          2.2             a difference of shares, in percentage points
    n(3521)                3,521           a count
    spelled(5)             five            a small count
    number(0.7134, 3)      0.713           a number with so many digits after the point
    significant(0.00347)   0.0035          a number to so many significant figures
    scientific(1.3e-4)     1.3 × 10⁻⁴
    times(26.3)            26 times        a ratio
    duration(200)          3 min 20 s
    moment('2026-11-24T19:12:31+00:00')    November 24, 2026, 19:12 UTC
    p_value(0.0004)        < 0.001
    listing(['a', 'b'])    a and b

`code(…)` shows code, `provenance(…)` says where a problem's numbers come from.
"""

import json
import os
import sys
from pathlib import Path
from types import MethodType

from IPython import get_ipython
from IPython.display import Markdown

from hw4.foundation import style
from hw4.foundation.errors import UserError
from hw4.foundation.places import ROOT
from hw4.foundation.words import (
    duration,
    listing,
    moment,
    n,
    number,
    p_value,
    pct,
    points,
    scientific,
    significant,
    spelled,
    times,
)
from hw4.submission.code_window import code
from hw4.submission.numbers import advice
from hw4.submission.provenance import provenance
from hw4.submission.renderer import see_format

__all__ = [
    "Markdown",
    "code",
    "duration",
    "listing",
    "moment",
    "n",
    "number",
    "p_value",
    "pct",
    "points",
    "provenance",
    "scientific",
    "significant",
    "spelled",
    "times",
]


def _set_up(shell) -> None:
    """Teach IPython what prose needs, in the press as in Quarto's kernel."""
    shell.set_custom_exc((UserError,), _told)
    if "matplotlib" in sys.modules:  # Quarto imports it before the first cell
        sys.modules["matplotlib"].rcParams.update(style.PLAIN)
    _see_format()
    # a bare float in prose prints three significant figures, never 7.960014397328708
    text = shell.display_formatter.formatters["text/plain"]
    text.for_type(float, lambda value, printer, _: printer.text(significant(value, 3)))
    shell.user_expressions = MethodType(_evaluated, shell)


def _told(shell, kind, error, traceback, tb_offset=None) -> list[str]:
    """What is said to the user is one sentence and needs no traceback."""
    words = [f"Error: {error}"]
    shell._showtraceback(kind, error, words)  # IPython leaves that to whom it has asked
    return words


def _evaluated(shell, expressions: dict[str, str]) -> dict[str, dict]:
    """An expression that fails says what there is to choose from; to Quarto also where it stands.

    Quarto prints an error's name and words and nothing else.
    """
    answers = type(shell).user_expressions(shell, expressions)
    for name, answer in answers.items():
        if answer["status"] == "error":
            more = [advice(expressions[name], shell.user_ns)]
            if "QUARTO_FIG_FORMAT" in os.environ:
                more += [f"in {place}" for place in _places(expressions[name])]
            answer["evalue"] = "; ".join([answer["evalue"], *filter(None, more)])
    return answers


def _places(expression: str) -> list[str]:
    """Where an expression stands in the report: `report/_2-sequences.qmd:12: {python} …`."""
    shown = f"{{python}} {expression}"
    return [
        f"{path.relative_to(ROOT)}:{number}: {shown}"
        for path in sorted((ROOT / "report").glob("*.qmd"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if f"`{shown}`" in line
    ][:1]


def _see_format() -> None:
    """Refuse a format in which the homework is not read, also for a part by itself.

    Quarto runs no steps before a part; it names a file about the render in a variable.
    """
    try:
        told = Path(os.environ["QUARTO_EXECUTE_INFO"]).read_text(encoding="utf-8")
        form = json.loads(told)["format"]["identifier"]["target-format"]
    except (OSError, ValueError, LookupError, TypeError):
        return
    see_format(form)


if (_shell := get_ipython()) is not None:
    _set_up(_shell)
