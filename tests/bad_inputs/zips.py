"""Zips: of photographs, of sequences, of tweets."""

import io
import os
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

from tests.bad_inputs import good
from tests.bad_inputs.case import SEQUENCES, TWEETS, WINDOWS, Bad, Home

TRAIN, TEST = "windows_train_set.zip", "windows_test_set.zip"
FOUR = "homework5_question2_data.zip"
AGAIN = "download it again"
LOCAL, CENTRAL = b"PK\x03\x04", b"PK\x01\x02"


def photographs(change: Callable[[dict[str, bytes]], dict[str, bytes]]):
    """The training set with its names or contents changed."""
    plain = dict.fromkeys(good.training_set(2), b"x")
    return lambda home: good.windows(home, change(plain))


def bytes_of(name: str, change: Callable[[bytes], bytes]):
    """A good zip whose bytes are changed."""

    def make(home: Home) -> None:
        good.windows(home)
        good.zipped(home.data / FOUR, good.sequences())
        good.zipped(home.data / "Twitter.zip", {"Twitter.csv": good.table(good.rows())})
        path = home.data / name
        path.write_bytes(change(path.read_bytes()))

    return make


def with_entry(name: str, content: bytes = b"x"):
    return photographs(lambda files: {**files, name: content})


def with_link(home: Home) -> None:
    path = good.windows(home)
    with zipfile.ZipFile(path, "a") as archive:
        entry = zipfile.ZipInfo("train_set/Bay/link.jpg")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, "/etc/passwd")


def flagged(content: bytes) -> bytes:
    """Every entry said to be encrypted."""
    return _in_headers(content, 6, 8, b"\x01\x00")


def packed_unknown(content: bytes) -> bytes:
    """Every entry said to be packed by a method that nobody knows."""
    return _in_headers(content, 8, 10, b"\x61\x00")


def grown(content: bytes) -> bytes:
    """Every entry said to unpack to 4 GiB."""
    return _in_headers(content, 22, 24, b"\xfe\xff\xff\xff")


def _in_headers(content: bytes, local: int, central: int, value: bytes) -> bytes:
    changed = bytearray(content)
    for signature, offset in ((LOCAL, local), (CENTRAL, central)):
        at = changed.find(signature)
        while at >= 0:
            changed[at + offset : at + offset + len(value)] = value
            at = changed.find(signature, at + 4)
    return bytes(changed)


