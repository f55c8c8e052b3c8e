"""Transfer learning in two stages: a head on frozen features, then everything at a lower rate."""

import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from hw4.foundation.progress import Bar
from hw4.foundation.seeds import generator
from hw4.windows import training
from hw4.windows.augment import mirrored, plain
from hw4.windows.model import Backbone
from hw4.windows.photographs import Photographs
from hw4.windows.result import Epoch
from hw4.windows.settings import Recipe
from hw4.windows.training import Trained


@torch.no_grad()
def features(
    network: Backbone, photographs: Photographs, recipe: Recipe, device: str, bar: Bar
) -> np.ndarray:
    """The frozen backbone's vectors of all photographs and of their mirror images.

    They never change while the backbone is frozen, so each is computed once, not once an epoch.

    Returns:
        `(2, photographs, channels)` float16; the mirror images come second.
    """
    network = network.to(device, memory_format=torch.channels_last).eval()
    blocks = []
    for begin in range(0, len(photographs), training.PREDICTED_AT_ONCE):
        end = min(begin + training.PREDICTED_AT_ONCE, len(photographs))
        pixels = torch.from_numpy(np.array(photographs.pixels[begin:end]))
        images = plain(pixels.to(device), recipe.input_size)
        both = [network.vectors(images), network.vectors(mirrored(images))]
        blocks.append(torch.stack(both).half().cpu().numpy())
        bar.update(end - begin)
    return np.concatenate(blocks, axis=1)


def train_head(
    head: nn.Linear,
    vectors: np.ndarray,
    labels: np.ndarray,
    fit: np.ndarray,
    validation: np.ndarray,
    recipe: Recipe,
    seed: int,
) -> Trained:
    """Train the last layer alone, on stored features; takes no more than seconds.

    Args:
        vectors: `(2, photographs, channels)` from `features`; in training each photograph is
            mirrored half of the time if the recipe varies pictures.
    """
    random, order = generator(seed), np.random.default_rng(seed)
    stored = torch.from_numpy(vectors)
    epochs, batch = recipe.epochs_for(len(fit)), min(recipe.batch_size, len(fit))
    steps = len(fit) // batch
    optimizer = torch.optim.AdamW(
        head.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay
    )
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs * steps)
    chances = training.weights_of(labels[fit]) if recipe.balance else None
    done, began = [], time.monotonic()
    for _ in range(epochs):
        losses = []
        drawn = order.choice(fit, steps * batch, replace=recipe.balance, p=chances)
        for places in drawn.reshape(steps, batch):
            side = torch.zeros(batch, dtype=torch.long)
            if recipe.augment:
                side = torch.randint(2, (batch,), generator=random)
            inputs = stored[side, torch.from_numpy(places)].float()
            inputs = functional.dropout(inputs, 0.2)
            loss = functional.cross_entropy(
                head(inputs),
                torch.from_numpy(labels[places]),
                label_smoothing=recipe.label_smoothing,
            )
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
        probabilities = predict_head(head, vectors, validation)[0]
        given = probabilities[np.arange(len(validation)), labels[validation]]
        done.append(
            Epoch(
                train_loss=float(np.mean(losses)),
                validation_loss=float(-np.log(np.maximum(given, 1e-12)).mean()),
                validation_accuracy=float((probabilities.argmax(1) == labels[validation]).mean()),
            )
        )
    return Trained(head, tuple(done), time.monotonic() - began, epochs * steps * batch)


@torch.no_grad()
def predict_head(
    head: nn.Linear, vectors: np.ndarray, places: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Like `training.predict`, from stored features."""
    ours, theirs = head(torch.from_numpy(vectors[:, places]).float()).softmax(2).numpy()
    return ours, (ours + theirs) / 2
