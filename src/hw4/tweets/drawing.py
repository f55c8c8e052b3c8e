"""Figures of problem 3, and what they show in words."""

from hw4.foundation.figures import figure, new_figure
from hw4.foundation.style import BLUE, GREY, INK, LIGHT, PAPER, RED, SEQUENTIAL, TEAL
from hw4.foundation.words import count, number, percent
from hw4.tweets.naming import CLASSES, learning_rate, variant_name
from hw4.tweets.records import Trial
from hw4.tweets.result import EXPERIMENT, Result
from hw4.tweets.scores import Curve, Scores


@figure("tweets-lengths", EXPERIMENT)
def lengths(result: Result):
    """How many word pieces tweets have, and where they are cut."""
    measured = result.lengths
    fig, axes = new_figure(height=1.7)
    axes.bar(
        measured.edges[:-1],
        measured.counts,
        width=[b - a for a, b in zip(measured.edges, measured.edges[1:], strict=False)],
        align="edge",
        color=BLUE,
        edgecolor=PAPER,
        linewidth=0.4,
    )
    axes.axvline(measured.max_length, color=RED, linewidth=1.2)
    axes.annotate(
        f"cut at {measured.max_length}",
        (measured.max_length, 0.9),
        xycoords=("data", "axes fraction"),
        xytext=(-4, 0),
        textcoords="offset points",
        color=RED,
        ha="right",
    )
    axes.set_xlim(0, max(measured.edges[-1], measured.max_length) + 2)
    axes.set_xlabel("word pieces in a tweet")
    axes.set_ylabel("tweets")
    return fig


def lengths_alt(result: Result) -> str:
    """What the histogram shows."""
    measured = result.lengths
    most = max(range(len(measured.counts)), key=measured.counts.__getitem__)
    return (
        f"Histogram of word pieces per tweet. Most common are {measured.edges[most]} to "
        f"{measured.edges[most + 1]}, the median is {number(measured.median, 0)} and the longest "
        f"tweet has {measured.longest}; {count(measured.cut)} tweets are cut at "
        f"{measured.max_length}."
    )


@figure("tweets-grid", EXPERIMENT)
def grid(trials: tuple[Trial, ...]):
    """Validation F1-macro of every setting of the grid, one panel a weighting and epoch count."""
    from matplotlib.colors import LinearSegmentedColormap

    weightings = _values(trials, "class_weighting")
    epochs = _values(trials, "epochs")
    rates, decays = _values(trials, "learning_rate"), _values(trials, "weight_decay")
    by_setting = {
        (t.class_weighting, t.epochs, t.learning_rate, t.weight_decay): t.validation_f1_macro
        for t in trials
    }
    low, high = min(by_setting.values()), max(by_setting.values())
    colors = LinearSegmentedColormap.from_list("scores", SEQUENTIAL)
    fig, panels = new_figure(
        height=1.05 * len(weightings) + 0.75,
        columns=len(epochs),
        rows=len(weightings),
        squeeze=False,
        sharex=True,
        sharey=True,
    )
    for row, weighting in enumerate(weightings):
        for column, passes in enumerate(epochs):
            axes = panels[row][column]
            cells = [[by_setting[weighting, passes, r, d] for r in rates] for d in decays]
            axes.imshow(cells, cmap=colors, vmin=low, vmax=high, aspect="auto")
            for y, line in enumerate(cells):
                for x, score in enumerate(line):
                    dark = (score - low) > 0.55 * (high - low)
                    best = score == high
                    axes.text(
                        *(x, y, number(score, 3)),
                        ha="center",
                        va="center",
                        color=PAPER if dark else INK,
                        fontsize=9,
                        fontweight="bold" if best else "normal",
                    )
            axes.set_xticks(range(len(rates)), [learning_rate(rate) for rate in rates])
            axes.set_yticks(range(len(decays)), [f"{decay:g}" for decay in decays])
            axes.tick_params(length=0)
            axes.spines[:].set_visible(False)
            if row == 0:
                axes.set_title(f"{passes} epochs", fontweight="normal", fontsize=9.5)
            if row == len(weightings) - 1:
                axes.set_xlabel("learning rate")
            if column == 0:
                label = "plain loss" if weighting == "none" else "weighted loss"
                axes.set_ylabel(f"{label}\nweight decay")
    return fig


def grid_alt(result: Result) -> str:
    """What the heat map shows."""
    best = result.best_trial
    worst = min(trial.validation_f1_macro for trial in result.grid)
    return (
        f"Heat map of validation F1-macro for {len(result.grid)} settings, from "
        f"{number(worst, 3)} to {number(best.validation_f1_macro, 3)}. The best has learning rate "
        f"{learning_rate(best.learning_rate)}, weight decay {best.weight_decay:g}, {best.epochs} "
        f"epochs and {'a weighted' if best.class_weighting == 'balanced' else 'a plain'} loss."
    )


