"""Photographs as pixels: decoded and resized once, kept in a memory-mapped file of bytes."""

import hashlib
import io
import json
import os
import shutil
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from hw4.foundation.archive import BadFile
from hw4.foundation.places import store_folder
from hw4.foundation.store import new_folder, write_text

MAX_PIXELS = 120_000_000
"""Pixels that a photograph may have; more is a decompression bomb or a panorama."""
MIN_SIDE = 8
FORMATS = ("JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF")
"""What is read, whatever a file is named. Pillow knows more, and for some starts other programs:
it hands PostScript, which is a program itself, to Ghostscript."""
CHUNK = 256
KEPT_STORES = 4
PIXELS, INDEX = "pixels.u8", "index.json"

# What Pillow warns of is of no consequence, and what it would refuse is refused by `decode`, with a
# reason that `Store.bad` lists; so the terminal stays clear.
warnings.filterwarnings("ignore", module="PIL")
Image.MAX_IMAGE_PIXELS = None


@dataclass(frozen=True)
class Store:
    """Photographs of one size.

    Attributes:
        pixels: `(photographs, size, size, 3)` uint8, mapped from the disk.
        hashes: sha256 of each file's contents.
        bad: name and reason of each file that was left out.
    """

    pixels: np.ndarray
    names: tuple[str, ...]
    hashes: tuple[str, ...]
    bad: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Photographs:
    """Some photographs of a store: `rows` (n,) in it, and their classes `targets` (n,)."""

    store: Store
    rows: np.ndarray
    targets: np.ndarray

    @classmethod
    def all_of(cls, store: Store, targets: Sequence[int]) -> "Photographs":
        return cls(store, np.arange(len(store.names)), np.asarray(targets, np.int64))

    def __len__(self) -> int:
        return len(self.rows)

    def __add__(self, other: "Photographs") -> "Photographs":
        """These and others of the same store."""
        rows = np.concatenate([self.rows, other.rows])
        return Photographs(self.store, rows, np.concatenate([self.targets, other.targets]))

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.store.names[row] for row in self.rows)

    def images(self, idx: np.ndarray) -> np.ndarray:
        """Bytes of some of them, `(len(idx), size, size, 3)`."""
        return np.ascontiguousarray(self.store.pixels[self.rows[idx]])

    def subset(self, idx: np.ndarray) -> "Photographs":
        return Photographs(self.store, self.rows[idx], self.targets[idx])


def decode(content: bytes, size: int) -> np.ndarray:
    """The photograph in `content` as `(size, size, 3)` uint8 RGB.

    Turned upright after its EXIF tag; CMYK, palette, grey, 16 bit and transparent ones are
    converted (what is transparent becomes white). The whole picture is kept and squeezed to a
    square, as a window's frame may touch any edge.

    It is a BadFile if it is no image, cut short, or of an absurd size.
    """
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            width, height = image.size
            if width * height > MAX_PIXELS or min(width, height) < MIN_SIDE:
                raise BadFile("image", f"{width} × {height} pixels")
            # A large JPEG is decoded at a half, quarter or eighth, never below the wanted size.
            image.draft(None, (size, size))
            image.load()
            upright = _as_rgb(ImageOps.exif_transpose(image))
            small = upright.resize((size, size), Image.Resampling.BICUBIC, reducing_gap=2.0)
            return np.asarray(small)
    except BadFile:
        raise
    except Image.UnidentifiedImageError as error:
        raise BadFile("image", "not an image" if content else "empty") from error
    except Exception as error:  # Pillow's decoders raise OSError, SyntaxError, struct.error, …
        raise BadFile("image", f"damaged ({error})") from error


def _as_rgb(image: Image.Image) -> Image.Image:
    if image.mode == "RGB":
        return image
    if image.mode.startswith("I") or image.mode == "F":
        top = 65535.0 if image.getextrema()[1] > 255 else 255.0
        # As bytes at once: 120 million pixels as floats are a gigabyte, for every thread.
        values = np.asarray(image.convert("F") if image.mode != "F" else image)
        values = np.clip(values, 0, top) * np.float32(255 / top)
        return Image.fromarray(values.astype(np.uint8)).convert("RGB")
    if "A" in image.getbands() or "transparency" in image.info:
        see_through = image.convert("RGBA")
        white = Image.new("RGBA", see_through.size, "white")
        return Image.alpha_composite(white, see_through).convert("RGB")
    return image.convert("RGB")


def read_files(names: Iterable[str], read: Callable[[str], bytes], size: int):
    """Decode files on all cores, in order: yields `(name, pixels | None, sha256, reason)`.

    Memory stays flat: only `CHUNK` photographs are held at a time.
    """

    def one(name: str):
        try:
            content = read(name)
            return name, decode(content, size), hashlib.sha256(content).hexdigest(), ""
        except BadFile as error:
            return name, None, "", error.reason

    waiting = iter(names)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        while chunk := list(islice(waiting, CHUNK)):
            yield from pool.map(one, chunk)


def stored(key: str, size: int, items: Iterator[tuple]) -> Store:
    """The store named `key`, or a new one of what `items` yields (see `read_files`).

    By hand and not an `Entry`, as only a file of bytes can be written piece by piece and mapped.
    The stores used last are kept.
    """
    folder = store_folder() / "windows" / "images" / key[:32]
    if not folder.is_dir():
        with new_folder(folder) as part:
            _write(part, items)
        stores = sorted(folder.parent.glob("[!.]*"), key=os.path.getmtime)
        for old in stores[:-KEPT_STORES]:
            shutil.rmtree(old, ignore_errors=True)
    os.utime(folder)

    index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
    names, hashes, bad = (tuple(index[key]) for key in ("names", "hashes", "bad"))
    shape = (len(names), size, size, 3)
    pixels = np.memmap(folder / PIXELS, np.uint8, "r", shape=shape) if names else np.empty(shape)
    return Store(pixels, names, hashes, tuple(map(tuple, bad)))


def _write(folder: Path, items: Iterator[tuple]) -> None:
    names, hashes, bad = [], [], []
    with (folder / PIXELS).open("wb") as file:
        for name, pixels, digest, reason in items:
            if pixels is None:
                bad.append((name, reason))
            else:
                file.write(np.ascontiguousarray(pixels).data)
                names.append(name)
                hashes.append(digest)
    # JSON in ASCII keeps names that are no valid Unicode as they are.
    write_text(folder / INDEX, json.dumps({"names": names, "hashes": hashes, "bad": bad}))
