"""Augmentation, networks, training, scores, and where a network looks."""

import math

import numpy as np
import pytest
import torch

from hw4.windows import augment, explain, model, pretrained, scores, standin, training
from hw4.windows.photographs import Photographs
from hw4.windows.settings import Recipe, Settings


@pytest.fixture(autouse=True)
def _on_one_core(one_core):
    """Steps this small only wait for each other on several cores."""


class Silent:
    """A progress bar that shows nothing."""

    def update(self, steps=1):
        """Count nothing."""

    def note(self, text):
        """Say nothing."""


@pytest.fixture(scope="module")
def drawings() -> Photographs:
    """Forty drawn windows, eight of each class."""
    labels = np.repeat(np.arange(5), 8)
    items = list(standin.draw_all(labels, 7, "train", 64))
    return Photographs(np.stack([it[1] for it in items]), labels, tuple(it[0] for it in items))


def _recipe(**changes) -> Recipe:
    usual = {"network": "small_residual", "input_size": 32, "width": 8, "batch_size": 8}
    return Recipe(**usual | {"learning_rate": 3e-3, "passes": 80, "epochs": (2, 2)} | changes)


def _trained(photos, recipe, seed=1):
    torch.manual_seed(seed)
    everything = np.arange(len(photos))
    network = model.SmallResidual(5, recipe.width)
    return training.train(network, photos, everything, everything, recipe, seed, "cpu", Silent())


def test_no_variation_is_a_quarter_turn():
    """A quarter turn makes a hung window of a sliding one: up must stay up."""
    maps = augment.geometry(4000, torch.Generator().manual_seed(1))
    right, down = maps[:, :, 0], maps[:, :, 1]
    assert (down[:, 1] > 0).all(), "nothing is turned over"
    assert (down[:, 0].abs() < 0.2 * down[:, 1]).all(), "vertical stays vertical"
    assert (right[:, 1].abs() < 0.2 * right[:, 0].abs()).all(), "level stays level"
    mirrored = (right[:, 0] < 0).float().mean()
    assert 0.45 < mirrored < 0.55


def test_pictures_are_mixed_only_where_each_is_looked_at_often():
    recipe = _recipe(passes=30_000, epochs=(1, 100), mixing=0.3)
    assert recipe.for_photographs(1000).mixing == 0.3
    assert recipe.for_photographs(1100).mixing == 0.0
    assert recipe.for_photographs(1000, effort=0.5) == _recipe(passes=15_000, epochs=(1, 100))


def test_mixed_pictures_hold_as_much_of_a_class_as_their_labels_say():
    """Pictures of one brightness each: the mean of a blend tells its shares."""
    brightness = torch.tensor([0.0, 1.0, 2.0, 3.0])
    images = brightness.view(4, 1, 1, 1).expand(4, 3, 32, 32)
    rng = np.random.default_rng(3)
    parted = 0
    for _ in range(40):
        blended, shares = augment.mixed(images, torch.eye(4), 0.3, rng)
        assert blended.shape == images.shape
        torch.testing.assert_close(shares.sum(1), torch.ones(4))
        torch.testing.assert_close(blended.mean((1, 2, 3)), shares @ brightness)
        parted += bool(blended.flatten(1).std(1).max() > 0)
    assert 5 < parted < 35, "some batches are blended whole, some get a piece of another picture"
    assert images[:, 0, 0, 0].tolist() == brightness.tolist(), "the originals are untouched"


def test_variations_of_a_hung_window_keep_its_rail_level():
    image = torch.full((1, 64, 64, 3), 200, dtype=torch.uint8)
    image[:, 30:34] = 0  # the meeting rail
    for seed in range(30):
        seen = augment.varied(image, 64, torch.Generator().manual_seed(seed))[0].mean(0)
        across, down = seen.std(1).mean(), seen.std(0).mean()
        assert down > across


