"""Where a network looks: how much it is put off when a piece of the picture is covered.

Occlusion (Zeiler and Fergus 2014) rather than Grad-CAM: the last maps of a backbone are only 4 × 4
at our sizes, and those of mobilenet_v2 light up on the same side of a picture and of its mirror
image, so they tell more about its padding than about the window.
"""

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from hw4.windows.augment import mean_color, plain

HEAT = np.array([[18, 64, 111], [43, 148, 136], [221, 157, 47], [191, 63, 43]], np.float32)
"""From where the network does not look to where it does."""
OPACITY = 0.55
CELLS = 8
"""Places along each side; the piece that is covered is two of them wide."""


@torch.no_grad()
def occlusion(
    network: nn.Module, pixels: np.ndarray, classes: np.ndarray, size: int, device: str
) -> np.ndarray:
    """How much each place of a picture speaks for a class: `(pictures, size, size)`, 0 to 1.

    By how much the logarithm of the class's probability falls when a square around that place is
    covered by the mean color, as a share of the picture's largest fall.

    Args:
        pixels: `(pictures, side, side, 3)` uint8.
        classes: the class to explain for each picture.
    """
    network.eval()
    images = plain(torch.from_numpy(np.ascontiguousarray(pixels)).to(device), size)
    shown_class = torch.arange(len(classes)), torch.from_numpy(np.asarray(classes))
    color = mean_color(device)

    def confidence(shown: torch.Tensor) -> torch.Tensor:
        return network(shown).float().log_softmax(1).cpu()[shown_class]

    whole = confidence(images)
    falls = torch.zeros(len(classes), 1, CELLS, CELLS)
    edges = [round(size * (cell + 0.5) / CELLS) for cell in range(-1, CELLS + 1)]
    for row in range(CELLS):
        for column in range(CELLS):
            covered = images.clone()
            top, left = max(0, edges[row]), max(0, edges[column])
            covered[:, :, top : edges[row + 2], left : edges[column + 2]] = color
            falls[:, 0, row, column] = whole - confidence(covered)
    maps = functional.interpolate(falls, (size, size), mode="bicubic").clamp(min=0)[:, 0]
    return (maps / maps.amax((1, 2), keepdim=True).clamp(min=1e-8)).numpy()


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
