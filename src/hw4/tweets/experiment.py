"""Problem 3 from tweets to scores: search, train, select; then the test tweets, once."""

from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass, replace

import numpy as np
from transformers import DistilBertTokenizerFast

from hw4.foundation.compute import seed_everything
from hw4.foundation.experiment import Outcome, Work
from hw4.foundation.files import DataSource
from hw4.foundation.scores import compare_f1_macro, f1_macro, precision_recall, score
from hw4.foundation.store import digest
from hw4.foundation.work import Sealed, Selection
from hw4.tweets import baselines, data, standin
from hw4.tweets.arguments import Grid, TrainConfig
from hw4.tweets.baselines import STRENGTHS, Inputs
from hw4.tweets.data import Split, Tweets
from hw4.tweets.encoder import required_encoder
from hw4.tweets.explain import explain, most_decided
from hw4.tweets.features import Development, Encoded, develop
from hw4.tweets.result import (
    CLASSES,
    Explained,
    Part,
    Result,
    Settings,
    SplitUsed,
    Trained,
    Tried,
    best,
)
from hw4.tweets.training import (
    HALF,
    Run,
    best_threshold,
    crossed_f1_macro,
    probabilities,
    restored,
    train,
    trainable_of,
)
from hw4.tweets.weights import distilbert_folder

REACH = {
    "learning_rate": (1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1),
    "weight_decay": (0.0, 0.01, 0.1, 0.3, 1.0, 3.0, 10.0),
    "epochs": (1, 2, 4, 8, 16, 32, 64),
}
"""Where the search can go: it starts in the middle and ends where both neighbors are worse."""
BASELINES = {
    "majority": "always the larger class",
    "tfidf": "TF-IDF of words",
    "tfidf-strong": "TF-IDF of words, pairs, letters",
}
ERRORS_SHOWN = {(0, 1): 2, (1, 0): 1}
OUTCOMES_SHOWN = {(0, 0): 1, (0, 1): 1, (1, 1): 1, (1, 0): 1}
"""Tweets that are printed, by class and prediction."""


def run(settings: Settings, work: Work) -> Outcome[Result]:
    """Answer Q2 to Q7.

    Raises:
        UserError: the file of tweets is not as expected, or there is no encoder.
    """
    seed_everything(settings.seed)
    source = required_encoder(settings.encoder)
    split = read_split(settings, work.source)
    sealed = work.seal(lambda: split.test)
    work.say(f"{source.name} ({source.kind}), {len(split.train)} training tweets")
    with distilbert_folder(source, split.train.texts, settings.seed) as folder:
        dev = develop(settings, work, source, folder, split.train, split.validation)
        grid = search(dev, settings.grid)
        rows = train_rows(dev, grid)
        selection = select(dev, rows)
        test, judged = evaluate(dev, rows, selection, sealed)
    return Outcome(_result(dev, split, grid, rows, selection, test.targets, judged))


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


def search(dev: Development, grid: Grid) -> tuple[Tried, ...]:
    """Train every setting on the training tweets, and judge it on the validation tweets.

    Then the settings next to the best one of each loss, until none of them is better: so the best
    lies inside of what was tried, and not at its edge, unless that is the edge of `REACH`.
    """
    predictions: dict[TrainConfig, np.ndarray] = {}
    tried: dict[TrainConfig, Tried] = {}
    targets = dev.targets[dev.validation]
    wanted = grid.configs(dev.settings.common)
    while wanted:
        runs = train(dev, [(config, 0) for config in wanted])  # fold 0: validation tweets
        for config, run in zip(wanted, runs, strict=True):
            predicted = run.tensors["probabilities"] > HALF
            predictions[config] = found = predicted[dev.validation]
            tried[config] = Tried(
                config,
                validation_f1_macro=f1_macro(targets, found),
                validation_accuracy=float((found == targets).mean()),
                train_f1_macro=f1_macro(dev.targets[dev.train], predicted[dev.train]),
                predicts_0=int((~found).sum()),
                seconds=run.result.seconds,
            )
        leaders = [best(tried.values(), weighting) for weighting in grid.class_weighting]
        near = {config: None for one in leaders for config in neighbors(one.config)}
        wanted = [config for config in near if config not in tried]
    leader = predictions[best(tried.values()).config]
    return tuple(
        replace(one, p=compare_f1_macro(targets, predictions[config], leader).p)
        for config, one in tried.items()
    )


