"""Q4, Q5, Q7: training a head on stored outputs, or the encoder's last layers with it."""

import math
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from joblib import Parallel, delayed
from torch import Tensor, nn
from torch.nn import functional
from transformers import DistilBertForSequenceClassification

from hw4.foundation.compute import threads
from hw4.foundation.progress import Bar
from hw4.foundation.scores import f1_macro
from hw4.foundation.work import Outcome
from hw4.tweets.arguments import TrainConfig
from hw4.tweets.features import Development, Features, Pooled
from hw4.tweets.model import Head, Standardize, UpperLayers, freeze, reshape_head
from hw4.tweets.thresholds import HALF
from hw4.tweets.tokens import batches_by_length
from hw4.tweets.trained import Epoch

EVALUATION_BATCH = 64
INITIAL_STD = 0.02
"""Of a new head's weights, as DistilBERT draws its own."""
NOBODY = np.arange(0)
Trainable = Head | UpperLayers
Job = tuple[TrainConfig, int | None]
"""A training, and the fold of tweets that it does not see; None for no fold."""


def load_pretrained(folder: Path, config: TrainConfig) -> DistilBertForSequenceClassification:
    """The pre-trained model, all frozen but what `config` trains; `fit` starts the new head."""
    model = DistilBertForSequenceClassification.from_pretrained(
        folder, num_labels=2, attn_implementation="sdpa"
    )
    freeze(model, config.unfreeze_layers)
    reshape_head(model, config.pooling, config.head)
    return model.eval()


def trainable_of(model: DistilBertForSequenceClassification, config: TrainConfig) -> Trainable:
    """What a training moves of a model: the head, or the last layers with it."""
    if config.unfreeze_layers:
        return UpperLayers(model, config.unfreeze_layers, config.pooling)
    return Head(model)


def initialize(head: Head, seed: int, pooled: Tensor) -> None:
    """Give the head the weights that `seed` stands for.

    A linear one begins with zeros, and with means and standard deviations of `pooled` outputs.
    """
    is_linear = isinstance(head.pre_classifier, Standardize)
    if is_linear:
        flat = pooled.flatten(1)  # (tweets, width)
        head.pre_classifier.mean.copy_(flat.mean(dim=0))
        head.pre_classifier.std.copy_(flat.std(dim=0) + 1e-6)
    random = torch.Generator().manual_seed(seed)
    for layer in (head.pre_classifier, head.classifier):
        if isinstance(layer, nn.Linear):
            std = 0.0 if is_linear else INITIAL_STD
            layer.weight.data = torch.randn(layer.weight.shape, generator=random) * std
            nn.init.zeros_(layer.bias)


def class_weights(targets: np.ndarray, class_weighting: str) -> Tensor | None:
    """Weights (2,) of the classes in the loss: inverse to their frequency, or None."""
    if class_weighting == "none":
        return None
    counts = np.bincount(targets, minlength=2)
    return torch.tensor(len(targets) / (2 * counts), dtype=torch.float32)


def draw(
    config: TrainConfig, targets: np.ndarray, idx: np.ndarray, random: np.random.Generator
) -> np.ndarray:
    """The tweets of an epoch: all of class 0, and `draws` times as many of class 1.

    Those of class 1 are drawn anew each epoch; all are taken where `draws` is 0, or asks for more.
    """
    zeros, ones = (idx[targets[idx] == target] for target in (0, 1))
    count = round(config.draws * len(zeros))
    if not 0 < count < len(ones):
        return idx
    return np.concatenate([zeros, random.choice(ones, count, replace=False)])


def parameter_groups(config: TrainConfig, trainable: Trainable) -> list[dict]:
    """The head at its own rate; the layers at the encoder's, less for each one further down."""
    if isinstance(trainable, Head):
        return [{"params": trainable.parameters(), "lr": config.learning_rate}]
    groups = parameter_groups(config, trainable.head)
    for below, layer in enumerate(reversed(trainable.layers)):
        rate = config.encoder_learning_rate * config.layer_decay**below
        groups.append({"params": layer.parameters(), "lr": rate})
    return groups


