"""Q5 and Q7: the trainings that follow the grid, each selected on validation, judged on test."""

import time
from argparse import Namespace
from dataclasses import dataclass

import numpy as np
from transformers import DistilBertForSequenceClassification

from hw4.foundation.experiment import Outcome
from hw4.tweets.explain import explain
from hw4.tweets.features import Features
from hw4.tweets.finetune import (
    Stored,
    load_pretrained_and_finetune,
    upper_probabilities,
)
from hw4.tweets.heads import probabilities
from hw4.tweets.model import Head
from hw4.tweets.ready import LowerLayers, Ready
from hw4.tweets.records import Epoch, Explained, Trial, Variant
from hw4.tweets.scores import best_threshold, f1_macro, scores
from hw4.tweets.tokens import clean_tweet

HALF = 0.5
SHORTEST, LONGEST = 7, 26
"""Words of a tweet that is explained: enough to decide on, and not too many for a table."""

UNFIT = ("fuck", "shit", "bitch", "nigg", "rape", "whore", "dick", "pussy", " ass ")
"""Tweets with these are not printed in a submission."""


@dataclass(frozen=True)
class Training:
    """A training's record; probabilities of class 1 are stored beside it.

    Attributes:
        seconds: of the training alone.
        epochs: only of unfrozen layers.
        explained: only of the last training.
    """

    seconds: float
    trained_parameters: int
    epochs: tuple[Epoch, ...] = ()
    explained: tuple[Explained, ...] = ()


@dataclass(frozen=True)
class Judged:
    """A variant with its probabilities of class 1 on the test tweets."""

    variant: Variant
    on_test: np.ndarray


def head_arguments(ready: Ready, trial: Trial, pooling: str) -> list[str]:
    """The command line that stands for the setting of `trial`."""
    return [
        *("--class_weighting", trial.class_weighting),
        *("--learning_rate", str(trial.learning_rate)),
        *("--weight_decay", str(trial.weight_decay)),
        *("--epochs", str(trial.epochs)),
        *("--batch_size", str(ready.settings.grid.batch_size)),
        *("--pooling", pooling),
    ]


def train_frozen(
    ready: Ready, key: str, pooling: str, trial: Trial, features: Features, tuned: bool
) -> Judged:
    """A head with the setting of `trial`: judged on validation, then trained on both, and tested.

    Args:
        tuned: whether the threshold is chosen on the validation tweets, or one half.
    """
    line = head_arguments(ready, trial, pooling)
    args = ready.arguments(line)
    stored = Stored(ready.labels, features)
    pooled = features.pooled(pooling)

    def compute() -> Outcome[Training]:
        model = load_pretrained_and_finetune(args, ready.folder, stored, ready.train)
        on_validation = probabilities(Head(model), pooled[ready.validation])
        began = time.perf_counter()
        model = load_pretrained_and_finetune(args, ready.folder, stored, ready.fit)
        training = Training(time.perf_counter() - began, _trained_parameters(model))
        on_test = probabilities(Head(model), pooled[ready.test])
        return Outcome(training, {"validation": on_validation, "test": on_test})

    part = ready.work.part(f"head {' '.join(line)}", (ready.common, line), Training, compute)
    return _judged(ready, key, args, part.result, part.tensors, tuned)


def train_unfrozen(
    ready: Ready, features: Features, lower: LowerLayers, depth: int
) -> tuple[list[Judged], tuple[Epoch, ...], tuple[Explained, ...]]:
    """The last layers trained as well, judged with and without a threshold of their own."""
    line = ready.settings.unfreezing.arguments()
    args = ready.arguments(line)
    args.unfreeze_layers = min(args.unfreeze_layers, depth)

    def on_training_tweets() -> Outcome[Training]:
        epochs: list[Epoch] = []
        _, training, on_validation = _train(
            ready, args, features, lower, ready.train, ready.validation, epochs
        )
        return Outcome(training, {"validation": on_validation})

    chosen = ready.work.part(
        "unfrozen layers, training tweets", (ready.common, line), Training, on_training_tweets
    )
    on_validation = chosen.tensors["validation"]
    threshold = best_threshold(ready.labels[ready.validation], on_validation)

    def on_both() -> Outcome[Training]:
        model, training, on_test = _train(ready, args, features, lower, ready.fit, ready.test, None)
        explained = _explained(ready, args, model, on_test, threshold)
        complete = Training(training.seconds, training.trained_parameters, (), explained)
        return Outcome(complete, {"test": on_test})

    final = ready.work.part(
        "unfrozen layers, training and validation tweets",
        (ready.common, line, threshold, ready.settings.explained),
        Training,
        on_both,
    )
    tensors = {"validation": on_validation, "test": final.tensors["test"]}
    judged = [
        _judged(ready, key, args, final.result, tensors, tuned)
        for key, tuned in (("unfrozen", False), ("unfrozen-threshold", True))
    ]
    return judged, chosen.result.epochs, final.result.explained


