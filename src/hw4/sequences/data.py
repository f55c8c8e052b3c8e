"""The sequences of problem 2: find the files, check them, split off a validation set."""

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from hw4.foundation import course_files
from hw4.foundation.course_files import DataSource
from hw4.foundation.errors import UserError
from hw4.foundation.places import data_folder
from hw4.sequences import files

FEATURES = 10
"""Width of one step of a sequence, as the assignment has it."""
FEWEST = 20
"""Sequences that a file must hold at least, so that there is something to learn and to check."""
FEWEST_TRAINING = FEATURES + 2
"""Left for training at least: one more than a linear model on the last step has weights."""
MAX_STEPS = 200
"""Ten times the course's longest sequence; what is longer is something else."""
MAX_PADDED = 2**28
"""Numbers that all sequences of a file may be when padded to the longest (1 GiB)."""
MAX_INPUT = 1e12
"""Inputs beyond would leave the range of float32 in a network's products and squares."""
MAX_TARGET = float(np.finfo(np.float32).max)
MIN_SPREAD = 1e-100
"""Targets must differ by more, or their variance is no longer a number above 0."""
REMEDY = "use the course's file as it was downloaded"


@dataclass(frozen=True)
class Sequences:
    """Sequences of different lengths, each with one number to predict.

    Attributes:
        inputs: arrays `(length, features)`, float32.
        targets: `(sequences,)`, float64.
    """

    inputs: tuple[np.ndarray, ...]
    targets: np.ndarray

    def __len__(self) -> int:
        return len(self.inputs)

    @property
    def lengths(self) -> np.ndarray:
        """Number of steps of each sequence, `(sequences,)`."""
        return np.array([len(sequence) for sequence in self.inputs])

    def first(self, steps: int) -> "Sequences":
        """Every sequence cut to its first `steps`."""
        return Sequences(tuple(sequence[:steps] for sequence in self.inputs), self.targets)

    def last(self, steps: int) -> "Sequences":
        """Every sequence cut to its last `steps`."""
        return Sequences(tuple(sequence[-steps:] for sequence in self.inputs), self.targets)

    def padded(self, steps: int, at: str = "end") -> np.ndarray:
        """`(sequences, steps, features)`, with zeros at the `end` or in `front`."""
        filled = np.zeros((len(self), steps, self.inputs[0].shape[1]), dtype=np.float32)
        for row, sequence in zip(filled, self.inputs, strict=True):
            if at == "end":
                row[: len(sequence)] = sequence
            else:
                row[steps - len(sequence) :] = sequence
        return filled

    def take(self, idx: np.ndarray) -> "Sequences":
        """The sequences at `idx`, in that order."""
        return Sequences(tuple(self.inputs[i] for i in idx), self.targets[idx])


@dataclass(frozen=True)
class DataFacts:
    """Sizes of the data and what matters about its lengths.

    Attributes:
        shortest, longest, mean_length: of the sequences to learn from (training and validation
            for the first two), since the test set is sealed while networks are built.
        target_mean, target_variance: of the training targets.
        test_shorter, test_longer: test sequences outside of these lengths; filled up, or cut.
        whole: share of the test sequences that have no more steps than the shortest.
        fewest_of_a_length, most_of_a_length: test sequences of one length.
    """

    training: int
    validation: int
    features: int
    shortest: int
    longest: int
    mean_length: float
    target_mean: float
    target_variance: float
    test: int = 0
    test_shorter: int = 0
    test_longer: int = 0
    whole: float = math.nan
    fewest_of_a_length: int = 0
    most_of_a_length: int = 0

    @property
    def learning(self) -> int:
        return self.training + self.validation

    @property
    def validation_share(self) -> float:
        return self.validation / self.learning

    @property
    def kept(self) -> float:
        """Share of all steps that are among the first L."""
        return self.shortest / self.mean_length

    @property
    def padding(self) -> float:
        """Share of padding when all sequences are as long as the longest."""
        return 1 - self.mean_length / self.longest

    @property
    def end_positions(self) -> int:
        """Positions at which a sequence may end."""
        return self.longest - self.shortest + 1

    @property
    def ending_at_each(self) -> int:
        """Training sequences that end at one position, on average."""
        return round(self.training / self.end_positions)

    @property
    def middle(self) -> int:
        """The length that tells short sequences from long ones."""
        return (self.shortest + self.longest) // 2

    def with_test(self, test: Sequences) -> "DataFacts":
        lengths = test.lengths
        counts = np.unique(lengths, return_counts=True)[1]
        return replace(
            self,
            test=len(test),
            test_shorter=int((lengths < self.shortest).sum()),
            test_longer=int((lengths > self.longest).sum()),
            whole=float((lengths <= self.shortest).mean()),
            fewest_of_a_length=int(counts.min()),
            most_of_a_length=int(counts.max()),
        )


def facts(training: Sequences, validation: Sequences) -> DataFacts:
    """What can be said before the test set is opened."""
    lengths = np.concatenate([training.lengths, validation.lengths])
    return DataFacts(
        training=len(training),
        validation=len(validation),
        features=training.inputs[0].shape[1],
        shortest=int(lengths.min()),
        longest=int(lengths.max()),
        mean_length=float(training.lengths.mean()),
        target_mean=float(training.targets.mean()),
        target_variance=float(training.targets.var()),
    )


