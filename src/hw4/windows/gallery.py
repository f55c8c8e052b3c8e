"""A close look at the chosen network: its most confident mistakes and what it saw in them."""

from pathlib import PurePosixPath

import numpy as np
import torch
from torch.nn import functional

from hw4.foundation.experiment import Outcome
from hw4.windows import explain, scores
from hw4.windows.candidates import build, load_weights
from hw4.windows.data import CLASSES
from hw4.windows.photographs import Photographs, WindowData
from hw4.windows.result import Candidate, Prediction, Result, Shown
from hw4.windows.settings import Settings

PICTURE = 112
"""Side of the pictures in galleries, in pixels."""


def look(
    best: Candidate,
    candidates: tuple[Candidate, ...],
    tensors: dict[str, np.ndarray],
    data: WindowData,
    settings: Settings,
    device: str,
    why_not: str,
) -> Outcome[Result]:
    """The result, with the gallery of what the chosen network gets wrong."""
    photos = data.test if data.labelled else _part(data.train, data.held_out)
    probabilities = tensors["reported"]
    predicted, confidence = probabilities.argmax(1), probabilities.max(1)
    wrong = predicted != photos.labels
    order = np.lexsort((-confidence, ~wrong))[: settings.gallery]

    network = build(best.recipe, pretrained_weights=False)
    load_weights(network, tensors, "weights.")
    network = network.to(device)
    pixels = np.ascontiguousarray(photos.pixels[order])
    maps = explain.occlusion(network, pixels, predicted[order], best.recipe.input_size, device)
    bins, error = scores.reliability(probabilities, photos.labels)
    result = Result(
        check=data.check,
        labelled=data.labelled,
        backbone=settings.backbone,
        why_not_pretrained=why_not,
        candidates=candidates,
        chosen=best.key,
        bins=bins,
        calibration_error=error,
        mistakes=tuple(
            Shown(photos.names[i], int(photos.labels[i]), int(predicted[i]), float(confidence[i]))
            for i in order
        ),
        mistakes_in_all=int(wrong.sum()),
        own_names=data.own_names,
        predictions=() if data.labelled else _predictions(data, tensors["test"]),
    )
    pictures = {
        "mistakes": _small(pixels),
        "looked_at": _small(explain.painted(pixels, maps)),
        "contact": _small(_contact(data, settings.contact, settings.seed)),
    }
    return Outcome(result, pictures)


def _predictions(data: WindowData, probabilities: np.ndarray) -> tuple[Prediction, ...]:
    return tuple(
        Prediction(PurePosixPath(name).name, data.own_names[label])
        for name, label in zip(data.test.names, probabilities.argmax(1), strict=True)
    )


def _contact(data: WindowData, each: int, seed: int) -> np.ndarray:
    """`each` photographs of every class, class after class, drawn from those to learn from."""
    rng = np.random.default_rng(seed)
    places = []
    for label in range(len(CLASSES)):
        of_class = data.fit[data.train.labels[data.fit] == label]
        places.append(rng.choice(of_class, each, replace=len(of_class) < each))
    return np.ascontiguousarray(data.train.pixels[np.concatenate(places)])


def _small(pixels: np.ndarray) -> np.ndarray:
    """Pictures at a size for the page, `(pictures, PICTURE, PICTURE, 3)` uint8."""
    if pixels.shape[1] <= PICTURE:
        return pixels
    images = torch.from_numpy(pixels).permute(0, 3, 1, 2)
    small = functional.interpolate(images, (PICTURE, PICTURE), mode="bilinear", antialias=True)
    return small.permute(0, 2, 3, 1).contiguous().numpy()


def _part(photos: Photographs, places: np.ndarray) -> Photographs:
    names = tuple(photos.names[place] for place in places)
    return Photographs(photos.pixels[places], photos.labels[places], names)
