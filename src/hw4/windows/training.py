"""Training and prediction: one loop for every network, on photographs or on stored features."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.model_selection import StratifiedGroupKFold
from torch import nn
from torch.nn import functional
from torch.optim.lr_scheduler import OneCycleLR

from hw4.foundation.compute import generator, seed_everything
from hw4.foundation.progress import Bar
from hw4.windows.augment import plain, varied
from hw4.windows.data import CLASSES
from hw4.windows.images import Photographs
from hw4.windows.model import Backbone
from hw4.windows.trained import Epoch, TrainConfig

WARM_UP = 0.1
CLIP = 5.0
PREDICTED_AT_ONCE = 64


@dataclass(frozen=True)
class Images:
    """Photographs as a network is given them."""

    photographs: Photographs
    size: int

    @property
    def targets(self) -> np.ndarray:
        return self.photographs.targets

    def varied(self, idx, strength: float, random: torch.Generator, device: str) -> torch.Tensor:
        return varied(self._bytes(idx, device), self.size, strength, random)

    def views(self, idx, device: str) -> tuple[torch.Tensor, torch.Tensor]:
        images = plain(self._bytes(idx, device), self.size)
        return images, images.flip(3)  # (batch, 3, size, size) each

    def _bytes(self, idx, device: str) -> torch.Tensor:
        return torch.from_numpy(self.photographs.images(idx)).to(device)  # (batch, side, side, 3)


@dataclass(frozen=True)
class Features:
    """A frozen backbone's vectors `(2, n, channels)`: of images and of their mirror images."""

    vectors: torch.Tensor
    targets: np.ndarray

    def varied(self, idx, strength: float, random: torch.Generator, device: str) -> torch.Tensor:
        side = torch.randint(2, (len(idx),), generator=random)
        return self.vectors[side, torch.from_numpy(idx)].to(device)  # (batch, channels)

    def views(self, idx, device: str) -> tuple[torch.Tensor, torch.Tensor]:
        return self.vectors[0, idx].to(device), self.vectors[1, idx].to(device)

    def subset(self, idx) -> "Features":
        return Features(self.vectors[:, idx], self.targets[idx])


Examples = Images | Features
"""What is trained on and predicted: `varied` inputs for training, `views` (of the images and of
their mirror images) for prediction, and `targets` (n,)."""


