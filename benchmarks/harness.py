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
        ours, other: what was measured of our way and of what it is compared with, in `unit`; None
            if it could not run.
        ratio: the figure that counts; see `target`.
        target: the bound on the ratio, in words such as `at most 1.0`.
        met: whether the ratio keeps it; None if it could not run.
        note: what the other way is; why a target is missed; why a row could not run.
    """

    name: str
    ours: float | None
    other: float | None
    ratio: float | None
    target: str
    met: bool | None
    note: str = ""
    unit: str = "s"

    @property
    def verdict(self) -> str:
        """`met`, `missed` or `not run`."""
        return {True: "met", False: "missed", None: "not run"}[self.met]


class CannotRun(Exception):
    """Something that a benchmark needs is not here; the message says what."""


def at_most(
    bound: float,
    name: str,
    ours: float,
    other: float,
    note: str = "",
    unit: str = "s",
    why: str = "",
) -> Row:
    """A row whose target is that ours takes at most `bound` times as much as the other.

    Args:
        why: added to the note if the target is missed.
    """
    ratio = ours / other
    met = ratio <= bound
    return Row(name, ours, other, ratio, f"at most {bound:g}", met, _told(note, why, met), unit)


def at_least(
    bound: float, name: str, ours: float, other: float, note: str = "", why: str = ""
) -> Row:
    """A row whose target is that ours is at least `bound` times as fast as the other way."""
    ratio = other / ours
    met = ratio >= bound
    target = f"at least {bound:g} times as fast"
    return Row(name, ours, other, ratio, target, met, _told(note, why, met))


def not_run(name: str, why: str) -> Row:
    """A row that says why there is nothing to say."""
    return Row(name, None, None, None, "", None, why)


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


def _told(note: str, why: str, met: bool) -> str:
    return note if met else "; ".join(filter(None, (note, why)))
