"""Training and prediction: one loop for every network, on photographs or on stored features."""

import time
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from torch.optim.lr_scheduler import OneCycleLR
from torch.optim.swa_utils import AveragedModel

from hw4.foundation.compute import generator
from hw4.foundation.progress import Bar
from hw4.windows.augment import mirrored, plain, varied
from hw4.windows.candidate import Epoch, TrainConfig
from hw4.windows.data import CLASSES, Photographs

WARM_UP = 0.1
CLIP = 5.0
PREDICTED_AT_ONCE = 64


class Examples(Protocol):
    """What is trained on and predicted: inputs for a network, and their targets `(n,)`."""

    targets: np.ndarray

    def varied(self, idx: np.ndarray, random: torch.Generator, device: str) -> torch.Tensor:
        """Inputs for training, `(batch, …)`."""

    def views(self, idx: np.ndarray, device: str) -> tuple[torch.Tensor, torch.Tensor]:
        """Inputs for prediction, `(batch, …)` each: of the images and of their mirror images."""


@dataclass(frozen=True)
class Images:
    """Photographs as a network is given them."""

    photographs: Photographs
    size: int
    erasing: float = 0.0

    @property
    def targets(self) -> np.ndarray:
        return self.photographs.targets

    def varied(self, idx: np.ndarray, random: torch.Generator, device: str) -> torch.Tensor:
        return varied(self._bytes(idx, device), self.size, random, self.erasing)

    def views(self, idx: np.ndarray, device: str) -> tuple[torch.Tensor, torch.Tensor]:
        images = plain(self._bytes(idx, device), self.size)
        return images, mirrored(images)  # (batch, 3, size, size) each

    def _bytes(self, idx: np.ndarray, device: str) -> torch.Tensor:
        return torch.from_numpy(self.photographs.images(idx)).to(device)  # (batch, side, side, 3)


@dataclass(frozen=True)
class Features:
    """A frozen backbone's vectors `(2, n, channels)`: of images and of their mirror images."""

    vectors: torch.Tensor
    targets: np.ndarray

    def varied(self, idx: np.ndarray, random: torch.Generator, device: str) -> torch.Tensor:
        side = torch.randint(2, (len(idx),), generator=random)
        return self.vectors[side, torch.from_numpy(idx)].to(device)  # (batch, channels)

    def views(self, idx: np.ndarray, device: str) -> tuple[torch.Tensor, torch.Tensor]:
        return self.vectors[0, idx].to(device), self.vectors[1, idx].to(device)

    def subset(self, idx: np.ndarray) -> "Features":
        return Features(self.vectors[:, idx], self.targets[idx])


@dataclass(frozen=True)
class Trained:
    """How a training went; `images` were looked at in so many `seconds`."""

    epochs: tuple[Epoch, ...]
    seconds: float
    images: int


def fit(
    network: nn.Module,
    train: Examples,
    val: Examples,
    config: TrainConfig,
    seed: int,
    device: str,
    bar: Bar | None = None,
) -> Trained:
    """Train `network` in place, and look at the validation examples after each epoch.

    AdamW, one cycle of the learning rate. The last weights are kept (their running average, if the
    configuration asks for one), not the best of all epochs: a validation accuracy that is the
    luckiest of many says little.
    """
    random, order = generator(seed), np.random.default_rng(seed)
    network.to(device, memory_format=torch.channels_last)
    average = None
    if config.averaging:
        average = AveragedModel(network, avg_fn=_follow(config.averaging), use_buffers=True)
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
    scaler = torch.amp.GradScaler(enabled=device == "cuda")
    mix = mixing(config.mixing) if config.mixing else None
    done, seconds = [], 0.0
    for _ in range(epochs):
        began = time.monotonic()
        network.train()
        losses = []
        for idx in batches(train.targets, steps, batch, config.balance, order):
            vary = config.augment
            inputs = train.varied(idx, random, device) if vary else train.views(idx, device)[0]
            targets = torch.from_numpy(train.targets[idx]).to(device)
            if mix is not None:
                inputs, targets = mix(inputs, targets)  # targets: (batch, classes)
            with half_precision(device):
                loss = functional.cross_entropy(
                    network(inputs), targets, label_smoothing=config.label_smoothing
                )
            optimizer.zero_grad(set_to_none=True)
            scaler.scale(loss).backward()
            scaler.unscale_(optimizer)
            nn.utils.clip_grad_norm_(network.parameters(), CLIP)
            scaler.step(optimizer)
            scaler.update()
            schedule.step()
            if average is not None:
                average.update_parameters(network)
            losses.append(loss.detach())
            if bar:
                bar.update()
        seconds += time.monotonic() - began
        used = network if average is None else average.module
        done.append(_epoch(predict(used, val, device, mirror=False)[0], val.targets, losses))
        if bar:
            bar.note(f"validation {done[-1].val_accuracy:.0%}")
    if average is not None:
        network.load_state_dict(average.module.state_dict())
    network.eval()
    return Trained(tuple(done), seconds, epochs * steps * batch)


