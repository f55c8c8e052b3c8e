"""Training side by side, early stopping, the yardsticks, and the whole experiment in small."""

from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
import torch

from hw4.foundation.convert import from_plain, to_plain
from hw4.foundation.course_files import DataSource
from hw4.foundation.experiment import Outcome
from hw4.foundation.places import ROOT
from hw4.sequences import data, standin
from hw4.sequences.data import Sequences
from hw4.sequences.experiment import prepare, run
from hw4.sequences.model import VanillaRNN
from hw4.sequences.result import VARIANTS, Curve, Result, Schedule, Settings
from hw4.sequences.training import Scale, evaluate, predict, train
from hw4.sequences.yardsticks import measure

SHARED = ROOT.parent / "shared" / "data" / "sequences"
SHORT = Schedule(epochs=6, patience=3, batch_size=32)


@pytest.fixture(scope="module")
def parts():
    learning, test = (Sequences(*part) for part in standin.make())
    training, validation = data.split(learning.take(np.arange(240)), 0.25, 0)
    return training, validation, test.take(np.arange(60))


class Work:
    """Runs every part at once and remembers which there were."""

    device = "cpu"

    def __init__(self, source=None):
        self.source = source or DataSource("stand-in", "x")
        self.parts = []

    def part(self, name, settings, result, compute):
        to_plain(settings)
        self.parts.append(name)
        outcome = compute()
        return Outcome(from_plain(result, to_plain(outcome.result)), outcome.tensors)

    @contextmanager
    def bar(self, total, label):
        class Bar:
            update = staticmethod(lambda steps=1: None)
            note = staticmethod(lambda text: None)

        yield Bar

    def say(self, line):
        pass


def trained(parts, variant, seeds, decays, schedule=SHORT):
    problem = prepare(variant, *parts, "cpu")
    network = problem.build(8, seeds)
    result = train(network, problem.training, problem.validation, problem.scale, schedule, decays)
    return result, network, problem


@pytest.mark.parametrize("variant", VARIANTS)
def test_side_by_side_is_what_each_alone_would_be(parts, variant):
    seeds, decays = (3, 4, 3), (0.1, 0.1, 5.0)
    together, network, _ = trained(parts, variant, seeds, decays)
    for which in range(3):
        alone, single, _ = trained(parts, variant, seeds[which : which + 1], decays[which:][:1])
        assert len(together.curves[which].training) == len(alone.curves[0].training)
        np.testing.assert_allclose(
            together.curves[which].validation, alone.curves[0].validation, rtol=1e-3
        )
        torch.testing.assert_close(
            network.input_weight[which], single.input_weight[0], rtol=1e-2, atol=1e-3
        )


def test_best_weights_are_restored(parts):
    schedule = Schedule(epochs=12, patience=12, batch_size=8, learning_rate=0.1)
    result, network, problem = trained(parts, "vanilla", (0, 1), (0.0, 0.0), schedule)
    unit = problem.scale.deviation**2
    for curve, error in zip(result.curves, evaluate(network, problem.validation), strict=True):
        assert error * unit == pytest.approx(curve.best_validation, rel=1e-4)
        assert curve.best_epoch < 12  # or the test says nothing
    kept = evaluate(network, problem.training)
    for curve, error in zip(result.curves, kept, strict=True):
        assert error * unit == pytest.approx(curve.training_at_best, rel=1e-4)


def test_stops_when_patience_is_over(parts):
    schedule = Schedule(epochs=50, patience=3, batch_size=8, learning_rate=0.1)
    result, _, _ = trained(parts, "truncated", (0, 1), (0.0, 0.0), schedule)
    for curve in result.curves:
        assert len(curve.validation) == curve.best_epoch + 3 < 50


def test_the_same_seed_gives_the_same_numbers(parts):
    first, _, _ = trained(parts, "padded", (7,), (0.3,))
    again, _, _ = trained(parts, "padded", (7,), (0.3,))
    assert first.curves == again.curves


def test_predictions_are_in_the_units_of_the_targets(parts):
    problem = prepare("vanilla", *parts, "cpu")
    network = VanillaRNN(10, 4)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.zero_()
    predicted = predict(network, problem.test, problem.scale)
    np.testing.assert_allclose(predicted, parts[0].targets.mean())
    assert problem.training.targets.mean().abs() < 1e-5


def test_scale_knows_the_training_targets_only(parts):
    scale = Scale.of(parts[0])
    assert scale.mean == parts[0].targets.mean()
    batch = scale.batch(parts[1], 20, "end", "cpu")
    assert batch.inputs.shape == (len(parts[1]), 20, 10)


