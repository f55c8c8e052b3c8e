"""Readers of files from elsewhere, and ways to spoil a good file, for what holds for any.

Whatever bytes a reader is given, it ends in a result or in a `UserError`, starts no program,
connects to nothing, and writes nowhere but into the store.
"""

import io
import os
import struct
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hw4.foundation import archive
from hw4.foundation.errors import UserError
from hw4.sequences import arrays
from hw4.sequences import data as sequences
from hw4.sequences.result import EXPERIMENT
from hw4.submission.press import read
from hw4.tweets import data as tweets
from hw4.windows import data as windows
from hw4.windows import images
from tests.bad_inputs import good
from tests.bad_inputs.watch import watch

SIDE = 32
"""Pixels that photographs are squeezed to."""


Read = Callable[[bytes, Path], object]
"""Reads bytes as the program does; may use a folder, with `HW4_DATA` and `HW4_STORE`."""


@dataclass(frozen=True)
class Reader:
    """One way into the program, and good files to spoil."""

    bases: tuple[bytes, ...]
    read: Read


@dataclass(frozen=True)
class Edit:
    """One change to a file: what is done, where (taken modulo the length), and with what."""

    kind: str
    place: int
    value: bytes


NUMBERS = tuple(
    struct.pack(form, value)
    for form, values in {
        "<B": (0, 127, 128, 255),
        "<H": (0, 1, 0x7FFF, 0xFFFF),
        "<I": (0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF),
        "<Q": (0, 1 << 32, (1 << 63) - 1, (1 << 64) - 1),
    }.items()
    for value in values
)
"""Values at which arithmetic goes wrong, as files hold them."""
WORDS = (
    *(b"\n", b"\r\n", b"\0", b'"', b"'", b"`", b"```", b"---\n", b"{{<", b">}}", b"#|"),
    *(b"\xff\xfe", b"\xef\xbb\xbf", b"../", b"/", b"\\", b"C:", b"1e999", b"nan", b"-1", b"[" * 99),
    *(b"cos\nsystem\n", b"\x8c\x05posix\x8c\x06system\x93", b"R.", b"\x81", b"\x94" * 50),
    *(b"`{python}", b"}", b"("),
)
"""Pieces that mean something to one of the readers."""
KINDS = ("flip", "cut", "drop", "insert", "overwrite", "repeat", "splice", "number", "word")


def spoil(content: bytes, edits: Sequence[Edit], other: bytes = b"") -> bytes:
    """The content with the edits made, one after the other; `splice` takes its end from `other`."""
    for edit in edits:
        at = edit.place % (len(content) + 1)
        value, size = edit.value, len(edit.value)
        head, tail = content[:at], content[at:]
        which = value[0] if value else 0
        match edit.kind:
            case "flip" if tail:
                content = head + bytes([tail[0] ^ 1 << which % 8]) + tail[1:]
            case "cut":
                content = head
            case "drop":
                content = head + tail[1 + which * which :]
            case "insert":
                content = head + value + tail
            case "overwrite":
                content = head + value + tail[size:]
            case "repeat":
                content = head + tail[: 1 + which] * 2 + tail[1 + which :]
            case "splice":
                content = head + other[at % (len(other) + 1) :]
            case "number":
                number = NUMBERS[which % len(NUMBERS)]
                content = head + number + tail[len(number) :]
            case "word":
                content = head + WORDS[which % len(WORDS)] + tail
    return content


def attempt(reader: Reader, content: bytes, folder: Path) -> str:
    """Let a reader read; what came of it: `read` or `refused`.

    Raises:
        AssertionError: it did something it must not, or its sentence is none.
        Exception: anything else than a `UserError`.
    """
    with watch() as seen:
        try:
            reader.read(content, folder)
            outcome = "read"
        except UserError as error:
            outcome = "refused"
            said = str(error)
    assert not seen.started and not seen.connected, (seen.started, seen.connected)
    assert all(path.is_relative_to(folder) for path in seen.changed), seen.changed
    if outcome == "refused":
        assert said[-1] in ".?" and said.replace("\t", " ").isprintable(), repr(said)
    return outcome


@contextmanager
def folders(folder: Path):
    """A data folder and a store in `folder`, for readers that look for files themselves."""
    (folder / "data").mkdir(exist_ok=True)
    before = {name: os.environ.get(name) for name in ("HW4_DATA", "HW4_STORE")}
    os.environ |= {"HW4_DATA": str(folder / "data"), "HW4_STORE": str(folder / "store")}
    try:
        yield folder
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


