"""Made-up results of problem 3, of all kinds and without training, for tests of the report."""

from dataclasses import replace

import numpy as np

from hw4.foundation.scores import compare_f1_macro, precision_recall, score
from hw4.foundation.work import Selection
from hw4.tweets.arguments import TrainConfig
from hw4.tweets.grid import Grid, Trial
from hw4.tweets.result import EncoderUsed, Lengths, Part, Result, SplitUsed
from hw4.tweets.variant import CLASSES, Epoch, Errors, Explained, Variant


def made_up() -> dict[str, Result]:
    """Results that nobody computed, for what the report makes of them."""
    plain = _result(seed=0)
    tied = replace(plain, grid=tuple(replace(t, validation_f1_macro=0.6, p=1) for t in plain.grid))
    silent = tuple(replace(trial, predicts_0=0, validation_f1_macro=0.46) for trial in plain.grid)
    return {
        "plain": plain,
        "ties": tied,
        "nothing found": replace(
            plain, grid=silent, explained=(), errors=Errors(0, 0, 0, ()), bonus_key="naive"
        ),
        "one epoch": replace(plain, epochs=plain.epochs[:1], final_key="naive"),
        **{
            f"encoder from a {kind}": replace(plain, encoder=replace(plain.encoder, kind=kind))
            for kind in ("hub", "folder", "random")
        },
    }


def _result(seed: int) -> Result:
    random = np.random.default_rng(seed)
    targets = (np.arange(200) % 7 > 0).astype(int)
    noise = random.random(200)
    probabilities = {
        key: np.clip(quality * targets + (1 - quality) * noise, 0.01, 0.99)
        for key, quality in {
            **{"naive": 0.1, "weighted": 0.2, "threshold": 0.2, "mean-pooled": 0.3},
            **{
                "mixed-pooled": 0.35,
                "layers-pooled": 0.4,
                "linear": 0.4,
                "unfrozen": 0.5,
            },
            **{"majority": 0.0, "tfidf": 0.3, "tfidf-strong": 0.4},
        }.items()
    }
    probabilities["majority"] = np.full(200, 0.9)
    config = TrainConfig(pooling="mean")
    baselines = ("majority", "tfidf", "tfidf-strong")
    before = {"weighted": "naive", "threshold": "weighted", "mean-pooled": "threshold"}
    before |= dict.fromkeys(("mixed-pooled", "layers-pooled", "unfrozen"), "mean-pooled")
    before |= {"linear": "layers-pooled", "unfrozen": "linear"}

    def variant(key: str) -> Variant:
        predictions = (probabilities[key] > 0.5).astype(int)
        network = key not in baselines
        unfrozen = key == "unfrozen"
        return Variant(
            key=key,
            before=before.get(key, ""),
            config=replace(config, unfreeze_layers=3 * unfrozen) if network else None,
            strength=0.3 * (key in ("linear", "tfidf-strong")),
            threshold_tuned=key != "naive",
            threshold=0.5,
            trained_parameters=5_000_000 if unfrozen else 150_000 * network,
            validation_f1_macro=0.6,
            cv_f1_macro=0.6,
            cv_tweets=900,
            test=score(targets, predictions, CLASSES),
            against={
                other: compare_f1_macro(targets, predictions, (probabilities[other] > 0.5) * 1)
                for other in {before.get(key, "naive"), "naive", "tfidf", "tfidf-strong"} - {key}
            },
            seconds=12.0,
        )

    found = {key: variant(key) for key in probabilities}
    baselines = ("majority", "tfidf", "tfidf-strong")
    tweet = Explained(
        ("no", "nan", "bread", "cures", "@user"), (-0.5, 0.3, 0.0, 1.2, -2.0), 0, 0.9, 1
    )
    return Result(
        encoder=EncoderUsed(
            "wheel", "all-MiniLM-L6-v2", "0.1.0", "abc", 6, 12, 384, 30522, 22_500_000
        ),
        split=SplitUsed(Part(700, 92), Part(150, 20), Part(200, 29), 1, 2),
        lengths=Lengths((0, 4, 8, 12), (3, 9, 1), 6.0, 11, 128, 0),
        grid=tuple(
            Trial(
                *(one.learning_rate, one.weight_decay, one.epochs, one.class_weighting),
                validation_f1_macro=float(random.uniform(0.5, 0.7)),
                validation_accuracy=0.8,
                train_f1_macro=0.75,
                p=float(random.random()),
                predicts_0=int(random.integers(0, 40)),
                seconds=0.4,
            )
            for one in Grid().configs(config)
        ),
        variants={key: one for key, one in found.items() if key not in baselines},
        baselines={key: found[key] for key in baselines},
        final_key="weighted",
        bonus_key="unfrozen",
        selection=Selection({"bonus": "unfrozen"}, 0.7, "F1-macro", "2026-01-02T03:04:05+00:00"),
        epochs=(Epoch(0.6, 0.5), Epoch(0.4, 0.62)),
        layer_weights=(0.1, 0.2, 0.7),
        curves={key: precision_recall(targets == 0, 1 - p) for key, p in probabilities.items()},
        feature_seconds=40.0,
        errors=Errors(12, 30, 20, (tweet,)),
        explained=(tweet, replace(tweet, words=("a", "|", "*b*", "#c", "[d]"))),
    )
