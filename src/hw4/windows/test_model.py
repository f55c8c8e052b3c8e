"""Networks against references: shapes, timm's own weights, and EfficientNet-Lite0 by other code."""

from pathlib import Path

import pytest
import safetensors.torch
import timm
import torch
from torch.nn import functional

from hw4.windows import model, weights

LITE0 = weights.find("tf_efficientnet_lite0")
needs_lite0 = pytest.mark.skipif(LITE0 is None, reason="the extra `offline` is not installed")


@pytest.mark.parametrize("size", [32, 64, 96])
def test_networks_give_a_logit_for_each_class(size):
    images = torch.rand(2, 3, size, size)
    assert model.ThreeConvolutions(5, size)(images).shape == (2, 5)
    assert model.SmallResidual(5, 8)(images).shape == (2, 5)


def test_a_residual_block_begins_as_its_shortcut():
    block = model.ResidualBlock(4, 4, stride=1).eval()
    images = torch.rand(2, 4, 8, 8)
    assert torch.equal(block(images), images)


def test_a_backbone_keeps_its_statistics_while_it_trains():
    network = model.Backbone("test_efficientnet", 5).train()
    norms = [it for it in network.modules() if isinstance(it, torch.nn.BatchNorm2d)]
    assert norms and not any(it.training for it in norms)
    assert network.dropout.training
    before = [it.running_mean.clone() for it in norms]
    network(torch.rand(4, 3, 64, 64))
    assert all(torch.equal(a, b.running_mean) for a, b in zip(before, norms, strict=True))


@pytest.mark.parametrize("name", ["test_efficientnet", "test_convnext", "test_vit"])
def test_the_first_stages_can_be_frozen(name):
    network = model.Backbone(name, 5)
    trained = [name for name, it in network.features.named_parameters() if it.requires_grad]
    network.freeze(0.5)
    left = [name for name, it in network.features.named_parameters() if it.requires_grad]
    assert 0 < len(left) < len(trained) and left[-1] == trained[-1], "the last ones are trained"
    assert not next(network.features.parameters()).requires_grad
    assert all(it.requires_grad for it in network.head.parameters())
    network.freeze(0.0)
    assert all(it.requires_grad for it in network.parameters())


@pytest.mark.parametrize("name", ["test_efficientnet", "test_convnext"])
def test_weights_in_timms_own_format(tmp_path, name):
    theirs = timm.create_model(name).eval()
    file = tmp_path / "model.safetensors"
    safetensors.torch.save_file(theirs.state_dict(), file)
    ours = model.Backbone(name, 5, file).eval()
    images = torch.rand(2, 3, 96, 96)
    expected = theirs.forward_head(theirs.forward_features(ours.normalize(images)), pre_logits=True)
    torch.testing.assert_close(ours.vectors(images), expected)


def test_tensors_of_another_network_are_refused(tmp_path):
    file = tmp_path / "other.pth"
    torch.save(timm.create_model("test_convnext").state_dict(), file)
    with pytest.raises((ValueError, RuntimeError)):
        model.Backbone("test_efficientnet", 5, file)


class Harmful:
    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self):
        return Path.touch, (self.trace,)


def test_a_weights_file_runs_no_code(tmp_path):
    file, trace = tmp_path / "harmful.pth", tmp_path / "was-run"
    torch.save({"x": Harmful(trace)}, file)
    with pytest.raises(Exception, match="weights_only"):
        model.Backbone("test_efficientnet", 5, file)
    assert not trace.exists()


def lite0(images: torch.Tensor, tensors: dict[str, torch.Tensor]) -> tuple[torch.Tensor, ...]:
    """EfficientNet-Lite0 (Tan and Le 2019, without squeeze and swish), written out by its table.

    Returns:
        Pooled features `(batch, 1280)` and logits `(batch, 1000)` of images from -1 to 1.
    """
    left = iter(tensors.values())

    def norm(x):
        gamma, beta, mean, var, _ = (next(left) for _ in range(5))
        return functional.batch_norm(x, mean, var, gamma, beta, eps=1e-3)

    def conv(x, stride=1, groups=1):
        weight = next(left)
        kernel, size = weight.shape[-1], x.shape[-1]
        pad = max((-(-size // stride) - 1) * stride + kernel - size, 0)  # as TensorFlow pads
        x = functional.pad(x, (pad // 2, pad - pad // 2) * 2)
        return functional.conv2d(x, weight, None, stride, 0, 1, groups)

    x = functional.relu6(norm(conv(images, stride=2)))
    stages = ((1, 1, 1), (6, 2, 2), (6, 2, 2), (6, 2, 3), (6, 1, 3), (6, 2, 4), (6, 1, 1))
    for expand, stride, repeats in stages:
        for block in range(repeats):
            shortcut = x
            if expand > 1:
                x = functional.relu6(norm(conv(x)))
            step = stride if block == 0 else 1
            x = functional.relu6(norm(conv(x, step, groups=x.shape[1])))
            x = norm(conv(x))
            if block > 0:
                x = x + shortcut
    features = functional.relu6(norm(conv(x))).mean((2, 3))
    logits = functional.linear(features, next(left), next(left))
    assert next(left, None) is None, "a tensor is left over"
    return features, logits


def made_images() -> torch.Tensor:
    """Three images by formula: a gradient, stripes, rings; `(3, 3, 96, 96)` from 0 to 1."""
    y, x = torch.meshgrid(torch.linspace(0, 1, 96), torch.linspace(0, 1, 96), indexing="ij")
    gradient = torch.stack([x, y, 1 - x])
    stripes = (torch.sin(40 * x) > 0).float().expand(3, -1, -1)
    rings = torch.stack([torch.cos(60 * ((x - 0.5) ** 2 + (y - 0.5) ** 2)) / 2 + 0.5, y, y])
    return torch.stack([gradient, stripes, rings])


@needs_lite0
@torch.no_grad()
def test_efficientnet_lite0_is_what_its_table_says():
    tensors = torch.load(LITE0.file, weights_only=True)
    features, logits = lite0(made_images() * 2 - 1, tensors)
    network = model.Backbone("tf_efficientnet_lite0", 5, LITE0.file).eval()
    torch.testing.assert_close(network.vectors(made_images()), features, atol=1e-3, rtol=1e-3)
    classifier = functional.linear(network.vectors(made_images()), *list(tensors.values())[-2:])
    assert classifier.argmax(1).tolist() == logits.argmax(1).tolist()
    assert logits.argmax(1).tolist() == LITE0_TOP_1
    assert list(network.normalize.mean) == [0.5] * 3


LITE0_TOP_1 = [818, 753, 646]
"""ImageNet's spotlight, radiator and maze: computed once by `lite0`."""


def test_the_share_that_is_frozen_of_efficientnet_is_the_stem_and_three_stages():
    network = model.Backbone("tf_efficientnet_lite0", 5)
    network.freeze(0.5)
    left = {name for name, it in network.features.named_parameters() if it.requires_grad}
    names = {".".join(name.split(".")[: 2 if name.startswith("blocks") else 1]) for name in left}
    assert names == {"blocks.3", "blocks.4", "blocks.5", "blocks.6", "conv_head", "bn2"}


def test_parameters_are_counted():
    network = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Linear(4, 2))
    network[0].requires_grad_(False)
    assert model.parameter_count(network) == 26
    assert model.parameter_count(network, learned_only=True) == 10
