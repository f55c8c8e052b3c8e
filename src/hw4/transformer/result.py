"""Settings and result of problem 4."""

from dataclasses import dataclass, field
from typing import Any

from hw4.foundation.experiment import Experiment
from hw4.foundation.settings import Share
from hw4.transformer.data import source
from hw4.transformer.derive import PARAMETERS, Dimensions, Shape


@dataclass(frozen=True)
class Settings:
    """The sheet's layer.

    Attributes:
        dropout: rate of Dropout-1 and Dropout-2; no shape depends on it.
        seed: of the random weights and the random input.
    """

    dimensions: Dimensions = field(default_factory=Dimensions)
    dropout: Share = 0.1
    seed: int = 541

    @classmethod
    def quick(cls) -> "Settings":
        """The same: there is nothing to wait for."""
        return cls()


@dataclass(frozen=True)
class ItemRead:
    """A shape as derived and as read off the running layer, which agree.

    Attributes:
        number: the sheet's.
        name: the sheet's words.
        shape: the answer.
        all_heads: the shape with all heads stacked.
        one_head: the shape for one head, or None where there are no heads.
    """

    number: int
    name: str
    shape: Shape
    all_heads: Shape
    one_head: Shape | None


@dataclass(frozen=True)
class ReadingCounted:
    """A parameter count as derived and as counted in real modules, which agree.

    Attributes:
        modules: which modules were counted.
    """

    key: str
    description: str
    formula: str
    count: int
    modules: str


@dataclass(frozen=True)
class Result:
    """The answers to the sheet's eleven items.

    Attributes:
        items: the ten shapes.
        readings: the parameter counts, the answer to item 11 first.
        difference: largest difference from `nn.MultiheadAttention` with the same weights.
        row_sum_error: largest difference of a row of the attention map from a sum of one.
    """

    dimensions: Dimensions
    items: tuple[ItemRead, ...]
    readings: tuple[ReadingCounted, ...]
    difference: float
    row_sum_error: float

    @property
    def parameters(self) -> int:
        """The answer to item 11."""
        return self.readings[0].count

    def item(self, number: int) -> ItemRead:
        """The item with the sheet's `number`, 1 to 10."""
        return self.items[number - 1]

    def report(self) -> dict[str, Any]:
        """This problem's part of `results.json`; the count of item 11 is a scalar, of shape []."""
        number, name = PARAMETERS
        shapes = [
            {
                "item": item.number,
                "name": item.name,
                "shape": item.shape,
                "one_head": item.one_head,
                "all_heads": item.all_heads,
            }
            for item in self.items
        ]
        return {
            "shapes": [
                *shapes,
                {"item": number, "name": name, "shape": [], "value": self.parameters},
            ],
            "parameters": self.parameters,
            "parameters_by_reading": {reading.key: reading.count for reading in self.readings},
            "difference_from_pytorch": self.difference,
            "row_sum_error": self.row_sum_error,
        }


EXPERIMENT = Experiment(
    name="transformer",
    title="Problem 4: the transformer layer",
    settings=Settings,
    result=Result,
    run="hw4.transformer.experiment:run",
    source=source,
    libraries=("torch",),
)
