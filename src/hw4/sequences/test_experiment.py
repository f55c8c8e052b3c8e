"""The whole experiment in small: what it selects on, what it keeps from the test set."""

import re
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import torch

from hw4.foundation.compute import Device
from hw4.foundation.experiment import Outcome, Work
from hw4.foundation.places import ROOT
from hw4.foundation.store import from_plain, to_plain
from hw4.sequences import data, experiment, present, standin
from hw4.sequences.conftest import TINY, process
from hw4.sequences.data import Sequences
from hw4.sequences.result import NETWORKS, Result, Settings
from hw4.sequences.trained import Curve, TrainConfig
from hw4.sequences.training import Run

SHARED = ROOT.parent / "shared" / "data" / "sequences"
TRAIN, TEST = process(90, 1), process(40, 2)
SCORES = {"test_mse_by_seed", "test_mse_by_length", "test_minus_vanilla", "short_minus_long"}
OF_TEST = {
    *("test", "test_shorter", "test_longer", "whole", "fewest_of_a_length", "most_of_a_length"),
    *("mean", "first_steps", "first_steps_informed", "test_mse"),
}


def before_test(outcome):
    """All that was settled before the test set was opened, weights included."""
    result = outcome.result
    models = {
        name: {key: value for key, value in to_plain(model).items() if key not in SCORES}
        for name, model in result.models.items()
    }
    for model in models.values():
        del model["seconds"]
    rest = {
        key: value
        for part in (result.data, result.baselines)
        for key, value in to_plain(part).items()
        if key not in OF_TEST
    }
    for fit in rest["linear"].values():
        del fit["test_mse"]
    weights = {
        name: tensor.tolist()
        for name, tensor in outcome.tensors.items()
        if not name.endswith(".predicted")
    }
    selection = result.selection.choice, result.selection.validation_score
    return to_plain([models, rest, selection]), weights


def test_a_poisoned_test_set_changes_nothing_but_its_scores(run):
    honest = run(TRAIN, TEST)
    noise = process(31, 7, lengths=(3, 25))  # other lengths, other inputs, targets turned over
    poisoned = Sequences(noise.inputs, 6 - 3 * noise.targets)
    other = run(TRAIN, poisoned)
    assert before_test(honest) == before_test(other)
    assert other.result.data.test_shorter > 0 < other.result.data.test_longer
    assert honest.result.data.whole == (TEST.lengths <= 5).mean() > 0
    for name in NETWORKS:
        assert (
            honest.result.models[name].test_mse_by_seed
            != other.result.models[name].test_mse_by_seed
        )


def test_a_permuted_test_set_has_the_same_scores_and_permuted_predictions(run):
    order = np.random.default_rng(3).permutation(len(TEST))
    honest, other = run(TRAIN, TEST), run(TRAIN, TEST.take(order))
    for name in NETWORKS:
        ours, theirs = (each.tensors[f"{name}.predicted"] for each in (honest, other))
        np.testing.assert_allclose(ours[:, order], theirs, rtol=1e-4, atol=1e-5)
        scores = [each.result.models[name].test_mse_by_seed for each in (honest, other)]
        assert scores[0] == pytest.approx(scores[1], rel=1e-4)


LEARNING = replace(
    TINY,
    decays=(0.0, 30.0),
    schedule=TrainConfig(epochs=12, patience=12, batch_size=32, learning_rate=0.03),
)


def with_validation(targets_of):
    """The training file, with other targets where the split draws validation sequences."""
    share, seed = LEARNING.validation_share, LEARNING.seed
    drawn = data.split(Sequences(TRAIN.inputs, np.arange(len(TRAIN)) * 1.0), share, seed)[1]
    idx = drawn.targets.astype(int)
    changed = TRAIN.targets.copy()
    changed[idx] = targets_of(changed[idx], np.delete(changed, idx).mean())
    return Sequences(TRAIN.inputs, changed)


def test_a_poisoned_validation_set_changes_the_selection_and_no_training(run):
    honest = run(TRAIN, TEST, LEARNING)
    poisoned = with_validation(lambda targets, mean: mean + 1e-3 * (targets - mean))
    other = run(poisoned, TEST, LEARNING)
    for name in ("vanilla", "truncated_last", "padded_front"):  # those that learn this process
        assert honest.result.models[name].weight_decay == 0.0
        assert other.result.models[name].weight_decay == 30.0
        assert honest.result.selection.choice[name] != other.result.selection.choice[name]
    assert honest.result.baselines.mean == other.result.baselines.mean


