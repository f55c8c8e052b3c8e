"""Which pre-trained backbone: a linear head on the frozen features of each, cross-validated."""

import time
from dataclasses import replace

import numpy as np
import torch
from sklearn.model_selection import StratifiedGroupKFold
from torch import nn

from hw4.foundation.compute import seed_everything
from hw4.foundation.experiment import Outcome, Work
from hw4.windows import training
from hw4.windows.candidate import PretrainedBackbone, TrainConfig
from hw4.windows.data import CLASSES, Photographs
from hw4.windows.model import Backbone, parameter_count
from hw4.windows.result import Settings
from hw4.windows.split import Learning
from hw4.windows.training import Features, Images, Trained
from hw4.windows.weights import Weights


def compare(
    found: tuple[Weights, ...], learning: Learning, settings: Settings, work: Work
) -> list[tuple[Weights, Outcome[PretrainedBackbone]]]:
    """Each backbone with its features and its cross-validated accuracy, the best first."""
    compared = [(weights, probe(weights, learning, settings, work)) for weights in found]
    return sorted(compared, key=lambda pair: -pair[1].result.cross_validation_accuracy)


def probe(
    weights: Weights, learning: Learning, settings: Settings, work: Work
) -> Outcome[PretrainedBackbone]:
    """One backbone; the features of both parts are kept with its record."""

    def compute() -> Outcome[PretrainedBackbone]:
        began = time.monotonic()
        size = settings.feature_size
        network = Backbone(weights.name, len(CLASSES), weights.file)
        parts = {"fit": learning.fit, "validation": learning.validation}
        total = sum(map(len, parts.values()))
        with work.bar(total, f"features of {weights.title}") as bar:
            vectors = {
                name: extract(network, part, size, work.device, bar) for name, part in parts.items()
            }
        fit = features(vectors["fit"], learning.fit)
        decays = settings.weight_decays
        scores = {
            decay: cross_validate(
                fit,
                learning.groups,
                replace(settings.head, weight_decay=decay),
                settings.folds,
                settings.seed,
            )
            for decay in decays
        }  # decay: accuracies (folds,)
        best = max(decays, key=lambda decay: scores[decay].mean())
        record = PretrainedBackbone(
            name=weights.name,
            title=weights.title,
            source=weights.source,
            checksum=weights.checksum,
            input_size=size,
            parameters=parameter_count(network.features),
            features=network.head.in_features,
            weight_decay=best,
            cross_validation_accuracy=float(scores[best].mean()),
            cross_validation_std=float(scores[best].std(ddof=1) / len(scores[best]) ** 0.5),
            seconds=time.monotonic() - began,
        )
        return Outcome(record, vectors)

    name = f"features-{weights.name}"
    return work.part(name, (given(settings), weights.checksum), PretrainedBackbone, compute)


def given(settings: Settings) -> tuple:
    """What frozen features and their cross-validation depend on."""
    data = (settings.seed, settings.image_size, settings.stand_in_images)
    shares = (settings.validation_share, settings.held_out_share)
    return (
        data,
        shares,
        settings.feature_size,
        settings.folds,
        settings.weight_decays,
        settings.head,
    )


@torch.no_grad()
def extract(
    network: Backbone, photographs: Photographs, size: int, device: str, bar=None
) -> np.ndarray:
    """The frozen backbone's vectors of all photographs and of their mirror images.

    They never change while the backbone is frozen, so each is computed once, not once an epoch.

    Returns:
        `(2, n, channels)` float16; the mirror images come second.
    """
    network.to(device, memory_format=torch.channels_last).eval()
    images, blocks = Images(photographs, size), []
    for begin in range(0, len(photographs), training.PREDICTED_AT_ONCE):
        idx = np.arange(begin, min(begin + training.PREDICTED_AT_ONCE, len(photographs)))
        views = [network.vectors(view) for view in images.views(idx, device)]
        blocks.append(torch.stack(views).half().cpu().numpy())
        if bar:
            bar.update(len(idx))
    return np.concatenate(blocks, axis=1)


def features(vectors: np.ndarray, photographs: Photographs) -> Features:
    return Features(torch.from_numpy(vectors).float(), photographs.targets)


def cross_validate(
    fit: Features, groups: np.ndarray, config: TrainConfig, folds: int, seed: int
) -> np.ndarray:
    """Accuracy of a linear head on each fold in turn `(folds,)`, copies on one side."""
    smallest = np.bincount(fit.targets).min()
    splitter = StratifiedGroupKFold(
        max(2, min(folds, int(smallest))), shuffle=True, random_state=seed
    )
    accuracies = []
    for learned, judged in splitter.split(fit.targets, fit.targets, groups):
        train, val = fit.subset(learned), fit.subset(judged)
        head, _ = train_head(train, val, config, seed)
        probabilities = training.predict(head, val, "cpu", mirror=False)[0]
        accuracies.append((probabilities.argmax(1) == val.targets).mean())
    return np.array(accuracies)


def train_head(
    train: Features, val: Features, config: TrainConfig, seed: int
) -> tuple[nn.Linear, Trained]:
    """A linear head on stored features; takes no more than seconds.

    It is learned on features of zero mean and unit deviation, where one weight decay suits all
    backbones, and given back for the features as they are.
    """
    seed_everything(seed)
    mean = train.vectors.mean((0, 1))  # (channels,)
    std = train.vectors.std((0, 1)).clamp(min=1e-3)
    scaled = [replace(part, vectors=(part.vectors - mean) / std) for part in (train, val)]
    head = nn.Linear(len(mean), len(CLASSES))
    nn.init.zeros_(head.weight)
    nn.init.zeros_(head.bias)
    trained = training.fit(head, *scaled, config, seed, "cpu")
    with torch.no_grad():
        head.weight /= std
        head.bias -= head.weight @ mean
    return head, trained
