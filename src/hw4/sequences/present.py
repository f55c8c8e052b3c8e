"""Tables, figures and words of problem 2."""

from math import floor, log10

from hw4.foundation.tables import Table
from hw4.foundation.words import count, count_word, number, percent, plus_minus, significant
from hw4.sequences.drawing import error_by_length, floor_of, learning_curves
from hw4.sequences.result import EXPERIMENT, NEAR, VARIANTS, ModelResult, Result
from hw4.sequences.wording import Words, learning_alt, length_alt

__all__ = [
    "EXPERIMENT",
    "comparison_table",
    "error_by_length",
    "learning_alt",
    "learning_curves",
    "length_alt",
    "load",
    "search_table",
    "words",
    "yardsticks_table",
]
UNIT = 1e-4
"""Errors in tables are multiples of this."""


def load() -> Result:
    """The stored result.

    Raises:
        UserError: there is none.
    """
    return EXPERIMENT.stored()


def words(result: Result) -> Words:
    """What the prose says of the result."""
    return Words(result)


def search_table(result: Result) -> Table:
    """Validation error of each candidate, one row a network and hidden size."""
    decays = result.settings.decays
    rows = []
    for model in result.models:
        for size in result.settings.hidden_sizes:
            tried = [item for item in model.search if item.hidden_size == size]
            cells = [_in_units(item.validation_mse) for item in tried]
            chosen = [(item.hidden_size, item.decay) for item in tried]
            if (model.hidden_size, model.decay) in chosen:
                place = chosen.index((model.hidden_size, model.decay))
                cells[place] = f"**{cells[place]}**"
            name = title(result, model.name) if size == result.settings.hidden_sizes[0] else ""
            rows.append([name, count(size), *cells])
    headers = ["Network", "Units", *(f"decay {significant(decay, 1)}" for decay in decays)]
    return Table(headers, rows, "lr" + "r" * len(decays))


def comparison_table(result: Result) -> Table:
    """Errors, overfitting, convergence and size of every network, and the mean for comparison."""
    headers = [
        "Network",
        "Training",
        "Validation",
        "Test",
        "Val./train",
        f"Epochs to {percent(NEAR, 0)}",
        f"Seconds to {percent(NEAR, 0)}",
        "Parameters",
    ]
    rows = [_comparison(result, model) for model in result.models]
    mean, facts = result.yardsticks, result.facts
    rows.append(
        [
            "Predicting the mean",
            _in_units(facts.target_variance),
            _in_units(mean.mean_validation),
            _in_units(mean.mean),
            number(mean.mean_validation / facts.target_variance, 2),
            "",
            "",
            "1",
        ]
    )
    return Table(headers, rows, "lrrrrrrr", widths=(28, 11, 13, 15, 8, 12, 12, 14))


def _comparison(result: Result, model: ModelResult) -> list[str]:
    digits = max(0, 2 - floor(log10(model.test_mse / UNIT)))
    return [
        title(result, model.name),
        _in_units(model.train_mse),
        _in_units(model.validation_mse),
        plus_minus(model.test_mse / UNIT, model.test_mse_std / UNIT, digits),
        significant(model.overfitting, 2),
        number(model.epochs_to_converge, 0),
        significant(model.seconds_to_converge, 2),
        count(model.parameters),
    ]


def yardsticks_table(result: Result) -> Table:
    """What needs no network, the lowest error there can be, and the vanilla RNN among them."""
    measured = result.yardsticks
    shown = {1, 2, 3, 5, measured.chosen}
    rows = [("Mean of the training targets", measured.mean)]
    first = f"first {count_word(result.facts.shortest)} steps"
    rows.append((f"Linear, {first} (ridge)", measured.first_steps))
    rows.append((f"Best use of the {first}, process known", measured.first_steps_informed))
    for fit in measured.linear:
        if fit.steps in shown:
            steps = "last step" if fit.steps == 1 else f"last {count_word(fit.steps)} steps"
            best = ", chosen on validation" if fit.steps == measured.chosen else ""
            rows.append((f"Linear, {steps}{best}", fit.test_mse))
    rows.append(("**Vanilla RNN**", result.model("vanilla").test_mse))
    kind = "estimated" if measured.known_floor is None else "known"
    rows.append((f"Noise in the targets, {kind}", floor_of(result)))
    cells = [[name, _in_units(mse), percent(mse / measured.mean)] for name, mse in rows]
    return Table(["Predictor", "Test MSE", "Of the mean's"], cells, "lrr")


def title(result: Result, name: str) -> str:
    """A network's name in tables."""
    steps = result.facts.shortest
    names = (
        "Vanilla RNN",
        f"Truncated to the first {steps}",
        "Padded at the end",
        f"Truncated to the last {steps}",
        "Padded in front",
    )
    return dict(zip(VARIANTS, names, strict=True))[name]


def _in_units(mse: float) -> str:
    return significant(mse / UNIT, 3)
