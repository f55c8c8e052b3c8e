"""Q4, Q5, Q7: training a head on stored outputs, or the encoder's last layers with it."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import DistilBertForSequenceClassification

from hw4.foundation.compute import threads
from hw4.foundation.scores import f1_macro
from hw4.tweets.arguments import TrainConfig
from hw4.tweets.features import StoredLayer
from hw4.tweets.model import Head, Standardize, UpperLayers, freeze, reshape_head
from hw4.tweets.tokens import batches_by_length

EVALUATION_BATCH = 64
INITIAL_STD = 0.02
"""Of a new head's weights, as DistilBERT draws its own."""
THRESHOLDS = np.arange(0.02, 0.981, 0.01)
SMOOTHING = 5


def load_pretrained(folder: Path, config: TrainConfig) -> DistilBertForSequenceClassification:
    """The pre-trained model with a new head, everything frozen but what `config` trains."""
    model = DistilBertForSequenceClassification.from_pretrained(
        folder, num_labels=2, attn_implementation="sdpa"
    )
    freeze(model, config.unfreeze_layers)
    reshape_head(model, config.pooling, config.head)
    initialize(Head(model), config.seed)
    return model.eval()


def initialize(head: Head, seed: int) -> None:
    """Give the head the weights that `seed` stands for."""
    random = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for layer in (head.pre_classifier, head.classifier):
            if isinstance(layer, nn.Linear):
                std = 0.0 if isinstance(head.pre_classifier, Standardize) else INITIAL_STD
                layer.weight.copy_(torch.randn(layer.weight.shape, generator=random) * std)
                layer.bias.zero_()
        if head.layer_weights is not None:
            head.layer_weights.zero_()  # equal shares


def standardize(head: Head, pooled: Tensor) -> None:
    """Set the means and standard deviations of a linear head to those of `pooled` outputs."""
    if isinstance(head.pre_classifier, Standardize):
        mixed = head.layer_weights is not None  # which begins with equal shares
        flat = pooled.mean(dim=1) if mixed else pooled.flatten(1)  # (tweets, width)
        head.pre_classifier.mean.copy_(flat.mean(dim=0))
        head.pre_classifier.std.copy_(flat.std(dim=0) + 1e-6)


def class_weights(targets: np.ndarray, class_weighting: str) -> Tensor | None:
    """Weights (2,) of the classes in the loss: inverse to their frequency, or None."""
    if class_weighting == "none":
        return None
    counts = np.bincount(targets, minlength=2)
    return torch.tensor(len(targets) / (2 * counts), dtype=torch.float32)


def schedule(optimizer: torch.optim.Optimizer, steps: int, warmup_share: float):
    """The learning rate: up linearly in the first `warmup_share` of `steps`, then down to 0."""
    warmup = max(1, math.ceil(warmup_share * steps))

    def factor(step: int) -> float:
        return min((step + 1) / warmup, max(0.0, (steps - step) / max(1, steps - warmup)))

    return torch.optim.lr_scheduler.LambdaLR(optimizer, factor)


def train_head(config: TrainConfig, head: Head, pooled: Tensor, targets: Tensor) -> None:
    """Train `head` in place on stored outputs `pooled` of the frozen encoder.

    Args:
        pooled: (tweets, dim) or (tweets, layers + 1, dim).
        targets: (tweets,).
    """
    initialize(head, config.seed)
    standardize(head, pooled)
    head.dropout.p = config.dropout
    optimizer = torch.optim.AdamW(
        head.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay, fused=True
    )
    steps = config.epochs * math.ceil(len(targets) / config.batch_size)
    rate = schedule(optimizer, steps, config.warmup_share)
    weights = class_weights(targets.numpy(), config.class_weighting)
    torch.manual_seed(config.seed)
    head.train()
    with threads(1):
        for _ in range(config.epochs):
            for batch in torch.randperm(len(targets)).split(config.batch_size):
                logits = head(pooled[batch])  # (batch, 2)
                loss = functional.cross_entropy(logits, targets[batch], weight=weights)
                optimizer.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(head.parameters(), config.max_grad_norm)
                optimizer.step()
                rate.step()
    head.eval()


