"""The five types of window as drawings: what each is made of, in coordinates of its own."""

from dataclasses import dataclass, replace

import numpy as np
from PIL import ImageDraw

Color = tuple[int, int, int]
Quad = tuple[tuple[float, float], ...]

FRAMES: tuple[Color, ...] = (
    (236, 236, 232),
    (222, 216, 204),
    (92, 66, 48),
    (52, 54, 58),
    (128, 132, 134),
    (58, 84, 70),
    (132, 48, 40),
)


def shade(color: Color, factor: float) -> Color:
    """`color` made darker (below 1) or lighter (above 1)."""
    return tuple(int(min(255, max(0, part * factor))) for part in color)


@dataclass(frozen=True)
class Panel:
    """A flat piece of a facade, seen at an angle: `(u, v)` in the unit square to pixels.

    Attributes:
        corners: top left, top right, bottom right, bottom left on the canvas.
    """

    pen: ImageDraw.ImageDraw
    corners: Quad
    rng: np.random.Generator
    frame: Color
    glass_color: Color
    rail: float

    def at(self, u: float, v: float) -> tuple[float, float]:
        """The pixel of a point."""
        (ax, ay), (bx, by), (cx, cy), (dx, dy) = self.corners
        top = ax + (bx - ax) * u, ay + (by - ay) * u
        bottom = dx + (cx - dx) * u, dy + (cy - dy) * u
        return top[0] + (bottom[0] - top[0]) * v, top[1] + (bottom[1] - top[1]) * v

    def within(self, u0: float, v0: float, u1: float, v1: float) -> "Panel":
        """The panel of a rectangle on this one."""
        corners = (self.at(u0, v0), self.at(u1, v0), self.at(u1, v1), self.at(u0, v1))
        return replace(self, corners=corners)

    def turned(self) -> "Panel":
        """This panel with `u` and `v` exchanged: what was above is now on the left."""
        a, b, c, d = self.corners
        return replace(self, corners=(a, d, c, b))

    def fill(self, u0: float, v0: float, u1: float, v1: float, color: Color) -> None:
        """A filled rectangle."""
        self.pen.polygon(
            [self.at(u0, v0), self.at(u1, v0), self.at(u1, v1), self.at(u0, v1)], fill=color
        )

    def shape(self, points: list[tuple[float, float]], color: Color) -> None:
        """A filled polygon."""
        self.pen.polygon([self.at(*point) for point in points], fill=color)

    def chance(self, probability: float) -> bool:
        """True with `probability`."""
        return bool(self.rng.random() < probability)

    def between(self, low: float, high: float) -> float:
        """A number from `low` to `high`."""
        return float(self.rng.uniform(low, high))


def glass(panel: Panel, upright: bool = True) -> None:
    """A pane: sky or room in it, a reflection across it, a curtain or a blind behind it.

    Args:
        upright: False on a turned panel, where `v` runs from left to right.
    """
    steps = 7
    up = panel if upright else panel.turned()
    for step in range(steps):
        light = 1.25 - 0.5 * step / steps
        up.fill(0, step / steps, 1, (step + 1.05) / steps, shade(panel.glass_color, light))
    kind = panel.rng.random()
    cloth = shade((226, 218, 204), panel.between(0.55, 1.0))
    if kind < 0.12:
        drop = panel.between(0.25, 0.95)
        slats = int(panel.between(5, 11))
        for slat in range(slats):
            top = drop * slat / slats
            up.fill(0, top, 1, top + drop / slats * 0.62, shade(cloth, 0.9))
    elif kind < 0.24:
        width = panel.between(0.12, 0.38)
        up.shape([(0, 0), (width, 0), (width * 0.6, 1), (0, 1)], cloth)
        up.shape([(1, 0), (1 - width, 0), (1 - width * 0.6, 1), (1, 1)], cloth)
    if panel.chance(0.55):
        left, width = panel.between(-0.2, 0.7), panel.between(0.08, 0.3)
        points = [(left + 0.35, 0), (left + 0.35 + width, 0), (left + width, 1), (left, 1)]
        clipped = [(min(1.0, max(0.0, u)), v) for u, v in points]
        up.shape(clipped, shade(panel.glass_color, panel.between(1.15, 1.5)))


