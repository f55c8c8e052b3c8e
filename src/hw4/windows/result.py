"""Result of problem 1, and the experiment that brings it."""

from dataclasses import dataclass
from typing import Any

from hw4.foundation.experiment import Experiment
from hw4.foundation.places import quick
from hw4.windows.data import CLASSES, source
from hw4.windows.settings import Recipe, Settings
from hw4.windows.weights import Weights, weights


@dataclass(frozen=True)
class BadFile:
    """A file that was left out.

    Attributes:
        where: `training` or `test`.
    """

    where: str
    name: str
    reason: str


@dataclass(frozen=True)
class DataCheck:
    """What was found on the way in.

    Attributes:
        train_counts, test_counts: photographs of each class; no test counts without labels.
        fit, validation, held_out: photographs of the training set used for each.
        exact_duplicates, near_duplicates: training photographs that are in the test set too.
        removed: their names.
        duplicates_within: pairs of copies inside the training set, kept on one side of the split.
        contradictions: those of them whose labels differ.
    """

    train_counts: tuple[int, ...]
    test_counts: tuple[int, ...] | None
    test_photographs: int
    fit: int
    validation: int
    held_out: int
    bad: tuple[BadFile, ...]
    exact_duplicates: int
    near_duplicates: int
    removed: tuple[str, ...]
    duplicates_within: int
    contradictions: int


@dataclass(frozen=True)
class PerClass:
    """How one class fares; NaN where nothing was predicted as it."""

    name: str
    photographs: int
    precision: float
    recall: float


@dataclass(frozen=True)
class Scores:
    """Predictions against labels.

    Attributes:
        interval: 95 % Wilson interval of the accuracy.
        confusion: rows are the true classes, columns the predicted ones.
        log_loss: mean negative logarithm of the probability given to the true class.
    """

    photographs: int
    accuracy: float
    interval: tuple[float, float]
    balanced_accuracy: float
    log_loss: float
    per_class: tuple[PerClass, ...]
    confusion: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Epoch:
    """What stands at the end of an epoch; the losses are mean cross-entropies.

    `train_loss` is of the pictures as they were varied, so it may lie above `validation_loss`.
    """

    train_loss: float
    validation_loss: float
    validation_accuracy: float


@dataclass(frozen=True)
class Candidate:
    """One trained network.

    Attributes:
        key: short and unique, `small-no-augmentation`.
        title: for humans.
        parameters: all of them; `trained` of them were learned here.
        mirrored: whether it averages over a picture and its mirror image, as validation chose.
        reported: scores on the test set, or on the held-out part where the test set has no labels.
        seconds: of training and evaluation.
    """

    key: str
    title: str
    recipe: Recipe
    pretrained: bool
    parameters: int
    trained: int
    epochs: tuple[Epoch, ...]
    mirrored: bool
    validation: Scores
    reported: Scores
    seconds: float
    pictures_per_second: float


@dataclass(frozen=True)
class Bin:
    """Predictions of similar confidence."""

    photographs: int
    confidence: float
    accuracy: float


@dataclass(frozen=True)
class Shown:
    """A photograph in the gallery; `truth` and `predicted` are labels."""

    name: str
    truth: int
    predicted: int
    confidence: float


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
        why_not_pretrained: why there were no pre-trained weights; empty if there were.
        chosen: key of the candidate with the best validation accuracy.
        bins: of the chosen network's confidence, on the reported photographs.
        calibration_error: mean difference of confidence and accuracy over the bins.
        mistakes: the most confident ones; right answers in their stead if there are none.
        mistakes_in_all: on the reported photographs.
        own_names: of the classes in the folders of the training set.
    """

    check: DataCheck
    labelled: bool
    backbone: str
    why_not_pretrained: str
    candidates: tuple[Candidate, ...]
    chosen: str
    bins: tuple[Bin, ...]
    calibration_error: float
    mistakes: tuple[Shown, ...]
    mistakes_in_all: int
    own_names: tuple[str, ...]
    predictions: tuple[Prediction, ...]

    @property
    def best(self) -> Candidate:
        """The chosen candidate."""
        return self.candidate(self.chosen)

    def candidate(self, key: str) -> Candidate:
        """The candidate named `key`.

        Raises:
            KeyError: there is none.
        """
        for candidate in self.candidates:
            if candidate.key == key:
                return candidate
        raise KeyError(key)

    def has(self, key: str) -> bool:
        """Whether there is a candidate named `key`."""
        return any(candidate.key == key for candidate in self.candidates)

    def report(self) -> dict[str, Any]:
        """This problem's part of `results.json`."""
        return {
            **self._numbers(self.best, seconds=False),
            "chosen": self.chosen,
            "evaluated_on": "test set" if self.labelled else "held-out split",
            "held_out_accuracy": None if self.labelled else self.best.reported.accuracy,
            "held_out_interval": None if self.labelled else self.best.reported.interval,
            "classes": CLASSES,
            "calibration_error": self.calibration_error,
            "why_not_pretrained": self.why_not_pretrained or None,
            "check": self.check,
            "predictions": len(self.predictions),
            "candidates": {it.key: self._numbers(it) for it in self.candidates},
        }

    def _numbers(self, candidate: Candidate, seconds: bool = True) -> dict[str, Any]:
        scores = candidate.reported
        own_seconds = {"seconds": round(candidate.seconds, 1)} if seconds else {}
        return {
            "pretrained": candidate.pretrained,
            "model": candidate.recipe.network,
            "parameters": candidate.parameters,
            "test_accuracy": scores.accuracy if self.labelled else None,
            "test_interval": scores.interval if self.labelled else None,
            "validation_accuracy": candidate.validation.accuracy,
            "balanced_accuracy": scores.balanced_accuracy,
            "per_class": scores.per_class,
            "confusion": scores.confusion,
            **own_seconds,
        }


def at_hand() -> Weights:
    """Whether pre-trained weights are at hand for the settings of this build."""
    return weights((Settings.quick() if quick() else Settings()).backbone)


EXPERIMENT = Experiment(
    name="windows",
    title="Problem 1: windows",
    settings=Settings,
    result=Result,
    run="hw4.windows.experiment:run",
    source=source,
    libraries=("torch", "torchvision", "numpy", "pillow"),
    circumstances=lambda: at_hand().at_hand,
)
