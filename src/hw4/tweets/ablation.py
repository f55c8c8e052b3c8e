"""Every row of the ablation and every baseline, ready to be selected and to judge."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from hw4.foundation.experiment import Outcome
from hw4.foundation.scores import f1_macro
from hw4.tweets.arguments import TrainConfig
from hw4.tweets.baselines import FITS, Inputs, held_out_probabilities
from hw4.tweets.development import (
    Development,
    Encoded,
    Training,
    restored,
    train_heads,
    train_upper,
)
from hw4.tweets.model import Head
from hw4.tweets.search import HALF
from hw4.tweets.training import best_threshold, head_probabilities, upper_probabilities
from hw4.tweets.variant import Epoch


@dataclass(frozen=True)
class Candidate:
    """A trained classifier that may be selected.

    Attributes:
        before: the candidate that it changes in one point; empty for none.
        config: None for a baseline.
        held_out: (tweets,) probability of class 1 by models that were not trained on the tweet;
            NaN where there is none. Those of the validation tweets come from the training tweets.
        final: what the training on training and validation tweets brought, with its weights.
        epochs: of the unfrozen layers on the training tweets.
        strength: inverse to the regularization of what needs no network.
    """

    key: str
    before: str
    config: TrainConfig | None
    tuned: bool
    threshold: float
    held_out: np.ndarray
    final: Outcome[Training] = field(default_factory=lambda: Outcome(Training(0.0, 0)))
    epochs: tuple[Epoch, ...] = ()
    strength: float = 0.0


def frozen_head(
    dev: Development, key: str, before: str, config: TrainConfig, tuned: bool
) -> Candidate:
    """A head cross-validated, then trained on training and validation tweets together."""
    folds = range(len(dev.folds))
    *runs, final = train_heads(dev, [*((config, fold) for fold in folds), (config, None)])
    held_out = _held_out(dev, runs)
    return Candidate(key, before, config, tuned, threshold(dev, held_out, tuned), held_out, final)


def unfrozen_layers(
    dev: Development, key: str, before: Candidate, config: TrainConfig
) -> Candidate:
    """The last layers and a head: held-out predictions of some folds, then trained on all.

    Too few tweets are held out for a threshold of its own, so as large a share of them is called
    class 0 as `before` calls of all tweets.
    """
    runs = [train_upper(dev, config, fold) for fold in range(dev.settings.unfrozen_folds)]
    final = train_upper(dev, config, None)
    held_out = _held_out(dev, runs)
    share = float((before.held_out <= before.threshold).mean())
    cut = float(np.nanquantile(held_out, share, method="lower"))
    epochs = runs[0].result.epochs
    return Candidate(key, before.key, config, True, cut, held_out, final, epochs)


def fitted(
    dev: Development, key: str, before: str = "", config: TrainConfig | None = None
) -> Candidate:
    """What needs no network, cross-validated for each strength of its regularization.

    The strength whose held-out predictions are best at their best threshold is taken; `judge` fits
    it to training and validation tweets together.
    """
    _, strengths = FITS[key]
    inputs = inputs_of(key, dev.encoded)

    def compute() -> Outcome[Training]:
        found = held_out_probabilities(key, inputs, dev.targets, dev.folds, dev.settings.jobs)
        size = inputs.shape[1] + 1 if isinstance(inputs, np.ndarray) else 0
        return Outcome(Training(0.0, size), {"probabilities": found})

    part = dev.work.part(f"fit {key}", (dev.common, dev.settings.folds), Training, compute)
    every = part.tensors["probabilities"]  # (strengths, tweets)
    tuned = len(strengths) > 1
    cuts = [threshold(dev, held_out, tuned) for held_out in every]
    scores = [f1_macro(dev.targets, p > cut) for p, cut in zip(every, cuts, strict=True)]
    best = int(np.argmax(scores))
    return Candidate(
        *(key, before, config, tuned, cuts[best], every[best]),
        final=Outcome(part.result),
        strength=strengths[best],
    )


def inputs_of(key: str, encoded: Encoded) -> Inputs:
    """What is fitted to: texts, or the means of all layers side by side."""
    if key != "linear":
        return encoded.tweets.texts
    means = encoded.features.means  # (tweets, layers + 1, dim)
    return means.reshape(len(means), -1)


def threshold(dev: Development, held_out: np.ndarray, tuned: bool) -> float:
    """One half, or the best one for held-out predictions of training and validation tweets."""
    known = ~np.isnan(held_out)
    return best_threshold(dev.targets[known], held_out[known]) if tuned else HALF


def validation_f1_macro(dev: Development, candidate: Candidate) -> float:
    """Of the candidate's model that was trained on the training tweets."""
    idx = dev.validation
    return f1_macro(dev.targets[idx], candidate.held_out[idx] > candidate.threshold)


def cv_f1_macro(dev: Development, candidate: Candidate) -> float:
    """Of the held-out predictions that there are."""
    known = ~np.isnan(candidate.held_out)
    predictions = candidate.held_out[known] > candidate.threshold
    return f1_macro(dev.targets[known], predictions)


def judge(dev: Development, candidate: Candidate, encoded: Encoded) -> np.ndarray:
    """Probability of class 1 for new tweets, by the final model: (tweets,)."""
    config = candidate.config
    if candidate.key in FITS:
        fit, _ = FITS[candidate.key]
        inputs, new = inputs_of(candidate.key, dev.encoded), inputs_of(candidate.key, encoded)
        (predict,) = fit(inputs, dev.targets, [candidate.strength])
        return predict(new)
    model = restored(dev, config, candidate.final.tensors)
    if config.unfreeze_layers:
        everything = np.arange(len(encoded.tweets))
        return upper_probabilities(config, model, encoded.layer, everything, dev.work.device)
    return head_probabilities(Head(model), encoded.features.pooled(config.pooling))


def _held_out(dev: Development, runs: Sequence[Outcome[Training]]) -> np.ndarray:
    held_out = np.full(len(dev.tweets), np.nan)
    for idx, run in zip(dev.folds, runs, strict=False):
        held_out[idx] = run.tensors["probabilities"][idx]
    return held_out
