"""Q3: tweets as HuggingFace datasets of word pieces, and as batches of about equal length."""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from hw4.tweets.data import Tweets

_LINK = re.compile(r"(https?://|pic\.twitter\.com/)\S+")
_MENTION = re.compile(r"@\w+")
POOL = 16
"""Batches among which tweets of about the same length are brought together."""


def clean_tweet(text: str) -> str:
    """`text` with `&amp;` as &, every link as `http` and every account as `@user`.

    What a shortened link or an account is called says nothing about a claim, yet costs six to ten
    word pieces each. (A name in print would not be ours to publish, either.)
    """
    return _MENTION.sub("@user", _LINK.sub("http", html.unescape(text)))


def tokenize_batch(batch, tokenizer, max_length: int) -> dict[str, list]:
    """Word pieces of a batch of tweets, for `Dataset.map(batched=True)`.

    Args:
        batch: has the column `text`.

    Returns:
        The columns `input_ids` and `attention_mask`, not padded, cut at `max_length`, and
        `whole_length`, the word pieces there were before cutting.
    """
    texts = [clean_tweet(text) for text in batch["text"]]
    encoded = tokenizer(texts, truncation=True, max_length=max_length, padding=False)
    whole = tokenizer(texts, truncation=False, padding=False, verbose=False)
    return {**encoded, "whole_length": [len(ids) for ids in whole["input_ids"]]}


def to_dataset(tweets: Tweets, tokenizer, max_length: int):
    """`tweets` as a tokenized `datasets.Dataset` with `text`, `label` and word pieces."""
    from datasets import Dataset, disable_progress_bars

    disable_progress_bars()
    dataset = Dataset.from_dict({"text": list(tweets.texts), "label": tweets.labels.tolist()})
    return dataset.map(
        tokenize_batch,
        batched=True,
        fn_kwargs={"tokenizer": tokenizer, "max_length": max_length},
    )


@dataclass(frozen=True)
class Tokens:
    """Word pieces of many tweets, end to end.

    Attributes:
        pieces: (all word pieces,) int32.
        starts: (tweets + 1,) where each tweet begins in `pieces`.
    """

    pieces: np.ndarray
    starts: np.ndarray

    @classmethod
    def of(cls, *datasets) -> "Tokens":
        """The word pieces of tokenized datasets, one after the other."""
        ids = [piece for dataset in datasets for piece in dataset["input_ids"]]
        lengths = np.array([len(piece) for piece in ids], dtype=np.int64)
        starts = np.concatenate([[0], np.cumsum(lengths)])
        return cls(np.concatenate(ids).astype(np.int32), starts)

    @property
    def lengths(self) -> np.ndarray:
        """(tweets,) word pieces of each tweet."""
        return np.diff(self.starts)

    def __len__(self) -> int:
        return len(self.starts) - 1

    def batch(self, indices: Sequence[int]) -> tuple[Tensor, Tensor]:
        """`input_ids` and `attention_mask` of the tweets at `indices`, padded: (batch, time)."""
        lengths = self.lengths[indices]
        input_ids = torch.zeros(len(lengths), int(lengths.max()), dtype=torch.long)
        for row, i in enumerate(indices):
            pieces = self.pieces[self.starts[i] : self.starts[i + 1]]
            input_ids[row, : len(pieces)] = torch.from_numpy(pieces.astype(np.int64))
        return input_ids, mask_of(lengths)


def mask_of(lengths: np.ndarray) -> Tensor:
    """The attention mask for sequences of `lengths`: (batch, time), 1 for a word piece."""
    positions = torch.arange(int(lengths.max()))
    return (positions < torch.as_tensor(lengths)[:, None]).long()


def batches_by_length(
    indices: np.ndarray,
    lengths: np.ndarray,
    batch_size: int,
    random: np.random.Generator | None = None,
) -> list[np.ndarray]:
    """`indices` in batches of sequences of about the same length, so that little is padding.

    Args:
        indices: which sequences.
        lengths: of all sequences.
        random: for training, shuffles sequences and batches; without it, sorted by length.
    """
    if random is None:
        order = indices[np.argsort(lengths[indices], kind="stable")]
        return _cut(order, batch_size)
    shuffled = _cut(random.permutation(indices), batch_size * POOL)
    batches = [
        batch
        for pool in shuffled
        for batch in _cut(pool[np.argsort(lengths[pool], kind="stable")], batch_size)
    ]
    return [batches[i] for i in random.permutation(len(batches))]


def _cut(indices: np.ndarray, size: int) -> list[np.ndarray]:
    return [indices[start : start + size] for start in range(0, len(indices), size)]
