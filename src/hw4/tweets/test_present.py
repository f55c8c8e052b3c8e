"""What the report makes of results: tables, figures, printed tweets."""

import subprocess
import sys
from dataclasses import replace

import pytest

from hw4.tweets import present
from hw4.tweets.made_up import made_up

RESULTS = made_up()


@pytest.mark.parametrize("case", RESULTS)
def test_tables_and_figures_can_be_made(case, tmp_path, monkeypatch):
    monkeypatch.setattr("hw4.foundation.figures.figures_folder", lambda: tmp_path)
    tw = RESULTS[case]
    for made in (present.split_table(tw), present.final_table(tw), present.ablation_table(tw)):
        header, _, *rows = made.data.splitlines()
        assert rows and all(cell.strip() for cell in header.strip("|").split("|"))
        assert "nan" not in made.data
    if case in ("plain", "one epoch"):
        for made in (present.lengths(tw.lengths), present.grid(tw.grid), present.final(tw)):
            assert made.svg.lstrip().startswith("<?xml")


def test_a_class_that_is_never_predicted_has_no_precision():
    majority = present.final_table(RESULTS["plain"]).data.splitlines()[3]
    cells = [cell.strip() for cell in majority.strip("|").split("|")]
    assert "majority" in cells[0] and cells[3:5] == ["–", "0.00"]


def test_a_change_names_its_row_and_whether_it_is_significant():
    tw = RESULTS["plain"]
    step = tw.variants["unfrozen"].step
    rows = present.ablation_table(tw).data.splitlines()[2:-1]
    assert f"({present.row(tw, 'layers')})" in rows[-1] and ("\\*" in rows[-1]) == step.significant
    assert present.signed(0.0202) == "+0.020" and present.signed(-0.01) == "−0.010"
    assert present.signed(0.0001) == "0.000" == present.signed(-0.0001).lstrip("−")


def test_results_json_has_all_keys():
    report = RESULTS["plain"].report()
    assert set(report) >= {
        *("encoder", "split", "grid", "naive", "final", "frozen", "bonus", "ablation"),
        *("yardsticks", "feature_seconds"),
    }
    assert set(report["split"]) >= {
        "shares",
        "training",
        "validation",
        "test",
        "empty",
        "duplicates",
    }
    assert set(report["split"]["training"]) == {"tweets", "class_0"}
    assert set(report["grid"][0]) >= {
        *("learning_rate", "weight_decay", "epochs", "class_weighting", "seconds"),
        *("validation_f1_macro", "validation_accuracy", "train_f1_macro"),
    }
    assert set(report["bonus"]) >= {
        *("key", "pooling", "class_weighting", "threshold_tuned", "threshold", "unfrozen_layers"),
        *("learning_rate", "weight_decay", "epochs", "trained_parameters", "seconds"),
        *("validation_f1_macro", "test_f1_macro", "test_f1_macro_error", "test_accuracy"),
        *("test_precision", "test_recall"),
    }
    assert report["yardsticks"]["tfidf"]["test_f1_macro"] > 0


def test_a_result_finds_its_variants():
    tw = RESULTS["plain"]
    assert tw.final.key == "weighted" and tw.bonus.key == "unfrozen"
    assert tw.best.validation_f1_macro == max(t.validation_f1_macro for t in tw.grid)
    assert present.best(tw.grid, "none").config.class_weighting == "none"
    assert not tw.frozen.config.unfreeze_layers
    better = replace(tw.variants["unfrozen"], validation_f1_macro=0.99)
    assert replace(tw, variants=tw.variants | {"unfrozen": better}).frozen == tw.frozen


def test_edges_are_where_the_best_setting_has_no_neighbor():
    tw = RESULTS["plain"]
    middle = next(
        t for t in tw.grid if (t.config.learning_rate, t.config.weight_decay) == (3e-3, 0.1)
    )
    best = replace(middle, validation_f1_macro=0.99)
    found = replace(tw, grid=(*tw.grid, best))
    assert found.edges == ("epochs",)
    wider = tuple(
        replace(middle, config=replace(middle.config, epochs=epochs)) for epochs in (2, 64)
    )
    assert replace(found, grid=(*found.grid, *wider)).edges == ()


def test_printed_tweets_are_quoted_and_escaped():
    shown = present.printed(RESULTS["plain"].explained)._repr_markdown_()
    assert shown.startswith("1. “")
    assert "**nan**" in shown and "***\\@user***" not in shown and "*\\@user*" in shown
    assert "\\|" in shown and "\\*b\\*" in shown and "\\#c" in shown and "\\[d\\]" in shown
    assert present.printed(())._repr_markdown_() == "–"


def test_the_page_reads_without_torch():
    code = (
        "import sys; import hw4.tweets.present; "
        "heavy = {'torch', 'transformers', 'datasets', 'sklearn', 'matplotlib', 'pandas', 'dask'}; "
        "found = heavy & set(sys.modules); assert not found, found"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
