"""Sequences made by code, used where the course's files are not: same sizes, same shape.

A hidden state of two numbers is driven by the inputs and forgets over time,

    z_t = tanh(A z_{t-1} + B x_t),    y = c · z_l + offset + noise,

so that the target depends on the last steps most, as a time-dependent process does. The noise is
known, so the error that no network can go below is known as well: its variance.
"""

import numpy as np

TRAINING, TEST = 800, 200
SHORTEST, LONGEST = 5, 20
FEATURES = 10
NOISE = 0.01
"""Standard deviation of the noise in the target."""
NOISE_FLOOR = NOISE**2
_SEED = 541
_MEMORY = np.array([[0.6, -0.35], [0.35, 0.5]])
"""A: turns the hidden state and shrinks it to about two thirds a step."""
_READOUT = np.array([0.16, -0.12])
_OFFSET = 0.1

Arrays = tuple[tuple[np.ndarray, ...], np.ndarray]


def make(seed: int = _SEED) -> tuple[Arrays, Arrays]:
    """(training, test), each as (inputs `(length, features)` float32, targets `(sequences,)`)."""
    generator = np.random.default_rng(seed)
    drive = generator.normal(0, 0.3 / np.sqrt(FEATURES), (FEATURES, 2))
    return (
        _sequences(generator, drive, TRAINING),
        _sequences(generator, drive, TEST),
    )


def _sequences(generator: np.random.Generator, drive: np.ndarray, count: int) -> Arrays:
    lengths = generator.integers(SHORTEST, LONGEST + 1, count)
    inputs = tuple(
        generator.standard_normal((length, FEATURES), dtype=np.float32) for length in lengths
    )
    noise = generator.normal(0, NOISE, count)
    clean = np.array([_last_state(sequence, drive) @ _READOUT for sequence in inputs])
    return inputs, clean + _OFFSET + noise


def _last_state(inputs: np.ndarray, drive: np.ndarray) -> np.ndarray:
    hidden = np.zeros(2)
    for step in inputs.astype(np.float64) @ drive:
        hidden = np.tanh(_MEMORY @ hidden + step)
    return hidden
