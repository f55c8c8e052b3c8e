"""Numbers as words, and names from outside as text that is only text."""

import math
import string
import unicodedata
from collections.abc import Iterator, Sequence

_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_SMALL = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
MINUS = "−"
LONGEST_NAME = 60
MISSING = "□"
"""Stands for a letter that the embedded fonts do not have."""
_LETTERS = """
20-7E A1-2AF 300-34E 386 388-38A 38C 38E-3A1 3A3-3CE 3D0-3E1 3F0-477 48C-4C4 4CF-4F9 531-556 561-587
10D0-10FC 1E00-1EFF 2010-2027 2030-2037 2074-208E 20A0-20B5 2153-2184 2190-222E 2241-226B 2460-2487
2500-25FF
"""
"""Code points that Libertinus Serif or DejaVu Sans Mono have; a test sets each of them."""


def number(value: float, digits: int = 2) -> str:
    """`value` with `digits` after the point and thousands apart: 1,234.57; a dash for NaN."""
    if not math.isfinite(value):
        return "–"
    return f"{value:,.{digits}f}".replace("-", MINUS)


def significant(value: float, digits: int = 2) -> str:
    """`value` to `digits` significant figures, without an exponent: 0.0035, 1,200."""
    if not math.isfinite(value):
        return "–"
    if value == 0:
        return "0"
    rounded = float(f"{value:.{digits - 1}e}")
    after = max(0, digits - 1 - math.floor(math.log10(abs(rounded))))
    return number(rounded, after)


def n(value: int) -> str:
    """A count with thousands apart: 3,521."""
    return f"{value:,d}"


def spelled(value: int) -> str:
    """A count as prose spells it: five, but 12."""
    return _SMALL[value] if 0 <= value < len(_SMALL) else n(value)


def scientific(value: float, digits: int = 1) -> str:
    """`value` as 1.3 × 10⁻⁴."""
    if not math.isfinite(value):
        return "–"
    if value == 0:
        return "0"
    mantissa, exponent = f"{value:.{digits}e}".split("e")
    return f"{mantissa.replace('-', MINUS)} × 10{str(int(exponent)).translate(_SUPERSCRIPT)}"


def pct(share: float, digits: int = 1) -> str:
    """A share (0 to 1) as 87.4 %."""
    return f"{number(100 * share, digits)} %" if math.isfinite(share) else "–"


def points(difference: float, digits: int = 1) -> str:
    """A difference of two shares in percentage points: 2.2."""
    return number(100 * difference, digits)


def plus_minus(mean: float, spread: float, digits: int = 2) -> str:
    """Mean and spread as 1.23 ± 0.04."""
    return f"{number(mean, digits)} ± {number(spread, digits)}"


def times(ratio: float) -> str:
    """A ratio as people say it: 26 times, 1.4 times."""
    return f"{number(ratio, 0 if ratio >= 10 else 1)} times"


def duration(seconds: float) -> str:
    """A time as 0.8 s, 42 s or 3 min 20 s."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if rest else f"{minutes} min"


def compare(
    value: float,
    other: float,
    below: str = "lower than",
    above: str = "higher than",
    equal: str = "about equal to",
    tolerance: float = 0.02,
) -> str:
    """The word for `value` against `other`; `equal` if they differ by less than `tolerance`.

    Args:
        tolerance: as a share of the larger of the two.
    """
    if abs(value - other) <= tolerance * max(abs(value), abs(other)):
        return equal
    return below if value < other else above


def listing(items: Sequence[str], last: str = "and") -> str:
    """`a, b, and c`."""
    if len(items) < 3:
        return f" {last} ".join(items)
    return f"{', '.join(items[:-1])}, {last} {items[-1]}"


def _ranges(text: str) -> Iterator[int]:
    for part in text.split():
        first, _, last = part.partition("-")
        yield from range(int(first, 16), int(last or first, 16) + 1)


IN_FONTS = frozenset(map(chr, _ranges(_LETTERS)))


def printable(text: str) -> str:
    """`text` with what does not print (controls, line breaks, odd bytes) shown by its code."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def plain(name: object) -> str:
    """A name from outside (file, folder, class, author, column) for messages, figures and files.

    One line of letters that print, shortened in the middle; kinds of space are one kind.
    """
    text = unicodedata.normalize("NFC", str(name))
    text = printable("".join(" " if unicodedata.category(it) == "Zs" else it for it in text))
    if len(text) > LONGEST_NAME:
        text = f"{text[: LONGEST_NAME * 2 // 3]}…{text[-LONGEST_NAME // 3 :]}"
    return text.strip() or "(no name)"


def named(name: object) -> str:
    """As `plain`, for Markdown: nothing in it is markup, and every letter is in the PDF's fonts."""
    letters = (letter if letter in IN_FONTS else MISSING for letter in plain(name))
    return "".join(f"\\{it}" if it in string.punctuation else it for it in letters)


def spreadsheet(cell: object) -> str:
    """`cell` as a spreadsheet may open it: what would begin a formula begins with a quote mark."""
    text = str(cell)
    return f"'{text}" if text.lstrip()[:1] in ("=", "+", "-", "@") else text


count, count_word, percent = n, spelled, pct  # names that are on their way out
