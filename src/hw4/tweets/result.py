"""Settings and result of problem 3."""

import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from itertools import product
from typing import Any

from hw4.foundation.course_files import DataSource
from hw4.foundation.experiment import Experiment
from hw4.foundation.places import quick
from hw4.foundation.settings import Count, Positive, Share
from hw4.tweets.arguments import Pooling, Weighting
from hw4.tweets.data import TEST, VALIDATION, read_course_file, source, split
from hw4.tweets.encoder import encoder_source, fetch_from_hub
from hw4.tweets.records import (
    EncoderUsed,
    Epoch,
    Explained,
    Lengths,
    Part,
    Trial,
    Variant,
    Yardstick,
)
from hw4.tweets.scores import Curve


@dataclass(frozen=True)
class Grid:
    """Q4: the settings that are tried, every combination of them."""

    learning_rates: tuple[Positive, ...] = (1e-3, 3e-3, 1e-2)
    weight_decays: tuple[Share, ...] = (0.01, 0.3)
    epochs: tuple[Count, ...] = (4, 8, 16)
    class_weightings: tuple[Weighting, ...] = ("none", "balanced")
    batch_size: Count = 64
    pooling: Pooling = "first"

    def arguments(self) -> Iterator[list[str]]:
        """For each setting, the command line that stands for it."""
        for weighting, rate, decay, epochs in product(
            self.class_weightings, self.learning_rates, self.weight_decays, self.epochs
        ):
            yield [
                *("--class_weighting", weighting),
                *("--learning_rate", str(rate)),
                *("--weight_decay", str(decay)),
                *("--epochs", str(epochs)),
                *("--batch_size", str(self.batch_size)),
                *("--pooling", self.pooling),
            ]


SHARES = "/".join(f"{100 * share:.0f}" for share in (1 - VALIDATION - TEST, VALIDATION, TEST))
"""Of training, validation and test tweets, in words."""
POOLED = tuple(
    Grid(
        learning_rates=(3e-4, 1e-3),
        weight_decays=(0.01,),
        epochs=(5, 10),
        class_weightings=("balanced",),
        pooling=pooling,
    )
    for pooling in ("mean", "layers")
)
"""Q7: the smaller searches for heads that see means."""


@dataclass(frozen=True)
class Unfreezing:
    """Q7: training of the last layers."""

    layers: Count = 3
    learning_rate: Positive = 1e-3
    encoder_learning_rate: Positive = 1e-4
    weight_decay: Share = 0.01
    epochs: Count = 3
    batch_size: Count = 32

    def arguments(self) -> list[str]:
        """The command line that stands for it."""
        return [
            *("--pooling", "mean"),
            *("--class_weighting", "balanced"),
            *("--unfreeze_layers", str(self.layers)),
            *("--learning_rate", str(self.learning_rate)),
            *("--encoder_learning_rate", str(self.encoder_learning_rate)),
            *("--weight_decay", str(self.weight_decay)),
            *("--epochs", str(self.epochs)),
            *("--batch_size", str(self.batch_size)),
        ]


@dataclass(frozen=True)
class Settings:
    """What a user may change.

    Attributes:
        encoder: `auto`, `nearest`, `hub`, `offline`, `random`, or a folder (see `encoder_source`).
        tweets: how many to use at most; None for all.
        stand_in: how many to compose where the course's file is not there.
        explained: test tweets of each of the four outcomes whose words are weighed.
        jobs: trials of the grid at once; -1 for one a core.
    """

    encoder: str = field(default_factory=lambda: os.environ.get("HW4_ENCODER") or "auto")
    max_length: Count = 128
    grid: Grid = field(default_factory=Grid)
    pooled: tuple[Grid, ...] = POOLED
    unfreezing: Unfreezing = field(default_factory=Unfreezing)
    tweets: Count | None = None
    stand_in: Count = 2000
    explained: Count = 2
    jobs: int = -1
    seed: int = 42

    @classmethod
    def quick(cls) -> "Settings":
        """A few hundred tweets and short training; the encoder that is nearest at hand."""
        return cls(
            encoder=os.environ.get("HW4_ENCODER") or "nearest",
            grid=Grid(epochs=(2, 5)),
            unfreezing=Unfreezing(epochs=1),
            tweets=300,
            stand_in=300,
            explained=1,
            jobs=1,
        )


