"""Photographs to look at: of each class, and the worst mistakes with where the network looked.

It looks where it is put off most when a piece of the picture is covered: occlusion (Zeiler and
Fergus 2014) rather than Grad-CAM. The last maps of a backbone are only 4 × 4 at our sizes, and
those of mobilenet_v2 light up on the same side of a picture and of its mirror image, so they tell
more about its padding than about the window.
"""

import numpy as np
import torch
from matplotlib.colors import LinearSegmentedColormap
from torch import nn
from torch.nn import functional

from hw4.windows.augment import plain
from hw4.windows.data import CLASSES
from hw4.windows.images import Photographs
from hw4.windows.model import IMAGENET_MEAN
from hw4.windows.trained import Shown

HEAT = LinearSegmentedColormap.from_list("heat", ["#12406f", "#2b9488", "#dd9d2f", "#bf3f2b"])
"""From where the network does not look to where it does."""
OPACITY = 0.55
PICTURE = 112
"""Side of the pictures for the page, in pixels."""
CELLS = 8
"""Places along each side; the piece that is covered is two of them wide."""


def gallery(
    network: nn.Module,
    photographs: Photographs,
    probabilities: np.ndarray,
    count: int,
    size: int,
    device: str,
) -> tuple[tuple[Shown, ...], dict[str, np.ndarray]]:
    """The `count` most confident mistakes, as they are and with where the network looked.

    Right answers in their stead where there is no mistake.

    Args:
        probabilities: `(photographs, classes)` that the network gives.
        size: side of the images that it is given.
    """
    answers, confidence = probabilities.argmax(1), probabilities.max(1)
    names, targets = photographs.names, photographs.targets
    wrong = answers != targets
    order = np.lexsort((-confidence, ~wrong))[: min(count, wrong.sum() or count)]
    shown = tuple(
        Shown(names[i], int(targets[i]), int(answers[i]), float(confidence[i])) for i in order
    )
    pixels = photographs.images(order)
    maps = occlusion(network, pixels, answers[order], size, device)
    return shown, {"mistakes": small(pixels), "looked_at": small(painted(pixels, maps))}


def contact_sheet(photographs: Photographs, each: int, seed: int) -> np.ndarray:
    """`each` photographs of every class, class after class, drawn from those to learn from."""
    rng = np.random.default_rng(seed)
    drawn = []
    for label in range(len(CLASSES)):
        of_class = np.flatnonzero(photographs.targets == label)
        drawn.append(rng.choice(of_class, each, replace=len(of_class) < each))
    return small(photographs.images(np.concatenate(drawn)))


def small(pixels: np.ndarray) -> np.ndarray:
    """Images at a size for the page, at most `(n, PICTURE, PICTURE, 3)` uint8."""
    side = min(PICTURE, pixels.shape[1])
    images = torch.from_numpy(pixels).permute(0, 3, 1, 2)
    images = functional.interpolate(images, (side, side), mode="bilinear", antialias=True)
    return images.permute(0, 2, 3, 1).contiguous().numpy()


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
    color = torch.tensor(IMAGENET_MEAN, device=device).view(3, 1, 1)  # says nothing to the network

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
    grey = pixels.mean(3, keepdims=True)
    share = OPACITY * (0.35 + 0.65 * heat[..., None])
    return (grey * (1 - share) + 255 * HEAT(heat)[..., :3] * share).astype(np.uint8)