def neighbors(config: TrainConfig) -> Iterator[TrainConfig]:
    """The next smaller and the next larger value on each axis of the search."""
    for axis, values in REACH.items():
        value = getattr(config, axis)
        smaller = [other for other in values if other < value]
        larger = [other for other in values if other > value]
        for other in (*smaller[-1:], *larger[:1]):
            yield replace(config, **{axis: other})


Row = Outcome[Trained]
"""A classifier with its final weights and `held_out`: (tweets,) its probability of class 1 by
models that were not trained on the tweet, NaN where there is none."""


def train_rows(dev: Development, grid: Collection[Tried]) -> dict[str, Row]:
    """The rows of the ablation, each of which changes one point of another, and the baselines."""
    plain, weighted = best(grid, "none").config, best(grid, "balanced").config
    linear = replace(dev.settings.common, head="linear")
    mean, layers = (replace(linear, pooling=pooling) for pooling in ("mean", "layers"))
    rows = [
        cross_validated(dev, ("naive", "naive head", ""), plain, tuned=False),
        cross_validated(dev, ("weighted", "class-weighted loss", "naive"), weighted, tuned=False),
        cross_validated(dev, ("threshold", "tuned threshold", "weighted"), weighted),
        without_network(dev, ("mean", "mean of tokens", "threshold"), mean),
        without_network(dev, ("layers", "means of all layers", "mean"), layers),
        cross_validated(
            dev, ("unfrozen", "upper layers unfrozen", "layers"), dev.settings.unfrozen
        ),
        *(without_network(dev, (key, title, "")) for key, title in BASELINES.items()),
    ]
    return {row.result.key: row for row in rows}


def cross_validated(
    dev: Development, names: tuple[str, str, str], config: TrainConfig, tuned: bool = True
) -> Row:
    """Trained without each fold in turn, then on training and validation tweets together.

    Unfrozen layers, whose training is long, without the validation tweets alone.
    """
    folds = (0,) if config.unfreeze_layers else range(len(dev.folds))
    *runs, final = train(dev, [*((config, fold) for fold in folds), (config, None)])
    held_out = np.full(len(dev.targets), np.nan)
    for idx, run in zip(dev.folds, runs, strict=False):
        held_out[idx] = run.tensors["probabilities"][idx]
    final = replace(final, result=replace(final.result, epochs=runs[0].result.epochs))
    return _row(dev, names, config, held_out, final, tuned)


def without_network(
    dev: Development, names: tuple[str, str, str], config: TrainConfig | None = None
) -> Row:
    """What needs no network, cross-validated for each strength of its regularization.

    The strength whose held-out predictions are best at their best threshold is taken; `judge` fits
    it to training and validation tweets together.
    """
    key = names[0]
    inputs = inputs_of(key, dev.encoded)

    def compute() -> Outcome[Run]:
        found = baselines.held_out_probabilities(
            key, inputs, dev.targets, dev.folds, dev.settings.jobs
        )
        size = inputs.shape[1] + 1 if isinstance(inputs, np.ndarray) else 0
        return Outcome(Run(0.0, size), {"probabilities": found})

    part = dev.work.part(f"fit {key}", (dev.common, dev.settings.folds), Run, compute)
    tuned = len(STRENGTHS[key]) > 1
    rows = [
        _row(dev, names, config, held_out, Outcome(part.result), tuned, strength)
        for strength, held_out in zip(STRENGTHS[key], part.tensors["probabilities"], strict=True)
    ]
    return max(rows, key=lambda row: row.result.cv_f1_macro)


def inputs_of(key: str, encoded: Encoded) -> Inputs:
    """What is fitted to: texts, or means of the tokens (tweets, features)."""
    if key not in ("mean", "layers"):
        return encoded.tweets.texts
    return encoded.features.pooled(key).reshape(len(encoded.tweets), -1)


def _row(
    dev: Development,
    names: tuple[str, str, str],
    config: TrainConfig | None,
    held_out: np.ndarray,
    final: Outcome[Run],
    tuned: bool = True,
    strength: float = 0.0,
) -> Row:
    """Its threshold and its scores, all from held-out predictions.

    The score on the validation tweets is at thresholds that are chosen on other tweets; that of
    cross-validation is at the row's own, which is chosen on the very same predictions.
    """
    known_idx = np.flatnonzero(~np.isnan(held_out))
    targets, found = dev.targets[known_idx], held_out[known_idx]
    threshold = best_threshold(targets, found) if tuned else HALF
    is_validation = np.isin(known_idx, dev.validation)
    trained = Trained(
        *names,
        config=config,
        tuned=tuned,
        threshold=threshold,
        strength=strength,
        parameters=final.result.parameters,
        seconds=final.result.seconds,
        epochs=final.result.epochs,
        validation_f1_macro=crossed_f1_macro(targets, found, is_validation, tuned),
        cv_f1_macro=f1_macro(targets, found > threshold),
    )
    return Outcome(trained, final.tensors | {"held_out": held_out})