@torch.no_grad()
def predict(
    network: nn.Module, examples: Examples, device: str, mirror: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities `(n, classes)`: of the images, and averaged with their mirror images'.

    Without `mirror`, the first ones twice.
    """
    network.eval()
    straight, averaged = [], []
    for begin in range(0, len(examples.targets), PREDICTED_AT_ONCE):
        idx = np.arange(begin, min(begin + PREDICTED_AT_ONCE, len(examples.targets)))
        views = examples.views(idx, device)[: 2 if mirror else 1]
        with half_precision(device):
            logits = torch.stack([network(view) for view in views]).float()
        probabilities = logits.softmax(2).cpu()  # (views, batch, classes)
        straight.append(probabilities[0])
        averaged.append(probabilities.mean(0))
    if not straight:
        return (np.empty((0, len(CLASSES)), np.float32),) * 2
    return torch.cat(straight).numpy(), torch.cat(averaged).numpy()


def steps_of(config: TrainConfig, images: int) -> int:
    """Steps that `fit` will take."""
    return config.epochs_for(images) * (images // min(config.batch_size, images))


def mixing(strength: float):
    """Blend the images of a batch with one another, their labels in proportion.

    Half of the batches are blended as a whole (Zhang et al. 2018, "mixup"), the others have a
    piece of each image replaced by another's (Yun et al. 2019, "CutMix").
    """
    from torchvision.transforms import v2

    kinds = [kind(alpha=strength, num_classes=len(CLASSES)) for kind in (v2.MixUp, v2.CutMix)]
    return v2.RandomChoice(kinds)


def sampling_probabilities(targets: np.ndarray) -> np.ndarray:
    """How often to draw each example: by the square root of its class's rarity.

    Halfway between the classes' own shares, which neglect the rare, and equal shares, which show
    the same few photographs of the rare again and again.
    """
    chances = 1 / np.sqrt(np.bincount(targets))[targets]
    return chances / chances.sum()


def batches(
    targets: np.ndarray, steps: int, batch: int, balance: bool, order: np.random.Generator
) -> Iterator[np.ndarray]:
    """Indices of an epoch, `(batch,)` at a time."""
    if balance:
        drawn = order.choice(len(targets), steps * batch, p=sampling_probabilities(targets))
    else:
        drawn = order.permutation(len(targets))[: steps * batch]
    yield from drawn.reshape(steps, batch)


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
    """Half precision where there is hardware for it, which is CUDA alone."""
    return torch.autocast("cuda", torch.float16) if device == "cuda" else nullcontext()


def _follow(slowness: float):
    """A running average that follows more closely at first, when there is little to average."""

    def follow(average: torch.Tensor, weight: torch.Tensor, seen: torch.Tensor | int):
        kept = min(slowness, (1 + int(seen)) / (10 + int(seen)))
        return average + (weight - average) * (1 - kept)

    return follow


def _epoch(probabilities: np.ndarray, targets: np.ndarray, losses: list[torch.Tensor]) -> Epoch:
    given = probabilities[np.arange(len(targets)), targets]
    return Epoch(
        train_loss=float(torch.stack(losses).mean()),
        val_loss=float(-np.log(np.maximum(given, 1e-12)).mean()),
        val_accuracy=float((probabilities.argmax(1) == targets).mean()),
    )