@pytest.mark.parametrize(
    ("variant", "steps"),
    [("truncated", 5), ("truncated_last", 5), ("padded", 20), ("padded_front", 20)],
)
def test_what_each_variant_sees(parts, variant, steps):
    problem = prepare(variant, *parts, "cpu")
    assert problem.training.inputs.shape[1] == problem.steps == steps
    sequence, seen = parts[0].inputs[0], problem.training.inputs[0].numpy()
    expected = {
        "truncated": sequence[:5],
        "truncated_last": sequence[-5:],
        "padded": np.concatenate([sequence, np.zeros((20 - len(sequence), 10))]),
        "padded_front": np.concatenate([np.zeros((20 - len(sequence), 10)), sequence]),
    }[variant]
    np.testing.assert_array_equal(seen, expected)


def test_unknown_variant_is_a_mistake_of_ours(parts):
    with pytest.raises(ValueError, match="no variant"):
        prepare("sorted", *parts, "cpu")


def linear_process(count, seed, noise):
    """A target that is linear in the last two steps."""
    generator = np.random.default_rng(seed)
    inputs = tuple(
        generator.standard_normal((length, 10)).astype("f4")
        for length in generator.integers(5, 21, count)
    )
    weights = np.random.default_rng(0).standard_normal((2, 10))
    clean = np.array([(sequence[-2:] * weights).sum() for sequence in inputs])
    return Sequences(inputs, 3 + clean + generator.normal(0, noise, count))


def test_yardsticks_on_a_process_whose_answers_are_known():
    parts = [linear_process(count, count, 0.5) for count in (800, 200, 2000)]
    measured = measure(*parts, known_floor=None)
    assert measured.noise_floor == pytest.approx(0.25, rel=0.1)
    assert abs(measured.noise_floor - 0.25) < 3 * measured.noise_floor_error
    assert 2 <= measured.chosen <= 4
    by_steps = {fit.steps: fit for fit in measured.linear}
    assert by_steps[1].test_mse > 5 > 0.3 > by_steps[2].test_mse > 0.2
    assert measured.mean == pytest.approx(parts[2].targets.var(), rel=0.05)
    assert measured.first_steps_informed < measured.mean
    assert measured.first_steps_informed < 1.02 * measured.first_steps


def test_curve_reads_the_right_epochs():
    curve = Curve((5.0, 2.0, 1.0, 0.5), (4.0, 1.09, 1.0, 3.0))
    assert (curve.best_epoch, curve.converged_epoch, curve.training_at_best) == (3, 2, 1.0)


TINY = replace(
    Settings.quick(), hidden_sizes=(4,), schedule=Schedule(epochs=2, patience=2, batch_size=256)
)


def test_whole_experiment_in_small():
    work = Work()
    outcome = run(TINY, work)
    result = from_plain(Result, to_plain(outcome.result))
    assert result == outcome.result
    assert work.parts[:2] == ["search vanilla 4", "final vanilla"]
    assert [model.name for model in result.models] == list(VARIANTS)
    models = result.report()["models"]
    for name in ("vanilla", "truncated", "padded"):
        assert {
            "test_mse",
            "test_mse_std",
            "validation_mse",
            "train_mse",
            "parameters",
            "epochs",
            "seconds",
        } <= set(models[name])
        model = result.model(name)
        predicted = outcome.tensors[f"{name}.predicted"]
        targets = standin.make()[1][1]
        errors = ((predicted - targets) ** 2).mean(axis=1)
        np.testing.assert_allclose(model.test, errors)
        assert sum(item.sequences for item in model.by_length) == len(targets)
        whole = sum(item.mse * item.sequences for item in model.by_length) / len(targets)
        assert whole == pytest.approx(model.test_mse)
        assert len(model.search) == len(TINY.decays)
        assert model.decay == min(model.search, key=lambda tried: tried.validation_mse).decay
    assert result.yardsticks.known_floor == standin.NOISE_FLOOR
    assert f"{VARIANTS[0]}.hidden_weight" in outcome.tensors


@pytest.mark.slow
@pytest.mark.skipif(not SHARED.is_dir(), reason="the course's files are not at hand")
def test_targets_on_the_course_data(monkeypatch):
    monkeypatch.setenv("HW4_DATA", str(SHARED))
    result = run(Settings(), Work(data.source())).result
    error = {model.name: model.test_mse for model in result.models}
    assert error["vanilla"] <= 1.3e-4
    assert error["padded"] <= 3.5e-3
    assert error["truncated"] <= 1.04 * result.yardsticks.mean
    assert max(error["truncated_last"], error["padded_front"]) <= 2e-4