def sash(panel: Panel, bars: tuple[int, int], rail: float, upright: bool = True) -> None:
    """A frame with a pane in it.

    Args:
        bars: glazing bars across `u` and across `v`.
        rail: width of the frame as a share of the panel's width.
    """
    (ax, ay), (bx, by), _, (dx, dy) = panel.corners
    wide = float(np.hypot(bx - ax, by - ay))
    high = float(np.hypot(dx - ax, dy - ay))
    across, along = rail, min(0.3, rail * wide / max(high, 1.0))
    panel.fill(0, 0, 1, 1, panel.frame)
    panel.fill(0, 0, 1, along * 0.3, shade(panel.frame, 1.12))
    panel.fill(0, 1 - along * 0.3, 1, 1, shade(panel.frame, 0.72))
    panel.fill(0, 0, across * 0.3, 1, shade(panel.frame, 1.08))
    panel.fill(1 - across * 0.3, 0, 1, 1, shade(panel.frame, 0.8))
    pane = panel.within(across, along, 1 - across, 1 - along)
    glass(pane, upright)
    thin_u, thin_v = rail * 0.16, along * 0.16
    for bar in range(1, bars[0] + 1):
        at = bar / (bars[0] + 1)
        pane.fill(at - thin_u, 0, at + thin_u, 1, shade(panel.frame, 0.95))
    for bar in range(1, bars[1] + 1):
        at = bar / (bars[1] + 1)
        pane.fill(0, at - thin_v, 1, at + thin_v, shade(panel.frame, 0.95))


def grille(panel: Panel) -> tuple[int, int]:
    """Numbers of glazing bars: none more often than not, else both ways, as a lone one would pass
    for the rail where two sashes meet."""
    if panel.chance(0.65):
        return 0, 0
    return int(panel.rng.integers(1, 4)), int(panel.rng.integers(1, 4))


def fixed(panel: Panel) -> None:
    """One pane that does not open, or three in one plane: a frame and nothing that moves."""
    bars = grille(panel)
    if panel.chance(0.07):
        left = panel.between(0.2, 0.32)
        for u0, u1 in ((0, left), (left, 1 - left), (1 - left, 1)):
            sash(panel.within(u0, 0, u1, 1), bars, panel.rail * 0.7 / (u1 - u0))
        return
    sash(panel, bars, panel.rail * panel.between(0.55, 1.1))


def hung(panel: Panel, upright: bool = True) -> None:
    """Two sashes one above the other in their own planes; the lower one slides up."""
    panel.fill(0, 0, 1, 1, shade(panel.frame, 0.82))
    edge = panel.rail * 0.35
    bars = grille(panel)
    if not upright:
        bars = bars[1], bars[0]
    meet = panel.between(0.44, 0.56)
    overlap = panel.between(0.012, 0.03)
    lift = panel.between(0.04, 0.3) if panel.chance(0.3) else 0.0
    # The sash behind lies in the shadow of the frame, mostly with an insect screen before it.
    behind = replace(panel, glass_color=shade(panel.glass_color, panel.between(0.6, 0.85)))
    sash(behind.within(edge, edge, 1 - edge, meet + overlap), bars, panel.rail * 0.7, upright)
    if lift:
        panel.fill(edge, meet, 1 - edge, 1 - edge, shade(panel.glass_color, 0.28))
    lower = panel.within(edge, meet - overlap - lift, 1 - edge, 1 - edge * 0.5 - lift)
    other = bars if panel.chance(0.75) else (0, 0)
    sash(lower, other, panel.rail * 0.85, upright)
    # The sash in front throws a shadow, and its rail carries a lock.
    lower.fill(0, -0.05, 1, 0.0, shade(panel.frame, 0.42))
    if panel.chance(0.6):
        lower.fill(0.46, 0.0, 0.54, 0.045, shade((150, 140, 110), panel.between(0.5, 1.2)))
    if panel.chance(0.25):
        for at in (0.25, 0.7):
            lower.fill(at, 0.955, at + 0.06, 0.985, (70, 66, 60))


