"""Photographs that are none, in zips and folders that are well laid out."""

import io
import struct
import zlib
from collections.abc import Callable

from PIL import Image

from hw4.windows.data import FOLDER_NAMES
from tests.bad_inputs import good
from tests.bad_inputs.case import WINDOWS, Bad, Home

TRAIN, TEST = "windows_train_set.zip", "windows_test_set.zip"
HANDFUL = "a handful at most is expected"
AGAIN = "download it again"


def every(content: bytes):
    """A training set of nothing but this."""
    return lambda home: good.windows(home, dict.fromkeys(good.training_set(2), content))


def png(width: int, height: int) -> bytes:
    """The beginning of a PNG that says it is so large."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    chunk = struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    return b"\x89PNG\r\n\x1a\n" + chunk + b"\0\0\0\0IDAT" + struct.pack(">I", zlib.crc32(b"IDAT"))


def sliver() -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (400, 3)).save(stream, "PNG")
    return stream.getvalue()


def many_bad(home: Home) -> None:
    bad = {f"train_set/Bay/cut{n}.jpg": good.photograph(1, n)[:300] for n in range(25)}
    good.windows(home, good.training_set() | bad)


def fewer(change: Callable[[dict[str, bytes]], dict[str, bytes]]):
    """A training set in which photographs are gone or the same."""
    return lambda home: good.windows(home, change(good.training_set()))


def one_each(files: dict[str, bytes]) -> dict[str, bytes]:
    """In each class copies of a single photograph."""
    return {name: files[name.rpartition("/")[0] + "/0.jpg"] for name in files}


def copies_of_the_test_set(home: Home) -> None:
    same = {
        name: good.test_set()[f"test_set/Bay/{FOLDER_NAMES.index('Bay')}.jpg"]
        for name in good.training_set()
        if "/Bay/" in name
    }
    good.windows(home, good.training_set() | same)


def linked(target: str):
    """Unpacked, with one photograph that is a link."""

    def make(home: Home) -> None:
        good.in_folder(home.data, good.training_set(2) | good.test_set())
        (home.folder / "secret.jpg").write_bytes(good.photograph(0, 7))
        (home.data / "train_set" / "Bay" / "link.jpg").symlink_to(target)

    return make


def links_to_themselves(home: Home) -> None:
    good.in_folder(home.data, good.training_set(2) | good.test_set())
    for path in (home.data / "train_set").rglob("*.jpg"):
        path.unlink()
        path.symlink_to(path.name)


def folders_as_photographs(home: Home) -> None:
    good.in_folder(home.data, good.test_set())
    for name in good.training_set(2):
        (home.data / name).mkdir(parents=True)


CASES = (
    Bad(
        "every one is text",
        every(b"This is not a photograph."),
        *(TRAIN, "10 of 10 files", HANDFUL, AGAIN, WINDOWS),
    ),
    Bad(
        "every one is empty",
        every(b""),
        *(TRAIN, "train_set/Awning/0.jpg: empty", HANDFUL, AGAIN, WINDOWS),
    ),
    Bad(
        "every one is cut short",
        every(good.photograph(0, 0)[:400]),
        *(TRAIN, "train_set/Awning/0.jpg: damaged", HANDFUL, AGAIN, WINDOWS),
    ),
    Bad(
        "every one is a decompression bomb",
        every(png(100_000, 100_000)),
        *(TRAIN, "pixels", HANDFUL, AGAIN, WINDOWS),
    ),
    Bad(
        "every one is a page of a log-in",
        every(b"<!DOCTYPE html><title>Log in</title>"),
        *(TRAIN, "not an image", HANDFUL, AGAIN, WINDOWS),
    ),
    Bad(
        "every one is a drawing in SVG",
        every(b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
        *(TRAIN, "not an image", HANDFUL, AGAIN, WINDOWS),
    ),
    Bad(
        "every one is a PostScript program",
        every(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 64 64\n%%EndComments\n(x) run\n"),
        *(TRAIN, "train_set/Awning/0.jpg", HANDFUL, AGAIN, WINDOWS),
    ),
    Bad(
        "every one is three pixels high",
        every(sliver()),
        *(TRAIN, "400 × 3 pixels", HANDFUL, AGAIN, WINDOWS),
    ),
    Bad(
        "more than a handful is damaged",
        many_bad,
        *(TRAIN, "25 of 70 files are no usable photographs", HANDFUL, AGAIN, WINDOWS),
    ),
    Bad(
        "a test set of nothing but text",
        lambda home: good.windows(home, test={"test_set/1.jpg": b"x", "test_set/2.jpg": b"y"}),
        *(TEST, "2 of 2 files", HANDFUL, AGAIN, WINDOWS),
    ),
    Bad(
        "one photograph of a class",
        fewer(lambda f: {k: v for k, v in f.items() if "/Hung/" not in k or "/1." in k}),
        *(TRAIN, "1 usable photographs of the class Hung", "at least 8", "add photographs"),
        WINDOWS,
    ),
    Bad(
        "a class of nothing but copies of a test photograph",
        copies_of_the_test_set,
        *(TRAIN, "0 usable photographs of the class Bay", "at least 8", "add photographs"),
        WINDOWS,
    ),
    Bad(
        "classes of nothing but copies of one photograph",
        fewer(one_each),
        *(TRAIN, "the class Awning", "at least 8 different", "add photographs", WINDOWS),
    ),
    Bad(
        "a link out of the folder",
        linked("../../../secret.jpg"),
        *("link.jpg", "leads out", "the file itself", "take the link away", WINDOWS),
    ),
    Bad(
        "every one is a link to itself",
        links_to_themselves,
        *("train_set", "10 of 10 files", HANDFUL, AGAIN, WINDOWS),
    ),
    Bad(
        "folders named as photographs",
        folders_as_photographs,
        *("train_set", "no photographs", "expected five folders", AGAIN, WINDOWS),
    ),
)
