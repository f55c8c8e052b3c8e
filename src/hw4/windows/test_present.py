"""What the report shows and quotes of results of every kind."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from hw4.foundation.experiment import Experiment
from hw4.foundation.scores import Calibration
from hw4.foundation.store import from_plain, to_plain
from hw4.windows import present
from hw4.windows.candidate import NETWORKS
from hw4.windows.made_up import made_up
from hw4.windows.result import Result

RESULTS = made_up()
TABLES = ("counts", "networks", "candidates", "classes")


@pytest.fixture(params=RESULTS, scope="module")
def result(request) -> Result:
    return RESULTS[request.param]


def test_results_survive_the_store(result):
    again = from_plain(Result, to_plain(result))
    assert to_plain(again) == to_plain(result)
    assert again.candidates["small"].title == result.candidates["small"].title


def test_tables_have_a_row_for_each(result):
    for name in TABLES:
        assert getattr(present, f"{name}_table")(result).data.count("\n") >= 4
    rows = present.backbones_table(result).data.splitlines()
    assert len(rows) == 2 + len(result.backbones)
    shown = present.candidates_table(result).data
    assert shown.count("chosen") == 1 and all(it.title in shown for it in result.trained.values())


def test_every_network_has_its_color_its_name_and_its_curve(result):
    assert result.chosen in present.curves(result)
    assert set(present.COLORS) == set(present.SHORT) == set(NETWORKS)
    assert result.chosen_name and "{" not in result.chosen_name


def test_words_are_never_empty(result):
    words = [present.bad_files(result), present.confusions(result), present.written(result)]
    words += [present.verdict(step) for step in result.steps.values()]
    assert all(words)
    assert present.written(result) == "2026-01-01 at 12:00:00 UTC"


def test_what_was_not_trained_is_nan_and_what_does_not_exist_an_error():
    nets = RESULTS["without weights"].candidates
    assert np.isnan(nets["fine-tuned"].accuracy) and np.isnan(
        nets["frozen"].per_class["Bay"].recall
    )
    with pytest.raises(KeyError, match="no network 'fine'; there are baseline"):
        nets["fine"]


def test_names_of_files_are_no_markup():
    assert "x\\*\\_0\\.jpg" in present.bad_files(RESULTS["messy data"])
    assert present.bad_files(RESULTS["messy data"]).endswith("and 2 more")


def test_ties_are_told():
    assert len(RESULTS["no mistake"].tied) == len(NETWORKS) - 1
    assert "Three convolutions" not in RESULTS["usual"].tied
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
    result = replace(RESULTS["usual"], trained={"fine-tuned": trained}, mistakes=13)
    assert result.worst_pair == ("Awning", "Bay", 7 / 13)
    assert [it.count for it in result.confusions] == [6, 4, 3]


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
    assert "<svg" in present._gallery(result.shown, "key").svg


def test_presenting_imports_nothing_heavy():
    heavy = {"torch", "torchvision", "timm", "sklearn", "matplotlib", "transformers"}
    program = f"import sys, hw4.windows.present; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