def fit(
    network: nn.Module,
    train: Examples,
    val: Examples,
    config: TrainConfig,
    seed: int,
    device: str,
    bar: Bar | None = None,
) -> tuple[Epoch, ...]:
    """Train `network` in place, and look at the validation examples after each epoch.

    AdamW, one cycle of the learning rate. The last weights are kept, not the best of all epochs: a
    validation accuracy that is the luckiest of many says little.
    """
    random, order = generator(seed), np.random.default_rng(seed)
    network.to(device, memory_format=torch.channels_last)
    groups = parameter_groups(network, config)
    optimizer = torch.optim.AdamW(groups)
    batch = min(config.batch_size, len(train.targets))
    steps, epochs = len(train.targets) // batch, config.epochs_for(len(train.targets))
    total = epochs * steps + 1
    schedule = OneCycleLR(
        optimizer,
        max_lr=[group["lr"] for group in groups],
        total_steps=total,
        pct_start=max(WARM_UP, 2 / total),  # it divides by the length of the warm-up
        cycle_momentum=False,
    )
    done = []
    for _ in range(epochs):
        network.train()
        losses = []
        for idx in batches(train.targets, steps, batch, config.balance, order):
            if config.augment:
                inputs = train.varied(idx, config.augment, random, device)
            else:
                inputs, _ = train.views(idx, device)
            targets = torch.from_numpy(train.targets[idx]).to(device)
            with half_precision(device):
                loss = functional.cross_entropy(
                    network(inputs), targets, label_smoothing=config.label_smoothing
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
        done.append(Epoch(train_loss, *judged(predict(network, val, device, views=1)[0], val)))
        if bar and len(val.targets):
            bar.note(f"validation {done[-1].val_accuracy:.0%}")
    network.eval()
    return tuple(done)


@torch.no_grad()
def predict(network: nn.Module, examples: Examples, device: str, views: int = 2) -> np.ndarray:
    """Probabilities `(views, n, classes)`: of the images, and of their mirror images."""
    network.eval()
    found = [np.empty((views, 0, len(CLASSES)), np.float32)]
    for idx in at_once(len(examples.targets)):
        with half_precision(device):
            logits = [network(view) for view in examples.views(idx, device)[:views]]
        found.append(torch.stack(logits).float().softmax(2).cpu().numpy())
    return np.concatenate(found, axis=1)


def at_once(count: int) -> list[np.ndarray]:
    """Indices of `count` examples, as many at a time as are predicted together."""
    places = range(0, count, PREDICTED_AT_ONCE)
    return [np.arange(begin, min(begin + PREDICTED_AT_ONCE, count)) for begin in places]


def judged(probabilities: np.ndarray, examples: Examples) -> tuple[float, float]:
    """Log loss and accuracy of `probabilities` (n, classes); NaN of no examples."""
    targets = examples.targets
    if not len(targets):
        return math.nan, math.nan
    given = probabilities[np.arange(len(targets)), targets]
    loss = -np.log(np.maximum(given, 1e-12)).mean()
    return float(loss), float((probabilities.argmax(1) == targets).mean())


def batches(
    targets: np.ndarray, steps: int, batch: int, balance: bool, order: np.random.Generator
) -> Iterator[np.ndarray]:
    """Indices of an epoch, `(batch,)` at a time."""
    if balance:
        drawn = order.choice(len(targets), steps * batch, p=sampling_probabilities(targets))
    else:
        drawn = order.permutation(len(targets))[: steps * batch]
    yield from drawn.reshape(steps, batch)


def sampling_probabilities(targets: np.ndarray) -> np.ndarray:
    """How often to draw each example: by the square root of its class's rarity.

    Halfway between the classes' own shares, which neglect the rare, and equal shares, which show
    the same few photographs of the rare again and again.
    """
    chances = 1 / np.sqrt(np.bincount(targets))[targets]
    return chances / chances.sum()


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


@torch.no_grad()
def extract(
    network: Backbone, photographs: Photographs, size: int, device: str, bar: Bar | None = None
) -> np.ndarray:
    """The frozen backbone's vectors of all photographs and of their mirror images.

    They never change while the backbone is frozen, so each is computed once, not once an epoch.

    Returns:
        `(2, n, channels)` float16; the mirror images come second.
    """
    network.to(device, memory_format=torch.channels_last).eval()
    images, blocks = Images(photographs, size), []
    for idx in at_once(len(photographs)):
        views = [network.vectors(view) for view in images.views(idx, device)]
        blocks.append(torch.stack(views).half().cpu().numpy())
        if bar:
            bar.update(len(idx))
    return np.concatenate(blocks, axis=1)


def train_head(
    train: Features, val: Features, config: TrainConfig, seed: int
) -> tuple[nn.Linear, tuple[Epoch, ...]]:
    """A linear head on stored features; takes no more than seconds.

    It is learned on features of zero mean and unit deviation, where one weight decay suits all
    backbones, and given back for the features as they are.
    """
    seed_everything(seed)
    mean = train.vectors.mean((0, 1))  # (channels,)
    std = train.vectors.std((0, 1)).clamp(min=1e-3)
    scaled = [Features((part.vectors - mean) / std, part.targets) for part in (train, val)]
    head = nn.Linear(len(mean), len(CLASSES))
    nn.init.zeros_(head.weight)
    nn.init.zeros_(head.bias)
    epochs = fit(head, *scaled, config, seed, "cpu")
    with torch.no_grad():
        head.weight /= std
        head.bias -= head.weight @ mean
    return head, epochs


def cross_validate(
    examples: Features, groups: np.ndarray, config: TrainConfig, folds: int, seed: int
) -> np.ndarray:
    """Accuracy of a linear head on each fold in turn `(folds,)`, copies on one side."""
    smallest = int(np.bincount(examples.targets).min())
    splitter = StratifiedGroupKFold(max(2, min(folds, smallest)), shuffle=True, random_state=seed)
    accuracies = []
    for learned, left_out in splitter.split(examples.targets, examples.targets, groups):
        _, epochs = train_head(examples.subset(learned), examples.subset(left_out), config, seed)
        accuracies.append(epochs[-1].val_accuracy)
    return np.array(accuracies)
