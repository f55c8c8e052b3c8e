"""A result of problem 4 without torch, for tests of what is written about it."""

from hw4.transformer.derive import ITEMS, READINGS, Dimensions
from hw4.transformer.result import ItemRead, ReadingCounted, Result


def result(sizes: Dimensions, difference: float = 1e-7) -> Result:
    """What the derivation says of a layer of these sizes."""
    shapes = {
        item.module: ItemRead(
            item.number,
            item.name,
            sizes.sizes(item.answer),
            sizes.sizes(item.stacked),
            sizes.sizes(item.one_head) if item.one_head else None,
        )
        for item in ITEMS
    }
    readings = {
        each.key: ReadingCounted(
            each.description, each.formula, each.count(sizes.hidden_size), "`a module`"
        )
        for each in READINGS
    }
    return Result(sizes, shapes, readings, difference, 1e-7)


def made_up() -> dict[str, Result]:
    """Results of all kinds, by what is special about them."""
    return {
        "the sheet's": result(Dimensions()),
        "equal to PyTorch in every digit": result(Dimensions(), difference=0.0),
        "one head": result(Dimensions(2, 3, 4, 1)),
        "large": result(Dimensions(64, 2048, 1024, 16)),
    }
