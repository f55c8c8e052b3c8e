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

    NaN where there are too few sequences for so many weights, or no sequence has so many steps.

    Attributes:
        noise: residual sum of squares over degrees of freedom: an unbiased estimate of the error
            that this model keeps however much data it is given.
    """

    steps: int
    weights: int
    train_mse: float = math.nan
    validation_mse: float = math.nan
    test_mse: float = math.nan
    noise: float = math.nan

    @property
    def is_fitted(self) -> bool:
        return not math.isnan(self.noise)


@dataclass(frozen=True)
class Baselines:
    """What needs no network; NaN in a field of the test set until that has been opened.

    Attributes:
        mean: test error of always predicting the mean of the training targets.
        mean_validation: the same, in validation error.
        linear: linear models on the last steps, by their number.
        chosen: of these, the steps of the one with the lowest validation error.
        first_steps: test error of the linear model on the first L steps, with the ridge that
            validation chose.
        first_steps_informed: test error of the best use of the first L steps for one who knows
            how the last steps decide the target and how often each length occurs.
        noise_floor: the lowest of the linear models' unbiased estimates of the noise.
        noise_floor_steps: the steps of that model.
        noise_floor_error: the estimate's standard error.
        known_floor: the variance of the stand-in's noise; None for the course's data.
    """

    mean: float
    mean_validation: float
    linear: dict[int, LinearFit]
    chosen: int
    first_steps: float
    first_steps_informed: float
    noise_floor: float
    noise_floor_steps: int
    noise_floor_error: float
    known_floor: float | None


@dataclass(frozen=True)
class Fitted:
    """Baselines that have seen no test sequence, with what predicts from one.

    Attributes:
        linear: weights of the linear models by steps, `(steps * features + 1,)`, intercept last.
        first_steps, first_steps_informed: weights on the first `shortest` steps.
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
        fits = {
            steps: replace(fit, test_mse=_mse(self.predict_linear(test, steps), test.targets))
            if fit.is_fitted
            else fit
            for steps, fit in self.baselines.linear.items()
        }
        return replace(
            self.baselines,
            mean=_mse(self.mean, test.targets),
            linear=fits,
            first_steps=_mse(first @ self.first_steps, test.targets),
            first_steps_informed=_mse(first @ self.first_steps_informed, test.targets),
        )


def fit(
    training: Sequences, validation: Sequences, shortest: int, known_floor: float | None
) -> Fitted:
    """All baselines; `shortest` is the number L of steps that every sequence to learn from has."""
    longest = int(training.lengths.max())
    features = training.inputs[0].shape[1]
    linear, fits = {}, {}
    for steps in range(1, MOST_STEPS + 1):
        fits[steps] = LinearFit(steps, steps * features + 1)
        if steps <= longest and fits[steps].weights < len(training):
            linear[steps], fits[steps] = _linear(steps, training, validation)
    fitted = [fit for fit in fits.values() if fit.is_fitted]
    chosen = min(fitted, key=lambda fit: fit.validation_mse).steps
    floor = min(fitted, key=lambda fit: fit.noise)
    mean = float(training.targets.mean())
    baselines = Baselines(
        mean=math.nan,
        mean_validation=_mse(mean, validation.targets),
        linear=fits,
        chosen=chosen,
        first_steps=math.nan,
        first_steps_informed=math.nan,
        noise_floor=floor.noise,
        noise_floor_steps=floor.steps,
        noise_floor_error=floor.noise * math.sqrt(2 / (len(training) - floor.weights)),
        known_floor=known_floor,
    )
    return Fitted(
        baselines,
        mean,
        shortest,
        linear,
        _first_steps(shortest, training, validation),
        _informed(shortest, chosen, linear[chosen], training),
    )


def _linear(steps: int, training: Sequences, validation: Sequences) -> tuple[np.ndarray, LinearFit]:
    weights = _fit(_last(training, steps), training.targets)
    errors = [_mse(_last(part, steps) @ weights, part.targets) for part in (training, validation)]
    freedom = len(training) - len(weights)
    noise = errors[0] * len(training) / freedom
    return weights, LinearFit(steps, len(weights), *errors, noise=noise)


def _first_steps(steps: int, training: Sequences, validation: Sequences) -> np.ndarray:
    """Ridge regression on the first `steps`, the ridge chosen on validation."""
    seen, unseen = (_first(part, steps) for part in (training, validation))
    tried = [_fit(seen, training.targets, ridge) for ridge in RIDGES]
    return min(tried, key=lambda weights: _mse(unseen @ weights, validation.targets))


def _informed(steps: int, last: int, weights: np.ndarray, training: Sequences) -> np.ndarray:
    """The best prediction from the first `steps` when the process is known.

    The linear model on the last steps says what each step adds to the target, counted from the
    end. Someone who sees the first steps alone does not know how far away the end is, and can do
    no better than to average these weights over the lengths that occur: with inputs that are
    independent and of mean zero, that is the conditional expectation.
    """
    features = training.inputs[0].shape[1]
    from_end = weights[:-1].reshape(last, features)[::-1]  # row j: the step j before the end
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


def _fit(rows: np.ndarray, targets: np.ndarray, ridge: float = 0.0) -> np.ndarray:
    """Least squares with a penalty `ridge` on all weights but the intercept."""
    penalty = np.sqrt(ridge) * np.eye(rows.shape[1])
    penalty[-1, -1] = 0
    return np.linalg.lstsq(
        np.vstack([rows, penalty]), np.append(targets, np.zeros(len(penalty))), rcond=None
    )[0]


def _mse(predictions: np.ndarray | float, targets: np.ndarray) -> float:
    return float(np.mean((predictions - targets) ** 2))


def ratio(value: float, other: float) -> float:
    """`value / other`; NaN where `other` is 0 (targets without noise can be fitted exactly)."""
    return value / other if other else math.nan
