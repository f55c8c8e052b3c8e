"""Frozen features, heads on them, and cross-validation that keeps copies on one side."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from hw4.windows import backbones, model, training
from hw4.windows.candidate import TrainConfig
from hw4.windows.training import Features, Images

CONFIG = TrainConfig(32, 2e-2, 3000, (15, 60), weight_decay=0.1)


def _told_apart(n=100, noise=0.3, seed=1) -> Features:
    rng = np.random.default_rng(seed)
    targets = np.arange(n) % 5
    sides = [np.eye(5)[targets] * 3 + rng.normal(0, noise, (n, 5)) for _ in range(2)]
    return Features(torch.from_numpy(np.stack(sides)).float(), targets)


def test_the_head_learns_what_can_be_told_apart():
    features = _told_apart()
    head, trained = backbones.train_head(features, features, CONFIG, 1)
    assert trained.epochs[-1].val_accuracy == 1
    straight, averaged = training.predict(head, features, "cpu")
    assert (averaged.argmax(1) == features.targets).all()
    assert straight.shape == (100, 5)


def test_the_head_is_for_features_as_they_are():
    """Scaling of the features is folded into the head."""
    features = _told_apart()
    scaled = replace(features, vectors=features.vectors * 50 - 7)
    one, _ = backbones.train_head(features, features, CONFIG, 1)
    two, _ = backbones.train_head(scaled, scaled, CONFIG, 1)
    torch.testing.assert_close(one(features.vectors), two(scaled.vectors), atol=2e-2, rtol=2e-2)


@pytest.mark.parametrize("name", ["test_efficientnet"])
def test_stored_features_are_the_networks(drawings, name):
    torch.manual_seed(2)
    network = model.Backbone(name, 5).eval()
    vectors = backbones.extract(network, drawings, 64, "cpu")
    assert vectors.shape == (2, 40, network.head.in_features) and vectors.dtype == np.float16
    features = backbones.features(vectors, drawings)
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
        return torch.nn.Linear(5, 5), None

    # Copies have the same vector, so a copy on the other side would be seen.
    features.vectors[:, 1::2] = features.vectors[:, ::2]
    monkeypatch.setattr(backbones, "train_head", noted)
    accuracies = backbones.cross_validate(features, groups, CONFIG, 4, 1)
    assert len(accuracies) == 4
    assert sum(map(len, seen)) == 30 and len(set.union(*seen)) == 30


def test_cross_validation_of_noise_is_chance():
    features = _told_apart(150)
    rng = np.random.default_rng(5)
    features = replace(features, targets=rng.permutation(features.targets))
    accuracies = backbones.cross_validate(features, np.arange(150), CONFIG, 3, 1)
    assert abs(accuracies.mean() - 0.2) < 4 * (0.16 / 150) ** 0.5


def test_a_class_of_few_has_fewer_folds():
    features = _told_apart(52)
    features = replace(features, targets=np.where(np.arange(52) < 50, features.targets % 4, 4))
    assert len(backbones.cross_validate(features, np.arange(52), CONFIG, 4, 1)) == 2
