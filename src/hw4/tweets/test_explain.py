"""The shares of words add up to the change of the decision."""

from dataclasses import replace

import numpy as np
import torch

from hw4.tweets.data import clean_tweet
from hw4.tweets.explain import explain, integrated_gradients
from hw4.tweets.made_up import made_up
from hw4.tweets.model import PooledClassifier
from hw4.tweets.test_model import trained_head
from hw4.tweets.tokens import padded


def test_shares_of_words_add_up_to_the_change_of_the_margin(prepared, small, arguments):
    from transformers import DistilBertTokenizerFast

    folder, tokens, *_ = prepared
    config = arguments("--pooling", "mean", "--epochs", "20", "--learning_rate", "0.01")
    model = trained_head(prepared, config)
    classifier = PooledClassifier(model, "mean").eval()
    ids, _ = padded([tokens[3]])
    shares, margin = integrated_gradients(classifier, ids, padding=0, steps=200)
    empty = torch.zeros_like(ids)
    empty[:, [0, -1]] = ids[:, [0, -1]]
    with torch.no_grad():
        logits = classifier(empty, torch.ones_like(ids))[0]
    change = margin - float(logits[1] - logits[0])
    assert abs(float(shares.sum()) - change) < 0.02 * max(1.0, abs(change))

    tokenizer = DistilBertTokenizerFast.from_pretrained(folder)
    tweet = replace(small[1].take([3]), targets=np.array([1]))
    trained = replace(made_up()["plain"].final, config=config, threshold=0.5)
    told = explain(model, trained, tokenizer, tweet)
    assert " ".join(told.words) == " ".join(clean_tweet(tweet.texts[0]).split())
    assert len(told.words) == len(told.shares)
    at_the_threshold = explain(
        model, replace(trained, threshold=told.probability), tokenizer, tweet
    )
    assert at_the_threshold.predicted == 0 and told.target == 1
