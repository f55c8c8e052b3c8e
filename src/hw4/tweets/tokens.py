"""Q3: tweets as HuggingFace datasets of tokens, and as batches of about equal length."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

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


def padded(rows: Sequence[Sequence | np.ndarray]) -> tuple[Tensor, Tensor]:
    """Rows (time, ...) of different lengths as one tensor (batch, time, ...), padded with 0.

    With it comes the attention mask (batch, time), 1 for all that is no padding.
    """
    tensors = [torch.as_tensor(row) for row in rows]
    ones = [torch.ones(len(row), dtype=torch.long) for row in rows]
    return pad_sequence(tensors, batch_first=True), pad_sequence(ones, batch_first=True)


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
