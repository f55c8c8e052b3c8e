"""Settings and result of problem 3."""

import os
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from hw4.foundation.experiment import Experiment
from hw4.foundation.files import DataSource
from hw4.foundation.places import quick
from hw4.foundation.scores import SIGNIFICANT, PrecisionRecall
from hw4.foundation.settings import Count
from hw4.foundation.work import Selection
from hw4.tweets.arguments import AXES, Grid, Length, TrainConfig
from hw4.tweets.data import TEST, VALIDATION, read_course_file, source, split
from hw4.tweets.encoder import EncoderSource, encoder_source, fetch_from_hub
from hw4.tweets.trained import Trained, Tried, best

UNFROZEN = TrainConfig(
    pooling="layers",
    head="linear",
    unfreeze_layers=3,
    learning_rate=5e-4,
    encoder_learning_rate=3e-4,
    layer_decay=0.8,
    draws=3.0,
    epochs=4,
    batch_size=16,
    dropout=0.1,
)


@dataclass(frozen=True)
class Settings:
    """What a user may change."""

    encoder: str = field(default_factory=lambda: os.environ.get("HW4_ENCODER") or "auto")
    max_length: Length = 128
    grid: Grid = field(default_factory=Grid)
    unfrozen: TrainConfig = UNFROZEN
    folds: Count = 5  # the validation tweets, and the training tweets in one less
    tweets: Count | None = None  # at most
    stand_in: Count = 1200  # tweets to compose where the course's file is not there
    jobs: int = -1  # heads trained at once; -1 for one a core
    seed: int = 42

    @classmethod
    def quick(cls) -> "Settings":
        """A few hundred tweets and short training; the encoder that is nearest at hand."""
        return cls(
            encoder=os.environ.get("HW4_ENCODER") or "nearest",
            grid=Grid(learning_rate=(3e-3, 1e-2), weight_decay=(0.01, 0.1), epochs=(4,)),
            unfrozen=replace(UNFROZEN, epochs=1),
            folds=3,
            tweets=300,
            stand_in=300,
            jobs=1,
        )

    @property
    def common(self) -> TrainConfig:
        """What all trainings share."""
        return TrainConfig(encoder=self.encoder, seed=self.seed, max_length=self.max_length)


@dataclass(frozen=True)
class EncoderUsed:
    """The encoder, its sizes, and the seconds it took for training and validation tweets."""

    source: EncoderSource
    layers: int
    heads: int
    hidden_size: int
    vocabulary: int
    parameters: int
    seconds: float

    def report(self) -> dict[str, Any]:
        sizes = asdict(self)
        source = sizes.pop("source")
        del source["folder"]
        return source | sizes


@dataclass(frozen=True)
class Part:
    """How many tweets one part of the split has; `share` of class 0."""

    tweets: int
    class_0: int

    def __add__(self, other: "Part") -> "Part":
        return Part(self.tweets + other.tweets, self.class_0 + other.class_0)

    @classmethod
    def of(cls, targets: np.ndarray) -> "Part":
        return cls(len(targets), int((targets == 0).sum()))

    @property
    def share(self) -> float:
        return self.class_0 / self.tweets


@dataclass(frozen=True)
class SplitUsed:
    """The parts of the split, and what was left out (see `data.Split`)."""

    training: Part
    validation: Part
    test: Part
    empty: int
    duplicates: int

    @property
    def shares(self) -> str:
        """Percent of the tweets for training, validation and test, as in 70/15/15."""
        return "/".join(f"{100 * x:.0f}" for x in (1 - VALIDATION - TEST, VALIDATION, TEST))


@dataclass(frozen=True)
class Lengths:
    """Tokens of training and validation tweets before cutting: a histogram for each class."""

    edges: tuple[int, ...]
    counts: tuple[tuple[int, ...], tuple[int, ...]]
    median: float
    longest: int
    max_length: int
    cut: int


