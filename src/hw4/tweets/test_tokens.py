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


def test_training_has_its_batches_in_another_order_each_time():
    idx, lengths, random = np.arange(900), np.full(900, 7), np.random.default_rng(1)
    one, other = (batches_by_length(idx, lengths, 10, random) for _ in range(2))
    assert len({tuple(sorted(batch)) for batch in one + other}) == 180, "others lie together"
    assert not np.array_equal(np.sort(np.concatenate(one[:16])), np.arange(160))
    in_order = batches_by_length(idx[:160], idx, 10, np.random.default_rng(1))
    assert [batch[0] for batch in in_order] != sorted(batch[0] for batch in in_order)


def test_tokenize_batch_cuts_and_counts(small):
    from transformers import DistilBertTokenizerFast

    tokenizer = DistilBertTokenizerFast.from_pretrained(small[0])
    made = tokenize_batch({"text": ["bleach " * 40, "heat"]}, tokenizer, 16)
    assert [len(ids) for ids in made["input_ids"]] == [16, 3]
    assert made["whole_length"] == [42, 3]
    link, account = (
        tokenize_batch({"text": [text]}, tokenizer, 16)["input_ids"]
        for text in ("see https://x.org/1 @her", "see http @user")
    )
    assert link == account, "tweets are cleaned"
