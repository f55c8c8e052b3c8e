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
        means: (tweets, layers + 1, dim) mean over the word pieces, of the embeddings and of every
            layer's output.
    """

    first: np.ndarray
    means: np.ndarray

    def pooled(self, pooling: str) -> np.ndarray:
        """(tweets, features) as `model.pool` gives them."""
        if pooling == "first":
            return self.first
        if pooling == "mean":
            return self.means[:, -1]
        return self.means.reshape(len(self.means), -1)


@dataclass(frozen=True)
class StoredLayer:
    """One layer's output for every word piece, half-precision, tweets end to end.

    Attributes:
        hidden: (all word pieces, dim) float16.
        tokens: tells where each tweet begins.
    """

    hidden: np.ndarray
    tokens: Tokens

    def batch(self, indices: np.ndarray) -> tuple[Tensor, Tensor]:
        """The output (batch, time, dim), padded, and its mask (batch, time)."""
        mask = mask_of(self.tokens.lengths[indices])
        padded = np.zeros((*mask.shape, self.hidden.shape[1]), dtype=np.float32)
        for row, i in enumerate(indices):
            hidden = self.hidden[self.tokens.starts[i] : self.tokens.starts[i + 1]]
            padded[row, : len(hidden)] = hidden
        return torch.from_numpy(padded), mask


def compute_features(
    encoder: DistilBertModel,
    tokens: Tokens,
    device: str = "cpu",
    keep_layer: int | None = None,
    on_batch: Callable[[int], None] = lambda count: None,
) -> tuple[Features, StoredLayer | None]:
    """Run the frozen encoder once over all tweets.

    Args:
        encoder: in evaluation mode, so that no dropout makes the features random.
        keep_layer: the layer whose output is kept for every word piece (0 for the embeddings).
        on_batch: told how many tweets were done.
    """
    config = encoder.config
    count, depth = len(tokens), config.n_layers + 1
    first = np.empty((count, config.dim), dtype=np.float32)
    means = np.empty((count, depth, config.dim), dtype=np.float32)
    kept = keep_layer is not None and np.empty((len(tokens.pieces), config.dim), dtype=np.float16)
    encoder.eval()
    for batch in batches_by_length(np.arange(count), tokens.lengths, BATCH_SIZE):
        input_ids, mask = (tensor.to(device) for tensor in tokens.batch(batch))
        with torch.inference_mode():
            states = encoder(
                input_ids=input_ids, attention_mask=mask, output_hidden_states=True
            ).hidden_states
            first[batch] = states[-1][:, 0].cpu().numpy()
            for layer, state in enumerate(states):
                means[batch, layer] = masked_mean(state, mask).cpu().numpy()
        if keep_layer is not None:
            _keep(kept, states[keep_layer].cpu().numpy(), tokens, batch)
        on_batch(len(batch))
    stored = StoredLayer(kept, tokens) if keep_layer is not None else None
    return Features(first, means), stored


def compute_lower_layers(
    encoder: DistilBertModel,
    tokens: Tokens,
    layer: int,
    device: str = "cpu",
    on_batch: Callable[[int], None] = lambda count: None,
) -> StoredLayer:
    """The output of `layer` alone, without running the layers above it."""
    kept = np.empty((len(tokens.pieces), encoder.config.dim), dtype=np.float16)
    encoder.eval()
    for batch in batches_by_length(np.arange(len(tokens)), tokens.lengths, BATCH_SIZE):
        input_ids, mask = (tensor.to(device) for tensor in tokens.batch(batch))
        with torch.inference_mode():
            hidden = encoder.embeddings(input_ids)
            for block in encoder.transformer.layer[:layer]:
                hidden = block(hidden, mask[:, None, None, :].bool())
        _keep(kept, hidden.cpu().numpy(), tokens, batch)
        on_batch(len(batch))
    return StoredLayer(kept, tokens)


def _keep(kept: np.ndarray, hidden: np.ndarray, tokens: Tokens, batch: np.ndarray) -> None:
    lengths = tokens.lengths
    for row, i in enumerate(batch):
        kept[tokens.starts[i] : tokens.starts[i + 1]] = hidden[row, : lengths[i]]
