"""What a frozen backbone knows: its features, computed once, and linear heads on them."""

import time
from dataclasses import replace

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn

from hw4.foundation.experiment import Outcome, Work
from hw4.foundation.progress import Bar
from hw4.windows.data import CLASSES, Learning
from hw4.windows.images import Photographs
from hw4.windows.model import Backbone, parameter_count
from hw4.windows.result import Settings
from hw4.windows.trained import PretrainedBackbone, TrainConfig
from hw4.windows.training import batches, class_weights
from hw4.windows.weights import Weights


def probe(
    weights: Weights, learning: Learning, settings: Settings, work: Work
) -> Outcome[PretrainedBackbone]:
    """How a linear head on the frozen features of a backbone fares, with the features themselves.

    The weight decay of the head is the best of those searched by cross-validation.
    """
    folds, size = settings.folds, settings.feature_size

    def compute() -> Outcome[PretrainedBackbone]:
        began = time.monotonic()
        network = Backbone(weights.name, len(CLASSES), weights.file)
        photographs = learning.fit + learning.validation
        with work.bar(len(photographs), f"features of {weights.title}") as bar:
            vectors = extract(network, photographs, size, work.device, bar)
        fit, accuracies = vectors[: len(learning.fit)], {}
        for decay in settings.weight_decays:
            config = head_config(settings, decay)
            accuracies[decay] = cross_validate(
                fit, learning.fit.targets, learning.groups, config, folds, settings.seed
            )  # (folds,)
        best = max(accuracies, key=lambda decay: accuracies[decay].mean())
        record = PretrainedBackbone(
            name=weights.name,
            title=weights.title,
            source=weights.source,
            checksum=weights.checksum,
            input_size=size,
            parameters=parameter_count(network.features),
            features=network.head.in_features,
            weight_decay=best,
            cross_validation_accuracy=float(accuracies[best].mean()),
            cross_validation_std=float(accuracies[best].std(ddof=1) / len(accuracies[best]) ** 0.5),
            seconds=time.monotonic() - began,
        )
        return Outcome(record, {"vectors": vectors})

    searched = (size, folds, settings.weight_decays, weights.checksum)
    return work.part(
        f"features-{weights.name}", (settings.split, searched), PretrainedBackbone, compute
    )


def head_config(settings: Settings, weight_decay: float) -> TrainConfig:
    """A head on frozen features; it is tested at the size of what its features were made of."""
    return replace(
        settings.fine_tuned,
        input_size=settings.feature_size,
        first_size_share=1.0,
        weight_decay=weight_decay,
        backbone_rate=0.0,
        label_smoothing=0.0,
        balance=True,
    )


@torch.no_grad()
def extract(
    network: Backbone, photographs: Photographs, size: int, device: str, bar: Bar | None = None
) -> np.ndarray:
    """The frozen backbone's vectors of all photographs `(n, channels)` float16.

    They never change while the backbone is frozen, so each is computed once, not once an epoch.
    """
    network.to(device, memory_format=torch.channels_last).eval()
    blocks = []
    for images in batches(photographs, size, device):
        blocks.append(network.vectors(images).half().cpu().numpy())
        if bar:
            bar.update(len(images))
    return np.concatenate(blocks)


def head_on(vectors: np.ndarray, targets: np.ndarray, config: TrainConfig) -> Pipeline:
    """A linear head on stored features (n, channels): scikit-learn's logistic regression.

    Features get zero mean and unit deviation, so that one grid of decays serves all backbones.
    """
    weights = class_weights(targets, config.balance)
    regression = LogisticRegression(
        C=1 / (config.weight_decay * len(targets)),
        class_weight=dict(enumerate(weights)),
        max_iter=1000,
    )
    return make_pipeline(StandardScaler(), regression).fit(vectors.astype(np.float32), targets)


@torch.no_grad()
def set_head(head: nn.Linear, fitted: Pipeline) -> None:
    """Give `head`, which sees features as they are, the answers of a `fitted` one."""
    scaler, regression = fitted.named_steps.values()
    weight = regression.coef_ / scaler.scale_  # (classes, channels)
    head.weight.copy_(torch.from_numpy(weight))
    head.bias.copy_(torch.from_numpy(regression.intercept_ - weight @ scaler.mean_))


def cross_validate(
    vectors: np.ndarray,
    targets: np.ndarray,
    groups: np.ndarray,
    config: TrainConfig,
    folds: int,
    seed: int,
) -> np.ndarray:
    """Accuracy of a linear head on each fold in turn `(folds,)`, fewer if a class is that small.

    Photographs of one of the `groups` (n,) are all learned from, or all left out.
    """
    smallest = int(np.bincount(targets).min())
    splitter = StratifiedGroupKFold(max(2, min(folds, smallest)), shuffle=True, random_state=seed)
    accuracies = []
    for learned, left_out in splitter.split(targets, targets, groups):
        head = head_on(vectors[learned], targets[learned], config)
        accuracies.append(head.score(vectors[left_out].astype(np.float32), targets[left_out]))
    return np.array(accuracies)
