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
from hw4.sequences.result import Curve, Schedule


@dataclass(frozen=True)
class Batch:
    """Sequences as a network takes them.

    Attributes:
        inputs: `(batch, time, features)`.
        lengths: `(batch,)`.
        targets: `(batch,)`.
    """

    inputs: Tensor
    lengths: Tensor
    targets: Tensor

    def __len__(self) -> int:
        return len(self.targets)

    def take(self, places: Tensor) -> "Batch":
        """The sequences at `places`."""
        return Batch(self.inputs[places], self.lengths[places], self.targets[places])


@dataclass(frozen=True)
class Scale:
    """Targets to mean 0 and variance 1, by what the training sequences say, and back."""

    mean: float
    deviation: float

    @classmethod
    def of(cls, training: Sequences) -> "Scale":
        """The scale of these targets."""
        return cls(float(training.targets.mean()), float(training.targets.std()))

    def batch(self, sequences: Sequences, steps: int, padding: str, device: str) -> Batch:
        """`sequences`, padded to `steps`, with scaled targets."""
        scaled = (sequences.targets - self.mean) / self.deviation
        return Batch(
            torch.as_tensor(sequences.padded(steps, padding), device=device),
            torch.as_tensor(sequences.lengths, device=device),
            torch.as_tensor(scaled, dtype=torch.float32, device=device),
        )


@dataclass(frozen=True)
class Trained:
    """What training brought, for each network; errors are in the units of the targets.

    Attributes:
        curves: errors after every epoch until the network was stopped.
        seconds: of the whole training, all networks together.
    """

    curves: tuple[Curve, ...]
    seconds: float


def train(
    network: Network,
    training: Batch,
    validation: Batch,
    scale: Scale,
    schedule: Schedule,
    decays: tuple[float, ...],
    on_epoch: Callable[[float], None] = lambda error: None,
) -> Trained:
    """Minimize the mean squared error; leaves each network with its best weights.

    Adam with a step size that falls along a cosine, and decoupled weight decay. The networks
    see the same batches and touch nothing of each other's: the loss is the sum of their
    losses, every operation of the optimizer is on single numbers, and what a stopped network
    goes on to learn is thrown away.

    Args:
        decays: weight decay of each network; a step takes that share of the step size off
            every weight.
        on_epoch: called after each epoch with the lowest validation error so far.
    """
    parameters = list(network.parameters())
    optimizer = torch.optim.Adam(parameters, schedule.learning_rate, betas=(0.9, 0.99))
    order = torch.Generator().manual_seed(schedule.order_seed)
    batches = math.ceil(len(training) / schedule.batch_size)
    device = training.targets.device
    decay = torch.tensor(decays, device=device)
    errors = [_Errors(scale) for _ in decays]
    best = [parameter.detach().clone() for parameter in parameters]
    began = time.perf_counter()
    for epoch in range(schedule.epochs):
        shuffled = torch.randperm(len(training), generator=order).to(device)
        for number, places in enumerate(shuffled.split(schedule.batch_size)):
            progress = (epoch + number / batches) / schedule.epochs
            step_size = schedule.learning_rate * (1 + math.cos(math.pi * progress)) / 2
            optimizer.param_groups[0]["lr"] = step_size
            optimizer.zero_grad()
            mean_squared_error(network, training.take(places)).sum().backward()
            optimizer.step()
            with torch.no_grad():
                for parameter in parameters:
                    one_each = decay.view(-1, *[1] * (parameter.dim() - 1))
                    parameter.mul_(1 - step_size * one_each)
        measured = zip(evaluate(network, training), evaluate(network, validation), strict=True)
        for which, (error, now) in enumerate(zip(errors, measured, strict=True)):
            if error.running(schedule.patience) and error.add(*now):
                for kept, parameter in zip(best, parameters, strict=True):
                    kept[which] = parameter[which].detach()
        on_epoch(min(error.curve.best_validation for error in errors))
        if not any(error.running(schedule.patience) for error in errors):
            break
    with torch.no_grad():
        for kept, parameter in zip(best, parameters, strict=True):
            parameter.copy_(kept)
    return Trained(tuple(error.curve for error in errors), time.perf_counter() - began)


def mean_squared_error(network: Network, batch: Batch) -> Tensor:
    """Mean squared error of each network on the batch, `(networks,)`, in scaled units.

    Padded steps have no part in it: a sequence has one prediction, read from the state after
    its last real step.
    """
    return (network(batch.inputs, batch.lengths) - batch.targets).square().mean(dim=1)


@torch.no_grad()
def evaluate(network: Network, batch: Batch) -> list[float]:
    """Mean squared error of each network, in scaled units."""
    return mean_squared_error(network, batch).tolist()


@torch.no_grad()
def predict(network: Network, batch: Batch, scale: Scale) -> np.ndarray:
    """Predictions in the units of the targets, `(networks, batch)`, float64."""
    scaled = network(batch.inputs, batch.lengths).cpu().numpy().astype(np.float64)
    return scaled * scale.deviation + scale.mean


class _Errors:
    """The errors of one network as training goes on, and whether it still goes on."""

    def __init__(self, scale: Scale) -> None:
        self._unit = scale.deviation**2
        self.training: list[float] = []
        self.validation: list[float] = []
        self.best_epoch = 0

    @property
    def curve(self) -> Curve:
        return Curve(tuple(self.training), tuple(self.validation))

    def running(self, patience: int) -> bool:
        return len(self.validation) - self.best_epoch < patience

    def add(self, training: float, validation: float) -> bool:
        """Write the errors down; whether this validation error is the lowest so far."""
        lowest = min(self.validation, default=math.inf)
        self.training.append(training * self._unit)
        self.validation.append(validation * self._unit)
        if self.validation[-1] < lowest:
            self.best_epoch = len(self.validation)
            return True
        return False
