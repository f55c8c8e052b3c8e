"""What is known of tweets before a training: tokens, folds, the frozen encoder's outputs."""

import time
from collections.abc import Callable
from dataclasses import dataclass
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
from hw4.tweets.tokens import Tokens, batches_by_length, mask_of, to_dataset

BATCH_SIZE = 32
BIN = 4
"""Tokens a bar of the histogram of lengths."""


@dataclass(frozen=True)
class Features:
    """What heads see of each tweet: the first token's last output, and the means of all layers."""

    first: np.ndarray  # (tweets, dim)
    means: np.ndarray  # (tweets, layers + 1, dim), over the tokens; embeddings are a layer, too

    def pooled(self, pooling: str) -> np.ndarray:
        """As `model.pool` gives them: (tweets, dim) or (tweets, layers + 1, dim)."""
        if pooling == "first":
            return self.first
        return self.means[:, -1] if pooling == "mean" else self.means


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


@dataclass(frozen=True)
class StoredLayer:
    """One layer's output for every token, tweets end to end, and features of the whole encoder."""

    hidden: np.ndarray  # (all tokens, dim) float16
    tokens: Tokens
    features: Features

    @property
    def lengths(self) -> np.ndarray:
        """(tweets,) tokens of each tweet."""
        return self.tokens.lengths

    def pooled(self, pooling: str) -> np.ndarray:
        return self.features.pooled(pooling)

    def keep(self, batch: np.ndarray, hidden: np.ndarray) -> None:
        """Put the output (batch, time, dim) of the tweets at `batch` in its place."""
        for i, row in zip(batch, hidden, strict=True):
            start, end = self.tokens.starts[i : i + 2]
            self.hidden[start:end] = row[: end - start]

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
    features = Features(
        first=np.empty((count, config.dim), dtype=np.float32),
        means=np.empty((count, config.n_layers + 1, config.dim), dtype=np.float32),
    )
    stored = None
    if keep_layer is not None:
        hidden = np.empty((len(tokens.ids), config.dim), dtype=np.float16)
        stored = StoredLayer(hidden, tokens, features)
    encoder.eval()  # no dropout, or the features were random
    for batch in batches_by_length(np.arange(count), tokens.lengths, BATCH_SIZE):
        input_ids, mask = (tensor.to(device) for tensor in tokens.batch(batch))
        with torch.inference_mode():
            hidden_states = encoder(
                input_ids=input_ids, attention_mask=mask, output_hidden_states=True
            ).hidden_states  # layers + 1 of (batch, time, dim)
            features.first[batch] = hidden_states[-1][:, 0].cpu().numpy()
            for layer, hidden in enumerate(hidden_states):
                features.means[batch, layer] = masked_mean(hidden, mask).cpu().numpy()
        if stored is not None:
            stored.keep(batch, hidden_states[keep_layer].cpu().numpy())
        on_batch(len(batch))
    return features, stored


