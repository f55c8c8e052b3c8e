"""Outputs of the frozen encoder, computed once for all tweets."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from transformers import DistilBertModel

from hw4.tweets.model import masked_mean
from hw4.tweets.tokens import Tokens, batches_by_length, mask_of

BATCH_SIZE = 32


@dataclass(frozen=True)
class Features:
    """What heads see of each tweet.

    Attributes:
        first: (tweets, dim) last output of the first token.
        means: (tweets, layers + 1, dim) mean over the tokens, of the embeddings and of every
            layer's output.
    """

    first: np.ndarray
    means: np.ndarray

    def pooled(self, pooling: str) -> np.ndarray:
        """As `model.pool` gives them: (tweets, dim) or (tweets, layers + 1, dim)."""
        if pooling == "first":
            return self.first
        return self.means[:, -1] if pooling == "mean" else self.means


@dataclass(frozen=True)
class StoredLayer:
    """One layer's output for every token, half-precision, tweets end to end.

    Attributes:
        hidden: (all tokens, dim) float16.
        tokens: tells where each tweet begins.
        features: of the whole frozen encoder.
    """

    hidden: np.ndarray
    tokens: Tokens
    features: Features

    def batch(self, idx: np.ndarray) -> tuple[Tensor, Tensor, Tensor]:
        """The output (batch, time, dim), padded, its mask (batch, time), and all layers' means."""
        mask = mask_of(self.tokens.lengths[idx])
        padded = np.zeros((*mask.shape, self.hidden.shape[1]), dtype=np.float32)
        for row, i in enumerate(idx):
            hidden = self.hidden[self.tokens.starts[i] : self.tokens.starts[i + 1]]
            padded[row, : len(hidden)] = hidden
        return torch.from_numpy(padded), mask, torch.from_numpy(self.features.means[idx])


def compute_features(
    encoder: DistilBertModel,
    tokens: Tokens,
    device: str = "cpu",
    keep_layer: int | None = None,
    on_batch: Callable[[int], None] = lambda count: None,
) -> tuple[Features, StoredLayer | None]:
    """Run the frozen encoder once over all tweets.

    Args:
        keep_layer: the layer whose output is kept for every token (0 for the embeddings).
        on_batch: told how many tweets were done.
    """
    config, count = encoder.config, len(tokens)
    first = np.empty((count, config.dim), dtype=np.float32)
    means = np.empty((count, config.n_layers + 1, config.dim), dtype=np.float32)
    features = Features(first, means)
    kept = None if keep_layer is None else _empty_layer(encoder, tokens, features)
    encoder.eval()  # no dropout, or the features were random
    for batch in batches_by_length(np.arange(count), tokens.lengths, BATCH_SIZE):
        input_ids, mask = (tensor.to(device) for tensor in tokens.batch(batch))
        with torch.inference_mode():
            hidden_states = encoder(
                input_ids=input_ids, attention_mask=mask, output_hidden_states=True
            ).hidden_states  # layers + 1 of (batch, time, dim)
            first[batch] = hidden_states[-1][:, 0].cpu().numpy()
            for layer, hidden in enumerate(hidden_states):
                means[batch, layer] = masked_mean(hidden, mask).cpu().numpy()
        if kept is not None:
            _keep(kept, hidden_states[keep_layer], batch)
        on_batch(len(batch))
    return features, kept


def compute_layer(
    encoder: DistilBertModel,
    tokens: Tokens,
    layer: int,
    features: Features,
    device: str = "cpu",
    on_batch: Callable[[int], None] = lambda count: None,
) -> StoredLayer:
    """The output of `layer` alone, without running the layers above it."""
    kept = _empty_layer(encoder, tokens, features)
    encoder.eval()
    for batch in batches_by_length(np.arange(len(tokens)), tokens.lengths, BATCH_SIZE):
        input_ids, mask = (tensor.to(device) for tensor in tokens.batch(batch))
        with torch.inference_mode():
            hidden = encoder.embeddings(input_ids)  # (batch, time, dim)
            for block in encoder.transformer.layer[:layer]:
                hidden = block(hidden, mask[:, None, None, :].bool())
        _keep(kept, hidden, batch)
        on_batch(len(batch))
    return kept


def _empty_layer(encoder: DistilBertModel, tokens: Tokens, features: Features) -> StoredLayer:
    hidden = np.empty((len(tokens.ids), encoder.config.dim), dtype=np.float16)
    return StoredLayer(hidden, tokens, features)


def _keep(kept: StoredLayer, hidden: Tensor, batch: np.ndarray) -> None:
    starts = kept.tokens.starts
    for row, i in zip(hidden.cpu().numpy(), batch, strict=True):
        kept.hidden[starts[i] : starts[i + 1]] = row[: starts[i + 1] - starts[i]]
