"""Problem 3 from tweets to scores: search, train, select; then the test tweets, once."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace

import numpy as np

from hw4.foundation.compute import seed_everything
from hw4.foundation.experiment import Outcome, Work
from hw4.foundation.files import DataSource
from hw4.foundation.scores import compare_f1_macro, f1_macro, precision_recall
from hw4.foundation.work import Sealed, Selection
from hw4.tweets import baselines, data, standin
from hw4.tweets.arguments import Grid, TrainConfig, neighbors
from hw4.tweets.baselines import STRENGTHS, Inputs
from hw4.tweets.data import Split, Tweets
from hw4.tweets.encoder import required_encoder
from hw4.tweets.explain import explain_most_decided
from hw4.tweets.features import Development, Features, Pooled
from hw4.tweets.result import Part, Result, Settings, SplitUsed
from hw4.tweets.thresholds import HALF, best_threshold, crossed_f1_macro
from hw4.tweets.trained import Trained, Tried, best, scored
from hw4.tweets.training import Run, probabilities, restored, train, trainable_of
from hw4.tweets.weights import distilbert_folder

BASELINES = (
    Trained("majority", "always the larger class", tuned=False),
    Trained("tfidf", "TF-IDF of words", tuned=False),
    Trained("tfidf-strong", "TF-IDF of words, pairs, letters"),
)
ERRORS_SHOWN = {(0, 1): 2, (1, 0): 1}
OUTCOMES_SHOWN = {(0, 0): 1, (0, 1): 1, (1, 1): 1, (1, 0): 1}
"""Tweets that are printed, by class and prediction."""


def run(settings: Settings, work: Work) -> Outcome[Result]:
    """Answer Q2 to Q7; a UserError if the tweets are not as expected, or there is no encoder."""
    with development(settings, work) as (dev, split):
        sealed = work.seal(lambda: split.test)
        grid = search(dev, settings.grid)
        rows = train_rows(dev, grid)
        selection = select(dev, rows)
        test, found = evaluate(dev, rows, selection, sealed)
        final = selection.choice["final"]
        errors, explained = (
            explain_most_decided(dev.folder, rows[key], test, found[key], wanted)
            for key, wanted in ((final, ERRORS_SHOWN), ("unfrozen", OUTCOMES_SHOWN))
        )
    trained = {key: row.result for key, row in rows.items()}
    trained = scored(trained, found, test.targets, settings.seed)
    wrong = {key: (found[key] > one.threshold) != test.targets for key, one in trained.items()}
    sizes = (Part.of(part.targets) for part in (split.train, split.validation, test))
    return Outcome(
        Result(
            encoder=dev.encoder,
            split=SplitUsed(*sizes, empty=split.empty, duplicates=split.duplicates),
            lengths=dev.lengths(),
            grid=grid,
            variants={key: one for key, one in trained.items() if one.config},
            baselines={key: one for key, one in trained.items() if not one.config},
            final_key=final,
            bonus_key=selection.choice["bonus"],
            selection=selection,
            curves={key: precision_recall(test.targets == 0, 1 - p) for key, p in found.items()},
            shared_errors=int((wrong[final] & wrong["tfidf"]).sum()),
            errors=errors,
            explained=explained,
        )
    )


@contextmanager
def development(settings: Settings, work: Work) -> Iterator[tuple[Development, Split]]:
    """The tweets for training and validation, encoded, and the split that they are from."""
    seed_everything(settings.seed)
    source = required_encoder(settings.encoder)
    split = read_split(settings, work.source)
    work.say(f"{source.name} ({source.kind}), {len(split.train)} training tweets")
    with distilbert_folder(source, split.train.texts, settings.seed) as folder:
        yield Development(settings, work, source, folder, split.train, split.validation), split


def read_split(settings: Settings, source: DataSource) -> Split:
    """The course's tweets or the stand-in's, split."""
    if source.is_stand_in:
        tweets, empty = standin.compose(settings.stand_in, settings.seed), 0
    else:
        tweets, empty = data.read_course_file()
    if settings.tweets is not None:
        tweets = data.subset(tweets, settings.tweets)
    return data.split(tweets, empty)


def search(dev: Development, grid: Grid) -> tuple[Tried, ...]:
    """Train every setting on the training tweets, and judge it on the validation tweets.

    Then the settings next to the best one of each loss, until none of them is better: so the best
    lies inside of what was tried, and not at its edge, unless that is the edge of `REACH`.
    """
    tried: dict[TrainConfig, Tried] = {}
    predictions: dict[TrainConfig, np.ndarray] = {}
    wanted = grid.configs(dev.settings.common)
    while wanted:
        runs = train(dev, [(config, 0) for config in wanted])  # fold 0: validation tweets
        for config, run in zip(wanted, runs, strict=True):
            tried[config] = validated(dev, config, run)
            predictions[config] = run.tensors["probabilities"][dev.validation] > HALF
        leaders = [best(tried.values(), weighting) for weighting in grid.class_weighting]
        near = {config: None for one in leaders for config in neighbors(one.config)}
        wanted = [config for config in near if config not in tried]
    targets, leader = dev.targets[dev.validation], predictions[best(tried.values()).config]
    return tuple(
        replace(one, p=compare_f1_macro(targets, predictions[config], leader).p)
        for config, one in tried.items()
    )


def validated(dev: Development, config: TrainConfig, run: Outcome[Run]) -> Tried:
    """The scores of a setting that was trained on the training tweets."""
    predictions = run.tensors["probabilities"] > HALF
    targets, found = dev.targets[dev.validation], predictions[dev.validation]
    return Tried(
        config,
        validation_f1_macro=f1_macro(targets, found),
        validation_accuracy=float((found == targets).mean()),
        train_f1_macro=f1_macro(dev.targets[dev.train], predictions[dev.train]),
        predicts_0=int((~found).sum()),
        seconds=run.result.seconds,
    )


def train_rows(dev: Development, grid: Collection[Tried]) -> dict[str, Outcome[Trained]]:
    """The rows of the ablation, each of which changes one point of another, and the baselines.

    With each are its final weights, if it is a network, and `held_out`: (tweets,) its probability
    of class 1 by models that were not trained on the tweet, NaN where there is none.
    """
    plain, weighted = best(grid, "none").config, best(grid, "balanced").config
    linear = replace(dev.settings.common, head="linear")
    mean, layers = (replace(linear, pooling=pooling) for pooling in ("mean", "layers"))
    rows = (
        Trained("naive", "naive head", config=plain, tuned=False),
        Trained("weighted", "class-weighted loss", "naive", weighted, tuned=False),
        Trained("threshold", "tuned threshold", "weighted", weighted),
        Trained("mean", "mean of tokens", "threshold", mean),
        Trained("layers", "means of all layers", "mean", layers),
        Trained("unfrozen", "upper layers unfrozen", "layers", dev.settings.unfrozen),
        *BASELINES,
    )
    return {
        row.key: (without_network if row.key in STRENGTHS else cross_validated)(dev, row)
        for row in rows
    }


def cross_validated(dev: Development, row: Trained) -> Outcome[Trained]:
    """Trained without each fold in turn, then on training and validation tweets together.

    Unfrozen layers, whose training is long, without the validation tweets alone.
    """
    folds = range(1 if row.config.unfreeze_layers else len(dev.folds))
    # the last one leaves no fold out: training and validation tweets together
    *runs, final = train(dev, [*((row.config, fold) for fold in folds), (row.config, None)])
    held_out = np.full(len(dev.targets), np.nan)
    for fold, run in zip(folds, runs, strict=True):
        idx = dev.folds[fold]
        held_out[idx] = run.tensors["probabilities"][idx]
    row = replace(
        row,
        parameters=final.result.parameters,
        seconds=final.result.seconds,
        epochs=runs[0].result.epochs,
    )
    return Outcome(with_threshold(dev, row, held_out), final.tensors | {"held_out": held_out})


def without_network(dev: Development, row: Trained) -> Outcome[Trained]:
    """What needs no network, cross-validated for each strength of its regularization.

    The strength whose held-out predictions are best at their best threshold is taken; `judge` fits
    it to training and validation tweets together.
    """
    inputs = inputs_of(row.key, dev.tweets, dev.features)

    def compute() -> Outcome[Run]:
        found = baselines.held_out_probabilities(
            row.key, inputs, dev.targets, dev.folds, dev.settings.jobs
        )
        size = inputs.shape[1] + 1 if isinstance(inputs, np.ndarray) else 0
        return Outcome(Run(0.0, size), {"probabilities": found})

    part = dev.work.part(f"fit {row.key}", (dev.common, dev.settings.folds), Run, compute)
    row = replace(row, parameters=part.result.parameters)
    rows = [
        with_threshold(dev, replace(row, strength=strength), held_out)
        for strength, held_out in zip(
            STRENGTHS[row.key], part.tensors["probabilities"], strict=True
        )
    ]
    return Outcome(max(rows, key=lambda one: one.cv_f1_macro))


def inputs_of(key: str, tweets: Tweets, features: Features) -> Inputs:
    """What is fitted to: texts, or means of the tokens (tweets, features)."""
    if key not in ("mean", "layers"):
        return tweets.texts
    return features.pooled(key).reshape(len(tweets), -1)


def with_threshold(dev: Development, row: Trained, held_out: np.ndarray) -> Trained:
    """The row with its threshold and its scores, all from held-out predictions.

    The score on the validation tweets is at thresholds that are chosen on other tweets; that of
    cross-validation is at the row's own, which is chosen on the very same predictions.
    """
    known_idx = np.flatnonzero(~np.isnan(held_out))
    targets, found = dev.targets[known_idx], held_out[known_idx]
    threshold = best_threshold(targets, found) if row.tuned else HALF
    is_validation = np.isin(known_idx, dev.validation)
    return replace(
        row,
        threshold=threshold,
        validation_f1_macro=crossed_f1_macro(targets, found, is_validation, row.tuned),
        cv_f1_macro=f1_macro(targets, found > threshold),
    )


def select(dev: Development, rows: dict[str, Outcome[Trained]]) -> Selection:
    """Choose the final head and the bonus by validation, and write down all that was chosen."""
    trained = {key: row.result for key, row in rows.items()}
    scores = {key: one.validation_f1_macro for key, one in trained.items() if one.config}
    bonus = max(scores, key=scores.__getitem__)
    choice = {
        "final": max(("naive", "weighted"), key=scores.__getitem__),
        "bonus": bonus,
        "settings": {key: asdict(trained[key].config) for key in scores},
        "thresholds": {key: one.threshold for key, one in trained.items()},
        "strengths": {key: one.strength for key, one in trained.items() if one.strength},
    }
    return dev.work.select(choice, scores[bonus], "F1-macro")


def evaluate(
    dev: Development,
    rows: dict[str, Outcome[Trained]],
    selection: Selection,
    sealed: Sealed[Tweets],
) -> tuple[Tweets, dict[str, np.ndarray]]:
    """Open the test tweets, once and after the selection, and have every row judge them."""
    test = sealed.open(selection)
    features = dev.encode(dev.tokenized(test))
    return test, {key: judge(dev, row, test, features) for key, row in rows.items()}


def judge(
    dev: Development, row: Outcome[Trained], tweets: Tweets, features: Features
) -> np.ndarray:
    """Probability of class 1 for new tweets, by the final model: (tweets,)."""
    one = row.result
    if one.key in STRENGTHS:
        inputs = inputs_of(one.key, dev.tweets, dev.features)
        (fitted,) = baselines.fit(one.key, inputs, dev.targets, [one.strength])
        return baselines.judge(fitted, inputs_of(one.key, tweets, features))
    trainable = trainable_of(restored(dev.folder, one.config, row.tensors), one.config)
    outputs = features
    if not one.config.unfreeze_layers:
        outputs = Pooled(features.pooled(one.config.pooling))
    return probabilities(trainable, outputs, np.arange(len(tweets)), dev.work.device)
