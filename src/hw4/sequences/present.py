"""Tables and figures of problem 2."""

from math import log10

from hw4.foundation.figures import figure, labelled_level, labelled_line, new_figure
from hw4.foundation.style import AMBER, BLUE, GREY, PALETTE
from hw4.foundation.tables import table
from hw4.foundation.words import n, number, pct, significant, spelled
from hw4.sequences.result import ASKED, EXPERIMENT, NETWORKS, Result
from hw4.sequences.trained import NEAR, ModelResult

__all__ = [
    "EXPERIMENT",
    "NEAR",
    "baselines_table",
    "comparison_table",
    "error_by_length",
    "learning_curves",
    "load",
    "search_table",
]
LABELS = {
    "vanilla": "vanilla RNN",
    "truncated": "truncated",
    "padded": "padded",
    "truncated_last": "truncated, end kept",
    "padded_front": "padded in front",
}
TRAINING, VALIDATION = AMBER, BLUE
CLOSE = 2
"""A panel whose errors differ by no more than this factor gets an inset."""


def load() -> Result:
    """The stored result.

    Raises:
        UserError: there is none.
    """
    return EXPERIMENT.stored()


def search_table(result: Result):
    """Validation error of each candidate for the three networks asked for; the chosen bold."""
    decays = result.settings.decays
    rows = []
    for name in ASKED:
        model = result.models[name]
        for size in result.settings.hidden_sizes:
            tried = [item for item in model.search if item.hidden_size == size]
            cells = [_error(result, item.validation_mse) for item in tried]
            if size == model.hidden_size:
                chosen = decays.index(model.decay)
                cells[chosen] = f"**{cells[chosen]}**"
            rows.append([title(result, name), n(size), *cells])
    headers = ["Network", "Units", *(f"Decay {significant(decay, 1)}" for decay in decays)]
    return table(headers, rows, "lr" + "r" * len(decays))


def comparison_table(result: Result):
    """Errors, overfitting, convergence and size of every network, and the mean for comparison."""
    headers = ["Network", "Training", "Validation", "Test", "Kept", "End", "Epochs", "Seconds"]
    headers.append("Parameters")
    rest = [""] * (len(headers) - 1)
    asked = [_comparison(result, result.models[name]) for name in ASKED]
    others = [_comparison(result, result.models[name]) for name in NETWORKS[len(ASKED) :]]
    variance, baselines = result.data.target_variance, result.baselines
    errors = [variance, baselines.mean_validation, baselines.mean]
    mean = ["Always the mean", *(_error(result, error) for error in errors)]
    over = number(baselines.mean_validation / variance, 2)
    rows = [
        ["**Asked for**", *rest],
        *asked,
        ["**Two more**", *rest],
        *others,
        ["**No network**", *rest],
        [*mean, over, over, "–", "–", "1"],
    ]
    return table(headers, rows, "lrrrrrrrr")


def _comparison(result: Result, model: ModelResult) -> list[str]:
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
    shown = {1, 2, 3, result.data.shortest, measured.chosen}
    for steps, fit in measured.linear.items():
        if fit.is_fitted and steps in shown:
            best = ", chosen on validation" if steps == measured.chosen else ""
            last = "last step" if steps == 1 else f"last {spelled(steps)} steps"
            rows.append((f"Linear, {last}{best}", fit.test_mse))
    rows.append((f"**Network, last {count} steps**", result.models["truncated_last"].test_mse))
    rows.append(("**Vanilla RNN, all steps**", result.models["vanilla"].test_mse))
    kind = "known" if result.noise_is_known else "estimated"
    rows.append((f"Noise in the targets, {kind}", result.noise))
    cells = [[name, _error(result, mse), pct(mse / measured.mean)] for name, mse in rows]
    return table(["Predictor", "Test MSE", "Share of the mean's"], cells, "lrr")


def title(result: Result, name: str) -> str:
    """A network's name in tables."""
    steps = spelled(result.data.shortest)
    return {
        "vanilla": "Vanilla RNN",
        "truncated": f"Truncated, first {steps}",
        "padded": "Padded at the end",
        "truncated_last": f"Truncated, last {steps}",
        "padded_front": "Padded in front",
    }[name]


def _error(result: Result, mse: float) -> str:
    return number(mse / 10.0**result.exponent, 2)


