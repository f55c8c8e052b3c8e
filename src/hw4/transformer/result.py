"""Settings and result of problem 4."""

from dataclasses import asdict, dataclass, field
from math import prod

from hw4.foundation.experiment import Experiment
from hw4.foundation.settings import Share
from hw4.transformer.derive import PARAMETERS, Dimensions, Item, Reading


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
class Result:
    """The answers to the sheet's eleven items, as derived and as read off a layer, which agree.

    Attributes:
        shapes: items 1 to 10, by the layer's module whose output it is.
        readings: counts for item 11 by what the layer is taken to have; the answer first.
        difference: largest difference from `nn.MultiheadAttention` with the same weights.
        row_sum_error: largest difference of a row of the attention map from a sum of one.
    """

    dimensions: Dimensions
    shapes: dict[str, Item]
    readings: dict[str, Reading]
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

    def report(self) -> dict:
        """This problem's part of `results.json`; the count of item 11 is a scalar, of shape []."""
        number, name = PARAMETERS
        shapes = [
            {**asdict(item), "item": item.number, "module": module, "one_head": item.one_head}
            for module, item in self.shapes.items()
        ]
        shapes.append({"item": number, "name": name, "shape": [], "value": self.parameters})
        return {
            "shapes": shapes,
            "parameters": self.parameters,
            "parameters_by_reading": {key: each.count for key, each in self.readings.items()},
            "difference_from_pytorch": self.difference,
            "row_sum_error": self.row_sum_error,
        }


EXPERIMENT = Experiment(
    name="transformer",
    title="Problem 4: the transformer layer",
    settings=Settings,
    result=Result,
    libraries=("torch",),
)
