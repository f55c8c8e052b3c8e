"""One row of the report: a classifier, how it was trained and chosen, and what came of it."""

from collections.abc import Collection
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from hw4.foundation.scores import UNKNOWN, Difference, Scores, compare_f1_macro, score
from hw4.tweets.arguments import AXES, TrainConfig, Weighting
from hw4.tweets.thresholds import HALF

CLASSES = ("0", "1")
"""No medical information, medical information."""


@dataclass(frozen=True)
class Tried:
    """One setting of the search, trained on the training tweets."""

    config: TrainConfig
    validation_f1_macro: float
    validation_accuracy: float
    train_f1_macro: float
    predicts_0: int  # validation tweets that it calls class 0
    seconds: float
    p: float = 1.0  # of the difference to the best setting, on the validation tweets in pairs

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
    """A classifier, and how it did in pairs with others on the same tweets.

    Attributes:
        validation_f1_macro: of the model trained on the training tweets, at thresholds that the
            tweets they are for did not choose (see `thresholds.crossed_f1_macro`).
        cv_f1_macro: of all predictions by models that were not trained on the tweet, at
            `threshold`; a tuned one was chosen on these very predictions, so this flatters.
        test: of the model trained on training and validation tweets; None before they are opened.
        against: F1-macro on the test tweets minus that of others, by key.
    """

    key: str
    title: str
    before: str = ""  # the one that it changes in one point, by key
    config: TrainConfig | None = None  # of a network
    tuned: bool = True  # whether the threshold is chosen on held-out predictions
    threshold: float = HALF  # probability of class 1 above which to say 1
    strength: float = 0.0  # inverse to the regularization of what needs no network
    parameters: int = 0  # all that were not frozen
    seconds: float = 0.0
    epochs: tuple[Epoch, ...] = ()  # of a training on the training tweets
    validation_f1_macro: float = 0.0
    cv_f1_macro: float = 0.0
    test: Scores | None = None
    against: dict[str, Difference] = field(default_factory=dict)

    @property
    def step(self) -> Difference:
        """What the change brought on the test tweets."""
        return self.against.get(self.before, UNKNOWN)

    def beats(self, other: str) -> bool:
        """Whether it is significantly better than another on the test tweets."""
        against = self.against.get(other, UNKNOWN)
        return against.significant and against.value > 0

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


def scored(
    rows: dict[str, Trained], found: dict[str, np.ndarray], targets: np.ndarray, seed: int
) -> dict[str, Trained]:
    """The rows with their scores on the test tweets, alone and in pairs with others."""
    predictions = {key: (found[key] > one.threshold).astype(int) for key, one in rows.items()}
    done = {}
    for key, one in rows.items():
        others = dict.fromkeys([one.before or "naive", "naive", "tfidf", "tfidf-strong"])
        against = {
            other: compare_f1_macro(targets, predictions[key], predictions[other])
            for other in others
            if other != key
        }
        test = score(targets, predictions[key], CLASSES, seed=seed)
        done[key] = replace(one, test=test, against=against)
    return done
