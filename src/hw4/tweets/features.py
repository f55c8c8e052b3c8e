"""What is known of tweets before a training: tokens, folds, the frozen encoder's outputs."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from sklearn.model_selection import StratifiedKFold
from torch import Tensor
from transformers import DistilBertModel, DistilBertTokenizerFast

from hw4.foundation.work import Outcome, Work
from hw4.tweets.arguments import TrainConfig
from hw4.tweets.data import Tweets
from hw4.tweets.encoder import EncoderSource
from hw4.tweets.model import masked_mean
from hw4.tweets.result import EncoderUsed, Lengths, Settings
from hw4.tweets.tokens import Tokens, batches_by_length, to_dataset

BATCH_SIZE = 32
BIN = 4
"""Tokens a bar of the histogram of lengths."""


@dataclass(frozen=True)
class Features:
    """The frozen encoder's outputs for tweets: what a training needs to know of the encoder.

    Attributes:
        first: the last output of the first token (tweets, dim).
        means: the mean output over the tokens, of every layer and of the embeddings (tweets,
            layers + 1, dim).
        hidden: one layer's output for all tokens, tweets end to end (all tokens, dim) float16.
    """

    tokens: Tokens
    first: np.ndarray
    means: np.ndarray
    hidden: np.ndarray | None = None

    @property
    def lengths(self) -> np.ndarray:
        """(tweets,) tokens of each tweet."""
        return self.tokens.lengths

    def pooled(self, pooling: str) -> np.ndarray:
        """As `model.pool` gives them: (tweets, dim) or (tweets, layers + 1, dim)."""
        if pooling == "first":
            return self.first
        return self.means[:, -1] if pooling == "mean" else self.means

    def batch(self, idx: np.ndarray) -> tuple[Tensor, Tensor, Tensor]:
        """What `UpperLayers` take: `hidden`, padded, its mask (batch, time), and the means."""
        hidden = self.tokens.padded(self.hidden, idx).float()  # (batch, time, dim)
        return hidden, self.tokens.mask(idx), torch.from_numpy(self.means[idx])


@dataclass(frozen=True)
class Pooled:
    """What a head alone is trained on: `values` (tweets, dim) or (tweets, layers + 1, dim)."""

    values: np.ndarray

    @property
    def lengths(self) -> np.ndarray:
        """(tweets,) all the same: there is nothing to pad."""
        return np.ones(len(self.values), dtype=int)

    def pooled(self, pooling: str) -> np.ndarray:
        return self.values

    def batch(self, idx: np.ndarray) -> tuple[Tensor]:
        return (torch.from_numpy(self.values[idx]),)


def compute_features(
    encoder: DistilBertModel,
    tokens: Tokens,
    device: str = "cpu",
    keep_layer: int | None = None,
    on_batch: Callable[[int], None] = lambda count: None,
) -> Features:
    """Run the frozen encoder once over all tweets.

    Args:
        keep_layer: the layer whose output is kept as `hidden` (0 for the embeddings), if any.
        on_batch: told how many tweets were done.
    """
    config, count = encoder.config, len(tokens)
    first = np.empty((count, config.dim), dtype=np.float32)
    means = np.empty((count, config.n_layers + 1, config.dim), dtype=np.float32)
    kept = None
    if keep_layer is not None:
        kept = np.empty((len(tokens.ids), config.dim), dtype=np.float16)
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
            for i, row in zip(batch, hidden_states[keep_layer].cpu().numpy(), strict=True):
                start, end = tokens.starts[i : i + 2]
                kept[start:end] = row[: end - start]
        on_batch(len(batch))
    return Features(tokens, first, means, kept)


class Development:
    """What searches, trainings and selection are given: all but the test tweets.

    Attributes:
        folder: of the pre-trained model.
        common: what every stored part depends on, besides its own settings.
        tweets: for training, then those for validation.
        features: of all tweets, without `hidden`.
        train, validation: places in `tweets`.
        folds: the validation tweets, then the training tweets in parts, stratified.
    """

    def __init__(
        self,
        settings: Settings,
        work: Work,
        source: EncoderSource,
        folder: Path,
        train: Tweets,
        validation: Tweets,
    ):
        self.settings, self.work, self.source, self.folder = settings, work, source, folder
        self.tweets = train + validation
        self.targets = self.tweets.targets
        self.train, self.validation = np.split(np.arange(len(self.tweets)), [len(train)])
        self.folds = make_folds(
            self.targets, self.train, self.validation, settings.folds, settings.seed
        )
        dataset = self.tokenized(self.tweets)
        self.tokens = Tokens.of(dataset)
        self._whole_lengths = np.array(dataset["whole_length"])
        self.common = (source.identity, settings.tweets, settings.stand_in, settings.common)
        stored = work.part("features", self.common, EncoderUsed, self._encode)
        self.encoder = stored.result
        self.features = Features(self.tokens, **stored.tensors)

    def place(self, config: TrainConfig, fold: int | None) -> tuple:
        """What a stored training depends on."""
        return self.common, self.settings.folds, config, fold

    def without(self, fold: int | None) -> np.ndarray:
        """The tweets that a training sees: all but those of a fold, or all."""
        everything = np.arange(len(self.targets))
        return everything if fold is None else np.setdiff1d(everything, self.folds[fold])

    def tokenized(self, tweets: Tweets):
        """`tweets` as a HuggingFace dataset."""
        tokenizer = DistilBertTokenizerFast.from_pretrained(self.folder)
        return to_dataset(tweets, tokenizer, self.settings.max_length)

    def encode(self, tokens: Tokens) -> Features:
        """Run the encoder, and keep the output of the last layer that is not trained."""
        encoder = DistilBertModel.from_pretrained(self.folder, attn_implementation="sdpa")
        encoder.to(self.work.device)
        keep = max(0, encoder.config.n_layers - self.settings.unfrozen.unfreeze_layers)
        with self.work.bar(len(tokens), "frozen encoder, once over all tweets") as bar:
            return compute_features(encoder, tokens, self.work.device, keep, bar.update)

    @cached_property
    def features_by_token(self) -> Features:
        """With `hidden`: hundreds of megabytes, of no use once the trainings are stored.

        So they are kept in memory alone, and are computed again if a training needs them.
        """
        return self.encode(self.tokens)

    def _encode(self) -> Outcome[EncoderUsed]:
        began = time.perf_counter()
        features = self.features_by_token
        seconds = time.perf_counter() - began
        model = DistilBertModel.from_pretrained(self.folder)
        used = EncoderUsed(
            replace(self.source, folder=None),
            layers=model.config.n_layers,
            heads=model.config.n_heads,
            hidden_size=model.config.dim,
            vocabulary=model.config.vocab_size,
            parameters=model.num_parameters(),
            seconds=seconds,
        )
        return Outcome(used, {"first": features.first, "means": features.means})

    def lengths(self) -> Lengths:
        """How many tokens the tweets of each class have before they are cut."""
        whole, longest = self._whole_lengths, self.settings.max_length
        edges = np.arange(0, whole.max() + BIN + 1, BIN)
        by_class = (whole[self.targets == target] for target in (0, 1))
        return Lengths(
            edges=tuple(edges.tolist()),
            counts=tuple(tuple(np.histogram(one, edges)[0].tolist()) for one in by_class),
            median=float(np.median(whole)),
            longest=int(whole.max()),
            max_length=longest,
            cut=int((whole > longest).sum()),
        )


def make_folds(
    targets: np.ndarray, train: np.ndarray, validation: np.ndarray, count: int, seed: int
) -> tuple[np.ndarray, ...]:
    """The validation tweets, and the training tweets in `count` - 1 parts, stratified by class."""
    if count < 3:
        return (validation, train)[:count]
    parts = StratifiedKFold(count - 1, shuffle=True, random_state=seed)
    return (validation, *(train[idx] for _, idx in parts.split(train, targets[train])))
