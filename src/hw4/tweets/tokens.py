"""Q3: tweets as HuggingFace datasets of tokens, and as batches of about equal length."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from hw4.tweets.data import Tweets, clean_tweet

POOL = 16
"""Batches among which tweets of about the same length are brought together."""


def tokenize_batch(batch, tokenizer, max_length: int) -> dict[str, list]:
    """Token ids of a batch of tweets, for `Dataset.map(batched=True)`.

    Args:
        batch: has the column `text`.

    Returns:
        The columns `input_ids` and `attention_mask`, not padded, cut at `max_length`, and
        `whole_length`, the tokens there were before cutting.
    """
    texts = [clean_tweet(text) for text in batch["text"]]
    encoded = tokenizer(texts, truncation=True, max_length=max_length, padding=False)
    whole = tokenizer(texts, truncation=False, padding=False, verbose=False)
    return {**encoded, "whole_length": [len(ids) for ids in whole["input_ids"]]}


def to_dataset(tweets: Tweets, tokenizer, max_length: int):
    """`tweets` as a tokenized `datasets.Dataset` with `text`, `label` and tokens."""
    from datasets import Dataset, disable_progress_bars

    disable_progress_bars()
    dataset = Dataset.from_dict({"text": list(tweets.texts), "label": tweets.targets.tolist()})
    return dataset.map(
        tokenize_batch,
        batched=True,
        fn_kwargs={"tokenizer": tokenizer, "max_length": max_length},
    )


@dataclass(frozen=True)
class Tokens:
    """Token ids of many tweets, end to end.

    Attributes:
        ids: (all tokens,) int32.
        starts: (tweets + 1,) where each tweet begins in `ids`.
    """

    ids: np.ndarray
    starts: np.ndarray

    @classmethod
    def of(cls, *datasets) -> "Tokens":
        """The tokens of tokenized datasets, one after the other."""
        ids = [one for dataset in datasets for one in dataset["input_ids"]]
        starts = np.cumsum([0, *map(len, ids)])
        return cls(np.concatenate(ids).astype(np.int32), starts)

    @property
    def lengths(self) -> np.ndarray:
        """(tweets,) tokens of each tweet."""
        return np.diff(self.starts)

    def __len__(self) -> int:
        return len(self.starts) - 1

    def batch(self, idx: Sequence[int]) -> tuple[Tensor, Tensor]:
        """`input_ids` and `attention_mask` of the tweets at `idx`, padded: (batch, time)."""
        return self.padded(self.ids, idx).long(), self.mask(idx)

    def padded(self, values: np.ndarray, idx: Sequence[int]) -> Tensor:
        """What `values` (all tokens, ...) has for the tweets at `idx`: (batch, time, ...)."""
        rows = [torch.from_numpy(values[self.starts[i] : self.starts[i + 1]]) for i in idx]
        return nn.utils.rnn.pad_sequence(rows, batch_first=True)

    def mask(self, idx: Sequence[int]) -> Tensor:
        """1 for each token of the tweets at `idx`, 0 for padding: (batch, time)."""
        lengths = torch.from_numpy(self.lengths[idx])
        return (torch.arange(int(lengths.max())) < lengths[:, None]).long()


def batches_by_length(
    idx: np.ndarray,
    lengths: np.ndarray,
    batch_size: int,
    random: np.random.Generator | None = None,
) -> list[np.ndarray]:
    """`idx` in batches of sequences of about the same length, so that little is padding.

    Args:
        lengths: of all sequences.
        random: for training, shuffles sequences and batches; without it, sorted by length.
    """
    if random is None:
        return _cut(_by_length(idx, lengths), batch_size)
    batches = []
    for pool in _cut(random.permutation(idx), batch_size * POOL):
        batches += _cut(_by_length(pool, lengths), batch_size)
    return [batches[i] for i in random.permutation(len(batches))]


def _by_length(idx: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    return idx[np.argsort(lengths[idx], kind="stable")]


def _cut(idx: np.ndarray, size: int) -> list[np.ndarray]:
    return [idx[start : start + size] for start in range(0, len(idx), size)]
