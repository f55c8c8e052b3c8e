"""Scores against scikit-learn, against formulas worked out otherwise, and by what must hold."""

import math
from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import t
from sklearn import metrics

from hw4.foundation import scores
from hw4.foundation.scores import (
    best_temperature,
    calibration,
    compare_errors,
    compare_f1_macro,
    compare_groups,
    f1_macro,
    f1_macro_resampled,
    mcnemar,
    precision_recall,
    score,
    tempered,
    wilson,
)

CLASSES = ("a", "b", "c", "d")


def drawn(n: int, accuracy: float, seed: int, classes: int = 3):
    """Targets (n,) and predictions (n,) that are right in about `accuracy` of the cases."""
    random = np.random.default_rng(seed)
    targets = random.integers(classes, size=n)
    others = (targets + random.integers(1, classes, size=n)) % classes
    return targets, np.where(random.random(n) < accuracy, targets, others)


def test_all_measures_are_scikit_learn_s():
    targets, predictions = drawn(300, 0.7, 1)  # class d is neither there nor predicted
    probabilities = np.random.default_rng(2).dirichlet(np.ones(4), 300)
    found = score(targets, predictions, CLASSES, probabilities)
    assert found.n == 300
    assert found.accuracy == pytest.approx(metrics.accuracy_score(targets, predictions))
    assert found.balanced_accuracy == pytest.approx(
        metrics.balanced_accuracy_score(targets, predictions)
    )
    assert found.f1_macro == pytest.approx(
        metrics.f1_score(targets, predictions, average="macro", labels=range(4), zero_division=0)
    )
    assert found.log_loss == pytest.approx(
        metrics.log_loss(targets, probabilities, labels=range(4))
    )
    assert (
        np.array(found.confusion) == metrics.confusion_matrix(targets, predictions, labels=range(4))
    ).all()
    recalls = metrics.recall_score(targets, predictions, average=None)
    for name, recall in zip("abc", recalls, strict=True):
        assert found.per_class[name].recall == pytest.approx(recall)
    assert sum(one.support for one in found.per_class.values()) == 300


def test_a_class_that_is_not_there_has_no_recall_and_no_precision():
    found = score(np.array([0, 0, 1]), np.array([0, 0, 0]), CLASSES[:3])
    assert math.isnan(found.per_class["c"].recall) and found.per_class["c"].f1 == 0
    assert math.isnan(found.per_class["b"].precision) and found.per_class["b"].recall == 0
    assert found.per_class["a"].precision == pytest.approx(2 / 3)
    assert found.balanced_accuracy == 0.5
    assert math.isnan(found.log_loss)


def test_rows_of_the_confusion_are_the_true_classes():
    assert score(np.array([0, 0, 1]), np.array([1, 0, 1]), ("a", "b")).confusion == ((1, 1), (0, 1))


def test_the_log_loss_of_a_certain_mistake_is_large_and_finite():
    found = score(np.array([0]), np.array([1]), ("a", "b"), np.array([[0.0, 1.0]]))
    assert 20 < found.log_loss < 30


@pytest.mark.parametrize(("right", "trials"), [(0, 10), (3, 10), (10, 10), (87, 218)])
def test_wilson_s_interval_is_his_formula(right, trials):
    z, share = 1.959963984540054, right / trials
    middle = (share + z**2 / (2 * trials)) / (1 + z**2 / trials)
    half = z * math.sqrt(share * (1 - share) / trials + z**2 / (4 * trials**2))
    half /= 1 + z**2 / trials
    assert wilson(right, trials) == pytest.approx((middle - half, middle + half), abs=1e-12)
    assert wilson(0, 0) == (0.0, 1.0)


def test_mcnemar_counts_only_where_one_is_right_and_the_other_wrong():
    targets = np.zeros(100, int)
    first = np.array([0] * 60 + [1] * 40)
    second = np.array([0] * 48 + [1] * 12 + [0] * 2 + [1] * 38)  # 12 against 2
    found = mcnemar(targets, first, second)
    exact = 2 * sum(math.comb(14, k) for k in range(3)) / 2**14
    assert found.value == pytest.approx(0.10)
    assert found.p == pytest.approx(exact)
    assert found.significant
    assert found.std == pytest.approx(math.sqrt((14 - 100 * 0.1**2) / 100 / 100))
    back = mcnemar(targets, second, first)
    assert (back.value, back.p, back.std) == pytest.approx((-found.value, found.p, found.std))


def test_two_that_never_differ_are_not_told_apart():
    targets, predictions = drawn(50, 0.8, 3)
    for found in (
        mcnemar(targets, predictions, predictions),
        compare_f1_macro(targets, predictions, predictions, 3),
    ):
        assert (found.value, found.std, found.p, found.significant) == (0, 0, 1, False)


def test_mean_errors_are_compared_by_student_s_and_by_welch_s_t():
    random = np.random.default_rng(9)
    first, second = random.exponential(1.0, 40), random.exponential(1.3, 40)
    pairs = first - second
    std = pairs.std(ddof=1) / math.sqrt(40)
    found = compare_errors(first, second)
    assert (found.value, found.std) == pytest.approx((pairs.mean(), std))
    assert found.p == pytest.approx(2 * t.sf(abs(pairs.mean()) / std, 39))
    assert math.isnan(compare_errors(first, first).p)

    few = second[:7]
    parts = first.var(ddof=1) / 40, few.var(ddof=1) / 7
    freedom = sum(parts) ** 2 / (parts[0] ** 2 / 39 + parts[1] ** 2 / 6)
    found = compare_groups(first, few)
    value, std = first.mean() - few.mean(), math.sqrt(sum(parts))
    assert (found.value, found.std) == pytest.approx((value, std))
    assert found.p == pytest.approx(2 * t.sf(abs(value) / std, freedom))
    assert math.isnan(compare_groups(first, few[:1]).value)


