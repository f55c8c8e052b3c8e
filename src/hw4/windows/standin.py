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
CONTRAST = 70
"""How much lighter or darker than its glass a frame is at least, added up over the colors."""


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
    """One window of class `label` in its wall, `size` × `size` pixels RGB."""
    wall = shade(rng.choice(WALLS), rng.uniform(0.75, 1.15))
    canvas = Image.new("RGB", (CANVAS, CANVAS), wall)
    pen = ImageDraw.Draw(canvas)
    _rows_of_wall(pen, rng, wall)
    aspect = rng.uniform(*ASPECTS[label])
    long = CANVAS * rng.uniform(0.6, 0.88) * (0.88 if label == 1 else 1.0)
    width, height = (long, long / aspect) if aspect > 1 else (long * aspect, long)
    x = (CANVAS - width) * rng.uniform(0.3, 0.7)
    y = (CANVAS - height) * rng.uniform(0.3, 0.7)
    glass = shade(rng.choice(GLASS), rng.uniform(0.7, 1.2))
    # A frame as dark as the pane would leave nothing to be seen of it.
    visible = [color for color in FRAMES if abs(sum(color) - sum(glass)) > CONTRAST]
    frame = shade(rng.choice(visible), rng.uniform(0.85, 1.08))
    if rng.random() < 0.55:  # trim
        wide = rng.uniform(3, 12)
        trim = shade(frame if rng.random() < 0.5 else wall, rng.uniform(0.8, 1.25))
        pen.rectangle([x - wide, y - wide, x + width + wide, y + height + wide], trim)
    if rng.random() < 0.5:  # a sill
        sill = shade((200, 196, 188), rng.uniform(0.6, 1))
        pen.rectangle([x - 8, y + height, x + width + 8, y + height + rng.uniform(4, 11)], sill)
    corners = ((x, y), (x + width, y), (x + width, y + height), (x, y + height))
    TYPES[label](Panel(pen, corners, rng, frame, glass, rng.uniform(0.045, 0.085)))
    if rng.random() < 0.3:  # leaves between camera and window
        center = rng.uniform(0, CANVAS), rng.choice([20, 236])
        for px, py in rng.normal(center, (36, 22), (40, 2)):
            green = shade((70, 104, 52), rng.uniform(0.4, 1.4))
            pen.ellipse([px - 6, py - 4, px + 6, py + 4], green)
    return _photographed(canvas, rng, size)


def _rows_of_wall(pen: ImageDraw.ImageDraw, rng: np.random.Generator, color: Color) -> None:
    """Bricks, boards or plaster."""
    kind = rng.choice(["bricks", "boards", "plaster"])
    high = int(rng.integers(9, 24))
    joint = shade(color, rng.uniform(0.75, 0.92))
    for row, y in enumerate(range(0, CANVAS, high) if kind != "plaster" else ()):
        pen.line([(0, y), (CANVAS, y)], joint, 1)
        for x in range(-high * (row % 2), CANVAS, 2 * high) if kind == "bricks" else ():
            pen.line([(x, y), (x, y + high)], joint, 1)


