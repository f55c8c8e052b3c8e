"""What the networks are measured against: the mean, linear models, and the noise in the targets."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from hw4.sequences.data import Sequences

MOST_STEPS = 10
"""Linear models are fitted on the last 1 to this many steps."""
RIDGES = (0.0, 1.0, 10.0, 100.0, 1000.0, 10000.0)


@dataclass(frozen=True)
class LinearFit:
    """Least squares on the last `steps` steps of a sequence (zeros before a shorter one's start).

    Attributes:
        weights: how many it has, the intercept among them.
        noise: residual sum of squares over degrees of freedom: an unbiased estimate of the error
            that this model keeps however much data it is given.
    """

    steps: int
    weights: int
    train_mse: float
    validation_mse: float
    noise: float
    test_mse: float


@dataclass(frozen=True)
class Baselines:
    """What needs no network: errors on the test set where nothing else is said.

    Attributes:
        mean, mean_validation: of always predicting the mean of the training targets.
        linear: linear models by the number of last steps, where there are enough sequences.
        chosen: of these, the steps of the one with the lowest validation error.
        first_steps: of the linear model on the first L steps, with the ridge that validation chose.
        first_steps_informed: of the best use of the first L steps for one who knows how the last
            steps decide the target and how often each length occurs.
        noise_floor: the lowest of the linear models' unbiased estimates of the noise; its model's
            steps, and its standard error.
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
class Linear:
    """Predicts from the `first` or the `last` steps of a sequence, filled up with zeros.

    Attributes:
        coefficients: `(steps * features + 1,)`, intercept last.
    """

    end: Literal["first", "last"]
    steps: int
    coefficients: np.ndarray

    @classmethod
    def fit(cls, end: str, steps: int, sequences: Sequences, ridge: float = 0.0) -> "Linear":
        """Least squares, with a penalty `ridge` on all coefficients but the intercept."""
        rows = _rows(end, steps, sequences)
        penalty = np.sqrt(ridge) * np.eye(rows.shape[1])[:-1]
        targets = np.append(sequences.targets, np.zeros(len(penalty)))
        return cls(end, steps, np.linalg.lstsq(np.vstack([rows, penalty]), targets, rcond=None)[0])

    def predict(self, sequences: Sequences) -> np.ndarray:
        return _rows(self.end, self.steps, sequences) @ self.coefficients

    def mse(self, sequences: Sequences) -> float:
        return _mse(self.predict(sequences), sequences)


def _rows(end: str, steps: int, sequences: Sequences) -> np.ndarray:
    """Each sequence as one row, with a one at the end: `(sequences, steps * features + 1)`."""
    if end == "first":
        padded = sequences.first(steps).padded(steps, "end")
    else:
        padded = sequences.last(steps).padded(steps, "front")
    flat = padded.reshape(len(padded), -1).astype(np.float64)
    return np.column_stack([flat, np.ones(len(flat))])


class Fitted:
    """Baselines that have seen no test sequence.

    Attributes:
        linear: models by the number of last steps.
        chosen: the steps of the one with the lowest validation error.
    """

    def __init__(self, training: Sequences, validation: Sequences, shortest: int) -> None:
        self.training, self.validation = training, validation
        self.target_mean = float(training.targets.mean())
        self.linear = {
            steps: Linear.fit("last", steps, training)
            for steps in range(1, min(MOST_STEPS, training.longest) + 1)
            if steps * training.features + 1 < len(training)
        }
        self.chosen = min(self.linear, key=lambda steps: self.linear[steps].mse(validation))
        ridges = [Linear.fit("first", shortest, training, ridge) for ridge in RIDGES]
        self.first_steps = min(ridges, key=lambda model: model.mse(validation))
        self.informed = _informed(shortest, self.linear[self.chosen], training)

    def test(self, test: Sequences, known_floor: float | None) -> Baselines:
        """All errors, those on the test set among them."""
        linear = {steps: self._test(model, test) for steps, model in self.linear.items()}
        floor = min(linear.values(), key=lambda fit: fit.noise)
        freedom = len(self.training) - floor.weights
        return Baselines(
            mean=_mse(self.target_mean, test),
            mean_validation=_mse(self.target_mean, self.validation),
            linear=linear,
            chosen=self.chosen,
            first_steps=self.first_steps.mse(test),
            first_steps_informed=self.informed.mse(test),
            noise_floor=floor.noise,
            noise_floor_steps=floor.steps,
            noise_floor_error=floor.noise * math.sqrt(2 / freedom),
            known_floor=known_floor,
        )

    def _test(self, model: Linear, test: Sequences) -> LinearFit:
        weights, count = len(model.coefficients), len(self.training)
        error = model.mse(self.training)
        noise = error * count / (count - weights)
        validation = model.mse(self.validation)
        return LinearFit(model.steps, weights, error, validation, noise, model.mse(test))


def _informed(steps: int, last: Linear, training: Sequences) -> Linear:
    """The best prediction from the first `steps` when the process is known.

    The linear model on the last steps says what each step adds to the target, counted from the
    end. Someone who sees the first steps alone does not know how far away the end is, and can do
    no better than to average its coefficients over the lengths that occur: with inputs that are
    independent and of mean zero, that is the conditional expectation.
    """
    # row j: the step j before the end
    from_end = last.coefficients[:-1].reshape(last.steps, -1)[::-1]
    share = np.bincount(training.lengths, minlength=steps + last.steps + 1) / len(training)
    averaged = [share[step + 1 : step + 1 + last.steps] @ from_end for step in range(steps)]
    return Linear("first", steps, np.append(np.concatenate(averaged), last.coefficients[-1]))


def _mse(predictions: np.ndarray | float, sequences: Sequences) -> float:
    return float(np.mean((predictions - sequences.targets) ** 2))
