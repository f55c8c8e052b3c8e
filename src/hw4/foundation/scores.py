"""What predictions are judged by, on scikit-learn and SciPy."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

RESAMPLES = 1000
SIGNIFICANT = 0.05
"""A difference with a smaller p-value is called significant, in the whole report."""


@dataclass(frozen=True)
class ClassScores:
    """How one class fares; `support` is how many there are. NaN where nothing was predicted."""

    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True)
class Scores:
    """Predictions against targets.

    Attributes:
        interval: 95 % Wilson interval of the accuracy.
        f1_macro_std: standard error of `f1_macro`, from resampling the examples (bootstrap).
        confusion: rows are the true classes, columns the predicted ones.
        log_loss: mean negative logarithm of the probability given to the true class; NaN without
            probabilities.
    """

    n: int
    accuracy: float
    interval: tuple[float, float]
    balanced_accuracy: float
    f1_macro: float
    f1_macro_std: float
    log_loss: float
    per_class: dict[str, ClassScores]
    confusion: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Difference:
    """The first one's score minus the second one's, its standard error, a two-sided p-value."""

    value: float
    std: float
    p: float

    @property
    def significant(self) -> bool:
        return self.p < SIGNIFICANT


UNKNOWN = Difference(math.nan, math.nan, math.nan)


@dataclass(frozen=True)
class Bin:
    """Predictions of similar confidence."""

    n: int
    confidence: float
    accuracy: float


@dataclass(frozen=True)
class Calibration:
    """Confidence against accuracy; `error` is the expected calibration error (Guo et al. 2017)."""

    bins: tuple[Bin, ...]
    error: float
    confidence: float
    accuracy: float


@dataclass(frozen=True)
class PrecisionRecall:
    """Precision against recall of one class; `share` of it is the precision of guessing."""

    recall: tuple[float, ...]
    precision: tuple[float, ...]
    average_precision: float
    share: float


def score(
    targets: np.ndarray,
    predictions: np.ndarray,
    classes: Sequence[str],
    probabilities: np.ndarray | None = None,
    seed: int = 0,
) -> Scores:
    """All measures of `predictions` (n,) against `targets` (n,), both indices into `classes`.

    The log loss needs `probabilities` (n, classes).
    """
    from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

    labels = range(len(classes))
    confusion = confusion_matrix(targets, predictions, labels=labels)
    precision, recall, f1, support = precision_recall_fscore_support(
        targets, predictions, labels=labels, zero_division=np.nan
    )
    columns = (
        values.tolist() for values in (precision, recall, np.nan_to_num(f1), support.astype(int))
    )
    right = int(confusion.trace())
    resampled = f1_macro_resampled(targets, predictions, len(classes), seed)
    return Scores(
        n=len(targets),
        accuracy=right / len(targets),
        interval=wilson(right, len(targets)),
        balanced_accuracy=float(np.nanmean(recall)),
        f1_macro=float(f1_macro(targets, predictions, len(classes))),
        f1_macro_std=float(resampled.std()),
        log_loss=math.nan if probabilities is None else log_loss(probabilities, targets),
        per_class={
            name: ClassScores(*values) for name, *values in zip(classes, *columns, strict=True)
        },
        confusion=tuple(map(tuple, confusion.tolist())),
    )


def log_loss(probabilities: np.ndarray, targets: np.ndarray) -> float:
    """Mean negative logarithm of the probabilities (n, classes) that the targets (n,) are given."""
    given = probabilities[np.arange(len(targets)), targets]
    return float(-np.log(np.maximum(given, 1e-12)).mean())


def wilson(right: int, trials: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927), which stays within 0 and 1."""
    from scipy.stats import binomtest

    if trials == 0:
        return 0.0, 1.0
    interval = binomtest(right, trials).proportion_ci(0.95, method="wilson")
    return float(interval.low), float(interval.high)


def mcnemar(targets: np.ndarray, first: np.ndarray, second: np.ndarray) -> Difference:
    """Accuracy of `first` minus that of `second`, predictions of the same examples (n,) each.

    The p-value is McNemar's, exact: of the examples that one gets right and the other wrong, half
    would fall to each side by chance.
    """
    from scipy.stats import binomtest

    differences = (first == targets).astype(int) - (second == targets)  # 1, 0 or -1
    differ, only_first = int((differences != 0).sum()), int((differences > 0).sum())
    p = binomtest(only_first, differ).pvalue if differ else 1.0
    std = differences.std() / math.sqrt(len(targets))
    return Difference(float(differences.mean()), float(std), float(p))


