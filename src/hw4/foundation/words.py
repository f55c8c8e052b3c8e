"""Numbers as words: plain Unicode text for prose, tables and figures."""

import math
from collections.abc import Sequence
from datetime import datetime

_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_SMALL = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
MINUS = "−"


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


def moment(written: str) -> str:
    """An ISO date and time (UTC) as November 24, 2026, 19:12 UTC."""
    return f"{datetime.fromisoformat(written):%B %-d, %Y, %H:%M} UTC"


def p_value(p: float) -> str:
    """A p-value as tables print it: < 0.001, 0.023, 0.46."""
    return "< 0.001" if p < 0.001 else number(p, 3 if p < 0.1 else 2)


def listing(items: Sequence[str]) -> str:
    """`a, b, and c`."""
    if len(items) < 3:
        return " and ".join(items)
    return f"{', '.join(items[:-1])}, and {items[-1]}"
