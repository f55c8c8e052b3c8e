"""The grid: the same table however its trials are run; scores against scikit-learn's."""

import warnings
from dataclasses import replace
from typing import get_args

import joblib
import numpy as np
import pytest
from sklearn import metrics

from hw4.tweets.arguments import Pooling, build_parser
from hw4.tweets.arguments import arguments as all_arguments
from hw4.tweets.finetune import load_pretrained
from hw4.tweets.heads import HeadData, run_trials
from hw4.tweets.model import Head
from hw4.tweets.result import POOLED, Grid
from hw4.tweets.scores import best_threshold, f1_macro, precision_recall, scores

SMALL = Grid(learning_rates=(0.01, 0.1), weight_decays=(0.01,), epochs=(1, 3), batch_size=32)


@pytest.fixture
def trials(prepared):
    """Runs the small grid with a number of jobs; the times taken are no part of the table."""
    folder, _, stored = prepared
    first = stored.features.first
    data = HeadData(first[:110], stored.labels[:110], first[110:], stored.labels[110:])

    def run(jobs):
        many = [build_parser().parse_args(line) for line in SMALL.arguments()]
        head = Head(load_pretrained(folder, many[0]))
        return [replace(trial, seconds=0.0) for trial in run_trials(many, head, data, jobs)]

    return run


def test_grid_has_the_settings_it_says(trials):
    found = trials(1)
    assert len(found) == 8
    assert {(t.class_weighting, t.learning_rate, t.epochs) for t in found} == {
        (w, r, e) for w in ("none", "balanced") for r in (0.01, 0.1) for e in (1, 3)
    }
    assert len({t.validation_f1_macro for t in found}) > 1


def test_threads_give_the_same_table(trials):
    alone = trials(1)
    with joblib.parallel_config("threading"):
        assert trials(1) == alone


def test_a_dask_cluster_gives_the_same_table(trials):
    distributed = pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
    alone = trials(1)
    with (
        warnings.catch_warnings(),
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster),
        joblib.parallel_config("dask"),
    ):
        warnings.simplefilter("ignore")
        assert trials(-1) == alone


def test_the_reports_grid_is_large_enough():
    lines = list(Grid().arguments())
    assert len(lines) >= 24 and len({tuple(line) for line in lines}) == len(lines)
    assert {grid.pooling for grid in POOLED} < set(get_args(Pooling))


def test_scores_are_scikit_learns():
    random = np.random.default_rng(0)
    truth = (random.random(400) > 0.13).astype(int)
    chance = np.clip(truth * 0.3 + random.random(400) * 0.7, 0, 1)
    predicted = (chance > 0.4).astype(int)
    found = scores(truth, predicted)
    assert found.f1_macro == pytest.approx(metrics.f1_score(truth, predicted, average="macro"))
    assert found.accuracy == pytest.approx(metrics.accuracy_score(truth, predicted))
    assert found.precision == pytest.approx(
        metrics.precision_score(truth, predicted, average=None).tolist()
    )
    assert found.recall == pytest.approx(
        metrics.recall_score(truth, predicted, average=None).tolist()
    )
    assert np.array_equal(found.confusion, metrics.confusion_matrix(truth, predicted))
    assert 0 < found.f1_macro_error < 0.1
    curve = precision_recall(truth, chance)
    assert curve.average_precision == pytest.approx(
        metrics.average_precision_score(1 - truth, 1 - chance)
    )


def test_one_class_alone_scores_without_a_warning():
    truth = np.array([0, 1, 1, 1])
    assert f1_macro(truth, np.ones(4)) == pytest.approx((0 + 6 / 7) / 2)
    assert scores(truth, np.ones(4, int)).precision == (0.0, 0.75)


def test_threshold_is_in_the_middle_of_the_broad_hill():
    truth = np.array([0] * 30 + [1] * 200)
    chance = np.concatenate([np.linspace(0.05, 0.3, 30), np.linspace(0.7, 0.95, 200)])
    assert best_threshold(truth, chance) == pytest.approx(0.5)


def test_arguments_have_a_reason_and_refuse_nonsense(capsys):
    named = {argument.flag for argument in all_arguments()}
    assert {"--learning_rate", "--epochs", "--batch_size", "--weight_decay", "--max_length"} < named
    assert all(argument.why for argument in all_arguments())
    args = build_parser().parse_args(["--epochs", "3", "--class_weighting", "none"])
    assert args.epochs == 3 and args.class_weighting == "none" and args.learning_rate == 1e-3
    for wrong in (
        ["--epochs", "0"],
        ["--learning_rate", "-1"],
        ["--learning_rate", "nan"],
        ["--weight_decay", "2"],
        ["--max_length", "x"],
        ["--pooling", "max"],
    ):
        with pytest.raises(SystemExit):
            build_parser().parse_args(wrong)
    assert "error: argument --epochs: 0 is below 1" in capsys.readouterr().err
