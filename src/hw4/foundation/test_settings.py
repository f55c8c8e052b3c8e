"""Settings are seen before anything is computed, each wrong one by name."""

from dataclasses import dataclass
from typing import Literal

import pytest

from hw4.foundation.errors import UserError
from hw4.foundation.settings import Amount, Count, Positive, Share, check_settings


@dataclass(frozen=True)
class Inner:
    rate: Positive = 0.1
    ends: tuple[Count, Count] = (1, 2)


@dataclass(frozen=True)
class Settings:
    sizes: tuple[Count, ...] = (16, 32)
    decay: Amount = 0
    share: Share = 1
    most: Count | None = None
    name: str = "a"
    ways: tuple[Literal["up", "down"], ...] = ("up",)
    jobs: int = -1
    flag: bool = True
    inner: Inner = Inner()
    several: tuple[Inner, ...] = (Inner(),)


def test_what_is_right_passes():
    check_settings(Settings())
    check_settings(Settings(most=3, decay=0.5))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"sizes": 16}, r"sizes of Settings is 16, expected was a tuple, \(a, b\) or \(a,\), each"),
        ({"sizes": ()}, r"sizes of Settings is \(\)"),
        ({"sizes": (-4,)}, r"is \(-4,\), .* each of them a whole number of 1 or more"),
        ({"sizes": (16.0,)}, "a whole number"),
        ({"sizes": (True,)}, "a whole number"),
        ({"decay": -1.0}, "a number of 0 or more"),
        ({"decay": float("nan")}, "a number of 0 or more"),
        ({"decay": float("inf")}, "a number of 0 or more"),
        ({"share": 15}, "a number from 0 to 1"),
        ({"most": 0}, "a whole number of 1 or more or None"),
        ({"name": 3}, "text"),
        ({"ways": ("up", "left")}, r"is \('up', 'left'\), .* each of them one of 'up', 'down'"),
        ({"flag": 1}, "True or False"),
        ({"jobs": "2"}, "a whole number"),
        ({"inner": None}, "expected was Inner"),
        ({"inner": Inner(rate=0)}, "rate of Inner is 0, expected was a number above 0"),
        ({"inner": Inner(ends=(1,))}, "a tuple of 2"),
        ({"several": (Inner(), Inner(rate=-1.0))}, "rate of Inner is -1.0"),
    ],
)
def test_what_is_wrong_is_named(wrong, words):
    with pytest.raises(UserError, match=words) as caught:
        check_settings(Settings(**wrong))
    assert str(caught.value).startswith("src/hw4/foundation/test_settings.py: ")
