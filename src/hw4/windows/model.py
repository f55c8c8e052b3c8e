"""The networks: three convolutions, a small residual network, and a pre-trained backbone."""

from pathlib import Path

import timm
import torch
from timm.models import group_parameters
from torch import nn
from torchvision.transforms import Normalize

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class ThreeConvolutions(nn.Module):
    """What the course's demo code does: three convolutions with pooling, two linear layers.

    `(batch, 3, size, size)` from 0 to 1 to logits `(batch, classes)`; `size` is a multiple of 8.
    """

    def __init__(self, classes: int, size: int = 32) -> None:
        super().__init__()
        self.features = nn.Sequential(
            Normalize(IMAGENET_MEAN, IMAGENET_STD),
            nn.Conv2d(3, 16, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),  # (batch, 16, size / 2, size / 2)
            nn.Conv2d(16, 32, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),  # (batch, 32, size / 4, size / 4)
            nn.Conv2d(32, 64, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),  # (batch, 64, size / 8, size / 8)
        )
        self.head = nn.Sequential(
            nn.Flatten(),
            nn.Linear(64 * (size // 8) ** 2, 64),
            nn.ReLU(),
            nn.Linear(64, classes),
        )

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.head(self.features(images))  # (batch, classes)


class ResidualBlock(nn.Module):
    """Two convolutions and a shortcut around them (He et al. 2016, basic block).

    The second normalization begins at zero, so that every block begins as its own shortcut: the
    network starts out shallow and grows as it learns. Where the picture is halved, the shortcut
    averages before it projects, which loses no pixel (He et al. 2019, "ResNet-D").
    """

    def __init__(self, channels_in: int, channels: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels_in, channels, 3, stride, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(channels)
        nn.init.zeros_(self.norm2.weight)
        self.shortcut = nn.Identity()
        if stride > 1 or channels_in != channels:
            self.shortcut = nn.Sequential(
                nn.AvgPool2d(stride, ceil_mode=True),
                nn.Conv2d(channels_in, channels, 1, bias=False),
                nn.BatchNorm2d(channels),
            )

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        inner = torch.relu(self.norm1(self.conv1(images)))  # (batch, channels, size / stride, …)
        return torch.relu(self.shortcut(images) + self.norm2(self.conv2(inner)))


class SmallResidual(nn.Module):
    """A small residual network with global average pooling, for learning from scratch.

    `(batch, 3, size, size)` from 0 to 1 to logits `(batch, classes)`, for any `size` from 32.
    """

    def __init__(self, classes: int, width: int = 32, dropout: float = 0.2) -> None:
        super().__init__()
        self.features = nn.Sequential(
            Normalize(IMAGENET_MEAN, IMAGENET_STD),
            *convolution(3, width, stride=2),
            *convolution(width, width, stride=1),
            nn.MaxPool2d(2),  # (batch, width, size / 4, size / 4)
            ResidualBlock(width, width, stride=1),
            ResidualBlock(width, 2 * width, stride=2),
            ResidualBlock(2 * width, 4 * width, stride=2),
            ResidualBlock(4 * width, 8 * width, stride=2),  # (batch, 8 width, size / 32, …)
        )
        self.head = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),  # (batch, 8 width)
            nn.Dropout(dropout),
            nn.Linear(8 * width, classes),
        )

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.head(self.features(images))  # (batch, classes)


def convolution(channels_in: int, channels: int, stride: int) -> tuple[nn.Module, ...]:
    conv = nn.Conv2d(channels_in, channels, 3, stride, padding=1, bias=False)
    return conv, nn.BatchNorm2d(channels), nn.ReLU()


class Backbone(nn.Module):
    """A network from timm without its last layer, and a new linear head for our classes.

    `(batch, 3, size, size)` from 0 to 1 to logits `(batch, classes)`.
    """

    def __init__(
        self, name: str, classes: int, weights: Path | None = None, dropout: float = 0.2
    ) -> None:
        super().__init__()
        self.features = pretrained_features(name, weights)
        config = timm.data.resolve_model_data_config(self.features)
        self.normalize = Normalize(config["mean"], config["std"])
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(self.features.num_features, classes)
        # From zero, so that the first steps do not pull at the backbone in random directions.
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def vectors(self, images: torch.Tensor) -> torch.Tensor:
        return self.features(self.normalize(images))  # (batch, channels), pooled

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.head(self.dropout(self.vectors(images)))  # (batch, classes)

    def freeze(self, share: float) -> None:
        """Keep a `share` of the stages as they are, from the image on.

        Edges and textures are the same everywhere, and the largest maps, which take half of the
        time of training, lie there.
        """
        stages = group_parameters(self.features, self.features.group_matcher(coarse=True))
        first = sorted(stages)[: int(share * len(stages))]
        frozen = {name for stage in first for name in stages[stage]}
        for name, weight in self.features.named_parameters():
            weight.requires_grad_(name not in frozen)

    def train(self, mode: bool = True) -> "Backbone":
        """Training mode, in which batch normalization keeps ImageNet's statistics.

        Those of a batch of 32 are noisy, and far from what the weights were trained for.
        """
        super().train(mode)
        for module in self.features.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()
        return self


def pretrained_features(name: str, weights: Path | None) -> nn.Module:
    """timm's network `name` without its classifier; random without `weights`.

    A `.safetensors` file is timm's own. A `.pth` file is read as tensors alone (`weights_only`) and
    holds the tensors of timm's architecture in the same order, whatever they are called there; a
    test holds its outputs against those of another reading.

    Raises:
        ValueError, RuntimeError: the tensors are not those of the architecture.
    """
    # A transformer's positions follow the input size; a convolution needs no word about it.
    sizes = {"dynamic_img_size": True, "dynamic_img_pad": True}
    options = sizes if name.startswith("vit_") else {}
    if weights is None or weights.suffix == ".safetensors":
        options |= {"pretrained": weights is not None, "num_classes": 0}
        return timm.create_model(name, pretrained_cfg_overlay={"file": str(weights)}, **options)
    network = timm.create_model(name, **options)
    tensors = torch.load(weights, map_location="cpu", weights_only=True).values()
    network.load_state_dict(dict(zip(network.state_dict(), tensors, strict=True)))
    network.reset_classifier(0)
    return network


def parameter_count(network: nn.Module, learned_only: bool = False) -> int:
    weights = network.parameters()
    return sum(it.numel() for it in weights if it.requires_grad or not learned_only)
