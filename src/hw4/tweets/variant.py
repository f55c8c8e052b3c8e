"""A trained classifier as the report quotes it, and the words that decided. No torch."""

from dataclasses import asdict, dataclass
from typing import Any

from hw4.foundation.scores import Difference, Scores
from hw4.tweets.arguments import TrainConfig

CLASSES = ("0", "1")
"""No medical information, medical information."""


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
class Judged:
    """What is said of test tweets; probabilities of class 1 by candidate are stored beside it.

    Attributes:
        errors: some of the final head's.
        explained: by the unfrozen layers.
    """

    errors: tuple[Explained, ...]
    explained: tuple[Explained, ...]
