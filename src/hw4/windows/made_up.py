"""For the tests: results of every kind that the report can meet, made without training."""

from dataclasses import replace

import numpy as np

from hw4.foundation import scores
from hw4.foundation.work import Selection
from hw4.windows.candidate import NETWORKS, STEPS, Candidate, Epoch, PretrainedBackbone
from hw4.windows.data import CLASSES, FOLDER_NAMES, BadFile, DataCheck
from hw4.windows.result import NO_DIFFERENCE, Prediction, Result, Settings, Shown

SCRATCH = ("baseline", "small", "small-no-augmentation")


def made_up() -> dict[str, Result]:
    """Results by what is peculiar about them."""
    usual = result({"baseline": 0.6, "small": 0.75, "small-no-augmentation": 0.7, "frozen": 0.84,
                    "frozen-no-balancing": 0.83, "fine-tuned": 0.92})  # fmt: skip
    scratch = result({"baseline": 0.6, "small": 0.75, "small-no-augmentation": 0.7})
    bad = tuple(BadFile("test", f"x*_{i}.jpg", "damaged") for i in range(6))
    messy = replace(usual.check, bad=bad, exact_duplicates=1, near_duplicates=1,
                    removed=("a.jpg", "b.jpg"), duplicates_within=3, contradictions=1)  # fmt: skip
    return {
        "usual": usual,
        "without weights": scratch,
        "unlabelled": replace(
            usual,
            labelled=False,
            trained={name: replace(it, labelled=False) for name, it in usual.trained.items()},
            predictions=(Prediction("1.jpg", "Bay"),) * 12,
            check=replace(usual.check, test_counts=None, held_out=100),
        ),
        "messy data": replace(usual, check=messy),
        "no mistake": result(dict.fromkeys(NETWORKS, 1.0)),
        "nothing right": result(dict.fromkeys(NETWORKS, 0.0)),
        "the baseline wins": result({"baseline": 0.7, "small": 0.5, "small-no-augmentation": 0.4}),
        "ties": result(dict.fromkeys(NETWORKS, 0.8)),
    }


def result(accuracies: dict[str, float], n: int = 200, seed: int = 1) -> Result:
    """A result in which each network has about this accuracy; the best one is chosen."""
    rng = np.random.default_rng(seed)
    targets = np.arange(n) % len(CLASSES)
    made = {name: _probabilities(targets, share, rng) for name, share in accuracies.items()}
    chosen = max(accuracies, key=accuracies.__getitem__)
    answers = {name: it.argmax(1) for name, it in made.items()}
    confidence, wrong = made[chosen].max(1), answers[chosen] != targets
    order = np.lexsort((-confidence, ~wrong))[:8]
    pretrained = "frozen" in accuracies
    return Result(
        check=DataCheck((40,) * 4 + (80,), (40,) * 5, n, 180, 60, 0, (), 0, 0, (), 0, 0),
        labelled=True,
        backbones=(
            PretrainedBackbone("tf_efficientnet_lite0", "EfficientNet-Lite0", "a package",
                               "5793" * 16, 224, 3_371_008, 1280, 0.1, 0.84, 0.01, 50.0),
        ) if pretrained else (),
        trained={name: _candidate(name, it, targets) for name, it in made.items()},
        chosen=chosen,
        selection=Selection({"network": chosen}, 0.9, "accuracy", "2026-01-01T12:00:00+00:00"),
        steps={
            step: scores.mcnemar(targets, *(answers[name] for name in pair))
            if all(name in answers for name in pair)
            else NO_DIFFERENCE
            for step, pair in STEPS.items()
        },
        over_chosen={
            name: scores.mcnemar(targets, answers[name], answers[chosen])
            for name in answers
            if name != chosen
        },
        temperature=0.8,
        calibration=scores.calibration(made[chosen], targets),
        scaled_error=0.03,
        shown=tuple(
            Shown(f"{i}.jpg", int(targets[i]), int(answers[chosen][i]), float(confidence[i]))
            for i in order
        ),
        mistakes=int(wrong.sum()),
        own_names=FOLDER_NAMES,
        predictions=(),
    )  # fmt: skip


def _probabilities(targets: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    said = np.where(rng.random(len(targets)) < share, targets, (targets + 1) % len(CLASSES))
    probabilities = rng.dirichlet(np.ones(len(CLASSES)), len(targets)) * 0.4
    probabilities[np.arange(len(targets)), said] += 0.6
    return probabilities


def _candidate(name: str, probabilities: np.ndarray, targets: np.ndarray) -> Candidate:
    found = scores.score(targets, probabilities.argmax(1), CLASSES, probabilities)
    settings = Settings()
    configs = {"baseline": settings.baseline, "fine-tuned": settings.fine_tuned}
    return Candidate(
        title=NETWORKS[name],
        network="small_residual" if name in SCRATCH else "tf_efficientnet_lite0",
        config=configs.get(name, settings.small if name in SCRATCH else settings.head),
        pretrained=name not in SCRATCH,
        parameters=1000,
        trained=1000 if name in SCRATCH else 50,
        epochs=(Epoch(1.0, 0.9, 0.5), Epoch(0.5, 0.6, 0.7)),
        mirrored=True,
        mirror_gain=0.01,
        validation=found,
        seconds=3.0,
        images_per_second=500.0,
        reported=found,
    )