def _train(
    ready: Ready,
    args: Namespace,
    features: Features,
    lower: LowerLayers,
    train: np.ndarray,
    judge: np.ndarray,
    epochs: list[Epoch] | None,
) -> tuple[DistilBertForSequenceClassification, Training, np.ndarray]:
    """Train the upper layers on `train`; the model, its record, its probabilities on `judge`.

    Args:
        epochs: where each epoch's score on `judge` is noted, or None not to look before the end.
    """
    stored = Stored(ready.labels, features, lower.get())
    device = ready.work.device
    losses: list[float] = []

    def on_epoch(model: DistilBertForSequenceClassification) -> None:
        if epochs is not None:
            found = upper_probabilities(args, model, stored.layer, judge, device)
            score = f1_macro(ready.labels[judge], found > HALF)
            epochs.append(Epoch(float(np.mean(losses)), score))
        losses.clear()

    label = f"last {args.unfreeze_layers} layers, tweets of {args.epochs} epochs"
    with ready.work.bar(args.epochs * len(train), label) as bar:

        def on_step(count: int, loss: float) -> None:
            losses.append(loss)
            bar.note(f"loss {np.mean(losses[-50:]):.3f}")
            bar.update(count)

        began = time.perf_counter()
        model = load_pretrained_and_finetune(
            args, ready.folder, stored, train, device, on_epoch, on_step
        )
        seconds = time.perf_counter() - began
    training = Training(seconds, _trained_parameters(model), tuple(epochs or ()))
    return model, training, upper_probabilities(args, model, stored.layer, judge)


def _judged(
    ready: Ready,
    key: str,
    args: Namespace,
    training: Training,
    tensors: dict[str, np.ndarray],
    tuned: bool,
) -> Judged:
    on_validation, on_test = tensors["validation"], tensors["test"]
    labels = ready.labels[ready.validation]
    threshold = best_threshold(labels, on_validation) if tuned else HALF
    variant = Variant(
        key=key,
        pooling=args.pooling,
        class_weighting=args.class_weighting,
        threshold_tuned=tuned,
        threshold=threshold,
        unfrozen_layers=args.unfreeze_layers,
        learning_rate=args.learning_rate,
        weight_decay=args.weight_decay,
        epochs=args.epochs,
        trained_parameters=training.trained_parameters,
        validation_f1_macro=f1_macro(labels, on_validation > threshold),
        test=scores(ready.labels[ready.test], on_test > threshold, args.seed),
        seconds=training.seconds,
    )
    return Judged(variant, on_test)


def _explained(
    ready: Ready,
    args: Namespace,
    model: DistilBertForSequenceClassification,
    on_test: np.ndarray,
    threshold: float,
) -> tuple[Explained, ...]:
    """The most decided test tweets of each outcome: right and wrong, of either class."""
    labels = ready.labels[ready.test]
    predictions = (on_test > threshold).astype(int)
    chosen: list[int] = []
    for label in (0, 1):
        for predicted in (label, 1 - label):
            members = np.flatnonzero((labels == label) & (predictions == predicted))
            decided = members[np.argsort(-np.abs(on_test[members] - threshold), kind="stable")]
            fitting = [i for i in decided if _presentable(ready.split.test.texts[i])]
            chosen += fitting[: ready.settings.explained]
    return tuple(
        explain(
            model,
            args.pooling,
            ready.tokenizer,
            ready.split.test.texts[i],
            labels[i],
            threshold,
            args.max_length,
        )
        for i in chosen
    )


def _presentable(text: str) -> bool:
    text = clean_tweet(text)
    fits = text.isascii() and SHORTEST <= len(text.split()) <= LONGEST
    return fits and not any(word in text.casefold() for word in UNFIT)


def _trained_parameters(model: DistilBertForSequenceClassification) -> int:
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
