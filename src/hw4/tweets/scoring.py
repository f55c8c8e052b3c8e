"""What the report quotes of searches, candidates and test tweets: all scores, compared in pairs."""

from collections.abc import Sequence

import numpy as np

from hw4.foundation.experiment import Outcome
from hw4.foundation.scores import compare_f1_macro, f1_macro, precision_recall, score
from hw4.foundation.work import Selection
from hw4.tweets.ablation import Candidate, cv_f1_macro, validation_f1_macro
from hw4.tweets.data import Split, Tweets
from hw4.tweets.development import Development
from hw4.tweets.encoder import EncoderSource
from hw4.tweets.grid import Trial
from hw4.tweets.result import EncoderUsed, Lengths, Part, Result, SplitUsed
from hw4.tweets.search import HALF, Tried, best
from hw4.tweets.variant import CLASSES, Errors, Judged, Variant

BASELINES = ("majority", "tfidf", "tfidf-strong")
BIN = 4
"""Tokens a bar of the histogram of lengths."""


def result(
    dev: Development,
    encoder: EncoderSource,
    split: Split,
    tried: Sequence[Tried],
    candidates: dict[str, Candidate],
    selection: Selection,
    test: Tweets,
    tested: Outcome[Judged],
) -> Result:
    """All scores, and with the rest what the report quotes."""
    targets = test.targets
    predictions = {
        key: (tested.tensors[key] > one.threshold).astype(int) for key, one in candidates.items()
    }
    variants = {key: variant(dev, one, targets, predictions) for key, one in candidates.items()}
    final = predictions[selection.choice["final"]]
    wrong = final != targets
    mixed = candidates.get("mixed-pooled")
    return Result(
        encoder=EncoderUsed(
            **{name: getattr(encoder, name) for name in ("kind", "name", "version", "checksum")},
            layers=dev.facts.layers,
            heads=dev.facts.heads,
            hidden_size=dev.facts.hidden_size,
            vocabulary=dev.facts.vocabulary,
            parameters=dev.facts.parameters,
        ),
        split=SplitUsed(
            *(
                Part(len(part), int((part.targets == 0).sum()))
                for part in (split.train, split.validation, test)
            ),
            empty=split.empty,
            duplicates=split.duplicates,
        ),
        lengths=lengths(dev.encoded.whole_lengths, dev.settings.max_length),
        grid=trials(dev, tried),
        variants={key: found for key, found in variants.items() if key not in BASELINES},
        baselines={key: found for key, found in variants.items() if key in BASELINES},
        final_key=selection.choice["final"],
        bonus_key=selection.choice["bonus"],
        selection=selection,
        epochs=candidates["unfrozen"].epochs,
        layer_weights=layer_weights(mixed),
        curves={key: precision_recall(targets == 0, 1 - tested.tensors[key]) for key in candidates},
        feature_seconds=dev.facts.seconds,
        errors=Errors(
            missed=int((wrong & (targets == 0)).sum()),
            false_alarms=int((wrong & (targets == 1)).sum()),
            shared=int((wrong & (predictions["tfidf"] != targets)).sum()),
            shown=tested.result.errors,
        ),
        explained=tested.result.explained,
    )


def trials(dev: Development, tried: Sequence[Tried]) -> tuple[Trial, ...]:
    """The search's record, each setting compared with the best one in pairs."""
    targets = dev.targets
    leader = best(tried, "none", "balanced")
    on = {one.config: one.run.tensors["probabilities"] > HALF for one in tried}

    def record(one: Tried) -> Trial:
        train, validation = on[one.config][dev.train], on[one.config][dev.validation]
        truth = targets[dev.validation]
        difference = compare_f1_macro(truth, validation, on[leader.config][dev.validation])
        return Trial(
            learning_rate=one.config.learning_rate,
            weight_decay=one.config.weight_decay,
            epochs=one.config.epochs,
            class_weighting=one.config.class_weighting,
            validation_f1_macro=one.validation_f1_macro,
            validation_accuracy=float((validation == truth).mean()),
            train_f1_macro=f1_macro(targets[dev.train], train),
            p=difference.p,
            predicts_0=int((~validation).sum()),
            seconds=one.run.result.seconds,
        )

    return tuple(map(record, tried))


def variant(
    dev: Development, one: Candidate, targets: np.ndarray, predictions: dict[str, np.ndarray]
) -> Variant:
    others = dict.fromkeys([one.before or "naive", "naive", "tfidf", "tfidf-strong"])
    return Variant(
        key=one.key,
        before=one.before,
        config=one.config,
        strength=one.strength,
        threshold_tuned=one.tuned,
        threshold=one.threshold,
        trained_parameters=one.final.result.trained_parameters,
        validation_f1_macro=validation_f1_macro(dev, one),
        cv_f1_macro=cv_f1_macro(dev, one),
        cv_tweets=int((~np.isnan(one.held_out)).sum()),
        test=score(targets, predictions[one.key], CLASSES, seed=dev.settings.seed),
        against={
            other: compare_f1_macro(targets, predictions[one.key], predictions[other])
            for other in others
            if other != one.key
        },
        seconds=one.final.result.seconds,
    )


def layer_weights(mixed: Candidate | None) -> tuple[float, ...]:
    """The shares of a learned mix of layers: a softmax over its weights."""
    if mixed is None:
        return ()
    raised = np.exp(mixed.final.tensors["layer_weights"])
    return tuple((raised / raised.sum()).tolist())


def lengths(whole: np.ndarray, max_length: int) -> Lengths:
    edges = np.arange(0, whole.max() + BIN + 1, BIN)
    return Lengths(
        edges=tuple(edges.tolist()),
        counts=tuple(np.histogram(whole, edges)[0].tolist()),
        median=float(np.median(whole)),
        longest=int(whole.max()),
        max_length=max_length,
        cut=int((whole > max_length).sum()),
    )