def test_mirroring_mirrors():
    pixels = torch.randint(0, 255, (2, 32, 32, 3), dtype=torch.uint8)
    images = augment.plain(pixels, 32)
    assert torch.equal(augment.mirrored(images), augment.plain(pixels.flip(2), 32))


def test_pictures_stay_inside_and_follow_the_generator():
    pixels = torch.randint(0, 255, (4, 64, 64, 3), dtype=torch.uint8)
    one, other = (augment.varied(pixels, 32, torch.Generator().manual_seed(5)) for _ in range(2))
    assert one.shape == (4, 3, 32, 32) and torch.equal(one, other) and one.isfinite().all()


@pytest.mark.parametrize("size", [32, 64, 96])
def test_networks_give_a_logit_for_each_class(size):
    images = torch.randn(2, 3, size, size)
    assert model.ThreeConvolutions(5, size)(images).shape == (2, 5)
    assert model.SmallResidual(5, 8)(images).shape == (2, 5)


@pytest.mark.parametrize("name", ["mobilenet_v2", "resnet18", "efficientnet_b0", "convnext_tiny"])
def test_backbones_compute_what_torchvision_does(name, monkeypatch):
    from torchvision import models

    # Any random weights will do, and the truncated normal distribution takes seconds.
    monkeypatch.setattr(
        torch.nn.init, "trunc_normal_", lambda weight, std=1.0, **_: weight.data.normal_(0, std)
    )
    torch.manual_seed(1)
    theirs = models.get_model(name, weights=None).eval()
    torch.manual_seed(1)
    ours = model.backbone(name, 5, pretrained=False).eval()
    last = theirs.fc if name == "resnet18" else theirs.classifier[-1]
    seen = []
    last.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    images = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        theirs(images)
        assert torch.allclose(ours.vectors(images), seen[0], atol=1e-4)


def test_training_learns_and_repeats_itself(drawings):
    recipe = _recipe(epochs=(20, 20), augment=False)
    one, other = (_trained(drawings, recipe) for _ in range(2))
    assert one.epochs == other.epochs
    assert one.epochs[-1].validation_accuracy > 0.8
    assert one.epochs[-1].train_loss < 0.6 * one.epochs[0].train_loss


def test_averaged_weights_are_an_average(drawings):
    plain, averaged = (_trained(drawings, _recipe(averaging=slow)) for slow in (0.0, 0.9))
    assert plain.epochs[0].train_loss == averaged.epochs[0].train_loss
    assert plain.epochs[-1].validation_loss != averaged.epochs[-1].validation_loss


def test_balancing_draws_by_the_square_root():
    labels = np.repeat([0, 1], [900, 100])
    drawn = training.weights_of(labels)
    assert math.isclose(drawn.sum(), 1)
    assert math.isclose(drawn[labels == 0].sum() / drawn[labels == 1].sum(), 3)


def test_half_precision_is_for_cuda_alone():
    for device in ("cpu", "mps"):
        with training._precision(device):
            assert not torch.is_autocast_enabled("cpu") and not torch.is_autocast_enabled("cuda")


def test_a_frozen_backbone_keeps_its_statistics():
    network = model.backbone("mobilenet_v2", 5, pretrained=False)
    training._learning(network)
    assert not any(it.training for it in network.modules() if isinstance(it, torch.nn.BatchNorm2d))
    assert network.dropout.training


def test_stored_features_are_the_networks(drawings):
    network = model.backbone("mobilenet_v2", 5, pretrained=False)
    recipe = Settings().quick().frozen
    stored = pretrained.features(network, drawings, recipe, "cpu", Silent())
    places = np.arange(len(drawings))
    ours = pretrained.predict_head(network.head, stored, places)
    theirs = training.predict(network, drawings, places, recipe.input_size, "cpu")
    assert np.allclose(ours[0], theirs[0], atol=2e-3) and np.allclose(ours[1], theirs[1], atol=2e-3)


