"""Settings of problem 1: what each network is given and how it is trained."""

from dataclasses import dataclass, replace
from typing import Literal, get_args

from hw4.foundation.errors import UserError
from hw4.foundation.settings import Amount, Count, Positive, Share

FromScratch = Literal["three_convolutions", "small_residual"]
Backbone = Literal["mobilenet_v2", "resnet18", "efficientnet_b0", "convnext_tiny"]
"""torchvision's names of the networks whose pre-trained weights can be used."""
MIXED_FROM = 30
"""Epochs from which blending pays: it keeps a network from learning photographs by heart, and costs
accuracy where it has no time to do so."""


@dataclass(frozen=True)
class Recipe:
    """How one network is trained.

    Attributes:
        network: one of the two from scratch, or a pre-trained backbone.
        input_size: side of the square pictures it is given, in pixels.
        learning_rate: the highest of the one-cycle schedule (of the head, for a backbone).
        passes: pictures to be looked at in all; decides the number of epochs, within `epochs`.
        epochs: fewest and most.
        width: channels of the first block of `small_residual`.
        backbone_rate: learning rate of the backbone as a share of the head's; 0 keeps it frozen.
        label_smoothing: share of a label's weight that is spread over the other classes.
        averaging: how slowly the average of the weights follows them; 0 for no average.
        augment: whether pictures are varied in training (mirrored, cropped, tilted, relit).
        mixing: how strongly pictures of a batch are blended with one another, where there are
            so few that each is looked at `MIXED_FROM` times or more; 0 for not at all.
        balance: whether rare classes are drawn more often, by the square root of their rarity.
    """

    network: FromScratch | Backbone
    input_size: Count
    learning_rate: Positive
    passes: Count
    epochs: tuple[Count, Count] = (1, 100)
    width: int = 0
    batch_size: Count = 32
    weight_decay: Amount = 0.02
    backbone_rate: Amount = 1.0
    label_smoothing: Share = 0.0
    averaging: Share = 0.0
    augment: bool = True
    mixing: Amount = 0.0
    balance: bool = True

    def epochs_for(self, photographs: int) -> int:
        """Epochs over `photographs` that come to about `passes` pictures."""
        fewest, most = self.epochs
        return max(fewest, min(most, round(self.passes / photographs)))

    def for_photographs(self, photographs: int, effort: float = 1.0) -> "Recipe":
        """This recipe with a share of its passes, and without blending where that would cost."""
        scaled = replace(self, passes=round(self.passes * effort))
        long = scaled.epochs_for(photographs) >= MIXED_FROM
        return scaled if long else replace(scaled, mixing=0.0)


@dataclass(frozen=True)
class Settings:
    """What can be set in problem 1.

    Attributes:
        seed: of the split, the first weights, the order and the variations of the pictures.
        image_size: side of the stored pictures in pixels; a multiple of 32.
        stand_in_size: drawings in the stand-in's training set (a quarter more for its test set).
        stand_in_effort: passes over the stand-in, as a share of those over photographs.
        validation_share: of the training set, set apart to select by.
        held_out_share: of the training set, set apart to report on where the test set is
            unlabelled.
        yardstick: what the course's demo does, three convolutions on small pictures.
        small: a better small network, from scratch.
        frozen: a linear head on the features of a pre-trained backbone.
        fine_tuned: the same, then everything at a lower rate.
        ablations: whether the small network is also trained without augmentation and without
            balancing.
        gallery: mistakes to show.
        contact: photographs of each class to show.
    """

    seed: int = 541
    image_size: Count = 160
    stand_in_size: Count = 2400
    stand_in_effort: Positive = 0.46
    validation_share: Share = 0.15
    held_out_share: Share = 0.15
    yardstick: Recipe = Recipe(
        network="three_convolutions",
        input_size=32,
        learning_rate=2e-3,
        passes=40_000,
        epochs=(5, 12),
        weight_decay=0.0,
        augment=False,
        balance=False,
    )
    small: Recipe = Recipe(
        network="small_residual",
        input_size=64,
        width=32,
        learning_rate=3.5e-3,
        passes=50_000,
        epochs=(3, 80),
        label_smoothing=0.1,
        mixing=0.3,
        averaging=0.99,
    )
    frozen: Recipe = Recipe(
        network="mobilenet_v2",
        input_size=128,
        learning_rate=2e-3,
        passes=80_000,
        epochs=(10, 60),
        backbone_rate=0.0,
        label_smoothing=0.05,
    )
    fine_tuned: Recipe = Recipe(
        network="mobilenet_v2",
        input_size=128,
        learning_rate=1e-3,
        passes=6_000,
        epochs=(1, 8),
        backbone_rate=0.3,
        label_smoothing=0.1,
    )
    ablations: bool = True
    gallery: int = 8
    contact: int = 8

    def __post_init__(self) -> None:
        found, backbones = (self.frozen.network, self.fine_tuned.network), get_args(Backbone)
        if len(set(found)) > 1 or found[0] not in backbones:
            raise UserError(
                "src/hw4/windows/settings.py: the networks of frozen and fine_tuned are "
                f"{found[0]!r} and {found[1]!r}, expected was one backbone for both, of "
                f"{', '.join(backbones)}: put it right there."
            )

    @property
    def backbone(self) -> Backbone:
        """The pre-trained network."""
        return self.fine_tuned.network

    @classmethod
    def quick(cls) -> "Settings":
        """A trial build: few drawings, few epochs, no ablation."""
        full = cls()
        return replace(
            full,
            image_size=96,
            stand_in_size=300,
            stand_in_effort=1.0,
            ablations=False,
            yardstick=replace(full.yardstick, passes=1500, epochs=(1, 5)),
            small=replace(full.small, width=16, passes=2500, epochs=(1, 10), averaging=0.9),
            frozen=replace(full.frozen, input_size=96, passes=3000, epochs=(1, 10)),
            fine_tuned=replace(full.fine_tuned, input_size=96, passes=300, epochs=(1, 1)),
        )
