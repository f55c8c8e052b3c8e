"""The baselines on a process whose answers are known, and on little data."""

import math

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, Ridge

from hw4.sequences import baselines
from hw4.sequences.conftest import process


def test_a_process_whose_answers_are_known():
    training, validation, test = (process(count, count, 0.5) for count in (800, 200, 2000))
    measured = baselines.Fitted(training, validation, 5).test(test, known_floor=None)
    assert measured.noise_floor == pytest.approx(0.25, rel=0.1)
    assert abs(measured.noise_floor - 0.25) < 3 * measured.noise_floor_error
    assert 2 <= measured.chosen <= 4
    assert measured.linear[1].test_mse > 5 > 0.3 > measured.linear[2].test_mse > 0.2
    mean = training.targets.mean()
    assert measured.mean == pytest.approx(((test.targets - mean) ** 2).mean(), rel=1e-9)
    assert measured.first_steps_informed < measured.mean
    assert measured.first_steps_informed < 1.02 * measured.first_steps


def test_linear_are_scikit_learns():
    training, validation, test = (process(count, count) for count in (200, 50, 60))
    fitted = baselines.Fitted(training, validation, 5)
    rows = [part.last(3).padded(3, "front").reshape(len(part), -1) for part in (training, test)]
    reference = LinearRegression().fit(rows[0].astype(float), training.targets)
    ours = fitted.linear[3].predict(test)
    np.testing.assert_allclose(ours, reference.predict(rows[1].astype(float)), rtol=1e-6)
    expected = np.mean((ours - test.targets) ** 2)
    assert fitted.test(test, None).linear[3].test_mse == pytest.approx(expected)


def test_the_first_steps_have_the_ridge_that_validation_chose():
    training, validation = (process(count, count) for count in (60, 40))
    fitted = baselines.Fitted(training, validation, 5)
    rows = [part.first(5).padded(5).reshape(len(part), -1) for part in (training, validation)]
    references = [Ridge(ridge or 1e-9).fit(rows[0], training.targets) for ridge in baselines.RIDGES]
    errors = [((it.predict(rows[1]) - validation.targets) ** 2).mean() for it in references]
    best = int(np.argmin(errors))
    assert best > 0  # or the test says nothing of the penalty
    np.testing.assert_allclose(
        fitted.first_steps.predict(validation), references[best].predict(rows[1]), rtol=1e-4
    )


def test_the_informed_predictor_averages_over_the_lengths():
    # all sequences of two steps: the first two are the last two, and it knows as much as anyone
    training, validation, test = (process(n, n, lengths=(2, 2)) for n in (300, 60, 60))
    measured = baselines.Fitted(training, validation, 2).test(test, None)
    assert measured.chosen == 2
    assert measured.first_steps_informed == pytest.approx(measured.linear[2].test_mse)


def test_what_validation_chooses_ignores_the_test_set():
    training, validation, test = (process(count, count) for count in (200, 50, 60))
    fitted = baselines.Fitted(training, validation, 5)
    measured = fitted.test(test, None)
    lowest = min(measured.linear.values(), key=lambda each: each.validation_mse)
    assert measured.chosen == lowest.steps
    floor = min(measured.linear.values(), key=lambda each: each.noise)
    assert (measured.noise_floor, measured.noise_floor_steps) == (floor.noise, floor.steps)
    expected = floor.noise * math.sqrt(2 / (200 - floor.weights))
    assert measured.noise_floor_error == pytest.approx(expected)


def test_few_sequences_fit_few_linear():
    training, validation, test = (process(count, count) for count in (17, 3, 20))
    measured = baselines.Fitted(training, validation, 5).test(test, None)
    assert list(measured.linear) == [1]
