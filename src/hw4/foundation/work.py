"""What a running experiment is given: its data source, stored parts, and a sealed test set."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import numpy as np

from hw4.foundation import progress
from hw4.foundation.compute import Device
from hw4.foundation.files import DataSource
from hw4.foundation.places import store_folder
from hw4.foundation.sealed import Sealed, Selection
from hw4.foundation.store import Content, Damaged, Entry, digest, from_plain, to_plain

R = TypeVar("R")
T = TypeVar("T")
KEY_LENGTH = 20


@dataclass(frozen=True)
class Outcome(Generic[R]):
    """What a computation brought: a result (numbers) and named arrays that go with it."""

    result: R
    tensors: dict[str, np.ndarray] = field(default_factory=dict)


class Work:
    """What a running experiment is given: its data source, its device, and stored parts."""

    def __init__(self, name: str, source: DataSource, on: Device, basis: str) -> None:
        self.source = source
        self.device = on.kind
        self.seconds_read_back = 0.0
        self._name, self._basis = name, basis
        self._written: list[tuple[str, Any, Selection]] = []
        self._opened = False

    def part(
        self, name: str, settings: Any, result: type[R], compute: Callable[[], Outcome[R]]
    ) -> Outcome[R]:
        """`compute()`, or what it brought earlier for the same code, data and `settings`.

        A build that is killed keeps its finished parts; a change of settings repeats only the
        parts that are given other `settings`.

        Args:
            name: unique within the experiment.
            settings: all the part depends on besides code and data (plain values or a dataclass
                of them).
            result: the type of the result, for reading it back.
            compute: called without arguments if nothing is stored.
        """
        entry = self._entry(name, settings)
        numbers = sound(entry)
        if numbers is None:
            began = time.monotonic()
            made = compute()
            seconds, plain = time.monotonic() - began, to_plain(made.result)
            entry.write(Content({"part": name, "seconds": seconds, "result": plain}, made.tensors))
        else:
            self.seconds_read_back += numbers["seconds"]
        return self.stored(name, settings, result)

    def stored(self, name: str, settings: Any, result: type[R]) -> Outcome[R] | None:
        """What `part` stored under this name and these settings, or None."""
        entry = self._entry(name, settings)
        numbers = sound(entry)
        if numbers is None:
            return None
        return Outcome(from_plain(result, numbers["result"]), entry.read_tensors() or {})

    def select(
        self, choice: dict[str, Any], validation_score: float, metric: str, name: str = "selection"
    ) -> Selection:
        """Write down what validation chose; what was written for the same choice stays.

        Raises:
            RuntimeError: the test set is open already.
        """
        if self._opened:
            raise RuntimeError("The test set is open; nothing is selected any more.")
        made = Selection(to_plain(choice), float(validation_score), metric)
        settings = (made.choice, made.validation_score, metric)
        written = self.part(name, settings, Selection, lambda: Outcome(made)).result
        self._written.append((name, settings, written))
        return written

    def seal(self, load: Callable[[], T]) -> Sealed[T]:
        """The test set, which opens once, and only after `select`."""

        def admit(selection: Selection) -> None:
            if self._opened:
                raise RuntimeError("The test set was opened before; it opens once.")
            if not any(
                written == selection and self.stored(name, settings, Selection) is not None
                for name, settings, written in self._written
            ):
                raise RuntimeError("The test set opens after the selection is written down.")
            self._opened = True

        return Sealed(load, admit)

    def _entry(self, name: str, settings: Any) -> Entry:
        key = digest(self._basis, name, settings)[:KEY_LENGTH]
        return Entry(store_folder() / self._name / "parts" / key)

    def bar(self, total: int, label: str) -> AbstractContextManager[progress.Bar]:
        """A progress bar of `total` steps."""
        return progress.bar(total, f"{self._name}: {label}")

    def say(self, line: str) -> None:
        """Print one line of the experiment's own."""
        progress.say(f"  {self._name}: {line}")


def sound(entry: Entry, quiet: bool = False) -> dict[str, Any] | None:
    """The numbers of an undamaged entry; a damaged one is reported and taken away."""
    try:
        return entry.read_numbers() if entry.check() else None
    except Damaged as error:
        if not quiet:
            progress.say(f"Stored result damaged, computing it again: {error}.")
            entry.remove()
        return None
