"""What the report shows and quotes of results of every kind."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from IPython.display import Markdown

from hw4.foundation.experiment import Experiment
from hw4.foundation.scores import Calibration
from hw4.foundation.store import from_plain, to_plain
from hw4.windows import present
from hw4.windows.made_up import made_up
from hw4.windows.result import NETWORKS, REFITTED, Result

RESULTS = made_up()
TABLES = ("counts", "networks", "accuracies", "classes")


@pytest.fixture(params=RESULTS, scope="module")
def result(request) -> Result:
    return RESULTS[request.param]


def test_results_survive_the_store(result):
    again = from_plain(Result, to_plain(result))
    assert to_plain(again) == to_plain(result)
    assert again.best.pretrained == result.best.pretrained


def test_tables_have_a_row_for_each(result):
    for name in TABLES:
        assert getattr(present, f"{name}_table")(result).data.count("\n") >= 4
    rows = present.backbones_table(result).data.splitlines()
    assert len(rows) == 2 + len(result.backbones)
    shown = present.accuracies_table(result).data
    assert all(NETWORKS[name] in shown for name in result.trained)
    assert [row for row in shown.splitlines() if "**–**" in row] == shown.splitlines()[-1:]


def test_every_network_has_its_color_its_name_and_its_curve(result):
    assert result.chosen in present.curves(result)
    assert {*present.COLORS, REFITTED} == set(NETWORKS)


def test_words_are_never_empty(result):
    words = [present.bad_files(result).data, present.confusions(result)]
    words += [present.verdict(step) for step in result.steps.values()]
    assert all(words)


def test_what_was_not_trained_is_nan_and_what_does_not_exist_an_error():
    nets = RESULTS["without weights"].networks
    assert np.isnan(nets["fine-tuned"].accuracy)
    assert np.isnan(nets["frozen"].per_class["Bay"].recall)
    with pytest.raises(KeyError):
        nets["fine"]


def test_names_of_files_are_no_markup():
    told = present.bad_files(RESULTS["messy data"])
    assert isinstance(told, Markdown), "text would be escaped once more where it is quoted"
    assert "x\\*\\_0\\.jpg (damaged)" in told.data and told.data.endswith("and 2 more")


def test_ties_are_told():
    assert len(RESULTS["no mistake"].tied) == len(NETWORKS) - 1
    assert "three convolutions" not in RESULTS["usual"].tied
    assert RESULTS["usual"].steps["fine-tuning"].significant


@pytest.mark.parametrize(
    ("confidence", "accuracy", "words"),
    [(0.8, 0.9, "under-confident"), (0.9, 0.8, "over-confident"), (0.9, 0.91, "about as")],
)
def test_trust(confidence, accuracy, words):
    assert present.trust(Calibration((), 0.1, confidence, accuracy)).startswith(words)


def test_the_worst_pair_counts_both_directions():
    best = RESULTS["usual"].best
    cells = [[0] * 5 for _ in range(5)]
    cells[0][1], cells[1][0], cells[2][3] = 3, 4, 6
    trained = replace(best, reported=replace(best.reported, confusion=tuple(map(tuple, cells))))
    result = replace(RESULTS["usual"], trained={REFITTED: trained})
    assert result.worst_pair == ("Awning", "Bay", 7 / 13)
    assert [count for _, _, count in result.confusions] == [6, 4, 3]


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ([6, 4, 3], ["6", "4"]),
        ([6, 4, 4, 1], ["6", "4", "4"]),
        ([5, 1, 1, 1, 1, 1], ["5", "5 kinds with 1 each"]),
        ([2] * 7, ["7 kinds with 2 each"]),
        ([], ["none"]),
    ],
)
def test_kinds_of_mistakes_that_tie_are_all_told(counts, words):
    best = RESULTS["usual"].best
    cells = [[0] * 5 for _ in range(5)]
    places = [(a, b) for a in range(5) for b in range(5) if a != b]
    for (true, predicted), count in zip(places, counts, strict=False):
        cells[true][predicted] = count
    best = replace(best, reported=replace(best.reported, confusion=tuple(map(tuple, cells))))
    told = present.confusions(replace(RESULTS["usual"], trained={REFITTED: best})).split("; ")
    assert len(told) == len(words)
    assert all(part.endswith(end) for part, end in zip(told, words, strict=True))


def test_results_keep_their_keys(result):
    report = to_plain(result.report())
    assert set(report) >= {
        "pretrained", "model", "parameters", "test_accuracy", "test_interval", "confusion",
        "validation_accuracy", "balanced_accuracy", "per_class", "chosen", "evaluated_on",
        "held_out_accuracy", "held_out_interval", "classes", "calibration_error", "check",
        "why_not_pretrained", "predictions", "candidates", "backbone", "backbones",
    }  # fmt: skip
    assert set(report["candidates"]) >= {"yardstick", "small", "small-no-augmentation"}
    assert (report["test_accuracy"] is None) == (report["held_out_accuracy"] is not None)
    first = report["per_class"][0]
    assert set(first) >= {"name", "photographs", "precision", "recall"}


@pytest.mark.parametrize("name", ["usual", "nothing right"])
def test_figures_are_drawn(name, tmp_path, monkeypatch):
    result = RESULTS[name]
    monkeypatch.setattr("hw4.foundation.figures.figures_folder", lambda: tmp_path)
    pictures = np.random.default_rng(0).integers(0, 256, (40, 24, 24, 3)).astype(np.uint8)
    tensors = {"contact": pictures, "mistakes": pictures[:8], "looked_at": pictures[:8]}
    monkeypatch.setattr(Experiment, "tensors", lambda self: tensors)
    assert "<svg" in present.accuracies(result).svg
    assert "<svg" in present.learning_curves(result).svg
    assert "<svg" in present.confusion(result).svg
    assert "<svg" in present.gallery(result).svg
    assert "<svg" in present.contact_sheet(result).svg


def test_presenting_imports_nothing_heavy():
    heavy = {"torch", "torchvision", "timm", "sklearn", "matplotlib", "transformers"}
    program = f"import sys, hw4.windows.present; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
