"""Which words decided: gradients times inputs, averaged on the way from an empty tweet."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from transformers import DistilBertForSequenceClassification, DistilBertTokenizerFast

from hw4.foundation.work import Outcome
from hw4.tweets.data import Tweets, clean_tweet
from hw4.tweets.model import PooledClassifier
from hw4.tweets.result import Explained
from hw4.tweets.trained import Trained
from hw4.tweets.training import restored

STEPS = 24
SHORTEST, LONGEST = 7, 26
"""Words of a tweet that is printed: enough to decide on, and not too many for a list."""
UNFIT = ("fuck", "shit", "bitch", "nigg", "rape", "whore", "dick", "pussy", " ass ")
"""Tweets with these are not printed in a submission."""


def explain_most_decided(
    folder: Path,
    row: Outcome[Trained],
    test: Tweets,
    probabilities: np.ndarray,
    wanted: dict[tuple[int, int], int],
) -> tuple[Explained, ...]:
    """Explain a row's decisions on the test tweets that are farthest from its threshold.

    Args:
        folder: of the pre-trained model; the row has the weights that were trained.
        probabilities: of class 1 by this row (tweets,).
        wanted: how many tweets of each (target, prediction).
    """
    trained = row.result
    model = restored(folder, trained.config, row.tensors)
    tokenizer = DistilBertTokenizerFast.from_pretrained(folder)
    predictions = (probabilities > trained.threshold).astype(int)
    farthest = np.argsort(-np.abs(probabilities - trained.threshold), kind="stable")
    chosen: list[int] = []
    for outcome, count in wanted.items():
        fitting = [i for i in farthest if (test.targets[i], predictions[i]) == outcome]
        chosen += [i for i in fitting if presentable(test.texts[i])][:count]
    return tuple(explain(model, trained, tokenizer, test.take([i])) for i in chosen)


def presentable(text: str) -> bool:
    text = clean_tweet(text)
    fits = text.isascii() and SHORTEST <= len(text.split()) <= LONGEST
    return fits and not any(word in text.casefold() for word in UNFIT)


def explain(
    model: DistilBertForSequenceClassification, trained: Trained, tokenizer, tweet: Tweets
) -> Explained:
    """Explain the decision of a `trained` model on one tweet by integrated gradients.

    Gradient × input at the word embeddings, averaged over a straight path from the embeddings of
    padding to those of the tweet; the shares then add up to the change of the logit difference
    (Sundararajan, Taly and Yan 2017, "Axiomatic attribution for deep networks").
    """
    text = clean_tweet(tweet.texts[0])
    encoded = tokenizer(
        text, truncation=True, max_length=trained.config.max_length, return_offsets_mapping=True
    )
    input_ids = torch.tensor([encoded["input_ids"]])
    classifier = PooledClassifier(model, trained.config.pooling).eval()
    by_token, margin = integrated_gradients(classifier, input_ids, tokenizer.pad_token_id)
    words, shares = _by_word(text, encoded["offset_mapping"], by_token.tolist())
    probability = float(torch.sigmoid(torch.tensor(margin)))
    predicted = int(probability > trained.threshold)
    return Explained(words, shares, int(tweet.targets[0]), probability, predicted)


def integrated_gradients(
    classifier: PooledClassifier, input_ids: Tensor, padding: int, steps: int = STEPS
) -> tuple[Tensor, float]:
    """The share of each token (time,), and the logit of class 1 minus that of class 0.

    Args:
        input_ids: (1, time), special tokens included; these keep their embeddings all along.
    """
    embed = classifier.encoder.get_input_embeddings()
    with torch.no_grad():
        tweet = embed(input_ids)  # (1, time, dim)
        empty = embed(torch.full_like(input_ids, padding))
        empty[:, [0, -1]] = tweet[:, [0, -1]]
    middle = (torch.arange(steps, dtype=torch.float32) + 0.5) / steps
    path = (empty + middle[:, None, None] * (tweet - empty)).requires_grad_()
    mask = torch.ones(path.shape[:2], dtype=torch.long)
    logits = classifier(None, mask, inputs_embeds=path)  # (steps, 2)
    (gradient,) = torch.autograd.grad((logits[:, 1] - logits[:, 0]).sum(), path)
    shares = (gradient.mean(dim=0) * (tweet - empty)[0]).sum(dim=-1)
    with torch.no_grad():
        final = classifier(input_ids, mask[:1])[0]
    return shares.detach(), float(final[1] - final[0])


def _by_word(
    text: str, offsets: list[tuple[int, int]], by_token: list[float]
) -> tuple[tuple[str, ...], tuple[float, ...]]:
    """The shares of tokens, added up over words between white space."""
    words: list[str] = []
    shares: list[float] = []
    last_end = -1
    for (start, end), share in zip(offsets, by_token, strict=True):
        if start == end:  # a special token
            continue
        if words and start == last_end:
            words[-1] += text[start:end]
            shares[-1] += share
        else:
            words.append(text[start:end])
            shares.append(share)
        last_end = end
    return tuple(words), tuple(shares)
