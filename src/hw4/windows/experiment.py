"""Problem 1 from photographs to a defended accuracy: train, select, refit, evaluate."""

import time
from dataclasses import replace
from pathlib import PurePosixPath

import numpy as np
import torch
from torch import nn

from hw4.foundation import scores
from hw4.foundation.compute import seed_everything
from hw4.foundation.experiment import Outcome, Work
from hw4.foundation.scores import Difference, Scores
from hw4.foundation.work import Sealed, Selection
from hw4.windows import data, explain, features, model, standin, training
from hw4.windows.data import CLASSES, Learning, Unseen
from hw4.windows.images import Photographs
from hw4.windows.result import REFITTED, STEPS, Result, Settings
from hw4.windows.trained import NO_DIFFERENCE, NO_SCORES, PretrainedBackbone, TrainConfig, Trained
from hw4.windows.weights import at_hand

Networks = dict[str, Outcome[Trained]]
"""Each trained network by name: its record, its weights, and its validation probabilities."""


def run(settings: Settings, work: Work) -> Outcome[Result]:
    """Train every network, choose one by validation, refit it, and only then open the test set."""
    torch.set_float32_matmul_precision("high")
    if work.source.is_stand_in:
        settings = settings.for_stand_in()
    learning, sealed = load(settings, work)
    networks, backbones = train(learning, settings, work)
    selection = select(networks, learning.validation.targets, work)
    chosen, temperature = (selection.choice[key] for key in ("network", "temperature"))
    networks[REFITTED] = refit(networks[chosen].result, learning, settings, work)
    unseen, probabilities = evaluate(networks, sealed, selection, work.device)

    targets, best = unseen.reported.targets, probabilities[REFITTED]
    steps = STEPS | {"refitting": (REFITTED, chosen)}
    network = rebuilt(networks[REFITTED], work.device)
    size = networks[chosen].result.config.input_size
    shown, pictures = explain.gallery(
        network, unseen.reported, best, settings.gallery, size, work.device
    )
    pictures["contact"] = explain.contact_sheet(learning.fit, settings.contact, settings.seed)
    result = Result(
        check=learning.check,
        labelled=unseen.unlabelled is None,
        backbones=backbones,
        trained={
            name: replace(outcome.result, reported=scored(probabilities[name], targets))
            for name, outcome in networks.items()
        },
        selection=selection,
        steps={step: difference(*pair, probabilities, targets) for step, pair in steps.items()},
        over_best={
            name: difference(name, REFITTED, probabilities, targets)
            for name in networks
            if name != REFITTED
        },
        calibration=scores.calibration(best, targets),
        scaled_error=scores.calibration(scores.tempered(best, temperature), targets).error,
        shown=shown,
        own_names=learning.own_names,
        predictions=deliverable(networks[REFITTED], unseen, learning.own_names, work.device),
    )
    work.say(f"{chosen}: {result.reported} accuracy {result.best.accuracy:.1%}")
    return Outcome(result, pictures)


def load(settings: Settings, work: Work) -> tuple[Learning, Sealed[Unseen]]:
    """What may be learned from, and what stays sealed."""
    if work.source.is_stand_in:
        sets = standin.load(settings.stand_in_images, settings.seed, settings.image_size)
    else:
        sets = data.load(work.source, settings.image_size)
    shares = settings.validation_share, settings.held_out_share
    learning, unseen = data.split(*sets, settings.seed, *shares)
    check = learning.check
    work.say(
        f"{sum(check.train_counts):,} photographs to learn from and {check.test_photographs:,} to "
        "test on" + ("" if check.test_counts else " (without labels)")
    )
    if check.removed:
        work.say(f"{len(check.removed)} training photographs are in the test set too: removed")
    if check.bad:
        work.say(f"{len(check.bad)} files are no photographs: left out")
    for file in check.bad[:5]:
        work.say(f"  of the {file.where} set: {file.name} ({file.reason})")
    return learning, work.seal(lambda: unseen)


def train(
    learning: Learning, settings: Settings, work: Work
) -> tuple[Networks, tuple[PretrainedBackbone, ...]]:
    """All networks to choose from, and the backbones that were compared for them, best first."""
    small = settings.small
    plans = {
        "baseline": ("three_convolutions", settings.baseline),
        "small": ("small_residual", small),
        "small-no-augmentation": ("small_residual", replace(small, augment=0.0)),
    }
    compared = [
        features.probe(weights, learning, settings, work).result
        for weights in at_hand(settings.backbones_on(work.device))
    ]
    compared.sort(key=lambda backbone: -backbone.cross_validation_accuracy)
    if compared:
        backbone = compared[0].name
        head = features.head_config(settings, compared[0].weight_decay)
        plans["frozen"] = (backbone, head)
        plans["frozen-no-balancing"] = (backbone, replace(head, balance=False))
        plans["fine-tuned"] = (backbone, settings.fine_tuned)
    else:
        work.say("no pre-trained weights at hand: the best network from scratch counts")
    networks = {
        name: train_one(name, *plan, learning, settings, work) for name, plan in plans.items()
    }
    return networks, tuple(compared)


