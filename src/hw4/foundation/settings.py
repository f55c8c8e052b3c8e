"""What a setting may be, said once in its type and seen before anything is computed."""

import dataclasses
import inspect
import math
import types
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from hw4.foundation.errors import UserError


class Rule(NamedTuple):
    """What a number must be besides one: in words, and as a test."""

    words: str
    holds: Callable[[float], bool]


Count = Annotated[int, Rule("a whole number of 1 or more", lambda value: value >= 1)]
Amount = Annotated[float, Rule("a number of 0 or more", lambda value: 0 <= value < math.inf)]
Positive = Annotated[float, Rule("a number above 0", lambda value: 0 < value < math.inf)]
Share = Annotated[float, Rule("a number from 0 to 1", lambda value: 0 <= value <= 1)]
_WORDS = {
    int: "a whole number",
    float: "a number",
    str: "text",
    bool: "True or False",
    types.NoneType: "None",
}


def check_settings(settings: Any) -> None:
    """See that every field of a dataclass, and of those inside it, is what its type says."""
    hints = typing.get_type_hints(type(settings), include_extras=True)
    for field in dataclasses.fields(settings):
        value = getattr(settings, field.name)
        fits, expected = check_value(value, hints[field.name])
        if not fits:
            where = Path(inspect.getfile(type(settings)))
            where = Path("src", *where.parts[where.parts.index("hw4") :])
            raise UserError(
                f"{where}: {field.name} of {type(settings).__name__} is {value!r}, expected was "
                f"{expected}: put it right there."
            )
        for inner in value if isinstance(value, tuple) else (value,):
            if dataclasses.is_dataclass(inner):
                check_settings(inner)


def check_value(value: Any, hint: Any) -> tuple[bool, str]:
    """Whether a value is of a type, and the type in words."""
    origin, inside = typing.get_origin(hint), typing.get_args(hint)
    if origin is Annotated:
        return check_value(value, inside[0])[0] and inside[1].holds(value), inside[1].words
    if origin is Literal:
        return value in inside, f"one of {', '.join(map(repr, inside))}"
    if origin is tuple:
        any_number = inside[-1] is ...
        shape = "a tuple, (a, b) or (a,)" if any_number else f"a tuple of {len(inside)}"
        words = f"{shape}, each of them {check_value(None, inside[0])[1]}"
        if not isinstance(value, tuple) or not value:
            return False, words
        kinds = inside[:1] * len(value) if any_number else inside
        fits = [check_value(*pair)[0] for pair in zip(value, kinds, strict=False)]
        return len(value) == len(kinds) and all(fits), words
    if origin in (types.UnionType, typing.Union):
        found = [check_value(value, kind) for kind in inside]
        return any(fits for fits, _ in found), " or ".join(words for _, words in found)
    if hint in (int, float):
        numbers = (int, float) if hint is float else int
        return isinstance(value, numbers) and not isinstance(value, bool), _WORDS[hint]
    return isinstance(value, hint), _WORDS.get(hint, hint.__name__)
