"""Tweets and their labels: found, read, checked and split. No torch."""

import csv
import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hw4.foundation.atomic import write_bytes
from hw4.foundation.course_files import DataSource, find, fingerprint
from hw4.foundation.errors import UserError
from hw4.foundation.places import data_folder
from hw4.foundation.zips import open_zip

FILE = "Twitter.csv"
NAMES = (FILE, "Twitter.csv.zip", "Twitter.zip")
COLUMNS = (("tweet_text", "claim"), ("text", "label"))
"""Pairs of names that the column of texts and the column of labels may have."""
LABELS = {"0": 0, "1": 1, "0.0": 0, "1.0": 1}
VALIDATION, TEST = 0.15, 0.15
"""Shares of the tweets, the rest is for training; with the seed, as in published scores."""
SPLIT_SEED = 42
"""As prescribed, so that scores compare with others' on the same test set."""
SMALLEST_CLASS = 7
"""Fewer tweets of one class cannot be split with at least one in each part."""
LARGEST_ARCHIVED = 200 * 2**20
URL = (
    "https://raw.githubusercontent.com/LCS2-IIITD/LESA-EACL-2021/"
    "557de8880e597fc99d1bdb7e598aaed3ada89286/data/Twitter.csv"
)
SHA256 = "3c4f9dc8c4523f6fe5eeaf5f0f82e0e7ab66edd792257ea7520404d38a8aa25c"
DOWNLOAD_SECONDS = 10


@dataclass(frozen=True)
class Tweets:
    """Texts and their labels.

    Attributes:
        texts: as written.
        labels: (tweets,) int64; 1 for medical information, 0 for none.
    """

    texts: tuple[str, ...]
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, indices: Sequence[int]) -> "Tweets":
        """The tweets at `indices`."""
        return Tweets(tuple(self.texts[i] for i in indices), self.labels[np.asarray(indices, int)])

    def __add__(self, other: "Tweets") -> "Tweets":
        return Tweets(self.texts + other.texts, np.concatenate([self.labels, other.labels]))


@dataclass(frozen=True)
class Split:
    """Training, validation and test tweets, and how many were left out on the way.

    Attributes:
        empty: tweets without text, left out before the split.
        duplicates: tweets left out of training or validation because a later part has them too.
    """

    train: Tweets
    validation: Tweets
    test: Tweets
    empty: int
    duplicates: int


def source() -> DataSource:
    """Where the tweets come from; the file is looked for, not read through."""
    path = find(*NAMES)
    if path is None:
        return DataSource("stand-in", "tweets composed by code")
    shown = path.relative_to(data_folder()).as_posix()
    return DataSource("course", fingerprint(path), (shown,))


def read_course_file() -> tuple[Tweets, int]:
    """The course's tweets in the order of the file, and how many without text were left out.

    Raises:
        UserError: the file is not as expected.
    """
    path = find(*NAMES)
    if path is None:
        raise UserError(f"{data_folder() / FILE} is not there any more: put it back and try again.")
    return read(path)


def read(path: Path) -> tuple[Tweets, int]:
    """The tweets in a CSV file (or a zip with one in it), and how many without text were left out.

    Raises:
        UserError: no such columns, a label that is neither 0 nor 1, a broken line or encoding, or
            too few tweets of one class.
    """
    lines = csv.reader(io.StringIO(_text(path), newline=""), strict=True)
    texts: list[str] = []
    labels: list[int] = []
    empty = 0
    try:
        text_column, label_column, width = _columns(path, next(lines, []))
        for row in lines:
            if not row:
                continue
            if len(row) != width:
                raise UserError(
                    f"{path}, line {lines.line_num}: found {len(row)} fields where the header has "
                    f"{width}: quote texts that hold commas, or download the file again."
                )
            label = LABELS.get(row[label_column].strip())
            if label is None:
                raise UserError(
                    f"{path}, line {lines.line_num}: found the label {row[label_column][:20]!r}, "
                    "expected 0 or 1: correct that line, or download the file again."
                )
            if not row[text_column].strip():
                empty += 1
                continue
            texts.append(row[text_column])
            labels.append(label)
    except csv.Error as error:
        raise UserError(
            f"{path}, line {lines.line_num}: not a readable CSV file ({error}); "
            "download the file again."
        ) from error
    tweets = Tweets(tuple(texts), np.array(labels, dtype=np.int64))
    _check_classes(path, tweets)
    return tweets, empty


def _columns(path: Path, header: list[str]) -> tuple[int, int, int]:
    names = [name.strip().casefold() for name in header]
    for text, label in COLUMNS:
        if text in names and label in names:
            return names.index(text), names.index(label), len(names)
    found = " ".join(", ".join(header).split())[:80] or "(none)"
    remedy = "rename them"
    if not header:
        remedy = "the file is empty, so download it again"
    elif len(header) == 1 and any(mark in header[0] for mark in ";\t"):
        remedy = "save the table with commas between the columns"
    raise UserError(
        f"{path}: found the columns {found}, expected "
        f"{' or '.join(','.join(pair) for pair in COLUMNS)} in the first line: {remedy}."
    )


