"""Training a head on stored features. Knows torch but not transformers: workers start fast."""

import math
import time
from argparse import Namespace
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from hw4.foundation.threads import one_thread
from hw4.tweets.records import Trial
from hw4.tweets.scores import f1_macro


@dataclass(frozen=True)
class HeadData:
    """Features (tweets, features) and labels (tweets,) of training and validation tweets."""

    train_features: np.ndarray
    train_labels: np.ndarray
    validation_features: np.ndarray
    validation_labels: np.ndarray


def class_weights(labels: np.ndarray, class_weighting: str) -> Tensor | None:
    """Weights of the two classes in the loss: inverse to their frequency, or None."""
    if class_weighting == "none":
        return None
    counts = np.bincount(labels, minlength=2)
    return torch.tensor(len(labels) / (2 * counts), dtype=torch.float32)


def schedule(optimizer: torch.optim.Optimizer, steps: int, warmup_share: float):
    """The learning rate: up linearly in the first `warmup_share` of `steps`, then down to 0."""
    warmup = max(1, math.ceil(warmup_share * steps))

    def factor(step: int) -> float:
        return min((step + 1) / warmup, max(0.0, (steps - step) / max(1, steps - warmup)))

    return torch.optim.lr_scheduler.LambdaLR(optimizer, factor)


def initialize(head: nn.Module, seed: int, deviation: float = 0.02) -> None:
    """Give the head the weights that `seed` stands for, drawn as DistilBERT draws its own."""
    random = torch.Generator().manual_seed(seed)
    for layer in (head.pre_classifier, head.classifier):
        weight = torch.randn(layer.weight.shape, generator=random) * deviation
        with torch.no_grad():
            layer.weight.copy_(weight)
            layer.bias.zero_()


def train_head(
    args: Namespace, head: nn.Module, features: Tensor, labels: Tensor, weights: Tensor | None
) -> None:
    """Train `head` in place, on one core.

    Args:
        args: as `arguments.build_parser` parses them.
        features: (tweets, features); anything that gives a batch when indexed will do.
        labels: (tweets,).
        weights: of the classes in the loss.
    """
    initialize(head, args.seed)
    head.dropout.p = args.dropout
    steps = args.epochs * math.ceil(len(labels) / args.batch_size)
    optimizer = torch.optim.AdamW(
        head.parameters(), lr=args.learning_rate, weight_decay=args.weight_decay, fused=True
    )
    rate = schedule(optimizer, steps, args.warmup_share)
    torch.manual_seed(args.seed)
    head.train()
    with one_thread():
        for _ in range(args.epochs):
            for batch in torch.randperm(len(labels)).split(args.batch_size):
                logits = head(features[batch])
                loss = functional.cross_entropy(logits, labels[batch], weight=weights)
                optimizer.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(head.parameters(), args.max_grad_norm)
                optimizer.step()
                rate.step()
    head.eval()


@torch.inference_mode()
def probabilities(head: nn.Module, features: np.ndarray) -> np.ndarray:
    """Probability of class 1 for each tweet."""
    head.eval()
    return torch.softmax(head(torch.tensor(features)), dim=1)[:, 1].numpy()


def run_trial(args: Namespace, head: nn.Module, data: HeadData) -> Trial:
    """Train a head with the setting in `args` and judge it on the validation tweets."""
    began = time.perf_counter()
    train_head(
        args,
        head,
        torch.tensor(data.train_features),  # a copy: joblib's may be read-only
        torch.tensor(data.train_labels),
        class_weights(data.train_labels, args.class_weighting),
    )
    seconds = time.perf_counter() - began
    predicted = probabilities(head, data.validation_features) > 0.5
    on_train = probabilities(head, data.train_features) > 0.5
    return Trial(
        learning_rate=args.learning_rate,
        weight_decay=args.weight_decay,
        epochs=args.epochs,
        class_weighting=args.class_weighting,
        validation_f1_macro=f1_macro(data.validation_labels, predicted),
        validation_accuracy=float((predicted == data.validation_labels).mean()),
        train_f1_macro=f1_macro(data.train_labels, on_train),
        seconds=seconds,
    )


def run_trials(
    many: Iterable[Namespace], head: nn.Module, data: HeadData, jobs: int
) -> Iterable[Trial]:
    """`run_trial` for each of `many` settings, through joblib, in their order as they finish.

    Under `joblib.parallel_config("dask")` they run on the Dask cluster of the current client.

    Args:
        jobs: trials at once; -1 for one a core.
    """
    from joblib import Parallel, delayed

    return Parallel(n_jobs=jobs, return_as="generator")(
        delayed(run_trial)(args, head, data) for args in many
    )