def circumstances() -> tuple[str, str, str, str]:
    """Which encoder there is: its weights decide every number."""
    settings = Settings.quick() if quick() else Settings()
    return encoder_source(settings.encoder).identity


def prepare() -> None:
    """Fetch the encoder from the hub if it is wanted and can be had."""
    settings = Settings.quick() if quick() else Settings()
    fetch_from_hub(settings.encoder)


def check(found: DataSource) -> None:
    """Read and split the course's tweets, if they are there.

    Raises:
        UserError: the file is not as expected.
    """
    if not found.is_stand_in:
        split(*read_course_file())


@dataclass(frozen=True)
class Result:
    """Everything the report says about problem 3.

    Attributes:
        parts: training, validation, test.
        empty: tweets without text that were left out.
        duplicates: tweets left out because a later part of the split has them too.
        grid: all trials of Q4.
        variants: of the ablation, from the naive head to unfrozen layers; keys are unique.
        final: the variant that Q5 trains: the grid's best.
        bonus: the variant that is best on the validation tweets.
        epochs: of the unfrozen layers, trained on the training tweets.
        yardsticks: always the larger class; words counted.
        curves: precision and recall on the test tweets, by variant or yardstick.
        feature_seconds: of running the frozen encoder over all tweets, once.
        explained: test tweets with the words that decided, by the bonus model.
    """

    encoder: EncoderUsed
    parts: tuple[Part, ...]
    empty: int
    duplicates: int
    lengths: Lengths
    grid: tuple[Trial, ...]
    variants: tuple[Variant, ...]
    final_key: str
    bonus_key: str
    epochs: tuple[Epoch, ...]
    yardsticks: tuple[Yardstick, ...]
    curves: dict[str, Curve]
    feature_seconds: float
    explained: tuple[Explained, ...]

    def variant(self, key: str) -> Variant:
        """The variant named `key`."""
        return next(variant for variant in self.variants if variant.key == key)

    def yardstick(self, key: str) -> Yardstick:
        """The yardstick named `key`."""
        return next(yardstick for yardstick in self.yardsticks if yardstick.key == key)

    @property
    def final(self) -> Variant:
        """Q5: the grid's best setting, trained on training and validation tweets."""
        return self.variant(self.final_key)

    @property
    def bonus(self) -> Variant:
        """Q7: the best on the validation tweets."""
        return self.variant(self.bonus_key)

    @property
    def best_frozen(self) -> Variant:
        """The best on the validation tweets of those that leave the encoder as it is."""
        frozen = [variant for variant in self.variants if not variant.unfrozen_layers]
        return max(frozen, key=lambda variant: variant.validation_f1_macro)

    @property
    def best_trial(self) -> Trial:
        """The grid's best on the validation tweets."""
        return max(self.grid, key=lambda trial: trial.validation_f1_macro)

    def report(self) -> dict[str, Any]:
        """This problem's part of `results.json`."""
        return {
            "encoder": asdict(self.encoder),
            "split": {
                "shares": SHARES,
                **{
                    part.name: {"tweets": part.size, "class_0": part.counts[0]}
                    for part in self.parts
                },
                "empty": self.empty,
                "duplicates": self.duplicates,
            },
            "grid": [asdict(trial) for trial in self.grid],
            "naive": _reported(self.variant("naive")),
            "final": _reported(self.final),
            "frozen": _reported(self.best_frozen),
            "bonus": _reported(self.bonus),
            "ablation": [_reported(variant) for variant in self.variants],
            "yardsticks": {
                yardstick.key: {
                    "test_f1_macro": yardstick.test.f1_macro,
                    "test_accuracy": yardstick.test.accuracy,
                    "validation_f1_macro": yardstick.validation_f1_macro,
                }
                for yardstick in self.yardsticks
            },
            "feature_seconds": self.feature_seconds,
        }


def _reported(variant: Variant) -> dict[str, Any]:
    plain = asdict(variant)
    test = plain.pop("test")
    return {
        **plain,
        "test_f1_macro": test["f1_macro"],
        "test_f1_macro_error": test["f1_macro_error"],
        "test_accuracy": test["accuracy"],
        "test_precision": test["precision"],
        "test_recall": test["recall"],
    }


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
