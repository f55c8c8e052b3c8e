"""What the networks are measured against: the mean, linear models, and the noise in the targets."""

import math
from dataclasses import dataclass, replace

import numpy as np

from hw4.sequences.data import Sequences

MOST_STEPS = 10
"""Linear models are fitted on the last 1 to this many steps."""
RIDGES = (0.0, 1.0, 10.0, 100.0, 1000.0, 10000.0)


@dataclass(frozen=True)
class LinearFit:
    """Least squares on the last `steps` steps of a sequence (zeros before a shorter one's start).

    Attributes:
        noise: residual sum of squares over degrees of freedom: an unbiased estimate of the error
            that this model keeps however much data it is given.
    """

    steps: int
    weights: int
    train_mse: float
    validation_mse: float
    noise: float
    test_mse: float = math.nan


@dataclass(frozen=True)
class Baselines:
    """What needs no network; NaN in a field of the test set until that has been opened.

    Attributes:
        mean, mean_validation: error of always predicting the mean of the training targets.
        linear: linear models by the number of last steps, where there are enough sequences.
        chosen: of these, the steps of the one with the lowest validation error.
        first_steps: test error of the linear model on the first L steps, with the ridge that
            validation chose.
        first_steps_informed: test error of the best use of the first L steps for one who knows
            how the last steps decide the target and how often each length occurs.
        noise_floor: the lowest of the linear models' unbiased estimates of the noise; its model's
            steps, and its standard error.
        known_floor: the variance of the stand-in's noise; None for the course's data.
    """

    mean_validation: float
    linear: dict[int, LinearFit]
    chosen: int
    noise_floor: float
    noise_floor_steps: int
    noise_floor_error: float
    known_floor: float | None
    mean: float = math.nan
    first_steps: float = math.nan
    first_steps_informed: float = math.nan


@dataclass(frozen=True)
class Fitted:
    """Baselines that have seen no test sequence, with the weights to predict from one.

    Attributes:
        linear: of the linear models by steps, `(steps * features + 1,)`, intercept last.
        first_steps, first_steps_informed: of the first `shortest` steps.
    """

    baselines: Baselines
    mean: float
    shortest: int
    linear: dict[int, np.ndarray]
    first_steps: np.ndarray
    first_steps_informed: np.ndarray

    def predict_linear(self, sequences: Sequences, steps: int) -> np.ndarray:
        """Predictions of the linear model on the last `steps`, `(sequences,)`."""
        return _last(sequences, steps) @ self.linear[steps]

    def test(self, test: Sequences) -> Baselines:
        """The baselines with their errors on the test set."""
        first = _first(test, self.shortest)
        errors = {
            steps: _mse(self.predict_linear(test, steps), test.targets) for steps in self.linear
        }
        fits = self.baselines.linear.items()
        return replace(
            self.baselines,
            mean=_mse(self.mean, test.targets),
            linear={steps: replace(fit, test_mse=errors[steps]) for steps, fit in fits},
            first_steps=_mse(first @ self.first_steps, test.targets),
            first_steps_informed=_mse(first @ self.first_steps_informed, test.targets),
        )


def fit(
    training: Sequences, validation: Sequences, shortest: int, known_floor: float | None
) -> Fitted:
    """All baselines; `shortest` is the number L of steps that every sequence to learn from has."""
    weights, fits = {}, {}
    for steps in range(1, min(MOST_STEPS, training.longest) + 1):
        rows = _last(training, steps)  # (sequences, weights)
        freedom = len(rows) - rows.shape[1]
        if freedom > 0:
            weights[steps] = _least_squares(rows, training.targets)
            error = _mse(rows @ weights[steps], training.targets)
            unseen = _mse(_last(validation, steps) @ weights[steps], validation.targets)
            noise = error * len(rows) / freedom
            fits[steps] = LinearFit(steps, rows.shape[1], error, unseen, noise)
    chosen = min(fits.values(), key=lambda fit: fit.validation_mse).steps
    floor = min(fits.values(), key=lambda fit: fit.noise)
    mean = float(training.targets.mean())
    baselines = Baselines(
        mean_validation=_mse(mean, validation.targets),
        linear=fits,
        chosen=chosen,
        noise_floor=floor.noise,
        noise_floor_steps=floor.steps,
        noise_floor_error=floor.noise * math.sqrt(2 / (len(training) - floor.weights)),
        known_floor=known_floor,
    )
    seen, unseen = _first(training, shortest), _first(validation, shortest)
    ridges = [_least_squares(seen, training.targets, ridge) for ridge in RIDGES]
    best = min(ridges, key=lambda ridge: _mse(unseen @ ridge, validation.targets))
    informed = _informed(shortest, chosen, weights[chosen], training)
    return Fitted(baselines, mean, shortest, weights, best, informed)


def _informed(steps: int, last: int, weights: np.ndarray, training: Sequences) -> np.ndarray:
    """The best prediction from the first `steps` when the process is known.

    The linear model on the last steps says what each step adds to the target, counted from the
    end. Someone who sees the first steps alone does not know how far away the end is, and can do
    no better than to average these weights over the lengths that occur: with inputs that are
    independent and of mean zero, that is the conditional expectation.
    """
    from_end = weights[:-1].reshape(last, -1)[::-1]  # row j: the step j before the end
    share = np.bincount(training.lengths, minlength=steps + last + 1) / len(training)
    averaged = [share[step + 1 : step + 1 + last] @ from_end for step in range(steps)]
    return np.append(np.concatenate(averaged), weights[-1])


def _first(sequences: Sequences, steps: int) -> np.ndarray:
    return _rows(sequences.first(steps).padded(steps, "end"))


def _last(sequences: Sequences, steps: int) -> np.ndarray:
    return _rows(sequences.last(steps).padded(steps, "front"))


def _rows(padded: np.ndarray) -> np.ndarray:
    """Each sequence as one row, with a one at the end for the intercept."""
    flat = padded.reshape(len(padded), -1).astype(np.float64)
    return np.column_stack([flat, np.ones(len(flat))])  # (sequences, steps * features + 1)


def _least_squares(rows: np.ndarray, targets: np.ndarray, ridge: float = 0.0) -> np.ndarray:
    """Weights with a penalty `ridge` on all of them but the intercept."""
    penalty = np.sqrt(ridge) * np.eye(rows.shape[1])[:-1]
    both = np.vstack([rows, penalty]), np.append(targets, np.zeros(len(penalty)))
    return np.linalg.lstsq(*both, rcond=None)[0]


def _mse(predictions: np.ndarray | float, targets: np.ndarray) -> float:
    return float(np.mean((predictions - targets) ** 2))


def ratio(value: float, other: float) -> float:
    """`value / other`; NaN where `other` is 0 (targets without noise can be fitted exactly)."""
    return value / other if other else math.nan
