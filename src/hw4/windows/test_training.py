"""The one loop learns and repeats itself."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional

from hw4.windows import model, training
from hw4.windows.images import Photographs
from hw4.windows.made_up import photographs
from hw4.windows.trained import TrainConfig

CONFIG = TrainConfig(32, 3e-3, 80, (2, 2), batch_size=8)


def _trained(photographs, config, seed=1):
    torch.manual_seed(seed)
    network = model.SmallResidual(5, 8)
    return network, training.fit(network, photographs, photographs, config, seed, "cpu")


def test_training_learns_and_repeats_itself(striped):
    config = replace(CONFIG, epochs=(8, 8), augment=0.0)
    (one, first), (two, second) = (_trained(striped, config) for _ in range(2))
    assert first == second
    assert first[-1].val_accuracy > 0.8
    assert first[-1].train_loss < 0.6 * first[0].train_loss
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))


def test_the_validation_set_changes_no_weight(striped):
    """Neither its labels nor its images: only what is written down of it."""
    poisoned = replace(striped, targets=striped.targets[::-1].copy())
    weights = []
    for val in (striped, poisoned):
        torch.manual_seed(1)
        network = model.SmallResidual(5, 8)
        trained = training.fit(network, striped, val, CONFIG, 1, "cpu")
        weights.append((network.state_dict(), [it.train_loss for it in trained]))
    assert weights[0][1] == weights[1][1]
    assert all(torch.equal(weights[0][0][name], it) for name, it in weights[1][0].items())


def test_the_learning_rate_goes_up_and_down_to_nothing_and_gradients_are_clipped(
    striped, monkeypatch
):
    rates, norms = [], []
    step = torch.optim.AdamW.step

    def noted(self, *given, **options):
        rates.append([group["lr"] for group in self.param_groups])
        gradients = [it.grad.flatten() for group in self.param_groups for it in group["params"]]
        norms.append(torch.cat(gradients).norm().item())
        return step(self, *given, **options)

    monkeypatch.setattr(torch.optim.AdamW, "step", noted)
    monkeypatch.setattr(training, "CLIP", 1e-3)
    _trained(striped, replace(CONFIG, epochs=(4, 4), backbone_rate=0.1))
    rates = np.array(rates)  # (steps, groups)
    assert rates.max() == pytest.approx(3e-3, rel=1e-3) and rates[-1].max() < 5e-5
    assert sorted({round(float(it), 5) for it in rates.max(0)}) == [3e-4, 3e-3]
    assert rates[:, 0].argmax() in (1, 2, 3)
    assert norms == pytest.approx([1e-3] * len(norms), rel=1e-2)


def test_the_loss_is_weighted_by_class_and_of_smoothed_labels(striped):
    uneven = striped.subset(np.arange(9, 60))  # three of the first class, twelve of the others
    network = model.ThreeConvolutions(5, 32)
    network.head[-1].weight.data.mul_(50)  # or all logits were about the same
    logits = network(next(training.batches(uneven, 32, "cpu")))
    expected = functional.cross_entropy(
        logits,
        torch.from_numpy(uneven.targets),
        torch.from_numpy(training.class_weights(uneven.targets, balance=True)).float(),
        label_smoothing=0.3,
    )
    config = replace(CONFIG, epochs=(1, 1), batch_size=51, augment=0.0, label_smoothing=0.3)
    (epoch,) = training.fit(network, uneven, uneven, config, 1, "cpu")
    assert epoch.train_loss == pytest.approx(expected.item(), rel=1e-4)


@pytest.mark.parametrize("n", [1, 8, 15, 60])
def test_any_number_of_steps_has_a_schedule(striped, n):
    images = striped.subset(np.arange(n))
    config = replace(CONFIG, epochs=(1, 1))
    epochs = training.fit(model.ThreeConvolutions(5, 32), images, images, config, 1, "cpu")
    assert np.isfinite(epochs[0].train_loss)


def test_a_frozen_backbone_has_no_group():
    network = model.Backbone("test_efficientnet", 5)
    network.features.requires_grad_(False)
    groups = training.parameter_groups(network, CONFIG)
    assert sum(len(group["params"]) for group in groups) == 2


def test_a_backbone_learns_at_a_rate_of_its_own():
    network = model.SmallResidual(5, 8)
    groups = training.parameter_groups(network, replace(CONFIG, backbone_rate=0.1))
    rate_of = {id(weight): group["lr"] for group in groups for weight in group["params"]}
    for name, weight in network.named_parameters():
        expected = 3e-4 if name.startswith("features") else 3e-3
        assert rate_of[id(weight)] == pytest.approx(expected)


def test_biases_and_normalizations_are_not_decayed():
    groups = training.parameter_groups(model.SmallResidual(5, 8), replace(CONFIG, weight_decay=0.3))
    for group in groups:
        assert (group["weight_decay"] == 0.3) == all(it.ndim > 1 for it in group["params"])
        assert group["weight_decay"] in (0.0, 0.3)


def test_balancing_weighs_by_the_square_root():
    targets = np.repeat([0, 1, 2, 3, 4], [900, 100, 100, 100, 100])
    weights = training.class_weights(targets, balance=True)
    assert math.isclose(weights[targets].mean(), 1) and math.isclose(weights[1] / weights[0], 3)
    assert (training.class_weights(targets, balance=False) == 1).all()
    assert np.isfinite(training.class_weights(np.array([0, 0, 3]), balance=True)).all()


def test_each_photograph_is_looked_at_once_an_epoch(striped, monkeypatch):
    looked_at, images = [], Photographs.images
    monkeypatch.setattr(
        Photographs, "images", lambda self, idx: looked_at.extend(idx) or images(self, idx)
    )
    nothing = striped.subset(np.array([], int))
    config = replace(CONFIG, epochs=(1, 1), batch_size=10, augment=0.0)
    training.fit(model.ThreeConvolutions(5, 32), striped, nothing, config, 1, "cpu")
    assert sorted(looked_at) == list(range(60)) != looked_at


def test_mirror_images_are_the_second_view(striped):
    network, _ = _trained(striped, CONFIG)
    mirrored = photographs(np.ascontiguousarray(striped.store.pixels[:, :, ::-1]), striped.targets)
    both = training.predict(network, striped, 32, "cpu")
    again = training.predict(network, mirrored, 32, "cpu")
    np.testing.assert_allclose(both, again[::-1], atol=1e-6)
    alone = training.predict(network, striped, 32, "cpu", views=1)
    assert alone.shape == (1, 60, 5)
    np.testing.assert_allclose(alone[0], both[0], atol=1e-6)


def test_permuted_photographs_are_predicted_the_same(striped):
    network, _ = _trained(striped, CONFIG)
    order = np.random.default_rng(1).permutation(len(striped))
    straight = training.predict(network, striped, 32, "cpu")[0]
    permuted = training.predict(network, striped.subset(order), 32, "cpu")[0]
    np.testing.assert_allclose(permuted, straight[order], atol=1e-5)


def test_without_validation_photographs_there_are_no_scores_of_them(striped):
    nothing = striped.subset(np.array([], int))
    network = model.SmallResidual(5, 8)
    trained = training.fit(network, striped, nothing, CONFIG, 1, "cpu")
    assert np.isnan([it.val_loss for it in trained] + [it.val_accuracy for it in trained]).all()


def test_no_photographs_have_no_probabilities(striped):
    nothing = striped.subset(np.array([], int))
    network = model.ThreeConvolutions(5, 32)
    assert training.predict(network, nothing, 32, "cpu").shape == (2, 0, 5)


def test_half_precision_is_for_cuda_alone():
    for device in ("cpu", "mps"):
        with training.half_precision(device):
            assert not torch.is_autocast_enabled("cpu") and not torch.is_autocast_enabled("cuda")


def test_images_grow_from_epoch_to_epoch_up_to_the_size_that_is_tested():
    growing = TrainConfig(256, 1e-3, 1, first_size_share=0.625).sizes(9)
    assert growing == [160, 160, 192, 192, 192, 224, 224, 256, 256]
    assert TrainConfig(100, 1e-3, 1, first_size_share=0.5).sizes(3) == [64, 64, 100]
    assert TrainConfig(100, 1e-3, 1).sizes(2) == [100, 100]
    assert TrainConfig(100, 1e-3, 1, first_size_share=0.5).sizes(1) == [100]
