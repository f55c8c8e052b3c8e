"""Tweets and their classes: found, read, checked, split and cleaned. No torch."""

import csv
import hashlib
import html
import io
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hw4.foundation import fetch
from hw4.foundation.archive import Limits, opened, read_file
from hw4.foundation.errors import UserError
from hw4.foundation.files import DataSource, find, fingerprint
from hw4.foundation.names import plain
from hw4.foundation.places import data_folder
from hw4.foundation.store import write_bytes

FILE = "Twitter.csv"
NAMES = (FILE, "Twitter.csv.zip", "Twitter.zip")
COLUMNS = (("tweet_text", "claim"), ("text", "label"))
"""Pairs of names that the column of texts and the column of classes may have."""
LABELS = {"0": 0, "1": 1, "0.0": 0, "1.0": 1}
VALIDATION, TEST = 0.15, 0.15
"""Shares of the tweets, the rest is for training."""
SPLIT_SEED = 42
"""With the shares, the published split: no settings, so that scores compare with others'."""
SMALLEST_CLASS = math.ceil(2 / (VALIDATION + TEST))
"""Of fewer tweets of one class, the shares leave no two: one for validation and one for test."""
LIMITS = Limits(file=64 * 2**20, total=256 * 2**20)
"""The tweets are under 2 MiB."""
URL = (
    "https://raw.githubusercontent.com/LCS2-IIITD/LESA-EACL-2021/"
    "557de8880e597fc99d1bdb7e598aaed3ada89286/data/Twitter.csv"
)
SHA256 = "3c4f9dc8c4523f6fe5eeaf5f0f82e0e7ab66edd792257ea7520404d38a8aa25c"
DOWNLOAD_SECONDS = 20
_LINK = re.compile(r"(https?://|pic\.twitter\.com/)\S+")
_ACCOUNT = re.compile(r"@\w+")


@dataclass(frozen=True)
class Tweets:
    """Texts and their classes.

    Attributes:
        texts: as written.
        targets: (tweets,) int64; 1 for medical information, 0 for none.
    """

    texts: tuple[str, ...]
    targets: np.ndarray

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, idx: Sequence[int]) -> "Tweets":
        return Tweets(tuple(self.texts[i] for i in idx), self.targets[np.asarray(idx, int)])

    def __add__(self, other: "Tweets") -> "Tweets":
        return Tweets(self.texts + other.texts, np.concatenate([self.targets, other.targets]))


@dataclass(frozen=True)
class Split:
    """Training, validation and test tweets, and how many were left out on the way."""

    train: Tweets
    validation: Tweets
    test: Tweets
    empty: int  # tweets without text, left out before the split
    duplicates: int  # left out of training or validation because a later part has them too


def clean_tweet(text: str) -> str:
    """`text` with `&amp;` as &, every link as `http` and every account as `@user`."""
    return _ACCOUNT.sub("@user", _LINK.sub("http", html.unescape(text)))


def split(tweets: Tweets, empty: int = 0) -> Split:
    """Split into training, validation and test tweets, stratified by class, as was published.

    It is a UserError if tweets repeat each other so much that a part lacks a class.
    """
    from sklearn.model_selection import train_test_split

    train, rest = train_test_split(
        np.arange(len(tweets)),
        test_size=VALIDATION + TEST,
        stratify=tweets.targets,
        random_state=SPLIT_SEED,
    )
    validation, test = train_test_split(
        rest,
        test_size=TEST / (VALIDATION + TEST),
        stratify=tweets.targets[rest],
        random_state=SPLIT_SEED,
    )
    # A tweet that says the same as one in a later part leaves the earlier one; test stays whole.
    words = [wording(text) for text in tweets.texts]
    in_test = {words[i] for i in test}
    kept_validation = [i for i in validation if words[i] not in in_test]
    later = in_test | {words[i] for i in kept_validation}
    kept_train = [i for i in train if words[i] not in later]

    duplicates = len(train) + len(validation) - len(kept_train) - len(kept_validation)
    parts = Split(*map(tweets.take, (kept_train, kept_validation, test)), empty, duplicates)
    for name, part in (("training", parts.train), ("validation", parts.validation)):
        check_classes(find(*NAMES) or FILE, part, 1, f"different {name} tweets")
    return parts


def wording(text: str) -> str:
    """What tells copies: a tweet's words, without links, accounts, case and punctuation."""
    cleaned = clean_tweet(text.casefold())
    return " ".join(re.findall(r"\w+", cleaned)) or cleaned


