"""One kind of network: how it is trained, and what came of it."""

import math
from dataclasses import asdict, dataclass, field
from statistics import fmean, stdev

from hw4.foundation.scores import UNKNOWN, Difference
from hw4.foundation.settings import Count, Positive

NEAR = 0.1
"""A network has converged when its validation error is within this share of its best."""


@dataclass(frozen=True)
class TrainConfig:
    """How a network is trained."""

    epochs: Count = 60  # at most
    patience: Count = 20  # epochs without a lower validation error, then training stops
    batch_size: Count = 64
    learning_rate: Positive = 0.01  # at the start; falls along a cosine, to zero after `epochs`
    order_seed: int = 0  # of the batches


@dataclass(frozen=True)
class Curve:
    """Mean squared errors of one network after each epoch, in the unit of the targets."""

    training: tuple[float, ...]
    validation: tuple[float, ...]

    def epoch_below(self, error: float) -> float:
        """First epoch with a validation error of at most `error`, from 1; infinite if none."""
        reached = (epoch for epoch, value in enumerate(self.validation, 1) if value <= error)
        return next(reached, math.inf)

    @property
    def best_epoch(self) -> int:
        """The epoch whose weights are kept, counted from 1."""
        return self.epoch_below(min(self.validation))

    @property
    def converged_epoch(self) -> int:
        return self.epoch_below((1 + NEAR) * min(self.validation))


@dataclass(frozen=True)
class Tried:
    """One setting of the search; `validation_mse` is the mean of the seeds' lowest errors."""

    hidden_size: int
    decay: float
    validation_mse: float


@dataclass(frozen=True)
class Trained:
    """One kind of network, trained with the setting that validation chose.

    Properties are means over the seeds. What is said of the test set is empty until that is opened.

    Attributes:
        curves: one for each seed.
        seconds: of training all seeds side by side.
        search: what was tried before, the chosen setting among it.
        test_minus_vanilla: on the same sequences, in pairs.
        short_minus_long: test error on sequences up to the middle length minus that on longer ones.
    """

    name: str
    hidden_size: int
    weight_decay: float
    parameters: int
    config: TrainConfig
    curves: tuple[Curve, ...]
    seconds: float
    search: tuple[Tried, ...]
    test_mse_by_seed: tuple[float, ...] = ()
    test_mse_by_length: dict[int, float] = field(default_factory=dict)
    test_minus_vanilla: Difference = UNKNOWN
    short_minus_long: Difference = UNKNOWN

    @property
    def train_mse(self) -> float:
        """Of the weights that are kept."""
        return fmean(curve.training[curve.best_epoch - 1] for curve in self.curves)

    @property
    def validation_mse(self) -> float:
        return fmean(min(curve.validation) for curve in self.curves)

    @property
    def validation_over_train(self) -> float:
        return ratio(self.validation_mse, self.train_mse)

    @property
    def validation_over_train_at_end(self) -> float:
        """After the last epoch."""
        validation = fmean(curve.validation[-1] for curve in self.curves)
        return ratio(validation, fmean(curve.training[-1] for curve in self.curves))

    @property
    def test_mse(self) -> float:
        return fmean(self.test_mse_by_seed)

    @property
    def test_mse_std(self) -> float:
        """Sample standard deviation over the seeds."""
        return stdev(self.test_mse_by_seed) if len(self.test_mse_by_seed) > 1 else 0.0

    @property
    def epochs(self) -> float:
        """Until training stopped."""
        return fmean(len(curve.validation) for curve in self.curves)

    @property
    def best_epoch(self) -> float:
        return fmean(curve.best_epoch for curve in self.curves)

    @property
    def epochs_to_converge(self) -> float:
        return fmean(curve.converged_epoch for curve in self.curves)

    @property
    def seconds_per_epoch(self) -> float:
        """For all seeds side by side."""
        return self.seconds / max(len(curve.validation) for curve in self.curves)

    @property
    def seconds_to_converge(self) -> float:
        return self.seconds_per_epoch * self.epochs_to_converge

    def report(self) -> dict:
        """What `results.json` says of this network: all that prose can quote."""
        derived = [name for name, value in vars(Trained).items() if isinstance(value, property)]
        numbers = asdict(self) | {name: getattr(self, name) for name in derived}
        del numbers["curves"]
        return numbers


def ratio(value: float, other: float) -> float:
    """`value / other`; NaN where `other` is 0 (targets without noise can be fitted exactly)."""
    return value / other if other else math.nan
