"""The networks: three convolutions, a small residual network, and a pre-trained backbone."""

import torch
from torch import nn


class ThreeConvolutions(nn.Module):
    """What the course's demo code does: three convolutions with pooling, two linear layers.

    `(batch, 3, size, size)` to logits `(batch, classes)`; `size` is a multiple of 8.
    """

    def __init__(self, classes: int, size: int = 32) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 16, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),  # (batch, 16, size / 2, size / 2)
            nn.Conv2d(16, 32, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
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
        """Logits `(batch, classes)` of normalized `images`."""
        return self.head(self.features(images))


class ResidualBlock(nn.Module):
    """Two convolutions and a way around them (He et al. 2016, basic block).

    The second normalization begins at zero, so that every block begins as its own detour: the
    network starts out shallow and grows as it learns. Where the picture is halved, the detour
    averages before it projects, which loses no pixel (He et al. 2019, "ResNet-D").
    """

    def __init__(self, channels_in: int, channels: int, stride: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels_in, channels, 3, stride, padding=1, bias=False)
        self.first_norm = nn.BatchNorm2d(channels)
        self.second = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.second_norm = nn.BatchNorm2d(channels)
        nn.init.zeros_(self.second_norm.weight)
        self.detour = nn.Identity()
        if stride > 1 or channels_in != channels:
            self.detour = nn.Sequential(
                nn.AvgPool2d(stride, ceil_mode=True),
                nn.Conv2d(channels_in, channels, 1, bias=False),
                nn.BatchNorm2d(channels),
            )

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """`(batch, channels_in, size, size)` to `(batch, channels, size / stride, …)`."""
        inner = torch.relu(self.first_norm(self.first(images)))
        return torch.relu(self.detour(images) + self.second_norm(self.second(inner)))


class SmallResidual(nn.Module):
    """A small residual network with global average pooling, for learning from scratch.

    `(batch, 3, size, size)` to logits `(batch, classes)`, for any `size` from 32.
    """

    def __init__(self, classes: int, width: int = 32, dropout: float = 0.2) -> None:
        super().__init__()
        self.features = nn.Sequential(
            _convolution(3, width, stride=2),
            _convolution(width, width, stride=1),
            nn.MaxPool2d(2),  # (batch, width, size / 4, size / 4)
            ResidualBlock(width, width, stride=1),
            ResidualBlock(width, 2 * width, stride=2),
            ResidualBlock(2 * width, 4 * width, stride=2),
            ResidualBlock(4 * width, 8 * width, stride=2),  # (batch, 8 width, size / 32, …)
        )
        self.head = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Dropout(dropout),
            nn.Linear(8 * width, classes),
        )

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Logits `(batch, classes)` of normalized `images`."""
        return self.head(self.features(images))


class Backbone(nn.Module):
    """A torchvision network without its last layer, and a new one for our classes.

    Attributes:
        features: pictures to feature maps `(batch, channels, height, width)`.
        pool: feature maps to vectors `(batch, channels)`.
        head: the new linear layer.
    """

    def __init__(
        self, features: nn.Module, pool: nn.Module, channels: int, classes: int, dropout: float
    ) -> None:
        super().__init__()
        self.features, self.pool = features, pool
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(channels, classes)

    def vectors(self, images: torch.Tensor) -> torch.Tensor:
        """What the head is given: `(batch, channels)`."""
        return self.pool(self.features(images))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Logits `(batch, classes)` of normalized `images`."""
        return self.head(self.dropout(self.vectors(images)))


def backbone(name: str, classes: int, pretrained: bool = True) -> Backbone:
    """A torchvision network by `name`, with its default ImageNet weights if `pretrained`.

    Raises:
        ValueError: torchvision has none of this name, or its last layer is not where we look.
    """
    from torchvision import models

    network = models.get_model(name, weights="DEFAULT" if pretrained else None)
    pooled = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
    if name.startswith("resnet"):
        channels = network.fc.in_features
        features = nn.Sequential(*list(network.children())[:-2])
        return Backbone(features, pooled, channels, classes, dropout=0.2)
    if name.startswith("convnext"):
        norm, channels = network.classifier[0], network.classifier[-1].in_features
        pool = nn.Sequential(network.avgpool, norm, nn.Flatten())
        return Backbone(network.features, pool, channels, classes, dropout=0.2)
    if name.startswith(("mobilenet_v2", "efficientnet")):
        channels = network.classifier[-1].in_features
        return Backbone(network.features, pooled, channels, classes, dropout=0.2)
    raise ValueError(f"{name} is not one of the backbones that are understood here")


def parameter_count(network: nn.Module, trained_only: bool = False) -> int:
    """Number of parameters."""
    return sum(
        weight.numel()
        for weight in network.parameters()
        if weight.requires_grad or not trained_only
    )


def _convolution(channels_in: int, channels: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels_in, channels, 3, stride, padding=1, bias=False),
        nn.BatchNorm2d(channels),
        nn.ReLU(),
    )
