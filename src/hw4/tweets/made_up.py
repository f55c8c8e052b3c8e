"""Made-up results of problem 3, of all kinds and without training, for tests of the report."""

from dataclasses import replace

import numpy as np

from hw4.foundation.scores import precision_recall
from hw4.foundation.work import Selection
from hw4.tweets.arguments import Grid, TrainConfig
from hw4.tweets.encoder import EncoderSource
from hw4.tweets.result import EncoderUsed, Explained, Lengths, Part, Result, SplitUsed
from hw4.tweets.trained import Epoch, Trained, Tried, scored


def made_up() -> dict[str, Result]:
    """Results that nobody computed, for what the report makes of them."""
    plain = _result(seed=0)
    tied = replace(plain, grid=tuple(replace(t, validation_f1_macro=0.6, p=1) for t in plain.grid))
    silent = tuple(replace(trial, predicts_0=0, validation_f1_macro=0.46) for trial in plain.grid)
    unfrozen = plain.variants["unfrozen"]
    shorter = plain.variants | {"unfrozen": replace(unfrozen, epochs=unfrozen.epochs[:1])}
    return {
        "plain": plain,
        "ties": tied,
        "nothing found": replace(
            plain, grid=silent, explained=(), errors=(), shared_errors=0, bonus_key="naive"
        ),
        "one epoch": replace(plain, variants=shorter, final_key="naive"),
        **{
            f"encoder from a {kind}": replace(plain, encoder=_encoder(kind))
            for kind in ("hub", "folder", "random")
        },
    }


def _encoder(kind: str) -> EncoderUsed:
    source = EncoderSource(kind, "all-MiniLM-L6-v2", "0.1.0", "abc")
    return EncoderUsed(source, 6, 12, 384, 30522, 22_500_000, 40.0)


def _rows(config: TrainConfig) -> dict[str, Trained]:
    variants = ("naive", "weighted", "threshold", "mean", "layers", "unfrozen")
    common = {"validation_f1_macro": 0.6, "cv_f1_macro": 0.6, "seconds": 12.0}
    rows = {}
    for before, key in zip(("", *variants), variants, strict=False):
        title, tuned = f"the {key} one", key != "naive"
        rows[key] = Trained(key, title, before, config, tuned, parameters=150_000, **common)
    rows["unfrozen"] = replace(
        rows["unfrozen"],
        config=replace(config, unfreeze_layers=3),
        parameters=5_000_000,
        epochs=(Epoch(0.6, 0.5), Epoch(0.4, 0.62)),
    )
    for key in ("majority", "tfidf", "tfidf-strong"):
        rows[key] = Trained(key, f"the {key} one", strength=0.3, **common)
    return rows


def _result(seed: int) -> Result:
    random = np.random.default_rng(seed)
    targets = (np.arange(200) % 7 > 0).astype(int)
    noise = random.random(200)
    config = TrainConfig(pooling="mean")
    rows = _rows(config)
    probabilities = {
        key: np.clip(quality * targets + (1 - quality) * noise, 0.01, 0.99)
        for key, quality in zip(rows, (0.1, 0.2, 0.2, 0.3, 0.4, 0.5, 0, 0.3, 0.4), strict=True)
    }
    probabilities["majority"] = np.full(200, 0.9)
    rows = scored(rows, probabilities, targets, seed)
    words = ("no", "nan", "bread", "cures", "@user")
    tweet = Explained(words, (-0.5, 0.3, 0.0, 1.2, -2.0), 0, 0.9, 1)
    grid = [
        Tried(
            one,
            validation_f1_macro=float(random.uniform(0.5, 0.7)),
            validation_accuracy=0.8,
            train_f1_macro=0.75,
            predicts_0=int(random.integers(0, 40)),
            seconds=0.4,
            p=float(random.random()),
        )
        for one in Grid().configs(config)
    ]
    return Result(
        encoder=_encoder("wheel"),
        split=SplitUsed(Part(700, 92), Part(150, 20), Part(200, 29), 1, 2),
        lengths=Lengths((0, 4, 8, 12), ((1, 2, 0), (2, 7, 1)), 6.0, 11, 128, 0),
        grid=tuple(grid),
        variants={key: one for key, one in rows.items() if one.config},
        baselines={key: one for key, one in rows.items() if not one.config},
        final_key="weighted",
        bonus_key="unfrozen",
        selection=Selection({"bonus": "unfrozen"}, 0.7, "F1-macro", "2026-01-02T03:04:05+00:00"),
        curves={key: precision_recall(targets == 0, 1 - p) for key, p in probabilities.items()},
        shared_errors=20,
        errors=(tweet,),
        explained=(tweet, replace(tweet, words=("a", "|", "*b*", "#c", "[d]"))),
    )
