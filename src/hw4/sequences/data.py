"""The sequences of problem 2: find the files, check them, split off a validation set."""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

import numpy as np

from hw4.foundation.archive import Limits, opened, read_file
from hw4.foundation.errors import UserError
from hw4.foundation.files import DataSource, find, fingerprint
from hw4.foundation.places import data_folder
from hw4.sequences.arrays import read_array

MEMBERS = ("X_train.npy", "y_train.npy", "X_test.npy", "y_test.npy")
FOLDERS = ("homework5_question2_data", "homework4_question2_data")
MAX_BYTES = 512 * 2**20
"""More than 1,500 times the course's largest file; what is larger is something else."""
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

    @property
    def shortest(self) -> int:
        return int(self.lengths.min())

    @property
    def longest(self) -> int:
        return int(self.lengths.max())

    @property
    def features(self) -> int:
        return self.inputs[0].shape[1]

    def first(self, steps: int) -> "Sequences":
        """Every sequence cut to its first `steps`."""
        return Sequences(tuple(sequence[:steps] for sequence in self.inputs), self.targets)

    def last(self, steps: int) -> "Sequences":
        """Every sequence cut to its last `steps`."""
        return Sequences(tuple(sequence[-steps:] for sequence in self.inputs), self.targets)

    def padded(self, steps: int, at: str = "end") -> np.ndarray:
        """`(sequences, steps, features)`, with zeros at the `end` or in `front`."""
        filled = np.zeros((len(self), steps, self.features), dtype=np.float32)
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
    training = sequences.take(np.sort(order[held_out:]))
    _expect(
        np.ptp(training.targets) >= MIN_SPREAD,
        f"All {rest} sequences drawn for training have the same target, {training.targets[0]:g}, "
        "values to tell apart were expected",
    )
    return training, sequences.take(np.sort(order[:held_out]))


@dataclass(frozen=True)
class Place:
    """The zip, or the folder, that holds the four files; `names` are theirs in it."""

    path: Path
    names: dict[str, str]

    @property
    def files(self) -> list[Path]:
        """What is on the disk: the zip alone, or the four files."""
        if self.path.is_dir():
            return [self.path / self.names[member] for member in MEMBERS]
        return [self.path]

    def read(self, member: str) -> tuple[np.ndarray, Path]:
        """The array in one of the four files, and the file for messages.

        Raises:
            UserError: it is too large, cannot be read, or is refused.
        """
        file = self.path / self.names[member]
        if self.path.is_dir():
            return read_array(read_file(file, LIMITS.file), file), file
        with opened(self.path, LIMITS) as files:
            return read_array(files.read(self.names[member]), file), file


def locate() -> Place | None:
    """The course's zip, or the folder with the files of it, or nothing.

    Raises:
        UserError: some of the four files are there and others are not, or the zip is no zip.
    """
    path = find(*(f"{name}.zip" for name in FOLDERS)) or find(*FOLDERS)
    if path is not None:
        with opened(path, LIMITS) as files:
            names = [PurePosixPath(name) for name in files.names]
    else:
        loose = next(filter(None, map(find, MEMBERS)), None)
        if loose is None:
            return None
        path = loose.parent
        names = sorted(PurePosixPath(entry.name) for entry in path.iterdir())
    wanted = {member.casefold(): member for member in MEMBERS}
    inside = [name for name in names if name.name.casefold() in wanted]
    beside = [name for name in inside if name.parent == inside[0].parent]
    found = {wanted[name.name.casefold()]: str(name) for name in reversed(beside)}
    missing = [member for member in MEMBERS if member not in found]
    if missing:
        raise UserError(
            f"{path} lacks {' and '.join(missing)}, all of {', '.join(MEMBERS)} were expected: "
            "put the missing files beside the others, or take all away to use the stand-in."
        )
    return Place(path, found)


def source() -> DataSource:
    """Where the data comes from, found without reading the arrays.

    Raises:
        UserError: as `locate`.
    """
    place = locate()
    if place is None:
        return DataSource("stand-in", "sequences stand-in")  # its code is part of every key
    names = tuple(path.relative_to(data_folder()).as_posix() for path in place.files)
    return DataSource("course", fingerprint(*place.files), names)


