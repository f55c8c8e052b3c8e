"""Q4, Q5, Q7: training a head on stored outputs, or the encoder's last layers with it."""

import math
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
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
from hw4.tweets.features import Development, Pooled, StoredLayer
from hw4.tweets.model import Head, Standardize, UpperLayers, freeze, reshape_head
from hw4.tweets.result import Epoch
from hw4.tweets.tokens import batches_by_length

EVALUATION_BATCH = 64
INITIAL_STD = 0.02
"""Of a new head's weights, as DistilBERT draws its own."""
HALF = 0.5
THRESHOLDS = np.arange(0.02, 0.981, 0.01)
SMOOTHING = 5
Part = Head | UpperLayers
Job = tuple[TrainConfig, int | None]
"""A training, and the fold of tweets that it does not see; None for no fold."""


def load_pretrained(folder: Path, config: TrainConfig) -> DistilBertForSequenceClassification:
    """The pre-trained model with a new head, everything frozen but what `config` trains."""
    model = DistilBertForSequenceClassification.from_pretrained(
        folder, num_labels=2, attn_implementation="sdpa"
    )
    freeze(model, config.unfreeze_layers)
    reshape_head(model, config.pooling, config.head)
    initialize(Head(model), config.seed)
    return model.eval()


def trained_part(model: DistilBertForSequenceClassification, config: TrainConfig) -> Part:
    """What a training moves of a model: the head, or the last layers with it."""
    if config.unfreeze_layers:
        return UpperLayers(model, config.unfreeze_layers, config.pooling)
    return Head(model)


def initialize(head: Head, seed: int) -> None:
    """Give the head the weights that `seed` stands for; a linear one begins with zeros."""
    random = torch.Generator().manual_seed(seed)
    std = 0.0 if isinstance(head.pre_classifier, Standardize) else INITIAL_STD
    for layer in (head.pre_classifier, head.classifier):
        if isinstance(layer, nn.Linear):
            layer.weight.data = torch.randn(layer.weight.shape, generator=random) * std
            nn.init.zeros_(layer.bias)


def standardize(head: Head, pooled: Tensor) -> None:
    """Set the means and standard deviations of a linear head to those of `pooled` outputs."""
    if isinstance(head.pre_classifier, Standardize):
        flat = pooled.flatten(1)  # (tweets, width)
        head.pre_classifier.mean.copy_(flat.mean(dim=0))
        head.pre_classifier.std.copy_(flat.std(dim=0) + 1e-6)


def class_weights(targets: np.ndarray, class_weighting: str) -> Tensor | None:
    """Weights (2,) of the classes in the loss: inverse to their frequency, or None."""
    if class_weighting == "none":
        return None
    counts = np.bincount(targets, minlength=2)
    return torch.tensor(len(targets) / (2 * counts), dtype=torch.float32)


def draw(
    config: TrainConfig, targets: np.ndarray, idx: np.ndarray, random: np.random.Generator
) -> np.ndarray:
    """The tweets of an epoch: all of class 0, and for each so many new ones of class 1."""
    zeros, ones = (idx[targets[idx] == target] for target in (0, 1))
    count = round(config.draws * len(zeros))
    if not 0 < count < len(ones):
        return idx
    return np.concatenate([zeros, random.choice(ones, count, replace=False)])


def parameter_groups(config: TrainConfig, part: Part) -> list[dict]:
    """The head at its own rate; the layers at the encoder's, less for each one further down."""
    if isinstance(part, Head):
        return [{"params": part.parameters(), "lr": config.learning_rate}]
    groups = parameter_groups(config, part.head)
    for below, layer in enumerate(reversed(part.layers)):
        rate = config.encoder_learning_rate * config.layer_decay**below
        groups.append({"params": layer.parameters(), "lr": rate})
    return groups


def schedule(optimizer: torch.optim.Optimizer, steps: int, warmup_share: float):
    """The learning rate: up linearly in the first `warmup_share` of `steps`, then down to 0."""
    warmup = max(1, math.ceil(warmup_share * steps))

    def factor(step: int) -> float:
        return min((step + 1) / warmup, max(0.0, (steps - step) / max(1, steps - warmup)))

    return torch.optim.lr_scheduler.LambdaLR(optimizer, factor)


def half_precision(device: str, wanted: bool) -> AbstractContextManager:
    """Matrix products in bfloat16 where the hardware has them: half the time."""
    able = {
        "cpu": torch.ops.mkldnn._is_mkldnn_bf16_supported,
        "cuda": torch.cuda.is_bf16_supported,
    }.get(device, lambda: False)
    return torch.autocast(device, dtype=torch.bfloat16, enabled=wanted and able())


