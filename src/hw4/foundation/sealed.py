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
        admit: raises an error unless the selection is written down and nothing was opened before.
    """

    def __init__(self, load: Callable[[], T], admit: Callable[[Selection], None]) -> None:
        self._load, self._admit = load, admit

    def open(self, selection: Selection) -> T:
        """The test set.

        Raises:
            RuntimeError: the selection is not written down yet, or a test set was opened before.
        """
        self._admit(selection)
        return self._load()
