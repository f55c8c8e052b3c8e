"""Tables and the drawing of problem 4."""

from dataclasses import dataclass
from typing import Any

from hw4.foundation.figures import figure, new_figure
from hw4.foundation.style import BLUE, GREY, INK, LIGHT, PAPER, TEXT_WIDTH
from hw4.foundation.tables import table
from hw4.foundation.words import n
from hw4.transformer.derive import ITEMS, PARAMETERS, Shape, Symbols
from hw4.transformer.result import EXPERIMENT, Result

__all__ = ["EXPERIMENT", "answers", "layer_drawing", "load", "readings"]


def load() -> Result:
    """The stored result.

    Raises:
        UserError: there is none.
    """
    return EXPERIMENT.stored()


def answers(result: Result):
    """The sheet's eleven items: by symbol, as a number, and with the heads apart or stacked."""
    rows = []
    for item in ITEMS:
        read, other = result.shapes[item.module], ""
        if item.answer != item.stacked:
            other = f"all heads: {shape_text(read.all_heads)}"
        elif read.one_head:
            other = f"one head: {shape_text(read.one_head)}"
        size = f"**{shape_text(read.shape)}**"
        rows.append([item.number, item.name, _symbols(item.answer), size, other])
    number, name = PARAMETERS
    leading = next(iter(result.readings.values()))
    rows.append([number, name, _italic(leading.formula), f"**{n(leading.count)}**", ""])
    headers = ["Item", "Asked", "By symbol", "Answer", "Other way"]
    return table(headers, rows, "rllll")


def readings(result: Result):
    """The number of parameters for common readings of the layer, the sheet's first."""
    rows = [
        [reading.description, _italic(reading.formula), n(reading.count), reading.modules]
        for reading in result.readings.values()
    ]
    rows[0][0], rows[0][2] = f"**{rows[0][0]}**", f"**{rows[0][2]}**"
    return table(["What the layer has", "By symbol", "Parameters", "Counted in"], rows, "llrl")


def shape_text(shape: Shape) -> str:
    """A shape as the sheet writes it, [10, 90, 20]."""
    return str(list(shape))


def _symbols(symbols: Symbols) -> str:
    return " × ".join(f"*{symbol}*" for symbol in symbols)


def _italic(formula: str) -> str:
    return formula.replace("H", "*H*")


# In inches, from the left and from the top.
QUERY, KEY, VALUE = 1.1, 3.05, 5.2
SCORES = (QUERY + KEY) / 2
ROWS = tuple(0.16 + 0.57 * row + (0.16 if row else 0) for row in range(9))
BOX_WIDTH, BOX_HEIGHT = 1.5, 0.29
HEIGHT = ROWS[-1] + 0.55


@dataclass(frozen=True)
class _Pen:
    """Draws on axes measured in inches."""

    axes: Any

    def box(self, left: float, right: float, row: int, text: str, weights: bool = False) -> None:
        """A box around the columns from `left` to `right`; filled if there are weights in it."""
        from matplotlib.patches import FancyBboxPatch

        width = right - left + BOX_WIDTH
        corner = (left - BOX_WIDTH / 2, ROWS[row] - BOX_HEIGHT / 2)
        style = "round,pad=0,rounding_size=0.06"
        face, edge, ink = (BLUE, BLUE, PAPER) if weights else (PAPER, GREY, INK)
        self.axes.add_patch(
            FancyBboxPatch(corner, width, BOX_HEIGHT, style, fc=face, ec=edge, lw=0.8)
        )
        self._text((left + right) / 2, ROWS[row], text, ha="center", color=ink)

    def arrow(self, x: float, row: int, to: int, shape: str, item: int | None = None) -> None:
        """An arrow between the boxes of two rows, with what flows along it near its start."""
        start = ROWS[row] + BOX_HEIGHT / 2
        end = ROWS[to] - BOX_HEIGHT / 2 if to < len(ROWS) else HEIGHT - 0.02
        self.head(x, start, end)
        label = start + 0.15
        self._text(x + 0.1, label, shape, ha="left", fontsize=9)
        if item is not None:
            badge = {"boxstyle": "circle,pad=0.18", "fc": LIGHT, "ec": "none"}
            self._text(x - 0.17, label, str(item), ha="center", fontsize=8, bbox=badge)

    def raised(self, x: float, row: int, before: str, letter: str, after: str) -> None:
        """Words in a box around a raised letter at `x`: the text's face has no letter such as ᵀ."""
        baseline = ROWS[row] + 0.045
        self._text(x, baseline, before, ha="right", va="baseline")
        self._text(x + 0.01, baseline - 0.05, letter, ha="left", va="baseline", fontsize=6.5)
        self._text(x + 0.1, baseline, after, ha="left", va="baseline")

    def head(self, x: float, start: float, end: float) -> None:
        """A bare arrow downwards."""
        look = {"arrowstyle": "-|>", "color": GREY, "shrinkA": 0, "shrinkB": 0, "lw": 0.9}
        self.axes.annotate("", xy=(x, end), xytext=(x, start), arrowprops=look)

    def line(self, *points: tuple[float, float]) -> None:
        """A line through `points`."""
        self.axes.plot(*zip(*points, strict=True), color=GREY, lw=0.9)

    def _text(self, x: float, y: float, text: str, **look: Any) -> None:
        self.axes.text(x, y, text, **{"va": "center_baseline", **look})


