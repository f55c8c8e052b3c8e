"""The test set stays shut until validation has chosen, and opens once."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Selection:
    """What validation chose, written down before the test set was opened.

    Attributes:
        choice: plain values: settings, epochs, threshold, mirror or not, …
        validation_score: of what was chosen, on the validation data.
        metric: what the score is, such as `accuracy` or `F1-macro`.
        written: when, as an ISO date and time (UTC).
    """

    choice: dict[str, Any]
    validation_score: float
    metric: str
    written: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))


class Sealed(Generic[T]):
    """A test set that nobody has looked at; `open` gives it out, once.

    Args:
        load: brings the test set.
        is_written: whether a selection stands in the store.
    """

    def __init__(self, load: Callable[[], T], is_written: Callable[[Selection], bool]) -> None:
        self._load, self._is_written = load, is_written
        self._opened = False

    def open(self, selection: Selection) -> T:
        """The test set.

        Raises:
            RuntimeError: the selection is not written down yet, or the set was opened before.
        """
        if not self._is_written(selection):
            raise RuntimeError("The test set opens after the selection is written down.")
        if self._opened:
            raise RuntimeError("The test set was opened before; it opens once.")
        self._opened = True
        return self._load()
