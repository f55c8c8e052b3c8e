"""Dataclasses to plain JSON values and back."""

import hashlib
import json
import math
from typing import Any, TypeVar

import numpy as np
from cattrs.preconf.json import make_converter

T = TypeVar("T")
_converter = make_converter()


def to_plain(value: Any) -> Any:
    """`value` (dataclasses, tuples, dictionaries, NumPy numbers) as JSON's own types.

    Raises:
        TypeError: something in it has no JSON form.
    """
    return json.loads(json.dumps(_converter.unstructure(value), default=_number))


def from_plain(kind: type[T], value: Any) -> T:
    """The `kind` (a dataclass, mostly) that `to_plain` made `value` of."""
    return _converter.structure(value, kind)


def without_nan(value: Any) -> Any:
    """Plain JSON values with null for what strict JSON cannot say (NaN, infinities)."""
    if isinstance(value, dict):
        return {key: without_nan(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_nan(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def digest(*values: Any) -> str:
    """sha256 over the plain form of `values`: equal for equal values, in every run."""
    text = json.dumps([to_plain(value) for value in values], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _number(value: Any) -> Any:
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} has no JSON form: {value!r}")
