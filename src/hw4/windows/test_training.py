"""The one loop learns and repeats itself; features stand for images, copies on one side."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional

from hw4.windows import model, training
from hw4.windows.made_up import photographs
from hw4.windows.trained import TrainConfig
from hw4.windows.training import Images

CONFIG = TrainConfig(32, 3e-3, 80, (2, 2), batch_size=8)
HEAD = TrainConfig(32, 1.0, 1, weight_decay=0.1, backbone_rate=0.0)


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
    images, network = Images(uneven, 32), model.ThreeConvolutions(5, 32)
    network.head[-1].weight.data.mul_(50)  # or all logits were about the same
    logits = network(images.plain(np.arange(51), "cpu"))
    expected = functional.cross_entropy(
        logits,
        torch.from_numpy(uneven.targets),
        torch.from_numpy(training.class_weights(uneven.targets, balance=True)).float(),
        label_smoothing=0.3,
    )
    config = replace(CONFIG, epochs=(1, 1), batch_size=51, augment=0.0, label_smoothing=0.3)
    (epoch,) = training.fit(network, images, images, config, 1, "cpu")
    assert epoch.train_loss == pytest.approx(expected.item(), rel=1e-4)


@pytest.mark.parametrize("n", [1, 8, 15, 60])
def test_any_number_of_steps_has_a_schedule(striped, n):
    images = Images(striped.subset(np.arange(n)), 32)
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
    looked_at, plain = [], Images.plain
    monkeypatch.setattr(
        Images, "plain", lambda self, idx, device: looked_at.extend(idx) or plain(self, idx, device)
    )
    nothing = Images(striped.subset(np.array([], int)), 32)
    config = replace(CONFIG, epochs=(1, 1), batch_size=10, augment=0.0)
    training.fit(model.ThreeConvolutions(5, 32), Images(striped, 32), nothing, config, 1, "cpu")
    assert sorted(looked_at) == list(range(60)) != looked_at


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


def _told_apart(n=100, noise=0.3, seed=1) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    targets = np.arange(n) % 5
    return (np.eye(5)[targets] * 3 + rng.normal(0, noise, (n, 5))).astype(np.float32), targets


def _probabilities(head: torch.nn.Linear, vectors: np.ndarray) -> np.ndarray:
    return head(torch.from_numpy(vectors)).softmax(1).detach().numpy()


@pytest.mark.parametrize("shift", [0, -7])
def test_the_head_learns_what_can_be_told_apart_on_features_of_any_scale(shift):
    """Scaling of the features is folded into the head."""
    vectors, targets = _told_apart()
    fitted = training.head_on(vectors * 50 + shift, targets, HEAD)
    head = torch.nn.Linear(5, 5)
    training.set_head(head, fitted)
    said = _probabilities(head, vectors * 50 + shift)
    assert (said.argmax(1) == targets).all()
    np.testing.assert_allclose(said, fitted.predict_proba(vectors * 50 + shift), atol=1e-4)
    plain = training.head_on(vectors, targets, HEAD)
    np.testing.assert_allclose(said, plain.predict_proba(vectors), atol=2e-3)


def test_weight_decay_and_balance_reach_the_head():
    vectors, targets = _told_apart(noise=2.0)
    few = (targets != 4) | (np.arange(100) % 3 == 0)
    vectors, targets = vectors[few], targets[few]

    def said(**changed) -> np.ndarray:
        return training.head_on(vectors, targets, replace(HEAD, **changed)).predict_proba(vectors)

    assert said(weight_decay=10.0).max() < said(weight_decay=0.01).max()
    twice = training.head_on(np.tile(vectors, (2, 1)), np.tile(targets, 2), HEAD)
    np.testing.assert_allclose(twice.predict_proba(vectors), said(), atol=1e-3)
    assert said(balance=True)[:, 4].mean() > said(balance=False)[:, 4].mean()


def test_stored_features_are_the_networks(drawings):
    torch.manual_seed(2)
    network = model.Backbone("test_efficientnet", 5).eval()
    torch.nn.init.normal_(network.head.weight)
    vectors = training.extract(network, drawings, 64, "cpu")
    assert vectors.shape == (40, network.head.in_features) and vectors.dtype == np.float16
    from_features = _probabilities(network.head, vectors.astype(np.float32))
    from_images = training.predict(network, Images(drawings, 64), "cpu", views=1)[0]
    np.testing.assert_allclose(from_features, from_images, atol=2e-2)


def test_cross_validation_judges_each_photograph_once(monkeypatch):
    vectors, _ = _told_apart(60)
    groups = np.arange(60) // 2 * 2  # pairs of copies
    targets = groups // 2 % 5
    # Copies have the same vector, so a copy on the other side would be seen.
    vectors[1::2] = vectors[::2]
    learned, head_on = [], training.head_on

    def noted(some, *given):
        learned.append(set(some[:, 0].tolist()))
        return head_on(some, *given)

    monkeypatch.setattr(training, "head_on", noted)
    accuracies = training.cross_validate(vectors, targets, groups, HEAD, 4, 1)
    everything = set(vectors[:, 0].tolist())
    judged = [everything - it for it in learned]
    assert len(accuracies) == len(judged) == 4
    assert sum(map(len, judged)) == 30 and set.union(*judged) == everything


def test_cross_validation_of_noise_is_chance():
    random = np.random.default_rng(5)
    targets = random.permutation(np.arange(150) % 5)
    vectors = random.standard_normal((150, 40)).astype(np.float32)
    by_heart = replace(HEAD, weight_decay=1e-4)
    assert training.head_on(vectors, targets, by_heart).score(vectors, targets) > 0.6
    accuracies = training.cross_validate(vectors, targets, np.arange(150), by_heart, 3, 1)
    assert abs(accuracies.mean() - 0.2) < 4 * (0.16 / 150) ** 0.5


def test_a_class_of_few_has_fewer_folds():
    vectors, targets = _told_apart(52)
    targets = np.where(np.arange(52) < 50, targets % 4, 4)
    assert len(training.cross_validate(vectors, targets, np.arange(52), HEAD, 4, 1)) == 2
