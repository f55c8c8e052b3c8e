"""Settings and result of problem 1, and the experiment that leads from one to the other."""

import math
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from hw4.foundation.compute import device
from hw4.foundation.experiment import Experiment
from hw4.foundation.places import output_folder
from hw4.foundation.scores import Calibration, Difference
from hw4.foundation.settings import Count, Share
from hw4.foundation.store import write_csv
from hw4.foundation.work import Selection
from hw4.windows.data import CLASSES, DataCheck, check, source
from hw4.windows.trained import PretrainedBackbone, Shown, TrainConfig, Trained
from hw4.windows.weights import ORIGINS, at_hand, fetch_missing

TARGET = 0.6
"""Accuracy on the test set that the assignment asks for."""
REFITTED = "refitted"
NETWORKS = {
    "baseline": "three convolutions",
    "small": "small residual network",
    "small-no-augmentation": "small, no augmentation",
    "frozen": "frozen backbone",
    "frozen-no-balancing": "frozen, no balancing",
    "fine-tuned": "fine-tuned backbone",
    REFITTED: "chosen, refitted",
}
"""Every network that can be trained here and what it is called, in the order of the tables."""
STEPS = {
    "small": ("small", "baseline"),
    "augmentation": ("small", "small-no-augmentation"),
    "frozen": ("frozen", "small"),
    "balancing": ("frozen", "frozen-no-balancing"),
    "fine-tuning": ("fine-tuned", "frozen"),
}
"""What is compared in pairs: each step's network, and the one without that step. One more step,
`refitting`, compares the chosen network after and before."""
Backbones = tuple[Literal[tuple(ORIGINS)], ...]

BASELINE = TrainConfig(
    input_size=32,
    learning_rate=2e-3,
    images_seen=40_000,
    epochs=(5, 12),
    weight_decay=0.0,
    augment=0.0,
    balance=False,
)
SMALL = TrainConfig(
    input_size=64, learning_rate=3.5e-3, images_seen=15_000, epochs=(3, 40), label_smoothing=0.1
)
FINE_TUNED = TrainConfig(
    input_size=256,
    first_size_share=0.625,
    learning_rate=3e-3,
    images_seen=9_000,
    epochs=(2, 9),
    backbone_rate=0.1,
    frozen_share=0.5,
    label_smoothing=0.1,
    balance=False,
)


@dataclass(frozen=True)
class Settings:
    """What can be set in problem 1.

    Attributes:
        image_size: side of the stored images in pixels; a multiple of 32.
        stand_in_images: drawings in the stand-in's training set (a quarter more for its test set).
        validation_share: of the training set, to select by.
        held_out_share: of the training set, to report on where the test set is unlabelled.
        backbones: pre-trained networks to choose from; those count whose weights are at hand.
        gpu_backbones: more of them, which take an hour on a processor.
        feature_size: side of the images that frozen backbones see.
        folds: of the cross-validation that chooses the backbone.
        weight_decays: of the linear head, searched by the same cross-validation.
        gallery, contact: mistakes, and photographs of each class, to show.
    """

    seed: int = 541
    image_size: Count = 256
    stand_in_images: Count = 1600
    validation_share: Share = 0.15
    held_out_share: Share = 0.15
    backbones: Backbones = ("tf_efficientnet_lite0", "mobilenetv2_100")
    gpu_backbones: Backbones = ("convnext_tiny", "efficientnetv2_rw_t", "vit_small_patch14_dinov2")
    feature_size: Count = 256
    folds: Count = 4
    weight_decays: tuple[float, ...] = (0.01, 0.1, 1.0)
    baseline: TrainConfig = BASELINE
    small: TrainConfig = SMALL
    fine_tuned: TrainConfig = FINE_TUNED
    gallery: Count = 8
    contact: Count = 8

    @property
    def split(self) -> tuple[int | float, ...]:
        """What decides which photographs there are and who is in which part."""
        shares = (self.validation_share, self.held_out_share)
        return (self.seed, self.image_size, self.stand_in_images, *shares)

    def backbones_on(self, kind: str) -> tuple[str, ...]:
        """Names of the backbones that are compared on a device of this `kind`."""
        return self.backbones + (self.gpu_backbones if kind != "cpu" else ())

    def for_stand_in(self) -> "Settings":
        """Smaller images and fewer epochs, as drawings are easier to tell apart."""
        tuned = self.fine_tuned
        return replace(
            self,
            image_size=min(self.image_size, 128),
            feature_size=min(self.feature_size, 112),
            baseline=replace(self.baseline, images_seen=min(self.baseline.images_seen, 18_000)),
            small=replace(self.small, images_seen=min(self.small.images_seen, 8_000)),
            fine_tuned=replace(
                tuned,
                input_size=min(tuned.input_size, 112),
                first_size_share=1.0,
                images_seen=min(tuned.images_seen, 3_000),
                frozen_share=min(tuned.frozen_share, 0.4),
            ),
        )

    @classmethod
    def quick(cls) -> "Settings":
        """A trial build: few drawings, small images, few epochs."""
        return cls(
            image_size=96,
            stand_in_images=300,
            feature_size=96,
            folds=2,
            weight_decays=(0.1,),
            baseline=replace(BASELINE, images_seen=600, epochs=(1, 5)),
            small=replace(SMALL, images_seen=800, epochs=(1, 10), width=16),
            fine_tuned=replace(FINE_TUNED, input_size=96, images_seen=300, epochs=(1, 1)),
        )


