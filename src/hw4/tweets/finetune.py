"""Q4, Q5, Q7: a pre-trained DistilBERT, with its head or its last layers trained on the tweets."""

from argparse import Namespace
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from transformers import DistilBertForSequenceClassification

from hw4.foundation.errors import UserError
from hw4.tweets.features import Features, StoredLayer
from hw4.tweets.heads import class_weights, initialize, schedule, train_head
from hw4.tweets.model import Head, UpperLayers, freeze
from hw4.tweets.tokens import batches_by_length

EVALUATION_BATCH = 64


@dataclass(frozen=True)
class Stored:
    """What was computed once with the frozen encoder, for all tweets.

    Attributes:
        labels: (tweets,).
        features: pooled, for heads.
        layer: the output of the last frozen layer, for training the layers above it.
    """

    labels: np.ndarray
    features: Features
    layer: StoredLayer | None = None


def load_pretrained(folder: Path, args: Namespace) -> DistilBertForSequenceClassification:
    """The pre-trained model with a new head, everything frozen but what `args` leaves to train."""
    model = DistilBertForSequenceClassification.from_pretrained(
        folder, num_labels=2, attn_implementation="sdpa"
    )
    freeze(model, args.unfreeze_layers)
    if args.pooling == "layers":
        width = (model.config.n_layers + 1) * model.config.dim
        model.pre_classifier = nn.Linear(width, model.config.dim)
    initialize(Head(model), args.seed)
    return model.eval()


def load_pretrained_and_finetune(
    args: Namespace,
    folder: Path,
    stored: Stored,
    train: np.ndarray,
    device: str = "cpu",
    on_epoch: Callable[[DistilBertForSequenceClassification], None] = lambda model: None,
    on_step: Callable[[int, float], None] = lambda count, loss: None,
) -> DistilBertForSequenceClassification:
    """Load the pre-trained model, train what `args` leaves unfrozen, and return it.

    The frozen part is never run here: its outputs are in `stored`. The model that is returned is
    whole again and takes word pieces.

    Args:
        args: as `arguments.build_parser` parses them.
        folder: of the pre-trained model.
        stored: outputs of the frozen layers for all tweets.
        train: indices of the tweets to train on.
        on_epoch: called with the model after each epoch, if layers are unfrozen.
        on_step: called with the number of tweets and the loss after each step, likewise.

    Raises:
        UserError: unfrozen layers are asked to pool the layers below them, too.
    """
    if args.unfreeze_layers and args.pooling == "layers":
        raise UserError(
            f"--unfreeze_layers {args.unfreeze_layers} was found with --pooling layers, but "
            "unfrozen layers can be pooled by first or mean only: choose one of these."
        )
    model = load_pretrained(folder, args)
    weights = class_weights(stored.labels[train], args.class_weighting)
    if args.unfreeze_layers:
        _train_upper_layers(args, model, stored, train, weights, device, on_epoch, on_step)
    else:
        features = torch.from_numpy(stored.features.pooled(args.pooling)[train])
        train_head(args, Head(model), features, torch.from_numpy(stored.labels[train]), weights)
    return model.eval()


def _train_upper_layers(
    args: Namespace,
    model: DistilBertForSequenceClassification,
    stored: Stored,
    train: np.ndarray,
    weights: torch.Tensor | None,
    device: str,
    on_epoch: Callable,
    on_step: Callable,
) -> None:
    upper = UpperLayers(model, args.unfreeze_layers, args.pooling).to(device)
    weights = None if weights is None else weights.to(device)
    upper.head.dropout.p = args.dropout
    optimizer = torch.optim.AdamW(
        [
            {"params": upper.head.parameters(), "lr": args.learning_rate},
            {"params": upper.layers.parameters(), "lr": args.encoder_learning_rate},
        ],
        weight_decay=args.weight_decay,
    )
    lengths = stored.layer.tokens.lengths
    steps = sum(len(batch) > 0 for batch in batches_by_length(train, lengths, args.batch_size))
    rate = schedule(optimizer, args.epochs * steps, args.warmup_share)
    random = np.random.default_rng(args.seed)
    torch.manual_seed(args.seed)
    for _ in range(args.epochs):
        upper.train()
        for batch in batches_by_length(train, lengths, args.batch_size, random):
            hidden, mask = (tensor.to(device) for tensor in stored.layer.batch(batch))
            labels = torch.from_numpy(stored.labels[batch]).to(device)
            with half_precision(device):
                logits = upper(hidden, mask)
            loss = functional.cross_entropy(logits.float(), labels, weight=weights)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(upper.parameters(), args.max_grad_norm)
            optimizer.step()
            rate.step()
            on_step(len(batch), loss.item())
        upper.eval()
        on_epoch(model)
    model.to("cpu")


@torch.inference_mode()
def upper_probabilities(
    args: Namespace,
    model: DistilBertForSequenceClassification,
    layer: StoredLayer,
    indices: np.ndarray,
    device: str = "cpu",
) -> np.ndarray:
    """Probability of class 1 for the tweets at `indices`, from the stored layer upwards."""
    upper = UpperLayers(model, args.unfreeze_layers, args.pooling).to(device).eval()
    found = np.zeros(len(layer.tokens), dtype=np.float32)
    for batch in batches_by_length(indices, layer.tokens.lengths, EVALUATION_BATCH):
        hidden, mask = (tensor.to(device) for tensor in layer.batch(batch))
        with half_precision(device):
            logits = upper(hidden, mask)
        found[batch] = torch.softmax(logits.float(), dim=1)[:, 1].cpu().numpy()
    return found[indices]


def half_precision(device: str) -> AbstractContextManager:
    """Matrix products in bfloat16 where the hardware has them: half the time."""
    able = {
        "cpu": torch.ops.mkldnn._is_mkldnn_bf16_supported,
        "cuda": torch.cuda.is_bf16_supported,
    }.get(device, lambda: False)
    return torch.autocast(device, dtype=torch.bfloat16, enabled=able())
