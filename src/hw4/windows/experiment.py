"""Problem 1 from photographs to a defended accuracy: train, select, evaluate."""

from dataclasses import dataclass, replace
from pathlib import PurePosixPath

import numpy as np
import torch
from torch.nn import functional

from hw4.foundation import scores
from hw4.foundation.experiment import Outcome, Work
from hw4.foundation.work import Sealed, Selection
from hw4.windows import backbones, data, explain, standin, training
from hw4.windows.candidate import STEPS, PretrainedBackbone
from hw4.windows.data import CLASSES, Photographs
from hw4.windows.networks import Networks, fine_tuned, from_scratch, frozen, rebuilt, scored
from hw4.windows.predictions import write_predictions
from hw4.windows.result import NO_DIFFERENCE, Prediction, Result, Settings, Shown, wanted
from hw4.windows.split import Learning, Unseen, split
from hw4.windows.training import Images
from hw4.windows.weights import at_hand

PICTURE = 112
"""Side of the images in galleries, in pixels."""


def run(settings: Settings, work: Work) -> Outcome[Result]:
    """Train every network, choose one by validation, and only then open the test set."""
    torch.set_float32_matmul_precision("high")
    if work.source.is_stand_in:
        settings = settings.for_stand_in()
    learning, sealed = load(settings, work)
    networks, compared = train(learning, settings, work)
    chosen, temperature, selection = select(networks, learning.validation.targets, work)
    predicted = evaluate(networks, chosen, sealed, selection, settings, work.device)
    outcome = summarize(
        networks, compared, chosen, temperature, selection, predicted, learning, settings, work
    )
    write_predictions(outcome.result)
    best = outcome.result.best
    work.say(f"{chosen}: {outcome.result.reported} accuracy {best.accuracy:.1%}")
    return outcome


def load(settings: Settings, work: Work) -> tuple[Learning, Sealed[Unseen]]:
    """What may be learned from, and what stays sealed."""
    if work.source.is_stand_in:
        train_set, test_set = standin.load(
            settings.stand_in_images, settings.seed, settings.image_size
        )
    else:
        train_set, test_set = data.load(work.source, settings.image_size)
    shares = settings.validation_share, settings.held_out_share
    learning, unseen = split(train_set, test_set, settings.seed, *shares)
    check = learning.check
    work.say(
        f"{sum(check.train_counts):,} photographs to learn from and {check.test_photographs:,} to "
        "test on" + ("" if check.test_counts else " (without labels)")
    )
    for file in check.bad[:5]:
        work.say(f"left out of the {file.where} set: {file.name} ({file.reason})")
    if len(check.bad) > 5:
        work.say(f"left out in all: {len(check.bad)} files")
    if check.removed:
        work.say(f"{len(check.removed)} training photographs are in the test set too: removed")
    return learning, work.seal(lambda: unseen)


def train(
    learning: Learning, settings: Settings, work: Work
) -> tuple[Networks, tuple[PretrainedBackbone, ...]]:
    """All networks of this build, from the smallest to the fine-tuned one."""
    photographs = len(learning.fit)
    small = settings.small.for_images(photographs)
    configs = {
        "baseline": settings.baseline,
        "small": small,
        "small-no-augmentation": replace(small, augment=False, mixing=0.0),
    }
    networks = {
        name: from_scratch(name, config, learning, settings, work)
        for name, config in configs.items()
    }
    compared = backbones.compare(at_hand(wanted(work.device)), learning, settings, work)
    if compared:
        weights, probed = compared[0]
        head = replace(
            settings.head,
            input_size=settings.feature_size,  # it is tested on what its features were made of
            weight_decay=probed.result.weight_decay,
        )
        for name, config in {
            "frozen": head,
            "frozen-no-balancing": replace(head, balance=False),
        }.items():
            networks[name] = frozen(name, config, weights, probed.tensors, learning, settings, work)
        networks["fine-tuned"] = fine_tuned(weights, networks["frozen"], learning, settings, work)
    else:
        work.say("no pre-trained weights at hand: the best network from scratch counts")
    return networks, tuple(probed.result for _, probed in compared)


def select(networks: Networks, targets: np.ndarray, work: Work) -> tuple[str, float, Selection]:
    """The network with the best validation accuracy, written down before the test set is opened.

    Args:
        targets: of the validation photographs.
    """

    def rank(name: str) -> tuple[float, float]:
        validation = networks[name].result.validation
        return validation.accuracy, -validation.log_loss

    chosen = max(networks, key=rank)
    record = networks[chosen].result
    temperature = best_temperature(networks[chosen].tensors["validation"], targets)
    choice = {
        "network": chosen,
        "epochs": len(record.epochs),
        "mirrored": record.mirrored,
        "temperature": temperature,
    }
    return chosen, temperature, work.select(choice, record.validation.accuracy, "accuracy")


@dataclass(frozen=True)
class Predicted:
    """Probabilities `(n, classes)` for what was sealed, of each network and of the chosen one."""

    unseen: Unseen
    reported: dict[str, np.ndarray]
    unlabelled: np.ndarray | None