@dataclass(frozen=True)
class Result:
    """All that problem 1 reports.

    Attributes:
        labelled: whether the test set has labels; without them `reported` scores are of the
            held-out part of the training set, and `predictions` are the deliverable.
        backbones: the pre-trained networks that were compared, best first; empty without weights.
        steps: accuracy of one network minus another's on the same photographs, see `STEPS`.
        over_best: the same of each network against the one that answers.
        calibration: of the answers on the reported photographs.
        scaled_error: calibration error after division by `temperature`.
        shown: the most confident mistakes; right answers in their stead if there are none.
        own_names: of the classes in the folders of the training set.
        predictions: name of a file and label, for each photograph of a test set without labels.
    """

    check: DataCheck
    labelled: bool
    backbones: tuple[PretrainedBackbone, ...]
    trained: dict[str, Trained]
    selection: Selection
    steps: dict[str, Difference]
    over_best: dict[str, Difference]
    calibration: Calibration
    scaled_error: float
    shown: tuple[Shown, ...]
    own_names: tuple[str, ...]
    predictions: tuple[tuple[str, str], ...] = field(repr=False)

    @property
    def networks(self) -> dict[str, Trained]:
        """All networks by name; every number is NaN of one that this build has not trained."""
        nothing = Trained("", TrainConfig(1, 1.0, 1), 0, 0, (), False, math.nan)
        return {name: self.trained.get(name, nothing) for name in NETWORKS}

    @property
    def chosen(self) -> str:
        """Name of the network with the best validation accuracy."""
        return self.selection.choice["network"]

    @property
    def temperature(self) -> float:
        """By which the logits are divided so that the chosen network's confidence fits its accuracy
        on the validation photographs."""
        return self.selection.choice["temperature"]

    @property
    def best(self) -> Trained:
        """The network that answers: the chosen one, refitted."""
        return self.trained[REFITTED]

    @property
    def backbone(self) -> str:
        """What people call the chosen pre-trained network; `none` without weights."""
        return self.backbones[0].title if self.backbones else "none"

    @property
    def pretrained(self) -> bool:
        return bool(self.backbones)

    @property
    def reported(self) -> str:
        """What the reported scores are of."""
        return "test" if self.labelled else "held-out"

    @property
    def majority(self) -> float:
        """Accuracy of always answering the most frequent class."""
        counts = [scores.support for scores in self.best.per_class.values()]
        return max(counts) / sum(counts)

    @property
    def tied(self) -> tuple[str, ...]:
        """The networks that do not differ significantly from the one that answers."""
        return tuple(NETWORKS[name] for name, it in self.over_best.items() if not it.significant)

    @property
    def confusions(self) -> tuple[tuple[str, str, int], ...]:
        """True class, class that it was taken for, and how often; the most frequent first."""
        kinds = [
            (CLASSES[true], CLASSES[predicted], count)
            for true, row in enumerate(self.best.reported.confusion)
            for predicted, count in enumerate(row)
            if true != predicted and count
        ]
        return tuple(sorted(kinds, key=lambda kind: -kind[2]))

    @property
    def mistakes(self) -> int:
        return sum(count for _, _, count in self.confusions)

    @property
    def worst_pair(self) -> tuple[str, str, float]:
        """The two classes that are most often confused, and their share of all mistakes."""
        confusion = np.array(self.best.reported.confusion)
        pairs = np.triu(confusion + confusion.T, 1)
        one, other = np.unravel_index(pairs.argmax(), pairs.shape)
        return CLASSES[one], CLASSES[other], float(pairs[one, other] / max(self.mistakes, 1))

    @property
    def by_recall(self) -> tuple[str, ...]:
        """The classes that were reported on, weakest first."""
        recalls = {name: it.recall for name, it in self.best.per_class.items() if it.support}
        return tuple(sorted(recalls, key=recalls.__getitem__))

    @property
    def by_count(self) -> tuple[str, ...]:
        """The classes, the rarest in the training set first."""
        counts = dict(zip(CLASSES, self.check.train_counts, strict=True))
        return tuple(sorted(counts, key=counts.__getitem__))

    @property
    def overfitted(self) -> tuple[str, ...]:
        """Networks whose validation loss ends clearly above its lowest value."""
        ends = {name: [epoch.val_loss for epoch in it.epochs] for name, it in self.trained.items()}
        return tuple(NETWORKS[name] for name, it in ends.items() if it and it[-1] > 1.05 * min(it))

    def report(self) -> dict[str, Any]:
        """This problem's part of `results.json`."""
        candidates = {name: it.report(self.labelled) for name, it in self.trained.items()}
        return {
            **{k: v for k, v in candidates[REFITTED].items() if k != "seconds"},
            "validation_accuracy": self.selection.validation_score,
            "backbone": self.backbones[0].name if self.backbones else None,
            "backbones": self.backbones,
            "chosen": self.chosen,
            "selection": self.selection,
            "evaluated_on": "test set" if self.labelled else "held-out split",
            "held_out_accuracy": None if self.labelled else self.best.accuracy,
            "held_out_interval": None if self.labelled else self.best.interval,
            "classes": CLASSES,
            "calibration_error": self.calibration.error,
            "temperature": self.temperature,
            "steps": self.steps,
            "why_not_pretrained": None if self.backbones else "no weights at hand",
            "check": self.check,
            "predictions": len(self.predictions),
            # `yardstick` is what the baseline was called in earlier results.
            "candidates": candidates | {"yardstick": candidates["baseline"]},
        }


def deliver(result: Result) -> None:
    """Write `_output/predictions.csv` for a test set without labels, and take an old one away."""
    file = output_folder() / "predictions.csv"
    if result.labelled:
        file.unlink(missing_ok=True)
    else:
        write_csv(file, ("filename", "predicted_label"), result.predictions)


EXPERIMENT = Experiment(
    name="windows",
    title="Problem 1: windows",
    settings=Settings,
    result=Result,
    source=source,
    libraries=("torch", "torchvision", "timm", "numpy", "pillow", "scikit-learn"),
    circumstances=lambda: {it.name: it.checksum for it in at_hand(tuple(ORIGINS))},
    prepare=lambda: fetch_missing(Settings().backbones_on(device().kind)),
    check=check,
    deliver=deliver,
)
