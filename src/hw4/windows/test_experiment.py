"""The whole of problem 1 on very few photographs, and what is said of it."""

import csv
import json
import subprocess
import sys
from dataclasses import replace

import pytest

from hw4.foundation.convert import to_plain
from hw4.windows import present
from hw4.windows.data import FOLDER_NAMES
from hw4.windows.result import EXPERIMENT
from hw4.windows.samples import labelled_files, train_files, unlabelled_files, write_zip
from hw4.windows.settings import Settings


@pytest.fixture
def small(places, monkeypatch, one_core):
    """Settings with which everything takes seconds."""
    quick = Settings.quick()
    tiny = replace(
        quick,
        image_size=64,
        stand_in_size=90,
        ablations=True,
        small=replace(quick.small, input_size=32, width=8, passes=200, epochs=(1, 2)),
        yardstick=replace(quick.yardstick, passes=200, epochs=(1, 2)),
    )
    monkeypatch.setattr(Settings, "quick", classmethod(lambda cls: tiny))
    monkeypatch.setenv("HW4_PROFILE", "quick")
    return places


def _sentences(result) -> str:
    say = present.words(result)
    texts = [
        say.answer, say.check, say.split, say.steps, say.grain, say.selection, say.mirrored,
        say.confusions, say.weakest, say.strongest, say.gallery, say.calibration,
        say.overfitting, say.limit, say.imbalance, say.batches,
    ]  # fmt: skip
    texts += present.alternatives(result).values()
    assert all(text and "\n" not in text and '"' not in text for text in texts)
    return " ".join(texts)


def test_the_stand_in_without_weights(small):
    assert EXPERIMENT.ensure()
    result = present.load()
    assert EXPERIMENT.provenance().source.is_stand_in and result.labelled
    assert [it.key for it in result.candidates] == [
        "yardstick", "small", "small-no-augmentation", "small-no-balancing",
    ]  # fmt: skip
    best = max(it.validation.accuracy for it in result.candidates)
    assert result.best.validation.accuracy == best
    assert "not asked in tests" in present.words(result).no_weights
    assert "test photographs" in _sentences(result)
    report = json.loads(json.dumps(to_plain(result.report())))
    assert report["pretrained"] is False and report["test_accuracy"] is not None
    assert len(report["confusion"]) == 5 and set(report["candidates"]) >= {"small", "yardstick"}
    for table in ("counts", "networks", "candidates", "classes"):
        assert getattr(present, f"{table}_table")(result)._repr_markdown_()
    pictures = EXPERIMENT.tensors()
    assert len(pictures["looked_at"]) == len(pictures["mistakes"]) == len(result.mistakes)
    assert not EXPERIMENT.ensure(), "what is stored is not computed again"


def test_an_unlabelled_test_set_brings_predictions(small, tmp_path):
    write_zip(small / "windows_train_set.zip", train_files(16))
    write_zip(small / "windows_test_set.zip", unlabelled_files(12))
    EXPERIMENT.ensure()
    file = tmp_path / "output" / "predictions.csv"
    rows = list(csv.reader(file.open(encoding="utf-8")))
    assert rows[0] == ["filename", "predicted_label"]
    assert [row[0] for row in rows[1:]] == [f"{place}.jpg" for place in range(12)]
    assert {row[1] for row in rows[1:]} <= set(FOLDER_NAMES)
    file.unlink()
    result = present.load()
    assert file.is_file(), "a file that was taken away is written again"
    report = result.report()
    assert report["test_accuracy"] is None and report["test_interval"] is None
    assert 0 <= report["held_out_accuracy"] <= 1
    assert "came without labels" in _sentences(result)


def test_a_labelled_test_set_takes_old_predictions_away(small, tmp_path):
    write_zip(small / "windows_train_set.zip", train_files(14))
    write_zip(small / "windows_test_set.zip", labelled_files(3))
    (tmp_path / "output").mkdir()
    (tmp_path / "output" / "predictions.csv").write_text("of other data")
    EXPERIMENT.ensure()
    result = present.load()
    assert result.labelled and result.best.reported.photographs == 15
    assert not (tmp_path / "output" / "predictions.csv").exists()


def test_a_change_of_one_recipe_repeats_one_candidate(small, monkeypatch):
    from hw4.windows import training

    EXPERIMENT.ensure()
    trained = []
    train = training.train
    monkeypatch.setattr(
        training, "train", lambda *given: trained.append(given[4].network) or train(*given)
    )
    other = Settings.quick()
    other = replace(other, yardstick=replace(other.yardstick, learning_rate=1e-3))
    monkeypatch.setattr(Settings, "quick", classmethod(lambda cls: other))
    assert EXPERIMENT.ensure()
    assert trained == ["three_convolutions"]


def test_presenting_imports_nothing_heavy():
    heavy = {"torch", "torchvision", "sklearn", "matplotlib", "transformers"}
    program = f"import sys, hw4.windows.present; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
