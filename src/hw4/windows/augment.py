"""Images as a network sees them: resized, and varied in ways that keep the class."""

import math

import torch
from torch.nn import functional

CROP = 0.25
"""Share of the area that is cut away at most."""
STRETCH = 0.2
TILT = math.radians(5)
"""As in hand-held photographs. A quarter turn would make a hung window of a sliding one."""
JITTER = 0.3


def resized(images: torch.Tensor, size: int) -> torch.Tensor:
    """Bytes `(batch, 3, side, side)` to `(batch, 3, size, size)`, still from 0 to 255."""
    if images.device.type != "cpu":
        images = images.float()  # only a CPU resizes bytes, which is faster there
    return functional.interpolate(images, (size, size), mode="bilinear", antialias=True)


def plain(pixels: torch.Tensor, size: int) -> torch.Tensor:
    """Bytes `(batch, side, side, 3)` to `(batch, 3, size, size)` from 0 to 1, not varied."""
    images = pixels.permute(0, 3, 1, 2)
    if images.shape[-1] != size:
        images = resized(images, size)
    return (images.float() / 255).contiguous(memory_format=torch.channels_last)


def varied(
    pixels: torch.Tensor, size: int, strength: float, generator: torch.Generator
) -> torch.Tensor:
    """Like `plain`, each image varied at random without leaving its class.

    Mirrored left to right, cropped, stretched and tilted a little in one resampling, then relit.
    Each image gets a map of its own, where torchvision's transforms draw one for the whole batch.
    """
    images = pixels.permute(0, 3, 1, 2)
    side = images.shape[-1]
    if side >= 2 * size:  # one resampling without antialiasing must not skip pixels
        images = resized(images, side // 2)
    maps = geometry(len(images), strength, generator).to(images.device)
    grid = functional.affine_grid(maps, [len(images), 3, size, size], align_corners=False)
    images = functional.grid_sample(
        images.float() / 255, grid, padding_mode="reflection", align_corners=False
    )
    return relit(images, strength, generator).contiguous(memory_format=torch.channels_last)


def geometry(count: int, strength: float, generator: torch.Generator) -> torch.Tensor:
    """Random maps from output to input coordinates, both -1 to 1: `(count, 2, 3)`.

    A map takes (x, y) to the point of the stored picture that is shown there. Each mirrors
    with probability ½; crop, stretch and tilt grow with `strength`, from 0 to 1.
    """

    def uniform(low: float, high: float) -> torch.Tensor:
        return low + (high - low) * torch.rand(count, generator=generator)

    area = uniform(1 - strength * CROP, 1.0)
    stretch = torch.exp(strength * STRETCH * uniform(-1, 1))
    width = (area * stretch).sqrt().clamp(max=1.0)
    height = (area / stretch).sqrt().clamp(max=1.0)
    tilt = strength * TILT * uniform(-1, 1)
    mirror = torch.where(uniform(0, 1) < 0.5, -1.0, 1.0)
    maps = torch.zeros(count, 2, 3)
    maps[:, 0, 0] = mirror * width * tilt.cos()
    maps[:, 0, 1] = -height * tilt.sin()
    maps[:, 1, 0] = mirror * width * tilt.sin()
    maps[:, 1, 1] = height * tilt.cos()
    maps[:, 0, 2] = (1 - width) * uniform(-1, 1)
    maps[:, 1, 2] = (1 - height) * uniform(-1, 1)
    return maps


def relit(images: torch.Tensor, strength: float, generator: torch.Generator) -> torch.Tensor:
    """Brightness, contrast and saturation, each changed by up to `JITTER` at full `strength`."""
    changes = 2 * torch.rand(3, len(images), 1, 1, 1, generator=generator) - 1
    brightness, contrast, saturation = (1 + strength * JITTER * changes).to(images.device)
    images = images * brightness
    middle = images.mean((1, 2, 3), keepdim=True)
    images = (images - middle) * contrast + middle
    grey = images.mean(1, keepdim=True)
    return ((images - grey) * saturation + grey).clamp(0, 1)
