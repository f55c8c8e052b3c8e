"""Training and prediction: one loop for every network."""

import copy
import math
import time
from contextlib import nullcontext
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from hw4.foundation.progress import Bar
from hw4.foundation.seeds import generator
from hw4.windows.augment import mirrored, mixed, plain, varied
from hw4.windows.data import CLASSES
from hw4.windows.model import Backbone
from hw4.windows.photographs import Photographs
from hw4.windows.result import Epoch
from hw4.windows.settings import Recipe

WARM_UP = 0.1
CLIP = 5.0
PREDICTED_AT_ONCE = 64


@dataclass(frozen=True)
class Trained:
    """A trained network.

    Attributes:
        network: with the weights to be used (their average, if the recipe asks for one).
        seconds: of training alone.
        pictures: looked at in that time.
    """

    network: nn.Module
    epochs: tuple[Epoch, ...]
    seconds: float
    pictures: int


def train(
    network: nn.Module,
    photographs: Photographs,
    fit: np.ndarray,
    validation: np.ndarray,
    recipe: Recipe,
    seed: int,
    device: str,
    bar: Bar,
) -> Trained:
    """Train `network` on the photographs at `fit`, and look at those at `validation` each epoch.

    AdamW with warm-up and a cosine decline to zero; the last weights are kept, not the best of all
    epochs, so that the validation accuracy is not the luckiest of many.
    """
    random, order = generator(seed), np.random.default_rng(seed)
    network = network.to(device, memory_format=torch.channels_last)
    average = copy.deepcopy(network) if recipe.averaging else None
    optimizer = torch.optim.AdamW(_groups(network, recipe))
    epochs, batch = recipe.epochs_for(len(fit)), min(recipe.batch_size, len(fit))
    steps = len(fit) // batch
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: _rate((step + 1) / (epochs * steps + 1))
    )
    scaler = torch.amp.GradScaler(enabled=device == "cuda")
    done, seconds = [], 0.0
    for _ in range(epochs):
        began = time.monotonic()
        losses = []
        _learning(network)
        for places in _batches(photographs.labels, fit, steps, batch, recipe.balance, order):
            images, shares = _pictures(photographs, places, recipe, device, random)
            if recipe.mixing:
                images, shares = mixed(images, shares, recipe.mixing, order)
            with _precision(device):
                loss = functional.cross_entropy(
                    network(images), shares, label_smoothing=recipe.label_smoothing
                )
            optimizer.zero_grad(set_to_none=True)
            scaler.scale(loss).backward()
            scaler.unscale_(optimizer)
            nn.utils.clip_grad_norm_(network.parameters(), CLIP)
            scaler.step(optimizer)
            scaler.update()
            schedule.step()
            if average is not None:
                seen = len(done) * steps + len(losses)
                _follow(average, network, min(recipe.averaging, (1 + seen) / (10 + seen)))
            losses.append(loss.detach())
            bar.update()
        seconds += time.monotonic() - began
        used = network if average is None else average
        probabilities = predict(used, photographs, validation, recipe.input_size, device)[0]
        truth = photographs.labels[validation]
        given = probabilities[np.arange(len(truth)), truth]
        done.append(
            Epoch(
                train_loss=float(torch.stack(losses).mean()),
                validation_loss=float(-np.log(np.maximum(given, 1e-12)).mean()),
                validation_accuracy=float((probabilities.argmax(1) == truth).mean()),
            )
        )
        bar.note(f"validation {done[-1].validation_accuracy:.0%}")
    used = network if average is None else average
    return Trained(used.eval(), tuple(done), seconds, epochs * steps * batch)


