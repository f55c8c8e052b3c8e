"""The sequences of problem 2: find the files, check them, split off a validation set."""

from dataclasses import dataclass

import numpy as np

from hw4.foundation import course_files
from hw4.foundation.course_files import DataSource
from hw4.foundation.errors import UserError
from hw4.foundation.places import data_folder
from hw4.sequences import files, standin

FEATURES = 10
"""Width of one step of a sequence, as the assignment has it."""
FEWEST = 20
"""Sequences that a file must hold at least, so that there is something to learn and to check."""


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

    def take(self, places: np.ndarray) -> "Sequences":
        """The sequences at `places`, in that order."""
        return Sequences(tuple(self.inputs[place] for place in places), self.targets[places])


def split(sequences: Sequences, share: float, seed: int) -> tuple[Sequences, Sequences]:
    """A random `share` of the sequences set apart for validation: (training, validation)."""
    order = np.random.default_rng(seed).permutation(len(sequences))
    held_out = round(share * len(sequences))
    return sequences.take(np.sort(order[held_out:])), sequences.take(np.sort(order[:held_out]))


def source() -> DataSource:
    """Where the data comes from, found without reading the arrays.

    Raises:
        UserError: some of the four files are there and others are not, or the zip is no zip.
    """
    place = files.locate()
    if place is None:
        return DataSource("stand-in", f"sequences stand-in {standin.VERSION}")
    paths = [place.path] if place.is_zip else [place.names[member] for member in files.MEMBERS]
    names = tuple(path.relative_to(data_folder()).as_posix() for path in paths)
    return DataSource("course", course_files.fingerprint(*paths), names)


def load(origin: DataSource) -> tuple[Sequences, Sequences]:
    """(training with validation, test): the course's files, or the stand-in.

    Raises:
        UserError: a file is missing, damaged, refused, or holds something else than sequences.
    """
    if origin.is_stand_in:
        return tuple(Sequences(*part) for part in standin.make())
    place = files.locate()
    if place is None:
        raise UserError(
            f"{data_folder()} no longer holds {', '.join(origin.files)}: put them back, "
            "or start the build again without them."
        )
    training, test = (
        check(
            place.read(f"X_{part}.npy"),
            place.read(f"y_{part}.npy"),
            f"{place.path / f'X_{part}.npy'}",
            f"{place.path / f'y_{part}.npy'}",
        )
        for part in ("train", "test")
    )
    return training, test


def check(inputs: np.ndarray, targets: np.ndarray, x_path: str, y_path: str) -> Sequences:
    """The sequences in two arrays as the course saved them.

    Args:
        inputs: `(sequences,)` of arrays `(length, features)`, or `(sequences, length, features)`.
        targets: `(sequences, 1)` or `(sequences,)`.

    Raises:
        UserError: anything in them cannot be learned from; the sentence says what and where.
    """
    remedy = "use the course's file as it was downloaded"
    if inputs.ndim != (1 if inputs.dtype == object else 3):
        raise UserError(
            f"{x_path} has the shape {inputs.shape}, a list of sequences of shape "
            f"(length, {FEATURES}) was expected: {remedy}."
        )
    if len(inputs) < FEWEST:
        raise UserError(
            f"{x_path} holds {len(inputs)} sequences, at least {FEWEST} are needed: {remedy}."
        )
    for number, sequence in enumerate(inputs):
        where = f"{x_path}: sequence {number} (counted from 0)"
        if sequence.ndim == 2 and len(sequence) == 0:
            raise UserError(f"{where} is empty, at least one step was expected: {remedy}.")
        if sequence.ndim != 2 or sequence.shape[1] != FEATURES:
            raise UserError(
                f"{where} has the shape {sequence.shape}, (length, {FEATURES}) was expected: "
                f"{remedy}."
            )
        if not _finite(sequence).all():
            step = int(np.argmin(_finite(sequence).all(axis=1)))
            raise UserError(
                f"{where} holds {_unfit(sequence)} at step {step}, finite numbers were expected: "
                f"{remedy}."
            )
    if targets.dtype == object or targets.ndim not in (1, 2) or targets.size != len(targets):
        raise UserError(
            f"{y_path} has the shape {targets.shape} of {targets.dtype}, one number a sequence, "
            f"({len(inputs)}, 1), was expected: {remedy}."
        )
    if len(targets) != len(inputs):
        raise UserError(
            f"{y_path} holds {len(targets)} values and {x_path} {len(inputs)} sequences, as many "
            f"of one as of the other were expected: {remedy}."
        )
    values = targets.reshape(-1).astype(np.float64)
    if not _finite(values).all():
        place = int(np.argmin(_finite(values)))
        raise UserError(
            f"{y_path} holds {_unfit(values)} at place {place} (counted from 0), finite numbers "
            f"were expected: {remedy}."
        )
    if np.ptp(values) == 0:
        raise UserError(
            f"{y_path} holds the same value {values[0]} throughout, values to tell apart were "
            f"expected: {remedy}."
        )
    return Sequences(tuple(np.asarray(sequence, np.float32) for sequence in inputs), values)


def _finite(numbers: np.ndarray) -> np.ndarray:
    """Where `numbers` are finite for a network too, which computes in float32."""
    with np.errstate(over="ignore"):
        return np.isfinite(np.asarray(numbers, np.float32))


def _unfit(numbers: np.ndarray) -> str:
    return "a number beyond ±3.4e38" if np.isfinite(numbers).all() else "NaN or infinity"
