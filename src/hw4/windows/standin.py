"""Photographs of windows made by code, for a build without the course's files.

Each has its own random numbers, so the same seed brings the same pictures on any number of cores.
"""

import hashlib
import io
import os
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from hw4.foundation.source_code import code_fingerprint
from hw4.foundation.store import digest
from hw4.windows import images
from hw4.windows.data import FOLDER_NAMES
from hw4.windows.images import Photographs

Color = tuple[int, int, int]
Point = tuple[float, float]

SHARES = (542, 390, 1094, 345, 1150)
"""Photographs of each class in the course's training set; the stand-in is as unbalanced."""
CANVAS = 256
ASPECTS = ((0.8, 1.8), (1.05, 1.8), (0.6, 1.7), (0.75, 1.8), (0.55, 1.3))
"""Width over height, from and to, for each class: they overlap, so that the outline says little."""
WALLS = ((150, 84, 66), (206, 198, 180), (120, 134, 148), (196, 172, 120), (226, 224, 216))
GLASS = ((70, 92, 112), (120, 146, 168), (44, 50, 56), (98, 108, 104))
FRAMES = ((236, 236, 232), (92, 66, 48), (52, 54, 58), (128, 132, 134), (58, 84, 70), (132, 48, 40))


def labels(count: int, seed: int, role: str) -> np.ndarray:
    """The classes of `count` windows in random order, shared out like the course's."""
    exact = np.array(SHARES) * count / sum(SHARES)
    amounts = np.maximum(1, np.floor(exact).astype(int))
    amounts[np.argmax(exact - amounts)] += max(0, count - amounts.sum())
    rng = np.random.default_rng([seed, zlib.crc32(role.encode())])
    return rng.permutation(np.repeat(np.arange(len(SHARES)), amounts)).astype(np.int64)


