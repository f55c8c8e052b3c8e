"""Tables, figures and the document's expressions, whatever the numbers are."""

import math
import re
import subprocess
import sys
from dataclasses import replace

import pytest

from hw4.sequences import present
from hw4.sequences.conftest import DOCUMENT
from hw4.sequences.made_up import MEAN, made_up, result
from hw4.sequences.result import NETWORKS
from hw4.sequences.trained import Curve

CASES = made_up()
BOUND = re.compile(r'(?:claim|when)="`\{python\} (.+?)`"')


@pytest.mark.parametrize("case", CASES)
def test_every_expression_of_the_document_has_a_value(case, written):
    values = written(CASES[case])
    assert len(values) > 50
    for expression, value in values.items():
        assert value.strip(), expression
        assert not re.search(r"\bnan\b|\binf\b|[*_`<>]", value, re.IGNORECASE), expression
    for expression in BOUND.findall(DOCUMENT.read_text(encoding="utf-8")):
        assert values[expression] in ("True", "False"), expression


def test_tables_hold_every_network_in_equal_digits():
    text = present.comparison_table(CASES["as on the course's data"]).data
    for name in NETWORKS:
        assert present.title(CASES["known noise"], name) in text
    assert "1.00 ± 0.01" in text
    tests = re.findall(r"([\d.,]+) ± ([\d.,]+)", text)
    assert {len(cell.rpartition(".")[2]) for pair in tests for cell in pair} == {2}
    assert "known" in present.baselines_table(CASES["known noise"]).data
    assert "last two steps" not in present.baselines_table(CASES["few sequences"]).data


def test_the_chosen_setting_is_bold_in_every_network_s_panel():
    shown = CASES["known noise"]
    for axes, model in zip(
        present.search.__wrapped__(shown).axes, shown.models.values(), strict=True
    ):
        (bold,) = [text for text in axes.texts if text.get_fontweight() == "bold"]
        column, row = bold.get_position()
        assert axes.get_xticklabels()[column].get_text() == f"{model.weight_decay:g}"
        assert axes.get_yticklabels()[row].get_text() == str(model.hidden_size)


@pytest.mark.parametrize("size", [1e-60, 1.0, 1e60])
def test_errors_of_any_size_are_short_in_tables(size):
    shown = result(*(size * error for error in (1e-4, 8.9e-3, 2e-3)))
    last = {
        name: replace(shown.models[name], test_mse_by_seed=(size * 1e-4,)) for name in NETWORKS[3:]
    }
    baselines = replace(shown.baselines, mean=size * MEAN, mean_validation=size * MEAN)
    text = present.comparison_table(
        replace(shown, models=shown.models | last, baselines=baselines)
    ).data
    assert "1.00 ± " in text


@pytest.mark.parametrize("case", CASES)
def test_figures_can_be_drawn(case):
    for draw in (present.search, present.learning_curves, present.error_by_length):
        assert draw.__wrapped__(CASES[case]).axes


def test_curves_on_the_line_of_the_mean_are_magnified():
    shown = CASES["as on the course's data"]
    flat = Curve((0.0079,) * 9, (0.0081,) * 9)
    truncated = replace(shown.models["truncated"], curves=(flat,))
    figure = present.learning_curves.__wrapped__(
        replace(shown, models=shown.models | {"truncated": truncated})
    )
    assert [len(axes.child_axes) for axes in figure.axes[:3]] == [0, 1, 0]


def test_what_is_derived_follows_the_numbers():
    shown = CASES["as on the course's data"]
    assert shown.explained[1] == pytest.approx(1 - shown.baselines.linear[1].test_mse / MEAN)
    assert shown.epochs_to_half["vanilla"] == 1
    assert shown.epochs_to_half["truncated"] == math.inf
    assert shown.exponent == -4
    known = CASES["known noise"]
    assert known.vanilla_over_noise_std == pytest.approx((2 / known.data.test) ** 0.5)
    assert shown.vanilla_over_noise_std > known.vanilla_over_noise_std
    assert shown.at_edge == []
    strongest = replace(shown.models["padded"], weight_decay=shown.settings.decays[-1])
    smallest = replace(shown.models["vanilla"], hidden_size=shown.settings.hidden_sizes[0])
    moved = shown.models | {"padded": strongest, "vanilla": smallest}
    assert replace(shown, models=moved).at_edge == ["vanilla", "padded"]
    model = shown.models["padded"]
    assert (model.best_epoch, model.epochs) == (13, 14)
    kept = Curve((4.0, 3.0, 1.0), (5.0, 2.0, 3.0)), Curve((3.0, 2.0), (4.0, 4.0))
    uneven = replace(model, curves=kept, seconds=6.0)
    assert (uneven.train_mse, uneven.validation_mse, uneven.seconds_per_epoch) == (3.0, 3.0, 2.0)
    assert model.validation_over_train_at_end == pytest.approx(2e-3 * 1.1 / (4e-5 * (1 + 3 / 14)))


def test_presenting_imports_neither_torch_nor_matplotlib():
    program = (
        "import sys, hw4.sequences.present; "
        "print([name for name in ('torch', 'matplotlib', 'sklearn') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert run.stdout.strip() == "[]", run.stderr