def test_the_head_learns_what_can_be_told_apart():
    rng = np.random.default_rng(1)
    labels = np.repeat(np.arange(5), 20)
    vectors = np.stack([np.eye(5)[labels] * 3 + rng.normal(0, 0.3, (100, 5)) for _ in range(2)])
    head = torch.nn.Linear(5, 5)
    everything = np.arange(100)
    trained = pretrained.train_head(
        head, vectors.astype(np.float16), labels, everything, everything,
        _recipe(epochs=(30, 30), learning_rate=0.05), 1,
    )  # fmt: skip
    assert trained.epochs[-1].validation_accuracy == 1


@pytest.mark.parametrize("network", [model.ThreeConvolutions(5, 64), model.SmallResidual(5, 8)])
def test_maps_show_where_the_evidence_is(network, drawings):
    maps = explain.occlusion(network, drawings.pixels[:3], np.array([0, 1, 2]), 64, "cpu")
    assert maps.shape == (3, 64, 64) and maps.min() >= 0 and maps.max() <= 1
    assert explain.painted(drawings.pixels[:3], maps).shape == (3, 64, 64, 3)


def test_maps_point_at_the_only_thing_a_network_looks_at():
    class Bright(torch.nn.Module):
        """Calls a picture class 1 by its brightness."""

        def __init__(self):
            super().__init__()
            self.features = torch.nn.Sequential(torch.nn.AvgPool2d(8))

        def forward(self, images):
            total = self.features(images).sum((1, 2, 3))
            return torch.stack([-total, total], 1)

    pixels = np.zeros((1, 64, 64, 3), np.uint8)
    pixels[:, 8:24, 40:56] = 255
    heat = explain.occlusion(Bright(), pixels, np.array([1]), 64, "cpu")[0]
    assert heat[10:22, 42:54].mean() > 5 * heat[40:, :30].mean() + 0.3
    turned = explain.occlusion(Bright(), pixels[:, :, ::-1], np.array([1]), 64, "cpu")[0]
    np.testing.assert_allclose(turned[:, ::-1], heat, atol=1e-5)


def test_scores_agree_with_scikit_learn():
    from sklearn import metrics

    rng = np.random.default_rng(3)
    labels = rng.integers(0, 5, 300)
    chances = rng.dirichlet(np.ones(5), 300) + 0.6 * np.eye(5)[labels]
    chances /= chances.sum(1, keepdims=True)
    ours, predicted = scores.scores(chances, labels), chances.argmax(1)
    assert ours.accuracy == pytest.approx(metrics.accuracy_score(labels, predicted))
    assert ours.balanced_accuracy == pytest.approx(
        metrics.balanced_accuracy_score(labels, predicted)
    )
    assert ours.log_loss == pytest.approx(metrics.log_loss(labels, chances))
    assert np.array_equal(ours.confusion, metrics.confusion_matrix(labels, predicted))
    precision, recall, *_ = metrics.precision_recall_fscore_support(labels, predicted)
    assert [it.precision for it in ours.per_class] == pytest.approx(precision)
    assert [it.recall for it in ours.per_class] == pytest.approx(recall)


@pytest.mark.parametrize(("right", "trials"), [(0, 10), (10, 10), (131, 218), (1, 3)])
def test_the_interval_solves_wilsons_equation(right, trials):
    low, high = scores.wilson(right, trials)
    assert 0 <= low <= right / trials <= high <= 1
    assert (low == 0) == (right == 0) and (high == 1) == (right == trials)
    for end in (low, high):
        if 0 < end < 1:
            z = abs(right / trials - end) / math.sqrt(end * (1 - end) / trials)
            assert z == pytest.approx(1.96, abs=1e-3)


def test_perfect_confidence_has_no_calibration_error():
    labels = np.arange(5).repeat(8)
    bins, error = scores.reliability(np.eye(5)[labels], labels)
    assert error == 0 and sum(it.photographs for it in bins) == 40
