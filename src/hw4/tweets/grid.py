"""Q4: the settings of a head that are tried, and the record of one that was. No torch."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

from hw4.foundation.settings import Amount, Count, Positive
from hw4.tweets.arguments import Pooling, TrainConfig, Weighting

LEARNING_RATES = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1)
WEIGHT_DECAYS = (0.0, 0.01, 0.1, 0.3, 1.0, 3.0, 10.0)
EPOCHS = (1, 2, 4, 8, 16, 32, 64)
"""Where a search can go: it starts in the middle and leaves off where both neighbors are worse."""


@dataclass(frozen=True)
class Grid:
    """Settings of a head that are tried, every combination of them."""

    learning_rates: tuple[Positive, ...] = (1e-3, 3e-3, 1e-2)
    weight_decays: tuple[Amount, ...] = (0.01, 0.1, 1.0)
    epochs: tuple[Count, ...] = (8, 16)
    class_weightings: tuple[Weighting, ...] = ("none", "balanced")
    batch_size: Count = 64
    pooling: Pooling = "first"

    def configs(self, common: TrainConfig) -> Iterator[TrainConfig]:
        """Every combination; what is not searched is taken from `common`."""
        for weighting, rate, decay, epochs in product(
            self.class_weightings, self.learning_rates, self.weight_decays, self.epochs
        ):
            yield replace(
                common,
                class_weighting=weighting,
                learning_rate=rate,
                weight_decay=decay,
                epochs=epochs,
                batch_size=self.batch_size,
                pooling=self.pooling,
            )


def neighbors(config: TrainConfig) -> Iterator[TrainConfig]:
    """The next smaller and the next larger value on each axis of the search."""
    for name, values in (
        ("learning_rate", LEARNING_RATES),
        ("weight_decay", WEIGHT_DECAYS),
        ("epochs", EPOCHS),
    ):
        value = getattr(config, name)
        smaller = [other for other in values if other < value]
        larger = [other for other in values if other > value]
        for other in (*smaller[-1:], *larger[:1]):
            yield replace(config, **{name: other})


def small_grid(pooling: Pooling) -> Grid:
    return Grid((3e-4, 1e-3), (0.01,), (4, 8), ("balanced",), pooling=pooling)


@dataclass(frozen=True)
class Trial:
    """One setting of a search and how it did.

    Attributes:
        p: of the difference to the best setting's F1-macro on the validation tweets, in pairs.
        predicts_0: validation tweets that it calls class 0.
        seconds: of training.
    """

    learning_rate: float
    weight_decay: float
    epochs: int
    class_weighting: str
    validation_f1_macro: float
    validation_accuracy: float
    train_f1_macro: float
    p: float
    predicts_0: int
    seconds: float
