"""Photographs of windows made by code, for a build without the course's files.

Each has its own random numbers, so the same seed brings the same pictures on any number of cores.
"""

import hashlib
import io
import os
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from hw4.foundation.source_code import code_fingerprint
from hw4.foundation.store import digest
from hw4.windows import images
from hw4.windows.data import FOLDER_NAMES, Photographs, PictureSet
from hw4.windows.drawing import FRAMES, TYPES, Color, Panel, shade

SHARES = (542, 390, 1094, 345, 1150)
"""Photographs of each class in the course's training set; the stand-in is as unbalanced."""
CANVAS = 256
ASPECTS = ((0.8, 1.8), (1.05, 1.8), (0.6, 1.7), (0.75, 1.8), (0.55, 1.3))
"""Width over height, from and to, for each class: they overlap, so that the outline says little."""
WALLS: tuple[Color, ...] = (
    (150, 84, 66),
    (178, 120, 92),
    (206, 198, 180),
    (184, 188, 190),
    (120, 134, 148),
    (196, 172, 120),
    (110, 116, 96),
    (226, 224, 216),
)

GLASS: tuple[Color, ...] = ((70, 92, 112), (120, 146, 168), (44, 50, 56), (98, 108, 104))
CONTRAST = 70
"""How much lighter or darker than its glass a frame is at least, added up over the colors."""


def labels(count: int, seed: int, role: str) -> np.ndarray:
    """The classes of `count` windows in random order, shared out like the course's."""
    exact = np.array(SHARES) * count / sum(SHARES)
    amounts = np.maximum(1, np.floor(exact).astype(int))
    amounts[np.argmax(exact - amounts)] += max(0, count - amounts.sum())
    rng = np.random.default_rng([seed, zlib.crc32(role.encode())])
    return rng.permutation(np.repeat(np.arange(len(SHARES)), amounts)).astype(np.int64)


