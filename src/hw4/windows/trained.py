"""Records: how a network is trained, what came of it, what a photograph was taken for."""

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from hw4.foundation.scores import ClassScores, Difference, Scores
from hw4.foundation.settings import Amount, Count, Positive, Share
from hw4.windows.data import CLASSES
from hw4.windows.weights import ORIGINS

NAN = math.nan
NO_SCORES = Scores(
    n=0,
    accuracy=NAN,
    interval=(NAN, NAN),
    balanced_accuracy=NAN,
    f1_macro=NAN,
    f1_macro_std=NAN,
    log_loss=NAN,
    per_class=dict.fromkeys(CLASSES, ClassScores(NAN, NAN, NAN, 0)),
    confusion=(),
)
NO_DIFFERENCE = Difference(NAN, NAN, NAN)
"""What stands where nothing was judged, and nothing compared."""


@dataclass(frozen=True)
class TrainConfig:
    """How one network is trained.

    Attributes:
        input_size: side of the square images it is given, in pixels.
        first_size_share: of `input_size`, with which the first epoch begins; the images grow from
            epoch to epoch (Tan and Le 2021), as most is learned from coarse ones, in less time.
        learning_rate: the highest of the one-cycle schedule (of the head, for a backbone).
        images_seen: in training, all epochs together; decides the number of epochs.
        epochs: fewest and most of them.
        backbone_rate: learning rate of the backbone as a share of the head's. With 0 it is frozen,
            the head is fitted to its features, and only size, decay and balance count.
        frozen_share: of the backbone's stages, from the image on; they stay as ImageNet left them.
        label_smoothing: share of a label's weight that is spread over the other classes.
        augment: how strongly images are varied in training (cropped, stretched, tilted, relit);
            0 for not at all, not even mirrored.
        balance: whether rare classes count more, by the square root of their rarity.
        width: channels of the first block of the small residual network.
    """

    input_size: Count
    learning_rate: Positive
    images_seen: Count
    epochs: tuple[Count, Count] = (1, 100)
    first_size_share: Share = 1.0
    batch_size: Count = 32
    weight_decay: Amount = 0.02
    backbone_rate: Amount = 1.0
    frozen_share: Share = 0.0
    label_smoothing: Share = 0.0
    augment: Share = 1.0
    balance: bool = True
    width: Count = 32

    def epochs_for(self, images: int) -> int:
        """Epochs over so many images that come to about `images_seen`."""
        fewest, most = self.epochs
        return max(fewest, min(most, round(self.images_seen / images)))

    def sizes(self, epochs: int) -> list[int]:
        """Side of the images in each of so many epochs; multiples of 32 on the way."""
        if self.first_size_share == 1 or epochs == 1:
            return [self.input_size] * epochs
        sides = self.input_size * np.linspace(self.first_size_share, 1, epochs)
        return [32 * max(1, round(side / 32)) for side in sides[:-1]] + [self.input_size]


@dataclass(frozen=True)
class Epoch:
    """What stands at the end of an epoch; the losses are mean cross-entropies.

    `train_loss` is of images as they were varied, of smoothed labels, and weighted by class where
    the training is balanced; so it may lie above `val_loss`. What is of validation is NaN where
    there are no validation photographs.
    """

    train_loss: float
    val_loss: float = NAN
    val_accuracy: float = NAN


@dataclass(frozen=True)
class Trained:
    """One trained network.

    Attributes:
        network: a class in `model`, or timm's name of a backbone.
        parameters: all of them; `learned` of them were learned here.
        mirrored: whether it averages over an image and its mirror image, as validation chose.
        seconds: of training.
        validation: scores there; none of a network that learned from these photographs.
        reported: scores on the test set, or on the held-out part where the test set has no labels.
    """

    network: str
    config: TrainConfig
    parameters: int
    learned: int
    epochs: tuple[Epoch, ...]
    mirrored: bool
    seconds: float
    validation: Scores = NO_SCORES
    reported: Scores = NO_SCORES

    @property
    def pretrained(self) -> bool:
        return self.network in ORIGINS

    @property
    def accuracy(self) -> float:
        return self.reported.accuracy

    @property
    def interval(self) -> tuple[float, float]:
        return self.reported.interval

    @property
    def per_class(self) -> dict[str, ClassScores]:
        return self.reported.per_class

    def report(self, labelled: bool) -> dict[str, Any]:
        """Its part of `results.json`; `labelled` is whether the test set is."""
        return {
            "pretrained": self.pretrained,
            "model": self.network,
            "parameters": self.parameters,
            "test_accuracy": self.accuracy if labelled else None,
            "test_interval": self.interval if labelled else None,
            "validation_accuracy": self.validation.accuracy,
            "balanced_accuracy": self.reported.balanced_accuracy,
            "per_class": [
                {"name": name, "photographs": it.support, **asdict(it)}
                for name, it in self.per_class.items()
            ],
            "confusion": self.reported.confusion,
            "seconds": round(self.seconds, 1),
        }


@dataclass(frozen=True)
class PretrainedBackbone:
    """A frozen backbone as a linear head on its features fares.

    Attributes:
        source: where the weights come from.
        checksum: sha256 of the weights' file.
        features: length of the vector that the head is given.
        weight_decay: of the head, the best of those searched.
        cross_validation_std: standard error of the mean over the folds.
        seconds: of computing the features and of the search.
    """

    name: str
    title: str
    source: str
    checksum: str
    input_size: int
    parameters: int
    features: int
    weight_decay: float
    cross_validation_accuracy: float
    cross_validation_std: float
    seconds: float


@dataclass(frozen=True)
class Shown:
    """A photograph in the gallery; `target` and `prediction` are labels."""

    name: str
    target: int
    prediction: int
    confidence: float
