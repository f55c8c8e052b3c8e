"""Tables, figures and sentences of a Result, whatever the numbers are."""

import re
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise

import pytest

from hw4.foundation.places import ROOT
from hw4.sequences import present
from hw4.sequences.result import (
    Candidate,
    Curve,
    DataFacts,
    LengthError,
    LinearFit,
    ModelResult,
    Result,
    Settings,
    Yardsticks,
)

DOCUMENT = ROOT / "report" / "_2-sequences.qmd"
MEAN, FLOOR = 9e-3, 9e-5


def model(name, test, train=None, epochs=12):
    settings = Settings()
    validation = (*(test * (1 + 2 / (n + 1)) for n in range(epochs)), test, test * 1.1)
    training = tuple((train or test) * (1 + 3 / (n + 1)) for n in range(epochs + 2))
    curve = Curve(training, validation)
    return ModelResult(
        name=name,
        steps=5,
        search=tuple(
            Candidate(size, decay, test * (1 + abs(decay - 1)))
            for size in settings.hidden_sizes
            for decay in settings.decays
        ),
        hidden_size=16,
        decay=1.0,
        parameters=1409,
        curves=(curve,) * 5,
        test=(test, test * 1.01, test * 0.99, test, test),
        by_length=tuple(LengthError(length, 12, test) for length in range(5, 21)),
        seconds=4.0,
    )


def result(vanilla=1e-4, truncated=8.9e-3, padded=2e-3, known=None, train=None):
    linear = tuple(
        LinearFit(k, 10 * k + 1, *[FLOOR + MEAN / 4**k] * 3, FLOOR * (1 + 1 / k))
        for k in range(1, 11)
    )
    return Result(
        Settings(),
        DataFacts(510, 90, 200, 10, 5, 20, 12.4, 0.1, 0.011),
        Yardsticks(MEAN, 8e-3, linear, 8, 8.9e-3, 8.8e-3, FLOOR, 9, 6e-6, known),
        (
            model("vanilla", vanilla, train),
            model("truncated", truncated),
            model("padded", padded, 4e-5),
            model("truncated_last", 1.2e-4),
            model("padded_front", 1.3e-4),
        ),
    )


CASES = {
    "as on the course's data": result(),
    "known noise": result(known=1e-4),
    "nothing learned": result(vanilla=MEAN, truncated=MEAN * 1.2, padded=MEAN),
    "another order": result(vanilla=3e-3, truncated=1e-3, padded=2e-3),
    "as good as the noise": result(vanilla=FLOOR),
    "all overfit": result(vanilla=2e-4, truncated=3e-4, padded=1e-3, train=1e-4),
}


@pytest.mark.parametrize("case", CASES)
def test_every_expression_of_the_document_has_a_value(case):
    names = {"seq": CASES[case], "say": present.words(CASES[case]), "sequences": present}
    expressions = re.findall(r"`\{python\} (.+?)`", DOCUMENT.read_text(encoding="utf-8"))
    assert len(expressions) > 50
    for expression in expressions:
        value = str(eval(expression, names))
        assert "nan" not in value.lower().split()
        assert not re.search(r"[*_`<>]|  ", value.rstrip()), value
        if expression not in ("say.fast_for_nothing",):
            assert value


def test_words_follow_the_numbers():
    say = {name: present.words(case) for name, case in CASES.items()}
    assert say["as on the course's data"].ranking.startswith("Of the three networks, the vanilla")
    assert say["another order"].ranking.startswith("Of the three networks, the truncated network")
    assert "does worse than predicting the mean" in say["nothing learned"].verdict
    assert "as good as the noise allows" in say["as good as the noise"].verdict
    assert "a difference within chance" in say["as on the course's data"].verdict
    assert "within chance" not in say["another order"].verdict
    assert "estimated at 9.0 × 10⁻⁵" in say["as on the course's data"].verdict
    assert "known to be 1.0 × 10⁻⁴" in say["known noise"].verdict
    assert "generalizes" in say["as on the course's data"].overfits("truncated")
    assert "points to fitted noise" in say["as on the course's data"].overfits("padded")
    assert "It is the alignment" in say["as on the course's data"].overfits("padded")
    assert "hardly overfits" in say["as on the course's data"].overfits("vanilla")
    assert "overfits somewhat" in say["all overfit"].overfits("vanilla")
    assert "It is not known" in say["as on the course's data"].floor
    assert "so it is known: 1.0 × 10⁻⁴" in say["known noise"].floor
    assert say["nothing learned"].to_half("vanilla") == "never"
    assert say["as on the course's data"].to_half("vanilla") == "after 1 epoch"
    assert say["as on the course's data"].linear_vanilla.endswith("the end of the sequence.")
    assert "could be better still" in say["another order"].linear_vanilla