def test_resampled_f1_is_scikit_learn_s_on_the_same_draws(monkeypatch):
    monkeypatch.setattr(scores, "RESAMPLES", 20)
    targets, predictions = drawn(60, 0.6, 4)
    draws = np.random.default_rng(7).integers(60, size=(20, 60))
    expected = [
        metrics.f1_score(
            *(targets[draw], predictions[draw]), average="macro", labels=range(3), zero_division=0
        )
        for draw in draws
    ]
    np.testing.assert_allclose(f1_macro_resampled(targets, predictions, 3, seed=7), expected)
    assert f1_macro(targets, predictions, 3) == pytest.approx(
        metrics.f1_score(targets, predictions, average="macro")
    )


def test_the_standard_error_is_that_of_drawing_anew():
    """The spread over 400 fresh test sets is what the bootstrap of one of them estimates."""
    fresh = [f1_macro(*drawn(200, 0.7, seed), 3) for seed in range(400)]
    found = score(*drawn(200, 0.7, 1000), CLASSES[:3])
    assert found.f1_macro_std == pytest.approx(np.std(fresh), rel=0.25)


def test_pairs_see_what_single_intervals_do_not():
    targets, first = drawn(400, 0.75, 5, classes=2)
    second = first.copy()
    right = np.flatnonzero(first == targets)[:16]
    second[right] = 1 - second[right]  # wrong on 16 more, on all others the same
    found = compare_f1_macro(targets, first, second)
    assert found.significant and found.value > 0
    assert found.value < score(targets, first, ("a", "b")).f1_macro_std * 2
    back = compare_f1_macro(targets, second, first)
    assert back.value == -found.value and back.p == pytest.approx(found.p)


def test_chance_is_called_significant_about_as_often_as_it_says(monkeypatch):
    monkeypatch.setattr(scores, "RESAMPLES", 400)
    called = {"f1": 0, "accuracy": 0}
    for seed in range(200):
        random = np.random.default_rng(seed)
        targets = random.integers(2, size=150)
        first, second = (np.where(random.random(150) < 0.7, targets, 1 - targets) for _ in range(2))
        called["f1"] += compare_f1_macro(targets, first, second, seed=seed).significant
        called["accuracy"] += mcnemar(targets, first, second).significant
    assert 2 <= called["f1"] <= 22  # 10 expected
    assert 1 <= called["accuracy"] <= 16  # an exact test errs on the safe side


def test_calibration_is_weighed_by_bins_of_equally_many():
    probabilities = np.array([[0.9, 0.1], [0.8, 0.2], [0.4, 0.6], [0.45, 0.55]])
    found = calibration(probabilities, np.array([0, 1, 1, 1]), bins=2)
    low, high = found.bins
    assert (low.n, low.confidence, low.accuracy) == pytest.approx((2, 0.575, 1.0))
    assert (high.n, high.confidence, high.accuracy) == pytest.approx((2, 0.85, 0.5))
    assert found.error == pytest.approx((0.425 + 0.35) / 2)
    assert (found.confidence, found.accuracy) == pytest.approx((0.7125, 0.75))


def test_honest_probabilities_are_calibrated_and_boasting_ones_are_not():
    random = np.random.default_rng(6)
    share = random.uniform(0.02, 0.98, 20_000)
    targets = (random.random(20_000) < share).astype(int)
    honest = np.stack([1 - share, share], axis=1)
    boasting = np.where(honest > 0.5, 0.99, 0.01)
    assert calibration(honest, targets).error < 0.02
    assert calibration(boasting, targets).error > 0.15
    assert sum(one.n for one in calibration(honest, targets).bins) == 20_000
    assert len(calibration(honest[:3], targets[:3]).bins) == 3


def test_a_temperature_below_one_is_for_the_under_confident():
    targets = np.arange(100) % 5
    answers = np.where(np.arange(100) < 90, targets, (targets + 1) % 5)
    probabilities = np.full((100, 5), 0.5 / 4)
    probabilities[np.arange(100), answers] = 0.5
    assert best_temperature(tempered(probabilities, 0.2), targets) > 1
    under = best_temperature(probabilities, targets)
    assert under < 1
    scaled = tempered(probabilities, under)
    np.testing.assert_allclose(scaled.sum(1), 1)
    assert (scaled.argmax(1) == answers).all()
    assert scaled.max() == pytest.approx(0.9, abs=0.02)
    np.testing.assert_allclose(tempered(probabilities, 1.0), probabilities)


def test_precision_against_recall_is_thinned_not_changed():
    random = np.random.default_rng(8)
    is_positive = random.random(3000) < 0.2
    given = is_positive + random.normal(0, 0.8, 3000)
    found = precision_recall(is_positive, given, points=100)
    precision, recall, _ = metrics.precision_recall_curve(is_positive, given)
    assert set(zip(found.recall, found.precision, strict=True)) <= set(
        zip(recall.tolist(), precision.tolist(), strict=True)
    )
    assert found.average_precision == pytest.approx(
        metrics.average_precision_score(is_positive, given)
    )
    assert found.share == is_positive.mean()
    assert 90 <= len(found.recall) <= 100
    assert found.recall[0] == 0 and found.recall[-1] == 1
    assert all(low <= high for low, high in pairwise(found.recall))
