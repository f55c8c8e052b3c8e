"""The course's photographs: found, checked and decoded once."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath

import numpy as np

from hw4.foundation import files
from hw4.foundation.errors import UserError
from hw4.foundation.files import DataSource, Files, Limits
from hw4.foundation.names import plain
from hw4.foundation.places import data_folder
from hw4.foundation.source_code import code_fingerprint
from hw4.foundation.store import digest
from hw4.windows import images

CLASSES = ("Awning", "Bay", "Fixed", "Horizontal sliding", "Hung")
"""Short names, in the order of the labels 0 to 4."""
ASSIGNMENT_NAMES = tuple(f"New {name.title()} Window" for name in CLASSES)
FOLDER_NAMES = ("Awning", "Bay", "Fixed", "H_Sliding", "Hung")
"""Names of the folders in the course's zip."""

TRAIN = ("windows_train_set.zip", "windows_train_set", "train_set.zip", "train_set")
TEST = ("windows_test_set.zip", "windows_test_set", "test_set.zip", "test_set")
IMAGE_ENDINGS = {".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".heic"}
STAND_IN_VERSION = "windows drawn by code, 1"
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
class Photographs:
    """Some photographs of a store.

    Attributes:
        pixels: `(stored, size, size, 3)` uint8, mapped from the disk.
        rows: `(n,)`, where they are in `pixels`.
        targets: `(n,)` classes, -1 where unknown.
        names: of the files.
    """

    pixels: np.ndarray
    rows: np.ndarray
    targets: np.ndarray
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.rows)

    def images(self, idx: np.ndarray) -> np.ndarray:
        """Bytes of some of them, `(len(idx), size, size, 3)`."""
        return np.ascontiguousarray(self.pixels[self.rows[idx]])

    def subset(self, idx: np.ndarray) -> "Photographs":
        names = tuple(self.names[i] for i in idx)
        return Photographs(self.pixels, self.rows[idx], self.targets[idx], names)


@dataclass(frozen=True)
class PictureSet:
    """A training or test set as it came.

    Attributes:
        hashes: sha256 of each file.
        bad: name and reason of each file that was left out.
        own_names: what the folders of the five classes are called there.
        path: where it came from, for messages.
    """

    photographs: Photographs
    hashes: tuple[str, ...]
    bad: tuple[tuple[str, str], ...] = ()
    own_names: tuple[str, ...] = FOLDER_NAMES
    path: str = "the stand-in"


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
class Layout:
    """The files of one set and what their folders say.

    Attributes:
        files: names inside the zip or folder, in natural order.
        labels: 0 to 4 for each file; None for a test set without labels.
        own_names: what the folders of the five classes are called there; empty without labels.
    """

    files: tuple[str, ...]
    labels: tuple[int, ...] | None
    own_names: tuple[str, ...] = ()


def class_of(folder: str) -> int | None:
    """The label that a folder's name stands for, in either spelling; None for any other name."""
    plain = "".join(letter for letter in folder.casefold() if letter.isalpha())
    plain = plain.removeprefix("new").removesuffix("s").removesuffix("window")
    return _SPELLINGS.get(plain)


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
    print_of = files.fingerprint(*found)
    _checked(found, print_of)
    return DataSource("course", print_of, tuple(_shown(path) for path in found))


@lru_cache(maxsize=4)
def _checked(found: tuple[Path, Path], print_of: str) -> None:
    """Check the layouts once for the same contents; lets no photograph be decoded in vain."""
    for path, role in zip(found, ("train", "test"), strict=True):
        with files.opened(path, LIMITS) as archive:
            layout(archive, role)


def _shown(path: Path) -> str:
    try:
        return path.relative_to(data_folder()).as_posix()
    except ValueError:
        return path.name