def fit(
    config: TrainConfig,
    part: Part,
    outputs: Pooled | StoredLayer,
    targets: np.ndarray,
    idx: np.ndarray,
    device: str = "cpu",
    held_out: np.ndarray | None = None,
    bar: Bar | None = None,
) -> tuple[Epoch, ...]:
    """Train a head, or the last layers with it, in place on the tweets at `idx`.

    Args:
        outputs: of the frozen encoder for all tweets.
        targets: (tweets,) of all tweets.
        held_out: tweets on which the last layers are judged after each epoch.
    """
    upper = isinstance(part, UpperLayers)
    head = part.head if upper else part
    initialize(head, config.seed)
    standardize(head, torch.from_numpy(outputs.pooled(config.pooling)[idx]))
    head.dropout.p = config.dropout
    part.to(device)
    random = np.random.default_rng(config.seed)
    epochs = [
        batches_by_length(drawn, outputs.lengths, config.batch_size, random)
        for drawn in (draw(config, targets, idx, random) for _ in range(config.epochs))
    ]
    optimizer = torch.optim.AdamW(
        parameter_groups(config, part), weight_decay=config.weight_decay, fused=True
    )
    rate = schedule(optimizer, sum(map(len, epochs)), config.warmup_share)
    weights = class_weights(targets[np.concatenate(epochs[0])], config.class_weighting)
    weights = None if weights is None else weights.to(device)
    torch.manual_seed(config.seed)
    done = []
    for batches in epochs:
        part.train()
        losses = []
        for batch in batches:
            inputs = [tensor.to(device) for tensor in outputs.batch(batch)]
            with half_precision(device, wanted=upper):
                logits = part(*inputs)  # (batch, 2)
            loss = functional.cross_entropy(
                logits.float(), torch.from_numpy(targets[batch]).to(device), weight=weights
            )
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(part.parameters(), config.max_grad_norm)
            optimizer.step()
            rate.step()
            losses.append(loss.item())
            if bar is not None:
                bar.note(f"loss {np.mean(losses[-50:]):.3f}")
                bar.update(len(batch))
        value = math.nan
        if upper and held_out is not None and len(held_out):
            judged = probabilities(part, outputs, held_out, device)
            value = f1_macro(targets[held_out], judged > HALF)
        done.append(Epoch(float(np.mean(losses)), value))
    part.to("cpu").eval()
    return tuple(done)


@torch.inference_mode()
def probabilities(
    part: Part, outputs: Pooled | StoredLayer, idx: np.ndarray, device: str = "cpu"
) -> np.ndarray:
    """Probability of class 1 for the tweets at `idx`: (idx,)."""
    part.to(device).eval()
    found = np.zeros(len(outputs.lengths), dtype=np.float32)
    for batch in batches_by_length(idx, outputs.lengths, EVALUATION_BATCH):
        inputs = [tensor.to(device) for tensor in outputs.batch(batch)]
        with half_precision(device, wanted=isinstance(part, UpperLayers)):
            logits = part(*inputs)  # (batch, 2)
        found[batch] = torch.softmax(logits.float(), dim=1)[:, 1].cpu().numpy()
    return found[idx]


def best_threshold(targets: np.ndarray, probabilities: np.ndarray) -> float:
    """The probability of class 1 above which to say 1, for the best F1-macro on these tweets.

    The score jumps with every single tweet; it is averaged over neighboring thresholds, so that a
    broad hill wins over a lucky peak; of equals, the one nearest to one half is taken.
    """
    scores = np.array([f1_macro(targets, probabilities > t) for t in THRESHOLDS])
    window = np.ones(SMOOTHING)
    smooth = np.convolve(scores, window, "same") / np.convolve(np.ones_like(scores), window, "same")
    tied = THRESHOLDS[smooth >= smooth.max() - 1e-9]
    return round(float(tied[np.abs(tied - HALF).argmin()]), 2)


def crossed_f1_macro(
    targets: np.ndarray, held_out: np.ndarray, judged: np.ndarray, tuned: bool
) -> float:
    """F1-macro of the tweets where `judged` (tweets,), none of which chose its own threshold.

    Each fifth of all tweets is judged at the threshold that is best on the other four.
    """
    fifth = np.empty(len(targets), dtype=int)
    for target in (0, 1):
        members = np.flatnonzero(targets == target)
        fifth[members] = np.arange(len(members)) % 5
    predictions = held_out > HALF
    for part in range(5) if tuned else ():
        rest, these = fifth != part, fifth == part
        predictions[these] = held_out[these] > best_threshold(targets[rest], held_out[rest])
    return f1_macro(targets[judged], predictions[judged])