def _photographed(canvas: Image.Image, rng: np.random.Generator, size: int) -> Image.Image:
    """Seen at an angle, in some light, blurred, noisy and compressed."""
    lean = CANVAS * 0.05
    corners = np.array([[0, 0], [0, CANVAS], [CANVAS, CANVAS], [CANVAS, 0]], float)
    corners += rng.uniform(-lean, lean, (4, 2)) + lean * np.sign(CANVAS / 2 - corners)
    image = canvas.transform(
        (size, size), Image.Transform.QUAD, tuple(corners.ravel()), Image.Resampling.BILINEAR
    )
    if rng.random() < 0.5:
        image = image.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.3, 1.0) * size / 160)))
    across = np.linspace(-1, 1, size, dtype=np.float32)
    slope = rng.uniform(-0.28, 0.28, 2).astype(np.float32)
    light = 1 + slope[0] * across[None, :, None] + slope[1] * across[:, None, None]
    if rng.random() < 0.3:  # the shadow of an eave or of another house
        edge = rng.uniform(-1, 1) + rng.uniform(-0.8, 0.8) * across[None, :, None]
        light = light * np.where(across[:, None, None] < edge, rng.uniform(0.5, 0.8), 1)
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
        rail: width of a sash's frame as a share of its own width.
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

    def within(self, u0: float, v0: float, u1: float, v1: float) -> "Panel":
        """The panel of a rectangle on this one."""
        return self.between(((u0, v0), (u1, v0), (u1, v1), (u0, v1)))

    def between(self, points: tuple[Point, ...]) -> "Panel":
        """The panel of any four points on this one."""
        return replace(self, corners=tuple(self.at(*point) for point in points))

    def turned(self) -> "Panel":
        """This panel with `u` and `v` exchanged: what was above is now on the left."""
        a, b, c, d = self.corners
        return replace(self, corners=(a, d, c, b))

    def fill(self, u0: float, v0: float, u1: float, v1: float, color: Color) -> None:
        self.shape([(u0, v0), (u1, v0), (u1, v1), (u0, v1)], color)

    def shape(self, points: list[Point], color: Color) -> None:
        self.pen.polygon([self.at(*point) for point in points], fill=color)

    def sash(self, bars: tuple[int, int], wide: float = 1.0, upright: bool = True) -> None:
        """A frame with a pane in it, and so many glazing bars across `u` and across `v`."""
        (ax, ay), (bx, by), _, (dx, dy) = self.corners
        rail = self.rail * wide
        along = min(0.3, rail * np.hypot(bx - ax, by - ay) / max(np.hypot(dx - ax, dy - ay), 1.0))
        self.fill(0, 0, 1, 1, self.frame)
        self.fill(0, 1 - along * 0.3, 1, 1, shade(self.frame, 0.72))
        self.fill(1 - rail * 0.3, 0, 1, 1, shade(self.frame, 0.8))
        pane = self.within(rail, along, 1 - rail, 1 - along)
        (pane if upright else pane.turned()).pane()
        for bar in range(1, bars[0] + 1):
            at = bar / (bars[0] + 1)
            pane.fill(at - rail * 0.16, 0, at + rail * 0.16, 1, shade(self.frame, 0.95))
        for bar in range(1, bars[1] + 1):
            at = bar / (bars[1] + 1)
            pane.fill(0, at - along * 0.16, 1, at + along * 0.16, shade(self.frame, 0.95))

    def pane(self) -> None:
        """Sky or room in the glass, now and then a curtain, and a reflection across it."""
        for step in range(7):
            self.fill(0, step / 7, 1, (step + 1.05) / 7, shade(self.glass, 1.25 - step / 14))
        if self.rng.random() < 0.2:
            cloth = shade((226, 218, 204), self.rng.uniform(0.55, 1.0))
            width = self.rng.uniform(0.12, 0.38)
            self.shape([(0, 0), (width, 0), (width * 0.6, 1), (0, 1)], cloth)
            self.shape([(1, 0), (1 - width, 0), (1 - width * 0.6, 1), (1, 1)], cloth)
        if self.rng.random() < 0.55:
            left, width = self.rng.uniform(0, 0.4), self.rng.uniform(0.08, 0.25)
            points = [(left + 0.35, 0), (left + 0.35 + width, 0), (left + width, 1), (left, 1)]
            self.shape(points, shade(self.glass, self.rng.uniform(1.15, 1.5)))

    def bars(self) -> tuple[int, int]:
        """Numbers of glazing bars: none more often than not, else both ways, as a lone one would
        pass for the rail where two sashes meet."""
        if self.rng.random() < 0.65:
            return 0, 0
        return int(self.rng.integers(1, 4)), int(self.rng.integers(1, 4))