def schedule(optimizer: torch.optim.Optimizer, steps: int, warmup_share: float):
    """The learning rate: up linearly in the first `warmup_share` of `steps`, then down to 0."""
    warmup = max(1, math.ceil(warmup_share * steps))

    def factor(step: int) -> float:
        return min((step + 1) / warmup, max(0.0, (steps - step) / max(1, steps - warmup)))

    return torch.optim.lr_scheduler.LambdaLR(optimizer, factor)


def logits_of(
    trainable: Trainable, outputs: Pooled | Features, batch: np.ndarray, device: str
) -> Tensor:
    """Logits (batch, 2) of some tweets; of layers in bfloat16 where the hardware has it."""
    able = {
        "cpu": torch.ops.mkldnn._is_mkldnn_bf16_supported,
        "cuda": torch.cuda.is_bf16_supported,
    }.get(device, lambda: False)
    half_precision = isinstance(trainable, UpperLayers) and able()
    with torch.autocast(device, dtype=torch.bfloat16, enabled=half_precision):
        return trainable(*(tensor.to(device) for tensor in outputs.batch(batch))).float()


def fit(
    config: TrainConfig,
    trainable: Trainable,
    outputs: Pooled | Features,
    targets: np.ndarray,
    idx: np.ndarray,
    device: str = "cpu",
    held_out_idx: np.ndarray = NOBODY,
    bar: Bar | None = None,
) -> tuple[Epoch, ...]:
    """Train a head, or the last layers with it, in place on the tweets at `idx`.

    Args:
        outputs: of the frozen encoder for all tweets.
        targets: (tweets,) of all tweets.
        held_out_idx: tweets on which the last layers are judged after each epoch.
    """
    upper = isinstance(trainable, UpperLayers)
    head = trainable.head if upper else trainable
    initialize(head, config.seed, torch.from_numpy(outputs.pooled(config.pooling)[idx]))
    head.dropout.p = config.dropout
    trainable.to(device)
    random = np.random.default_rng(config.seed)
    epochs = []
    for _ in range(config.epochs):
        drawn = draw(config, targets, idx, random)
        epochs.append(batches_by_length(drawn, outputs.lengths, config.batch_size, random))
    optimizer = torch.optim.AdamW(
        parameter_groups(config, trainable), weight_decay=config.weight_decay, fused=True
    )
    rate = schedule(optimizer, sum(map(len, epochs)), config.warmup_share)
    weights = class_weights(targets[np.concatenate(epochs[0])], config.class_weighting)
    weights = None if weights is None else weights.to(device)
    torch.manual_seed(config.seed)
    done = []
    for batches in epochs:
        trainable.train()
        losses = []
        for batch in batches:
            logits = logits_of(trainable, outputs, batch, device)  # (batch, 2)
            labels = torch.from_numpy(targets[batch]).to(device)
            loss = functional.cross_entropy(logits, labels, weight=weights)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(trainable.parameters(), config.max_grad_norm)
            optimizer.step()
            rate.step()
            losses.append(loss.item())
            if bar is not None:
                bar.note(f"loss {np.mean(losses[-50:]):.3f}")
                bar.update(len(batch))
        value = math.nan
        if upper and len(held_out_idx):
            found = probabilities(trainable, outputs, held_out_idx, device)
            value = f1_macro(targets[held_out_idx], found > HALF)
        done.append(Epoch(float(np.mean(losses)), value))
    trainable.to("cpu").eval()
    return tuple(done)


@torch.inference_mode()
def probabilities(
    trainable: Trainable, outputs: Pooled | Features, idx: np.ndarray, device: str = "cpu"
) -> np.ndarray:
    """Probability of class 1 for the tweets at `idx`: (idx,)."""
    trainable.to(device).eval()
    found = np.zeros(len(outputs.lengths), dtype=np.float32)
    for batch in batches_by_length(idx, outputs.lengths, EVALUATION_BATCH):
        logits = logits_of(trainable, outputs, batch, device)
        found[batch] = torch.softmax(logits, dim=1)[:, 1].cpu().numpy()
    return found[idx]


@dataclass(frozen=True)
class Run:
    """A training's record; its probabilities of class 1 are stored beside it.

    So are its weights, if it saw all development tweets.
    """

    seconds: float
    parameters: int
    epochs: tuple[Epoch, ...] = ()


