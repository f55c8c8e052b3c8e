"""Settings and results of problem 2, as they are stored."""

import math
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from functools import cached_property
from statistics import fmean

import numpy as np

from hw4.foundation.experiment import Experiment
from hw4.foundation.files import DataSource
from hw4.foundation.scores import Difference
from hw4.foundation.settings import Amount, Count, Share
from hw4.foundation.work import Selection
from hw4.sequences import data
from hw4.sequences.baselines import Baselines, ratio
from hw4.sequences.data import Sequences
from hw4.sequences.trained import ModelResult, TrainConfig

NETWORKS = ("vanilla", "truncated", "padded", "truncated_last", "padded_front")
"""The three networks of the assignment, then two that keep the end of the sequence in its place.

`truncated_last` sees the last steps in place of the first; `padded_front` has the padding before
the sequence.
"""
ASKED = NETWORKS[:3]


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
    schedule: TrainConfig = field(default_factory=TrainConfig)

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
class DataFacts:
    """Sizes of the data and what matters about its lengths.

    Attributes:
        shortest, longest, mean_length: of the sequences to learn from (training and validation
            for the first two), since the test set is sealed while networks are built.
        target_mean, target_variance: of the training targets.
        test_shorter, test_longer: test sequences outside of these lengths; filled up, or cut.
        whole: share of the test sequences that have no more steps than the shortest.
        fewest_of_a_length, most_of_a_length: test sequences of one length.
    """

    training: int
    validation: int
    features: int
    shortest: int
    longest: int
    mean_length: float
    target_mean: float
    target_variance: float
    test: int = 0
    test_shorter: int = 0
    test_longer: int = 0
    whole: float = math.nan
    fewest_of_a_length: int = 0
    most_of_a_length: int = 0

    @property
    def learning(self) -> int:
        return self.training + self.validation

    @property
    def validation_share(self) -> float:
        return self.validation / self.learning

    @property
    def kept(self) -> float:
        """Share of all steps that are among the first L."""
        return self.shortest / self.mean_length

    @property
    def padding(self) -> float:
        """Share of padding when all sequences are as long as the longest."""
        return 1 - self.mean_length / self.longest

    @property
    def end_positions(self) -> int:
        """Positions at which a sequence may end."""
        return self.longest - self.shortest + 1

    @property
    def ending_at_each(self) -> int:
        """Training sequences that end at one position, on average."""
        return round(self.training / self.end_positions)

    @property
    def middle(self) -> int:
        """The length that tells short sequences from long ones."""
        return (self.shortest + self.longest) // 2

    @classmethod
    def of(cls, training: Sequences, validation: Sequences) -> "DataFacts":
        """What can be said before the test set is opened."""
        lengths = np.concatenate([training.lengths, validation.lengths])
        return cls(
            training=len(training),
            validation=len(validation),
            features=training.inputs[0].shape[1],
            shortest=int(lengths.min()),
            longest=int(lengths.max()),
            mean_length=float(training.lengths.mean()),
            target_mean=float(training.targets.mean()),
            target_variance=float(training.targets.var()),
        )

    def with_test(self, test: Sequences) -> "DataFacts":
        lengths = test.lengths
        counts = np.unique(lengths, return_counts=True)[1]
        return replace(
            self,
            test=len(test),
            test_shorter=int((lengths < self.shortest).sum()),
            test_longer=int((lengths > self.longest).sum()),
            whole=float((lengths <= self.shortest).mean()),
            fewest_of_a_length=int(counts.min()),
            most_of_a_length=int(counts.max()),
        )


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
    source=data.source,
    check=check,
    libraries=("torch", "numpy", "scipy"),
)
