"""Train several networks side by side: one loop, one loss each, early stopping for each."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from hw4.sequences.data import Sequences
from hw4.sequences.model import Network
from hw4.sequences.trained import Curve, TrainConfig

CHUNK = 4096
"""Sequences that are evaluated at once, to bound the memory."""


@dataclass(frozen=True)
class Batch:
    """Sequences as a network takes them; `unit` turns a squared error into the targets' own."""

    inputs: Tensor  # (batch, time, features)
    lengths: Tensor  # (batch,)
    targets: Tensor  # (batch,), scaled so that those of training have mean 0 and variance 1
    unit: float = 1.0

    def take(self, idx: Tensor) -> "Batch":
        return Batch(self.inputs[idx], self.lengths[idx], self.targets[idx], self.unit)


@dataclass(frozen=True)
class View:
    """How one kind of network sees sequences.

    Attributes:
        steps: to which they are cut or filled up; None for a network that takes any length.
        padding: where zeros stand, at the `end` or in `front`; what is cut off stands there too.
        mean, std: of the training targets, which scale all targets.
    """

    steps: int | None
    padding: str
    mean: float
    std: float

    def batch(self, sequences: Sequences, device: str = "cpu") -> Batch:
        if self.steps is not None:
            cut = sequences.last if self.padding == "front" else sequences.first
            sequences = cut(self.steps)
        scaled = (sequences.targets - self.mean) / self.std
        inputs = sequences.padded(self.steps or sequences.longest, self.padding)
        return Batch(
            torch.as_tensor(inputs, device=device),
            torch.as_tensor(sequences.lengths, device=device),
            torch.as_tensor(scaled, dtype=torch.float32, device=device),
            self.std**2,
        )

    def predict(self, network: Network, sequences: Sequences, device: str) -> np.ndarray:
        """Predictions in the unit of the targets, `(networks, sequences)`, float64."""
        scaled = predict(network, self.batch(sequences, device)).cpu().numpy()
        return scaled.astype(np.float64) * self.std + self.mean


@dataclass(frozen=True)
class Run:
    """One training of networks side by side: the errors of each until it was stopped."""

    curves: tuple[Curve, ...]
    seconds: float


class EarlyStopping:
    """The errors of one network after each epoch, and whether it is still trained."""

    def __init__(self, patience: int) -> None:
        self.patience = patience
        self.training: list[float] = []
        self.validation: list[float] = []
        self.best_epoch = 0

    @property
    def running(self) -> bool:
        return len(self.validation) - self.best_epoch < self.patience

    def add(self, training: float, validation: float) -> bool:
        """Write the errors down; whether this validation error is the lowest so far."""
        is_best = validation < min(self.validation, default=math.inf)
        self.training.append(training)
        self.validation.append(validation)
        if is_best:
            self.best_epoch = len(self.validation)
        return is_best


def train(
    network: Network,
    training: Batch,
    validation: Batch,
    config: TrainConfig,
    decays: tuple[float, ...],
    on_epoch: Callable[[float], None] = lambda error: None,
) -> Run:
    """Minimize the mean squared error; leaves each network with its best weights.

    Adam with a step size that falls along a cosine, and decoupled weight decay. The networks see
    the same batches and touch nothing of each other's: the loss is the sum of their losses, the
    optimizer works elementwise, and what a stopped network goes on to learn is thrown away.

    Args:
        decays: of each network; a step multiplies every weight, biases too, by 1 - step size ·
            decay.
        on_epoch: called after each epoch with the lowest validation error so far.
    """
    weights = list(network.parameters())  # each (networks, ...)
    optimizer = torch.optim.Adam(weights, config.learning_rate, betas=(0.9, 0.99))
    order = torch.Generator().manual_seed(config.order_seed)
    device = training.targets.device
    decay = torch.tensor(decays, device=device)  # (networks,)
    stops = [EarlyStopping(config.patience) for _ in decays]
    best = [weight.detach().clone() for weight in weights]
    began = time.perf_counter()
    for epoch in range(config.epochs):
        shuffled = torch.randperm(len(training.targets), generator=order).to(device)
        batches = shuffled.split(config.batch_size)
        for number, idx in enumerate(batches):
            progress = (epoch + number / len(batches)) / config.epochs
            step_size = config.learning_rate * (1 + math.cos(math.pi * progress)) / 2
            optimizer.param_groups[0]["lr"] = step_size
            optimizer.zero_grad()
            mean_squared_error(network, training.take(idx)).sum().backward()
            optimizer.step()
            # AdamW has one decay for a tensor, here each slice, a network's, has its own.
            # Biases are decayed as AdamW does unless told otherwise.
            with torch.no_grad():
                for weight in weights:
                    weight.mul_(1 - step_size * decay.view(-1, *[1] * (weight.dim() - 1)))

        errors = zip(evaluate(network, training), evaluate(network, validation), strict=True)
        for i, (stop, error) in enumerate(zip(stops, errors, strict=True)):
            if stop.running and stop.add(*error):
                for kept, weight in zip(best, weights, strict=True):
                    kept[i] = weight[i].detach()
        on_epoch(min(min(stop.validation) for stop in stops))
        if not any(stop.running for stop in stops):
            break
    with torch.no_grad():
        for kept, weight in zip(best, weights, strict=True):
            weight.copy_(kept)
    curves = tuple(Curve(tuple(stop.training), tuple(stop.validation)) for stop in stops)
    return Run(curves, time.perf_counter() - began)


def mean_squared_error(network: Network, batch: Batch) -> Tensor:
    """The loss of each network, `(networks,)`.

    A sequence has one prediction, whatever its length. Padding has no part in it for networks that
    read the state after the last real step; the truncated one reads zeros as it reads inputs, but
    no sequence to learn from has fewer steps than it.
    """
    predictions = network(batch.inputs, batch.lengths)  # (networks, batch)
    return (predictions - batch.targets).square().mean(dim=1)


def evaluate(network: Network, batch: Batch) -> list[float]:
    """Mean squared error of each network on all of `batch`; asked for after every epoch."""
    errors = (predict(network, batch) - batch.targets).square().mean(dim=1)  # (networks,)
    return [batch.unit * error for error in errors.tolist()]


@torch.no_grad()
def predict(network: Network, batch: Batch) -> Tensor:
    """Scaled predictions `(networks, batch)`, in chunks that bound the memory."""
    chunks = zip(batch.inputs.split(CHUNK), batch.lengths.split(CHUNK), strict=True)
    return torch.cat([network(*chunk) for chunk in chunks], dim=1)
