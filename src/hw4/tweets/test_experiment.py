"""The whole of problem 3 on a small scale, and what the report makes of it."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from hw4.foundation.errors import UserError
from hw4.tweets import encoder, present
from hw4.tweets.comparing import beyond_chance, gain, signed
from hw4.tweets.result import EXPERIMENT, Grid, Settings, Unfreezing


def tiny() -> Settings:
    return Settings(
        encoder="random",
        grid=Grid(learning_rates=(0.003, 0.01), weight_decays=(0.01,), epochs=(1, 2)),
        pooled=tuple(
            Grid((0.01,), (0.01,), (2,), ("balanced",), pooling=p) for p in ("mean", "layers")
        ),
        unfreezing=Unfreezing(epochs=2),
        stand_in=260,
        explained=1,
        jobs=1,
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A small build's result, and where it is stored."""
    folder = tmp_path_factory.mktemp("build")
    (folder / "data").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HW4_DATA", str(folder / "data"))
        patch.setenv("HW4_STORE", str(folder / "store"))
        patch.setenv("HW4_DEVICE", "cpu")
        patch.setenv("HF_HUB_OFFLINE", "1")
        patch.delenv("HW4_PROFILE", raising=False)
        patch.setattr("hw4.foundation.figures.figures_folder", lambda: folder / "figures")
        experiment = _experiment()
        experiment.ensure()
        yield experiment.stored(), folder


def _experiment():
    return replace(EXPERIMENT, settings=tiny, circumstances=lambda: "random", prepare=lambda: None)


def test_report_has_what_the_issue_names(built):
    report = built[0].report()
    assert set(report) >= {"encoder", "split", "grid", "naive", "final", "bonus", "yardsticks"}
    assert report["encoder"]["kind"] == "random"
    for key in ("naive", "final", "frozen", "bonus"):
        assert {"test_f1_macro", "test_accuracy", "validation_f1_macro", "seconds"} <= set(
            report[key]
        )
    assert len(report["grid"]) == 8
    assert set(report["yardsticks"]) == {"majority", "tfidf"}
    assert sum(part["tweets"] for part in report["split"].values() if isinstance(part, dict)) == 260
    assert report["split"]["shares"] == "70/15/15"
    for trial in report["grid"]:
        assert 0 <= trial["validation_f1_macro"] <= 1


def test_selection_is_by_validation(built):
    found = built[0]
    assert found.final.validation_f1_macro == pytest.approx(found.best_trial.validation_f1_macro)
    assert found.bonus.validation_f1_macro == max(v.validation_f1_macro for v in found.variants)
    assert not found.best_frozen.unfrozen_layers
    assert found.variant("unfrozen").trained_parameters > found.final.trained_parameters


def test_every_table_figure_and_word_can_be_made(built, monkeypatch):
    found, folder = built
    monkeypatch.setattr("hw4.foundation.figures.figures_folder", lambda: folder / "figures")
    said = present.words(found)
    for name in dir(type(said)):
        if isinstance(getattr(type(said), name), property):
            phrase = getattr(said, name)
            assert isinstance(phrase, str) and phrase and "nan" not in phrase, name
    assert said.changes("weighted", "naive")
    for make in (
        present.split_table,
        present.grid_table,
        present.final_table,
        present.ablation_table,
    ):
        assert make(found)._repr_markdown_().count("|") > 10
    assert "--learning_rate" in present.arguments_table()._repr_markdown_()
    for make in (present.lengths, present.grid, present.final, present.ablation):
        assert make(found).svg.lstrip().startswith("<?xml")
    for make in (present.lengths_alt, present.grid_alt, present.final_alt, present.ablation_alt):
        assert len(make(found)) > 60
    shown = present.explained(found)._repr_markdown_()
    assert shown.startswith("1. “") and "Strongest:" in shown


def test_sentences_fit_other_outcomes(built):
    found = built[0]
    kept = sum(part.size for part in found.parts)

    def left_out(empty: int, duplicates: int) -> str:
        return present.words(replace(found, empty=empty, duplicates=duplicates)).left_out

    assert left_out(0, 0).startswith("No text is in two parts")
    assert left_out(0, 1).startswith("One was then removed because its text")
    assert "two tweets without text" in left_out(2, 3).lower()
    assert f"{kept} remain" in left_out(2, 3)
    same = replace(found, bonus_key="naive")
    assert present.words(same).bonus_gain == "the naive head itself"
    assert present.words(replace(found, explained=())).explained_seen.startswith("No test tweet")


