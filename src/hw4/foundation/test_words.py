"""Numbers as words."""

import math

import pytest

from hw4.foundation import words


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (words.number(-1234.567), "−1,234.57"),
        (words.number(math.nan), "–"),
        (words.significant(0.0034567), "0.0035"),
        (words.significant(1234.5), "1,200"),
        (words.significant(0.0996, 2), "0.10"),
        (words.significant(0), "0"),
        (words.significant(-0.05, 1), "−0.05"),
        (words.scientific(1.3e-4), "1.3 × 10⁻⁴"),
        (words.scientific(-2.04e12, 2), "−2.04 × 10¹²"),
        (words.scientific(0), "0"),
        (words.pct(0.8737), "87.4 %"),
        (words.n(3521), "3,521"),
        (words.spelled(5), "five"),
        (words.spelled(12), "12"),
        (words.times(26.3), "26 times"),
        (words.times(1.44), "1.4 times"),
        (words.duration(0.84), "0.8 s"),
        (words.duration(42), "42 s"),
        (words.duration(200), "3 min 20 s"),
        (words.duration(119.9), "2 min"),
        (words.moment("2026-11-04T09:12:31+00:00"), "November 4, 2026, 09:12 UTC"),
        (words.p_value(0.0004), "< 0.001"),
        (words.p_value(0.0234), "0.023"),
        (words.p_value(0.456), "0.46"),
        (words.p_value(math.nan), "–"),
        (words.listing(["a"]), "a"),
        (words.listing(["a", "b"]), "a and b"),
        (words.listing(["a", "b", "c"]), "a, b, and c"),
    ],
)
def test_numbers_read_as_people_write_them(shown, expected):
    assert shown == expected
