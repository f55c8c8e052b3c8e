"""Problem 3 from tweets to scores: features once, the grid, the final head, unfrozen layers."""

import numpy as np

from hw4.foundation.experiment import Outcome, Work
from hw4.foundation.seeds import seed_everything
from hw4.tweets.encoder import EncoderSource, required_encoder
from hw4.tweets.ready import EncoderFacts, Ready, make_ready, read_split, run_encoder
from hw4.tweets.records import EncoderUsed, Part, Yardstick
from hw4.tweets.result import Result, Settings
from hw4.tweets.scores import precision_recall, scores
from hw4.tweets.search import best, search
from hw4.tweets.trainings import train_frozen, train_unfrozen
from hw4.tweets.weights import distilbert_folder
from hw4.tweets.yardsticks import majority, words_counted


def run(settings: Settings, work: Work) -> Outcome[Result]:
    """Answer Q2 to Q7.

    Raises:
        UserError: the file of tweets is not as expected, or there is no encoder.
    """
    seed_everything(settings.seed)
    encoder = required_encoder(settings.encoder)
    split = read_split(settings, work.source)
    work.say(f"{encoder.name} ({encoder.kind}), {len(split.train)} training tweets")
    with distilbert_folder(encoder, split.train.texts, settings.seed) as folder:
        ready = make_ready(settings, work, encoder, split, folder)
        return Outcome(_answer(ready, encoder))


def _answer(ready: Ready, encoder: EncoderSource) -> Result:
    facts, features, lower = run_encoder(ready)

    trials = search(ready, ready.settings.grid, features)
    unweighted = best([trial for trial in trials if trial.class_weighting == "none"])
    weighted = best([trial for trial in trials if trial.class_weighting == "balanced"])
    final_key = "naive" if best(trials) == unweighted else "weighted"

    judged = [
        train_frozen(ready, "naive", "first", unweighted, features, tuned=False),
        train_frozen(ready, "weighted", "first", weighted, features, tuned=False),
        train_frozen(ready, "threshold", "first", weighted, features, tuned=True),
    ]
    for grid in ready.settings.pooled:
        trial = best(search(ready, grid, features))
        key = f"{grid.pooling}-pooled"
        judged.append(train_frozen(ready, key, grid.pooling, trial, features, tuned=True))
    unfrozen, epochs, explained = train_unfrozen(ready, features, lower, facts.layers)
    judged += unfrozen

    variants = tuple(one.variant for one in judged)
    bonus = max(variants, key=lambda variant: variant.validation_f1_macro)
    yardsticks, on_test = _yardsticks(ready)
    on_test |= {one.variant.key: one.on_test for one in judged}
    labels = ready.labels[ready.test]
    return Result(
        encoder=_used(encoder, facts),
        parts=tuple(
            Part(name, tuple(np.bincount(ready.labels[where], minlength=2).tolist()))
            for name, where in ready.indices.items()
        ),
        empty=ready.split.empty,
        duplicates=ready.split.duplicates,
        lengths=ready.lengths,
        grid=tuple(trials),
        variants=variants,
        final_key=final_key,
        bonus_key=bonus.key,
        epochs=epochs,
        yardsticks=yardsticks,
        curves={key: precision_recall(labels, found) for key, found in on_test.items()},
        feature_seconds=facts.seconds,
        explained=explained,
    )


def _yardsticks(ready: Ready) -> tuple[tuple[Yardstick, ...], dict[str, np.ndarray]]:
    """The yardsticks, and their probabilities on the test tweets where they have any."""
    predicted = {"majority": majority(ready.split), "tfidf": words_counted(ready.split)}
    yardsticks = tuple(
        Yardstick(
            key,
            one.validation_f1_macro,
            scores(ready.split.test.labels, one.test, ready.settings.seed),
        )
        for key, one in predicted.items()
    )
    return yardsticks, {"tfidf": predicted["tfidf"].probabilities}


def _used(encoder: EncoderSource, facts: EncoderFacts) -> EncoderUsed:
    return EncoderUsed(
        kind=encoder.kind,
        name=encoder.name,
        version=encoder.version,
        checksum=encoder.checksum,
        layers=facts.layers,
        heads=facts.heads,
        hidden_size=facts.hidden_size,
        vocabulary=facts.vocabulary,
        parameters=facts.parameters,
    )
