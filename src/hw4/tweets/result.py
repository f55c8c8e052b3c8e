"""Settings and result of problem 3."""

import os
from collections.abc import Collection
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from hw4.foundation.experiment import Experiment
from hw4.foundation.files import DataSource
from hw4.foundation.places import quick
from hw4.foundation.scores import SIGNIFICANT, Difference, PrecisionRecall, Scores
from hw4.foundation.settings import Count
from hw4.foundation.work import Selection
from hw4.tweets.arguments import AXES, Grid, Length, TrainConfig, Weighting
from hw4.tweets.data import TEST, VALIDATION, read_course_file, source, split
from hw4.tweets.encoder import EncoderSource, encoder_source, fetch_from_hub
from hw4.tweets.thresholds import HALF

CLASSES = ("0", "1")
"""No medical information, medical information."""


@dataclass(frozen=True)
class Settings:
    """What a user may change.

    Attributes:
        encoder: see `encoder_source`.
        folds: of the cross-validation on training and validation tweets; the validation tweets
            are one of them.
        tweets: how many to use at most; None for all.
        stand_in: how many to compose where the course's file is not there.
        jobs: heads trained at once; -1 for one a core.
    """

    encoder: str = field(default_factory=lambda: os.environ.get("HW4_ENCODER") or "auto")
    max_length: Length = 128
    grid: Grid = field(default_factory=Grid)
    unfrozen: TrainConfig = field(
        default_factory=lambda: TrainConfig(
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
    )
    folds: Count = 5
    tweets: Count | None = None
    stand_in: Count = 1200
    jobs: int = -1
    seed: int = 42

    @classmethod
    def quick(cls) -> "Settings":
        """A few hundred tweets and short training; the encoder that is nearest at hand."""
        whole = cls()
        return replace(
            whole,
            encoder=os.environ.get("HW4_ENCODER") or "nearest",
            grid=Grid(learning_rate=(3e-3, 1e-2), weight_decay=(0.01, 0.1), epochs=(4,)),
            unfrozen=replace(whole.unfrozen, epochs=1),
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
class Tried:
    """One setting of the search, trained on the training tweets.

    Attributes:
        predicts_0: validation tweets that it calls class 0.
        p: of the difference to the best setting, on the validation tweets in pairs.
    """

    config: TrainConfig
    validation_f1_macro: float
    validation_accuracy: float
    train_f1_macro: float
    predicts_0: int
    seconds: float
    p: float = 1.0

    def report(self) -> dict[str, Any]:
        axes = {name: getattr(self.config, name) for name in (*AXES, "class_weighting")}
        return axes | {key: value for key, value in asdict(self).items() if key != "config"}


def best(tried: Collection[Tried], *weightings: Weighting) -> Tried:
    """The best on the validation tweets, with one of these losses if any; the first of equals."""
    allowed = [one for one in tried if not weightings or one.config.class_weighting in weightings]
    return max(allowed, key=lambda one: one.validation_f1_macro)


@dataclass(frozen=True)
class Epoch:
    """How a training did in one pass; the score is NaN of a head, or where nothing was held out."""

    train_loss: float
    validation_f1_macro: float


@dataclass(frozen=True)
class Trained:
    """A row of the report: a classifier, what training it brought, and how it did on the test.

    Attributes:
        before: the row that it changes in one point, by key; empty for none.
        config: None where no network is trained.
        tuned: whether the threshold is chosen on held-out predictions.
        threshold: probability of class 1 above which to say 1.
        strength: inverse to the regularization of what needs no network; 0 for others.
        parameters: all that were not frozen.
        epochs: of a training on the training tweets.
        validation_f1_macro: of the model trained on the training tweets, at thresholds that the
            tweets they are for did not choose (see `thresholds.crossed_f1_macro`).
        cv_f1_macro: of all predictions by models that were not trained on the tweet, at
            `threshold`; a tuned one was chosen on these very predictions, so this flatters.
        test: of the model trained on training and validation tweets; None before they are opened.
        against: F1-macro on the test tweets minus that of others, by key.
    """

    key: str
    title: str
    before: str = ""
    config: TrainConfig | None = None
    tuned: bool = True
    threshold: float = HALF
    strength: float = 0.0
    parameters: int = 0
    seconds: float = 0.0
    epochs: tuple[Epoch, ...] = ()
    validation_f1_macro: float = 0.0
    cv_f1_macro: float = 0.0
    test: Scores | None = None
    against: dict[str, Difference] = field(default_factory=dict)

    @property
    def step(self) -> Difference:
        """What the change brought on the test tweets; of no change, nothing."""
        return self.against.get(self.before, Difference(0.0, 0.0, 1.0))

    def beats(self, other: str) -> bool:
        """Whether it is significantly better than another on the test tweets."""
        against = self.against.get(other)
        return against is not None and against.significant and against.value > 0

    def report(self) -> dict[str, Any]:
        config = self.config or TrainConfig(pooling="none", class_weighting="balanced")
        per_class = [self.test.per_class[name] for name in CLASSES]
        return {
            "key": self.key,
            "title": self.title,
            "pooling": config.pooling,
            "class_weighting": config.class_weighting,
            "threshold_tuned": self.tuned,
            "threshold": self.threshold,
            "unfrozen_layers": config.unfreeze_layers,
            **{name: getattr(config, name) for name in AXES},
            "strength": self.strength,
            "trained_parameters": self.parameters,
            "validation_f1_macro": self.validation_f1_macro,
            "cv_f1_macro": self.cv_f1_macro,
            "seconds": self.seconds,
            "test_f1_macro": self.test.f1_macro,
            "test_f1_macro_error": self.test.f1_macro_std,
            "test_accuracy": self.test.accuracy,
            "test_precision": [one.precision for one in per_class],
            "test_recall": [one.recall for one in per_class],
            "against": {key: asdict(found) for key, found in self.against.items()},
        }


@dataclass(frozen=True)
class Explained:
    """A tweet and how much each of its words spoke for class 1.

    Attributes:
        words: of the cleaned tweet, in order.
        shares: for each word, its part of the difference between the two logits that this tweet
            makes against an empty one; positive speaks for class 1.
        probability: of class 1.
    """

    words: tuple[str, ...]
    shares: tuple[float, ...]
    target: int
    probability: float
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
        variants, baselines = (
            {key: one.report() for key, one in rows.items()}
            for rows in (self.variants, self.baselines)
        )
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
    """Read and split the course's tweets, if they are there.

    Raises:
        UserError: the file is not as expected.
    """
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