@dataclass(frozen=True)
class Run:
    """A training's record; its probabilities of class 1 and its weights are stored beside it."""

    seconds: float
    parameters: int
    epochs: tuple[Epoch, ...] = ()


def train(dev: Development, jobs: Sequence[Job]) -> list[Outcome[Run]]:
    """Trainings of one kind, each stored as soon as it is done: a build that is stopped goes on.

    Heads that are not stored yet run side by side through joblib (under `parallel_config("dask")`
    on the Dask cluster of the current client).
    """
    if jobs[0][0].unfreeze_layers:
        return [_train_upper(dev, job) for job in jobs]
    missing = [job for job in dict.fromkeys(jobs) if _stored(dev, job) is None]
    if missing:
        config = jobs[0][0]
        trained = run_heads(
            [(config, dev.without(fold)) for config, fold in missing],
            Head(load_pretrained(dev.folder, config)),
            *(dev.encoded.pooled(config.pooling), dev.targets, dev.settings.jobs),
        )
        with dev.work.bar(len(missing), f"{len(missing)} heads, pooling {config.pooling}") as bar:
            for job, outcome in zip(missing, trained, strict=True):
                dev.work.part("training", dev.place(*job), Run, lambda outcome=outcome: outcome)
                bar.update(1)
    return [_stored(dev, job) for job in jobs]


def _stored(dev: Development, job: Job) -> Outcome[Run] | None:
    return dev.work.stored("training", dev.place(*job), Run)


def run_heads(
    many: Sequence[tuple[TrainConfig, np.ndarray]],
    head: Head,
    outputs: Pooled,
    targets: np.ndarray,
    jobs: int,
):
    """Yields what `train_part` makes of each configuration and its tweets, `jobs` at once."""
    return Parallel(n_jobs=jobs, return_as="generator")(
        delayed(train_part)(config, head, outputs, targets, idx) for config, idx in many
    )


def train_part(
    config: TrainConfig,
    part: Part,
    outputs: Pooled | StoredLayer,
    targets: np.ndarray,
    idx: np.ndarray,
    device: str = "cpu",
    bar: Bar | None = None,
) -> Outcome[Run]:
    """Train on the tweets at `idx`, and judge the others; a head judges all.

    The weights are kept of a training on all tweets, which will judge the test tweets.
    """
    everything = np.arange(len(targets))
    others = np.setdiff1d(everything, idx)
    judged = everything if isinstance(part, Head) else others
    found = np.full(len(targets), np.nan, dtype=np.float32)
    began = time.perf_counter()
    with threads(1) if isinstance(part, Head) else nullcontext():  # more would wait for each other
        epochs = fit(config, part, outputs, targets, idx, device, others, bar)
        seconds = time.perf_counter() - began
        found[judged] = probabilities(part, outputs, judged, device)
    tensors = {"probabilities": found}
    if not len(others):
        tensors |= {name: tensor.cpu().numpy() for name, tensor in part.state_dict().items()}
    size = sum(parameter.numel() for parameter in part.parameters())
    return Outcome(Run(seconds, size, epochs), tensors)


def _train_upper(dev: Development, job: Job) -> Outcome[Run]:
    config, fold = job

    def compute() -> Outcome[Run]:
        part = trained_part(load_pretrained(dev.folder, config), config)
        idx = dev.without(fold)
        drawn = len(draw(config, dev.targets, idx, np.random.default_rng(0)))
        label = f"last {config.unfreeze_layers} layers, tweets of {config.epochs} epochs"
        with dev.work.bar(config.epochs * drawn, label) as bar:
            layer, device = dev.encoded.layer, dev.work.device
            return train_part(config, part, layer, dev.targets, idx, device, bar)

    return dev.work.part("training", dev.place(*job), Run, compute)


def restored(
    folder: Path, config: TrainConfig, weights: dict[str, np.ndarray]
) -> DistilBertForSequenceClassification:
    """The whole model with the weights that a training brought."""
    model = load_pretrained(folder, config)
    part = trained_part(model, config)
    part.load_state_dict({name: torch.from_numpy(weights[name]) for name in part.state_dict()})
    return model
