"""Tables and figures of problem 2."""

from textwrap import fill

import numpy as np

from hw4.foundation.figures import figure, heat_map, labelled_level, labelled_line, new_figure
from hw4.foundation.style import AMBER, BLUE, GREY, PALETTE
from hw4.foundation.tables import table
from hw4.foundation.words import n, number, pct, significant, spelled
from hw4.sequences.result import ASKED, EXPERIMENT, NETWORKS, Result
from hw4.sequences.trained import NEAR as NEAR  # for the document
from hw4.sequences.trained import Trained

TRAINING, VALIDATION = AMBER, BLUE
DOTTED = (0, (1, 2))
CLOSE = 2
"""A panel whose errors differ by no more than this factor gets an inset."""


def load() -> Result:
    """The stored result; a UserError if there is none."""
    return EXPERIMENT.stored()


def comparison_table(result: Result):
    """Errors, overfitting, convergence and size of every network, and the mean for comparison."""
    headers = ["Network", "Training", "Validation", "Test", "Kept", "End", "Epochs", "Seconds"]
    headers.append("Parameters")
    rest = [""] * (len(headers) - 1)
    networks = [_comparison(result, result.models[name]) for name in NETWORKS]
    variance, baselines = result.data.target_variance, result.baselines
    errors = [variance, baselines.mean_validation, baselines.mean]
    over = number(baselines.mean_validation / variance, 2)
    mean = [*(_error(result, error) for error in errors), over, over, "–", "–", "1"]
    rows = [
        ["**Asked for**", *rest],
        *networks[: len(ASKED)],
        ["**Two variants**", *rest],
        *networks[len(ASKED) :],
        ["**No network**", *rest],
        ["Always the mean", *mean],
    ]
    return table(headers, rows, "lrrrrrrrr")


def _comparison(result: Result, model: Trained) -> list[str]:
    return [
        title(result, model.name),
        _error(result, model.train_mse),
        _error(result, model.validation_mse),
        f"{_error(result, model.test_mse)} ± {_error(result, model.test_mse_std)}",
        number(model.validation_over_train, 2),
        number(model.validation_over_train_at_end, 2),
        number(model.epochs_to_converge, 0),
        number(model.seconds_to_converge, 2),
        n(model.parameters),
    ]


def baselines_table(result: Result):
    """What needs no network, the lowest error there can be, and two networks among them."""
    measured = result.baselines
    count = spelled(result.data.shortest)
    rows = [
        ("Mean of the training targets", measured.mean),
        (f"Linear, first {count} steps (ridge)", measured.first_steps),
        (f"Best use of the first {count}, process known", measured.first_steps_informed),
    ]
    for steps in sorted({1, 2, 3, result.data.shortest, measured.chosen} & set(measured.linear)):
        best = ", chosen on validation" if steps == measured.chosen else ""
        last = "last step" if steps == 1 else f"last {spelled(steps)} steps"
        rows.append((f"Linear, {last}{best}", measured.linear[steps].test_mse))
    kind = "known" if result.noise_is_known else "estimated"
    rows += [
        (f"**Network, last {count} steps**", result.models["truncated_last"].test_mse),
        ("**Vanilla RNN, all steps**", result.models["vanilla"].test_mse),
        (f"Noise in the targets, {kind}", result.noise),
    ]
    cells = [[name, _error(result, mse), pct(mse / measured.mean)] for name, mse in rows]
    return table(["Predictor", "Test MSE", "Share of the mean's"], cells, "lrr")


def title(result: Result, name: str) -> str:
    """A network's name in tables and figures."""
    steps = spelled(result.data.shortest)
    return {
        "vanilla": "Vanilla RNN",
        "truncated": f"Truncated, first {steps}",
        "padded": "Padded at the end",
        "truncated_last": f"Truncated, last {steps}",
        "padded_front": "Padded in front",
    }[name]


def _error(result: Result, mse: float, digits: int = 2) -> str:
    return number(mse / 10.0**result.exponent, digits)


def _short(result: Result, mse: float) -> str:
    return _error(result, mse, 2 if mse < 10.0 ** (result.exponent + 1) else 1)