@figure("sequences-learning-curves", EXPERIMENT)
def learning_curves(result: Result):
    """Training and validation error by epoch for the three networks, each seed a line."""
    fig, panels = new_figure(height=1.95, columns=len(ASKED), sharey=True, sharex=True)
    models = [result.models[name] for name in ASKED]
    mean = result.baselines.mean_validation
    for axes, model in zip(panels, models, strict=True):
        _draw_curves(axes, model)
        axes.set_title(LABELS[model.name])
        axes.set_xlabel("epoch")
        for level in (mean, result.noise):
            axes.axhline(level, color=GREY, lw=0.8, ls=(0, (1, 2)))
    first = panels[0]
    first.set_yscale("log")
    positive = [e for model in models for c in model.curves for e in c.training if e > 0]
    bottom = max(min(positive) / 4, result.noise / 300)
    first.set_ylim(bottom=bottom)
    first.set_xlim(left=0)
    first.set_ylabel("mean squared error")
    right = {"xycoords": ("axes fraction", "data"), "ha": "right", "color": GREY, "fontsize": 8.5}
    first.annotate("mean", (0.98, mean * 1.12), va="bottom", **right)
    panels[1].annotate("noise", (0.98, max(result.noise, bottom) * 1.12), va="bottom", **right)
    widest = max(models, key=lambda model: abs(log10(model.validation_over_train or 1)))
    _name_curves(panels[models.index(widest)], widest)
    for axes, model in zip(panels, models, strict=True):
        _magnify(axes, model, mean)
    return fig


def _draw_curves(axes, model: ModelResult) -> None:
    for curve in model.curves:
        epochs = range(1, len(curve.training) + 1)
        axes.plot(epochs, curve.training, color=TRAINING, lw=0.9, ls=(0, (4, 1.2)))
        axes.plot(epochs, curve.validation, color=VALIDATION, lw=0.9)
        epoch = curve.converged_epoch
        axes.plot(epoch, curve.validation[epoch - 1], "o", color=VALIDATION, ms=3)


def _magnify(axes, model: ModelResult, mean: float) -> None:
    """An inset where all curves lie on the reference line, with both in linear scale."""
    errors = [error for c in model.curves for error in (*c.training, *c.validation)]
    if max(errors) > CLOSE * min(errors) or not mean / CLOSE < min(errors) < CLOSE * mean:
        return
    inset = axes.inset_axes((0.3, 0.3, 0.66, 0.42))
    _draw_curves(inset, model)
    inset.axhline(mean, color=GREY, lw=0.8, ls=(0, (1, 2)))
    inset.set_yticks([min(errors), max(errors)], [f"{e / mean:.2f}" for e in _ends(errors)])
    inset.set_xticks([])
    inset.tick_params(labelsize=7.5, length=2)
    inset.set_title("magnified, 1 = mean", fontsize=7.5, weight="normal", pad=2)


def _ends(errors: list[float]) -> tuple[float, float]:
    return min(errors), max(errors)


def _name_curves(axes, model: ModelResult) -> None:
    """Name the upper curves above their ends, the lower ones below."""
    validation = [curve.validation[-1] for curve in model.curves]
    training = [curve.training[-1] for curve in model.curves]
    names = [(validation, "validation", VALIDATION), (training, "training", TRAINING)]
    lower, upper = sorted(names, key=lambda named: max(named[0]))
    right = {"xycoords": ("axes fraction", "data"), "ha": "right"}
    axes.annotate(lower[1], (0.98, min(lower[0]) / 1.2), va="top", color=lower[2], **right)
    axes.annotate(upper[1], (0.98, max(upper[0]) * 1.2), va="bottom", color=upper[2], **right)


@figure("sequences-error-by-length", EXPERIMENT)
def error_by_length(result: Result):
    """Test error of every network by the length of the sequence, on a logarithmic scale."""
    fig, axes = new_figure(height=2.15)
    for (name, model), color in zip(result.models.items(), PALETTE, strict=True):
        lengths = [item.length for item in model.by_length]
        errors = [item.mse for item in model.by_length]
        look = {"lw": 1.8, "ls": "-"} if name in ASKED else {"lw": 1.1, "ls": "--"}
        labelled_line(axes, lengths, errors, LABELS[name], color, marker="o", ms=2, **look)
    labelled_level(axes, result.baselines.mean, "mean")
    labelled_level(axes, result.noise, "noise")
    axes.set_yscale("log")
    axes.set_xlim(lengths[0], max(lengths[-1], lengths[0] + 1))
    axes.set_xticks(lengths if len(lengths) <= 20 else lengths[:: len(lengths) // 10])
    axes.set_xlabel("length of the sequence, in steps")
    axes.set_ylabel("test mean squared error")
    return fig
