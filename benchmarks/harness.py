"""Measuring two ways of doing the same thing side by side, in one run."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One comparison.

    Attributes:
        name: what is done.
        ours, other: median seconds of our way and of what a user would do instead.
        ratio: the figure that counts; see `target`.
        target: the bound on the ratio, in words such as `at most 1.0`.
        met: whether the ratio keeps it.
        note: what the other way is, or why a target is missed.
    """

    name: str
    ours: float
    other: float
    ratio: float
    target: str
    met: bool
    note: str = ""


def at_most(bound: float, name: str, ours: float, other: float, note: str = "") -> Row:
    """A row whose target is that ours takes at most `bound` times as long as the other way."""
    return Row(name, ours, other, ours / other, f"at most {bound:g}", ours / other <= bound, note)


def at_least(bound: float, name: str, ours: float, other: float, note: str = "") -> Row:
    """A row whose target is that ours is at least `bound` times as fast as the other way."""
    ratio = other / ours
    return Row(name, ours, other, ratio, f"at least {bound:g} times as fast", ratio >= bound, note)


def side_by_side(
    ours: Callable[[], object], other: Callable[[], object], repeats: int = 5, warm_up: int = 1
) -> tuple[float, float]:
    """Median seconds of two ways, measured in turn (A B A B …), after `warm_up` uncounted turns."""
    times: tuple[list[float], list[float]] = ([], [])
    for turn in range(warm_up + repeats):
        for way, seconds in zip((ours, other), times, strict=True):
            began = time.perf_counter()
            way()
            if turn >= warm_up:
                seconds.append(time.perf_counter() - began)
    return statistics.median(times[0]), statistics.median(times[1])
