"""The sequences of problem 2: find the files, check them, split off a validation set."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

import numpy as np

from hw4.foundation.errors import UserError
from hw4.foundation.files import DataSource, Limits, find, fingerprint, opened, read_file
from hw4.foundation.places import data_folder
from hw4.sequences.arrays import MAX_BYTES, read_array

MEMBERS = ("X_train.npy", "y_train.npy", "X_test.npy", "y_test.npy")
FOLDERS = ("homework5_question2_data", "homework4_question2_data")
ZIPS = tuple(f"{name}.zip" for name in FOLDERS)
LIMITS = Limits(file=MAX_BYTES, total=len(MEMBERS) * MAX_BYTES)
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


@dataclass(frozen=True)
class Place:
    """The zip, or the folder, that holds the four files; `names` are theirs in it."""

    path: Path
    names: dict[str, str]

    def read(self, member: str) -> np.ndarray:
        """The array in one of the four files.

        Raises:
            UserError: it is too large, cannot be read, or is refused.
        """
        file = self.path / self.names[member]
        if self.path.is_dir():
            return read_array(read_file(file, MAX_BYTES), file)
        with opened(self.path, LIMITS) as files:
            return read_array(files.read(self.names[member]), file)


def locate() -> Place | None:
    """The course's zip, or the folder with the files of it, or nothing.

    Raises:
        UserError: some of the four files are there and others are not, or the zip is no zip.
    """
    archive, folder = find(*ZIPS), find(*FOLDERS)
    if archive is not None:
        with opened(archive, LIMITS) as files:
            return _complete(archive, files.names)
    if folder is not None:
        with opened(folder, LIMITS) as files:
            inside = [name for name in files.names if _name(name) in map(str.casefold, MEMBERS)]
        if not inside:
            raise UserError(
                f"{folder} holds none of {', '.join(MEMBERS)}, all four were expected: "
                "unpack the course's zip there, or take the folder away to use the stand-in."
            )
        return _beside(folder / inside[0])
    loose = next(filter(None, map(find, MEMBERS)), None)
    return None if loose is None else _beside(loose)


def source() -> DataSource:
    """Where the data comes from, found without reading the arrays.

    Raises:
        UserError: some of the four files are there and others are not, or the zip is no zip.
    """
    place = locate()
    if place is None:
        return DataSource("stand-in", "sequences stand-in")  # its code is part of every key
    paths = [place.path]
    if place.path.is_dir():
        paths = [place.path / place.names[member] for member in MEMBERS]
    names = tuple(path.relative_to(data_folder()).as_posix() for path in paths)
    return DataSource("course", fingerprint(*paths), names)


def load(source: DataSource, part: Literal["train", "test"]) -> Sequences:
    """One of the course's two sets of sequences.

    Raises:
        UserError: a file is missing, damaged, refused, or holds something else than sequences.
    """
    place = locate()
    if place is None:
        raise UserError(
            f"{data_folder()} no longer holds {', '.join(source.files)}: put them back, "
            "or start the build again without them."
        )
    inputs, targets = f"X_{part}.npy", f"y_{part}.npy"
    return checked(
        place.read(inputs), place.read(targets), str(place.path / inputs), str(place.path / targets)
    )


def _beside(file: Path) -> Place:
    """The folder of one of the four, if it holds the others as well."""
    return _complete(file.parent, sorted(entry.name for entry in file.parent.iterdir()))


def _complete(path: Path, names: Iterable[str]) -> Place:
    found: dict[str, str] = {}
    for name in names:
        found.setdefault(_name(name), name)
    missing = [member for member in MEMBERS if member.casefold() not in found]
    if missing:
        raise UserError(
            f"{path} lacks {' and '.join(missing)}, all of {', '.join(MEMBERS)} were expected: "
            "put the missing files beside the others."
        )
    return Place(path, {member: found[member.casefold()] for member in MEMBERS})


def _name(path: str) -> str:
    return PurePosixPath(path).name.casefold()


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
