"""Good inputs, small and made by code: what each case spoils in one place."""

import csv
import io
import shutil
import zipfile
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

from hw4.foundation.places import ROOT
from hw4.windows.data import FOLDER_NAMES
from tests.bad_inputs.case import Home

CONFIG = """\
project:
  render: [report/submission.qmd]
execute:
  echo: false
format:
  typst:
    pdf-standard: ua-1
    template-partials:
      - report/look/typst-template.typ
      - report/look/typst-show.typ
      - report/look/pieces.typ
      - report/look/code-window.typ
filters:
  - report/look/callouts.lua
  - report/look/code-window.lua
  - report/look/math.lua
"""
RUBRIC = """\
- number: 2
  title: Sequences
  experiment: sequences
  section: sec-sequences
  items:
    - number: "1"
      title: vanilla RNN
      points: 4
      section: sec-sequences-vanilla
      code: [hw4.sequences.model.VanillaRNN]
"""
RESULTS = '{"build": {"profile": "full"}, "sequences": {"source": "course", "test_mse": 1e-4}}'


@cache
def photograph(label: int, number: int) -> bytes:
    """A JPEG of noise that is like no other."""
    noise = np.random.default_rng([label, number]).integers(0, 256, (48, 48, 3), np.uint8)
    stream = io.BytesIO()
    Image.fromarray(noise).resize((96, 96)).save(stream, "JPEG", quality=90)
    return stream.getvalue()


def training_set(each: int = 9) -> dict[str, bytes]:
    """Names and contents in the course's layout."""
    return {
        f"train_set/{name}/{number}.jpg": photograph(label, number)
        for label, name in enumerate(FOLDER_NAMES)
        for number in range(each)
    }


def test_set() -> dict[str, bytes]:
    """A labelled test set."""
    return {
        f"test_set/{name}/{label}.jpg": photograph(label, 1000)
        for label, name in enumerate(FOLDER_NAMES)
    }


def zipped(path: Path | io.BytesIO, files: dict[str, bytes]) -> Path | io.BytesIO:
    """A zip with these files."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def windows(
    home: Home, train: dict[str, bytes] | None = None, test: dict[str, bytes] | None = None
) -> Path:
    """Both zips of problem 1; where the training set's is."""
    zipped(home.data / "windows_test_set.zip", test_set() if test is None else test)
    return zipped(home.data / "windows_train_set.zip", training_set() if train is None else train)


def npy(array: object) -> bytes:
    """An array as `numpy.save` writes it, pickled if it holds objects."""
    stream = io.BytesIO()
    np.save(stream, np.asarray(array), allow_pickle=True)
    return stream.getvalue()


def objects(items: list) -> np.ndarray:
    """A one-dimensional array of objects."""
    array = np.empty(len(items), dtype=object)
    array[:] = items
    return array


def ragged(count: int = 24, features: int = 10) -> list[np.ndarray]:
    """Sequences of 5 to 20 steps."""
    random = np.random.default_rng(count)
    return [random.random((5 + n % 16, features)).astype("f4") for n in range(count)]


@cache
def sequences() -> dict[str, bytes]:
    """The four files of problem 2."""
    values = np.random.default_rng(1).random((24, 1))
    inputs, targets = npy(objects(ragged())), npy(values)
    return {
        "X_train.npy": inputs,
        "y_train.npy": targets,
        "X_test.npy": inputs,
        "y_test.npy": targets,
    }


def in_folder(folder: Path, files: dict[str, bytes | None]) -> None:
    """Write these files; None leaves one out."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        if content is not None:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)


def rows(ones: int = 30, zeros: int = 20) -> list[tuple[str, str]]:
    """Tweets with their labels."""
    words = ("fever", "garlic, raw", 'the "cure"', "tea 🍵", "vaccine")
    return [
        (f"{words[n % 5]} number {n} of {label}", label)
        for label, count in (("1", ones), ("0", zeros))
        for n in range(count)
    ]


def table(lines: list[tuple[str, ...]], header=("tweet_text", "claim"), **dialect: str) -> bytes:
    """A CSV file."""
    stream = io.StringIO()
    csv.writer(stream, **dialect).writerows([header, *lines])
    return stream.getvalue().encode()


def project(home: Home, body: str | bytes = "Nothing but prose.\n", config: str = CONFIG) -> None:
    """A project whose one document has this body, to be rendered by the press."""
    home.document.parent.mkdir(parents=True)
    shutil.copytree(ROOT / "report" / "look", home.document.parent / "look")
    (home.project / "_quarto.yml").write_text(config, encoding="utf-8")
    if isinstance(body, str):
        body = f"---\ntitle: Homework\n---\n\n{body}".encode()
    home.document.write_bytes(body)


@cache
def _page() -> bytes:
    import typst

    words = "The network reads a sequence step by step and keeps a state. " * 6
    source = f"""#set document(title: "Homework")
= Homework
{words}
== Problem 2 <sec-sequences>
=== Task 1 <sec-sequences-vanilla>
{words}
"""
    return typst.compile(source.encode(), ignore_system_fonts=True)


def submission(
    home: Home, rubric: str | bytes = RUBRIC, results: str = RESULTS, header: str = ""
) -> None:
    """A PDF, its results, the rubric it is checked against, and a document with this header."""
    (home.output / "report" / "submission.pdf").write_bytes(_page())
    (home.output / "results.json").write_text(results, encoding="utf-8")
    home.rubric.parent.mkdir(parents=True)
    home.rubric.write_bytes(rubric if isinstance(rubric, bytes) else rubric.encode())
    home.document.write_text(f"---\ntitle: Homework\n{header}---\n\nProse.\n", encoding="utf-8")
