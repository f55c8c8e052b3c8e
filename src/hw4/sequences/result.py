"""Settings and results of problem 2, as they are stored."""

import math
from dataclasses import asdict, dataclass, field
from statistics import fmean

import numpy as np

from hw4.foundation.experiment import Experiment
from hw4.foundation.files import DataSource
from hw4.foundation.scores import Difference
from hw4.foundation.settings import Amount, Count, Share
from hw4.foundation.work import Selection
from hw4.sequences import data
from hw4.sequences.baselines import Baselines
from hw4.sequences.data import Sequences
from hw4.sequences.trained import TrainConfig, Trained, ratio

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
        hidden_sizes, decays: what may be tried, in ascending order; the search begins in the
            middle of each and goes on while a setting next to it is clearly better.
        clear_gain: a setting is clearly better if its validation error is lower by more than this
            share; less is noise of the seeds, and would lead to ever larger networks.
    """

    seed: int = 541
    network_seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    search_seeds: Count = 2
    validation_share: Share = 0.15
    hidden_sizes: tuple[Count, ...] = (2, 4, 8, 16, 32, 64, 128)
    decays: tuple[Amount, ...] = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
    clear_gain: Share = 0.02
    schedule: TrainConfig = field(default_factory=TrainConfig)

    @classmethod
    def quick(cls) -> "Settings":
        """Few epochs, two seeds, two settings to try: to see whether everything runs."""
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
        shortest, longest: of the sequences to learn from (training and validation).
        middle: the length that tells short sequences from long ones.
        mean_length, target_mean, target_variance: of the training sequences.
        test_shorter, test_longer: test sequences outside of these lengths; filled up, or cut.
        whole: share of the test sequences that have no more steps than the shortest.
        fewest_of_a_length, most_of_a_length: test sequences of one length.
    """

    training: int
    validation: int
    features: int
    shortest: int
    longest: int
    middle: int
    mean_length: float
    target_mean: float
    target_variance: float
    test: int
    test_shorter: int
    test_longer: int
    whole: float
    fewest_of_a_length: int
    most_of_a_length: int

    @classmethod
    def of(
        cls, learning: Sequences, training: Sequences, validation: Sequences, test: Sequences
    ) -> "DataFacts":
        shortest, longest, lengths = learning.shortest, learning.longest, test.lengths
        counts = np.unique(lengths, return_counts=True)[1]
        return cls(
            training=len(training),
            validation=len(validation),
            features=learning.features,
            shortest=shortest,
            longest=longest,
            middle=(shortest + longest) // 2,
            mean_length=float(training.lengths.mean()),
            target_mean=float(training.targets.mean()),
            target_variance=float(training.targets.var()),
            test=len(test),
            test_shorter=int((lengths < shortest).sum()),
            test_longer=int((lengths > longest).sum()),
            whole=float((lengths <= shortest).mean()),
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
    """

    settings: Settings
    data: DataFacts
    baselines: Baselines
    models: dict[str, Trained]
    last_steps_minus_linear: Difference
    selection: Selection

    @property
    def noise_is_known(self) -> bool:
        return self.baselines.known_floor is not None

    @property
    def noise(self) -> float:
        """Mean squared error that the noise in the targets makes: known for the stand-in, else
        estimated."""
        return self.baselines.known_floor if self.noise_is_known else self.baselines.noise_floor

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
    def epochs_to_half(self) -> dict[str, float]:
        """Epochs to half the validation error of predicting the mean; infinite if a seed never
        gets there."""
        goal = self.baselines.mean_validation / 2
        return {
            name: fmean(curve.epoch_below(goal) for curve in model.curves)
            for name, model in self.models.items()
        }

    @property
    def at_edge(self) -> list[str]:
        """The networks asked for that chose the least or the most of what may be tried."""
        sizes, decays = self.settings.hidden_sizes, self.settings.decays
        return [
            name
            for name in ASKED
            if self.models[name].hidden_size in (sizes[0], sizes[-1])
            or self.models[name].weight_decay in (decays[0], decays[-1])
        ]

    @property
    def exponent(self) -> int:
        """Errors in tables are multiples of 10 to this power."""
        positive = [model.test_mse for model in self.models.values() if model.test_mse > 0]
        return math.floor(math.log10(min(positive, default=1)))

    def report(self) -> dict:
        """This problem's part of `results.json`."""
        baselines = asdict(self.baselines)
        return {
            "models": {name: model.report() for name, model in self.models.items()},
            "baselines": baselines,
            # the baselines' name in older results
            "yardsticks": {**baselines, "linear": list(baselines["linear"].values())},
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
        data.split(data.load(source, "train"), settings.validation_share, settings.seed)
        data.load(source, "test")


EXPERIMENT = Experiment(
    name="sequences",
    title="Problem 2: sequences",
    settings=Settings,
    result=Result,
    source=data.source,
    check=check,
    libraries=("torch", "numpy", "scipy"),
)
