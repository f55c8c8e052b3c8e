"""The course's photographs: found, checked, decoded once, and shared out among the parts."""

from dataclasses import dataclass
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
STAND_IN_VERSION = "windows drawn by code, 3"
UNLABELLED = -1
FEWEST = 8
"""Photographs of a class that must be left for training and validation."""
MAX_BAD_SHARE, MANY_BAD = 0.1, 20
"""More files than either of these must not be unusable."""
LIMITS = Limits(file=64 * 2**20, total=32 * 2**30)
"""Of a photograph and of a whole set; the latter is ten times what 100,000 photographs need."""
_SPELLINGS = {"awning": 0, "bay": 1, "fixed": 2, "hsliding": 3, "sliding": 3, "hung": 4}


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
    """

    fit: Photographs
    validation: Photographs
    groups: np.ndarray
    check: DataCheck

    @property
    def own_names(self) -> tuple[str, ...]:
        """What the folders of the classes are called, in the order of the labels."""
        names = dict(zip(self.fit.targets, map(class_folder, self.fit.names), strict=True))
        return tuple(names[label] for label in sorted(names))


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
    return _SPELLINGS.get(letters.replace("horizontal", "h").replace("slider", "sliding"))


def class_folder(name: str) -> str | None:
    """The innermost folder around a file that is named after a class."""
    parents = PurePosixPath(name).parts[:-1]
    return next((part for part in reversed(parents) if class_of(part) is not None), None)


def find() -> tuple[Path, Path] | None:
    """The training and the test set in the data folder; None if neither is there.

    It is a UserError if one is there and the other is not.
    """
    train, test = files.find(*TRAIN), files.find(*TEST)
    if train and test:
        return train, test
    if not train and not test:
        return None
    missing = TEST[0] if train else TRAIN[0]
    raise UserError(
        f"{train or test} is there but {missing} is not: put both into {data_folder()} "
        "(zipped or unpacked), or take both away to build with the stand-in."
    )


def source() -> DataSource:
    """Where the photographs come from, found without decoding any."""
    found = find()
    if found is None:
        return DataSource("stand-in", STAND_IN_VERSION, (TRAIN[0], TEST[0]))
    names = tuple(path.relative_to(data_folder()).as_posix() for path in found)
    return DataSource("course", files.fingerprint(*found), names)


def check(source: DataSource) -> None:
    """See that the folders are as expected, before any photograph is decoded in vain."""
    for path, role in zip(find() or (), ("train", "test"), strict=False):
        with opened(path, LIMITS) as archive:
            layout(archive, role)


def layout(archive: Files, role: str) -> dict[str, int]:
    """The label of each file by the folder it lies in; `UNLABELLED` for a test set without labels.

    For the `role` of `train` five class folders are a must, for that of `test` they or one flat
    folder; a missing, empty or sixth class and a mixture of layouts are a UserError.
    """
    labels, outside = {}, []
    for name in archive.names:
        folder = class_folder(name)
        if folder:
            labels[name] = class_of(folder)
        elif PurePosixPath(name).suffix.casefold() in IMAGE_ENDINGS:
            outside.append(name)

    classless = not any(class_folder(f"{folder}/x") for folder in archive.folders)
    if role == "test" and classless and len({PurePosixPath(it).parent for it in outside}) == 1:
        return dict.fromkeys(outside, UNLABELLED)
    if fault := _fault(archive, labels, outside):
        flat = ", or all photographs without labels in one folder" if role == "test" else ""
        raise UserError(
            f"{archive.path} {fault}; expected five folders of photographs "
            f"({', '.join(FOLDER_NAMES)}){flat}: download it again, or put right what was moved "
            "or renamed."
        )
    return labels


def _fault(archive: Files, labels: dict[str, int], outside: list[str]) -> str:
    """What is wrong with a set in which some photographs lie `outside` the classes; or nothing."""
    if outside:
        strangers = sorted({PurePosixPath(name).parent.name or "the top" for name in outside})
        also = " beside the class folders" if labels else ""
        return f"holds {len(outside)} photographs in {_some(strangers)}{also}"
    if not labels:
        others = f"among {len(archive.names)}" if archive.names else "and no other"
        return f"holds no photographs {others} files"
    lacking = [name for label, name in enumerate(FOLDER_NAMES) if label not in labels.values()]
    missing, there = " and ".join(lacking), len(FOLDER_NAMES) - len(lacking)
    return f"has photographs for {there} of the five classes, not for {missing}" if lacking else ""


def _some(names: list[str], most: int = 4) -> str:
    shown = [f"'{plain(name)}'" for name in names[:most]]
    rest = [f"{len(names) - most} more"] if len(names) > most else []
    return " and ".join(shown + rest)


def load(source: DataSource, size: int) -> tuple[Photographs, Photographs]:
    """The training and the test set at `size` × `size` pixels.

    It is a UserError if more than a handful of the files are no photographs.
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
    It is a UserError if too few photographs of a class are left.
    """
    targets, labelled = train.targets, bool((test.targets != UNLABELLED).all())
    within, exact, near = duplicates.find(train.store, test.store)
    groups = duplicates.groups(len(train), within)
    leaked = sorted(exact | near)

    usable = np.setdiff1d(np.arange(len(train)), leaked)
    rng = np.random.default_rng(seed)
    validation, rest = _set_apart(usable, targets, groups, validation_share, rng)
    share_of_rest = 0.0 if labelled else held_out_share / (1 - validation_share)
    held_out, fit = _set_apart(rest, targets, groups, share_of_rest, rng)
    _check_enough(_counts(targets[usable]), _counts(targets[fit]))

    bad = [BadFile("training", *file) for file in train.store.bad]
    bad += [BadFile("test", *file) for file in test.store.bad]
    learning = Learning(
        fit=train.subset(fit),
        validation=train.subset(validation),
        groups=groups[fit],
        check=DataCheck(
            train_counts=_counts(targets),
            test_counts=_counts(test.targets) if labelled else None,
            test_photographs=len(test),
            fit=len(fit),
            validation=len(validation),
            held_out=len(held_out),
            bad=tuple(bad),
            exact_duplicates=len(exact),
            near_duplicates=len(near),
            removed=tuple(train.names[i] for i in leaked),
            duplicates_within=len(within),
            contradictions=int((targets[within[:, 0]] != targets[within[:, 1]]).sum()),
        ),
    )
    if labelled:
        return learning, Unseen(test)
    return learning, Unseen(train.subset(held_out), test)


def _check_enough(usable: tuple[int, ...], learned: tuple[int, ...]) -> None:
    """A UserError names the class of which too few photographs are left."""
    path = files.find(*TRAIN) or "the stand-in"
    for name, left, to_learn_from in zip(CLASSES, usable, learned, strict=True):
        if left < FEWEST or not to_learn_from:
            raise UserError(
                f"{path} has {left} usable photographs of the class {name}, {to_learn_from} of "
                f"them to learn from as copies stay together, where at least {FEWEST} different "
                "ones are needed: add photographs, or download it again."
            )


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
