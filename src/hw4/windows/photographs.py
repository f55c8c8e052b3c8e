"""From files to pixels with labels: decoded, cleared of what is bad or double, and split."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from hw4.foundation import source_code
from hw4.foundation.convert import digest
from hw4.foundation.course_files import DataSource
from hw4.foundation.errors import UserError
from hw4.windows import archive, data, duplicates, images, standin
from hw4.windows.data import CLASSES
from hw4.windows.duplicates import Looks
from hw4.windows.images import Store
from hw4.windows.result import BadFile, DataCheck

FEWEST = 8
"""Photographs of a class that must be left for training and validation."""
MAX_BAD_SHARE = 0.1
MANY_BAD = 20


@dataclass(frozen=True)
class Photographs:
    """Photographs with what is known about them.

    Attributes:
        pixels: `(photographs, size, size, 3)` uint8, mapped from the disk.
        labels: `(photographs,)`, -1 where unknown.
        names: of the files.
    """

    pixels: np.ndarray
    labels: np.ndarray
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class WindowData:
    """All photographs of a build.

    Attributes:
        train: the training set as it came.
        test: the test set.
        fit, validation, held_out: places in `train` to learn from, to select by, and to report on
            if the test set has no labels (empty otherwise). Copies stay on one side.
        check: what was found on the way in.
        own_names: of the five classes in the training set's folders.
    """

    train: Photographs
    test: Photographs
    fit: np.ndarray
    validation: np.ndarray
    held_out: np.ndarray
    check: DataCheck = field(repr=False)
    own_names: tuple[str, ...] = data.FOLDER_NAMES

    @property
    def labelled(self) -> bool:
        """Whether the test set has labels."""
        return bool(self.test.labels[0] >= 0)


@dataclass(frozen=True)
class Split:
    """What decides which photograph is used for what."""

    seed: int
    validation_share: float
    held_out_share: float


def load(source: DataSource, size: int, stand_in_size: int, split: Split) -> WindowData:
    """Everything about the photographs, decoded at `size` × `size` pixels.

    Args:
        stand_in_size: windows to draw for the stand-in's training set (a quarter more for test).

    Raises:
        UserError: too many bad files, or too few photographs of a class are left.
    """
    if source.is_stand_in:
        return _stand_in(size, stand_in_size, split)
    found = data.find()
    if found is None:
        raise UserError("The photographs were taken away during the build: put them back.")
    sets = []
    for path, role in zip(found, ("train", "test"), strict=True):
        with archive.opened(path) as opened:
            layout = data.layout(opened, role)
            key = digest(source.fingerprint, role, size, _code("hw4.windows.images"))
            store = images.stored(key, size, images.read_files(layout.files, opened.read, size))
        _check_bad(store, len(layout.files), path)
        sets.append((store, _labels(store, layout), layout))
    (train, train_labels, layout), (test, test_labels, _) = sets
    return _assemble(train, train_labels, test, test_labels, layout.own_names, split, found[0])


def _stand_in(size: int, count: int, split: Split) -> WindowData:
    sets = []
    for role, amount in (("train", count), ("test", count // 4)):
        labels = standin.labels(amount, split.seed, role)
        key = digest("stand-in", role, amount, split.seed, size, _code("hw4.windows.standin"))
        store = images.stored(key, size, standin.draw_all(labels, split.seed, role, size))
        sets.append((store, labels))
    return _assemble(*sets[0], *sets[1], data.FOLDER_NAMES, split)


def _code(module: str) -> str:
    return source_code.code_fingerprint(module)


def _labels(store: Store, layout: data.Layout) -> np.ndarray:
    if layout.labels is None:
        return np.full(len(store), -1)
    of = dict(zip(layout.files, layout.labels, strict=True))
    return np.array([of[name] for name in store.names], dtype=np.int64)


def _check_bad(store: Store, files: int, path: Path) -> None:
    if len(store.bad) > max(MANY_BAD, MAX_BAD_SHARE * files) or not len(store):
        name, reason = store.bad[0]
        raise UserError(
            f"{path}: {len(store.bad)} of {files} files are no usable photographs (the first is "
            f"{name}: {reason}), where a handful at most is expected: download it again."
        )


def _assemble(
    train: Store,
    train_labels: np.ndarray,
    test: Store,
    test_labels: np.ndarray,
    own_names: tuple[str, ...],
    split: Split,
    path: Path | str = "the stand-in",
) -> WindowData:
    ours, theirs = Looks.of(train.pixels), Looks.of(test.pixels)
    exact = _exact_pairs(train.hashes, test.hashes)
    near = [pair for pair in map(tuple, duplicates.near_pairs(ours, theirs)) if pair not in exact]
    leaked = sorted({int(one) for one, _ in [*exact, *near]})

    within = duplicates.near_pairs(ours)
    group = duplicates.groups(len(train), within)
    contradicting = int(sum(train_labels[a] != train_labels[b] for a, b in within))

    usable = np.setdiff1d(np.arange(len(train)), leaked)
    left = Counter(train_labels[usable].tolist())
    for label, name in enumerate(CLASSES):
        if left[label] < FEWEST:
            raise UserError(
                f"Only {left[label]} usable photographs of the class {name} are left in {path}, "
                f"at least {FEWEST} are needed: add photographs, or download it again."
            )
    labelled = bool(len(test_labels) and test_labels[0] >= 0)
    held_share = 0.0 if labelled else split.held_out_share
    rng = np.random.default_rng(split.seed)
    validation, rest = _set_apart(usable, train_labels, group, split.validation_share, rng)
    share_of_rest = held_share / (1 - split.validation_share)
    held_out, fit = _set_apart(rest, train_labels, group, share_of_rest, rng)
    for label, name in enumerate(CLASSES):
        if not (train_labels[fit] == label).any():
            raise UserError(
                f"The photographs of the class {name} in {path} are copies of so few that none is "
                f"left to learn from, at least {FEWEST} different ones are needed: add "
                "photographs, or download it again."
            )

    bad = [("training", *entry) for entry in train.bad] + [("test", *entry) for entry in test.bad]
    check = DataCheck(
        train_counts=_counts(train_labels),
        test_counts=_counts(test_labels) if labelled else None,
        test_photographs=len(test),
        fit=len(fit),
        validation=len(validation),
        held_out=len(held_out),
        bad=tuple(BadFile(*entry) for entry in bad),
        exact_duplicates=len({one for one, _ in exact}),
        near_duplicates=len({one for one, _ in near} - {one for one, _ in exact}),
        removed=tuple(train.names[place] for place in leaked),
        duplicates_within=len(within),
        contradictions=contradicting,
    )
    return WindowData(
        train=Photographs(train.pixels, train_labels, train.names),
        test=Photographs(test.pixels, test_labels, test.names),
        fit=fit,
        validation=validation,
        held_out=held_out,
        check=check,
        own_names=own_names,
    )


def _exact_pairs(train: tuple[str, ...], test: tuple[str, ...]) -> set[tuple[int, int]]:
    places = {value: place for place, value in enumerate(test)}
    return {(one, places[value]) for one, value in enumerate(train) if value in places}


def _counts(labels: np.ndarray) -> tuple[int, ...]:
    return tuple(int((labels == label).sum()) for label in range(len(CLASSES)))


def _set_apart(
    places: np.ndarray,
    labels: np.ndarray,
    group: np.ndarray,
    share: float,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """A `share` of `places`, the same share of every class, and the rest.

    Photographs of one `group` (copies of each other) are never parted.
    """
    apart: list[int] = []
    if share > 0:
        for label in range(len(CLASSES)):
            of_class = places[labels[places] == label]
            wanted = max(2, round(share * len(of_class)))
            taken = 0
            for chosen in rng.permutation(np.unique(group[of_class])):
                members = of_class[group[of_class] == chosen]
                if taken >= wanted:
                    break
                apart += members.tolist()
                taken += len(members)
    # Copies under another label follow the first, so that nothing is learned from them.
    joined = np.isin(group[places], group[np.array(apart, dtype=np.int64)])
    return places[joined], places[~joined]
