"""The two figures of problem 2."""

from math import log10

from hw4.foundation.figures import figure, new_figure
from hw4.foundation.style import AMBER, BLUE, GREY, INK, PALETTE
from hw4.sequences.result import ASKED, EXPERIMENT, ModelResult, Result

LABELS = {
    "vanilla": "vanilla RNN",
    "truncated": "truncated",
    "padded": "padded",
    "truncated_last": "truncated, end kept",
    "padded_front": "padded in front",
}
TRAINING, VALIDATION = AMBER, BLUE


def floor_of(result: Result) -> float:
    """The noise in the targets: known for the stand-in, else estimated."""
    known = result.yardsticks.known_floor
    return result.yardsticks.noise_floor if known is None else known


@figure("sequences-learning-curves", EXPERIMENT)
def learning_curves(result: Result):
    """Training and validation error by epoch for the three networks, each seed a line."""
    fig, panels = new_figure(height=2.2, columns=len(ASKED), sharey=True, sharex=True)
    models = [result.model(name) for name in ASKED]
    for axes, model in zip(panels, models, strict=True):
        for curve in model.curves:
            epochs = range(1, len(curve.training) + 1)
            axes.plot(epochs, curve.training, color=TRAINING, lw=0.9, ls=(0, (4, 1.2)))
            axes.plot(epochs, curve.validation, color=VALIDATION, lw=0.9)
            place = curve.converged_epoch
            axes.plot(place, curve.validation[place - 1], "o", color=VALIDATION, ms=3)
        axes.set_title(LABELS[model.name])
        axes.set_xlabel("epoch")
        for level in (result.yardsticks.mean_validation, floor_of(result)):
            axes.axhline(level, color=GREY, lw=0.8, ls=(0, (1, 2)))
    first = panels[0]
    first.set_yscale("log")
    lowest = min(min(curve.training) for model in models for curve in model.curves)
    first.set_ylim(bottom=max(lowest / 4, floor_of(result) / 300))
    first.set_xlim(left=0)
    first.set_ylabel("mean squared error")
    right = {"xycoords": ("axes fraction", "data"), "ha": "right", "color": GREY, "fontsize": 8.5}
    first.annotate("mean", (0.98, result.yardsticks.mean_validation * 1.12), va="bottom", **right)
    panels[1].annotate("noise", (0.98, floor_of(result) * 1.12), va="bottom", **right)
    _name_curves(panels[_widest(models)], models[_widest(models)])
    return fig


def _widest(models: list[ModelResult]) -> int:
    """Where training and validation end farthest apart, and so can be told apart by a label."""
    return max(range(len(models)), key=lambda place: abs(log10(models[place].overfitting)))


def _name_curves(axes, model: ModelResult) -> None:
    """Name the upper curves above their ends, the lower ones below."""
    ends = sorted(
        (
            ([curve.validation[-1] for curve in model.curves], "validation", VALIDATION),
            ([curve.training[-1] for curve in model.curves], "training", TRAINING),
        ),
        key=lambda end: max(end[0]),
    )
    (lower, *below), (upper, *above) = ends
    right = {"xycoords": ("axes fraction", "data"), "ha": "right"}
    for level, side, (text, color) in (
        (min(lower) / 1.2, "top", below),
        (max(upper) * 1.2, "bottom", above),
    ):
        axes.annotate(text, (0.98, level), va=side, color=color, **right)


@figure("sequences-error-by-length", EXPERIMENT)
def error_by_length(result: Result):
    """Test error of every network by the length of the sequence, on a logarithmic scale."""
    fig, axes = new_figure(height=2.9)
    ends = []
    for model, color in zip(result.models, PALETTE, strict=True):
        lengths = [item.length for item in model.by_length]
        errors = [item.mse for item in model.by_length]
        asked = model.name in ASKED
        axes.plot(lengths, errors, color=color, lw=1.8 if asked else 1.1, ls="-" if asked else "--")
        ends.append((errors[-1], LABELS[model.name], color))
    for level, text in ((result.yardsticks.mean, "mean"), (floor_of(result), "noise")):
        axes.axhline(level, color=GREY, lw=0.8, ls=(0, (1, 2)))
        ends.append((level, text, GREY))
    axes.set_yscale("log")
    axes.set_xlim(lengths[0], lengths[-1])
    axes.set_xticks(lengths)
    axes.set_xlabel("length of the sequence, in steps")
    axes.set_ylabel("test mean squared error")
    _label_ends(axes, ends, line=0.075)
    axes.tick_params(labelcolor=INK)
    return fig


def _label_ends(axes, ends: list[tuple[float, str, str]], line: float) -> None:
    """Name lines at their right ends; a thin line leads to a name that had to move aside.

    Args:
        ends: the value, the text and the color of each.
        line: height of a line of text, as a share of the axes' height.
    """
    bottom, top = (log10(limit) for limit in axes.get_ylim())
    ends = sorted(ends)
    places = [(log10(value) - bottom) / (top - bottom) for value, _, _ in ends]
    heights = list(places)
    for place in range(1, len(heights)):
        heights[place] = max(heights[place], heights[place - 1] + line)
    limit = 1.0
    for place in reversed(range(len(heights))):
        heights[place] = min(heights[place], limit)
        limit = heights[place] - line
    for place, height, (_, text, color) in zip(places, heights, ends, strict=True):
        axes.plot(
            (1.003, 1.03),
            (place, height),
            transform=axes.transAxes,
            color=color,
            lw=0.6,
            clip_on=False,
            scalex=False,
            scaley=False,
        )
        axes.text(1.035, height, text, transform=axes.transAxes, va="center", color=color)
