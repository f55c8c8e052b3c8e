"""What a running experiment is given: its data, stored parts, and a sealed test set."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

import numpy as np

from hw4.foundation import progress
from hw4.foundation.compute import Device
from hw4.foundation.files import DataSource
from hw4.foundation.places import store_folder
from hw4.foundation.store import Damaged, Entry, digest, from_plain, to_plain

R = TypeVar("R")
T = TypeVar("T")
KEY_LENGTH = 20


def now() -> str:
    """An ISO date and time (UTC)."""
    return datetime.now(UTC).isoformat(timespec="seconds")


@dataclass(frozen=True)
class Outcome(Generic[R]):
    """What a computation brought: a result (numbers) and named arrays that go with it."""

    result: R
    tensors: dict[str, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True)
class Selection:
    """What validation chose, written down before the test set was opened.

    Attributes:
        choice: plain values: settings, epochs, threshold, mirror or not, …
        validation_score: of what was chosen, on the validation data.
        metric: what the score is, such as `accuracy` or `F1-macro`.
        written: when.
    """

    choice: dict[str, Any]
    validation_score: float
    metric: str
    written: str = field(default_factory=now)


class Sealed(Generic[T]):
    """A test set that nobody has looked at; `open` gives it out, once."""

    def __init__(self, load: Callable[[], T], work: "Work") -> None:
        self._load, self._work = load, work

    def open(self, selection: Selection) -> T:
        """The test set; a RuntimeError if the selection is not written down, or the second time."""
        self._work.admit(selection)
        return self._load()


class Work:
    """One running of an experiment."""

    def __init__(self, name: str, source: DataSource, on: Device, basis: str) -> None:
        self.source = source
        self.device = on.kind
        self.seconds_read_back = 0.0
        self._name, self._basis = name, basis
        self._written: dict[str, tuple] = {}
        self._timed: set[Entry] = set()  # a part that is asked for twice takes its time once
        self._opened = False

    def part(
        self, name: str, settings: Any, result: type[R], compute: Callable[[], Outcome[R]]
    ) -> Outcome[R]:
        """`compute()`, or what it brought earlier for the same code, data and `settings`.

        A build that is killed keeps its finished parts; a change of settings repeats only the
        parts that are given other `settings`, which are all that a part depends on besides code
        and data.
        """
        entry = self._entry(name, settings)
        kept = sound(entry)
        if kept is None:
            began = time.monotonic()
            made = compute()
            seconds, plain = time.monotonic() - began, to_plain(made.result)
            entry.write({"part": name, "seconds": seconds, "result": plain}, made.tensors)
        elif entry not in self._timed:
            self.seconds_read_back += kept[0]["seconds"]
        self._timed.add(entry)
        return self.stored(name, settings, result)

    def stored(self, name: str, settings: Any, result: type[R]) -> Outcome[R] | None:
        """What `part` stored under this name and these settings, or None."""
        kept = sound(self._entry(name, settings))
        return kept and Outcome(from_plain(result, kept[0]["result"]), kept[1])

    def select(
        self, choice: dict[str, Any], validation_score: float, metric: str, name: str = "selection"
    ) -> Selection:
        """Write down what validation chose; what was written for the same choice stays."""
        if self._opened:
            raise RuntimeError("The test set is open; nothing is selected any more.")
        made = Selection(to_plain(choice), float(validation_score), metric)
        settings = (made.choice, made.validation_score, metric)
        self._written[name] = settings
        return self.part(name, settings, Selection, lambda: Outcome(made)).result

    def seal(self, load: Callable[[], T]) -> Sealed[T]:
        """The test set that `load` brings, which opens once, and only after `select`."""
        return Sealed(load, self)

    def admit(self, selection: Selection) -> None:
        """Let a test set be opened; see `Sealed.open`."""
        if self._opened:
            raise RuntimeError("The test set was opened before; it opens once.")
        written = [self.stored(name, it, Selection) for name, it in self._written.items()]
        if not any(it is not None and it.result == selection for it in written):
            raise RuntimeError("The test set opens after the selection is written down.")
        self._opened = True

    def bar(self, total: int, label: str) -> AbstractContextManager[progress.Bar]:
        return progress.bar(total, f"{self._name}: {label}")

    def say(self, line: str) -> None:
        progress.say(f"  {self._name}: {line}")

    def _entry(self, name: str, settings: Any) -> Entry:
        key = digest(self._basis, name, settings)[:KEY_LENGTH]
        return Entry(store_folder() / self._name / "parts" / key)


def sound(entry: Entry) -> tuple[dict[str, Any], dict[str, np.ndarray]] | None:
    """The numbers and arrays of an entry; a damaged one is reported, and replaced later."""
    try:
        return entry.read()
    except Damaged as error:
        progress.say(f"Stored result damaged, computing it again: {error}.")
        return None