def evaluate(
    networks: Networks,
    chosen: str,
    sealed: Sealed[Unseen],
    selection: Selection,
    settings: Settings,
    device: str,
) -> Predicted:
    """Open the test set, once, and let every network predict it as validation decided."""
    unseen = sealed.open(selection)
    reported, unlabelled = {}, None
    for name, outcome in networks.items():
        record = outcome.result
        network = rebuilt(outcome, settings.width)
        averaged = int(record.mirrored)
        examples = Images(unseen.reported, record.config.input_size)
        reported[name] = training.predict(network, examples, device, record.mirrored)[averaged]
        if name == chosen and unseen.unlabelled is not None:
            examples = Images(unseen.unlabelled, record.config.input_size)
            unlabelled = training.predict(network, examples, device, record.mirrored)[averaged]
    return Predicted(unseen, reported, unlabelled)


def summarize(
    networks: Networks,
    compared: tuple[PretrainedBackbone, ...],
    chosen: str,
    temperature: float,
    selection: Selection,
    predicted: Predicted,
    learning: Learning,
    settings: Settings,
    work: Work,
) -> Outcome[Result]:
    """The result: scores, comparisons in pairs, and the gallery of what goes wrong."""
    photographs = predicted.unseen.reported
    targets, probabilities = photographs.targets, predicted.reported[chosen]
    answers = {name: found.argmax(1) for name, found in predicted.reported.items()}
    labelled = predicted.unseen.unlabelled is None

    def against(pair: tuple[str, str]) -> scores.Difference:
        if not all(name in answers for name in pair):
            return NO_DIFFERENCE
        return scores.mcnemar(targets, *(answers[name] for name in pair))

    confidence, wrong = probabilities.max(1), answers[chosen] != targets
    order = np.lexsort((-confidence, ~wrong))[: settings.gallery]
    config = networks[chosen].result.config
    pixels = photographs.images(order)
    maps = explain.occlusion(
        rebuilt(networks[chosen], settings.width).to(work.device),
        pixels, answers[chosen][order], config.input_size, work.device,
    )  # fmt: skip
    result = Result(
        check=learning.check,
        labelled=labelled,
        backbones=compared,
        trained={
            name: replace(
                outcome.result,
                reported=scored(predicted.reported[name], targets),
                labelled=labelled,
            )
            for name, outcome in networks.items()
        },
        chosen=chosen,
        selection=selection,
        steps={step: against(pair) for step, pair in STEPS.items()},
        over_chosen={name: against((name, chosen)) for name in networks if name != chosen},
        temperature=temperature,
        calibration=scores.calibration(probabilities, targets),
        scaled_error=scores.calibration(tempered(probabilities, temperature), targets).error,
        shown=tuple(
            Shown(photographs.names[i], int(targets[i]), int(answers[chosen][i]),
                  float(confidence[i]))
            for i in order
        ),
        mistakes=int(wrong.sum()),
        own_names=learning.own_names,
        predictions=named_predictions(predicted, learning.own_names),
    )  # fmt: skip
    pictures = {
        "mistakes": small(pixels),
        "looked_at": small(explain.painted(pixels, maps)),
        "contact": small(contact_sheet(learning.fit, settings.contact, settings.seed)),
    }
    return Outcome(result, pictures)


def tempered(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Probabilities `(n, classes)` of logits that are divided by `temperature`."""
    powers = np.maximum(probabilities, 1e-12) ** (1 / temperature)
    return powers / powers.sum(1, keepdims=True)


def best_temperature(probabilities: np.ndarray, targets: np.ndarray) -> float:
    """The temperature with the least log loss (Guo et al. 2017); below 1 is under-confident."""

    def loss(temperature: float) -> float:
        given = tempered(probabilities, temperature)[np.arange(len(targets)), targets]
        return float(-np.log(given).mean())

    return float(min(np.geomspace(0.25, 4, 81), key=loss))


def named_predictions(predicted: Predicted, own_names: tuple[str, ...]) -> tuple[Prediction, ...]:
    """The deliverable where the test set has no labels, in the names of the course's folders."""
    if predicted.unlabelled is None or predicted.unseen.unlabelled is None:
        return ()
    return tuple(
        Prediction(PurePosixPath(name).name, own_names[label])
        for name, label in zip(
            predicted.unseen.unlabelled.names, predicted.unlabelled.argmax(1), strict=True
        )
    )


def contact_sheet(photographs: Photographs, each: int, seed: int) -> np.ndarray:
    """`each` photographs of every class, class after class, drawn from those to learn from."""
    rng = np.random.default_rng(seed)
    drawn = []
    for label in range(len(CLASSES)):
        of_class = np.flatnonzero(photographs.targets == label)
        drawn.append(rng.choice(of_class, each, replace=len(of_class) < each))
    return photographs.images(np.concatenate(drawn))


def small(pixels: np.ndarray) -> np.ndarray:
    """Images at a size for the page, `(n, PICTURE, PICTURE, 3)` uint8."""
    if pixels.shape[1] <= PICTURE:
        return pixels
    images = torch.from_numpy(pixels).permute(0, 3, 1, 2)
    images = functional.interpolate(images, (PICTURE, PICTURE), mode="bilinear", antialias=True)
    return images.permute(0, 2, 3, 1).contiguous().numpy()
