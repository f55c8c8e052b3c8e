"""Tokens as batches: everything once, little padding."""

import numpy as np

from hw4.tweets.tokens import batches_by_length, tokenize_batch


def test_batches_hold_everything_once_and_like_lengths_together():
    lengths = np.random.default_rng(0).integers(3, 60, size=500)
    idx = np.arange(100, 500)
    for random in (None, np.random.default_rng(1)):
        batches = batches_by_length(idx, lengths, 32, random)
        assert sorted(np.concatenate(batches)) == idx.tolist()
        padded = sum(lengths[batch].max() * len(batch) for batch in batches)
        assert padded < 1.2 * lengths[idx].sum()


def test_tokenize_batch_cuts_and_counts(small):
    from transformers import DistilBertTokenizerFast

    tokenizer = DistilBertTokenizerFast.from_pretrained(small[0])
    made = tokenize_batch({"text": ["bleach " * 40, "heat"]}, tokenizer, 16)
    assert [len(ids) for ids in made["input_ids"]] == [16, 3]
    assert made["whole_length"] == [42, 3]