def compare_f1_macro(
    targets: np.ndarray, first: np.ndarray, second: np.ndarray, classes: int = 2, seed: int = 0
) -> Difference:
    """F1-macro of `first` minus that of `second`, on the same resampled examples (bootstrap)."""
    resampled = f1_macro_resampled(targets, first, classes, seed)
    resampled = resampled - f1_macro_resampled(targets, second, classes, seed)  # (resamples,)
    value = f1_macro(targets, first, classes) - f1_macro(targets, second, classes)
    below = (1 + (resampled <= 0).sum()) / (RESAMPLES + 1)
    above = (1 + (resampled >= 0).sum()) / (RESAMPLES + 1)
    return Difference(float(value), float(resampled.std()), float(min(1.0, 2 * min(below, above))))


def compare_errors(first: np.ndarray, second: np.ndarray) -> Difference:
    """Mean of `first` minus that of `second`, errors (n,) on the same examples (paired t-test).

    The p-value is NaN where one differs from the other by the same everywhere.
    """
    from scipy.stats import sem, ttest_rel

    differences = first - second
    p = ttest_rel(first, second).pvalue if np.ptp(differences) else math.nan
    return Difference(float(differences.mean()), float(sem(differences)), float(p))


def compare_groups(first: np.ndarray, second: np.ndarray) -> Difference:
    """The same for errors (n,) and (m,) on different examples (Welch's t-test).

    NaN where there are not two of each.
    """
    from scipy.stats import sem, ttest_ind

    if min(len(first), len(second)) < 2:
        return UNKNOWN
    std = math.hypot(sem(first), sem(second))
    p = ttest_ind(first, second, equal_var=False).pvalue if std else math.nan
    return Difference(float(first.mean() - second.mean()), std, float(p))


def f1_macro(targets: np.ndarray, predictions: np.ndarray, classes: int = 2) -> np.ndarray:
    """The mean of all classes' F1 (0 for a class that is neither there nor predicted).

    For (n,) targets and predictions one number, for (repeats, n) of both (repeats,).
    """
    scores = []
    for label in range(classes):
        there, predicted = targets == label, predictions == label
        both = (there & predicted).sum(axis=-1)
        either = there.sum(axis=-1) + predicted.sum(axis=-1)
        scores.append(2 * both / np.maximum(either, 1))
    return np.mean(scores, axis=0)


def f1_macro_resampled(
    targets: np.ndarray, predictions: np.ndarray, classes: int = 2, seed: int = 0
) -> np.ndarray:
    """F1-macro of `RESAMPLES` draws of the examples with replacement: (resamples,).

    Vectorized: scikit-learn's own, called a thousand times, takes seconds.
    """
    draws = np.random.default_rng(seed).integers(len(targets), size=(RESAMPLES, len(targets)))
    return f1_macro(targets[draws], predictions[draws], classes)


def calibration(probabilities: np.ndarray, targets: np.ndarray, bins: int = 8) -> Calibration:
    """Confidence against accuracy of `probabilities` (n, classes), in bins of equally many."""
    confidence = probabilities.max(1)
    right = probabilities.argmax(1) == targets
    order = np.argsort(confidence, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    made = tuple(
        Bin(len(part), float(confidence[part].mean()), float(right[part].mean())) for part in parts
    )
    error = sum(bin.n * abs(bin.confidence - bin.accuracy) for bin in made) / len(targets)
    return Calibration(made, float(error), float(confidence.mean()), float(right.mean()))


def tempered(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Probabilities `(n, classes)` of logits that are divided by `temperature`."""
    powers = np.maximum(probabilities, 1e-12) ** (1 / temperature)
    return powers / powers.sum(1, keepdims=True)


def best_temperature(probabilities: np.ndarray, targets: np.ndarray) -> float:
    """The temperature with the least log loss (Guo et al. 2017); below 1 is under-confident."""

    def loss(temperature: float) -> float:
        return log_loss(tempered(probabilities, temperature), targets)

    return float(min(np.geomspace(0.25, 4, 81), key=loss))


def precision_recall(
    is_positive: np.ndarray, scores: np.ndarray, points: int = 150
) -> PrecisionRecall:
    """Precision and recall of the positive class for every threshold of `scores` (n,)."""
    from sklearn.metrics import average_precision_score, precision_recall_curve

    precision, recall, _ = precision_recall_curve(is_positive, scores)
    shown = np.unique(np.linspace(0, len(recall) - 1, points).astype(int))[::-1]
    return PrecisionRecall(
        recall=tuple(recall[shown].tolist()),
        precision=tuple(precision[shown].tolist()),
        average_precision=float(average_precision_score(is_positive, scores)),
        share=float(np.mean(is_positive)),
    )