def load(source: DataSource, part: Literal["train", "test"]) -> Sequences:
    """One of the course's two sets of sequences.

    Raises:
        UserError: a file is missing, damaged, refused, or holds something that cannot be learned
            from; the sentence says what and where.
    """
    place = locate()
    if place is None:
        raise UserError(
            f"{data_folder()} no longer holds {', '.join(source.files)}: put them back, "
            "or start the build again without them."
        )
    # (sequences,) of arrays (length, features), or (sequences, length, features)
    inputs, x_path = place.read(f"X_{part}.npy")
    targets, y_path = place.read(f"y_{part}.npy")  # (sequences, 1) or (sequences,)
    _check_inputs(inputs, x_path)
    _expect(
        targets.dtype != object and targets.ndim in (1, 2) and targets.size == len(targets),
        f"{y_path} has the shape {_shape(targets)} of {targets.dtype}, one number a sequence, "
        f"({len(inputs)}, 1), was expected",
    )
    _expect(
        len(targets) == len(inputs),
        f"{y_path} holds {len(targets)} values and {x_path} {len(inputs)} sequences, as many of "
        "one as of the other were expected",
    )
    values = targets.reshape(-1).astype(np.float64)
    _expect_within(MAX_TARGET, values[:, None], f"{y_path}", "at place {} (counted from 0)")
    _expect(
        np.ptp(values) >= MIN_SPREAD,
        f"{y_path} holds the same value {values[0]} throughout, values to tell apart were expected",
    )
    return Sequences(tuple(np.asarray(sequence, np.float32) for sequence in inputs), values)


def _check_inputs(inputs: np.ndarray, path: Path) -> None:
    _expect(
        inputs.ndim == (1 if inputs.dtype == object else 3),
        f"{path} has the shape {_shape(inputs)}, a list of sequences of shape "
        f"(length, {FEATURES}) was expected",
    )
    count = len(inputs)
    _expect(count >= FEWEST, f"{path} holds {count} sequences, at least {FEWEST} are needed")
    for number, sequence in enumerate(inputs):
        where = f"{path}: sequence {number} (counted from 0)"
        _expect(
            sequence.ndim == 2 and sequence.shape[1] == FEATURES,
            f"{where} has the shape {_shape(sequence)}, (length, {FEATURES}) was expected",
        )
        steps = len(sequence)
        _expect(steps > 0, f"{where} is empty, at least one step was expected")
        _expect(steps <= MAX_STEPS, f"{where} has {steps} steps, at most {MAX_STEPS} were expected")
        _expect_within(MAX_INPUT, sequence, where, "at step {}")
    padded = count * max(map(len, inputs)) * FEATURES
    _expect(
        padded <= MAX_PADDED,
        f"{path} holds {count} sequences, which are {padded} numbers when padded to the longest, "
        f"at most {MAX_PADDED} were expected",
    )


def _expect(holds: bool, otherwise: str) -> None:
    if not holds:
        raise UserError(f"{otherwise}: {REMEDY}.")


def _expect_within(limit: float, values: np.ndarray, where: str, at: str) -> None:
    """Refuse the first row of `values` (rows, columns) with one that is not finite or too large."""
    fit = np.abs(values) <= limit  # False for NaN as well
    if not fit.all():
        row = int(np.argmin(fit.all(axis=1)))
        value = values[row][~fit[row]][0]
        kind = f"a number beyond ±{limit:.2g}" if np.isfinite(value) else "NaN or infinity"
        _expect(False, f"{where} holds {kind} {at.format(row)}, finite numbers were expected")


def _shape(array: np.ndarray) -> str:
    """A shape that is not longer than a sentence; a file may give an array 64 axes."""
    sizes = ", ".join(map(str, array.shape[:4])) + (", …" if array.ndim > 4 else "")
    return f"({sizes},)" if array.ndim == 1 else f"({sizes})"
