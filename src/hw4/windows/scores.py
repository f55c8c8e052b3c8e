"""Measures of a classifier's predictions, in NumPy alone."""

import math

import numpy as np

from hw4.windows.data import CLASSES
from hw4.windows.result import Bin, PerClass, Scores

BINS = 8


def wilson(right: int, trials: int, z: float = 1.959964) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927), which stays within 0 and 1."""
    if trials == 0:
        return 0.0, 1.0
    share = right / trials
    middle = share + z**2 / (2 * trials)
    spread = z * math.sqrt(share * (1 - share) / trials + z**2 / (4 * trials**2))
    scale = 1 + z**2 / trials
    low, high = (middle - spread) / scale, (middle + spread) / scale
    # At the ends rounding would leave a little of what is exactly nothing.
    return (low if right else 0.0), (high if right < trials else 1.0)


def scores(probabilities: np.ndarray, labels: np.ndarray) -> Scores:
    """All measures of `probabilities` `(photographs, classes)` against `labels`."""
    classes = len(CLASSES)
    predicted = probabilities.argmax(1)
    confusion = np.bincount(labels * classes + predicted, minlength=classes**2)
    confusion = confusion.reshape(classes, classes)
    right, there, claimed = confusion.diagonal(), confusion.sum(1), confusion.sum(0)
    recalls = [_share(right[c], there[c]) for c in range(classes)]
    given = probabilities[np.arange(len(labels)), labels]
    return Scores(
        photographs=len(labels),
        accuracy=float(right.sum() / len(labels)),
        interval=wilson(int(right.sum()), len(labels)),
        balanced_accuracy=float(np.nanmean(recalls)),
        log_loss=float(-np.log(np.maximum(given, 1e-12)).mean()),
        per_class=tuple(
            PerClass(CLASSES[c], int(there[c]), _share(right[c], claimed[c]), recalls[c])
            for c in range(classes)
        ),
        confusion=tuple(tuple(int(cell) for cell in row) for row in confusion),
    )


def reliability(probabilities: np.ndarray, labels: np.ndarray) -> tuple[tuple[Bin, ...], float]:
    """Confidence against accuracy, in bins of equally many photographs.

    Returns:
        The bins, and the expected calibration error (Guo et al. 2017): the mean difference between
        confidence and accuracy, each bin weighted by its photographs.
    """
    confidence = probabilities.max(1)
    right = probabilities.argmax(1) == labels
    order = np.argsort(confidence, kind="stable")
    parts = [part for part in np.array_split(order, BINS) if len(part)]
    bins = tuple(
        Bin(len(part), float(confidence[part].mean()), float(right[part].mean())) for part in parts
    )
    gap = sum(bin.photographs * abs(bin.confidence - bin.accuracy) for bin in bins)
    return bins, gap / len(labels)


def _share(part: int, whole: int) -> float:
    return float(part / whole) if whole else math.nan