@figure("transformer-layer", EXPERIMENT)
def layer_drawing(result: Result) -> Any:
    """From the input at the top to the output of Dropout-2; filled boxes hold the parameters."""
    drawn, axes = new_figure(TEXT_WIDTH, HEIGHT)
    drawn.set_layout_engine("none")
    axes.set_position((0, 0, 1, 1))
    axes.set(xlim=(0, TEXT_WIDTH), ylim=(HEIGHT, 0))
    axes.set_axis_off()
    pen = _Pen(axes)
    sizes = result.dimensions
    shape = {item.number: shape_text(item.shape) for item in result.shapes.values()}
    maps = shape_text(result.shapes["softmax"].all_heads)

    # the input goes to all three projections
    fork = ROWS[1] - BOX_HEIGHT / 2 - 0.2
    pen.box(KEY, KEY, 0, "Input")
    pen.arrow(KEY, 0, 1, shape_text(sizes.sizes(("B", "L", "H"))))
    pen.line((QUERY, fork), (VALUE, fork))
    for x in (QUERY, VALUE):
        pen.head(x, fork, ROWS[1] - BOX_HEIGHT / 2)

    # three times the same: a projection, dealt out to the heads
    for x, name, item, end in (
        (QUERY, "Query", 1, 3),
        (KEY, "Key", 2, 3),
        (VALUE, "Value", 3, 6),
    ):
        weights = f"{name}: {sizes.hidden_size} × {sizes.hidden_size} weights"
        pen.box(x, x, 1, weights, weights=True)
        pen.arrow(x, 1, 2, shape[item], item)
        pen.box(x, x, 2, f"Split into {sizes.heads} heads")
        pen.arrow(x, 2, end, f"{sizes.heads} × {shape[item + 3]}", item + 3)

    # queries and keys make the map
    pen.box(QUERY, KEY, 3, "")
    pen.raised(SCORES + 0.24, 3, "Scores: Q · K", "T", f"/ √{sizes.head_size}")
    pen.arrow(SCORES, 3, 4, maps)
    pen.box(SCORES, SCORES, 4, "Softmax")
    pen.arrow(SCORES, 4, 5, f"{maps}, attention map", 7)
    pen.box(SCORES, SCORES, 5, "Dropout-1")
    pen.arrow(SCORES, 5, 6, shape[8], 8)

    # the map weighs the values
    middle = (SCORES + VALUE) / 2
    pen.box(SCORES, VALUE, 6, "Map · V: each row of the map weighs the rows of V")
    pen.arrow(middle, 6, 7, shape_text(sizes.sizes(("B", "h", "L", "d"))))
    pen.box(middle, middle, 7, "Merge the heads")
    pen.arrow(middle, 7, 8, f"{shape[9]}, Output", 9)
    pen.box(middle, middle, 8, "Dropout-2")
    pen.arrow(middle, 8, 9, shape[10], 10)
    return drawn