@torch.inference_mode()
def head_probabilities(head: Head, pooled: np.ndarray) -> np.ndarray:
    """Probability of class 1 for each tweet: (tweets,)."""
    head.eval()
    with threads(1):
        logits = [
            head(torch.tensor(part)) for part in np.array_split(pooled, -(-len(pooled) // 512))
        ]
    return torch.softmax(torch.cat(logits), dim=1)[:, 1].numpy()


@dataclass(frozen=True)
class HeadRun:
    """What a trained head makes of all tweets.

    Attributes:
        probabilities: (tweets,) of class 1, for those it was trained on as well.
        weights: of the head, by name.
        seconds: of training.
    """

    probabilities: np.ndarray
    weights: dict[str, np.ndarray]
    seconds: float


def run_head(
    config: TrainConfig, head: Head, pooled: np.ndarray, targets: np.ndarray, idx: np.ndarray
) -> HeadRun:
    """Train a head on the tweets at `idx`, and let it judge all of them."""
    began = time.perf_counter()
    train_head(config, head, torch.tensor(pooled[idx]), torch.tensor(targets[idx]))
    seconds = time.perf_counter() - began
    weights = {name: tensor.numpy().copy() for name, tensor in head.state_dict().items()}
    return HeadRun(head_probabilities(head, pooled), weights, seconds)


def run_heads(
    many: Sequence[tuple[TrainConfig, np.ndarray]],
    head: Head,
    pooled: np.ndarray,
    targets: np.ndarray,
    jobs: int,
) -> Iterator[HeadRun]:
    """`run_head` for each of `many` configurations and tweets, in their order, through joblib.

    Under `joblib.parallel_config("dask")` they run on the Dask cluster of the current client.

    Args:
        jobs: trainings at once; -1 for one a core.
    """
    from joblib import Parallel, delayed

    return Parallel(n_jobs=jobs, return_as="generator")(
        delayed(run_head)(config, head, pooled, targets, idx) for config, idx in many
    )


def train_upper_layers(
    config: TrainConfig,
    model: DistilBertForSequenceClassification,
    layer: StoredLayer,
    targets: np.ndarray,
    idx: np.ndarray,
    device: str = "cpu",
    on_epoch: Callable[[], None] = lambda: None,
    on_step: Callable[[int, float], None] = lambda count, loss: None,
) -> None:
    """Train the head and the last `config.unfreeze_layers` layers of `model` in place.

    Args:
        layer: the stored output of the last frozen layer.
        targets: (tweets,) of all tweets.
        idx: of the tweets to train on.
        on_epoch: called after each epoch.
        on_step: called with the number of tweets and the loss after each step.
    """
    upper = UpperLayers(model, config.unfreeze_layers, config.pooling)
    standardize(upper.head, torch.from_numpy(layer.features.pooled(config.pooling)[idx]))
    upper.head.dropout.p = config.dropout
    upper.to(device)
    optimizer = torch.optim.AdamW(parameter_groups(config, upper), weight_decay=config.weight_decay)
    lengths = layer.tokens.lengths
    random = np.random.default_rng(config.seed)
    epochs = [
        batches_by_length(drawn, lengths, config.batch_size, random)
        for drawn in (draw(config, targets, idx, random) for _ in range(config.epochs))
    ]
    rate = schedule(optimizer, sum(map(len, epochs)), config.warmup_share)
    weights = class_weights(targets[np.concatenate(epochs[0])], config.class_weighting)
    weights = None if weights is None else weights.to(device)
    torch.manual_seed(config.seed)
    for batches in epochs:
        upper.train()
        for batch in batches:
            inputs = [tensor.to(device) for tensor in layer.batch(batch)]
            with half_precision(device):
                logits = upper(*inputs)  # (batch, 2)
            loss = functional.cross_entropy(
                logits.float(), torch.from_numpy(targets[batch]).to(device), weight=weights
            )
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(upper.parameters(), config.max_grad_norm)
            optimizer.step()
            rate.step()
            on_step(len(batch), loss.item())
        on_epoch()
    model.to("cpu").eval()


def draw(
    config: TrainConfig, targets: np.ndarray, idx: np.ndarray, random: np.random.Generator
) -> np.ndarray:
    """The tweets of an epoch: all of class 0, and for each so many new ones of class 1."""
    zeros, ones = (idx[targets[idx] == target] for target in (0, 1))
    count = round(config.draws * len(zeros))
    if not 0 < count < len(ones):
        return idx
    return np.concatenate([zeros, random.choice(ones, count, replace=False)])


def parameter_groups(config: TrainConfig, upper: UpperLayers) -> list[dict]:
    """The head at its own rate; the layers at the encoder's, less for each one further down."""
    groups = [{"params": upper.head.parameters(), "lr": config.learning_rate}]
    for below, layer in enumerate(reversed(upper.layers)):
        rate = config.encoder_learning_rate * config.layer_decay**below
        groups.append({"params": layer.parameters(), "lr": rate})
    return groups


@torch.inference_mode()
def upper_probabilities(
    config: TrainConfig,
    model: DistilBertForSequenceClassification,
    layer: StoredLayer,
    idx: np.ndarray,
    device: str = "cpu",
) -> np.ndarray:
    """Probability of class 1 for the tweets at `idx`, from the stored layer upwards: (idx,)."""
    upper = UpperLayers(model, config.unfreeze_layers, config.pooling).to(device).eval()
    probabilities = np.zeros(len(layer.tokens), dtype=np.float32)
    for batch in batches_by_length(idx, layer.tokens.lengths, EVALUATION_BATCH):
        inputs = [tensor.to(device) for tensor in layer.batch(batch)]
        with half_precision(device):
            logits = upper(*inputs)  # (batch, 2)
        probabilities[batch] = torch.softmax(logits.float(), dim=1)[:, 1].cpu().numpy()
    return probabilities[idx]


def half_precision(device: str) -> AbstractContextManager:
    """Matrix products in bfloat16 where the hardware has them: half the time."""
    able = {
        "cpu": torch.ops.mkldnn._is_mkldnn_bf16_supported,
        "cuda": torch.cuda.is_bf16_supported,
    }.get(device, lambda: False)
    return torch.autocast(device, dtype=torch.bfloat16, enabled=able())


def best_threshold(targets: np.ndarray, probabilities: np.ndarray) -> float:
    """The probability of class 1 above which to say 1, for the best F1-macro on these tweets.

    The score jumps with every single tweet; it is averaged over neighboring thresholds, so that a
    broad hill wins over a lucky peak; of equals, the one nearest to one half is taken.
    """
    scores = np.array([f1_macro(targets, probabilities > t) for t in THRESHOLDS])
    window = np.ones(SMOOTHING)
    smooth = np.convolve(scores, window, "same") / np.convolve(np.ones_like(scores), window, "same")
    tied = THRESHOLDS[smooth >= smooth.max() - 1e-9]
    return round(float(tied[np.abs(tied - 0.5).argmin()]), 2)
