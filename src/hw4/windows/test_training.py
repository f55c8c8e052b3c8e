"""The one loop learns and repeats itself; features stand for images, copies on one side."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from hw4.windows import model, training
from hw4.windows.made_up import photographs
from hw4.windows.trained import Epoch, TrainConfig
from hw4.windows.training import Features, Images

CONFIG = TrainConfig(32, 3e-3, 80, (2, 2), batch_size=8)
HEAD = TrainConfig(32, 2e-2, 3000, (15, 60), weight_decay=0.1)


def _trained(photographs, config, seed=1):
    torch.manual_seed(seed)
    network = model.SmallResidual(5, 8)
    images = Images(photographs, config.input_size)
    return network, training.fit(network, images, images, config, seed, "cpu")


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
        trained = training.fit(network, Images(striped, 32), Images(val, 32), CONFIG, 1, "cpu")
        weights.append((network.state_dict(), [it.train_loss for it in trained]))
    assert weights[0][1] == weights[1][1]
    assert all(torch.equal(weights[0][0][name], it) for name, it in weights[1][0].items())


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
    assert np.isfinite(trained[0].train_loss)


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


def test_mirror_images_are_the_second_view(striped):
    network, _ = _trained(striped, CONFIG)
    mirrored = photographs(np.ascontiguousarray(striped.store.pixels[:, :, ::-1]), striped.targets)
    both = training.predict(network, Images(striped, 32), "cpu")
    again = training.predict(network, Images(mirrored, 32), "cpu")
    np.testing.assert_allclose(both, again[::-1], atol=1e-6)
    alone = training.predict(network, Images(striped, 32), "cpu", views=1)
    assert alone.shape == (1, 60, 5)
    np.testing.assert_allclose(alone[0], both[0], atol=1e-6)


def test_permuted_photographs_are_predicted_the_same(striped):
    network, _ = _trained(striped, CONFIG)
    order = np.random.default_rng(1).permutation(len(striped))
    straight = training.predict(network, Images(striped, 32), "cpu")[0]
    permuted = training.predict(network, Images(striped.subset(order), 32), "cpu")[0]
    np.testing.assert_allclose(permuted, straight[order], atol=1e-5)


def test_features_are_drawn_from_both_sides():
    vectors = torch.stack([torch.zeros(10, 3), torch.ones(10, 3)])
    drawn = Features(vectors, np.zeros(10, int)).varied(
        np.arange(10).repeat(20), 1.0, torch.Generator().manual_seed(1), "cpu"
    )
    assert 0.4 < drawn.mean() < 0.6


def test_without_validation_photographs_there_are_no_scores_of_them(striped):
    nothing = Images(striped.subset(np.array([], int)), 32)
    network = model.SmallResidual(5, 8)
    trained = training.fit(network, Images(striped, 32), nothing, CONFIG, 1, "cpu")
    assert np.isnan([it.val_loss for it in trained] + [it.val_accuracy for it in trained]).all()


def test_no_photographs_have_no_probabilities(striped):
    nothing = striped.subset(np.array([], int))
    network = model.ThreeConvolutions(5, 32)
    assert training.predict(network, Images(nothing, 32), "cpu").shape == (2, 0, 5)


def test_half_precision_is_for_cuda_alone():
    for device in ("cpu", "mps"):
        with training.half_precision(device):
            assert not torch.is_autocast_enabled("cpu") and not torch.is_autocast_enabled("cuda")


def _told_apart(n=100, noise=0.3, seed=1) -> Features:
    rng = np.random.default_rng(seed)
    targets = np.arange(n) % 5
    sides = [np.eye(5)[targets] * 3 + rng.normal(0, noise, (n, 5)) for _ in range(2)]
    return Features(torch.from_numpy(np.stack(sides)).float(), targets)


def test_the_head_learns_what_can_be_told_apart():
    features = _told_apart()
    head, epochs = training.train_head(features, features, HEAD, 1)
    assert epochs[-1].val_accuracy == 1
    straight, averaged = training.predict(head, features, "cpu")
    assert (averaged.argmax(1) == features.targets).all()
    assert straight.shape == (100, 5)


def test_the_head_is_for_features_as_they_are():
    """Scaling of the features is folded into the head."""
    features = _told_apart()
    scaled = replace(features, vectors=features.vectors * 50 - 7)
    one, _ = training.train_head(features, features, HEAD, 1)
    two, _ = training.train_head(scaled, scaled, HEAD, 1)
    torch.testing.assert_close(one(features.vectors), two(scaled.vectors), atol=2e-2, rtol=2e-2)


@pytest.mark.parametrize("name", ["test_efficientnet"])
def test_stored_features_are_the_networks(drawings, name):
    torch.manual_seed(2)
    network = model.Backbone(name, 5).eval()
    torch.nn.init.normal_(network.head.weight)
    vectors = training.extract(network, drawings, 64, "cpu")
    assert vectors.shape == (2, 40, network.head.in_features) and vectors.dtype == np.float16
    features = Features(torch.from_numpy(vectors).float(), drawings.targets)
    from_features = training.predict(network.head, features, "cpu")
    from_images = training.predict(network, Images(drawings, 64), "cpu")
    np.testing.assert_allclose(from_features, from_images, atol=2e-3)


def test_cross_validation_judges_each_photograph_once(monkeypatch):
    features = _told_apart(60)
    groups = np.arange(60) // 2 * 2  # pairs of copies
    targets = groups // 2 % 5
    features = replace(features, targets=targets)
    seen = []

    def noted(train, val, config, seed):
        learned, judged = (set(it.vectors[0, :, 0].tolist()) for it in (train, val))
        assert not learned & judged
        seen.append(judged)
        return torch.nn.Linear(5, 5), (Epoch(1.0),)

    # Copies have the same vector, so a copy on the other side would be seen.
    features.vectors[:, 1::2] = features.vectors[:, ::2]
    monkeypatch.setattr(training, "train_head", noted)
    accuracies = training.cross_validate(features, groups, HEAD, 4, 1)
    assert len(accuracies) == 4
    assert sum(map(len, seen)) == 30 and len(set.union(*seen)) == 30


def test_cross_validation_of_noise_is_chance():
    features = _told_apart(150)
    rng = np.random.default_rng(5)
    features = replace(features, targets=rng.permutation(features.targets))
    accuracies = training.cross_validate(features, np.arange(150), HEAD, 3, 1)
    assert abs(accuracies.mean() - 0.2) < 4 * (0.16 / 150) ** 0.5


def test_a_class_of_few_has_fewer_folds():
    features = _told_apart(52)
    features = replace(features, targets=np.where(np.arange(52) < 50, features.targets % 4, 4))
    assert len(training.cross_validate(features, np.arange(52), HEAD, 4, 1)) == 2
