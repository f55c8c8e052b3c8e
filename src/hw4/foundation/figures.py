"""Figures of the report: drawn once for what they show, kept as SVG and PNG in `figures/`."""

import functools
import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from hw4.foundation import style
from hw4.foundation.experiment import Experiment, version
from hw4.foundation.places import figures_folder, quick
from hw4.foundation.source_code import code_fingerprint
from hw4.foundation.store import digest, write_bytes

LINE_LABEL = "name of a line"
LABEL_LINE = 1.15
"""Height of a label's line, as a multiple of its type size."""


@dataclass(frozen=True)
class Picture:
    """A drawn figure. Quarto, Jupyter and the press show it as SVG."""

    name: str
    svg: str

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        return {"image/svg+xml": self.svg, "text/plain": f"<figure {self.name}>"}


def figure(name: str, shown: Experiment) -> Callable[[Callable[..., Any]], Callable[..., Picture]]:
    """Make a function that draws a Matplotlib figure return it as a `Picture`.

    The figure is written to `figures/<name>.svg` and `.png`, with `-stand-in` or `-quick` after
    the name where the experiment's numbers are not for submission. It is drawn again only when the
    function's arguments, the code it depends on or Matplotlib's version changed, so a warm render
    does not import Matplotlib at all.
    """

    def decorate(draw: Callable[..., Any]) -> Callable[..., Picture]:
        @functools.wraps(draw)
        def drawn(*args: Any, **kwargs: Any) -> Picture:
            marks = "-stand-in" * shown.source().is_stand_in + "-quick" * quick()
            path = figures_folder() / f"{name}{marks}.svg"
            code = code_fingerprint(draw.__module__), draw.__qualname__, version("matplotlib")
            key = digest(code, args, kwargs)
            svg = _kept(path, key)
            if svg is None:
                svg = _draw(functools.partial(draw, *args, **kwargs), path, key)
            return Picture(name, svg.decode("utf-8"))

        return drawn

    return decorate


def new_figure(
    width: float = style.TEXT_WIDTH, height: float = 2.6, columns: int = 1, rows: int = 1, **grid
):
    """A Matplotlib figure of `width` × `height` inches, and its axes as `Figure.subplots` does."""
    from matplotlib.figure import Figure

    made = Figure(figsize=(width, height))
    return made, made.subplots(rows, columns, **grid)


def labelled_line(axes, x: Sequence[float], y: Sequence[float], label: str, color: str, **line):
    """A line with its name at its end, right of the axes, in its own color.

    Names that would overlap move apart when the figure is finished; a thin line leads to them.
    """
    drawn = axes.plot(x, y, color=color, **line)[0]
    last = np.flatnonzero(np.isfinite(np.asarray(y, float)))
    if len(last):
        _label(axes, label, color, (x[last[-1]], y[last[-1]]), "data")
    return drawn


def labelled_level(axes, y: float, label: str, color: str = style.GREY, **line):
    """A dotted horizontal line for what the others are compared with, named at its right end."""
    look = {"lw": 0.8, "ls": (0, (1, 2)), **line}
    drawn = axes.axhline(y, color=color, **look)
    _label(axes, label, color, (1, y), ("axes fraction", "data"))
    return drawn