def select(dev: Development, rows: dict[str, Row]) -> Selection:
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


@dataclass(frozen=True)
class Judged:
    """What is said of test tweets; each row's probabilities of class 1 are stored beside it."""

    errors: tuple[Explained, ...]
    explained: tuple[Explained, ...]


def evaluate(
    dev: Development, rows: dict[str, Row], selection: Selection, sealed: Sealed[Tweets]
) -> tuple[Tweets, Outcome[Judged]]:
    """Open the test tweets, once and after the selection, and have every row judge them."""
    test = sealed.open(selection)

    def compute() -> Outcome[Judged]:
        encoded = Encoded(test, dev.folder, dev.settings, dev.work)
        found = {key: judge(dev, row, encoded) for key, row in rows.items()}

        def told(row: Row, wanted: dict[tuple[int, int], int]) -> tuple[Explained, ...]:
            one = row.result
            model = restored(dev.folder, one.config, row.tensors)
            tokenizer = DistilBertTokenizerFast.from_pretrained(dev.folder)
            chosen = most_decided(test, found[one.key], one.threshold, wanted)
            return tuple(explain(model, one, tokenizer, test.take([i])) for i in chosen)

        errors = told(rows[selection.choice["final"]], ERRORS_SHOWN)
        return Outcome(Judged(errors, told(rows["unfrozen"], OUTCOMES_SHOWN)), found)

    basis = (dev.common, selection.choice, digest(test.texts))
    return test, dev.work.part("test tweets", basis, Judged, compute)


def judge(dev: Development, row: Row, encoded: Encoded) -> np.ndarray:
    """Probability of class 1 for new tweets, by the final model: (tweets,)."""
    one = row.result
    if one.key in STRENGTHS:
        inputs = inputs_of(one.key, dev.encoded)
        (fitted,) = baselines.fit(one.key, inputs, dev.targets, [one.strength])
        return baselines.judge(fitted, inputs_of(one.key, encoded))
    trainable = trainable_of(restored(dev.folder, one.config, row.tensors), one.config)
    outputs = encoded.layer if one.config.unfreeze_layers else encoded.pooled(one.config.pooling)
    return probabilities(trainable, outputs, np.arange(len(encoded.tweets)), dev.work.device)


def _result(
    dev: Development,
    split: Split,
    grid: tuple[Tried, ...],
    rows: dict[str, Row],
    selection: Selection,
    targets: np.ndarray,
    judged: Outcome[Judged],
) -> Result:
    """Everything scored on the test tweets, in pairs, beside what was known before."""
    predictions = {
        key: (judged.tensors[key] > row.result.threshold).astype(int) for key, row in rows.items()
    }

    def tested(one: Trained) -> Trained:
        others = dict.fromkeys([one.before or "naive", "naive", "tfidf", "tfidf-strong"])
        pairs = {
            other: compare_f1_macro(targets, predictions[one.key], predictions[other])
            for other in others
            if other != one.key
        }
        scores = score(targets, predictions[one.key], CLASSES, seed=dev.settings.seed)
        return replace(one, test=scores, against=pairs)

    trained = {key: tested(row.result) for key, row in rows.items()}
    final = selection.choice["final"]
    both_wrong = (predictions[final] != targets) & (predictions["tfidf"] != targets)
    parts = (split.train.targets, split.validation.targets, targets)
    return Result(
        encoder=dev.encoder,
        split=SplitUsed(
            *(Part(len(part), int((part == 0).sum())) for part in parts),
            empty=split.empty,
            duplicates=split.duplicates,
        ),
        lengths=dev.encoded.lengths(),
        grid=grid,
        variants={key: one for key, one in trained.items() if key not in BASELINES},
        baselines={key: trained[key] for key in BASELINES},
        final_key=final,
        bonus_key=selection.choice["bonus"],
        selection=selection,
        curves={key: precision_recall(targets == 0, 1 - p) for key, p in judged.tensors.items()},
        shared_errors=int(both_wrong.sum()),
        errors=judged.result.errors,
        explained=judged.result.explained,
    )
