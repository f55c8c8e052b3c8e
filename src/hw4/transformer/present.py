"""Tables and the drawing of problem 4."""

from dataclasses import dataclass
from typing import Any

from hw4.foundation.figures import figure, new_figure
from hw4.foundation.style import BLUE, GREY, INK, LIGHT, PAPER, TEXT_WIDTH
from hw4.foundation.tables import table
from hw4.foundation.words import n
from hw4.transformer.derive import PARAMETERS, Shape
from hw4.transformer.result import EXPERIMENT, Result


def load() -> Result:
    """The stored result; a UserError if there is none."""
    return EXPERIMENT.stored()


def answers(result: Result):
    """The sheet's eleven items: by symbol, as a number, and with the heads apart or stacked."""
    rows = []
    for item in result.shapes.values():
        other = ""
        if item.shape != item.all_heads:
            other = f"all heads: {shape_text(item.all_heads)}"
        elif item.one_head:
            other = f"one head: {shape_text(item.one_head)}"
        symbols = " × ".join(f"*{symbol}*" for symbol in item.symbols)
        rows.append([item.number, item.name, symbols, f"**{shape_text(item.shape)}**", other])
    formula = next(iter(result.readings.values())).formula
    rows.append([*PARAMETERS, _italic(formula), f"**{n(result.parameters)}**", ""])
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


def _italic(formula: str) -> str:
    return formula.replace("H", "*H*")


# In inches, from the left and from the top.
QUERY, KEY, VALUE = 1.1, 3.05, 5.2
SCORES, MIDDLE = (QUERY + KEY) / 2, ((QUERY + KEY) / 2 + VALUE) / 2
ROWS = tuple(0.16 + 0.57 * row + (0.16 if row else 0) for row in range(9))
BOX_WIDTH, BOX_HEIGHT = 1.5, 0.29
HEIGHT = ROWS[-1] + 0.55
ENDS = (*(row - BOX_HEIGHT / 2 for row in ROWS), HEIGHT - 0.02)
"""Where arrows to a row end; below the last, at the bottom."""


@dataclass(frozen=True)
class _Pen:
    """Draws on axes measured in inches."""

    axes: Any

    def text(self, x: float, y: float, text: str, **look: Any) -> None:
        self.axes.text(x, y, text, **{"va": "center_baseline", "ha": "center", **look})

    def box(self, left: float, right: float, row: int, text: str, face: str = PAPER) -> None:
        """A box around the columns from `left` to `right`."""
        from matplotlib.patches import FancyBboxPatch

        corner, width = (left - BOX_WIDTH / 2, ENDS[row]), right - left + BOX_WIDTH
        look = {"fc": face, "ec": GREY if face == PAPER else face, "lw": 0.8}
        style = "round,pad=0,rounding_size=0.06"
        self.axes.add_patch(FancyBboxPatch(corner, width, BOX_HEIGHT, style, **look))
        color = INK if face == PAPER else PAPER
        self.text((left + right) / 2, ROWS[row], text, color=color)

    def arrow(self, x: float, row: int, to: int, shape: str, item: int | None = None) -> None:
        """An arrow between the boxes of two rows, with what flows along it near its start."""
        start = ROWS[row] + BOX_HEIGHT / 2
        self.head(x, start, to)
        self.text(x + 0.1, start + 0.15, shape, ha="left", fontsize=9)
        if item is not None:
            badge = {"boxstyle": "circle,pad=0.18", "fc": LIGHT, "ec": "none"}
            self.text(x - 0.17, start + 0.15, str(item), fontsize=8, bbox=badge)

    def head(self, x: float, start: float, to: int) -> None:
        """A bare arrow down to a row."""
        look = {"arrowstyle": "-|>", "color": GREY, "shrinkA": 0, "shrinkB": 0, "lw": 0.9}
        self.axes.annotate("", xy=(x, ENDS[to]), xytext=(x, start), arrowprops=look)


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
    fork = ENDS[1] - 0.2
    pen.box(KEY, KEY, 0, "Input")
    pen.arrow(KEY, 0, 1, shape[1])
    axes.plot((QUERY, VALUE), (fork, fork), color=GREY, lw=0.9)
    pen.head(QUERY, fork, 1)
    pen.head(VALUE, fork, 1)

    # three times the same: a projection, divided among the heads
    for x, name, item, end in ((QUERY, "Query", 1, 3), (KEY, "Key", 2, 3), (VALUE, "Value", 3, 6)):
        pen.box(x, x, 1, f"{name}: {sizes.hidden_size} × {sizes.hidden_size} weights", BLUE)
        pen.arrow(x, 1, 2, shape[item], item)
        pen.box(x, x, 2, f"Split into {sizes.heads} heads")
        pen.arrow(x, 2, end, f"{sizes.heads} × {shape[item + 3]}", item + 3)

    # queries and keys make the map; the T is raised by hand, as the text's face has no letter ᵀ
    pen.box(QUERY, KEY, 3, "")
    baseline, x = ROWS[3] + 0.045, SCORES + 0.24
    pen.text(x, baseline, "Scores: Q · K", ha="right", va="baseline")
    pen.text(x + 0.01, baseline - 0.05, "T", ha="left", va="baseline", fontsize=6.5)
    pen.text(x + 0.1, baseline, f"/ √{sizes.head_size}", ha="left", va="baseline")
    pen.arrow(SCORES, 3, 4, maps)
    pen.box(SCORES, SCORES, 4, "Softmax")
    pen.arrow(SCORES, 4, 5, f"{maps}, attention map", 7)
    pen.box(SCORES, SCORES, 5, "Dropout-1")
    pen.arrow(SCORES, 5, 6, shape[8], 8)

    # the map weighs the values
    pen.box(SCORES, VALUE, 6, "Map · V: each row of the map weighs the rows of V")
    pen.arrow(MIDDLE, 6, 7, shape_text(result.shapes["split_value"].all_heads))
    pen.box(MIDDLE, MIDDLE, 7, "Merge the heads")
    pen.arrow(MIDDLE, 7, 8, f"{shape[9]}, Output", 9)
    pen.box(MIDDLE, MIDDLE, 8, "Dropout-2")
    pen.arrow(MIDDLE, 8, 9, shape[10], 10)
    return drawn
