"""Which words decided: gradients times inputs, averaged on the way from an empty tweet."""

import torch
from torch import Tensor
from transformers import DistilBertForSequenceClassification

from hw4.tweets.model import PooledClassifier
from hw4.tweets.records import Explained
from hw4.tweets.tokens import clean_tweet

STEPS = 24


def explain(
    model: DistilBertForSequenceClassification,
    pooling: str,
    tokenizer,
    text: str,
    label: int,
    threshold: float,
    max_length: int,
) -> Explained:
    """Explain the model's decision on `text` by integrated gradients.

    Gradient × input at the word embeddings, averaged over a straight path from the embeddings of
    padding to those of the tweet; the shares then add up to the change of the logit difference
    (Sundararajan, Taly and Yan 2017, "Axiomatic attribution for deep networks").
    """
    text = clean_tweet(text)
    encoded = tokenizer(text, truncation=True, max_length=max_length, return_offsets_mapping=True)
    input_ids = torch.tensor([encoded["input_ids"]])
    classifier = PooledClassifier(model, pooling).eval()
    pieces, margin = integrated_gradients(classifier, input_ids, tokenizer.pad_token_id)
    words, shares = _by_word(text, encoded["offset_mapping"], pieces.tolist())
    probability = float(torch.sigmoid(torch.tensor(margin)))
    return Explained(
        words=words,
        shares=shares,
        label=int(label),
        probability=probability,
        predicted=int(probability > threshold),
    )


def integrated_gradients(
    classifier: PooledClassifier, input_ids: Tensor, padding: int, steps: int = STEPS
) -> tuple[Tensor, float]:
    """The share of each word piece (time,), and the logit of class 1 minus that of class 0.

    Args:
        input_ids: (1, time), special tokens included; these keep their embeddings all along.
    """
    embed = classifier.encoder.get_input_embeddings()
    with torch.no_grad():
        there = embed(input_ids)
        empty = embed(torch.full_like(input_ids, padding))
        empty[:, [0, -1]] = there[:, [0, -1]]
    middle = (torch.arange(steps, dtype=torch.float32) + 0.5) / steps
    path = (empty + middle[:, None, None] * (there - empty)).requires_grad_()
    mask = torch.ones(path.shape[:2], dtype=torch.long)
    logits = classifier(None, mask, inputs_embeds=path)
    (gradient,) = torch.autograd.grad((logits[:, 1] - logits[:, 0]).sum(), path)
    shares = (gradient.mean(dim=0) * (there - empty)[0]).sum(dim=-1)
    with torch.no_grad():
        final = classifier(input_ids, mask[:1])[0]
    return shares.detach(), float(final[1] - final[0])


def _by_word(
    text: str, offsets: list[tuple[int, int]], pieces: list[float]
) -> tuple[tuple[str, ...], tuple[float, ...]]:
    """The shares of word pieces, added up over words between white space."""
    words: list[str] = []
    shares: list[float] = []
    last_end = -1
    for (start, end), share in zip(offsets, pieces, strict=True):
        if start == end:  # a special token
            continue
        if words and not text[last_end:start].strip() and start == last_end:
            words[-1] += text[start:end]
            shares[-1] += share
        else:
            words.append(text[start:end])
            shares.append(share)
        last_end = end
    return tuple(words), tuple(shares)
