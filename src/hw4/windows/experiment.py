"""Problem 1 from photographs to a defended accuracy: train, select, evaluate."""

from dataclasses import replace

import torch

from hw4.foundation.experiment import Outcome, Work
from hw4.foundation.words import percent
from hw4.windows import candidates, gallery, photographs
from hw4.windows.candidates import Given
from hw4.windows.data import CLASSES
from hw4.windows.model import backbone
from hw4.windows.photographs import Split, WindowData
from hw4.windows.predictions import write_predictions
from hw4.windows.result import Result, at_hand
from hw4.windows.settings import Recipe, Settings
from hw4.windows.weights import Weights


def run(settings: Settings, work: Work) -> Outcome[Result]:
    """Train all candidates, choose by validation, and look closely at the chosen one."""
    torch.set_float32_matmul_precision("high")
    split = Split(settings.seed, settings.validation_share, settings.held_out_share)
    given = Given(settings.image_size, settings.stand_in_size, split)
    data = photographs.load(work.source, settings.image_size, settings.stand_in_size, split)
    _say_check(data, work)
    effort = settings.stand_in_effort if work.source.is_stand_in else 1.0

    def scaled(recipe: Recipe) -> Recipe:
        return recipe.for_photographs(len(data.fit), effort)

    small = scaled(settings.small)
    wanted = [
        ("yardstick", "Three convolutions", scaled(settings.yardstick)),
        ("small", "Small residual network", small),
    ]
    if settings.ablations:
        wanted += [
            (
                "small-no-augmentation",
                "… without augmentation",
                replace(small, augment=False, mixing=0.0),
            ),
            ("small-no-balancing", "… without balancing", replace(small, balance=False)),
        ]
    parts = {
        key: candidates.candidate(key, title, recipe, data, given, work)
        for key, title, recipe in wanted
    }
    weights = _loaded(at_hand())
    if weights.at_hand:
        head = candidates.frozen(scaled(settings.frozen), data, given, work)
        whole = candidates.fine_tuned(scaled(settings.fine_tuned), head, data, given, work)
        parts |= {"frozen": head, "fine-tuned": whole}
    else:
        work.say(f"no pre-trained weights ({weights.why_not}): the best from scratch counts")

    results = tuple(part.result for part in parts.values())
    best = max(results, key=lambda it: (it.validation.accuracy, -it.validation.log_loss))
    outcome = gallery.look(
        best, results, parts[best.key].tensors, data, settings, work.device, weights.why_not
    )
    write_predictions(outcome.result)
    where = "test" if data.labelled else "held-out"
    work.say(f"{best.key}: {where} accuracy {percent(best.reported.accuracy)}")
    return outcome


def _loaded(weights: Weights) -> Weights:
    """The same, unless torchvision cannot make sense of the file."""
    if weights.at_hand:
        try:
            backbone(weights.backbone, len(CLASSES))
        except Exception as error:  # unpickling raises what it likes
            reason = str(error).partition("\n")[0]
            return replace(weights, at_hand=False, why_not=f"they cannot be loaded: {reason}")
    return weights


def _say_check(data: WindowData, work: Work) -> None:
    check = data.check
    work.say(
        f"{len(data.train):,} photographs to learn from and {len(data.test):,} to test on"
        + ("" if data.labelled else " (without labels)")
    )
    for file in check.bad[:5]:
        work.say(f"left out of the {file.where} set: {file.name} ({file.reason})")
    if len(check.bad) > 5:
        work.say(f"left out in all: {len(check.bad)} files")
    if check.removed:
        work.say(f"{len(check.removed)} training photographs are in the test set too: removed")
