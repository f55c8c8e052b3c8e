"""The course's photographs: found, checked, decoded once, and shared out among the parts."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath

import numpy as np

from hw4.foundation import files
from hw4.foundation.archive import Files, Limits, opened
from hw4.foundation.errors import UserError
from hw4.foundation.files import DataSource
from hw4.foundation.names import plain
from hw4.foundation.places import data_folder
from hw4.foundation.source_code import code_fingerprint
from hw4.foundation.store import digest
from hw4.windows import duplicates, images
from hw4.windows.images import Photographs

CLASSES = ("Awning", "Bay", "Fixed", "Horizontal sliding", "Hung")
"""Short names, in the order of the labels 0 to 4."""
ASSIGNMENT_NAMES = tuple(f"New {name.title()} Window" for name in CLASSES)
FOLDER_NAMES = ("Awning", "Bay", "Fixed", "H_Sliding", "Hung")
"""Names of the folders in the course's zip."""
TRAIN = ("windows_train_set.zip", "windows_train_set", "train_set.zip", "train_set")
TEST = ("windows_test_set.zip", "windows_test_set", "test_set.zip", "test_set")
IMAGE_ENDINGS = {".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".heic"}
STAND_IN_VERSION = "windows drawn by code, 2"
UNLABELLED = -1
FEWEST = 8
"""Photographs of a class that must be left for training and validation."""
MAX_BAD_SHARE, MANY_BAD = 0.1, 20
"""More files than either of these must not be unusable."""
LIMITS = Limits(file=64 * 2**20, total=32 * 2**30)
"""Of a photograph and of a whole set; the latter is ten times what 100,000 photographs need."""
_SPELLINGS = {
    "awning": 0,
    "bay": 1,
    "fixed": 2,
    "hsliding": 3,
    "horizontalsliding": 3,
    "sliding": 3,
    "hslider": 3,
    "horizontalslider": 3,
    "slider": 3,
    "hung": 4,
}


@dataclass(frozen=True)
class BadFile:
    """A file that was left out; `where` is `training` or `test`."""

    where: str
    name: str
    reason: str


@dataclass(frozen=True)
class DataCheck:
    """What was found on the way in.

    Attributes:
        train_counts, test_counts: photographs of each class; no test counts without labels.
        fit, validation, held_out: photographs of the training set used for each.
        exact_duplicates, near_duplicates: training photographs that are in the test set too.
        removed: their names.
        duplicates_within: pairs of copies inside the training set, kept on one side of the split.
        contradictions: those of them whose labels differ.
    """

    train_counts: tuple[int, ...]
    test_counts: tuple[int, ...] | None
    test_photographs: int
    fit: int
    validation: int
    held_out: int
    bad: tuple[BadFile, ...]
    exact_duplicates: int
    near_duplicates: int
    removed: tuple[str, ...]
    duplicates_within: int
    contradictions: int


@dataclass(frozen=True)
class Learning:
    """What may be learned from and selected by.

    Attributes:
        groups: `(len(fit),)`, the same number for copies of one photograph.
        own_names: what the folders of the five classes are called in the training set.
    """

    fit: Photographs
    validation: Photographs
    groups: np.ndarray
    check: DataCheck
    own_names: tuple[str, ...]


@dataclass(frozen=True)
class Unseen:
    """What nothing is learned from or selected by.

    Attributes:
        reported: the test set; without labels there, a held-out part of the training set.
        unlabelled: the test set if it came without labels.
    """

    reported: Photographs
    unlabelled: Photographs | None = None


def class_of(folder: str) -> int | None:
    """The label that a folder's name stands for, in either spelling; None for any other name."""
    letters = "".join(letter for letter in folder.casefold() if letter.isalpha())
    letters = letters.removeprefix("new").removesuffix("s").removesuffix("window")
    return _SPELLINGS.get(letters)


def class_folder(name: str) -> str | None:
    """The innermost folder around a file that is named after a class."""
    parents = PurePosixPath(name).parts[:-1]
    return next((part for part in reversed(parents) if class_of(part) is not None), None)


def find() -> tuple[Path, Path] | None:
    """The training and the test set in the data folder; None if neither is there.

    Raises:
        UserError: one is there and the other is not.
    """
    train, test = files.find(*TRAIN), files.find(*TEST)
    if train is None and test is None:
        return None
    if train is None or test is None:
        there, missing = (train, TEST[0]) if train else (test, TRAIN[0])
        raise UserError(
            f"{there} is there but {missing} is not: put both into {data_folder()} "
            "(zipped or unpacked), or take both away to build with the stand-in."
        )
    return train, test


def source() -> DataSource:
    """Where the photographs come from, found without decoding any; the layout is checked.

    Raises:
        UserError: half of the data is missing, or the folders are not as expected.
    """
    found = find()
    if found is None:
        return DataSource("stand-in", STAND_IN_VERSION, (TRAIN[0], TEST[0]))
    fingerprint = files.fingerprint(*found)
    _check_layouts(found, fingerprint)
    names = tuple(path.relative_to(data_folder()).as_posix() for path in found)
    return DataSource("course", fingerprint, names)


@lru_cache(maxsize=4)
def _check_layouts(found: tuple[Path, Path], fingerprint: str) -> None:
    """Once for the same contents; lets no photograph be decoded in vain."""
    for path, role in zip(found, ("train", "test"), strict=True):
        with opened(path, LIMITS) as archive:
            layout(archive, role)


def layout(archive: Files, role: str) -> dict[str, int]:
    """The label of each file by the folder it lies in; `UNLABELLED` for a test set without labels.

    Args:
        role: `train` (five class folders are a must) or `test` (these, or one flat folder).

    Raises:
        UserError: no photographs; a missing, empty or sixth class; a mixture of layouts.
    """
    folders = {name: class_folder(name) for name in archive.names}
    labels = {name: class_of(folder) for name, folder in folders.items() if folder}
    outside = [
        name
        for name, folder in folders.items()
        if folder is None and PurePosixPath(name).suffix.casefold() in IMAGE_ENDINGS
    ]
    empty = {folder for folder in archive.folders if class_folder(folder + "/x")}
    advice = f"expected five folders of photographs ({', '.join(FOLDER_NAMES)})"
    if role == "test":
        advice += ", or all photographs without labels in one folder"
    advice += ": download it again, or put right what was moved or renamed"

    if not labels and not empty and role == "test":
        parents = sorted({str(PurePosixPath(name).parent) for name in outside})
        if len(parents) == 1:
            return dict.fromkeys(outside, UNLABELLED)
        if parents:
            raise UserError(f"{archive.path} holds photographs in {_some(parents)}; {advice}.")
    if not labels and not outside:
        rest = f" among {len(archive.names)} files" if archive.names else " and no other files"
        if empty:
            rest = f" (only empty folders: {_some(sorted(empty))})"
        raise UserError(f"{archive.path} holds no photographs{rest}; {advice}.")
    if outside:
        strangers = sorted({PurePosixPath(name).parent.name or "the top" for name in outside})
        also = " beside the class folders" if labels else ""
        raise UserError(
            f"{archive.path} holds {len(outside)} photographs in {_some(strangers)}{also}; "
            f"{advice}."
        )
    lacking = sorted(set(range(len(CLASSES))) - set(labels.values()))
    if lacking:
        there = {class_of(class_folder(folder + "/x")) for folder in empty}
        what = "empty" if there.issuperset(lacking) else "missing or empty"
        raise UserError(
            f"{archive.path} has photographs for {len(CLASSES) - len(lacking)} of the five "
            f"classes, {' and '.join(FOLDER_NAMES[label] for label in lacking)} "
            f"{'is' if len(lacking) == 1 else 'are'} {what}; {advice}."
        )
    return labels


def _some(names: list[str], most: int = 4) -> str:
    shown = [f"'{plain(name)}'" for name in names[:most]]
    rest = len(names) - len(shown)
    return " and ".join(shown + ([f"{rest} more"] if rest else []))


def load(source: DataSource, size: int) -> tuple[Photographs, Photographs]:
    """The training and the test set, decoded at `size` × `size` pixels.

    Raises:
        UserError: too many files are no photographs.
    """
    found = find()
    if found is None:
        raise UserError("The photographs were taken away during the build: put them back.")
    sets = []
    for path, role in zip(found, ("train", "test"), strict=True):
        with opened(path, LIMITS) as archive:
            labels = layout(archive, role)
            key = digest(source.fingerprint, role, size, code_fingerprint("hw4.windows.images"))
            store = images.stored(key, size, images.read_files(labels, archive.read, size))
        if len(store.bad) > max(MANY_BAD, MAX_BAD_SHARE * len(labels)) or not store.names:
            name, reason = store.bad[0]
            raise UserError(
                f"{path}: {len(store.bad)} of {len(labels)} files are no usable photographs (the "
                f"first is {name}: {reason}), where a handful at most is expected: download it "
                "again."
            )
        sets.append(Photographs.all_of(store, [labels[name] for name in store.names]))
    return sets[0], sets[1]


def split(
    train: Photographs, test: Photographs, seed: int, validation_share: float, held_out_share: float
) -> tuple[Learning, Unseen]:
    """Who is in which part: by class, copies on one side, none of the test set in training.

    Of the test set only the looks are compared, to take its photographs out of the training set.

    Raises:
        UserError: too few photographs of a class are left.
    """
    targets, labelled = train.targets, bool((test.targets != UNLABELLED).all())
    within, exact, near = duplicates.find(train.store, test.store)
    leaked = sorted(exact | near)
    groups = duplicates.groups(len(train), within)

    usable = np.setdiff1d(np.arange(len(train)), leaked)
    rng = np.random.default_rng(seed)
    validation, rest = _set_apart(usable, targets, groups, validation_share, rng)
    share_of_rest = 0.0 if labelled else held_out_share / (1 - validation_share)
    held_out, fit = _set_apart(rest, targets, groups, share_of_rest, rng)
    for label, name in enumerate(CLASSES):
        of_class = f"photographs of the class {name}"
        path = files.find(*TRAIN) or "the stand-in"
        remedy = "add photographs, or download it again."
        left = (targets[usable] == label).sum()
        if left < FEWEST:
            raise UserError(
                f"Only {left} usable {of_class} are left in {path}, at least {FEWEST} are needed: "
                f"{remedy}"
            )
        if not (targets[fit] == label).any():
            raise UserError(
                f"The {of_class} in {path} are copies of so few that none is left to learn from, "
                f"at least {FEWEST} different ones are needed: {remedy}"
            )
    bad = [("training", *file) for file in train.store.bad]
    bad += [("test", *file) for file in test.store.bad]
    own_names = {
        label: class_folder(name) for label, name in zip(targets, train.names, strict=True)
    }
    check = DataCheck(
        train_counts=_counts(targets),
        test_counts=_counts(test.targets) if labelled else None,
        test_photographs=len(test),
        fit=len(fit),
        validation=len(validation),
        held_out=len(held_out),
        bad=tuple(BadFile(*file) for file in bad),
        exact_duplicates=len(exact),
        near_duplicates=len(near),
        removed=tuple(train.names[i] for i in leaked),
        duplicates_within=len(within),
        contradictions=int((targets[within[:, 0]] != targets[within[:, 1]]).sum()),
    )
    learning = Learning(
        train.subset(fit),
        train.subset(validation),
        groups[fit],
        check,
        tuple(own_names[label] for label in range(len(CLASSES))),
    )
    if labelled:
        return learning, Unseen(test)
    return learning, Unseen(train.subset(held_out), test)


def _counts(targets: np.ndarray) -> tuple[int, ...]:
    return tuple(np.bincount(targets, minlength=len(CLASSES)).tolist())


def _set_apart(
    idx: np.ndarray, targets: np.ndarray, groups: np.ndarray, share: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """About a `share` of each class at `idx`, copies together, and the rest."""
    apart = [np.array([], int)]
    for label in range(len(CLASSES)) if share else ():
        of_class = groups[idx[targets[idx] == label]]
        drawn = rng.permutation(np.unique(of_class))
        sizes = np.bincount(of_class)[drawn]
        before = sizes.cumsum() - sizes
        apart.append(drawn[before < max(2, round(share * len(of_class)))])
    # Copies under another label follow the first, so that nothing is learned from them.
    joined = np.isin(groups[idx], np.concatenate(apart))
    return idx[joined], idx[~joined]