class Encoded:
    """Tweets as every classifier wants them: texts, tokens and the frozen encoder's outputs.

    Attributes:
        stored: pooled outputs, once they are stored, in place of running the encoder.
    """

    def __init__(self, tweets: Tweets, folder: Path, settings: Settings, work: Work):
        tokenizer = DistilBertTokenizerFast.from_pretrained(folder)
        dataset = to_dataset(tweets, tokenizer, settings.max_length)
        self.tweets, self.tokens = tweets, Tokens.of(dataset)
        self._whole_lengths = np.array(dataset["whole_length"])
        self.stored: Features | None = None
        self._folder, self._work = folder, work
        self._settings = settings

    @cached_property
    def run(self) -> tuple[Features, StoredLayer, float]:
        """Pooled outputs, the output of the last layer that stays frozen, and the seconds it took.

        That layer is kept in memory alone: it is hundreds of megabytes, of no use once the
        trainings are stored.
        """
        encoder = DistilBertModel.from_pretrained(self._folder, attn_implementation="sdpa")
        encoder.to(self._work.device)
        keep = max(0, encoder.config.n_layers - self._settings.unfrozen.unfreeze_layers)
        began = time.perf_counter()
        with self._work.bar(len(self.tokens), "frozen encoder, once over all tweets") as bar:
            features, layer = compute_features(
                encoder, self.tokens, self._work.device, keep, bar.update
            )
        return features, layer, time.perf_counter() - began

    @property
    def features(self) -> Features:
        return self.stored or self.run[0]

    @property
    def layer(self) -> StoredLayer:
        return self.run[1]

    def pooled(self, pooling: str) -> Pooled:
        return Pooled(self.features.pooled(pooling))

    def lengths(self) -> Lengths:
        whole, longest = self._whole_lengths, self._settings.max_length
        edges = np.arange(0, whole.max() + BIN + 1, BIN)
        by_class = (whole[self.tweets.targets == target] for target in (0, 1))
        return Lengths(
            edges=tuple(edges.tolist()),
            counts=tuple(tuple(np.histogram(one, edges)[0].tolist()) for one in by_class),
            median=float(np.median(whole)),
            longest=int(whole.max()),
            max_length=longest,
            cut=int((whole > longest).sum()),
        )


@dataclass(frozen=True)
class Development:
    """What searches, trainings and selection are given: all but the test tweets.

    Attributes:
        common: what every stored part depends on, besides its own settings.
        folder: of the pre-trained model.
        train, validation: places in `encoded`, which holds both.
        folds: the validation tweets, then the training tweets in parts, stratified.
    """

    settings: Settings
    work: Work
    common: tuple
    folder: Path
    encoded: Encoded
    encoder: EncoderUsed
    train: np.ndarray
    validation: np.ndarray
    folds: tuple[np.ndarray, ...]

    @property
    def targets(self) -> np.ndarray:
        return self.encoded.tweets.targets

    def without(self, fold: int | None) -> np.ndarray:
        """The tweets that a training sees: all but those of a fold, or all."""
        everything = np.arange(len(self.targets))
        return everything if fold is None else np.setdiff1d(everything, self.folds[fold])

    def place(self, config: TrainConfig, fold: int | None) -> tuple:
        """What a stored training depends on."""
        return self.common, self.settings.folds, config, fold


def develop(
    settings: Settings,
    work: Work,
    source: EncoderSource,
    folder: Path,
    train: Tweets,
    validation: Tweets,
) -> Development:
    """Tokenize and encode training and validation tweets, or read what is stored of it."""
    common = (source.identity, settings.tweets, settings.stand_in, settings.common)
    encoded = Encoded(train + validation, folder, settings, work)

    def compute() -> Outcome[EncoderUsed]:
        features, _, seconds = encoded.run
        model = DistilBertModel.from_pretrained(folder)
        used = EncoderUsed(
            *source.identity,
            layers=model.config.n_layers,
            heads=model.config.n_heads,
            hidden_size=model.config.dim,
            vocabulary=model.config.vocab_size,
            parameters=model.num_parameters(),
            seconds=seconds,
        )
        return Outcome(used, {"first": features.first, "means": features.means})

    outcome = work.part("features", common, EncoderUsed, compute)
    encoded.stored = Features(**outcome.tensors)
    places = np.split(np.arange(len(encoded.tweets)), [len(train)])
    folds = make_folds(encoded.tweets.targets, *places, settings.folds, settings.seed)
    return Development(settings, work, common, folder, encoded, outcome.result, *places, folds)


def make_folds(
    targets: np.ndarray, train: np.ndarray, validation: np.ndarray, count: int, seed: int
) -> tuple[np.ndarray, ...]:
    """The validation tweets, and the training tweets in `count` - 1 parts, stratified by class."""
    if count < 3:
        return (validation, train)[:count]
    parts = StratifiedKFold(count - 1, shuffle=True, random_state=seed)
    return (validation, *(train[idx] for _, idx in parts.split(train, targets[train])))
