"""What the networks are measured against: the mean, linear models, and the noise in the targets."""

import numpy as np

from hw4.sequences.data import Sequences
from hw4.sequences.result import LinearFit, Yardsticks

MOST_STEPS = 10
"""Linear models are fitted on the last 1 to this many steps."""
RIDGES = (0.0, 1.0, 10.0, 100.0, 1000.0, 10000.0)


def measure(
    training: Sequences, validation: Sequences, test: Sequences, known_floor: float | None
) -> Yardsticks:
    """All yardsticks; the test targets are used to score and for nothing else."""
    longest = int(training.lengths.max())
    linear = tuple(
        _linear(steps, training, validation, test)
        for steps in range(1, min(MOST_STEPS, longest) + 1)
        if steps * training.inputs[0].shape[1] + 1 < len(training)
    )
    chosen = min(linear, key=lambda fit: fit.validation_mse)
    floor = min(linear, key=lambda fit: fit.noise)
    shortest = min(int(part.lengths.min()) for part in (training, validation, test))
    mean = training.targets.mean()
    return Yardsticks(
        mean=_mse(mean, test.targets),
        mean_validation=_mse(mean, validation.targets),
        linear=linear,
        chosen=chosen.steps,
        first_steps=_first_steps(shortest, training, validation, test),
        first_steps_informed=_informed(shortest, chosen.steps, training, test),
        noise_floor=floor.noise,
        noise_floor_steps=floor.steps,
        noise_floor_error=floor.noise * float(np.sqrt(2 / (len(training) - floor.weights))),
        known_floor=known_floor,
    )


def _linear(steps: int, training: Sequences, validation: Sequences, test: Sequences) -> LinearFit:
    weights = _fit(_last(training, steps), training.targets)
    errors = [
        _mse(_last(part, steps) @ weights, part.targets) for part in (training, validation, test)
    ]
    freedom = len(training) - len(weights)
    return LinearFit(steps, len(weights), *errors, noise=errors[0] * len(training) / freedom)


def _first_steps(steps: int, training: Sequences, validation: Sequences, test: Sequences) -> float:
    """Test error of ridge regression on the first `steps`, the ridge chosen on validation."""
    parts = [_rows(part.first(steps), steps) for part in (training, validation, test)]
    tried = []
    for ridge in RIDGES:
        weights = _fit(parts[0], training.targets, ridge)
        tried.append((_mse(parts[1] @ weights, validation.targets), weights))
    best = min(tried, key=lambda pair: pair[0])[1]
    return _mse(parts[2] @ best, test.targets)


def _informed(steps: int, last: int, training: Sequences, test: Sequences) -> float:
    """Test error of the best prediction from the first `steps` when the process is known.

    The linear model on the last steps says what each step adds to the target, counted from the
    end. Someone who sees the first steps alone does not know how far away the end is, and can do
    no better than to average these weights over the lengths that occur: with inputs that are
    independent and of mean zero, that is the conditional expectation.
    """
    features = training.inputs[0].shape[1]
    weights = _fit(_last(training, last), training.targets)
    from_end = weights[:-1].reshape(last, features)[::-1]  # row j: the step j before the end
    averaged = np.zeros((steps, features))
    for length in training.lengths:
        for step in range(steps):
            before_end = length - 1 - step
            if 0 <= before_end < last:
                averaged[step] += from_end[before_end] / len(training)
    rows = _rows(test.first(steps), steps)
    return _mse(rows @ np.append(averaged.reshape(-1), weights[-1]), test.targets)


def _last(sequences: Sequences, steps: int) -> np.ndarray:
    return _rows(sequences.last(steps), steps)


def _rows(sequences: Sequences, steps: int) -> np.ndarray:
    """Each sequence as one row, zeros in front, a one at the end for the intercept."""
    flat = sequences.padded(steps, "front").reshape(len(sequences), -1).astype(np.float64)
    return np.column_stack([flat, np.ones(len(sequences))])


def _fit(rows: np.ndarray, targets: np.ndarray, ridge: float = 0.0) -> np.ndarray:
    """Least squares with a penalty `ridge` on all weights but the intercept."""
    penalty = np.sqrt(ridge) * np.eye(rows.shape[1])
    penalty[-1, -1] = 0
    return np.linalg.lstsq(
        np.vstack([rows, penalty]), np.append(targets, np.zeros(len(penalty))), rcond=None
    )[0]


def _mse(predicted: np.ndarray | float, targets: np.ndarray) -> float:
    return float(np.mean((predicted - targets) ** 2))
