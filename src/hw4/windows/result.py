"""Settings and result of problem 1, and the experiment that leads from one to the other."""

import math
from dataclasses import dataclass, field, replace
from typing import Any

from hw4.foundation.compute import device
from hw4.foundation.errors import UserError
from hw4.foundation.experiment import Experiment
from hw4.foundation.places import quick
from hw4.foundation.scores import Calibration, Difference
from hw4.foundation.settings import Count, Share
from hw4.foundation.work import Selection
from hw4.windows.candidate import (
    NAMES,
    NETWORKS,
    Candidate,
    Candidates,
    PretrainedBackbone,
    TrainConfig,
)
from hw4.windows.data import CLASSES, DataCheck, source
from hw4.windows.weights import ORIGINS, at_hand, fetch_missing

TARGET = 0.6
"""Accuracy on the test set that the assignment asks for."""
NO_DIFFERENCE = Difference(math.nan, math.nan, math.nan)


BASELINE = TrainConfig(
    input_size=32,
    learning_rate=2e-3,
    passes=40_000,
    epochs=(5, 12),
    weight_decay=0.0,
    augment=False,
    balance=False,
)
SMALL = TrainConfig(
    input_size=64,
    learning_rate=3.5e-3,
    passes=30_000,
    epochs=(3, 80),
    label_smoothing=0.1,
    mixing=0.3,
    averaging=0.99,
)
HEAD = TrainConfig(
    input_size=224,
    learning_rate=2e-3,
    passes=60_000,
    epochs=(10, 60),
    backbone_rate=0.0,
)
FINE_TUNED = TrainConfig(
    input_size=192,
    learning_rate=1e-3,
    passes=9_000,
    epochs=(2, 9),
    backbone_rate=0.3,
    frozen_share=0.5,
    label_smoothing=0.1,
    erasing=0.0,
    balance=False,
)


@dataclass(frozen=True)
class Settings:
    """What can be set in problem 1.

    Attributes:
        seed: of the split, the first weights, the order and the variations of the images.
        image_size: side of the stored images in pixels; a multiple of 32.
        stand_in_images: drawings in the stand-in's training set (a quarter more for its test set).
        validation_share: of the training set, set apart to select by.
        held_out_share: of the training set, set apart to report on where the test set is
            unlabelled.
        backbones: pre-trained networks to choose from; those count whose weights are at hand.
        gpu_backbones: more of them, which take an hour on a processor.
        feature_size: side of the images that frozen backbones see.
        folds: of the cross-validation that chooses the backbone.
        weight_decays: of the linear head, searched by the same cross-validation.
        baseline: what the course's demo does, three convolutions on small images.
        small: a better small network, from scratch.
        width: channels of its first block.
        head: a linear head on the features of a frozen backbone.
        fine_tuned: the same, then everything at a lower rate.
        gallery: mistakes to show.
        contact: photographs of each class to show.
    """

    seed: int = 541
    image_size: Count = 224
    stand_in_images: Count = 2400
    validation_share: Share = 0.15
    held_out_share: Share = 0.15
    backbones: tuple[str, ...] = ("tf_efficientnet_lite0", "mobilenetv2_100")
    gpu_backbones: tuple[str, ...] = (
        "convnext_tiny",
        "efficientnetv2_rw_t",
        "vit_small_patch14_dinov2",
    )
    feature_size: Count = 224
    folds: Count = 4
    weight_decays: tuple[float, ...] = (0.01, 0.1, 1.0)
    baseline: TrainConfig = BASELINE
    small: TrainConfig = SMALL
    width: Count = 32
    head: TrainConfig = HEAD
    fine_tuned: TrainConfig = FINE_TUNED
    gallery: Count = 8
    contact: Count = 8

    def __post_init__(self) -> None:
        for name in self.backbones + self.gpu_backbones:
            if name not in ORIGINS:
                raise UserError(
                    f"src/hw4/windows/result.py: {name!r} is among the backbones, expected were "
                    f"names from {', '.join(ORIGINS)}: put it right there."
                )

    def for_stand_in(self) -> "Settings":
        """Smaller images and fewer epochs, as drawings are easier to tell apart."""
        return replace(
            self,
            image_size=min(self.image_size, 128),
            feature_size=min(self.feature_size, 112),
            baseline=replace(self.baseline, passes=min(self.baseline.passes, 18_000)),
            small=replace(self.small, passes=min(self.small.passes, 8_000)),
            fine_tuned=replace(
                self.fine_tuned,
                input_size=min(self.fine_tuned.input_size, 112),
                passes=min(self.fine_tuned.passes, 6_150),
                frozen_share=min(self.fine_tuned.frozen_share, 0.4),
            ),
        )

    @classmethod
    def quick(cls) -> "Settings":
        """A trial build: few drawings, small images, few epochs."""
        full = cls()
        return replace(
            full,
            image_size=96,
            stand_in_images=300,
            feature_size=96,
            folds=2,
            weight_decays=(0.1,),
            width=16,
            baseline=replace(full.baseline, passes=600, epochs=(1, 5)),
            small=replace(full.small, passes=800, epochs=(1, 10), averaging=0.9),
            head=replace(full.head, input_size=96, passes=3000, epochs=(1, 10)),
            fine_tuned=replace(full.fine_tuned, input_size=96, passes=300, epochs=(1, 1)),
        )