def load(count: int, seed: int, size: int) -> tuple[Photographs, Photographs]:
    """A training set of `count` windows and a test set of a quarter as many."""
    sets = []
    for role, amount in (("train", count), ("test", count // 4)):
        targets = labels(amount, seed, role)
        key = digest("stand-in", role, amount, seed, size, code_fingerprint("hw4.windows.standin"))
        store = images.stored(key, size, draw_all(targets, seed, role, size))
        sets.append(Photographs.all_of(store, targets))
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
    """One window of class `label` in a wall of bricks, `size` × `size` pixels RGB."""
    wall = shade(rng.choice(WALLS), rng.uniform(0.75, 1.15))
    canvas = Image.new("RGB", (CANVAS, CANVAS), wall)
    pen = ImageDraw.Draw(canvas)
    high, joint = int(rng.integers(9, 24)), shade(wall, rng.uniform(0.75, 0.92))
    for row, y in enumerate(range(0, CANVAS, high)):
        pen.line([(0, y), (CANVAS, y)], joint)
        for x in range(-high * (row % 2), CANVAS, 2 * high):
            pen.line([(x, y), (x, y + high)], joint)

    aspect, long = rng.uniform(*ASPECTS[label]), CANVAS * rng.uniform(0.5, 0.82)
    width, height = (long, long / aspect) if aspect > 1 else (long * aspect, long)
    x, y = (CANVAS - np.array([width, height])) * rng.uniform(0.3, 0.7, 2)
    glass = shade(rng.choice(GLASS), rng.uniform(0.7, 1.2))
    # A frame as dark as the pane would leave nothing to be seen of it.
    visible = [color for color in FRAMES if abs(sum(color) - sum(glass)) > 70]
    frame = shade(rng.choice(visible), rng.uniform(0.85, 1.08))
    corners = ((x, y), (x + width, y), (x + width, y + height), (x, y + height))
    TYPES[label](Panel(pen, corners, rng, frame, glass, rng.uniform(6, 12)))
    return _photographed(canvas, rng, size)


def _photographed(canvas: Image.Image, rng: np.random.Generator, size: int) -> Image.Image:
    """Seen at an angle, in some light, blurred, noisy and compressed."""
    lean = CANVAS * 0.05
    corners = np.array([[0, 0], [0, CANVAS], [CANVAS, CANVAS], [CANVAS, 0]], float)
    corners += rng.uniform(-lean, lean, (4, 2)) + lean * np.sign(CANVAS / 2 - corners)
    image = canvas.transform(
        (size, size), Image.Transform.QUAD, tuple(corners.ravel()), Image.Resampling.BILINEAR
    )
    image = image.filter(ImageFilter.GaussianBlur(float(rng.uniform(0, 1) * size / 160)))
    across = np.linspace(-1, 1, size, dtype=np.float32)
    slope = rng.uniform(-0.28, 0.28, 2).astype(np.float32)
    light = 1 + slope[0] * across[None, :, None] + slope[1] * across[:, None, None]
    light = light * rng.uniform(0.9, 1.1, 3) * rng.uniform(0.8, 1.25)
    pixels = (np.asarray(image) * light - 118) * rng.uniform(0.75, 1.15) + 118
    pixels += rng.standard_normal((size, size, 1)) * rng.uniform(1, 9)
    stream = io.BytesIO()
    image = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
    image.save(stream, "JPEG", quality=int(rng.integers(35, 92)))
    return Image.open(stream).convert("RGB")


def shade(color: Color, factor: float) -> Color:
    """`color` made darker (below 1) or lighter (above 1)."""
    return tuple(int(min(255, part * factor)) for part in color)


@dataclass(frozen=True)
class Panel:
    """A flat piece of a facade, seen at an angle: `(u, v)` in the unit square to pixels.

    Attributes:
        corners: top left, top right, bottom right, bottom left on the canvas.
        rail: width of a sash's frame in pixels.
    """

    pen: ImageDraw.ImageDraw
    corners: tuple[Point, ...]
    rng: np.random.Generator
    frame: Color
    glass: Color
    rail: float

    def at(self, u: float, v: float) -> Point:
        weights = (1 - u) * (1 - v), u * (1 - v), u * v, (1 - u) * v
        x, y = np.array(weights) @ np.array(self.corners)
        return float(x), float(y)

    def between(self, *points: Point) -> "Panel":
        """The panel of any points on this one."""
        return replace(self, corners=tuple(self.at(*point) for point in points))

    def within(self, u0: float, v0: float, u1: float, v1: float) -> "Panel":
        """The panel of a rectangle on this one."""
        return self.between((u0, v0), (u1, v0), (u1, v1), (u0, v1))

    def turned(self) -> "Panel":
        """This panel with `u` and `v` exchanged: what was above is now on the left."""
        return self.between((0, 0), (0, 1), (1, 1), (1, 0))

    def paint(self, color: Color) -> None:
        self.pen.polygon(self.corners, fill=color)

    def sash(self, bars: tuple[int, int] = (0, 0)) -> None:
        """A frame with a pane in it, and so many glazing bars across `u` and across `v`."""
        self.paint(self.frame)
        a, b, _, d = np.array(self.corners)
        across, down = (min(0.3, self.rail / np.linalg.norm(a - other)) for other in (b, d))
        pane = self.within(across, down, 1 - across, 1 - down)
        pane.paint(self.glass)
        if self.rng.random() < 0.55:  # a reflection
            left, wide = self.rng.uniform(0, 0.4), self.rng.uniform(0.08, 0.25)
            slanted = ((left + 0.35, 0), (left + 0.35 + wide, 0), (left + wide, 1), (left, 1))
            glint = pane if self.rng.random() < 0.5 else pane.turned()
            glint.between(*slanted).paint(shade(self.glass, self.rng.uniform(1.15, 1.5)))
        for side, count in ((pane, bars[0]), (pane.turned(), bars[1])):
            for place in np.arange(1, count + 1) / (count + 1):
                side.within(place - 0.012, 0, place + 0.012, 1).paint(shade(self.frame, 0.95))

    def bars(self) -> tuple[int, int]:
        """Numbers of glazing bars: none more often than not, else both ways, as a lone one would
        pass for the rail where two sashes meet."""
        if self.rng.random() < 0.65:
            return 0, 0
        return int(self.rng.integers(1, 4)), int(self.rng.integers(1, 4))


def awning(panel: Panel) -> None:
    """One sash hinged at its top; its lower edge swings out towards the viewer."""
    panel.paint(shade(panel.frame, 0.85))
    opening = panel.within(0.03, 0.03, 0.97, 0.97)
    opening.paint(shade(panel.glass, 0.25))
    out, bottom = panel.rng.uniform(0.11, 0.21), panel.rng.uniform(0.65, 1.0)
    flap = opening.between((0, 0), (1, 0), (1 + out, bottom), (-out, bottom))
    flap.sash(panel.bars())
    flap.within(0, 0.985, 1, 1.02).paint(shade(panel.frame, 0.5))


def bay(panel: Panel) -> None:
    """Three windows at angles that stand out from the wall, under a roof of their own."""
    depth, left, right = panel.rng.uniform((0.08, 0.15, 0.65), (0.15, 0.35, 0.85))
    above, below = panel.rng.uniform(0.06, 0.2, 2)
    low = 1 - depth
    roof = (0, depth), (left, 0), (right, 0), (1, depth), (0.9, -above), (0.1, -above)
    panel.between(*roof).paint(shade((96, 84, 78), panel.rng.uniform(0.5, 1.5)))
    base = (0, low), (left, 1), (right, 1), (1, low), (0.86, 1 + below), (0.14, 1 + below)
    panel.between(*base).paint(shade(panel.frame, panel.rng.uniform(0.55, 0.95)))
    of_two_sashes, bars = panel.rng.random() < 0.4, panel.bars()
    for light, *corners in (
        (0.86, (0, depth), (left, 0), (left, 1), (0, low)),
        (1.08, (right, 0), (1, depth), (1, low), (right, 1)),
        (1.0, (left, 0), (right, 0), (right, 1), (left, 1)),
    ):
        third = panel.between(*corners)
        third = replace(third, frame=shade(panel.frame, light), glass=shade(panel.glass, light))
        if of_two_sashes:
            hung(third)
        else:
            third.sash(bars)


def fixed(panel: Panel) -> None:
    """One pane that does not open: a frame and nothing that moves."""
    panel.sash(panel.bars())


def sliding(panel: Panel) -> None:
    """Two sashes side by side on a track; a hung window turned by a quarter, but for the track."""
    turned = panel.turned()
    if panel.rng.random() < 0.5:  # either hand
        turned = turned.within(0, 1, 1, 0)
    hung(turned)
    panel.within(0, 0.975, 1, 1).paint(shade(panel.frame, 0.6))


def hung(panel: Panel) -> None:
    """Two sashes one above the other in their own planes; the lower one slides up."""
    panel.paint(shade(panel.frame, 0.82))
    meet, overlap = panel.rng.uniform(0.44, 0.56), panel.rng.uniform(0.012, 0.03)
    lift = panel.rng.uniform(0.04, 0.3) if panel.rng.random() < 0.3 else 0.0
    bars = panel.bars()
    # The sash behind lies in the shadow of the frame, mostly with an insect screen before it.
    behind = replace(panel, glass=shade(panel.glass, panel.rng.uniform(0.6, 0.85)))
    behind.within(0.02, 0.02, 0.98, meet + overlap).sash(bars)
    panel.within(0.02, meet + overlap, 0.98, 0.98).paint(shade(panel.glass, 0.28))
    lower = panel.within(0.02, meet - overlap - lift, 0.98, 0.99 - lift)
    lower.sash(bars if panel.rng.random() < 0.75 else (0, 0))
    # The sash in front throws a shadow on the one behind.
    lower.within(0, -0.05, 1, 0).paint(shade(panel.frame, 0.42))


TYPES = (awning, bay, fixed, sliding, hung)
"""How each class is drawn, in the order of the labels."""