def heat_map(
    axes,
    values: Sequence[Sequence[float]],
    rows: Sequence[str],
    columns: Sequence[str],
    text: Callable[[Any], str] = str,
    shades: Sequence[Sequence[float]] | None = None,
    limits: tuple[float, float] | None = None,
    bold: tuple[int, int] | None = None,
    fontsize: float = style.SETTINGS["font.size"],
) -> None:
    """`values` (rows, columns) in cells that are shaded from little to much.

    Args:
        rows, columns: names, from the top and from the left.
        shades: (rows, columns), what is shaded in place of `values`.
        limits: the lightest and the darkest shade; else those of the shades that are there.
        bold: row and column of the one cell that is set in bold.
    """
    from matplotlib.colors import LinearSegmentedColormap

    shown = np.asarray(values if shades is None else shades, float)
    low, high = limits or (np.nanmin(shown), np.nanmax(shown))
    colors = LinearSegmentedColormap.from_list("little to much", style.SEQUENTIAL)
    colors = colors.with_extremes(bad=style.PAPER)
    image = axes.imshow(shown, cmap=colors, vmin=low, vmax=high, aspect="auto")
    light = (image.to_rgba(shown)[..., :3] ** 2.2) @ (0.2126, 0.7152, 0.0722)  # (rows, columns)
    for row, line in enumerate(values):
        for column, value in enumerate(line):
            axes.text(
                *(column, row, text(value)),
                ha="center",
                va="center",
                color=style.INK if light[row, column] > 0.2 else style.PAPER,
                fontsize=fontsize,
                fontweight="bold" if (row, column) == bold else "normal",
            )
    axes.set_xticks(range(len(columns)), columns, linespacing=1.1)
    axes.set_yticks(range(len(rows)), rows, linespacing=1.1)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def confusion_map(axes, counts: Sequence[Sequence[int]], classes: Sequence[str]) -> None:
    """How often each true class (rows) was taken for each (columns), shaded by share of the row."""
    shown = np.asarray(counts)
    shares = shown / np.maximum(shown.sum(axis=1, keepdims=True), 1)
    names = [name.replace(" ", "\n") for name in classes]
    heat_map(axes, counts, names, names, "{:,}".format, shares, (0, 1))
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")


def _label(axes, label: str, color: str, end: tuple[float, float], coordinates) -> None:
    leader = {"arrowstyle": "-", "color": color, "lw": 0.6, "shrinkA": 0, "shrinkB": 0}
    made = axes.annotate(
        *(label, end),
        xycoords=coordinates,
        xytext=(1.03, 0),
        textcoords="axes fraction",
        va="center",
        color=color,
        arrowprops={**leader, "relpos": (0, 0.5)},
        annotation_clip=False,
    )
    made.set_label(LINE_LABEL)


def _part_labels(drawn: Any) -> None:
    """Put the names of lines beside their ends, each as near to its own as the others leave room.

    Only a finished figure knows its limits, its scales and how high its axes are.
    """
    from scipy.optimize import isotonic_regression

    for axes in drawn.axes:
        labels = [text for text in axes.texts if text.get_label() == LINE_LABEL]
        if not labels:
            continue
        drawn.draw_without_rendering()  # which lays the axes out
        box, scale = axes.get_window_extent(), axes.get_yaxis_transform()
        ends = np.array([scale.transform((0, label.xy[1]))[1] for label in labels])
        order = np.argsort(ends, kind="stable")
        line = LABEL_LINE * max(label.get_fontsize() for label in labels) * drawn.dpi / 72
        steps = line * np.arange(len(labels))
        # The nearest heights, in squares, with at least a line between neighbours.
        heights = isotonic_regression(ends[order] - steps).x + steps  # (labels,)
        heights = np.maximum(heights, box.y0 + line / 2 + steps)  # clear of the ticks below
        for place, height in zip(order, heights, strict=True):
            labels[place].set_position((1.03, (height - box.y0) / box.height))


def _seal(key: str, svg: bytes) -> bytes:
    return b"\n<!-- " + hashlib.sha256(key.encode() + svg).hexdigest().encode() + b" -->\n"


def _kept(path: Path, key: str) -> bytes | None:
    """The SVG at `path` if it is whole and shows what `key` stands for."""
    try:
        svg, mark, _ = (content := path.read_bytes()).rpartition(b"\n<!-- ")
    except OSError:
        return None
    whole = mark and content == svg + _seal(key, svg) and path.with_suffix(".png").is_file()
    return svg if whole else None


def _draw(draw: Callable[[], Any], path: Path, key: str) -> bytes:
    # The text's face is not Matplotlib's to find: Typst sets it. No need to say so at each label.
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
    import matplotlib

    with matplotlib.rc_context({**matplotlib.rcParamsDefault, **style.SETTINGS}):
        drawn = draw()
        _part_labels(drawn)
        png, vector = BytesIO(), BytesIO()
        drawn.savefig(png, format="png", metadata={"Software": None})
        drawn.savefig(vector, format="svg", metadata={"Date": None, "Creator": None})
    svg = vector.getvalue().rstrip(b"\n")
    write_bytes(path.with_suffix(".png"), png.getvalue())
    write_bytes(path, svg + _seal(key, svg))
    return svg
