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
MEMORY = np.array([[0.6, -0.35], [0.35, 0.5]])
"""A: turns the hidden state and shrinks it to about two thirds a step."""
READOUT = np.array([0.16, -0.12])
OFFSET = 0.1

Arrays = tuple[tuple[np.ndarray, ...], np.ndarray]


def make(seed: int = 541) -> tuple[Arrays, Arrays]:
    """(training, test), each as (inputs `(length, features)` float32, targets `(sequences,)`)."""
    generator = np.random.default_rng(seed)
    drive = generator.normal(0, 0.3 / np.sqrt(FEATURES), (FEATURES, 2))  # B
    return _sequences(generator, drive, TRAINING), _sequences(generator, drive, TEST)


def _sequences(generator: np.random.Generator, drive: np.ndarray, count: int) -> Arrays:
    lengths = generator.integers(SHORTEST, LONGEST + 1, count)
    inputs = tuple(
        generator.standard_normal((length, FEATURES), dtype=np.float32) for length in lengths
    )
    targets = OFFSET + generator.normal(0, NOISE, count)
    for i, sequence in enumerate(inputs):
        state = np.zeros(2)
        for driven in sequence.astype(np.float64) @ drive:
            state = np.tanh(MEMORY @ state + driven)
        targets[i] += state @ READOUT
    return inputs, targets
