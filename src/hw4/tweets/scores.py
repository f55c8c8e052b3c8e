"""What predictions are judged by. NumPy only."""

from dataclasses import dataclass

import numpy as np

THRESHOLDS = np.arange(0.02, 0.981, 0.01)
SMOOTHING = 5
RESAMPLES = 1000
CURVE_POINTS = 150


@dataclass(frozen=True)
class Scores:
    """How good predictions of two classes are. Pairs are for class 0 and class 1.

    Attributes:
        confusion: rows are true classes, columns are predicted ones.
        f1_macro_error: standard error of `f1_macro`, from resampling the tweets (bootstrap).
    """

    f1_macro: float
    accuracy: float
    precision: tuple[float, float]
    recall: tuple[float, float]
    f1: tuple[float, float]
    confusion: tuple[tuple[int, int], tuple[int, int]]
    f1_macro_error: float


@dataclass(frozen=True)
class Curve:
    """Precision against recall of class 0, the rare one.

    Attributes:
        average_precision: area under the curve.
        share: of class 0, which is the precision of guessing.
    """

    recall: tuple[float, ...]
    precision: tuple[float, ...]
    average_precision: float
    share: float


def scores(labels: np.ndarray, predictions: np.ndarray, seed: int = 0) -> Scores:
    """Judge `predictions` (tweets,) against `labels` (tweets,)."""
    confusion = _confusions(labels[None], predictions[None])[0]
    draws = np.random.default_rng(seed).integers(len(labels), size=(RESAMPLES, len(labels)))
    resampled = _macro(_confusions(labels[draws], predictions[draws]))
    return Scores(
        f1_macro=float(_macro(confusion[None])[0]),
        accuracy=float(np.trace(confusion) / confusion.sum()),
        precision=_pair(np.diag(confusion), confusion.sum(axis=0)),
        recall=_pair(np.diag(confusion), confusion.sum(axis=1)),
        f1=_pair(2 * np.diag(confusion), confusion.sum(axis=0) + confusion.sum(axis=1)),
        confusion=tuple(tuple(int(cell) for cell in row) for row in confusion),
        f1_macro_error=float(resampled.std()),
    )


def f1_macro(labels: np.ndarray, predictions: np.ndarray) -> float:
    """The mean of both classes' F1 (0 for a class that is neither there nor predicted)."""
    return float(_macro(_confusions(labels[None], predictions[None]))[0])


def best_threshold(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """The probability of class 1 above which to say 1, for the best F1-macro on these tweets.

    The score jumps with every single tweet; it is averaged over neighboring thresholds, so that a
    broad hill wins over a lucky peak; of equals, the one nearest to one half is taken.
    """
    found = np.array([f1_macro(labels, probabilities > t) for t in THRESHOLDS])
    window = np.ones(SMOOTHING)
    smooth = np.convolve(found, window, "same") / np.convolve(np.ones_like(found), window, "same")
    tied = THRESHOLDS[smooth >= smooth.max() - 1e-9]
    return round(float(tied[np.abs(tied - 0.5).argmin()]), 2)


def precision_recall(labels: np.ndarray, probabilities: np.ndarray) -> Curve:
    """Precision and recall of class 0 for every threshold, with `probabilities` of class 1."""
    order = np.argsort(probabilities, kind="stable")
    hits = np.cumsum(labels[order] == 0)
    said = np.arange(1, len(order) + 1)
    precision, recall = hits / said, hits / hits[-1]
    average = float(np.sum(np.diff(recall, prepend=0.0) * precision))
    shown = np.unique(np.linspace(0, len(order) - 1, CURVE_POINTS).astype(int))
    return Curve(
        recall=tuple(recall[shown].tolist()),
        precision=tuple(precision[shown].tolist()),
        average_precision=average,
        share=float((labels == 0).mean()),
    )


def _confusions(labels: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    """(repeats, 2, 2) from (repeats, tweets) each."""
    cells = 2 * labels.astype(int) + predictions.astype(int)
    return np.stack([(cells == cell).sum(axis=1) for cell in range(4)], axis=1).reshape(-1, 2, 2)


def _macro(confusions: np.ndarray) -> np.ndarray:
    hits = np.diagonal(confusions, axis1=1, axis2=2)
    whole = confusions.sum(axis=1) + confusions.sum(axis=2)
    return (2 * hits / np.maximum(whole, 1)).mean(axis=1)


def _pair(part: np.ndarray, whole: np.ndarray) -> tuple[float, float]:
    ratios = part / np.maximum(whole, 1)
    return float(ratios[0]), float(ratios[1])