def _array(content: bytes, _: Path) -> None:
    found = arrays.read_array(content, "X_train.npy")
    items = list(found) if found.dtype == object else [found]
    assert all(isinstance(item, np.ndarray) and item.dtype.kind in "fiub" for item in items)


def _one_of_four(name: str) -> Read:
    def read_four(content: bytes, folder: Path) -> None:
        good.in_folder(folder / "data", {**good.sequences(), name: content})
        EXPERIMENT.check(sequences.source())

    return read_four


def _four_files(content: bytes, folder: Path) -> None:
    (folder / "data" / "homework5_question2_data.zip").write_bytes(content)
    EXPERIMENT.check(sequences.source())


def _photographs(content: bytes, folder: Path) -> None:
    path = folder / "windows_train_set.zip"
    path.write_bytes(content)
    with archive.opened(path, windows.LIMITS) as opened:
        names = list(windows.layout(opened, "train"))
        for _, pixels, _, reason in images.read_files(names, opened.read, SIDE):
            assert reason or pixels.shape == (SIDE, SIDE, 3)


def _photograph(content: bytes, _: Path) -> None:
    assert images.decode(content, SIDE).shape == (SIDE, SIDE, 3)


def _tweets(name: str) -> Read:
    def read_tweets(content: bytes, folder: Path) -> None:
        (folder / name).write_bytes(content)
        tweets.read(folder / name)

    return read_tweets


def _of_a_project(name: str) -> Read:
    def read_project(content: bytes, folder: Path) -> None:
        files = {"_quarto.yml": b"", "submission.qmd": b"text\n", name: content}
        for file, inside in files.items():
            (folder / file).write_bytes(inside)
        read(folder / "submission.qmd")

    return read_project


def _zip(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    good.zipped(stream, files)
    return stream.getvalue()


def _saved(kind: str) -> bytes:
    from PIL import Image

    stream = io.BytesIO()
    with Image.open(io.BytesIO(good.photograph(0, 0))) as image:
        image.save(stream, kind)
    return stream.getvalue()


_DOCUMENT = b"""---
title: Homework
date: 2025-10-09
---

# One {#sec-one}

It is `{python} 1 + 1`, see @fig-x.

{{< pagebreak >}}

```{python}
#| label: fig-x
#| fig-cap: Words.
1 + 1
```

::: {.callout-note title="x"}
$$ x $$ {#eq-x alt="x"}
:::

````markdown
```{r}
````
"""
_SETTINGS = b"""project:
  type: default
  render: [report/submission.qmd]
  pre-render: [src/hw4/__main__.py train]
lang: en
date: 2025-10-09
author: [A, {name: B}]
execute: {echo: false, warning: false}
format:
  typst:
    pdf-standard: ua-1
"""
_FOUR = good.sequences()
_TABLE = good.table(good.rows())
_LINES = b"text,label\r\n" + b'"two\r\nlines",1\r\n' * 9 + b"a,0\r\nb,0\r\n" * 9
_IMAGES = tuple(map(_saved, ("JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF")))
READERS = {
    "arrays": Reader(
        (
            good.npy(good.objects(good.ragged(4))),
            good.npy(np.arange(24.0).reshape(12, 2)),
            good.npy(np.asfortranarray(np.arange(6, dtype=">i2").reshape(2, 3))),
        ),
        _array,
    ),
    "inputs": Reader(
        (_FOUR["X_train.npy"], good.npy(np.ones((24, 5, 10), "f4"))), _one_of_four("X_train.npy")
    ),
    "targets": Reader((_FOUR["y_train.npy"], good.npy(np.arange(24))), _one_of_four("y_train.npy")),
    "zips of sequences": Reader((_zip(_FOUR),), _four_files),
    "zips of photographs": Reader((_zip(good.training_set(1)),), _photographs),
    "zips of tweets": Reader((_zip({"Twitter.csv": _TABLE}),), _tweets("Twitter.zip")),
    "tables": Reader((_TABLE, _LINES), _tweets("Twitter.csv")),
    "photographs": Reader(_IMAGES, _photograph),
    "documents": Reader((_DOCUMENT,), _of_a_project("submission.qmd")),
    "settings": Reader((_SETTINGS,), _of_a_project("_quarto.yml")),
    "environments": Reader(
        (b"# settings\nHW4_NEW='a b'\n\nPATH=/tmp\n",), _of_a_project("_environment")
    ),
}