def load(count: int, seed: int, size: int) -> tuple[PictureSet, PictureSet]:
    """A training set of `count` windows and a test set of a quarter as many."""
    sets = []
    for role, amount in (("train", count), ("test", count // 4)):
        targets = labels(amount, seed, role)
        key = digest("stand-in", role, amount, seed, size, code_fingerprint("hw4.windows.standin"))
        store = images.stored(key, size, draw_all(targets, seed, role, size))
        photographs = Photographs(store.pixels, np.arange(amount), targets, store.names)
        sets.append(PictureSet(photographs, store.hashes))
    return sets[0], sets[1]


def draw_all(of: np.ndarray, seed: int, role: str, size: int) -> Iterator[tuple]:
    """Windows of the classes `of`, as `images.read_files` yields photographs."""

    def one(place: int) -> tuple:
        rng = np.random.default_rng([seed, zlib.crc32(role.encode()), place])
        pixels = np.asarray(draw(int(of[place]), rng, size))
        name = f"{FOLDER_NAMES[of[place]]}/{place}.jpg"
        return name, pixels, hashlib.sha256(pixels.tobytes()).hexdigest(), ""

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from pool.map(one, range(len(of)))


def draw(label: int, rng: np.random.Generator, size: int) -> Image.Image:
    """One window of class `label` in its wall, `size` × `size` pixels RGB."""
    wall_color = shade(WALLS[rng.integers(len(WALLS))], rng.uniform(0.75, 1.15))
    canvas = Image.new("RGB", (CANVAS, CANVAS), wall_color)
    pen = ImageDraw.Draw(canvas)
    _wall(pen, rng, wall_color)
    aspect = rng.uniform(*ASPECTS[label])
    long = CANVAS * rng.uniform(0.6, 0.88) * (0.88 if label == 1 else 1.0)
    width, height = (long, long / aspect) if aspect > 1 else (long * aspect, long)
    x = (CANVAS - width) * rng.uniform(0.3, 0.7)
    y = (CANVAS - height) * rng.uniform(0.3, 0.7)
    glass = shade(GLASS[rng.integers(len(GLASS))], rng.uniform(0.7, 1.2))
    # A frame as dark as the pane would leave nothing to be seen of it.
    visible = [it for it in FRAMES if abs(sum(it) - sum(glass)) > CONTRAST]
    frame = shade(visible[rng.integers(len(visible))], rng.uniform(0.85, 1.08))
    _surround(pen, rng, (x, y, x + width, y + height), wall_color, frame)
    corners = ((x, y), (x + width, y), (x + width, y + height), (x, y + height))
    panel = Panel(pen, corners, rng, frame, glass, rng.uniform(0.045, 0.085))
    TYPES[label](panel)
    _in_front(pen, rng)
    return _photographed(canvas, rng, size)


def _wall(pen: ImageDraw.ImageDraw, rng: np.random.Generator, color: Color) -> None:
    kind = rng.integers(4)
    joint = shade(color, rng.uniform(0.75, 0.92))
    if kind == 0:  # bricks
        high = int(rng.integers(9, 16))
        for row, y in enumerate(range(-int(rng.integers(high)), CANVAS, high)):
            pen.line([(0, y), (CANVAS, y)], joint, 1)
            for x in range(-high * (row % 2), CANVAS, 2 * high):
                pen.line([(x, y), (x, y + high)], joint, 1)
                if rng.random() < 0.15:
                    pen.rectangle([x + 1, y + 1, x + 2 * high - 1, y + high - 1],
                                  shade(color, rng.uniform(0.85, 1.1)))  # fmt: skip
    elif kind == 1:  # boards
        high = int(rng.integers(12, 26))
        upright = rng.random() < 0.35
        for y in range(-int(rng.integers(high)), CANVAS, high):
            ends = [(y, 0), (y, CANVAS)] if upright else [(0, y), (CANVAS, y)]
            pen.line(ends, joint, 2)
    elif kind == 2:  # stones
        for _ in range(60):
            x, y = rng.uniform(0, CANVAS, 2)
            w, h = rng.uniform(14, 44), rng.uniform(8, 24)
            pen.rectangle([x, y, x + w, y + h], shade(color, rng.uniform(0.82, 1.12)), joint)


def _surround(pen, rng: np.random.Generator, box, wall: Color, frame: Color) -> None:
    """Trim, a sill, shutters: around windows of every type."""
    x0, y0, x1, y1 = box
    if rng.random() < 0.55:
        wide = rng.uniform(3, 12)
        trim = shade(frame if rng.random() < 0.5 else wall, rng.uniform(0.8, 1.25))
        pen.rectangle([x0 - wide, y0 - wide, x1 + wide, y1 + wide], trim, shade(trim, 0.7))
    if rng.random() < 0.5:
        deep = rng.uniform(4, 11)
        pen.rectangle([x0 - 8, y1, x1 + 8, y1 + deep], shade((200, 196, 188), rng.uniform(0.6, 1)))
        pen.line([(x0 - 8, y1 + deep), (x1 + 8, y1 + deep)], shade(wall, 0.5), 2)
    if rng.random() < 0.2:
        color = shade(FRAMES[rng.integers(len(FRAMES))], rng.uniform(0.6, 1.0))
        wide = (x1 - x0) * rng.uniform(0.2, 0.35)
        for left in (x0 - wide - 4, x1 + 4):
            pen.rectangle([left, y0, left + wide, y1], color, shade(color, 0.6))
            for slat in np.arange(y0 + 4, y1 - 3, 6):
                pen.line([(left + 3, slat), (left + wide - 3, slat)], shade(color, 0.75), 1)


def _in_front(pen: ImageDraw.ImageDraw, rng: np.random.Generator) -> None:
    """Leaves, twigs, a post or a cable between the camera and the window."""
    if rng.random() < 0.3:
        green = shade((70, 104, 52), rng.uniform(0.5, 1.2))
        center = rng.uniform(0, CANVAS), rng.choice([rng.uniform(0, 40), rng.uniform(205, 256)])
        for _ in range(int(rng.integers(15, 70))):
            x, y = rng.normal(center, (36, 22))
            r = rng.uniform(3, 9)
            pen.ellipse([x - r, y - r * 0.7, x + r, y + r * 0.7],
                        shade(green, rng.uniform(0.6, 1.3)))  # fmt: skip
    if rng.random() < 0.2:
        ends = [tuple(rng.uniform(0, CANVAS, 2)) for _ in range(3)]
        pen.line(ends, shade((66, 54, 44), rng.uniform(0.5, 1.2)), int(rng.integers(2, 5)))
    if rng.random() < 0.12:
        x = rng.choice([rng.uniform(0, 60), rng.uniform(196, 256)])
        wide = rng.uniform(5, 22)
        pen.rectangle([x, 0, x + wide, CANVAS], shade((90, 90, 88), rng.uniform(0.4, 1.3)))


def _photographed(canvas: Image.Image, rng: np.random.Generator, size: int) -> Image.Image:
    """Seen at an angle, in some light, through a dirty lens, blurred, noisy and compressed."""
    lean = CANVAS * 0.05
    corners = np.array([[0, 0], [0, CANVAS], [CANVAS, CANVAS], [CANVAS, 0]], float)
    corners += rng.uniform(-lean, lean, (4, 2)) + lean * np.sign(CANVAS / 2 - corners)
    image = canvas.transform(
        (size, size), Image.Transform.QUAD, tuple(corners.ravel()), Image.Resampling.BILINEAR
    )
    if rng.random() < 0.5:
        image = image.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.3, 1.0) * size / 160)))
    pixels = np.asarray(image, np.float32)
    across = np.linspace(-1, 1, size, dtype=np.float32)
    slope = rng.uniform(-0.28, 0.28, 2).astype(np.float32)
    light = 1 + slope[0] * across[None, :, None] + slope[1] * across[:, None, None]
    if rng.random() < 0.3:  # the shadow of an eave or of another house
        edge = rng.uniform(-1, 1) + rng.uniform(-0.8, 0.8) * across[None, :, None]
        light *= np.where(across[:, None, None] < edge, np.float32(rng.uniform(0.5, 0.8)), 1)
    cast = rng.uniform(0.9, 1.1, 3).astype(np.float32)
    pixels = pixels * light * cast * np.float32(rng.uniform(0.8, 1.25))
    contrast = np.float32(rng.uniform(0.75, 1.15))
    pixels = (pixels - 118) * contrast + 118
    pixels += rng.standard_normal((size, size, 1), np.float32) * np.float32(rng.uniform(1, 9))
    image = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
    if rng.random() < 0.3:
        pen = ImageDraw.Draw(image)
        for _ in range(int(rng.integers(3, 25))):
            x, y = rng.uniform(0, size, 2)
            r = rng.uniform(0.5, 2.5)
            pen.ellipse([x - r, y - r, x + r, y + r], shade((96, 88, 74), rng.uniform(0.6, 1.4)))
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=int(rng.integers(35, 92)))
    return Image.open(stream).convert("RGB")
