"""Training side by side, early stopping, weight decay, the loss, and predictions in their unit."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from hw4.sequences.conftest import process
from hw4.sequences.experiment import kind_of
from hw4.sequences.model import VanillaRNN
from hw4.sequences.result import NETWORKS
from hw4.sequences.trained import Curve, TrainConfig
from hw4.sequences.training import (
    EarlyStopping,
    View,
    evaluate,
    mean_squared_error,
    train,
)

SHORT = TrainConfig(epochs=6, patience=3, batch_size=32)
PARTS = process(180, 1), process(60, 2)


def trained(name, seeds, decays, config=SHORT, parts=PARTS):
    view, build = kind_of(name, *parts)
    batches = [view.batch(part) for part in parts]
    network = build(8, seeds=seeds)
    run = train(network, *batches, config, decays)
    return run.curves, network, batches


@pytest.mark.parametrize("name", NETWORKS)
def test_side_by_side_is_what_each_alone_would_be(name):
    seeds, decays = (3, 4, 3), (0.1, 0.1, 5.0)
    together, network, _ = trained(name, seeds, decays)
    for which in range(3):
        alone, single, _ = trained(name, seeds[which : which + 1], decays[which:][:1])
        assert len(together[which].training) == len(alone[0].training)
        np.testing.assert_allclose(together[which].validation, alone[0].validation, rtol=1e-3)
        torch.testing.assert_close(
            network.input_weight[which], single.input_weight[0], rtol=1e-2, atol=1e-3
        )


def test_best_weights_by_validation_are_restored():
    config = TrainConfig(epochs=12, patience=12, batch_size=8, learning_rate=0.1)
    curves, network, (training, validation) = trained("vanilla", (0, 1), (0.0, 0.0), config)
    kept = zip(evaluate(network, training), evaluate(network, validation), strict=True)
    for curve, (train_error, validation_error) in zip(curves, kept, strict=True):
        assert validation_error == pytest.approx(min(curve.validation), rel=1e-4)
        epoch = curve.validation.index(min(curve.validation))
        assert train_error == pytest.approx(curve.training[epoch], rel=1e-4)
        # or the test says nothing
        assert epoch + 1 < 12
        assert epoch != curve.training.index(min(curve.training))


def test_stopping_looks_at_validation_alone():
    stop = EarlyStopping(patience=2)
    errors = [(5.0, 3.0), (4.0, 2.0), (3.0, 2.5), (2.0, 2.0)]  # training falls on and on
    assert [stop.add(*error) for error in errors] == [True, True, False, False]
    assert stop.best_epoch == 2
    assert not stop.running
    curve = Curve((5.0, 4.0, 3.0, 2.0), (3.0, 2.0, 2.5, 2.0))
    assert (curve.best_epoch, curve.converged_epoch, curve.epoch_below(2.6)) == (2, 2, 2)


def test_stops_when_patience_is_over():
    config = TrainConfig(epochs=50, patience=3, batch_size=8, learning_rate=0.1)
    for curve in trained("truncated", (0, 1), (0.0, 0.0), config)[0]:
        assert len(curve.validation) == curve.best_epoch + 3 < 50


def test_other_validation_targets_change_no_training_loss_and_the_kept_epoch():
    config = TrainConfig(epochs=10, patience=10, batch_size=32, learning_rate=0.05)
    honest, network, _ = trained("vanilla", (0,), (0.0,), config)
    poisoned = PARTS[1].take(np.arange(len(PARTS[1])))
    poisoned.targets[:] = 2 * PARTS[0].targets.mean() - poisoned.targets
    other, spoilt, _ = trained("vanilla", (0,), (0.0,), config, (PARTS[0], poisoned))
    assert honest[0].training == other[0].training
    assert honest[0].best_epoch > other[0].best_epoch
    assert not torch.equal(network.input_weight, spoilt.input_weight)


def test_a_step_is_adams_and_then_takes_the_decay_off_every_weight():
    parts = process(32, 1), process(20, 2)
    config = TrainConfig(epochs=1, patience=1, batch_size=32, learning_rate=0.02)
    decays = (0.0, 7.0)
    _, network, (training, _) = trained("vanilla", (0, 0), decays, config, parts)
    for which, decay in enumerate(decays):
        reference = VanillaRNN(10, 8, (0,))
        optimizer = torch.optim.Adam(reference.parameters(), 0.02, betas=(0.9, 0.99))
        mean_squared_error(reference, training).sum().backward()
        optimizer.step()
        for ours, theirs in zip(network.parameters(), reference.parameters(), strict=True):
            torch.testing.assert_close(ours[which], theirs[0] * (1 - 0.02 * decay))


def test_the_step_size_falls_along_a_cosine_to_zero(monkeypatch):
    sizes = []
    step = torch.optim.Adam.step

    def watched(self, *arguments):
        sizes.append(self.param_groups[0]["lr"])
        return step(self, *arguments)

    monkeypatch.setattr(torch.optim.Adam, "step", watched)
    trained("truncated", (0,), (0.0,), TrainConfig(epochs=4, patience=4, batch_size=90))
    expected = 0.01 * (1 + np.cos(np.pi * np.arange(8) / 8)) / 2
    np.testing.assert_allclose(sizes, expected)


def test_the_same_seed_gives_the_same_numbers():
    curves = trained("padded", (7,), (0.3,))[0]
    assert trained("padded", (7,), (0.3,))[0] == curves
    other_order = replace(SHORT, order_seed=1)
    assert trained("padded", (7,), (0.3,), other_order)[0] != curves


def test_the_loss_is_the_mean_over_sequences_for_each_network():
    _, network, (_, validation) = trained("vanilla", (0, 1), (0.0, 0.0))
    predicted = network(validation.inputs, validation.lengths)
    expected = torch.nn.functional.mse_loss(predicted[1], validation.targets)
    torch.testing.assert_close(mean_squared_error(network, validation)[1], expected)
    in_scaled_units = evaluate(network, validation)[1] / validation.unit
    assert in_scaled_units == pytest.approx(expected.item())


def test_evaluation_in_chunks_is_evaluation_at_once(monkeypatch):
    _, network, (training, _) = trained("vanilla", (0, 1), (0.0, 0.0))
    whole = evaluate(network, training)
    monkeypatch.setattr("hw4.sequences.training.CHUNK", 7)
    assert evaluate(network, training) == pytest.approx(whole)


@pytest.mark.parametrize("size", [1e-30, 1.0, 1e30])
def test_predictions_are_in_the_units_of_the_targets(size):
    training = process(60, 3, scale=size)
    view = View(20, "end", training.targets.mean(), training.targets.std())
    batch = view.batch(training)
    assert batch.unit == pytest.approx(training.targets.var())
    assert batch.targets.mean().abs() < 1e-5
    assert batch.targets.std() == pytest.approx(1, abs=0.02)
    network = VanillaRNN(10, 4)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.zero_()
    np.testing.assert_allclose(view.predict(network, training, "cpu"), training.targets.mean())
