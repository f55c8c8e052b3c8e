"""Settings and results of problem 2, as they are stored."""

import math
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cached_property
from statistics import fmean, stdev

from hw4.foundation.course_files import DataSource
from hw4.foundation.experiment import Experiment
from hw4.foundation.scores import Difference
from hw4.foundation.sealed import Selection
from hw4.foundation.settings import Amount, Count, Positive, Share
from hw4.sequences import data
from hw4.sequences.baselines import Baselines, ratio
from hw4.sequences.data import DataFacts

NETWORKS = ("vanilla", "truncated", "padded", "truncated_last", "padded_front")
"""The three networks of the assignment, then two that keep the end of the sequence in its place.

`truncated_last` sees the last steps in place of the first; `padded_front` has the padding before
the sequence.
"""
ASKED = NETWORKS[:3]
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
class Settings:
    """What is tried, and how.

    Attributes:
        seed: of the split into training and validation and of the order of the batches.
        network_seeds: of the initial weights; one network each.
        search_seeds: how many of them the search uses.
        validation_share: of the training sequences.
        hidden_sizes, decays: the search tries each hidden size with each weight decay.
        schedule: for all of them.
    """

    seed: int = 541
    network_seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    search_seeds: Count = 2
    validation_share: Share = 0.15
    hidden_sizes: tuple[Count, ...] = (16, 32)
    decays: tuple[Amount, ...] = (0.3, 1.0, 3.0, 10.0)
    schedule: TrainConfig = TrainConfig()

    @classmethod
    def quick(cls) -> "Settings":
        """Few epochs, two seeds, two candidates: to see whether everything runs."""
        return cls(
            network_seeds=(0, 1),
            search_seeds=1,
            hidden_sizes=(16,),
            decays=(0.3, 3.0),
            schedule=TrainConfig(epochs=20, patience=10),
        )


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


@dataclass(frozen=True)
class Result:
    """All that the report says of problem 2.

    Attributes:
        models: by the names in `NETWORKS`.
        last_steps_minus_linear: test error of `truncated_last` minus that of the linear model on
            the same steps, in pairs.
        selection: what validation chose, written down before the test set was opened.
    """

    settings: Settings
    data: DataFacts
    baselines: Baselines
    models: dict[str, ModelResult]
    last_steps_minus_linear: Difference
    selection: Selection

    @cached_property
    def ranking(self) -> list[str]:
        """The three networks of the sheet, lowest test error first."""
        return sorted(ASKED, key=lambda name: self.models[name].test_mse)

    @property
    def spread(self) -> float:
        """The largest standard deviation of the three networks' test errors over the seeds."""
        return max(self.models[name].test_mse_std for name in ASKED)

    @property
    def smallest_gap(self) -> float:
        """The smallest difference between two of the three networks' test errors."""
        first, second, third = (self.models[name].test_mse for name in self.ranking)
        return min(second - first, third - second)

    @property
    def noise_is_known(self) -> bool:
        return self.baselines.known_floor is not None

    @property
    def noise(self) -> float:
        """Mean squared error that the noise in the targets makes: known for the stand-in, else
        estimated."""
        known = self.baselines.known_floor
        return self.baselines.noise_floor if known is None else known

    @property
    def vanilla_over_noise(self) -> float:
        return ratio(self.models["vanilla"].test_mse, self.noise)

    @property
    def vanilla_over_noise_std(self) -> float:
        """Standard error: a mean of n squared errors, normal with mean 0, has √(2/n) of itself."""
        estimate = 0.0
        if not self.noise_is_known:
            estimate = ratio(self.baselines.noise_floor_error, self.noise)
        return math.hypot(math.sqrt(2 / self.data.test), estimate)

    @property
    def explained(self) -> dict[int, float]:
        """Share of the test targets' variance, by the last steps that a linear model is given."""
        fits = self.baselines.linear.items()
        return {steps: 1 - ratio(fit.test_mse, self.baselines.mean) for steps, fit in fits}

    @property
    def explained_by_first(self) -> float:
        """The same for the first L steps."""
        return 1 - ratio(self.baselines.first_steps, self.baselines.mean)

    @property
    def epochs_to_half(self) -> dict[str, float]:
        """Epochs to half the validation error of predicting the mean; NaN if a seed never gets
        there."""
        return {name: fmean(epochs) for name, epochs in self._to_half.items()}

    @property
    def seeds_to_half(self) -> dict[str, int]:
        """How many seeds get there."""
        return {
            name: sum(not math.isnan(epoch) for epoch in epochs)
            for name, epochs in self._to_half.items()
        }

    @property
    def _to_half(self) -> dict[str, list[float]]:
        goal = self.baselines.mean_validation / 2
        return {
            name: [curve.epoch_below(goal) for curve in model.curves]
            for name, model in self.models.items()
        }

    @property
    def decay_range(self) -> float:
        """Largest over smallest of the weight decays chosen for the three networks."""
        decays = [self.models[name].decay for name in ASKED]
        return ratio(max(decays), min(decays))

    @property
    def decay_at_edge(self) -> list[str]:
        """Those of the three whose chosen decay is the smallest or the largest that was tried."""
        ends = {min(self.settings.decays), max(self.settings.decays)}
        return [name for name in ASKED if self.models[name].decay in ends]

    @property
    def selected_at(self) -> str:
        return datetime.fromisoformat(self.selection.written).strftime("%-d %B %Y, %H:%M UTC")

    @property
    def exponent(self) -> int:
        """Errors in tables are multiples of 10 to this power."""
        positive = [model.test_mse for model in self.models.values() if model.test_mse > 0]
        return math.floor(math.log10(min(positive, default=1)))

    def report(self) -> dict:
        """This problem's part of `results.json`."""
        baselines = asdict(self.baselines)
        linear = [asdict(fit) for fit in self.baselines.linear.values() if fit.is_fitted]
        return {
            "models": {name: model.report() for name, model in self.models.items()},
            "baselines": baselines,
            "yardsticks": {**baselines, "linear": linear},  # the baselines' name in older results
            "data": asdict(self.data),
            "noise": self.noise,
            "last_steps_minus_linear": asdict(self.last_steps_minus_linear),
            "selection": asdict(self.selection),
        }


def check(source: DataSource) -> None:
    """See that the data can be learned from, all the way to the split.

    Raises:
        UserError: they cannot.
    """
    if not source.is_stand_in:
        settings = Settings()
        learning = data.load(source, "train")
        data.load(source, "test")
        data.split(learning, settings.validation_share, settings.seed)


EXPERIMENT = Experiment(
    name="sequences",
    title="Problem 2: sequences",
    settings=Settings,
    result=Result,
    run="hw4.sequences.experiment:run",
    source=data.source,
    check=check,
    libraries=("torch", "numpy", "scipy"),
)