def steps_of(recipe: Recipe, photographs: int) -> int:
    """Steps that `train` will take."""
    return recipe.epochs_for(photographs) * (photographs // min(recipe.batch_size, photographs))


@torch.no_grad()
def predict(
    network: nn.Module, photographs: Photographs, places: np.ndarray, size: int, device: str
) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities `(photographs, classes)`: of the pictures, and averaged with their mirrors'."""
    network.eval()
    classes = len(CLASSES)
    straight, both = [np.empty((0, classes), np.float32)], [np.empty((0, classes), np.float32)]
    for begin in range(0, len(places), PREDICTED_AT_ONCE):
        pixels = _pixels(photographs, places[begin : begin + PREDICTED_AT_ONCE])
        images = plain(pixels.to(device), size)
        with _precision(device):
            ours, theirs = network(images), network(mirrored(images))
        one, other = ours.float().softmax(1), theirs.float().softmax(1)
        straight.append(one.cpu().numpy())
        both.append(((one + other) / 2).cpu().numpy())
    return np.concatenate(straight), np.concatenate(both)


def weights_of(labels: np.ndarray) -> np.ndarray:
    """How often to draw each photograph: by the square root of its class's rarity.

    Halfway between the classes' own shares, which neglect the rare, and equal shares, which show
    the same few photographs of the rare again and again.
    """
    chances = 1 / np.sqrt(np.bincount(labels))[labels]
    return chances / chances.sum()


def _batches(labels, fit, steps, batch, balance, order: np.random.Generator):
    if balance:
        drawn = order.choice(fit, steps * batch, p=weights_of(labels[fit]))
    else:
        drawn = order.permutation(fit)[: steps * batch]
    yield from drawn.reshape(steps, batch)


def _pictures(photographs, places, recipe, device, random):
    pixels = _pixels(photographs, places).to(device)
    labels = torch.from_numpy(photographs.labels[places]).to(device)
    shares = functional.one_hot(labels, len(CLASSES)).float()
    if recipe.augment:
        return varied(pixels, recipe.input_size, random), shares
    return plain(pixels, recipe.input_size), shares


def _pixels(photographs: Photographs, places: np.ndarray) -> torch.Tensor:
    """Bytes of some photographs, read from the mapped file."""
    return torch.from_numpy(np.ascontiguousarray(photographs.pixels[places]))


def _precision(device: str):
    """Half precision where there is hardware for it, which is CUDA alone."""
    return torch.autocast("cuda", torch.float16) if device == "cuda" else nullcontext()


def _rate(progress: float) -> float:
    """The learning rate as a share of its highest: up in a line, down in a cosine."""
    if progress < WARM_UP:
        return progress / WARM_UP
    return 0.5 * (1 + math.cos(math.pi * (progress - WARM_UP) / (1 - WARM_UP)))


def _groups(network: nn.Module, recipe: Recipe) -> list[dict]:
    """Weights by learning rate; biases and normalizations are not decayed."""
    groups: dict[tuple[bool, bool], list] = {}
    for name, weight in network.named_parameters():
        if weight.requires_grad:
            groups.setdefault((name.startswith("features"), weight.ndim > 1), []).append(weight)
    return [
        {
            "params": weights,
            "lr": recipe.learning_rate * (recipe.backbone_rate if in_features else 1.0),
            "weight_decay": recipe.weight_decay if decayed else 0.0,
        }
        for (in_features, decayed), weights in groups.items()
    ]


def _learning(network: nn.Module) -> None:
    """Training mode, in which a pre-trained backbone still keeps ImageNet's statistics.

    Those of a batch of 32 are noisy, and far from what the weights of some of torchvision's
    networks were averaged for: with them, mobilenet_v2 puts out almost nothing.
    """
    network.train()
    if isinstance(network, Backbone):
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()


@torch.no_grad()
def _follow(average: nn.Module, network: nn.Module, slowness: float) -> None:
    """Move the average of the weights a little towards the weights."""
    for ours, theirs in zip(
        average.state_dict().values(), network.state_dict().values(), strict=True
    ):
        if ours.dtype.is_floating_point:
            ours.lerp_(theirs, 1 - slowness)
        else:
            ours.copy_(theirs)