def awning(panel: Panel) -> None:
    """One sash hinged at its top; its lower edge swings out towards the viewer."""
    panel.fill(0, 0, 1, 1, shade(panel.frame, 0.85))
    edge = panel.rail * 0.6
    opening = panel.within(edge, edge, 1 - edge, 1 - edge)
    opening.fill(0, 0, 1, 1, shade(panel.glass, 0.25))
    out = panel.rng.uniform(0.11, 0.21)
    bottom = 1.02 - min(0.4, panel.rng.uniform(-0.02, 0.24) * out / 0.12)
    for u, lean in ((0.0, -out), (1.0, 1 + out)):
        side = [(u, 0.0), (u, 0.92), (lean, bottom + 0.02), (lean, bottom - 0.02)]
        opening.shape(side, shade(panel.frame, 0.55))
    flap = opening.between(((0, 0), (1, 0), (1 + out, bottom), (-out, bottom)))
    flap.sash(panel.bars(), 0.8)
    flap.fill(0, 0.985, 1, 1.02, shade(panel.frame, 0.5))


def bay(panel: Panel) -> None:
    """Three windows at angles that stand out from the wall, under a roof of their own."""
    depth, sway = panel.rng.uniform(0.08, 0.15), panel.rng.uniform(-0.09, 0.09)
    left, right = panel.rng.uniform(0.22, 0.3) + sway, 1 - panel.rng.uniform(0.22, 0.3) + sway
    above, below = panel.rng.uniform(0.06, 0.2, 2)
    roof = [(left, 0), (right, 0), (1, depth), (0.9, -above), (0.1, -above), (0, depth)]
    panel.shape(roof, shade((96, 84, 78), panel.rng.uniform(0.5, 1.5)))
    base = [(0, 1 - depth), (left, 1), (right, 1), (1, 1 - depth), (0.86, 1 + below)]
    base.append((0.14, 1 + below))
    panel.shape(base, shade(panel.frame, panel.rng.uniform(0.55, 0.95)))
    kind, bars = panel.rng.random() < 0.4, panel.bars()
    for light, *corners in (
        (0.86, (0.0, depth), (left, 0.0), (left, 1.0), (0.0, 1 - depth)),
        (1.08, (right, 0.0), (1.0, depth), (1.0, 1 - depth), (right, 1.0)),
        (1.0, (left, 0.0), (right, 0.0), (right, 1.0), (left, 1.0)),
    ):
        frame, glass = shade(panel.frame, light), shade(panel.glass, light)
        third = replace(panel.between(corners), frame=frame, glass=glass, rail=panel.rail * 1.5)
        if kind:
            hung(third)
        else:
            third.sash(bars)


def fixed(panel: Panel) -> None:
    """One pane that does not open: a frame and nothing that moves."""
    panel.sash(panel.bars(), panel.rng.uniform(0.55, 1.1))


def sliding(panel: Panel) -> None:
    """Two sashes side by side on a track; a hung window turned by a quarter, but for the track."""
    turned = panel.turned()
    if panel.rng.random() < 0.5:  # either hand
        a, b, c, d = turned.corners
        turned = replace(turned, corners=(d, c, b, a))
    hung(turned, upright=False)
    panel.fill(0, 0.975, 1, 1.0, shade(panel.frame, 0.6))


def hung(panel: Panel, upright: bool = True) -> None:
    """Two sashes one above the other in their own planes; the lower one slides up."""
    panel.fill(0, 0, 1, 1, shade(panel.frame, 0.82))
    edge, meet = panel.rail * 0.35, panel.rng.uniform(0.44, 0.56)
    overlap = panel.rng.uniform(0.012, 0.03)
    lift = panel.rng.uniform(0.04, 0.3) if panel.rng.random() < 0.3 else 0.0
    bars = panel.bars()
    # The sash behind lies in the shadow of the frame, mostly with an insect screen before it.
    behind = replace(panel, glass=shade(panel.glass, panel.rng.uniform(0.6, 0.85)))
    behind.within(edge, edge, 1 - edge, meet + overlap).sash(bars, 0.7, upright)
    panel.fill(edge, meet + overlap, 1 - edge, 1 - edge, shade(panel.glass, 0.28))
    lower = panel.within(edge, meet - overlap - lift, 1 - edge, 1 - edge * 0.5 - lift)
    lower.sash(bars if panel.rng.random() < 0.75 else (0, 0), 0.85, upright)
    # The sash in front throws a shadow on the one behind.
    lower.fill(0, -0.05, 1, 0.0, shade(panel.frame, 0.42))


TYPES = (awning, bay, fixed, sliding, hung)
"""How each class is drawn, in the order of the labels."""