def _check_classes(path: Path, tweets: Tweets) -> None:
    for label in (0, 1):
        count = int((tweets.labels == label).sum())
        if count < SMALLEST_CLASS:
            raise UserError(
                f"{path}: found {count} tweets of class {label}, but a stratified split into three "
                f"parts needs at least {SMALLEST_CLASS} of each class: use the whole file."
            )


def _text(path: Path) -> str:
    content = _unzipped(path) if path.suffix.lower() == ".zip" else _bytes(path)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise UserError(
            f"{path}, line {line}: found bytes that are not UTF-8 (byte {error.start}): "
            "save the file as UTF-8, or download it again."
        ) from error
    if "\0" in text:
        raise UserError(f"{path}: found NUL characters, expected text: download the file again.")
    return text


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UserError(
            f"{path} cannot be read ({error.strerror}), a CSV file you may read was expected: "
            "download the file again."
        ) from error


def _unzipped(path: Path) -> bytes:
    """The one CSV file in an archive, read in memory and never written anywhere."""
    with open_zip(path) as archive:
        tables = [
            entry
            for entry in archive.infolist()
            if entry.filename.lower().endswith(".csv") and "__MACOSX" not in entry.filename
        ]
        if len(tables) != 1:
            raise UserError(
                f"{path}: found {len(tables)} CSV files inside, expected {FILE} alone: "
                f"unpack it and put {FILE} in the data folder."
            )
        if tables[0].file_size > LARGEST_ARCHIVED:
            raise UserError(
                f"{path}: {tables[0].filename} would unpack to "
                f"{tables[0].file_size / 2**20:,.0f} MiB, but the tweets are under 2 MiB: "
                "download the file again."
            )
        try:
            return archive.read(tables[0].filename)
        except Exception as error:  # a damaged stream fails in each compressor's own way
            raise UserError(
                f"{path} is not a readable zip file ({error}): download it again."
            ) from error


def split(tweets: Tweets, empty: int = 0) -> Split:
    """Split 70/15/15, stratified by class, in the way that others' scores on this data are for.

    A text that is in a later part as well is taken out of the earlier one (test stays whole), so
    that nothing is judged on a tweet it has seen.

    Raises:
        UserError: the tweets repeat each other so much that a part lacks a class.
    """
    from sklearn.model_selection import train_test_split

    every = np.arange(len(tweets))
    train, rest = train_test_split(
        every, test_size=VALIDATION + TEST, stratify=tweets.labels, random_state=SPLIT_SEED
    )
    validation, test = train_test_split(
        rest,
        test_size=TEST / (VALIDATION + TEST),
        stratify=tweets.labels[rest],
        random_state=SPLIT_SEED,
    )
    keys = [" ".join(text.split()).casefold() for text in tweets.texts]
    in_test = {keys[i] for i in test}
    kept_validation = [i for i in validation if keys[i] not in in_test]
    later = in_test | {keys[i] for i in kept_validation}
    kept_train = [i for i in train if keys[i] not in later]
    dropped = len(train) + len(validation) - len(kept_train) - len(kept_validation)
    parts = Split(
        tweets.take(kept_train), tweets.take(kept_validation), tweets.take(test), empty, dropped
    )
    for name, part in (("training", parts.train), ("validation", parts.validation)):
        for label in (0, 1):
            if label not in part.labels:
                raise UserError(
                    f"{find(*NAMES) or FILE}: found no {name} tweets of class {label} once those "
                    f"that are in a later part too are left out, but at least {SMALLEST_CLASS} "
                    "different tweets of each class are needed: use the whole file."
                )
    return parts


def subset(tweets: Tweets, size: int) -> Tweets:
    """The first tweets of each class, `size` in all, in the proportion of the classes."""
    if size >= len(tweets):
        return tweets
    kept: list[int] = []
    for label in (0, 1):
        members = np.flatnonzero(tweets.labels == label)
        wanted = max(SMALLEST_CLASS, round(size * len(members) / len(tweets)))
        kept += list(members[:wanted])
    return tweets.take(sorted(kept))


def download(folder: Path, url: str = URL, sha256: str = SHA256) -> Path:
    """Fetch the public file of tweets into `folder`, checked, and return where it is.

    Raises:
        UserError: the network cannot be had, or something else than the published file came.
    """
    import urllib.request  # no other command asks the network

    target = folder / FILE
    if target.is_file():
        if hashlib.sha256(target.read_bytes()).hexdigest() == sha256:
            return target
        raise UserError(
            f"{target} is there already but is not the public file (its checksum differs): "
            "move it away first if you want the public one."
        )
    try:
        with urllib.request.urlopen(url, timeout=DOWNLOAD_SECONDS) as answer:
            content = answer.read()
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise UserError(
            f"{FILE} could not be fetched ({reason}): connect to the network and try again, or put "
            f"the file into {folder} by hand (github.com/LCS2-IIITD/LESA-EACL-2021, folder data)."
        ) from error
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise UserError(
            f"What was fetched as {FILE} has sha256 {found[:12]}… and {len(content):,} bytes, "
            f"expected {sha256[:12]}…: nothing was written; put the course's file into {folder} "
            "by hand."
        )
    write_bytes(target, content)
    return target
