"""Training and prediction: one loop for every network."""

import math
from collections.abc import Iterator

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from torch.optim.lr_scheduler import OneCycleLR

from hw4.foundation.compute import generator
from hw4.foundation.progress import Bar
from hw4.foundation.scores import log_loss
from hw4.windows import model
from hw4.windows.augment import plain, varied
from hw4.windows.data import CLASSES
from hw4.windows.images import Photographs
from hw4.windows.trained import Epoch, TrainConfig
from hw4.windows.weights import Weights

WARM_UP = 0.1
CLIP = 5.0
PREDICTED_AT_ONCE = 64


def build(kind: str, config: TrainConfig, weights: Weights | None = None) -> nn.Module:
    """A network as it begins: random, or with the pre-trained `weights` of its backbone."""
    if kind == "three_convolutions":
        return model.ThreeConvolutions(len(CLASSES), config.input_size)
    if kind == "small_residual":
        return model.SmallResidual(len(CLASSES), config.width)
    network = model.Backbone(kind, len(CLASSES), weights.file if weights else None)
    network.freeze(config.frozen_share)
    return network


def fit(
    network: nn.Module,
    train: Photographs,
    val: Photographs,
    config: TrainConfig,
    seed: int,
    device: str,
    bar: Bar | None = None,
) -> tuple[Epoch, ...]:
    """Train `network` in place, and look at the validation photographs after each epoch.

    AdamW, one cycle of the learning rate. The last weights are kept, not the best of all epochs: a
    validation accuracy that is the luckiest of many says little.
    """
    random, order = generator(seed), np.random.default_rng(seed)
    weights = torch.from_numpy(class_weights(train.targets, config.balance)).float().to(device)
    network.to(device, memory_format=torch.channels_last)
    groups = parameter_groups(network, config)
    optimizer = torch.optim.AdamW(groups)
    batch = min(config.batch_size, len(train.targets))
    steps, epochs = len(train.targets) // batch, config.epochs_for(len(train.targets))
    total = epochs * steps + 1  # the schedule steps once more, after the last batch
    schedule = OneCycleLR(
        optimizer,
        max_lr=[group["lr"] for group in groups],
        total_steps=total,
        pct_start=max(WARM_UP, 2 / total),  # the schedule divides by the length of the warm-up
        cycle_momentum=False,
    )
    done = []
    for size in config.sizes(epochs):
        network.train()
        losses = []
        for idx in order.permutation(len(train.targets))[: steps * batch].reshape(steps, batch):
            pixels = torch.from_numpy(train.images(idx)).to(device)  # (batch, side, side, 3)
            if config.augment:
                inputs = varied(pixels, size, config.augment, random)
            else:
                inputs = plain(pixels, size)
            targets = torch.from_numpy(train.targets[idx]).to(device)
            with half_precision(device):
                loss = functional.cross_entropy(
                    network(inputs), targets, weights, label_smoothing=config.label_smoothing
                )
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), CLIP)
            optimizer.step()
            schedule.step()
            losses.append(loss.detach())
            if bar:
                bar.update()
        train_loss = float(torch.stack(losses).mean())
        probabilities = predict(network, val, config.input_size, device, views=1)[0]
        done.append(Epoch(train_loss, *judged(probabilities, val.targets)))
        if bar and len(val.targets):
            bar.note(f"validation {done[-1].val_accuracy:.0%}")
    network.eval()
    return tuple(done)


@torch.no_grad()
def predict(
    network: nn.Module, photographs: Photographs, size: int, device: str, views: int = 2
) -> np.ndarray:
    """Probabilities `(views, n, classes)`: of the images, and of their mirror images."""
    network.eval()
    found = [np.empty((views, 0, len(CLASSES)), np.float32)]
    for images in batches(photographs, size, device):
        with half_precision(device):
            logits = [network(view) for view in (images, images.flip(3))[:views]]
        found.append(torch.stack(logits).float().softmax(2).cpu().numpy())
    return np.concatenate(found, axis=1)


def batches(photographs: Photographs, size: int, device: str) -> Iterator[torch.Tensor]:
    """All photographs in order and not varied, `(batch, 3, size, size)`."""
    for begin in range(0, len(photographs), PREDICTED_AT_ONCE):
        idx = np.arange(begin, min(begin + PREDICTED_AT_ONCE, len(photographs)))
        yield plain(torch.from_numpy(photographs.images(idx)).to(device), size)


def judged(probabilities: np.ndarray, targets: np.ndarray) -> tuple[float, float]:
    """Log loss and accuracy of `probabilities` (n, classes); NaN of no examples."""
    if not len(targets):
        return math.nan, math.nan
    return log_loss(probabilities, targets), float((probabilities.argmax(1) == targets).mean())


def class_weights(targets: np.ndarray, balance: bool) -> np.ndarray:
    """How much each class counts in the loss `(classes,)`, one on the average over the examples.

    Balanced, by the square root of its rarity: halfway between the classes' own shares, which
    neglect the rare, and equal shares, which make much of few photographs.
    """
    counts = np.bincount(targets, minlength=len(CLASSES))
    weights = 1 / np.sqrt(np.maximum(counts, 1)) if balance else np.ones(len(CLASSES))
    return weights * len(targets) / (weights @ counts)


def parameter_groups(network: nn.Module, config: TrainConfig) -> list[dict]:
    """Parameters by learning rate; biases and normalizations are not decayed."""
    groups: dict[tuple[bool, bool], list] = {}
    for name, weight in network.named_parameters():
        if weight.requires_grad:
            groups.setdefault((name.startswith("features"), weight.ndim > 1), []).append(weight)
    return [
        {
            "params": weights,
            "lr": config.learning_rate * (config.backbone_rate if in_features else 1.0),
            "weight_decay": config.weight_decay if decayed else 0.0,
        }
        for (in_features, decayed), weights in groups.items()
    ]


def half_precision(device: str):
    """bfloat16 on CUDA, where it is faster; its range needs no scaling of the loss."""
    return torch.autocast(device, torch.bfloat16, enabled=device == "cuda")