def train(dev: Development, jobs: Sequence[Job]) -> list[Outcome[Run]]:
    """Trainings of one kind, each stored as soon as it is done: a build that is stopped goes on.

    Heads that are not stored yet run side by side through joblib (under `parallel_config("dask")`
    on the Dask cluster of the current client).
    """

    def part(job: Job, compute: Callable[[], Outcome[Run]]) -> Outcome[Run]:
        return dev.work.part("training", dev.place(*job), Run, compute)

    def stored(job: Job) -> Outcome[Run] | None:
        return dev.work.stored("training", dev.place(*job), Run)

    config = jobs[0][0]
    if config.unfreeze_layers:
        return [part(job, partial(_train_upper, dev, *job)) for job in jobs]
    missing = [job for job in dict.fromkeys(jobs) if stored(job) is None]
    if missing:
        outcomes = run_heads(
            [(config, dev.without(fold)) for config, fold in missing],
            head=Head(load_pretrained(dev.folder, config)),
            outputs=Pooled(dev.features.pooled(config.pooling)),
            targets=dev.targets,
            jobs=dev.settings.jobs,
        )
        with dev.work.bar(len(missing), f"{len(missing)} heads, pooling {config.pooling}") as bar:
            for job, outcome in zip(missing, outcomes, strict=True):
                part(job, lambda outcome=outcome: outcome)
                bar.update(1)
    return [stored(job) for job in jobs]


def run_heads(
    many: Sequence[tuple[TrainConfig, np.ndarray]],
    head: Head,
    outputs: Pooled,
    targets: np.ndarray,
    jobs: int,
):
    """Yields what `train_one` makes of each configuration and its tweets, `jobs` at once."""
    return Parallel(n_jobs=jobs, return_as="generator")(
        delayed(train_one)(config, head, outputs, targets, idx) for config, idx in many
    )


def _train_upper(dev: Development, config: TrainConfig, fold: int | None) -> Outcome[Run]:
    trainable = trainable_of(load_pretrained(dev.folder, config), config)
    idx = dev.without(fold)
    drawn = len(draw(config, dev.targets, idx, np.random.default_rng(0)))
    label = f"last {config.unfreeze_layers} layers, tweets of {config.epochs} epochs"
    outputs, device = dev.features_by_token, dev.work.device
    with dev.work.bar(config.epochs * drawn, label) as bar:
        return train_one(config, trainable, outputs, dev.targets, idx, device, bar)


def train_one(
    config: TrainConfig,
    trainable: Trainable,
    outputs: Pooled | Features,
    targets: np.ndarray,
    idx: np.ndarray,
    device: str = "cpu",
    bar: Bar | None = None,
) -> Outcome[Run]:
    """Train on the tweets at `idx`, and judge the others; a head judges all.

    The weights are kept of a training on all development tweets: it will judge the test tweets.
    """
    everything = np.arange(len(targets))
    held_out_idx = np.setdiff1d(everything, idx)
    judged_idx = everything if isinstance(trainable, Head) else held_out_idx
    found = np.full(len(targets), np.nan, dtype=np.float32)
    began = time.perf_counter()
    # Heads are trained side by side: more threads in each would wait for each other.
    with threads(1) if isinstance(trainable, Head) else nullcontext():
        epochs = fit(config, trainable, outputs, targets, idx, device, held_out_idx, bar)
        seconds = time.perf_counter() - began
        found[judged_idx] = probabilities(trainable, outputs, judged_idx, device)
    tensors = {"probabilities": found}
    if not len(held_out_idx):
        tensors |= {name: tensor.cpu().numpy() for name, tensor in trainable.state_dict().items()}
    size = sum(parameter.numel() for parameter in trainable.parameters())
    return Outcome(Run(seconds, size, epochs), tensors)


def restored(
    folder: Path, config: TrainConfig, weights: dict[str, np.ndarray]
) -> DistilBertForSequenceClassification:
    """The whole model with the weights that a training brought."""
    model = load_pretrained(folder, config)
    trainable = trainable_of(model, config)
    trainable.load_state_dict(
        {name: torch.from_numpy(weights[name]) for name in trainable.state_dict()}
    )
    return model
