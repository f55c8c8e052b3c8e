"""Problem 3 from tweets to scores: search, train, select; then the test tweets, once."""

from collections.abc import Sequence
from dataclasses import asdict, replace

import numpy as np
from transformers import DistilBertTokenizerFast

from hw4.foundation.compute import seed_everything
from hw4.foundation.experiment import Outcome, Work
from hw4.foundation.files import DataSource
from hw4.foundation.store import digest
from hw4.foundation.work import Sealed, Selection
from hw4.tweets import data, standin
from hw4.tweets.ablation import (
    Candidate,
    fitted,
    frozen_head,
    judge,
    unfrozen_layers,
    validation_f1_macro,
)
from hw4.tweets.data import Split, Tweets, clean_tweet
from hw4.tweets.development import Development, Encoded, develop, restored
from hw4.tweets.encoder import required_encoder
from hw4.tweets.explain import explain
from hw4.tweets.result import Result, Settings
from hw4.tweets.scoring import BASELINES, result
from hw4.tweets.search import Tried, best, search
from hw4.tweets.variant import Explained, Judged
from hw4.tweets.weights import distilbert_folder

SHORTEST, LONGEST = 7, 26
"""Words of a tweet that is printed: enough to decide on, and not too many for a list."""
UNFIT = ("fuck", "shit", "bitch", "nigg", "rape", "whore", "dick", "pussy", " ass ")
"""Tweets with these are not printed in a submission."""
ERRORS_SHOWN = {(0, 1): 2, (1, 0): 1}
"""By class and prediction."""


def run(settings: Settings, work: Work) -> Outcome[Result]:
    """Answer Q2 to Q7.

    Raises:
        UserError: the file of tweets is not as expected, or there is no encoder.
    """
    seed_everything(settings.seed)
    encoder = required_encoder(settings.encoder)
    split = read_split(settings, work.source)
    sealed = work.seal(lambda: split.test)
    work.say(f"{encoder.name} ({encoder.kind}), {len(split.train)} training tweets")
    with distilbert_folder(encoder, split.train.texts, settings.seed) as folder:
        dev = develop(settings, work, encoder.identity, folder, split.train, split.validation)
        trials = search(dev, settings.grid)
        candidates = train_candidates(dev, trials)
        selection = select(dev, candidates)
        test, tested = evaluate(dev, candidates, selection, sealed)
    return Outcome(result(dev, encoder, split, trials, candidates, selection, test, tested))


def read_split(settings: Settings, source: DataSource) -> Split:
    """The course's tweets or the stand-in's, split.

    Raises:
        UserError: the course's file is not as expected.
    """
    if source.is_stand_in:
        tweets, empty = standin.compose(settings.stand_in, settings.seed), 0
    else:
        tweets, empty = data.read_course_file()
    if settings.tweets is not None:
        tweets = data.subset(tweets, settings.tweets)
    return data.split(tweets, empty)


def train_candidates(dev: Development, tried: Sequence[Tried]) -> dict[str, Candidate]:
    """The rows of the ablation, each of which changes one point of another, and the baselines."""
    plain, weighted = best(tried, "none").config, best(tried, "balanced").config
    made = [
        frozen_head(dev, "naive", "", plain, tuned=False),
        frozen_head(dev, "weighted", "naive", weighted, tuned=False),
        frozen_head(dev, "threshold", "weighted", weighted, tuned=True),
    ]
    for grid in dev.settings.pooled:
        config = best(search(dev, grid), *grid.class_weightings).config
        before = "threshold" if grid.pooling == "mean" else "mean-pooled"
        made.append(frozen_head(dev, f"{grid.pooling}-pooled", before, config, tuned=True))
    layers = replace(dev.settings.common, pooling="layers", head="linear")
    made.append(fitted(dev, "linear", "layers-pooled", layers))
    made.append(unfrozen_layers(dev, "unfrozen", made[-1], dev.settings.unfrozen))
    made += [fitted(dev, key) for key in BASELINES]
    return {one.key: one for one in made}


def select(dev: Development, candidates: dict[str, Candidate]) -> Selection:
    """Choose the final head and the bonus by validation, and write down all that was chosen."""
    scores = {key: validation_f1_macro(dev, one) for key, one in candidates.items()}
    final = max(("naive", "weighted"), key=scores.__getitem__)
    bonus = max((key for key in candidates if key not in BASELINES), key=scores.__getitem__)
    choice = {
        "final": final,
        "bonus": bonus,
        "settings": {key: asdict(one.config) for key, one in candidates.items() if one.config},
        "thresholds": {key: one.threshold for key, one in candidates.items()},
        "strengths": {key: one.strength for key, one in candidates.items() if one.strength},
    }
    return dev.work.select(choice, scores[bonus], "F1-macro")


def evaluate(
    dev: Development,
    candidates: dict[str, Candidate],
    selection: Selection,
    sealed: Sealed[Tweets],
) -> tuple[Tweets, Outcome[Judged]]:
    """Open the test tweets, once and after the selection, and have every candidate judge them."""
    test = sealed.open(selection)

    def compute() -> Outcome[Judged]:
        encoded = Encoded(test, dev.settings, dev.work, dev.folder)
        probabilities = {key: judge(dev, one, encoded) for key, one in candidates.items()}
        final, unfrozen = candidates[selection.choice["final"]], candidates["unfrozen"]
        errors = most_decided(final, test, probabilities[final.key], ERRORS_SHOWN)
        outcomes = dict.fromkeys([(0, 0), (0, 1), (1, 1), (1, 0)], dev.settings.explained)
        shown = most_decided(unfrozen, test, probabilities["unfrozen"], outcomes)
        told = Judged(explained(dev, final, test, errors), explained(dev, unfrozen, test, shown))
        return Outcome(told, probabilities)

    basis = (dev.common, dev.settings.explained, selection.choice, digest(test.texts))
    return test, dev.work.part("test tweets", basis, Judged, compute)


def most_decided(
    candidate: Candidate,
    test: Tweets,
    probabilities: np.ndarray,
    wanted: dict[tuple[int, int], int],
) -> list[int]:
    """The test tweets farthest from the threshold, so many of each (target, prediction)."""
    predictions = (probabilities > candidate.threshold).astype(int)
    farthest = np.argsort(-np.abs(probabilities - candidate.threshold), kind="stable")
    chosen: list[int] = []
    for (target, prediction), count in wanted.items():
        fitting = [
            int(i)
            for i in farthest
            if (test.targets[i], predictions[i]) == (target, prediction)
            and presentable(test.texts[i])
        ]
        chosen += fitting[:count]
    return chosen


def presentable(text: str) -> bool:
    text = clean_tweet(text)
    fits = text.isascii() and SHORTEST <= len(text.split()) <= LONGEST
    return fits and not any(word in text.casefold() for word in UNFIT)


def explained(
    dev: Development, candidate: Candidate, test: Tweets, idx: Sequence[int]
) -> tuple[Explained, ...]:
    """The words that decided for the final model of `candidate` on the test tweets at `idx`."""
    model = restored(dev, candidate.config, candidate.final.tensors)
    tokenizer = DistilBertTokenizerFast.from_pretrained(dev.folder)
    return tuple(
        explain(
            model,
            candidate.config.pooling,
            tokenizer,
            test.texts[i],
            test.targets[i],
            candidate.threshold,
            candidate.config.max_length,
        )
        for i in idx
    )
