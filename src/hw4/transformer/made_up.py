"""A result of problem 4 without torch, for tests of what is written about it."""

from dataclasses import replace

from hw4.transformer.derive import Dimensions, items, readings
from hw4.transformer.result import Result


def result(sizes: Dimensions, difference: float = 1e-7) -> Result:
    """What the derivation says of a layer of these sizes."""
    counted = {
        key: replace(each, modules="`a module`")
        for key, each in readings(sizes.hidden_size).items()
    }
    return Result(sizes, items(sizes), counted, difference, 1e-7)


def made_up() -> dict[str, Result]:
    """Results of all kinds, by what is special about them."""
    return {
        "the sheet's": result(Dimensions()),
        "equal to PyTorch in every digit": result(Dimensions(), difference=0.0),
        "one head": result(Dimensions(2, 3, 4, 1)),
        "large": result(Dimensions(64, 2048, 1024, 16)),
    }