def test_a_class_never_predicted_has_no_precision(built):
    larger = present.final_table(built[0]).rows[1]
    assert larger[0].startswith("Always") and larger[3] == "–" and larger[4] == "0.00"


def test_differences_are_those_of_the_printed_scores():
    assert signed(gain(0.63460, 0.61544)) == "+0.020"
    assert signed(gain(0.64927, 0.64919)) == "0.000"
    assert signed(gain(0.6, 0.61)) == "−0.010"


def test_chance_is_judged_by_both_errors(built):
    test = built[0].final.test
    one, other = (replace(test, f1_macro=f1, f1_macro_error=0.02) for f1 in (0.60, 0.65))
    assert not beyond_chance(one, other)
    assert beyond_chance(replace(one, f1_macro_error=0.01), replace(other, f1_macro_error=0.01))


@pytest.mark.parametrize("kind", ["hub", "wheel", "random", "folder"])
def test_an_encoder_that_is_not_the_sheets_is_noted(built, kind, capsys):
    found = replace(built[0], encoder=replace(built[0].encoder, kind=kind))
    present.encoder_callout(found)
    assert ("callout-note" in capsys.readouterr().out) == (kind != "hub")
    said = present.words(found).frozen_against_words
    assert ("mean of its tokens" in said) == (kind == "wheel")


def test_tweets_are_escaped_for_print():
    assert present.escaped("#a *b* @c_d [e] $f") == r"\#a \*b\* \@c\_d \[e\] \$f"
    assert present.escaped("ok 😷 é 漢") == "ok \\[\\?\\] é \\[\\?\\]"


def test_finished_parts_are_not_computed_again(built, monkeypatch):
    from hw4.foundation.experiment import Work
    from hw4.tweets import experiment, features, heads, trainings

    found, folder = built
    monkeypatch.setenv("HW4_STORE", str(folder / "store"))

    def refuse(*_, **__):
        raise AssertionError("computed again")

    monkeypatch.setattr(heads, "train_head", refuse)
    monkeypatch.setattr(trainings, "load_pretrained_and_finetune", refuse)
    monkeypatch.setattr(features, "compute_features", refuse)
    state = _experiment()._state
    work = Work("tweets", state.source, state.device, state.basis)
    again = experiment.run(tiny(), work).result
    assert again == found


def test_same_seed_same_numbers(built, places):
    found, _ = built
    experiment = _experiment()
    experiment.ensure()
    again = experiment.stored()

    def numbers(one):
        return [
            *(trial.validation_f1_macro for trial in one.grid),
            *(v.test.f1_macro for v in one.variants),
            *(e.train_loss for e in one.epochs),
        ]

    assert np.allclose(numbers(again), numbers(found), atol=1e-12)


def test_without_an_encoder_the_build_stops_with_a_sentence(monkeypatch):
    monkeypatch.setattr(encoder, "_wheel", lambda: None)
    with pytest.raises(UserError, match="needs a pre-trained encoder"):
        EXPERIMENT.ensure()


def test_the_page_reads_without_torch():
    code = (
        "import sys; import hw4.tweets.present; "
        "heavy = {'torch', 'transformers', 'datasets', 'sklearn', 'matplotlib', 'pandas', 'dask'}; "
        "found = heavy & set(sys.modules); assert not found, found"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_command_line_trains_one_setting(capsys, monkeypatch):
    from hw4.tweets.__main__ import main

    monkeypatch.setattr("hw4.tweets.__main__.Settings", tiny)
    assert (
        main(
            ["--encoder", "random", "--epochs", "1", "--unfreeze_layers", "1", "--pooling", "mean"]
        )
        == 0
    )
    assert "validation F1-macro" in capsys.readouterr().out
    assert main(["--encoder", "/nowhere"]) == 1
    assert "/nowhere" in capsys.readouterr().err
