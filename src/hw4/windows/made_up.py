"""For the tests: results of every kind that the report can meet, made without training.

And photographs: small drawings in the layouts that the course uses, as files.
"""

import hashlib
import io
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from hw4.foundation import scores
from hw4.foundation.work import Selection
from hw4.windows import standin
from hw4.windows.data import CLASSES, FOLDER_NAMES, BadFile, DataCheck
from hw4.windows.images import Photographs, Store
from hw4.windows.result import NETWORKS, REFITTED, STEPS, Result, Settings
from hw4.windows.trained import NO_DIFFERENCE, NO_SCORES, Epoch, PretrainedBackbone, Shown, Trained

SCRATCH = ("baseline", "small", "small-no-augmentation")


def made_up() -> dict[str, Result]:
    """Results by what is peculiar about them."""
    usual = result(
        {
            "baseline": 0.6,
            "small": 0.75,
            "small-no-augmentation": 0.7,
            "frozen": 0.84,
            "frozen-no-balancing": 0.83,
            "fine-tuned": 0.92,
            REFITTED: 0.93,
        }
    )
    scratch = result({"baseline": 0.6, "small": 0.75, "small-no-augmentation": 0.7, REFITTED: 0.8})
    bad = tuple(BadFile("test", f"x*_{i}.jpg", "damaged") for i in range(6))
    messy = replace(
        usual.check,
        bad=bad,
        exact_duplicates=1,
        near_duplicates=1,
        removed=("a.jpg", "b.jpg"),
        duplicates_within=3,
        contradictions=1,
    )
    return {
        "usual": usual,
        "without weights": scratch,
        "unlabelled": replace(
            usual,
            labelled=False,
            predictions=(("1.jpg", "Bay"),) * 12,
            check=replace(usual.check, test_counts=None, held_out=100),
        ),
        "messy data": replace(usual, check=messy),
        "no mistake": result(dict.fromkeys(NETWORKS, 1.0)),
        "nothing right": result(dict.fromkeys(NETWORKS, 0.0)),
        "the baseline wins": result(
            {"baseline": 0.7, "small": 0.5, "small-no-augmentation": 0.4, REFITTED: 0.7}
        ),
        "ties": result(dict.fromkeys(NETWORKS, 0.8)),
    }


def result(accuracies: dict[str, float], n: int = 200, seed: int = 1) -> Result:
    """A result in which each network has about this accuracy."""
    rng = np.random.default_rng(seed)
    targets = np.arange(n) % len(CLASSES)
    made = {name: _probabilities(targets, share, rng) for name, share in accuracies.items()}
    chosen = max((name for name in accuracies if name != REFITTED), key=accuracies.__getitem__)
    best = made[REFITTED]
    answers = {name: it.argmax(1) for name, it in made.items()}
    confidence, wrong = best.max(1), answers[REFITTED] != targets
    order = np.lexsort((-confidence, ~wrong))[:8]
    pretrained = "frozen" in accuracies
    return Result(
        check=DataCheck((40,) * 4 + (80,), (40,) * 5, n, 180, 60, 0, (), 0, 0, (), 0, 0),
        labelled=True,
        backbones=(
            PretrainedBackbone(
                "tf_efficientnet_lite0",
                "EfficientNet-Lite0",
                "a package",
                "5793" * 16,
                224,
                3_371_008,
                1280,
                0.1,
                0.84,
                0.01,
                50.0,
            ),
        )
        if pretrained
        else (),
        trained={name: _trained(name, it, targets) for name, it in made.items()},
        selection=Selection(
            {"network": chosen, "temperature": 0.8}, 0.9, "accuracy", "2026-01-01T12:00:00+00:00"
        ),
        steps={
            step: scores.mcnemar(targets, *(answers[name] for name in pair))
            if set(pair) <= set(answers)
            else NO_DIFFERENCE
            for step, pair in (STEPS | {"refitting": (REFITTED, chosen)}).items()
        },
        over_best={
            name: scores.mcnemar(targets, answers[name], answers[REFITTED])
            for name in answers
            if name != REFITTED
        },
        calibration=scores.calibration(best, targets),
        scaled_error=0.03,
        shown=tuple(
            Shown(f"{i}.jpg", int(targets[i]), int(answers[REFITTED][i]), float(confidence[i]))
            for i in order
        ),
        own_names=FOLDER_NAMES,
        predictions=(),
    )


def _probabilities(targets: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    said = np.where(rng.random(len(targets)) < share, targets, (targets + 1) % len(CLASSES))
    probabilities = rng.dirichlet(np.ones(len(CLASSES)), len(targets)) * 0.4
    probabilities[np.arange(len(targets)), said] += 0.6
    return probabilities


def _trained(name: str, probabilities: np.ndarray, targets: np.ndarray) -> Trained:
    judged = scores.score(targets, probabilities.argmax(1), CLASSES, probabilities)
    settings, refitted = Settings(), name == REFITTED
    configs = {"baseline": settings.baseline, "fine-tuned": settings.fine_tuned}
    head = replace(settings.fine_tuned, backbone_rate=0.0)
    curve = () if name.startswith("frozen") else (Epoch(1.0, 0.9, 0.5), Epoch(0.5, 0.6, 0.7))
    return Trained(
        network="small_residual" if name in SCRATCH else "tf_efficientnet_lite0",
        config=configs.get(name, settings.small if name in SCRATCH else head),
        parameters=1000,
        learned=1000 if name in SCRATCH else 50,
        epochs=(Epoch(1.0), Epoch(0.5)) if refitted else curve,
        mirrored=True,
        seconds=3.0,
        validation=NO_SCORES if refitted else judged,
        reported=judged,
    )


def photographs(pixels: np.ndarray, targets: np.ndarray, names=None) -> Photographs:
    """Photographs of these pixels (n, size, size, 3)."""
    names = names or tuple(f"{FOLDER_NAMES[target]}/{i}.jpg" for i, target in enumerate(targets))
    hashes = tuple(hashlib.sha256(picture).hexdigest() for picture in pixels)
    return Photographs.all_of(Store(pixels, names, hashes), targets)


def jpeg(label: int, seed: int, size: int = 64, **options) -> bytes:
    """A drawn window as the bytes of a JPEG."""
    picture = standin.draw(label, np.random.default_rng([label, seed]), size)
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=90, **options)
    return stream.getvalue()


def saved(image: Image.Image, kind: str, **options) -> bytes:
    """Any image as bytes."""
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def write_zip(path: Path, files: dict[str, bytes]) -> Path:
    """A zip with these files."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def write_folder(path: Path, files: dict[str, bytes]) -> Path:
    """A folder with these files."""
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
    return path


def train_files(each: int = 10, names=FOLDER_NAMES) -> dict[str, bytes]:
    """A small training set in the course's layout."""
    return {
        f"train_set/{name}/{place}.jpg": jpeg(label, place)
        for label, name in enumerate(names)
        for place in range(each)
    }


def labelled_files(each: int = 2, names=FOLDER_NAMES) -> dict[str, bytes]:
    """A small labelled test set."""
    return {
        f"test_set/{name}/{label * each + place}.jpg": jpeg(label, 1000 + place)
        for label, name in enumerate(names)
        for place in range(each)
    }


def unlabelled_files(count: int = 12) -> dict[str, bytes]:
    """A small test set without labels."""
    return {f"test_set/{place}.jpg": jpeg(place % 5, 2000 + place) for place in range(count)}