def test_the_search_reports_lowest_validation_errors_and_takes_none_clearly_above_the_lowest(run):
    settings = replace(LEARNING, hidden_sizes=(2, 4), search_seeds=2)
    result = run(TRAIN, TEST, settings).result
    for name, model in result.models.items():
        assert {(item.hidden_size, item.decay) for item in model.search} == {
            (size, decay) for size in (2, 4) for decay in LEARNING.decays
        }
        chosen = model.hidden_size, model.weight_decay
        best = next(item for item in model.search if (item.hidden_size, item.decay) == chosen)
        lowest = min(item.validation_mse for item in model.search)
        assert (1 - settings.clear_gain) * best.validation_mse <= lowest
        # the search's seeds are those of the final training: the same networks again
        assert best.validation_mse == pytest.approx(model.validation_mse, rel=1e-3), name
        assert model.config.order_seed == settings.seed
        assert result.selection.choice[name]["epochs"][0] == model.curves[0].best_epoch
    lowest = min(model.validation_mse for model in result.models.values())
    assert result.selection.validation_score == lowest


def searched(error, folder, monkeypatch):
    """Where the search ends, and what it tried, if `error(size, decay)` is what it finds."""

    def train(self, stage, hidden_size, decays, seeds):
        errors = [error(hidden_size, each) for each in decays for _ in seeds]
        return Outcome(Run(tuple(Curve((-each,), (each,)) for each in errors), 1.0))

    monkeypatch.setattr(experiment.Trainer, "train", train)
    work = Work("sequences", data.source(), Device("cpu", ""), "search")
    best, tried = experiment.Trainer("vanilla", (TRAIN, TEST), Settings(), work).search()
    for each in tried:
        assert each.validation_mse == pytest.approx(error(each.hidden_size, each.decay))
    return (best.hidden_size, best.decay), {(each.hidden_size, each.decay) for each in tried}


@pytest.mark.parametrize(("size", "decay"), [(16, 1.0), (128, 0.01), (2, 100.0), (8, 30.0)])
def test_the_search_ends_where_nothing_next_to_the_best_is_better(size, decay, folder, monkeypatch):
    sizes, decays = Settings().hidden_sizes, Settings().decays
    row, column = sizes.index(size), decays.index(decay)

    def error(tried_size, tried_decay):
        down, right = sizes.index(tried_size) - row, decays.index(tried_decay) - column
        return 1.0 + down**2 + abs(right)

    best, tried = searched(error, folder, monkeypatch)
    assert best == (size, decay)
    near = product(sizes[max(row - 1, 0) : row + 2], decays[max(column - 1, 0) : column + 2])
    assert set(near) <= tried
    if best == (16, 1.0):  # in the middle, where it begins
        assert len(tried) == 9


@pytest.mark.parametrize(("gain", "best"), [(0.019, (16, 1.0)), (0.021, (32, 1.0))])
def test_the_search_does_not_follow_a_gain_within_the_noise(gain, best, folder, monkeypatch):
    def error(size, decay):
        return 1.0 - gain * (size == 32 and decay == 1.0)

    assert searched(error, folder, monkeypatch)[0] == best


def test_what_is_trained_depends_on_split_and_schedule_whatever_is_stored(run):
    first = run(TRAIN, TEST).result.models
    slower = replace(TINY.schedule, learning_rate=0.02)
    for settings in (replace(TINY, validation_share=0.3), replace(TINY, schedule=slower)):
        other = run(TRAIN, TEST, settings).result.models
        for name in NETWORKS:
            assert other[name].search != first[name].search
            assert other[name].curves != first[name].curves


def test_shuffled_training_targets_leave_nothing_to_learn(run):
    order = np.random.default_rng(0).permutation(len(TRAIN))
    shuffled = run(Sequences(TRAIN.inputs, TRAIN.targets[order]), TEST, LEARNING).result
    honest = run(TRAIN, TEST, LEARNING).result
    for name in ("vanilla", "truncated_last", "padded_front"):
        assert honest.models[name].test_mse < 0.6 * honest.baselines.mean
        assert shuffled.models[name].test_mse > 0.8 * shuffled.baselines.mean


def test_the_test_set_opens_once_and_after_the_selection(folder, monkeypatch):
    opened = []
    monkeypatch.setattr(
        experiment.standin, "make", lambda: tuple((s.inputs, s.targets) for s in (TRAIN, TEST))
    )
    work = Work("sequences", data.source(), Device("cpu", ""), "once")
    seal = work.seal

    def watched(load):
        return seal(lambda: (opened.append(len(work._written)), load())[1])

    monkeypatch.setattr(work, "seal", watched)
    result = experiment.run(TINY, work).result
    assert opened == [1]  # once, with one selection written
    assert result.noise == standin.NOISE_FLOOR
    assert set(result.selection.choice) == set(NETWORKS)
    with pytest.raises(RuntimeError):
        experiment.evaluate({}, result.selection, seal(lambda: TEST), "cpu")


