"""How every figure looks: colors that work in grey, type like the text's, no chart junk.

The colors differ in lightness as well as in hue, so that they stay apart on a grey printer and for
color-blind eyes; a series is also named beside its line.
"""

INK = "#1c2330"
"""Text, axes, and the one thing to look at."""
GREY = "#6b7280"
"""What is there for comparison: reference lines, secondary labels."""
LIGHT = "#d9dce1"
"""Grid lines and fills behind."""
PAPER = "#ffffff"

BLUE, RED, TEAL, AMBER, VIOLET = "#12406f", "#bf3f2b", "#2b9488", "#dd9d2f", "#a58fc9"
PALETTE = (BLUE, RED, TEAL, AMBER, VIOLET)
"""Series in their order; lightness (CIE L*) 26, 44, 56, 69, 64."""
SEQUENTIAL = ("#f4f6f8", "#c3d3e2", "#7fa3c4", "#3c719f", "#12406f")
"""From little to much, for heat maps and confusion matrices."""

TEXT_WIDTH = 6.5
"""Width of the text on the page, in inches."""
FONT = ("Libertinus Serif", "STIXGeneral", "Times New Roman", "Liberation Serif", "DejaVu Sans")
"""The text's own face comes from Typst; STIX has nearly its widths and travels with Matplotlib.

In a page of HTML the browser takes the first that it has; in a wider one labels would be cut off.
"""

SETTINGS = {
    "font.family": list(FONT),
    "font.size": 9.5,
    "axes.labelsize": 9.5,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "legend.fontsize": 9,
    "legend.frameon": False,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": GREY,
    "axes.linewidth": 0.7,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.major.size": 3,
    "ytick.major.size": 3,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": LIGHT,
    "grid.linewidth": 0.6,
    "lines.linewidth": 1.6,
    "lines.markersize": 4,
    "figure.facecolor": PAPER,
    "savefig.facecolor": PAPER,
    "figure.constrained_layout.use": True,
    "svg.fonttype": "none",
    "svg.hashsalt": "hw4",
    "savefig.dpi": 200,
}
"""Matplotlib's settings for every figure (see `figures.figure`)."""

PLAIN = {
    **SETTINGS,
    "font.family": ["serif"],
    "font.serif": list(FONT),
    "figure.figsize": [TEXT_WIDTH, 3.0],
}
"""The same for a figure that a cell draws by itself: a face that is missing is passed over."""


def matplotlibrc() -> str:
    """`PLAIN` as a file that Matplotlib reads when it is imported."""

    def shown(value: object) -> str:
        return ", ".join(map(str, value)) if isinstance(value, list) else str(value)

    return "".join(f'{name}: "{shown(value)}"\n' for name, value in PLAIN.items())