@dataclass(frozen=True)
class Explained:
    """A tweet and how much each of its words spoke for class 1.

    Attributes:
        words: of the cleaned tweet, in order.
        shares: for each word, its part of the difference between the two logits that this tweet
            makes against an empty one; positive speaks for class 1.
    """

    words: tuple[str, ...]
    shares: tuple[float, ...]
    target: int
    probability: float  # of class 1
    predicted: int

    @property
    def strongest(self) -> tuple[int, ...]:
        """The places of all words, the one that moved the decision most first."""
        return tuple(sorted(range(len(self.words)), key=lambda i: -abs(self.shares[i])))


@dataclass(frozen=True)
class Result:
    """Everything the report says about problem 3.

    Attributes:
        grid: all that the search of Q4 tried.
        variants: rows of the ablation by key, from the naive head to unfrozen layers.
        final_key: the variant that Q5 trains: the grid's best.
        bonus_key: the variant that is best on the validation tweets.
        curves: precision and recall of class 0 on the test tweets, by variant or baseline.
        shared_errors: the final head's wrong decisions on test tweets that TF-IDF makes too.
        errors: some of the final head's, and `explained` test tweets by the unfrozen layers.
    """

    encoder: EncoderUsed
    split: SplitUsed
    lengths: Lengths
    grid: tuple[Tried, ...]
    variants: dict[str, Trained]
    baselines: dict[str, Trained]
    final_key: str
    bonus_key: str
    selection: Selection
    curves: dict[str, PrecisionRecall]
    shared_errors: int
    errors: tuple[Explained, ...]
    explained: tuple[Explained, ...]

    @property
    def final(self) -> Trained:
        return self.variants[self.final_key]

    @property
    def bonus(self) -> Trained:
        return self.variants[self.bonus_key]

    @property
    def frozen(self) -> Trained:
        """The best on the validation tweets of those that leave the encoder as it is."""
        frozen = [one for one in self.variants.values() if not one.config.unfreeze_layers]
        return max(frozen, key=lambda one: one.validation_f1_macro)

    @property
    def best(self) -> Tried:
        return best(self.grid)

    @property
    def edges(self) -> tuple[str, ...]:
        """The axes of the search at whose end the best setting lies, in words."""
        found = []
        for axis in AXES:
            values = [getattr(one.config, axis) for one in self.grid]
            if getattr(self.best.config, axis) in (min(values), max(values)):
                found.append(axis.replace("_", " "))
        return tuple(found)

    @property
    def tied(self) -> int:
        """Settings that do not differ significantly from the best one on the validation tweets."""
        return sum(one.p >= SIGNIFICANT for one in self.grid) - 1

    def report(self) -> dict[str, Any]:
        """This problem's part of `results.json`."""
        variants = {key: one.report() for key, one in self.variants.items()}
        baselines = {key: one.report() for key, one in self.baselines.items()}
        return {
            "encoder": self.encoder.report(),
            "split": {"shares": self.split.shares, **asdict(self.split)},
            "grid": [one.report() for one in self.grid],
            "naive": variants["naive"],
            "final": variants[self.final_key],
            "frozen": self.frozen.report(),
            "bonus": variants[self.bonus_key],
            "variants": variants,
            "ablation": list(variants.values()),
            "baselines": baselines,
            "yardsticks": baselines,
            "selection": asdict(self.selection),
            "feature_seconds": self.encoder.seconds,
        }


def settings_now() -> Settings:
    return Settings.quick() if quick() else Settings()


def check(found: DataSource) -> None:
    """Read and split the course's tweets, if they are there; a UserError if they are wrong."""
    if not found.is_stand_in:
        split(*read_course_file())


EXPERIMENT = Experiment(
    name="tweets",
    title="Problem 3: tweets",
    settings=Settings,
    result=Result,
    source=source,
    libraries=("torch", "transformers", "datasets", "scikit-learn", "numpy"),
    circumstances=lambda: encoder_source(settings_now().encoder).identity,
    prepare=lambda: fetch_from_hub(settings_now().encoder),
    check=check,
)