def train_one(
    name: str, kind: str, config: TrainConfig, learning: Learning, settings: Settings, work: Work
) -> Outcome[Trained]:
    """A network of this `kind`, trained as `config` says and kept as a part by itself.

    Validation decides whether it looks at mirror images too.
    """
    weights = {it.name: it for it in at_hand(settings.backbones_on(work.device))}.get(kind)

    def compute() -> Outcome[Trained]:
        seed_everything(settings.seed)
        began, seed = time.monotonic(), settings.seed
        network = training.build(kind, config, weights)
        count, size = len(learning.fit), config.input_size
        fit, val = learning.fit, learning.validation
        if weights and not config.backbone_rate:
            vectors = features.probe(weights, learning, settings, work).tensors["vectors"][:count]
            features.set_head(network.head, features.head_on(vectors, fit.targets, config))
            network.features.requires_grad_(False)
            epochs = ()
        else:
            steps = config.epochs_for(count) * (count // min(count, config.batch_size))
            with work.bar(steps, f"{name}, steps") as bar:
                epochs = training.fit(network, fit, val, config, seed, work.device, bar)
        views = training.predict(network, val, size, work.device)  # (2, validation, classes)
        straight, averaged = scored(views[0], val.targets), scored(views.mean(0), val.targets)
        mirrored = mirror_helps(straight, averaged)
        record = Trained(
            network=kind,
            config=config,
            parameters=model.parameter_count(network),
            learned=model.parameter_count(network, learned_only=True),
            epochs=epochs,
            mirrored=mirrored,
            seconds=time.monotonic() - began,
            validation=averaged if mirrored else straight,
        )
        state = network.state_dict().items()
        tensors = {f"weights.{key}": weight.cpu().numpy() for key, weight in state}
        return Outcome(record, tensors | {"validation": views.mean(0) if mirrored else views[0]})

    basis = (settings.split, kind, config, weights and weights.checksum)
    return work.part(name, basis, Trained, compute)


def mirror_helps(straight: Scores, averaged: Scores) -> bool:
    """Whether averaging with mirror images is surer of the truth and no less often right."""
    return averaged.log_loss < straight.log_loss and averaged.accuracy >= straight.accuracy


def scored(probabilities: np.ndarray, targets: np.ndarray) -> Scores:
    if not len(targets):
        return NO_SCORES
    return scores.score(targets, probabilities.argmax(1), CLASSES, probabilities)


def select(networks: Networks, targets: np.ndarray, work: Work) -> Selection:
    """The network best on the validation `targets`, written down before the test set opens."""

    def rank(name: str) -> tuple[float, float]:
        validation = networks[name].result.validation
        return validation.accuracy, -validation.log_loss

    chosen = max(networks, key=rank)
    record = networks[chosen].result
    choice = {
        "network": chosen,
        "epochs": len(record.epochs),
        "mirrored": record.mirrored,
        "temperature": scores.best_temperature(networks[chosen].tensors["validation"], targets),
    }
    return work.select(choice, record.validation.accuracy, "accuracy")


def refit(chosen: Trained, learning: Learning, settings: Settings, work: Work) -> Outcome[Trained]:
    """The chosen network once more in the same way, on the validation photographs as well.

    They have done their work when the choice is written down, and more photographs teach more. How
    many epochs, and whether to look at mirror images, stays as validation found it.
    """
    epochs = len(chosen.epochs)
    config = replace(chosen.config, epochs=(epochs, epochs))
    nothing = learning.validation.subset(np.array([], int))
    everything = replace(learning, fit=learning.fit + learning.validation, validation=nothing)
    outcome = train_one(REFITTED, chosen.network, config, everything, settings, work)
    return replace(outcome, result=replace(outcome.result, mirrored=chosen.mirrored))


def evaluate(
    networks: Networks, sealed: Sealed[Unseen], selection: Selection, device: str
) -> tuple[Unseen, dict[str, np.ndarray]]:
    """Open the test set, once, and let every network predict it as validation decided.

    Returns:
        the photographs, and probabilities `(n, classes)` of each network for those reported on.
    """
    unseen = sealed.open(selection)
    probabilities = {
        name: predicted(outcome, unseen.reported, device) for name, outcome in networks.items()
    }
    return unseen, probabilities


def predicted(outcome: Outcome[Trained], photographs: Photographs, device: str) -> np.ndarray:
    """Probabilities `(n, classes)` of a trained network for some photographs."""
    record, network = outcome.result, rebuilt(outcome, device)
    views = 2 if record.mirrored else 1
    return training.predict(network, photographs, record.config.input_size, device, views).mean(0)


def difference(one: str, other: str, probabilities: dict, targets: np.ndarray) -> Difference:
    """Accuracy of one network minus another's in pairs; NaN if this build lacks one of them."""
    if not {one, other} <= set(probabilities):
        return NO_DIFFERENCE
    return scores.mcnemar(targets, probabilities[one].argmax(1), probabilities[other].argmax(1))


def deliverable(
    outcome: Outcome[Trained], unseen: Unseen, own_names: tuple[str, ...], device: str
) -> tuple[tuple[str, str], ...]:
    """Name of the file and of the class for each photograph of a test set without labels."""
    if unseen.unlabelled is None:
        return ()
    labels = predicted(outcome, unseen.unlabelled, device).argmax(1)
    names = (PurePosixPath(name).name for name in unseen.unlabelled.names)
    return tuple((name, own_names[label]) for name, label in zip(names, labels, strict=True))


def rebuilt(outcome: Outcome[Trained], device: str) -> nn.Module:
    """A trained network, from what is stored of it."""
    network = training.build(outcome.result.network, outcome.result.config)
    stored = {key: outcome.tensors[f"weights.{key}"] for key in network.state_dict()}
    network.load_state_dict({key: torch.from_numpy(weight) for key, weight in stored.items()})
    return network.to(device)