def split(sequences: Sequences, share: float, seed: int) -> tuple[Sequences, Sequences]:
    """A random `share` of the sequences set apart for validation: (training, validation).

    Raises:
        UserError: one of the two would have too few, or nothing to tell apart.
    """
    order = np.random.default_rng(seed).permutation(len(sequences))
    held_out = round(share * len(sequences))
    rest = len(sequences) - held_out
    if held_out < 1 or rest < FEWEST_TRAINING:
        raise UserError(
            f"A validation_share of {share} sets {held_out} of {len(sequences)} sequences apart "
            f"and leaves {rest}, at least 1 and {FEWEST_TRAINING} are needed: change "
            "validation_share in src/hw4/sequences/result.py."
        )
    idx, validation_idx = np.sort(order[held_out:]), np.sort(order[:held_out])
    training, validation = sequences.take(idx), sequences.take(validation_idx)
    if np.ptp(training.targets) < MIN_SPREAD:
        raise UserError(
            f"All {rest} sequences drawn for training have the same target, "
            f"{training.targets[0]:g}, values to tell apart were expected: {REMEDY}."
        )
    return training, validation


def source() -> DataSource:
    """Where the data comes from, found without reading the arrays.

    Raises:
        UserError: some of the four files are there and others are not, or the zip is no zip.
    """
    place = files.locate()
    if place is None:
        return DataSource("stand-in", "sequences stand-in")  # its code is part of every key
    paths = [place.path] if place.is_zip else [place.names[member] for member in files.MEMBERS]
    names = tuple(path.relative_to(data_folder()).as_posix() for path in paths)
    return DataSource("course", course_files.fingerprint(*paths), names)


def load(source: DataSource, part: Literal["train", "test"]) -> Sequences:
    """One of the course's two sets of sequences.

    Raises:
        UserError: a file is missing, damaged, refused, or holds something else than sequences.
    """
    place = files.locate()
    if place is None:
        raise UserError(
            f"{data_folder()} no longer holds {', '.join(source.files)}: put them back, "
            "or start the build again without them."
        )
    inputs, targets = f"X_{part}.npy", f"y_{part}.npy"
    return checked(
        place.read(inputs), place.read(targets), str(place.path / inputs), str(place.path / targets)
    )


def checked(inputs: np.ndarray, targets: np.ndarray, x_path: str, y_path: str) -> Sequences:
    """The sequences in two arrays as the course saved them.

    Args:
        inputs: `(sequences,)` of arrays `(length, features)`, or `(sequences, length, features)`.
        targets: `(sequences, 1)` or `(sequences,)`.

    Raises:
        UserError: anything in them cannot be learned from; the sentence says what and where.
    """
    _check_inputs(inputs, x_path)
    if targets.dtype == object or targets.ndim not in (1, 2) or targets.size != len(targets):
        raise UserError(
            f"{y_path} has the shape {_shape(targets)} of {targets.dtype}, one number a sequence, "
            f"({len(inputs)}, 1), was expected: {REMEDY}."
        )
    if len(targets) != len(inputs):
        raise UserError(
            f"{y_path} holds {len(targets)} values and {x_path} {len(inputs)} sequences, as many "
            f"of one as of the other were expected: {REMEDY}."
        )
    values = targets.reshape(-1).astype(np.float64)
    fit = np.abs(values) <= MAX_TARGET  # False for NaN as well
    if not fit.all():
        i = int(np.argmin(fit))
        raise UserError(
            f"{y_path} holds {_unfit(values[i], MAX_TARGET)} at place {i} (counted from 0), finite "
            f"numbers were expected: {REMEDY}."
        )
    if np.ptp(values) < MIN_SPREAD:
        raise UserError(
            f"{y_path} holds the same value {values[0]} throughout, values to tell apart were "
            f"expected: {REMEDY}."
        )
    return Sequences(tuple(np.asarray(sequence, np.float32) for sequence in inputs), values)


def _check_inputs(inputs: np.ndarray, path: str) -> None:
    if inputs.ndim != (1 if inputs.dtype == object else 3):
        raise UserError(
            f"{path} has the shape {_shape(inputs)}, a list of sequences of shape "
            f"(length, {FEATURES}) was expected: {REMEDY}."
        )
    if len(inputs) < FEWEST:
        raise UserError(
            f"{path} holds {len(inputs)} sequences, at least {FEWEST} are needed: {REMEDY}."
        )
    for number, sequence in enumerate(inputs):
        where = f"{path}: sequence {number} (counted from 0)"
        if sequence.ndim == 2 and len(sequence) == 0:
            raise UserError(f"{where} is empty, at least one step was expected: {REMEDY}.")
        if sequence.ndim != 2 or sequence.shape[1] != FEATURES:
            raise UserError(
                f"{where} has the shape {_shape(sequence)}, (length, {FEATURES}) was expected: "
                f"{REMEDY}."
            )
        if len(sequence) > MAX_STEPS:
            raise UserError(
                f"{where} has {len(sequence)} steps, at most {MAX_STEPS} were expected: {REMEDY}."
            )
        fit = np.abs(sequence) <= MAX_INPUT  # (length, features)
        if not fit.all():
            step = int(np.argmin(fit.all(axis=1)))
            unfit = _unfit(sequence[step][~fit[step]][0], MAX_INPUT)
            raise UserError(
                f"{where} holds {unfit} at step {step}, finite numbers were expected: {REMEDY}."
            )
    padded = len(inputs) * max(map(len, inputs)) * FEATURES
    if padded > MAX_PADDED:
        raise UserError(
            f"{path} holds {len(inputs)} sequences, which are {padded} numbers when padded to the "
            f"longest, at most {MAX_PADDED} were expected: {REMEDY}."
        )


def _unfit(value: float, limit: float) -> str:
    return f"a number beyond ±{limit:.2g}" if np.isfinite(value) else "NaN or infinity"


def _shape(array: np.ndarray) -> str:
    """A shape that is not longer than a sentence; a file may give an array 64 axes."""
    sizes = ", ".join(map(str, array.shape[:4])) + (", …" if array.ndim > 4 else "")
    return f"({sizes},)" if array.ndim == 1 else f"({sizes})"
