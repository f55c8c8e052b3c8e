"""Features stand for images, heads learn from them, and copies stay on one side."""

from contextlib import nullcontext
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from hw4.windows import features, model, training
from hw4.windows.result import Settings
from hw4.windows.trained import TrainConfig
from hw4.windows.weights import Weights

HEAD = TrainConfig(32, 1.0, 1, weight_decay=0.1, backbone_rate=0.0)


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
    fitted = features.head_on(vectors * 50 + shift, targets, HEAD)
    head = torch.nn.Linear(5, 5)
    features.set_head(head, fitted)
    said = _probabilities(head, vectors * 50 + shift)
    assert (said.argmax(1) == targets).all()
    np.testing.assert_allclose(said, fitted.predict_proba(vectors * 50 + shift), atol=1e-4)
    plain = features.head_on(vectors, targets, HEAD)
    np.testing.assert_allclose(said, plain.predict_proba(vectors), atol=2e-3)


def test_weight_decay_and_balance_reach_the_head():
    vectors, targets = _told_apart(noise=2.0)
    few = (targets != 4) | (np.arange(100) % 3 == 0)
    vectors, targets = vectors[few], targets[few]

    def said(**changed) -> np.ndarray:
        return features.head_on(vectors, targets, replace(HEAD, **changed)).predict_proba(vectors)

    assert said(weight_decay=10.0).max() < said(weight_decay=0.01).max()
    twice = features.head_on(np.tile(vectors, (2, 1)), np.tile(targets, 2), HEAD)
    np.testing.assert_allclose(twice.predict_proba(vectors), said(), atol=1e-3)
    assert said(balance=True)[:, 4].mean() > said(balance=False)[:, 4].mean()


def test_stored_features_are_the_networks(drawings):
    torch.manual_seed(2)
    network = model.Backbone("test_efficientnet", 5).eval()
    torch.nn.init.normal_(network.head.weight)
    vectors = features.extract(network, drawings, 64, "cpu")
    assert vectors.shape == (40, network.head.in_features) and vectors.dtype == np.float16
    from_features = _probabilities(network.head, vectors.astype(np.float32))
    from_images = training.predict(network, drawings, 64, "cpu", views=1)[0]
    np.testing.assert_allclose(from_features, from_images, atol=2e-2)


def test_cross_validation_judges_each_photograph_once(monkeypatch):
    vectors, _ = _told_apart(60)
    groups = np.arange(60) // 2 * 2  # pairs of copies
    targets = groups // 2 % 5
    # Copies have the same vector, so a copy on the other side would be seen.
    vectors[1::2] = vectors[::2]
    learned, head_on = [], features.head_on

    def noted(some, *given):
        learned.append(set(some[:, 0].tolist()))
        return head_on(some, *given)

    monkeypatch.setattr(features, "head_on", noted)
    accuracies = features.cross_validate(vectors, targets, groups, HEAD, 4, 1)
    everything = set(vectors[:, 0].tolist())
    judged = [everything - it for it in learned]
    assert len(accuracies) == len(judged) == 4
    assert sum(map(len, judged)) == 30 and set.union(*judged) == everything


def test_cross_validation_of_noise_is_chance():
    random = np.random.default_rng(5)
    targets = random.permutation(np.arange(150) % 5)
    vectors = random.standard_normal((150, 40)).astype(np.float32)
    by_heart = replace(HEAD, weight_decay=1e-4)
    assert features.head_on(vectors, targets, by_heart).score(vectors, targets) > 0.6
    accuracies = features.cross_validate(vectors, targets, np.arange(150), by_heart, 3, 1)
    assert abs(accuracies.mean() - 0.2) < 4 * (0.16 / 150) ** 0.5


def test_a_class_of_few_has_fewer_folds():
    vectors, targets = _told_apart(52)
    targets = np.where(np.arange(52) < 50, targets % 4, 4)
    assert len(features.cross_validate(vectors, targets, np.arange(52), HEAD, 4, 1)) == 2


def test_the_decay_with_the_best_cross_validation_is_taken(monkeypatch, striped):
    accuracies = {0.1: 0.5, 1.0: 0.8, 10.0: 0.6}
    settings = replace(Settings(), weight_decays=tuple(accuracies), feature_size=32, folds=2)
    monkeypatch.setattr(
        features,
        "cross_validate",
        lambda vectors, targets, groups, config, *given: np.full(
            2, accuracies[config.weight_decay]
        ),
    )
    learning = SimpleNamespace(fit=striped, validation=striped.subset(np.arange(5)), groups=None)
    work = SimpleNamespace(
        device="cpu",
        part=lambda name, basis, kind, compute: compute(),
        bar=lambda *given: nullcontext(),
    )
    weights = Weights("test_efficientnet", "Tiny", "made up", None, "")
    found = features.probe(weights, learning, settings, work).result
    assert (found.weight_decay, found.cross_validation_accuracy) == (1.0, pytest.approx(0.8))
