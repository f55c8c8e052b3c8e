"""Progress that a person sees, also where a build's output is a pipe."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from hw4.foundation.names import printable

LINE_EVERY = 20.0
"""Seconds between two lines of progress where there is no terminal (a log file, say)."""


class Bar:
    """How far a job is: `update(n)` as steps finish, `note(text)` for what they brought."""

    def __init__(self, total: int, label: str, terminal: TextIO | None) -> None:
        self._label, self._total, self._done = label, total, 0
        self._note = ""
        self._next_line = time.monotonic() + LINE_EVERY
        self._bar = None
        if terminal is not None:
            from tqdm import tqdm  # a build that trains nothing starts without it

            self._bar = tqdm(
                total=total,
                desc=label,
                file=terminal,
                leave=False,
                dynamic_ncols=True,
                bar_format="  {desc} {bar:24} {n_fmt}/{total_fmt}, {remaining} left{postfix}",
            )

    def update(self, steps: int = 1) -> None:
        """Count `steps` as finished."""
        self._done += steps
        if self._bar is not None:
            self._bar.update(steps)
        elif time.monotonic() >= self._next_line:
            self._next_line = time.monotonic() + LINE_EVERY
            say(f"  {self._label}: {self._done}/{self._total} {self._note}".rstrip())

    def note(self, text: str) -> None:
        """Show `text` beside the bar."""
        self._note = text
        if self._bar is not None:
            self._bar.set_postfix_str(text, refresh=False)

    def close(self) -> None:
        """Take the bar off the terminal."""
        if self._bar is not None:
            self._bar.close()


@contextmanager
def bar(total: int, label: str) -> Iterator[Bar]:
    """A progress bar for `total` steps, on the terminal if a person sits at one."""
    with _terminal() as terminal:
        shown = Bar(total, label, terminal)
        try:
            yield shown
        finally:
            shown.close()


def say(line: str) -> None:
    """Print one line at once (a renderer's pipe would hold it back otherwise)."""
    print(printable(line), flush=True)


@contextmanager
def _terminal() -> Iterator[TextIO | None]:
    """The terminal: standard error if it is one, else the controlling terminal, else nothing.

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