def layout(archive: Files, role: str) -> Layout:
    """Which file belongs to which class.

    Args:
        role: `train` (five class folders are a must) or `test` (these, or one flat folder).

    Raises:
        UserError: no photographs; a missing, empty or sixth class; a mixture of layouts.
    """
    labels = {name: _label(name) for name in archive.names}
    inside = [name for name, label in labels.items() if label is not None]
    outside = [name for name, label in labels.items() if label is None and _is_image(name)]
    class_folders = {folder for folder in archive.folders if _label(folder + "/x") is not None}
    expected = f"expected five folders of photographs ({', '.join(FOLDER_NAMES)})"
    flat = "" if role == "train" else ", or all photographs without labels in one folder"
    advice = f"{expected}{flat}: download it again, or put right what was moved or renamed"

    if not inside and not class_folders and role == "test":
        parents = sorted({str(PurePosixPath(name).parent) for name in outside})
        if len(parents) == 1:
            return Layout(tuple(outside), None)
        found = f"photographs in {_some(parents)}" if outside else f"no photographs{_of(archive)}"
        raise UserError(f"{archive.path} holds {found}; {advice}.")
    if not inside and not outside:
        empty = f" (only empty folders: {_some(sorted(class_folders))})" if class_folders else ""
        raise UserError(f"{archive.path} holds no photographs{empty or _of(archive)}; {advice}.")
    if outside:
        strangers = sorted({PurePosixPath(name).parent.name or "the top" for name in outside})
        also = " beside the class folders" if inside else ""
        raise UserError(
            f"{archive.path} holds {len(outside)} photographs in {_some(strangers)}{also}; "
            f"{advice}."
        )
    lacking = [FOLDER_NAMES[c] for c in range(len(CLASSES)) if c not in set(labels.values())]
    if lacking:
        there = [name for name in lacking if class_of(name) in map(_label_of, class_folders)]
        what = "empty" if len(there) == len(lacking) else "missing or empty"
        raise UserError(
            f"{archive.path} has photographs for {len(CLASSES) - len(lacking)} of the five "
            f"classes, {' and '.join(lacking)} "
            f"{'is' if len(lacking) == 1 else 'are'} {what}; {advice}."
        )
    own = {labels[name]: _class_folder(name) for name in reversed(inside)}
    return Layout(
        tuple(inside),
        tuple(labels[name] for name in inside),
        tuple(own[label] for label in range(len(CLASSES))),
    )


def _label(name: str) -> int | None:
    """The label of a file by the innermost folder around it that is named after a class."""
    folder = _class_folder(name)
    return None if folder is None else class_of(folder)


def _label_of(folder: str) -> int | None:
    return _label(folder + "/x")


def _class_folder(name: str) -> str | None:
    parents = PurePosixPath(name).parts[:-1]
    return next((part for part in reversed(parents) if class_of(part) is not None), None)


def _is_image(name: str) -> bool:
    return PurePosixPath(name).suffix.casefold() in IMAGE_ENDINGS


def _some(names: list[str], most: int = 4) -> str:
    shown = [f"'{plain(name)}'" for name in names[:most]]
    rest = len(names) - len(shown)
    return " and ".join(shown + ([f"{rest} more"] if rest else []))


def _of(archive: Files) -> str:
    return f" among {len(archive.names)} files" if archive.names else " and no other files"


def load(source: DataSource, size: int) -> tuple[PictureSet, PictureSet]:
    """The training and the test set, decoded at `size` × `size` pixels.

    Raises:
        UserError: too many files are no photographs.
    """
    found = find()
    if found is None:
        raise UserError("The photographs were taken away during the build: put them back.")
    sets = []
    for path, role in zip(found, ("train", "test"), strict=True):
        with files.opened(path, LIMITS) as archive:
            found_files = layout(archive, role)
            key = digest(source.fingerprint, role, size, code_fingerprint("hw4.windows.images"))
            items = images.read_files(found_files.files, archive.read, size)
            store = images.stored(key, size, items)
        sets.append(_picture_set(store, found_files, path))
    return sets[0], sets[1]


def _picture_set(store: images.Store, found: Layout, path: Path) -> PictureSet:
    if len(store.bad) > max(MANY_BAD, MAX_BAD_SHARE * len(found.files)) or not len(store):
        name, reason = store.bad[0]
        raise UserError(
            f"{path}: {len(store.bad)} of {len(found.files)} files are no usable photographs (the "
            f"first is {name}: {reason}), where a handful at most is expected: download it again."
        )
    targets = np.full(len(store), -1)
    if found.labels is not None:
        label_of = dict(zip(found.files, found.labels, strict=True))
        targets = np.array([label_of[name] for name in store.names], dtype=np.int64)
    photographs = Photographs(store.pixels, np.arange(len(store)), targets, store.names)
    own_names = found.own_names or FOLDER_NAMES
    return PictureSet(photographs, store.hashes, store.bad, own_names, str(path))
