"""Progress that a person sees, also where a build's output is a pipe."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from hw4.foundation.names import printable

LINE_EVERY = 20.0
"""Seconds between two lines of progress where there is no terminal (a log file, say)."""
FORMAT = "  {desc} {bar:24} {n_fmt}/{total_fmt}, {remaining} left{postfix}"


class Bar:
    """How far a job is: on a terminal a bar of tqdm's, else a line now and then."""

    def __init__(self, total: int, label: str, drawn: Any = None) -> None:
        self._total, self._label, self._drawn = total, label, drawn
        self._done, self._note = 0, ""
        self._next_line = time.monotonic() + LINE_EVERY

    def update(self, steps: int = 1) -> None:
        """Count `steps` as finished."""
        self._done += steps
        if self._drawn is not None:
            self._drawn.update(steps)
        elif time.monotonic() >= self._next_line:
            self._next_line = time.monotonic() + LINE_EVERY
            say(f"  {self._label}: {self._done}/{self._total} {self._note}".rstrip())

    def note(self, text: str) -> None:
        """Show `text` beside the bar."""
        self._note = text
        if self._drawn is not None:
            self._drawn.set_postfix_str(text, refresh=False)


@contextmanager
def bar(total: int, label: str) -> Iterator[Bar]:
    """A progress bar for `total` steps, on the terminal if a person sits at one."""
    with _terminal() as terminal:
        if terminal is None:
            yield Bar(total, label)
            return
        from tqdm import tqdm  # a build that trains nothing starts without it

        look = {"leave": False, "dynamic_ncols": True, "bar_format": FORMAT}
        with tqdm(total=total, desc=label, file=terminal, **look) as drawn:
            yield Bar(total, label, drawn)


def say(line: str) -> None:
    """Print one line at once (a renderer's pipe would hold it back otherwise)."""
    print(printable(line), flush=True)


@contextmanager
def _terminal() -> Iterator[TextIO | None]:
    """Standard error if it is a terminal, else the controlling terminal, else nothing.

    Quarto runs the training step with its output in a pipe; the person still sits at /dev/tty.
    """
    if sys.stderr.isatty():
        yield sys.stderr
        return
    try:
        terminal = open("/dev/tty", "w", encoding="utf-8")  # noqa: PTH123, SIM115
    except OSError:
        yield None
        return
    with terminal:
        yield terminal if os.isatty(terminal.fileno()) else None
