"""What a setting may be, said once in its type and seen before anything is computed."""

import dataclasses
import inspect
import math
import types
import typing
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from hw4.foundation.errors import UserError

_PACKAGES = Path(__file__).resolve().parents[2]
_UNIONS = (types.UnionType, typing.Union)


@dataclass(frozen=True)
class Range:
    """The numbers from `least` to `most`; without `least` itself if it is `open`."""

    least: float
    most: float = math.inf
    open: bool = False

    def __contains__(self, value: float) -> bool:
        above = value > self.least if self.open else value >= self.least
        return above and value <= self.most and math.isfinite(value)

    def __str__(self) -> str:
        if self.most < math.inf:
            return f"from {self.least:g} to {self.most:g}"
        return f"above {self.least:g}" if self.open else f"of {self.least:g} or more"


Count = Annotated[int, Range(1)]
"""How many there are of something that there must be."""
Amount = Annotated[float, Range(0)]
Positive = Annotated[float, Range(0, open=True)]
Share = Annotated[float, Range(0, 1)]


def check_settings(settings: Any) -> None:
    """See that every field of a dataclass, and of those inside it, is what its type says.

    Raises:
        UserError: one is not; with its file, its name, what it is and what it should be.
    """
    hints = typing.get_type_hints(type(settings), include_extras=True)
    for field in dataclasses.fields(settings):
        value, hint = getattr(settings, field.name), hints[field.name]
        if not _fits(value, hint):
            where = Path(inspect.getfile(type(settings)))
            if where.is_relative_to(_PACKAGES):
                where = where.relative_to(_PACKAGES.parent)
            raise UserError(
                f"{where}: {field.name} of {type(settings).__name__} is {value!r}, expected was "
                f"{_words(hint)}: put it right there."
            )
        for inner in value if isinstance(value, tuple) else (value,):
            if dataclasses.is_dataclass(inner):
                check_settings(inner)


def _fits(value: Any, hint: Any) -> bool:
    origin, inside = typing.get_origin(hint), typing.get_args(hint)
    if origin is Annotated:
        return _fits(value, inside[0]) and value in inside[1]
    if origin is Literal:
        return value in inside
    if origin is tuple:
        if not isinstance(value, tuple) or not value:
            return False
        each = inside[:1] * len(value) if inside[-1] is ... else inside
        return len(value) == len(each) and all(map(_fits, value, each))
    if origin in _UNIONS:
        return any(_fits(value, hint) for hint in inside)
    if hint in (int, float):
        numbers = (int, float) if hint is float else (int,)
        return isinstance(value, numbers) and not isinstance(value, bool)
    return isinstance(value, hint)


def _words(hint: Any) -> str:
    """A type in words, such as `a whole number of 1 or more`."""
    origin, inside = typing.get_origin(hint), typing.get_args(hint)
    if origin is Annotated:
        return f"{_words(inside[0])} {inside[1]}"
    if origin is Literal:
        return f"one of {', '.join(map(repr, inside))}"
    if origin is tuple and inside[-1] is ...:
        return f"a tuple, (a, b) or (a,), each of them {_words(inside[0])}"
    if origin is tuple:
        return f"a tuple of {len(inside)}, each of them {_words(inside[0])}"
    if origin in _UNIONS:
        return " or ".join(map(_words, inside))
    names = {int: "a whole number", float: "a number", str: "text", bool: "True or False"}
    return names.get(hint, "None" if hint is types.NoneType else hint.__name__)
