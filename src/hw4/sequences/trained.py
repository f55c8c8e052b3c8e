"""What is kept of a trained network: how it was chosen, its curves, its test."""

import math
from dataclasses import asdict, dataclass
from statistics import fmean, stdev

from hw4.foundation.scores import Difference
from hw4.foundation.settings import Count, Positive
from hw4.sequences.baselines import ratio

NEAR = 0.1
"""A network has converged when its validation error is within this share of its best."""


@dataclass(frozen=True)
class TrainConfig:
    """How a network is trained.

    Attributes:
        epochs: at most.
        patience: epochs without a lower validation error after which training stops.
        batch_size: sequences a step.
        learning_rate: at the start; falls along a cosine that is zero after `epochs`.
        order_seed: of the order of the batches.
    """

    epochs: Count = 60
    patience: Count = 20
    batch_size: Count = 64
    learning_rate: Positive = 0.01
    order_seed: int = 0


@dataclass(frozen=True)
class Curve:
    """Mean squared errors of one network after each epoch, in the units of the targets."""

    training: tuple[float, ...]
    validation: tuple[float, ...]

    @property
    def best_validation(self) -> float:
        return min(self.validation)

    @property
    def best_epoch(self) -> int:
        """Counted from 1."""
        return self.validation.index(self.best_validation) + 1

    @property
    def training_at_best(self) -> float:
        """Training error of the epoch whose weights are kept."""
        return self.training[self.best_epoch - 1]

    @property
    def converged_epoch(self) -> int:
        """First epoch within 10 % of the lowest validation error, counted from 1."""
        return self.epoch_below((1 + NEAR) * self.best_validation)

    def epoch_below(self, error: float) -> float:
        """First epoch with a validation error of at most `error`, from 1; NaN if there is none."""
        reached = (epoch for epoch, value in enumerate(self.validation, 1) if value <= error)
        return next(reached, math.nan)

    def times(self, unit: float) -> "Curve":
        return Curve(*(tuple(unit * error for error in part) for part in vars(self).values()))


@dataclass(frozen=True)
class Candidate:
    """One setting tried in the search; `validation_mse` is the mean of the seeds' lowest errors."""

    hidden_size: int
    decay: float
    validation_mse: float


@dataclass(frozen=True)
class LengthError:
    """Error on the test sequences of one length, mean over the seeds."""

    length: int
    sequences: int
    mse: float


@dataclass(frozen=True)
class Trained:
    """One kind of network, trained with the setting that validation chose; errors are means over
    the seeds.

    Attributes:
        name: one of `NETWORKS`.
        steps: how many steps it sees of the longest sequence.
        curves: one for each seed.
        seconds: of training all seeds side by side.
    """

    name: str
    steps: int
    hidden_size: int
    decay: float
    parameters: int
    config: TrainConfig
    curves: tuple[Curve, ...]
    seconds: float

    @property
    def validation_mse(self) -> float:
        """Of the weights that are kept."""
        return fmean(curve.best_validation for curve in self.curves)

    @property
    def train_mse(self) -> float:
        """Of the weights that are kept."""
        return fmean(curve.training_at_best for curve in self.curves)

    @property
    def validation_over_train(self) -> float:
        return ratio(self.validation_mse, self.train_mse)

    @property
    def validation_over_train_at_end(self) -> float:
        """After the last epoch."""
        return ratio(
            fmean(curve.validation[-1] for curve in self.curves),
            fmean(curve.training[-1] for curve in self.curves),
        )

    @property
    def epochs(self) -> float:
        """Until training stopped."""
        return fmean(len(curve.validation) for curve in self.curves)

    @property
    def best_epoch(self) -> float:
        return fmean(curve.best_epoch for curve in self.curves)

    @property
    def epochs_to_converge(self) -> float:
        """Until within 10 % of the best validation error."""
        return fmean(curve.converged_epoch for curve in self.curves)

    @property
    def seconds_per_epoch(self) -> float:
        """For all seeds side by side."""
        return self.seconds / max(len(curve.validation) for curve in self.curves)

    @property
    def seconds_to_converge(self) -> float:
        return self.seconds_per_epoch * self.epochs_to_converge

    @property
    def step_size_at_end(self) -> float:
        """Step size where training stopped, as a share of that at the start."""
        progress = (len(curve.validation) / self.config.epochs for curve in self.curves)
        return fmean((1 + math.cos(math.pi * share)) / 2 for share in progress)


@dataclass(frozen=True)
class ModelResult(Trained):
    """The same network with its search before and its test after the training.

    Attributes:
        test: error of each seed.
        minus_vanilla: test error minus that of the vanilla RNN, on the same sequences in pairs.
        short_mse, long_mse: test error on sequences up to the middle length, and on longer ones.
        short_minus_long: the difference of the two; NaN where there are not two of each.
    """

    search: tuple[Candidate, ...]
    test: tuple[float, ...]
    by_length: tuple[LengthError, ...]
    minus_vanilla: Difference
    short_mse: float
    long_mse: float
    short_minus_long: Difference

    @property
    def test_mse(self) -> float:
        return fmean(self.test)

    @property
    def test_mse_std(self) -> float:
        """Sample standard deviation over the seeds."""
        return stdev(self.test) if len(self.test) > 1 else 0.0

    @property
    def lowest_by_length(self) -> float:
        return min(item.mse for item in self.by_length)

    @property
    def highest_by_length(self) -> float:
        return max(item.mse for item in self.by_length)

    @property
    def decay_gain(self) -> float:
        """Share of the weakest decay's validation error that the best one saves, equal units."""
        same = [item for item in self.search if item.hidden_size == self.hidden_size]
        weakest = min(same, key=lambda item: item.decay)
        return 1 - ratio(min(item.validation_mse for item in same), weakest.validation_mse)

    def report(self) -> dict:
        """What `results.json` says of this network."""
        numbers = (
            "test_mse test_mse_std validation_mse train_mse validation_over_train "
            "validation_over_train_at_end parameters hidden_size epochs best_epoch "
            "epochs_to_converge seconds seconds_to_converge"
        )
        return {
            **{name: getattr(self, name) for name in numbers.split()},
            "weight_decay": self.decay,
            "test_mse_by_seed": list(self.test),
            "test_mse_by_length": {str(item.length): item.mse for item in self.by_length},
            "test_minus_vanilla": asdict(self.minus_vanilla),
            "search": [asdict(candidate) for candidate in self.search],
        }