@dataclass(frozen=True)
class Shown:
    """A photograph in the gallery; `target` and `prediction` are labels."""

    name: str
    target: int
    prediction: int
    confidence: float

    @property
    def is_mistake(self) -> bool:
        return self.target != self.prediction


@dataclass(frozen=True)
class Confusion:
    """How often photographs of class `true` were taken for `predicted`."""

    true: str
    predicted: str
    count: int


@dataclass(frozen=True)
class Prediction:
    """A line of `predictions.csv`."""

    filename: str
    predicted_label: str


@dataclass(frozen=True)
class Result:
    """All that problem 1 reports.

    Attributes:
        labelled: whether the test set has labels; without them `reported` scores are of the
            held-out part of the training set, and `predictions` are the deliverable.
        backbones: the pre-trained networks that were compared, best first; empty without weights.
        trained: the networks by name, see `NETWORKS`.
        chosen: name of the one with the best validation accuracy.
        selection: the choice as it was written down before the test set was opened.
        steps: accuracy of one network minus another's on the same photographs, see `STEPS`.
        over_chosen: the same of each other network against the chosen one.
        temperature: by which the chosen network's logits are divided so that its confidence fits
            its accuracy on the validation photographs.
        calibration: of the chosen network on the reported photographs.
        scaled_error: calibration error after division by `temperature`.
        shown: the most confident mistakes; right answers in their stead if there are none.
        mistakes: how many there are on the reported photographs.
        own_names: of the classes in the folders of the training set.
    """

    check: DataCheck
    labelled: bool
    backbones: tuple[PretrainedBackbone, ...]
    trained: dict[str, Candidate]
    chosen: str
    selection: Selection
    steps: dict[str, Difference]
    over_chosen: dict[str, Difference]
    temperature: float
    calibration: Calibration
    scaled_error: float
    shown: tuple[Shown, ...]
    mistakes: int
    own_names: tuple[str, ...]
    predictions: tuple[Prediction, ...] = field(repr=False)

    @property
    def candidates(self) -> Candidates:
        return Candidates(self.trained)

    @property
    def best(self) -> Candidate:
        return self.trained[self.chosen]

    @property
    def chosen_name(self) -> str:
        """The chosen network, as a sentence names it."""
        return NAMES[self.chosen].format(backbone=self.backbone)

    @property
    def weakest(self) -> str:
        return min(self.trained, key=lambda name: self.trained[name].accuracy)

    @property
    def strongest(self) -> str:
        return max(self.trained, key=lambda name: self.trained[name].accuracy)

    @property
    def optimism(self) -> float:
        """Validation accuracy of the chosen network minus its reported accuracy."""
        return self.best.validation_accuracy - self.best.accuracy

    @property
    def backbone(self) -> str:
        """What people call the chosen pre-trained network; `none` without weights."""
        return self.backbones[0].title if self.backbones else "none"

    @property
    def pretrained(self) -> bool:
        """Whether any pre-trained weights were at hand."""
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
    def margin(self) -> float:
        """Half of the width of the chosen network's interval."""
        low, high = self.best.interval
        return (high - low) / 2

    @property
    def tied(self) -> tuple[str, ...]:
        """Titles of the networks that do not differ significantly from the chosen one."""
        return tuple(
            NETWORKS[name] for name, found in self.over_chosen.items() if not found.significant
        )

    @property
    def confusions(self) -> tuple[Confusion, ...]:
        """The kinds of mistakes, the most frequent first."""
        cells = self.best.reported.confusion
        found = [
            Confusion(CLASSES[true], CLASSES[predicted], cells[true][predicted])
            for true in range(len(CLASSES))
            for predicted in range(len(CLASSES))
            if true != predicted and cells[true][predicted]
        ]
        return tuple(sorted(found, key=lambda kind: -kind.count))

    @property
    def worst_pair(self) -> tuple[str, str, float]:
        """The two classes that are most often confused, and their share of all mistakes."""
        pairs: dict[tuple[str, str], int] = {}
        for kind in self.confusions:
            pair = tuple(sorted((kind.true, kind.predicted)))
            pairs[pair] = pairs.get(pair, 0) + kind.count
        if not pairs:
            return CLASSES[0], CLASSES[1], 0.0
        (one, other), count = max(pairs.items(), key=lambda item: item[1])
        return one, other, count / self.mistakes

    @property
    def by_recall(self) -> tuple[str, ...]:
        """The classes that were reported on, weakest first."""
        found = {name: it.recall for name, it in self.best.per_class.items() if it.support}
        return tuple(sorted(found, key=found.__getitem__))

    @property
    def rarest(self) -> str:
        counts = self.check.train_counts
        return CLASSES[counts.index(min(counts))]

    @property
    def commonest(self) -> str:
        counts = self.check.train_counts
        return CLASSES[counts.index(max(counts))]

    @property
    def overfitted(self) -> tuple[str, ...]:
        """Titles of networks whose validation loss ends clearly above its lowest value."""
        return tuple(it.title for it in self.trained.values() if it.rise > 0.05)

    def report(self) -> dict[str, Any]:
        """This problem's part of `results.json`."""
        candidates = {name: self._numbers(it) for name, it in self.trained.items()}
        return {
            **{k: v for k, v in self._numbers(self.best).items() if k != "seconds"},
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

    def _numbers(self, candidate: Candidate) -> dict[str, Any]:
        return {
            "pretrained": candidate.pretrained,
            "model": candidate.network,
            "parameters": candidate.parameters,
            "test_accuracy": candidate.accuracy if self.labelled else None,
            "test_interval": candidate.interval if self.labelled else None,
            "validation_accuracy": candidate.validation.accuracy,
            "balanced_accuracy": candidate.balanced_accuracy,
            "per_class": [
                {
                    "name": name,
                    "photographs": it.support,
                    "precision": it.precision,
                    "recall": it.recall,
                    "f1": it.f1,
                }
                for name, it in candidate.per_class.items()
            ],
            "confusion": candidate.reported.confusion if candidate.reported else None,
            "seconds": round(candidate.seconds, 1),
        }


def wanted(kind: str) -> tuple[str, ...]:
    """Names of the backbones that are compared on a device of this `kind`."""
    settings = Settings.quick() if quick() else Settings()
    return settings.backbones + (settings.gpu_backbones if kind != "cpu" else ())


EXPERIMENT = Experiment(
    name="windows",
    title="Problem 1: windows",
    settings=Settings,
    result=Result,
    source=source,
    libraries=("torch", "torchvision", "timm", "numpy", "pillow", "scikit-learn"),
    circumstances=lambda: {it.name: it.checksum for it in at_hand(tuple(ORIGINS))},
    prepare=lambda: fetch_missing(wanted(device().kind)),
)
