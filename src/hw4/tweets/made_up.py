"""Made-up results of problem 3, of all kinds and without training, for tests of the report."""

from dataclasses import replace

import numpy as np

from hw4.foundation.scores import compare_f1_macro, precision_recall, score
from hw4.foundation.work import Selection
from hw4.tweets.arguments import Grid, TrainConfig
from hw4.tweets.encoder import EncoderSource
from hw4.tweets.result import EncoderUsed, Explained, Lengths, Part, Result, SplitUsed
from hw4.tweets.trained import CLASSES, Epoch, Trained, Tried


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


def _result(seed: int) -> Result:
    random = np.random.default_rng(seed)
    targets = (np.arange(200) % 7 > 0).astype(int)
    noise = random.random(200)
    qualities = {
        **{"naive": 0.1, "weighted": 0.2, "threshold": 0.2, "mean": 0.3, "layers": 0.4},
        **{"unfrozen": 0.5, "majority": 0.0, "tfidf": 0.3, "tfidf-strong": 0.4},
    }
    probabilities = {
        key: np.clip(quality * targets + (1 - quality) * noise, 0.01, 0.99)
        for key, quality in qualities.items()
    }
    probabilities["majority"] = np.full(200, 0.9)
    config = TrainConfig(pooling="mean")
    baselines = ("majority", "tfidf", "tfidf-strong")
    before = {"weighted": "naive", "threshold": "weighted", "mean": "threshold"}
    before |= {"layers": "mean", "unfrozen": "layers"}

    def trained(key: str) -> Trained:
        predictions = (probabilities[key] > 0.5).astype(int)
        network = key not in baselines
        unfrozen = key == "unfrozen"
        return Trained(
            key=key,
            title=f"the {key} one",
            before=before.get(key, ""),
            config=replace(config, unfreeze_layers=3 * unfrozen) if network else None,
            tuned=key != "naive",
            threshold=0.5,
            strength=0.3 * (key in ("layers", "tfidf-strong")),
            parameters=5_000_000 if unfrozen else 150_000 * network,
            seconds=12.0,
            epochs=(Epoch(0.6, 0.5), Epoch(0.4, 0.62)) if unfrozen else (),
            validation_f1_macro=0.6,
            cv_f1_macro=0.6,
            test=score(targets, predictions, CLASSES),
            against={
                other: compare_f1_macro(targets, predictions, (probabilities[other] > 0.5) * 1)
                for other in {before.get(key, "naive"), "naive", "tfidf", "tfidf-strong"} - {key}
            },
        )

    found = {key: trained(key) for key in probabilities}
    tweet = Explained(
        ("no", "nan", "bread", "cures", "@user"), (-0.5, 0.3, 0.0, 1.2, -2.0), 0, 0.9, 1
    )
    return Result(
        encoder=_encoder("wheel"),
        split=SplitUsed(Part(700, 92), Part(150, 20), Part(200, 29), 1, 2),
        lengths=Lengths((0, 4, 8, 12), ((1, 2, 0), (2, 7, 1)), 6.0, 11, 128, 0),
        grid=tuple(
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
        ),
        variants={key: one for key, one in found.items() if key not in baselines},
        baselines={key: found[key] for key in baselines},
        final_key="weighted",
        bonus_key="unfrozen",
        selection=Selection({"bonus": "unfrozen"}, 0.7, "F1-macro", "2026-01-02T03:04:05+00:00"),
        curves={key: precision_recall(targets == 0, 1 - p) for key, p in probabilities.items()},
        shared_errors=20,
        errors=(tweet,),
        explained=(tweet, replace(tweet, words=("a", "|", "*b*", "#c", "[d]"))),
    )
