"""Problem 3 from tweets to scores: search, train, select; then the test tweets, once."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
from transformers import DistilBertTokenizerFast

from hw4.foundation.compute import seed_everything
from hw4.foundation.experiment import Outcome, Work
from hw4.foundation.files import DataSource
from hw4.foundation.scores import compare_f1_macro, f1_macro, precision_recall, score
from hw4.foundation.sealed import Sealed, Selection
from hw4.foundation.store import digest
from hw4.tweets import data, standin
from hw4.tweets.ablation import (
    HALF,
    Candidate,
    cv_f1_macro,
    ensemble,
    fitted,
    frozen_head,
    judge,
    unfrozen_layers,
    validation_f1_macro,
)
from hw4.tweets.arguments import TrainConfig
from hw4.tweets.data import Split, Tweets, clean_tweet
from hw4.tweets.development import Development, Encoded, Training, develop, restored, train_heads
from hw4.tweets.encoder import EncoderSource, required_encoder
from hw4.tweets.explain import explain
from hw4.tweets.result import (
    CLASSES,
    EncoderUsed,
    Errors,
    Explained,
    Grid,
    Lengths,
    Part,
    Result,
    Settings,
    SplitUsed,
    Trial,
    Variant,
    neighbors,
)
from hw4.tweets.weights import distilbert_folder

BASELINES = ("majority", "tfidf", "tfidf-strong")
BIN = 4
"""Tokens a bar of the histogram of lengths."""
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


@dataclass(frozen=True)
class Tried:
    """A setting of the search with its probabilities of class 1 for training and validation."""

    config: TrainConfig
    run: Outcome[Training]
    validation_f1_macro: float


def search(dev: Development, grid: Grid) -> list[Tried]:
    """Train every setting on the training tweets, and judge it on the validation tweets.

    Then the settings next to the best one of each loss, until none of them is better: so the best
    lies inside of what was tried, and not at its edge.
    """
    tried: dict[TrainConfig, Tried] = {}
    wanted = list(grid.configs(dev.settings.common))
    while wanted:
        runs = train_heads(dev, [(config, 0) for config in wanted])  # fold 0: validation tweets
        for config, run in zip(wanted, runs, strict=True):
            predictions = run.tensors["probabilities"][dev.validation] > HALF
            f1 = f1_macro(dev.targets[dev.validation], predictions)
            tried[config] = Tried(config, run, f1)
        leaders = [best(tried.values(), weighting) for weighting in grid.class_weightings]
        near = {config: None for one in leaders for config in neighbors(one.config)}
        wanted = [config for config in near if config not in tried]
    return list(tried.values())


def best(tried: Sequence[Tried], *weightings: str) -> Tried:
    """The best on the validation tweets with one of these losses; the first of equals."""
    allowed = [one for one in tried if one.config.class_weighting in weightings]
    return max(allowed, key=lambda one: one.validation_f1_macro)


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
    frozen = max(made, key=lambda one: cv_f1_macro(dev, one))
    unfrozen = unfrozen_layers(dev, "unfrozen", "linear", dev.settings.unfrozen)
    words = [fitted(dev, key) for key in BASELINES]
    together = ensemble(dev, "ensemble", "unfrozen", [frozen, unfrozen, words[-1]])
    return {one.key: one for one in [*made, unfrozen, together, *words]}


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
        "members": [one.key for one in candidates["ensemble"].members],
    }
    return dev.work.select(choice, scores[bonus], "F1-macro")


@dataclass(frozen=True)
class Tested:
    """What is said of test tweets; probabilities of class 1 by candidate are stored beside it.

    Attributes:
        errors: some of the final head's.
        explained: by the unfrozen layers.
    """

    errors: tuple[Explained, ...]
    explained: tuple[Explained, ...]


def evaluate(
    dev: Development,
    candidates: dict[str, Candidate],
    selection: Selection,
    sealed: Sealed[Tweets],
) -> tuple[Tweets, Outcome[Tested]]:
    """Open the test tweets, once and after the selection, and have every candidate judge them."""
    test = sealed.open(selection)

    def compute() -> Outcome[Tested]:
        encoded = Encoded(test, dev.settings, dev.work, dev.folder)
        probabilities = {key: judge(dev, one, encoded) for key, one in candidates.items()}
        final, unfrozen = candidates[selection.choice["final"]], candidates["unfrozen"]
        errors = most_decided(final, test, probabilities[final.key], ERRORS_SHOWN)
        outcomes = dict.fromkeys([(0, 0), (0, 1), (1, 1), (1, 0)], dev.settings.explained)
        shown = most_decided(unfrozen, test, probabilities["unfrozen"], outcomes)
        told = Tested(explained(dev, final, test, errors), explained(dev, unfrozen, test, shown))
        return Outcome(told, probabilities)

    basis = (dev.common, dev.settings.explained, selection.choice, digest(test.texts))
    return test, dev.work.part("test tweets", basis, Tested, compute)


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


def result(
    dev: Development,
    encoder: EncoderSource,
    split: Split,
    tried: Sequence[Tried],
    candidates: dict[str, Candidate],
    selection: Selection,
    test: Tweets,
    tested: Outcome[Tested],
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
        members=tuple(member.key for member in one.members),
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