def test_scores_are_those_of_the_predictions(run):
    outcome = run(TRAIN, TEST)
    result = from_plain(Result, to_plain(outcome.result))
    assert to_plain(result) == to_plain(outcome.result)
    errors = {name: (outcome.tensors[f"{name}.predicted"] - TEST.targets) ** 2 for name in NETWORKS}
    middle = result.data.middle
    for name, model in result.models.items():
        np.testing.assert_allclose(model.test_mse_by_seed, errors[name].mean(axis=1))
        whole = np.mean([model.test_mse_by_length[length] for length in TEST.lengths])
        assert whole == pytest.approx(model.test_mse)
        short = TEST.lengths <= middle
        gap = errors[name][:, short].mean() - errors[name][:, ~short].mean()
        assert model.short_minus_long.value == pytest.approx(gap)
        gap = model.test_mse - result.models["vanilla"].test_mse
        assert model.test_minus_vanilla.value == pytest.approx(gap, abs=1e-9)
    linear = result.baselines.linear[5].test_mse
    expected = result.models["truncated_last"].test_mse - linear
    assert result.last_steps_minus_linear.value == pytest.approx(expected)
    kept = {"test_mse", "test_mse_std", "validation_mse", "train_mse", "parameters", "seconds"}
    assert kept <= set(result.report()["models"]["padded"])


def test_training_uses_one_thread_whatever_the_machine_has(run, monkeypatch):
    seen, honest = [], experiment.train

    def watched(*arguments):
        seen.append(torch.get_num_threads())
        return honest(*arguments)

    monkeypatch.setattr(experiment, "train", watched)
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        run(TRAIN, TEST)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
    assert set(seen) == {1}


@pytest.mark.parametrize(
    ("name", "steps"),
    [("truncated", 5), ("truncated_last", 5), ("padded", 20), ("padded_front", 20)],
)
def test_what_each_network_sees(name, steps):
    view, _ = experiment.kind_of(name, TRAIN, TRAIN)
    batch = view.batch(TRAIN)
    assert batch.inputs.shape[1] == view.steps == steps
    sequence = TRAIN.inputs[0]
    expected = {
        "truncated": sequence[:5],
        "truncated_last": sequence[-5:],
        "padded": np.concatenate([sequence, np.zeros((20 - len(sequence), 10))]),
        "padded_front": np.concatenate([np.zeros((20 - len(sequence), 10)), sequence]),
    }[name]
    np.testing.assert_array_equal(batch.inputs[0].numpy(), expected)


def test_the_lengths_of_validation_sequences_count_too():
    parts = process(20, 1, lengths=(6, 8)), process(20, 2, lengths=(5, 9))
    assert experiment.kind_of("truncated", *parts)[0].steps == 5
    assert experiment.kind_of("padded", *parts)[0].steps == 9


def first_decides():
    part = process(60, 5)
    return Sequences(part.inputs, np.array([each[0].sum() for each in part.inputs], float))


def of_zeros():
    part = process(60, 5)
    inputs = tuple(np.zeros_like(each) for each in part.inputs)
    inputs[0][0, 0] = 1
    return Sequences(inputs, np.arange(60) % 2 * 1.0)


ODD = {
    "all lengths equal": process(60, 5, lengths=(7, 7)),
    "a single step": process(60, 5, lengths=(1, 1)),
    "twenty sequences": process(20, 5),
    "pure noise": Sequences(TRAIN.inputs[:60], np.random.default_rng(0).standard_normal(60)),
    "the first step decides": first_decides(),
    "targets of 1e30": process(60, 5, scale=1e30),
    "targets of 1e-30": process(60, 5, scale=1e-30),
    "no noise": process(60, 5, noise=0.0),
    "inputs of zeros": of_zeros(),
}


@pytest.mark.parametrize("case", ODD)
def test_whatever_the_check_admits_is_built_to_the_end(run, case, written):
    train = ODD[case]
    result = run(train, train.take(np.arange(20))).result
    for expression, value in written(from_plain(Result, to_plain(result))).items():
        assert value.strip(), expression
        assert not re.search(r"\bnan\b|\binf\b", value, re.IGNORECASE), expression
    for show in (present.comparison_table, present.baselines_table):
        assert "nan" not in show(result).data
    for draw in (present.search, present.learning_curves, present.error_by_length):
        draw.__wrapped__(result).savefig("/dev/null", format="svg")


@pytest.mark.slow
@pytest.mark.skipif(not SHARED.is_dir(), reason="the course's files are not at hand")
def test_targets_on_the_course_data(monkeypatch, tmp_path):
    monkeypatch.setenv("HW4_DATA", str(SHARED))
    monkeypatch.setenv("HW4_STORE", str(tmp_path))
    work = Work("sequences", data.source(), Device("cpu", ""), "course")
    result = experiment.run(Settings(), work).result
    error = {name: model.test_mse for name, model in result.models.items()}
    assert error["vanilla"] <= 1.3e-4
    assert error["padded"] <= 3.5e-3
    assert error["truncated"] <= 1.04 * result.baselines.mean
    assert max(error["truncated_last"], error["padded_front"]) <= 2e-4
