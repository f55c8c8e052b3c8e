"""Settings and result of problem 4."""

from dataclasses import dataclass, field
from math import prod
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
        number, name: the sheet's.
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

    description: str
    formula: str
    count: int
    modules: str


@dataclass(frozen=True)
class Result:
    """The answers to the sheet's eleven items.

    Attributes:
        shapes: items 1 to 10, by the layer's module whose output it is.
        readings: counts for item 11 by what the layer is taken to have; the answer first.
        difference: largest difference from `nn.MultiheadAttention` with the same weights.
        row_sum_error: largest difference of a row of the attention map from a sum of one.
    """

    dimensions: Dimensions
    shapes: dict[str, ItemRead]
    readings: dict[str, ReadingCounted]
    difference: float
    row_sum_error: float

    @property
    def parameters(self) -> int:
        """The answer to item 11."""
        return next(iter(self.readings.values())).count

    @property
    def map_numbers(self) -> int:
        """Numbers in the attention map of all heads."""
        return prod(self.shapes["softmax"].all_heads)

    @property
    def map_over_query(self) -> float:
        """How many times as many as in Q."""
        return self.map_numbers / prod(self.shapes["query"].shape)

    def report(self) -> dict[str, Any]:
        """This problem's part of `results.json`; the count of item 11 is a scalar, of shape []."""
        number, name = PARAMETERS
        shapes: list[dict] = [
            {
                "item": item.number,
                "name": item.name,
                "module": module,
                "shape": item.shape,
                "one_head": item.one_head,
                "all_heads": item.all_heads,
            }
            for module, item in self.shapes.items()
        ]
        shapes.append({"item": number, "name": name, "shape": [], "value": self.parameters})
        return {
            "shapes": shapes,
            "parameters": self.parameters,
            "parameters_by_reading": {key: item.count for key, item in self.readings.items()},
            "difference_from_pytorch": self.difference,
            "row_sum_error": self.row_sum_error,
        }


EXPERIMENT = Experiment(
    name="transformer",
    title="Problem 4: the transformer layer",
    settings=Settings,
    result=Result,
    source=source,
    libraries=("torch",),
)