def test_remarks_on_chance_and_schedule_follow_the_numbers():
    full = CASES["as on the course's data"]
    said = present.words(full)
    assert "within chance" in present.words(result(vanilla=FLOOR * 0.9)).overfits("vanilla")
    assert "than chance explains" in present.words(result(vanilla=FLOOR / 2)).overfits("vanilla")
    assert said.variants_vanilla.endswith("near what chance allows")
    assert "chance" not in present.words(result(vanilla=3e-5)).variants_vanilla
    assert "above all" not in said.schedule_remark
    trained = replace(full.settings, schedule=replace(full.settings.schedule, epochs=14))
    remark = present.words(replace(full, settings=trained)).schedule_remark
    assert "above all for the vanilla RNN, the truncated" in remark


def test_the_speed_of_a_network_without_hope_is_judged_by_validation():
    full = CASES["nothing learned"]
    hopeless = present.words(full)
    assert "never falls below" in hopeless.fast_for_nothing
    lower = replace(full, yardsticks=replace(full.yardsticks, mean_validation=MEAN * 1.05))
    assert "hardly falls below" in present.words(lower).fast_for_nothing
    much_lower = replace(full, yardsticks=replace(full.yardsticks, mean_validation=MEAN * 2))
    assert present.words(much_lower).fast_for_nothing == ""


def test_error_by_length_comes_to_a_conclusion():
    full = CASES["as on the course's data"]
    assert "For none of the three" in present.words(full).by_length

    def with_lengths(lengths):
        first, *others = full.models
        return present.words(replace(full, models=(replace(first, by_length=lengths), *others)))

    longer = tuple(LengthError(n, 12, 1e-4 if n < 13 else 4e-4) for n in range(5, 21))
    assert "for the vanilla RNN (long sequences" in with_lengths(longer).by_length
    assert with_lengths(longer[:3]).by_length == "No test sequence has more than 12 steps."


def test_tables_hold_every_network():
    shown = CASES["as on the course's data"]
    for table in (present.comparison_table(shown), present.search_table(shown)):
        text = table._repr_markdown_()
        for name in ("Vanilla RNN", "Truncated to the first 5", "Padded in front"):
            assert name in text
    assert "1.00 ± 0.01" in present.comparison_table(shown)._repr_markdown_()
    assert present.search_table(shown)._repr_markdown_().count("**") == 2 * len(shown.models)
    assert "known" in present.yardsticks_table(CASES["known noise"])._repr_markdown_()


@pytest.mark.parametrize("case", CASES)
def test_figures_can_be_drawn(case):
    for draw in (present.learning_curves, present.error_by_length):
        assert draw.__wrapped__(CASES[case]).axes


def test_labels_at_line_ends_do_not_overlap():
    figure = present.error_by_length.__wrapped__(CASES["nothing learned"])
    heights = sorted(text.get_position()[1] for text in figure.axes[0].texts)
    assert len(heights) == 7
    assert min(b - a for a, b in pairwise(heights)) > 0.07
    assert heights[-1] <= 1


def test_quick_settings_leave_no_sentence_without_numbers():
    quick = Settings.quick()
    full = CASES["known noise"]
    models = tuple(
        replace(
            item,
            curves=item.curves[:2],
            search=tuple(Candidate(16, decay, 1e-3) for decay in quick.decays),
            decay=quick.decays[0],
        )
        for item in full.models
    )
    said = present.words(replace(full, settings=quick, models=models))
    assert said.hidden_sizes == "16"
    assert said.search_seeds == "one seed"
    assert said.decay_helps == "Stronger weight decay did not help."
    assert "is at an end of the range" in said.decay_range


def test_presenting_imports_neither_torch_nor_matplotlib():
    program = (
        "import sys, hw4.sequences.present; "
        "print([name for name in ('torch', 'matplotlib', 'sklearn') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert run.stdout.strip() == "[]", run.stderr
