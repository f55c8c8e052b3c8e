"""Problem 1 from photographs to a defended accuracy: train, select, evaluate."""

from dataclasses import dataclass, replace
from pathlib import PurePosixPath

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from hw4.foundation import scores
from hw4.foundation.compute import seed_everything
from hw4.foundation.experiment import Outcome, Work
from hw4.foundation.scores import Scores
from hw4.foundation.sealed import Sealed, Selection
from hw4.windows import backbones, data, explain, standin, training
from hw4.windows.data import CLASSES, Photographs
from hw4.windows.model import Backbone, SmallResidual, ThreeConvolutions, parameter_count
from hw4.windows.predictions import write_predictions
from hw4.windows.result import (
    NETWORKS,
    NO_DIFFERENCE,
    STEPS,
    Candidate,
    Prediction,
    PretrainedBackbone,
    Result,
    Settings,
    Shown,
    TrainConfig,
    wanted,
)
from hw4.windows.split import Learning, Unseen, split
from hw4.windows.training import Images, Trained
from hw4.windows.weights import Weights, at_hand

PICTURE = 112
"""Side of the images in galleries, in pixels."""
Networks = dict[str, Outcome[Candidate]]
"""Each trained network by name: its record, its weights, and its validation probabilities."""


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
        head = replace(settings.head, weight_decay=probed.result.weight_decay)
        for name, config in {
            "frozen": head,
            "frozen-no-balancing": replace(head, balance=False),
        }.items():
            networks[name] = frozen(name, config, weights, probed.tensors, learning, settings, work)
        networks["fine-tuned"] = fine_tuned(weights, networks["frozen"], learning, settings, work)
    else:
        work.say("no pre-trained weights at hand: the best network from scratch counts")
    return networks, tuple(probed.result for _, probed in compared)


def from_scratch(
    name: str, config: TrainConfig, learning: Learning, settings: Settings, work: Work
) -> Outcome[Candidate]:
    """One network that begins with random weights."""
    kind = "three_convolutions" if name == "baseline" else "small_residual"

    def compute() -> Outcome[Candidate]:
        seed_everything(settings.seed)
        network = build(kind, config.input_size, settings.width)
        trained = fit_images(network, name, config, learning, settings.seed, work)
        probabilities = validate(network, config.input_size, learning, work.device)
        return recorded(name, kind, config, network, trained, learning, probabilities)

    return work.part(name, (backbones.given(settings), config, settings.width), Candidate, compute)


def frozen(
    name: str,
    config: TrainConfig,
    weights: Weights,
    vectors: dict[str, np.ndarray],
    learning: Learning,
    settings: Settings,
    work: Work,
) -> Outcome[Candidate]:
    """The pre-trained backbone as it is, with a linear head on its stored features."""

    def compute() -> Outcome[Candidate]:
        fit = backbones.features(vectors["fit"], learning.fit)
        val = backbones.features(vectors["validation"], learning.validation)
        head, trained = backbones.train_head(fit, val, config, settings.seed)
        network = Backbone(weights.name, len(CLASSES), weights.file)
        network.features.requires_grad_(False)
        network.head.load_state_dict(head.state_dict())
        probabilities = training.predict(head, val, "cpu")
        return recorded(name, weights.name, config, network, trained, learning, probabilities)

    return work.part(
        name, (backbones.given(settings), config, weights.checksum), Candidate, compute
    )


def fine_tuned(
    weights: Weights, head: Outcome[Candidate], learning: Learning, settings: Settings, work: Work
) -> Outcome[Candidate]:
    """The whole backbone at a low rate, from the `head` that was trained while it was frozen."""
    config = settings.fine_tuned

    def compute() -> Outcome[Candidate]:
        seed_everything(settings.seed)
        network = Backbone(weights.name, len(CLASSES), weights.file)
        load_weights(network.head, head.tensors, "weights.head.")
        network.freeze(config.frozen_share)
        trained = fit_images(network, "fine-tuned", config, learning, settings.seed, work)
        probabilities = validate(network, config.input_size, learning, work.device)
        return recorded(
            "fine-tuned", weights.name, config, network, trained, learning, probabilities
        )

    depends = (backbones.given(settings), head.result.config, config, weights.checksum)
    return work.part("fine-tuned", depends, Candidate, compute)


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


def build(kind: str, input_size: int, width: int) -> nn.Module:
    """The network of a candidate, with random weights."""
    if kind == "three_convolutions":
        return ThreeConvolutions(len(CLASSES), input_size)
    if kind == "small_residual":
        return SmallResidual(len(CLASSES), width)
    return Backbone(kind, len(CLASSES))


def rebuilt(outcome: Outcome[Candidate], width: int) -> nn.Module:
    """A trained network, from what is stored of it."""
    network = build(outcome.result.network, outcome.result.config.input_size, width)
    load_weights(network, outcome.tensors, "weights.")
    return network


def load_weights(module: nn.Module, tensors: dict[str, np.ndarray], prefix: str) -> None:
    own = module.state_dict()
    stored = {name: torch.from_numpy(tensors[prefix + name]).to(own[name].dtype) for name in own}
    module.load_state_dict(stored)


def fit_images(
    network: nn.Module, name: str, config: TrainConfig, learning: Learning, seed: int, work: Work
) -> Trained:
    steps = training.steps_of(config, len(learning.fit))
    with work.bar(steps, f"{NETWORKS[name].removeprefix('… ')}, steps") as bar:
        return training.fit(
            network,
            Images(learning.fit, config.input_size, config.erasing),
            Images(learning.validation, config.input_size),
            config,
            seed,
            work.device,
            bar,
        )


def validate(
    network: nn.Module, size: int, learning: Learning, device: str
) -> tuple[np.ndarray, np.ndarray]:
    return training.predict(network, Images(learning.validation, size), device)


def recorded(
    name: str,
    kind: str,
    config: TrainConfig,
    network: nn.Module,
    trained: Trained,
    learning: Learning,
    probabilities: tuple[np.ndarray, np.ndarray],
) -> Outcome[Candidate]:
    """The record of a trained network; validation decides whether it looks at mirror images too.

    Args:
        probabilities: of the validation photographs, and averaged with their mirror images'.
    """
    straight, averaged = (scored(it, learning.validation.targets) for it in probabilities)
    gain = averaged.accuracy - straight.accuracy
    mirrored = averaged.log_loss < straight.log_loss and gain >= 0
    record = Candidate(
        title=NETWORKS[name],
        network=kind,
        config=config,
        pretrained=isinstance(network, Backbone),
        parameters=parameter_count(network),
        trained=parameter_count(network, trained_only=True),
        epochs=trained.epochs,
        mirrored=mirrored,
        mirror_gain=gain,
        validation=averaged if mirrored else straight,
        seconds=trained.seconds,
        images_per_second=trained.images / max(trained.seconds, 1e-9),
    )
    tensors = {
        f"weights.{key}": weight.detach().float().cpu().numpy()
        for key, weight in network.state_dict().items()
    }
    return Outcome(record, tensors | {"validation": probabilities[int(mirrored)]})


def scored(probabilities: np.ndarray, targets: np.ndarray) -> Scores:
    return scores.score(targets, probabilities.argmax(1), CLASSES, probabilities)


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