def sliding(panel: Panel) -> None:
    """Two sashes side by side on a track; a hung window turned by a quarter, but for the track."""
    turned = panel.turned()
    if panel.chance(0.5):  # either hand
        a, b, c, d = turned.corners
        turned = replace(turned, corners=(d, c, b, a))
    hung(turned, upright=False)
    if panel.chance(0.7):
        panel.fill(0, 0.975, 1, 1.0, shade(panel.frame, 0.6))
        panel.fill(0, 0.985, 1, 0.992, shade(panel.frame, 1.1))


def awning(panel: Panel) -> None:
    """One sash hinged at its top; its lower edge swings out towards the viewer."""
    panel.fill(0, 0, 1, 1, shade(panel.frame, 0.85))
    edge = panel.rail * 0.6
    opening = panel.within(edge, edge, 1 - edge, 1 - edge)
    opening.fill(0, 0, 1, 1, shade(panel.glass_color, 0.25))
    out = panel.between(0.11, 0.21)
    from_below = panel.between(-0.02, 0.24) * (out / 0.12)
    bottom = 1.02 - min(0.4, from_below)
    side = shade(panel.frame, 0.55)
    for u, lean in ((0.0, -out), (1.0, 1 + out)):
        opening.shape([(u, 0.0), (u, 0.92), (lean, bottom + 0.02), (lean, bottom - 0.02)], side)
    arm = shade((120, 118, 112), panel.between(0.5, 1.0))
    for u, lean in ((0.03, -out * 0.8), (0.97, 1 + out * 0.8)):
        opening.shape([(u, 0.94), (u, 0.97), (lean, bottom), (lean, bottom - 0.03)], arm)
    flap = replace(
        opening,
        corners=(
            opening.at(0, 0),
            opening.at(1, 0),
            opening.at(1 + out, bottom),
            opening.at(-out, bottom),
        ),
    )
    sash(flap, grille(panel), panel.rail * 0.8)
    flap.fill(0, 0.985, 1, 1.02, shade(panel.frame, 0.5))
    if panel.chance(0.5):
        for at in (0.08, 0.86):
            flap.fill(at, -0.02, at + 0.06, 0.02, (96, 92, 84))


def bay(panel: Panel) -> None:
    """Three windows at angles that stand out from the wall, under a roof of their own."""
    depth = panel.between(0.08, 0.15)
    sway = panel.between(-0.09, 0.09)
    left, right = panel.between(0.22, 0.3) + sway, 1 - panel.between(0.22, 0.3) + sway
    roof = shade((96, 84, 78), panel.between(0.5, 1.5))
    above, below = panel.between(0.06, 0.2), panel.between(0.06, 0.22)
    panel.shape([(left, -0.01), (right, -0.01), (1, depth), (0.9, -above), (0.1, -above),
                 (0, depth)], roof)  # fmt: skip
    base = shade(panel.frame, panel.between(0.55, 0.95))
    panel.shape([(0, 1 - depth), (left, 1), (right, 1), (1, 1 - depth), (0.86, 1 + below),
                 (0.14, 1 + below)], base)  # fmt: skip
    kind = hung if panel.chance(0.4) else None
    bars = grille(panel)
    thirds = (
        ((0.0, depth), (left, 0.0), (left, 1.0), (0.0, 1 - depth), 0.86),
        ((right, 0.0), (1.0, depth), (1.0, 1 - depth), (right, 1.0), 1.08),
        ((left, 0.0), (right, 0.0), (right, 1.0), (left, 1.0), 1.0),
    )
    for *corners, light in thirds:
        third = replace(
            panel,
            corners=tuple(panel.at(*corner) for corner in corners),
            frame=shade(panel.frame, light),
            glass_color=shade(panel.glass_color, light),
            rail=panel.rail * 1.5,
        )
        if kind:
            kind(third)
        else:
            sash(third, bars, third.rail)


TYPES = (awning, bay, fixed, sliding, hung)
"""How each class is drawn, in the order of the labels."""
