"""One network: how it is trained and what came of it; and the names of all networks."""

import math
from dataclasses import dataclass, replace

from hw4.foundation.scores import ClassScores, Scores
from hw4.foundation.settings import Amount, Count, Positive, Share
from hw4.windows.data import CLASSES

MIXED_FROM = 30
"""Epochs from which mixup pays: it keeps a network from learning photographs by heart, and costs
accuracy where it has no time to do so."""
NETWORKS = {
    "baseline": "Three convolutions",
    "small": "Small residual network",
    "small-no-augmentation": "… without augmentation",
    "frozen": "Frozen backbone, linear head",
    "frozen-no-balancing": "… without balancing",
    "fine-tuned": "Fine-tuned backbone",
}
"""Every network that can be trained here and its title, in the order of the tables."""
NAMES = {
    "baseline": "network of three convolutions",
    "small": "small residual network",
    "small-no-augmentation": "small residual network, trained without augmentation,",
    "frozen": "linear head on a frozen {backbone}",
    "frozen-no-balancing": "linear head on a frozen {backbone}, trained without balancing,",
    "fine-tuned": "fine-tuned {backbone}",
}
"""The same in the midst of a sentence."""
STEPS = {
    "small": ("small", "baseline"),
    "augmentation": ("small", "small-no-augmentation"),
    "frozen": ("frozen", "small"),
    "balancing": ("frozen", "frozen-no-balancing"),
    "fine-tuning": ("fine-tuned", "frozen"),
}
"""What is compared in pairs: each step's network, and the one without that step."""


@dataclass(frozen=True)
class TrainConfig:
    """How one network is trained.

    Attributes:
        input_size: side of the square images it is given, in pixels.
        learning_rate: the highest of the one-cycle schedule (of the head, for a backbone).
        passes: images to be looked at in all; decides the number of epochs, within `epochs`.
        epochs: fewest and most.
        backbone_rate: learning rate of the backbone as a share of the head's; 0 keeps it frozen.
        frozen_share: of the backbone's stages, from the image on; they stay as ImageNet left them.
        label_smoothing: share of a label's weight that is spread over the other classes.
        averaging: how slowly the average of the weights follows them; 0 for no average.
        augment: whether images are varied in training (mirrored, cropped, tilted, relit).
        erasing: share of the varied images of which a piece is covered.
        mixing: strength of mixup and CutMix, where each image is looked at `MIXED_FROM` times or
            more; 0 for not at all.
        balance: whether rare classes are drawn more often, by the square root of their rarity.
    """

    input_size: Count
    learning_rate: Positive
    passes: Count
    epochs: tuple[Count, Count] = (1, 100)
    batch_size: Count = 32
    weight_decay: Amount = 0.02
    backbone_rate: Amount = 1.0
    frozen_share: Share = 0.0
    label_smoothing: Share = 0.0
    averaging: Share = 0.0
    augment: bool = True
    erasing: Share = 0.25
    mixing: Amount = 0.0
    balance: bool = True

    def epochs_for(self, images: int) -> int:
        """Epochs over so many images that come to about `passes`."""
        fewest, most = self.epochs
        return max(fewest, min(most, round(self.passes / images)))

    def for_images(self, images: int) -> "TrainConfig":
        """This configuration, without mixing where it would cost accuracy."""
        return self if self.epochs_for(images) >= MIXED_FROM else replace(self, mixing=0.0)


@dataclass(frozen=True)
class Epoch:
    """What stands at the end of an epoch; the losses are mean cross-entropies.

    `train_loss` is of images as they were varied and of smoothed labels, so it may lie above
    `val_loss`.
    """

    train_loss: float
    val_loss: float
    val_accuracy: float


@dataclass(frozen=True)
class Candidate:
    """One trained network.

    Attributes:
        parameters: all of them; `trained` of them were learned here.
        mirrored: whether it averages over an image and its mirror image, as validation chose.
        mirror_gain: validation accuracy with mirror images minus that without.
        validation: scores on the validation photographs.
        reported: scores on the test set, or on the held-out part where the test set has no labels;
            None until the test set is opened.
        labelled: whether the reported scores are of the test set.
        seconds: of training.
    """

    title: str
    network: str
    config: TrainConfig
    pretrained: bool
    parameters: int
    trained: int
    epochs: tuple[Epoch, ...]
    mirrored: bool
    mirror_gain: float
    validation: Scores
    seconds: float
    images_per_second: float
    reported: Scores | None = None
    labelled: bool = True

    @property
    def accuracy(self) -> float:
        return self.reported.accuracy if self.reported else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        return self.reported.interval if self.reported else (math.nan, math.nan)

    @property
    def test_accuracy(self) -> float:
        return self.accuracy if self.labelled else math.nan

    @property
    def validation_accuracy(self) -> float:
        return self.validation.accuracy

    @property
    def balanced_accuracy(self) -> float:
        return self.reported.balanced_accuracy if self.reported else math.nan

    @property
    def log_loss(self) -> float:
        return self.reported.log_loss if self.reported else math.nan

    @property
    def per_class(self) -> dict[str, ClassScores]:
        return self.reported.per_class if self.reported else {}

    @property
    def rise(self) -> float:
        """By how much the validation loss ends above its lowest value, as a share of that."""
        losses = [epoch.val_loss for epoch in self.epochs]
        return losses[-1] / min(losses) - 1 if losses else math.nan


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


class Candidates(dict[str, Candidate]):
    """Candidates by name; one that this build has not trained is NaN and empty, and no error."""

    def __missing__(self, name: str) -> Candidate:
        if name not in NETWORKS:
            raise KeyError(f"no network {name!r}; there are {', '.join(NETWORKS)}")
        nothing = Scores(0, math.nan, (math.nan, math.nan), math.nan, math.nan, math.nan, math.nan,
                         dict.fromkeys(CLASSES, ClassScores(*[math.nan] * 3, 0)), ())  # fmt: skip
        return Candidate(
            NETWORKS[name], "", TrainConfig(1, 1.0, 1), False, 0, 0, (), False, math.nan, nothing,
            math.nan, math.nan, nothing,
        )  # fmt: skip