def scrambled(content: bytes) -> bytes:
    """The contents overwritten, the names left alone."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        first = archive.infolist()[0]
    begin = first.header_offset + 30 + len(first.filename)
    junk = b"\xff" * min(400, first.compress_size)
    return content[:begin] + junk + content[begin + len(junk) :]


def bomb(path: Path, name: str, size: int) -> None:
    """A zip with one entry of zeros."""
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open(name, "w") as stream,
    ):
        for _ in range(size // 2**20):
            stream.write(bytes(2**20))


def packed(path: Path, method: int) -> None:
    """A good table, packed in another way."""
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("Twitter.csv", good.table(good.rows()))


def only_test_set(home: Home) -> None:
    good.windows(home).unlink()


def four(files: dict[str, bytes | None] | None = None, prefix: str = ""):
    """The zip of problem 2 with some files in another way; None leaves one out."""

    def make(home: Home) -> None:
        inside = {**good.sequences(), **(files or {})}
        good.zipped(
            home.data / FOUR,
            {prefix + name: content for name, content in inside.items() if content is not None},
        )

    return make


def tweets(files: dict[str, bytes]):
    return lambda home: good.zipped(home.data / "Twitter.zip", files)


def no_zip(name: str, content: bytes):
    def make(home: Home) -> None:
        good.windows(home)
        (home.data / name).write_bytes(content)

    return make


LEAVES = "would leave the folder"
FIVE = "expected five folders of photographs"
CASES = (
    Bad("an entry ../", with_entry("../evil.jpg"), TRAIN, "'../evil.jpg'", LEAVES, AGAIN, WINDOWS),
    Bad(
        "an entry ../ further in",
        with_entry("train_set/Bay/../../../evil.jpg"),
        *(TRAIN, "evil.jpg'", LEAVES, AGAIN, WINDOWS),
    ),
    Bad(
        "an absolute entry",
        with_entry("/tmp/evil.jpg"),
        *(TRAIN, "'/tmp/evil.jpg'", LEAVES, AGAIN, WINDOWS),
    ),
    Bad(
        "an entry ..\\",
        with_entry("..\\..\\evil.jpg"),
        *(TRAIN, "evil.jpg'", LEAVES, AGAIN, WINDOWS),
    ),
    Bad(
        "an entry on another drive",
        with_entry("C:\\evil.jpg"),
        *(TRAIN, "evil.jpg'", LEAVES, AGAIN, WINDOWS),
    ),
    Bad(
        "a link to a file of the system",
        with_link,
        *(TRAIN, "symbolic link", "files are expected", AGAIN, WINDOWS),
    ),
    Bad(
        "a bomb among the photographs",
        with_entry("train_set/Bay/bomb.jpg", bytes(8 * 2**20)),
        *(TRAIN, "zip bomb at 'train_set/Bay/bomb.jpg'", "at most 64 MiB a file", AGAIN, WINDOWS),
    ),
    Bad(
        "an encrypted zip",
        bytes_of(TRAIN, flagged),
        *(TRAIN, "is encrypted", "without a password was expected", "unpack it", WINDOWS),
    ),
    Bad(
        "cut short",
        bytes_of(TRAIN, lambda content: content[: len(content) // 2]),
        *(TRAIN, "not a zip file", "a whole zip file was expected", AGAIN, WINDOWS),
    ),
    Bad(
        "empty",
        no_zip(TRAIN, b""),
        *(TRAIN, "not a zip file", "a whole zip file was expected", AGAIN, WINDOWS),
    ),
    Bad(
        "the page of a log-in",
        no_zip(TEST, b"<!DOCTYPE html><title>Log in</title>"),
        *(TEST, "not a zip file", "a whole zip file was expected", AGAIN, WINDOWS),
    ),
    Bad(
        "a class missing",
        photographs(lambda f: {k: v for k, v in f.items() if "/Bay/" not in k}),
        *(TRAIN, "4 of the five classes, not for Bay", FIVE, AGAIN, WINDOWS),
    ),
    Bad(
        "a sixth class",
        with_entry("train_set/Casement/1.jpg"),
        *(TRAIN, "1 photographs in 'Casement'", FIVE, AGAIN, WINDOWS),
    ),
    Bad(
        "a class misspelt",
        photographs(lambda f: {k.replace("/Bay/", "/Bya/"): v for k, v in f.items()}),
        *(TRAIN, "2 photographs in 'Bya'", FIVE, "put right what was moved", WINDOWS),
    ),
    Bad(
        "no photographs",
        photographs(lambda f: {"readme.txt": b"words"}),
        *(TRAIN, "no photographs among 1 files", FIVE, AGAIN, WINDOWS),
    ),
    Bad(
        "a zip in the zip",
        photographs(lambda f: {"train_set.zip": b"PK"}),
        *(TRAIN, "no photographs among 1 files", FIVE, AGAIN, WINDOWS),
    ),
    Bad(
        "nothing in it",
        photographs(lambda f: {}),
        *(TRAIN, "no photographs and no other files", FIVE, AGAIN, WINDOWS),
    ),
    Bad(
        "a test set without a training set",
        only_test_set,
        *(TEST, f"{TRAIN} is not", "put both into", "take both away", WINDOWS),
    ),
    Bad(
        "a test set of two kinds",
        lambda home: good.windows(home, test={**good.test_set(), "test_set/7.jpg": b"x"}),
        *(TEST, "beside the class folders", FIVE, AGAIN, WINDOWS),
    ),
    Bad(
        "photographs in a folder named as a zip",
        lambda home: good.in_folder(home.data, {f"{TRAIN}/x/1.jpg": b"x", f"{TEST}/1.jpg": b"x"}),
        *(TRAIN, "1 photographs in 'x'", FIVE, AGAIN, WINDOWS),
    ),
    Bad(
        "four files, one entry ../",
        four(prefix="../"),
        *(FOUR, "'../X_train.npy'", LEAVES, AGAIN, SEQUENCES),
    ),
    Bad(
        "four files, one missing",
        four({"y_test.npy": None}),
        *(FOUR, "lacks y_test.npy", "were expected", "put the missing files", SEQUENCES),
    ),
    Bad(
        "four files, encrypted",
        bytes_of(FOUR, flagged),
        *(FOUR, "is encrypted", "without a password was expected", "unpack it", SEQUENCES),
    ),
    Bad(
        "four files, packed in an unknown way",
        bytes_of(FOUR, packed_unknown),
        *(FOUR, "an unusual way", "stored or deflated was expected", "unpack it", SEQUENCES),
    ),
    Bad(
        "four files, contents overwritten",
        bytes_of(FOUR, scrambled),
        *(f"{FOUR}/X_train.npy", "damaged in the zip", "a readable file", AGAIN, SEQUENCES),
    ),
    Bad(
        "four files, cut short",
        bytes_of(FOUR, lambda content: content[:-100]),
        *(FOUR, "not a zip file", "a whole zip file was expected", AGAIN, SEQUENCES),
    ),
    Bad(
        "four files that say they are 4 GiB each",
        bytes_of(FOUR, grown),
        *(FOUR, "looks like a zip bomb", "at most 512 MiB a file", AGAIN[:8], SEQUENCES),
    ),
    Bad(
        "tweets, a zip without a table",
        tweets({"readme.txt": b"words"}),
        *("Twitter.zip", "found 0 CSV files", "expected Twitter.csv", "unpack it", TWEETS),
    ),
    Bad(
        "tweets, a zip with two tables",
        tweets({"a.csv": b"", "b.csv": b""}),
        *("Twitter.zip", "found 2 CSV files", "expected Twitter.csv", "unpack it", TWEETS),
    ),
    Bad(
        "tweets, an entry ../",
        tweets({"../Twitter.csv": good.table(good.rows())}),
        *("Twitter.zip", "'../Twitter.csv'", LEAVES, AGAIN, TWEETS),
    ),
    Bad(
        "tweets, a bomb",
        lambda home: bomb(home.data / "Twitter.zip", "Twitter.csv", 201 * 2**20),
        *("Twitter.zip", "a zip bomb at 'Twitter.csv'", "at most 64 MiB a file", AGAIN, TWEETS),
    ),
    Bad(
        "tweets, encrypted",
        bytes_of("Twitter.zip", flagged),
        *("Twitter.zip", "is encrypted", "without a password was expected", "unpack it", TWEETS),
    ),
    Bad(
        "tweets, contents overwritten",
        bytes_of("Twitter.zip", scrambled),
        *("Twitter.zip", "invalid", "a readable file was expected", AGAIN, TWEETS),
    ),
    Bad(
        "tweets, packed so that Python unpacks all at once",
        lambda home: packed(home.data / "Twitter.zip", zipfile.ZIP_BZIP2),
        *("Twitter.zip", "an unusual way", "stored or deflated was expected", "unpack it", TWEETS),
    ),
    Bad(
        "tweets, a zip that is a pipe",
        lambda home: os.mkfifo(home.data / "Twitter.zip"),
        *("Twitter.zip", "not a regular file", "a whole zip file was expected", AGAIN, TWEETS),
    ),
    Bad(
        "tweets, no zip",
        no_zip("Twitter.zip", b"tweet_text,claim\n"),
        *("Twitter.zip", "not a zip file", "a whole zip file was expected", AGAIN, TWEETS),
    ),
)
