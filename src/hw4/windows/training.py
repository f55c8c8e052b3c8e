"""Training and prediction: one loop for every network, and heads on stored features."""

import math
from dataclasses import dataclass, replace

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.nn import functional
from torch.optim.lr_scheduler import OneCycleLR

from hw4.foundation.compute import generator
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

    def plain(self, idx, device: str) -> torch.Tensor:
        return plain(self._bytes(idx, device), self.size)  # (batch, 3, size, size)

    def _bytes(self, idx, device: str) -> torch.Tensor:
        return torch.from_numpy(self.photographs.images(idx)).to(device)  # (batch, side, side, 3)


def fit(
    network: nn.Module,
    train: Images,
    val: Images,
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
        images = replace(train, size=size)
        losses = []
        for idx in order.permutation(len(train.targets))[: steps * batch].reshape(steps, batch):
            if config.augment:
                inputs = images.varied(idx, config.augment, random, device)
            else:
                inputs = images.plain(idx, device)
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
        done.append(Epoch(train_loss, *judged(predict(network, val, device, views=1)[0], val)))
        if bar and len(val.targets):
            bar.note(f"validation {done[-1].val_accuracy:.0%}")
    network.eval()
    return tuple(done)


@torch.no_grad()
def predict(network: nn.Module, examples: Images, device: str, views: int = 2) -> np.ndarray:
    """Probabilities `(views, n, classes)`: of the images, and of their mirror images."""
    network.eval()
    found = [np.empty((views, 0, len(CLASSES)), np.float32)]
    for idx in at_once(len(examples.targets)):
        images = examples.plain(idx, device)
        with half_precision(device):
            logits = [network(view) for view in (images, images.flip(3))[:views]]
        found.append(torch.stack(logits).float().softmax(2).cpu().numpy())
    return np.concatenate(found, axis=1)


def at_once(count: int) -> list[np.ndarray]:
    """Indices of `count` examples, as many at a time as are predicted together."""
    places = range(0, count, PREDICTED_AT_ONCE)
    return [np.arange(begin, min(begin + PREDICTED_AT_ONCE, count)) for begin in places]


def judged(probabilities: np.ndarray, examples: Images) -> tuple[float, float]:
    """Log loss and accuracy of `probabilities` (n, classes); NaN of no examples."""
    targets = examples.targets
    if not len(targets):
        return math.nan, math.nan
    given = probabilities[np.arange(len(targets)), targets]
    loss = -np.log(np.maximum(given, 1e-12)).mean()
    return float(loss), float((probabilities.argmax(1) == targets).mean())


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


@torch.no_grad()
def extract(
    network: Backbone, photographs: Photographs, size: int, device: str, bar: Bar | None = None
) -> np.ndarray:
    """The frozen backbone's vectors of all photographs `(n, channels)` float16.

    They never change while the backbone is frozen, so each is computed once, not once an epoch.
    """
    network.to(device, memory_format=torch.channels_last).eval()
    images, blocks = Images(photographs, size), []
    for idx in at_once(len(photographs)):
        blocks.append(network.vectors(images.plain(idx, device)).half().cpu().numpy())
        if bar:
            bar.update(len(idx))
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
