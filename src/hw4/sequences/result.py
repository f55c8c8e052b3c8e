"""Settings and results of problem 2, as they are stored."""

from dataclasses import asdict, dataclass
from statistics import fmean, stdev

from hw4.foundation.experiment import Experiment
from hw4.foundation.settings import Amount, Count, Positive, Share
from hw4.sequences import data

VARIANTS = ("vanilla", "truncated", "padded", "truncated_last", "padded_front")
"""The three networks of the assignment, then two that keep the end of the sequence in its place.

`truncated_last` sees the last steps in place of the first; `padded_front` has the padding before
the sequence.
"""
ASKED = VARIANTS[:3]
NEAR = 0.1
"""A network has converged when its validation error is within this share of its best."""


@dataclass(frozen=True)
class Schedule:
    """How a network is trained.

    Attributes:
        epochs: at most.
        patience: epochs without a lower validation error after which training stops.
        batch_size: sequences a step.
        learning_rate: at the start; falls to zero along a cosine over `epochs`.
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
    schedule: Schedule = Schedule()

    @classmethod
    def quick(cls) -> "Settings":
        """Few epochs, two seeds, two candidates: to see whether everything runs."""
        return cls(
            network_seeds=(0, 1),
            search_seeds=1,
            hidden_sizes=(16,),
            decays=(0.3, 3.0),
            schedule=Schedule(epochs=20, patience=10),
        )


@dataclass(frozen=True)
class Curve:
    """Mean squared errors of one network after each epoch, in the units of the targets."""

    training: tuple[float, ...]
    validation: tuple[float, ...]

    @property
    def best_validation(self) -> float:
        """The lowest validation error."""
        return min(self.validation)

    @property
    def best_epoch(self) -> int:
        """The epoch of the lowest validation error, counted from 1."""
        return self.validation.index(self.best_validation) + 1

    @property
    def converged_epoch(self) -> int:
        """The first epoch within 10 % of the lowest validation error, counted from 1."""
        limit = (1 + NEAR) * self.best_validation
        return next(number for number, error in enumerate(self.validation, 1) if error <= limit)

    @property
    def training_at_best(self) -> float:
        """The training error of the epoch whose weights are kept."""
        return self.training[self.best_epoch - 1]


@dataclass(frozen=True)
class Candidate:
    """One setting tried in the search, with the mean of its best validation errors."""

    hidden_size: int
    decay: float
    validation_mse: float


@dataclass(frozen=True)
class SearchResult:
    """The candidates of one hidden size."""

    candidates: tuple[Candidate, ...]


@dataclass(frozen=True)
class LengthError:
    """Error on the test sequences of one length, mean over the seeds."""

    length: int
    sequences: int
    mse: float


@dataclass(frozen=True)
class ModelResult:
    """One of the networks, trained with the setting that validation chose.

    Attributes:
        name: one of `VARIANTS`.
        steps: how many steps it sees of the longest sequence.
        curves, test: one of each for every seed.
        seconds: of training all seeds side by side.
    """

    name: str
    steps: int
    search: tuple[Candidate, ...]
    hidden_size: int
    decay: float
    parameters: int
    curves: tuple[Curve, ...]
    test: tuple[float, ...]
    by_length: tuple[LengthError, ...]
    seconds: float

    @property
    def test_mse(self) -> float:
        """Mean over the seeds."""
        return fmean(self.test)

    @property
    def test_mse_std(self) -> float:
        """Sample standard deviation over the seeds."""
        return stdev(self.test) if len(self.test) > 1 else 0.0

    @property
    def validation_mse(self) -> float:
        """Of the weights that are kept, mean over the seeds."""
        return fmean(curve.best_validation for curve in self.curves)

    @property
    def train_mse(self) -> float:
        """Of the weights that are kept, mean over the seeds."""
        return fmean(curve.training_at_best for curve in self.curves)

    @property
    def overfitting(self) -> float:
        """Validation error over training error."""
        return self.validation_mse / self.train_mse

    @property
    def epochs(self) -> float:
        """Epochs until training stopped, mean over the seeds."""
        return fmean(len(curve.validation) for curve in self.curves)

    @property
    def epochs_to_converge(self) -> float:
        """Epochs until within 10 % of the best validation error, mean over the seeds."""
        return fmean(curve.converged_epoch for curve in self.curves)

    @property
    def seconds_to_converge(self) -> float:
        """The same in seconds, for all seeds side by side."""
        longest = max(len(curve.validation) for curve in self.curves)
        return self.seconds / longest * self.epochs_to_converge

    def report(self) -> dict:
        """What `results.json` says of this network."""
        return {
            "test_mse": self.test_mse,
            "test_mse_std": self.test_mse_std,
            "validation_mse": self.validation_mse,
            "train_mse": self.train_mse,
            "validation_over_train": self.overfitting,
            "parameters": self.parameters,
            "hidden_size": self.hidden_size,
            "weight_decay": self.decay,
            "epochs": self.epochs,
            "epochs_to_converge": self.epochs_to_converge,
            "seconds": self.seconds,
            "seconds_to_converge": self.seconds_to_converge,
            "test_mse_by_seed": list(self.test),
            "test_mse_by_length": {str(item.length): item.mse for item in self.by_length},
            "search": [asdict(candidate) for candidate in self.search],
        }


@dataclass(frozen=True)
class LinearFit:
    """Least squares on the last `steps` steps of a sequence (zeros before a shorter one's start).

    Attributes:
        noise: residual sum of squares over degrees of freedom: an unbiased estimate of the error
            that this model keeps however much data it is given.
    """

    steps: int
    weights: int
    train_mse: float
    validation_mse: float
    test_mse: float
    noise: float


@dataclass(frozen=True)
class Yardsticks:
    """What the networks are measured against, in test error.

    Attributes:
        mean: predicting the mean of the training targets.
        mean_validation: the same, in validation error.
        linear: linear models on the last steps, fewest steps first.
        chosen: of these, the steps of the one with the lowest validation error.
        first_steps: the linear model on the first L steps, with the ridge that validation chose.
        first_steps_informed: the best use of the first L steps for one who knows how the last
            steps decide the target and how often each length occurs.
        noise_floor: the lowest of the linear models' unbiased estimates of the noise.
        noise_floor_steps: the steps of that model.
        noise_floor_error: the estimate's standard error.
        known_floor: the variance of the stand-in's noise; None for the course's data.
    """

    mean: float
    mean_validation: float
    linear: tuple[LinearFit, ...]
    chosen: int
    first_steps: float
    first_steps_informed: float
    noise_floor: float
    noise_floor_steps: int
    noise_floor_error: float
    known_floor: float | None


@dataclass(frozen=True)
class DataFacts:
    """Sizes of the data and what matters about its lengths."""

    training: int
    validation: int
    test: int
    features: int
    shortest: int
    longest: int
    mean_length: float
    target_mean: float
    target_variance: float


@dataclass(frozen=True)
class Result:
    """All that the report says of problem 2."""

    settings: Settings
    facts: DataFacts
    yardsticks: Yardsticks
    models: tuple[ModelResult, ...]

    def model(self, name: str) -> ModelResult:
        """The network called `name`.

        Raises:
            KeyError: the settings left it out.
        """
        return {model.name: model for model in self.models}[name]

    def report(self) -> dict:
        """This problem's part of `results.json`."""
        return {
            "models": {model.name: model.report() for model in self.models},
            "yardsticks": asdict(self.yardsticks),
            "data": asdict(self.facts),
        }


EXPERIMENT = Experiment(
    name="sequences",
    title="Problem 2: sequences",
    settings=Settings,
    result=Result,
    run="hw4.sequences.experiment:run",
    source=data.source,
    check=data.load,
    libraries=("torch", "numpy"),
)