@figure("tweets-final", EXPERIMENT)
def final(scores: Scores, curves: dict[str, Curve], names: dict[str, str]):
    """The final model's confusion matrix, and precision against recall beside the yardstick."""
    fig, (left, right) = new_figure(height=2.5, columns=2, width_ratios=(1, 1.5))
    _confusion(left, scores)
    colors = (BLUE, TEAL, GREY)
    for (key, curve), color in zip(curves.items(), colors, strict=False):
        dashed = key == "tfidf"
        right.plot(curve.recall, curve.precision, color=color, linestyle="--" if dashed else "-")
    share = next(iter(curves.values())).share
    right.axhline(share, color=LIGHT, linewidth=1.2)
    right.text(
        *(0.01, share - 0.02, f"guessing: AP {number(share, 2)}"),
        va="top",
        color=GREY,
        fontsize=9,
    )
    for place, (key, color) in enumerate(zip(curves, colors, strict=False)):
        right.annotate(
            f"{names[key]}: AP {number(curves[key].average_precision, 2)}",
            (1.03, 0.98 - 0.12 * place),
            xycoords="axes fraction",
            va="top",
            color=color,
            annotation_clip=False,
        )
    right.set_xlim(0, 1)
    right.set_ylim(0, 1)
    right.set_xlabel("recall of class 0")
    right.set_ylabel("precision of class 0")
    return fig


def _confusion(axes, scores: Scores) -> None:
    from matplotlib.colors import LinearSegmentedColormap

    colors = LinearSegmentedColormap.from_list("counts", SEQUENTIAL)
    shares = [[cell / max(1, sum(row)) for cell in row] for row in scores.confusion]
    axes.imshow(shares, cmap=colors, vmin=0, vmax=1, aspect="auto")
    for y, row in enumerate(scores.confusion):
        for x, cell in enumerate(row):
            axes.text(
                *(x, y, f"{count(cell)}\n{percent(shares[y][x], 0)}"),
                ha="center",
                va="center",
                color=PAPER if shares[y][x] > 0.55 else INK,
            )
    axes.set_xticks((0, 1), ("0", "1"))
    axes.set_yticks((0, 1), ("0", "1"))
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_xlabel("predicted class")
    axes.set_ylabel("annotated class")


def final_alt(result: Result) -> str:
    """What the confusion matrix and the curves show."""
    test = result.final.test
    (zero_zero, zero_one), (one_zero, one_one) = test.confusion
    curve, words = result.curves[result.final_key], result.curves["tfidf"]
    return (
        f"Left: confusion matrix on the test tweets. Of class 0, {count(zero_zero)} were found and "
        f"{count(zero_one)} missed; of class 1, {count(one_one)} were found and "
        f"{count(one_zero)} missed. Right: precision against recall of class 0; average precision "
        f"is {number(curve.average_precision, 2)} for the final head, "
        f"{number(words.average_precision, 2)} for counted words and "
        f"{number(curve.share, 2)} for guessing."
    )


@figure("tweets-ablation", EXPERIMENT)
def ablation(rows: tuple[tuple[str, float, float, float, bool], ...], yardstick: float):
    """Validation and test F1-macro of every variant, one line each.

    Args:
        rows: name, validation score, test score, its standard error, whether it is the bonus.
        yardstick: test score of counted words.
    """
    fig, axes = new_figure(height=0.31 * len(rows) + 0.75)
    for place, (_, validation, test, error, chosen) in enumerate(rows):
        color = RED if chosen else BLUE
        axes.plot([test - error, test + error], [place, place], color=color, linewidth=1.4)
        axes.plot([test], [place], "o", color=color, markersize=5.5)
        axes.plot(
            *([validation], [place], "o"), markerfacecolor=PAPER, markeredgecolor=GREY, markersize=5
        )
        axes.annotate(
            number(test, 3),
            (max(test + error, validation), place),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            fontsize=9,
            color=color,
        )
    axes.axvline(yardstick, color=GREY, linewidth=1, linestyle="--")
    axes.annotate(
        "counted words",
        (yardstick, 1),
        xycoords=("data", "axes fraction"),
        xytext=(0, 3),
        textcoords="offset points",
        ha="center",
        fontsize=9,
        color=GREY,
    )
    axes.set_yticks(range(len(rows)), [row[0] for row in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x")
    axes.set_axisbelow(True)
    axes.margins(x=0.11)  # the numbers stand to the right of what they are about
    axes.set_xlabel("F1-macro: filled on test (± standard error), hollow on validation")
    return fig


def ablation_of(result: Result):
    """The ablation figure of a result."""
    rows = tuple(
        (
            f"{place}: {variant_name(variant)}",
            variant.validation_f1_macro,
            variant.test.f1_macro,
            variant.test.f1_macro_error,
            variant.key == result.bonus_key,
        )
        for place, variant in enumerate(result.variants)
    )
    return ablation(rows, result.yardstick("tfidf").test.f1_macro)


def ablation_alt(result: Result) -> str:
    """What the ablation figure shows."""
    parts = [
        f"{place} {variant_name(variant)}: {number(variant.test.f1_macro, 3)}"
        for place, variant in enumerate(result.variants)
    ]
    return (
        f"Test F1-macro of {len(parts)} variants: {'; '.join(parts)}. Counted words reach "
        f"{number(result.yardstick('tfidf').test.f1_macro, 3)}."
    )


def final_of(result: Result):
    """The figure of the final model and of the bonus, against counted words."""
    keys = dict.fromkeys([result.final_key, result.bonus_key, "tfidf"])
    names = {
        result.bonus_key: "bonus (Q7)",
        result.final_key: "final head",
        "tfidf": "counted words",
    }
    return final(result.final.test, {key: result.curves[key] for key in keys}, names)


def grid_of(result: Result):
    """The heat map of a result."""
    return grid(result.grid)


def _values(trials: tuple[Trial, ...], name: str) -> list:
    return list(dict.fromkeys(getattr(trial, name) for trial in trials))


__all__ = [
    "CLASSES",
    "ablation_alt",
    "ablation_of",
    "final_alt",
    "final_of",
    "grid_alt",
    "grid_of",
    "lengths",
    "lengths_alt",
]
