"""Where a network looks: Grad-CAM (Selvaraju et al. 2017), painted over the picture."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from hw4.windows.augment import plain

HEAT = np.array([[18, 64, 111], [43, 148, 136], [221, 157, 47], [191, 63, 43]], np.float32)
"""From where the network does not look to where it does."""
OPACITY = 0.55


def grad_cam(
    network: nn.Module, pixels: np.ndarray, classes: np.ndarray, size: int, device: str
) -> np.ndarray:
    """How much each place of a picture speaks for a class: `(pictures, size, size)`, 0 to 1.

    The last feature maps, weighted by the mean gradient of the class's logit. Works for every
    network here, as each has its `features` apart from its head.

    Args:
        pixels: `(pictures, side, side, 3)` uint8.
        classes: the class to explain for each picture.
    """
    network.eval()
    kept: list[torch.Tensor] = []
    handle = _last_maps(network).register_forward_hook(lambda *args: kept.append(args[2]))
    try:
        with torch.enable_grad():
            images = plain(torch.from_numpy(np.ascontiguousarray(pixels)).to(device), size)
            logits = network(images.requires_grad_(True))
            chosen = logits[torch.arange(len(classes)), torch.from_numpy(classes).to(device)]
            gradients = torch.autograd.grad(chosen.sum(), kept[0])[0]
    finally:
        handle.remove()
    weights = gradients.mean((2, 3), keepdim=True)
    maps = torch.relu((weights * kept[0]).sum(1, keepdim=True)).detach()
    maps = functional.interpolate(maps, (size, size), mode="bicubic").clamp(min=0)[:, 0]
    highest = maps.amax((1, 2), keepdim=True).clamp(min=1e-8)
    return (maps / highest).float().cpu().numpy()


def painted(pixels: np.ndarray, maps: np.ndarray) -> np.ndarray:
    """Pictures in grey with `maps` over them in color, `(pictures, side, side, 3)` uint8."""
    side = pixels.shape[1]
    large = functional.interpolate(torch.from_numpy(maps)[:, None], (side, side), mode="bilinear")
    heat = large[:, 0].numpy()
    color = np.empty((*heat.shape, 3), np.float32)
    for channel in range(3):
        color[..., channel] = np.interp(heat, np.linspace(0, 1, len(HEAT)), HEAT[:, channel])
    grey = pixels.mean(3, keepdims=True)
    share = OPACITY * (0.35 + 0.65 * heat[..., None])
    return (grey * (1 - share) + color * share).clip(0, 255).astype(np.uint8)


def _last_maps(network: nn.Module) -> nn.Module:
    """The features of a network up to their last convolution, where places are still told apart.

    The pooling that ends the yardstick's features is left out.
    """
    layers = list(network.features)
    while isinstance(layers[-1], nn.MaxPool2d):
        layers.pop()
    return layers[-1]