@figure("sequences-search", EXPERIMENT)
def search(result: Result):
    """Validation error of each setting that was tried, a panel a network; the chosen one bold."""
    models = result.models.values()
    sizes = [sorted({tried.hidden_size for tried in model.search}) for model in models]
    decays = [sorted({tried.decay for tried in model.search}) for model in models]
    fig, panels = new_figure(
        height=0.18 * max(map(len, sizes)) + 0.88,
        columns=len(models),
        width_ratios=[len(columns) + 0.7 for columns in decays],
    )
    for axes, model, rows, columns in zip(panels, models, sizes, decays, strict=True):
        tried = {(one.hidden_size, one.decay): one.validation_mse for one in model.search}
        errors = np.array(
            [[tried.get((row, column), np.nan) for column in columns] for row in rows]
        )
        heat_map(
            axes,
            errors,
            [n(size) for size in rows],
            [significant(decay, 1) for decay in columns],
            text=lambda error: "" if np.isnan(error) else _short(result, error),
            shades=-np.log(np.maximum(errors, np.finfo(float).tiny)),
            bold=(rows.index(model.hidden_size), columns.index(model.weight_decay)),
            fontsize=8,
        )
        axes.tick_params(labelsize=8)
        axes.set_title(fill(title(result, model.name), 12), fontsize=9)
    panels[0].set_ylabel("hidden units")
    fig.supxlabel("weight decay", fontsize=9.5)
    return fig


@figure("sequences-learning-curves", EXPERIMENT)
def learning_curves(result: Result):
    """Training and validation error by epoch for the three networks, each seed a line."""
    fig, panels = new_figure(height=1.95, columns=len(ASKED), sharey=True, sharex=True)
    models = [result.models[name] for name in ASKED]
    mean = result.baselines.mean_validation
    for axes, model in zip(panels, models, strict=True):
        _draw_curves(axes, model)
        axes.set_title(title(result, model.name))
        axes.set_xlabel("epoch")
        for level in (mean, result.noise):
            axes.axhline(level, color=GREY, lw=0.8, ls=DOTTED)
        _magnify(axes, model, mean)
    errors = [error for model in models for curve in model.curves for error in curve.training]
    lowest = min(error for error in errors if error > 0)
    panels[0].set_yscale("log")
    panels[0].set_ylim(bottom=max(lowest / 4, result.noise / 300))
    panels[0].set_xlim(left=0)
    panels[0].set_ylabel("mean squared error")
    # the last panel's right side names the lines of all
    curve, end = models[-1].curves[0], len(models[-1].curves[0].training)
    for label, errors, color in (
        ("training", curve.training, TRAINING),
        ("validation", curve.validation, VALIDATION),
    ):
        labelled_line(panels[-1], [end], [errors[-1]], label, color)
    labelled_level(panels[-1], mean, "mean")
    labelled_level(panels[-1], result.noise, "noise")
    return fig


def _draw_curves(axes, model: Trained) -> None:
    for curve in model.curves:
        epochs = range(1, len(curve.training) + 1)
        axes.plot(epochs, curve.training, color=TRAINING, lw=0.9, ls=(0, (4, 1.2)))
        axes.plot(epochs, curve.validation, color=VALIDATION, lw=0.9)
        epoch = curve.converged_epoch
        axes.plot(epoch, curve.validation[epoch - 1], "o", color=VALIDATION, ms=3)


def _magnify(axes, model: Trained, mean: float) -> None:
    """An inset where all curves lie on the line of the mean: the same on a linear scale."""
    errors = [error for curve in model.curves for error in (*curve.training, *curve.validation)]
    low, high = min(errors), max(errors)
    if high > CLOSE * low or not mean / CLOSE < low < CLOSE * mean:
        return
    inset = axes.inset_axes((0.17, 0.16, 0.8, 0.45))
    _draw_curves(inset, model)
    inset.axhline(mean, color=GREY, lw=0.8, ls=DOTTED)
    inset.set_xlim(axes.get_xlim())
    apart = [error for error in (low, high) if abs(error - mean) > 0.15 * (high - low)]
    levels = [mean, *apart]
    inset.set_yticks(levels, [number(error / mean, 2) for error in levels])
    inset.tick_params(labelsize=7.5, length=2)
    inset.set_title("in units of the mean's error", fontsize=7.5, weight="normal", pad=2)


@figure("sequences-error-by-length", EXPERIMENT)
def error_by_length(result: Result):
    """Test error of every network by the length of the sequence, on a logarithmic scale."""
    fig, axes = new_figure(height=2.15)
    for (name, model), color in zip(result.models.items(), PALETTE, strict=True):
        lengths, errors = list(model.test_mse_by_length), list(model.test_mse_by_length.values())
        look = {"lw": 1.8, "ls": "-"} if name in ASKED else {"lw": 1.1, "ls": "--"}
        labelled_line(axes, lengths, errors, title(result, name), color, marker="o", ms=2, **look)
    labelled_level(axes, result.baselines.mean, "mean")
    labelled_level(axes, result.noise, "noise")
    axes.set_yscale("log")
    axes.set_xlim(lengths[0], max(lengths[-1], lengths[0] + 1))
    axes.set_xticks(lengths if len(lengths) <= 20 else lengths[:: len(lengths) // 10])
    axes.set_xlabel("length of the sequence, in steps")
    axes.set_ylabel("test mean squared error")
    return fig
