"""What is known of tweets before a training: tokens, folds, the frozen encoder's outputs."""

import time
from collections.abc import Callable, Sequence
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
from hw4.tweets.tokens import batches_by_length, padded, to_dataset

BATCH_SIZE = 32
BIN = 4
"""Tokens a bar of the histogram of lengths."""


@dataclass(frozen=True)
class Features:
    """The frozen encoder's outputs for tweets.

    Attributes:
        first: the last output of the first token (tweets, dim).
        means: the mean output over the tokens, of the embeddings and of every layer (tweets,
            layers + 1, dim).
        hidden: of each tweet, one layer's output for all tokens (time, dim) float16; or nothing.
    """

    first: np.ndarray
    means: np.ndarray
    hidden: tuple[np.ndarray, ...] = ()

    @property
    def lengths(self) -> np.ndarray:
        """(tweets,) tokens of each tweet."""
        return np.array([len(one) for one in self.hidden])

    def pooled(self, pooling: str) -> np.ndarray:
        """As `model.pool` gives them: (tweets, dim) or (tweets, layers + 1, dim)."""
        if pooling == "first":
            return self.first
        return self.means[:, -1] if pooling == "mean" else self.means

    def batch(self, idx: np.ndarray) -> tuple[Tensor, Tensor, Tensor]:
        """What `UpperLayers` take: `hidden` (batch, time, dim), its mask, and the means."""
        hidden, mask = padded([self.hidden[i] for i in idx])
        return hidden.float(), mask, torch.from_numpy(self.means[idx])


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
    tokens: Sequence[Sequence[int]],
    device: str = "cpu",
    keep_layer: int = 0,
    on_batch: Callable[[int], None] = lambda count: None,
) -> Features:
    """Run the frozen encoder once over all tweets.

    Args:
        tokens: ids of each tweet's.
        keep_layer: the layer whose output is kept as `hidden`; 0 for the embeddings.
        on_batch: told how many tweets were done.
    """
    config, count = encoder.config, len(tokens)
    first = np.empty((count, config.dim), dtype=np.float32)
    means = np.empty((count, config.n_layers + 1, config.dim), dtype=np.float32)
    kept = [np.empty(0)] * count
    lengths = np.array([len(ids) for ids in tokens])
    encoder.eval()  # no dropout, or the features were random
    for batch in batches_by_length(np.arange(count), lengths, BATCH_SIZE):
        input_ids, mask = (tensor.to(device) for tensor in padded([tokens[i] for i in batch]))
        with torch.inference_mode():
            hidden_states = encoder(
                input_ids=input_ids, attention_mask=mask, output_hidden_states=True
            ).hidden_states  # layers + 1 of (batch, time, dim)
            first[batch] = hidden_states[-1][:, 0].cpu().numpy()
            for layer, hidden in enumerate(hidden_states):
                means[batch, layer] = masked_mean(hidden, mask).cpu().numpy()
        for i, hidden in zip(batch, hidden_states[keep_layer].half().cpu().numpy(), strict=True):
            kept[i] = hidden[: lengths[i]].copy()  # not the padding, which would be kept as well
        on_batch(len(batch))
    return Features(first, means, tuple(kept))


class Development:
    """What searches, trainings and selection are given: all but the test tweets.

    Attributes:
        folder: of the pre-trained model.
        tweets: for training, then those for validation; `train` and `validation` are their places.
        folds: the validation tweets, then the training tweets in parts, stratified.
        common: what every stored part depends on, besides its own settings.
        features: of all tweets, without `hidden`.
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
        parts = (self.targets, self.train, self.validation)
        self.folds = make_folds(*parts, settings.folds, settings.seed)
        self.dataset = self.tokenized(self.tweets)
        self.common = (source.identity, settings.tweets, settings.stand_in, settings.common)
        stored = work.part("features", self.common, EncoderUsed, self._encode)
        self.encoder = stored.result
        self.features = Features(**stored.tensors)

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

    def encode(self, dataset) -> Features:
        """Run the encoder, and keep the output of the last layer that is not trained."""
        encoder = DistilBertModel.from_pretrained(self.folder, attn_implementation="sdpa")
        encoder.to(self.work.device)
        keep = max(0, encoder.config.n_layers - self.settings.unfrozen.unfreeze_layers)
        with self.work.bar(len(dataset), "frozen encoder, once over all tweets") as bar:
            tokens = dataset["input_ids"][:]
            return compute_features(encoder, tokens, self.work.device, keep, bar.update)

    @cached_property
    def features_by_token(self) -> Features:
        """With `hidden`: hundreds of megabytes, of no use once the trainings are stored.

        So they are kept in memory alone, and are computed again if a training needs them.
        """
        return self.encode(self.dataset)

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
        whole, longest = np.array(self.dataset["whole_length"]), self.settings.max_length
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