def check_classes(path: Path | str, tweets: Tweets, least: int, what: str = "tweets") -> None:
    """A UserError if there are fewer than `least` of `what` of one class."""
    for target in (0, 1):
        count = int((tweets.targets == target).sum())
        if count < least:
            raise UserError(
                f"{path}: found {count} {what} of class {target}, but a stratified split into "
                f"three parts needs at least {SMALLEST_CLASS} different ones of each class: use "
                "the whole file."
            )


def source() -> DataSource:
    """Where the tweets come from; the file is looked for, not read through."""
    path = find(*NAMES)
    if path is None:
        return DataSource("stand-in", "tweets composed by code")
    shown = path.relative_to(data_folder()).as_posix()
    return DataSource("course", fingerprint(path), (shown,))


def read_course_file() -> tuple[Tweets, int]:
    """What `read` brings of the course's file; a UserError if that is gone, or not as expected."""
    path = find(*NAMES)
    if path is None:
        raise UserError(f"{data_folder() / FILE} is not there any more: put it back and try again.")
    return read(path)


def read(path: Path) -> tuple[Tweets, int]:
    """The tweets in a CSV file (or a zip with one in it), and how many without text were left out.

    It is a UserError if there are no such columns, a label is neither 0 nor 1, a line or the
    encoding is broken, or there are too few tweets of one class.
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
            written = row[label_column].strip()
            label = LABELS.get(written)
            if label is None:
                raise UserError(
                    f"{path}, line {lines.line_num}: found the label "
                    f"'{written and plain(written)}', expected 0 or 1: correct that line, or "
                    "download the file again."
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
    check_classes(path, tweets, SMALLEST_CLASS)
    return tweets, empty


def _columns(path: Path, header: list[str]) -> tuple[int, int, int]:
    names = [name.strip().casefold() for name in header]
    for text, label in COLUMNS:
        if text in names and label in names:
            return names.index(text), names.index(label), len(names)
    found = plain(", ".join(header)) if header else "(none)"
    remedy = "rename them"
    if not header:
        remedy = "the file is empty, so download it again"
    elif len(header) == 1 and any(mark in header[0] for mark in ";\t"):
        remedy = "save the table with commas between the columns"
    raise UserError(
        f"{path}: found the columns {found}, expected "
        f"{' or '.join(','.join(pair) for pair in COLUMNS)} in the first line: {remedy}."
    )


def _text(path: Path) -> str:
    try:
        text = _content(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise UserError(
            f"{path}, line {line}: found bytes that are not UTF-8 (byte {error.start}): "
            "save the file as UTF-8, or download it again."
        ) from error
    if "\0" in text:
        raise UserError(f"{path}: found NUL characters, expected text: download the file again.")
    return text


def _content(path: Path) -> bytes:
    """The file itself, or the one CSV file in a zip, read in memory and never written anywhere."""
    if path.suffix.casefold() != ".zip":
        return read_file(path, LIMITS.file)
    with opened(path, LIMITS) as files:
        tables = [name for name in files.names if name.casefold().endswith(".csv")]
        if len(tables) != 1:
            raise UserError(
                f"{path}: found {len(tables)} CSV files inside, expected {FILE} alone: "
                f"unpack it and put {FILE} in the data folder."
            )
        return files.read(tables[0])


def subset(tweets: Tweets, size: int) -> Tweets:
    """The first tweets of each class, `size` in all, in the proportion of the classes."""
    if size >= len(tweets):
        return tweets
    kept: list[int] = []
    for target in (0, 1):
        members = np.flatnonzero(tweets.targets == target)
        wanted = max(SMALLEST_CLASS, round(size * len(members) / len(tweets)))
        kept += list(members[:wanted])
    return tweets.take(sorted(kept))


def download(folder: Path, url: str = URL, sha256: str = SHA256) -> Path:
    """Fetch the public file of tweets into `folder`, checked, and return where it is.

    It is a UserError if the network cannot be had, or something else came, or is there already.
    """
    target = folder / FILE
    if target.is_file():
        if hashlib.sha256(target.read_bytes()).hexdigest() == sha256:
            return target
        raise UserError(
            f"{target} is there already but is not the public file (its checksum differs): "
            "move it away first if you want the public one."
        )
    try:
        content = fetch.download(url, sha256, DOWNLOAD_SECONDS, LIMITS.file)
    except fetch.Unreachable as error:
        raise UserError(
            f"{FILE} could not be fetched ({error}), so nothing was written: connect to the "
            f"network and try again, or put the file into {folder} by hand "
            "(github.com/LCS2-IIITD/LESA-EACL-2021, folder data)."
        ) from error
    write_bytes(target, content)
    return target
