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
    plus_minus(1.2, 0.04)  1.20 ± 0.04
    duration(200)          3 min 20 s
    listing(['a', 'b'])    a and b

`code(…)` shows code, `provenance(…)` says where a problem's numbers come from.
"""

from IPython import get_ipython
from IPython.display import Markdown

from hw4.foundation.words import (
    duration,
    listing,
    n,
    number,
    pct,
    plus_minus,
    points,
    scientific,
    significant,
    spelled,
    times,
)
from hw4.submission.code_window import code
from hw4.submission.provenance import provenance

__all__ = [
    "Markdown",
    "code",
    "duration",
    "listing",
    "n",
    "number",
    "pct",
    "plus_minus",
    "points",
    "provenance",
    "scientific",
    "significant",
    "spelled",
    "times",
]


def _print_floats_rounded() -> None:
    """A bare float in prose prints three significant figures, never 7.960014397328708."""
    shell = get_ipython()
    if shell is not None:
        formatter = shell.display_formatter.formatters["text/plain"]
        formatter.for_type(float, lambda value, printer, _: printer.text(significant(value, 3)))


_print_floats_rounded()
