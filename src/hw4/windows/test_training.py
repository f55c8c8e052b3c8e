"""The one loop: it learns, repeats itself, averages, balances; features stand for images."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from hw4.windows import model, training
from hw4.windows.candidate import TrainConfig
from hw4.windows.training import Features, Images

CONFIG = TrainConfig(32, 3e-3, 80, (2, 2), batch_size=8)


def _trained(photographs, config, seed=1):
    torch.manual_seed(seed)
    network = model.SmallResidual(5, 8)
    images = Images(photographs, config.input_size)
    return network, training.fit(network, images, images, config, seed, "cpu")


def test_training_learns_and_repeats_itself(striped):
    config = replace(CONFIG, epochs=(8, 8), augment=False)
    (one, first), (two, second) = (_trained(striped, config) for _ in range(2))
    assert first.epochs == second.epochs
    assert first.epochs[-1].val_accuracy > 0.8
    assert first.epochs[-1].train_loss < 0.6 * first.epochs[0].train_loss
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))
    assert first.images == 8 * 56


def test_the_validation_set_changes_no_weight(striped):
    """Neither its labels nor its images: only what is written down of it."""
    poisoned = replace(striped, targets=striped.targets[::-1].copy())
    weights = []
    for val in (striped, poisoned):
        torch.manual_seed(1)
        network = model.SmallResidual(5, 8)
        trained = training.fit(network, Images(striped, 32), Images(val, 32), CONFIG, 1, "cpu")
        weights.append((network.state_dict(), [it.train_loss for it in trained.epochs]))
    assert weights[0][1] == weights[1][1]
    assert all(torch.equal(weights[0][0][name], it) for name, it in weights[1][0].items())


def test_averaged_weights_follow_slowly(striped):
    plain, averaged = (_trained(striped, replace(CONFIG, averaging=slow))[1] for slow in (0.0, 0.9))
    assert plain.epochs[0].train_loss == averaged.epochs[0].train_loss
    assert plain.epochs[-1].val_loss != averaged.epochs[-1].val_loss


def test_a_running_average_is_one():
    follow = training._follow(0.99)
    average = torch.zeros(1)
    for seen in range(1, 2000):
        average = follow(average, torch.ones(1), seen)
    assert 0.9 < average < 1
    assert follow(torch.zeros(1), torch.ones(1), 100_000) == pytest.approx(0.01)


def test_the_learning_rate_goes_up_and_down_to_nothing(striped, monkeypatch):
    rates = []
    step = torch.optim.AdamW.step

    def noted(self, *given, **options):
        rates.append([group["lr"] for group in self.param_groups])
        return step(self, *given, **options)

    monkeypatch.setattr(torch.optim.AdamW, "step", noted)
    _trained(striped, replace(CONFIG, epochs=(4, 4), backbone_rate=0.1))
    rates = np.array(rates)  # (steps, groups)
    assert rates.max() == pytest.approx(3e-3, rel=1e-3) and rates[-1].max() < 5e-5
    assert sorted({round(float(it), 5) for it in rates.max(0)}) == [3e-4, 3e-3]
    assert rates[:, 0].argmax() in (1, 2, 3)


@pytest.mark.parametrize("n", [1, 8, 16, 72, 80])
def test_any_number_of_steps_has_a_schedule(n):
    features = Features(torch.rand(2, n, 3), np.arange(n) % 5)
    config = replace(CONFIG, epochs=(1, 1))
    trained = training.fit(torch.nn.Linear(3, 5), features, features, config, 1, "cpu")
    assert np.isfinite(trained.epochs[0].train_loss)


def test_a_frozen_backbone_has_no_group():
    network = model.Backbone("test_efficientnet", 5)
    network.features.requires_grad_(False)
    groups = training.parameter_groups(network, CONFIG)
    assert sum(len(group["params"]) for group in groups) == 2


def test_biases_and_normalizations_are_not_decayed():
    groups = training.parameter_groups(model.SmallResidual(5, 8), replace(CONFIG, weight_decay=0.3))
    for group in groups:
        assert (group["weight_decay"] == 0.3) == all(it.ndim > 1 for it in group["params"])
        assert group["weight_decay"] in (0.0, 0.3)


def test_balancing_draws_by_the_square_root():
    targets = np.repeat([0, 1], [900, 100])
    drawn = training.sampling_probabilities(targets)
    assert math.isclose(drawn.sum(), 1)
    assert math.isclose(drawn[targets == 0].sum() / drawn[targets == 1].sum(), 3)
    rng = np.random.default_rng(0)
    idx = np.concatenate(list(training.batches(targets, 100, 32, True, rng)))
    assert 0.22 < (targets[idx] == 1).mean() < 0.28


def test_without_balancing_each_is_drawn_once():
    drawn = list(training.batches(np.zeros(50, int), 5, 10, False, np.random.default_rng(0)))
    assert sorted(np.concatenate(drawn)) == list(range(50))


def test_mixed_images_hold_as_much_of_a_class_as_their_labels_say():
    """Images of one brightness each: the mean of a blend tells its shares."""
    torch.manual_seed(3)
    brightness = torch.tensor([0.0, 1.0, 2.0, 3.0, 4.0])
    images = brightness.view(5, 1, 1, 1).expand(5, 3, 32, 32)
    mix, parted = training.mixing(0.3), 0
    for _ in range(40):
        blended, shares = mix(images, torch.arange(5))
        torch.testing.assert_close(shares.sum(1), torch.ones(5))
        torch.testing.assert_close(blended.mean((1, 2, 3)), shares @ brightness)
        parted += bool(blended.flatten(1).std(1).max() > 0)
    assert 3 < parted < 37, "some batches are blended whole, some get a piece of another image"


def test_images_are_mixed_only_where_each_is_looked_at_often():
    config = replace(CONFIG, passes=30_000, epochs=(1, 100), mixing=0.3)
    assert config.for_images(1000).mixing == 0.3
    assert config.for_images(1100).mixing == 0.0


def test_mirror_averaging_averages(striped):
    network, _ = _trained(striped, CONFIG)
    mirrored = replace(striped, pixels=striped.pixels[:, :, ::-1])
    straight, averaged = training.predict(network, Images(striped, 32), "cpu")
    other, again = training.predict(network, Images(mirrored, 32), "cpu")
    np.testing.assert_allclose(averaged, (straight + other) / 2, atol=1e-6)
    np.testing.assert_allclose(averaged, again, atol=1e-6)
    alone = training.predict(network, Images(striped, 32), "cpu", mirror=False)
    np.testing.assert_allclose(alone[0], straight, atol=1e-6)


def test_permuted_photographs_are_predicted_the_same(striped):
    network, _ = _trained(striped, CONFIG)
    order = np.random.default_rng(1).permutation(len(striped))
    straight, _ = training.predict(network, Images(striped, 32), "cpu")
    permuted, _ = training.predict(network, Images(striped.subset(order), 32), "cpu")
    np.testing.assert_allclose(permuted, straight[order], atol=1e-5)


def test_features_are_drawn_from_both_sides():
    vectors = torch.stack([torch.zeros(10, 3), torch.ones(10, 3)])
    drawn = Features(vectors, np.zeros(10, int)).varied(
        np.arange(10).repeat(20), torch.Generator().manual_seed(1), "cpu"
    )
    assert 0.4 < drawn.mean() < 0.6


def test_no_photographs_have_no_probabilities(striped):
    nothing = striped.subset(np.array([], int))
    network = model.ThreeConvolutions(5, 32)
    assert training.predict(network, Images(nothing, 32), "cpu")[0].shape == (0, 5)


def test_half_precision_is_for_cuda_alone():
    for device in ("cpu", "mps"):
        with training.half_precision(device):
            assert not torch.is_autocast_enabled("cpu") and not torch.is_autocast_enabled("cuda")
