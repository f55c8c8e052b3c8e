"""Problem 1 from photographs to a defended accuracy: train, select, refit, evaluate."""

import time
from dataclasses import replace
from pathlib import PurePosixPath

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from hw4.foundation import scores
from hw4.foundation.compute import seed_everything
from hw4.foundation.experiment import Outcome, Work
from hw4.foundation.scores import Difference, Scores
from hw4.foundation.work import Sealed, Selection
from hw4.windows import data, explain, model, standin, training
from hw4.windows.data import CLASSES, Learning, Unseen
from hw4.windows.images import Photographs
from hw4.windows.result import NO_DIFFERENCE, REFITTED, STEPS, Result, Settings, Shown, wanted
from hw4.windows.trained import NO_SCORES, PretrainedBackbone, TrainConfig, Trained
from hw4.windows.training import Images
from hw4.windows.weights import Weights, at_hand

Networks = dict[str, Outcome[Trained]]
"""Each trained network by name: its record, its weights, and its validation probabilities."""
PICTURE = 112
"""Side of the images in galleries, in pixels."""


def run(settings: Settings, work: Work) -> Outcome[Result]:
    """Train every network, choose one by validation, refit it, and only then open the test set."""
    torch.set_float32_matmul_precision("high")
    if work.source.is_stand_in:
        settings = settings.for_stand_in()
    learning, sealed = load(settings, work)
    networks, compared = train(learning, settings, work)
    selection = select(networks, learning.validation.targets, work)
    chosen, temperature = (selection.choice[key] for key in ("network", "temperature"))
    networks[REFITTED] = refit(networks[chosen].result, learning, settings, work)
    unseen, probabilities = evaluate(networks, sealed, selection, settings, work.device)

    targets, best = unseen.reported.targets, probabilities[REFITTED]
    shown, pictures = gallery(networks[REFITTED], unseen.reported, best, settings, work.device)
    pictures["contact"] = contact_sheet(learning.fit, settings.contact, settings.seed)

    def difference(one: str, other: str) -> Difference:
        """Accuracy of one network minus another's in pairs; NaN if this build lacks one of them."""
        if one not in probabilities or other not in probabilities:
            return NO_DIFFERENCE
        return scores.mcnemar(targets, *(probabilities[it].argmax(1) for it in (one, other)))

    predictions = ()
    if unseen.unlabelled is not None:
        labels = predicted(networks[REFITTED], unseen.unlabelled, settings, work.device).argmax(1)
        predictions = tuple(
            (PurePosixPath(name).name, learning.own_names[label])
            for name, label in zip(unseen.unlabelled.names, labels, strict=True)
        )
    result = Result(
        check=learning.check,
        labelled=unseen.unlabelled is None,
        backbones=compared,
        trained={
            name: replace(outcome.result, reported=scored(probabilities[name], targets))
            for name, outcome in networks.items()
        },
        chosen=chosen,
        selection=selection,
        steps={step: difference(*pair) for step, pair in STEPS.items()}
        | {"refitting": difference(REFITTED, chosen)},
        over_best={name: difference(name, REFITTED) for name in networks if name != REFITTED},
        temperature=temperature,
        calibration=scores.calibration(best, targets),
        scaled_error=scores.calibration(tempered(best, temperature), targets).error,
        shown=shown,
        own_names=learning.own_names,
        predictions=predictions,
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
    """All networks to choose from, and the backbones that were compared for them, best first."""
    small = settings.small
    plans = {
        "baseline": ("three_convolutions", settings.baseline),
        "small": ("small_residual", small),
        "small-no-augmentation": ("small_residual", replace(small, augment=0.0)),
    }
    found = at_hand(wanted(work.device))
    compared = [probe(weights, learning, settings, work).result for weights in found]
    compared.sort(key=lambda backbone: -backbone.cross_validation_accuracy)
    if compared:
        backbone = compared[0].name
        head = head_config(settings, compared[0].weight_decay)
        plans["frozen"] = (backbone, head)
        plans["frozen-no-balancing"] = (backbone, replace(head, balance=False))
        plans["fine-tuned"] = (backbone, settings.fine_tuned)
    else:
        work.say("no pre-trained weights at hand: the best network from scratch counts")
    networks = {
        name: train_one(name, *plan, learning, settings, work) for name, plan in plans.items()
    }
    return networks, tuple(compared)


def probe(
    weights: Weights, learning: Learning, settings: Settings, work: Work
) -> Outcome[PretrainedBackbone]:
    """How a linear head on the frozen features of a backbone fares, with the features themselves.

    The weight decay of the head is the best of those searched by cross-validation.
    """
    folds, size = settings.folds, settings.feature_size

    def compute() -> Outcome[PretrainedBackbone]:
        began = time.monotonic()
        network = model.Backbone(weights.name, len(CLASSES), weights.file)
        photographs = learning.fit + learning.validation
        with work.bar(len(photographs), f"features of {weights.title}") as bar:
            vectors = training.extract(network, photographs, size, work.device, bar)
        fit, accuracies = vectors[: len(learning.fit)], {}
        for decay in settings.weight_decays:
            config = head_config(settings, decay)
            accuracies[decay] = training.cross_validate(
                fit, learning.fit.targets, learning.groups, config, folds, settings.seed
            )  # (folds,)
        best = max(accuracies, key=lambda decay: accuracies[decay].mean())
        record = PretrainedBackbone(
            name=weights.name,
            title=weights.title,
            source=weights.source,
            checksum=weights.checksum,
            input_size=size,
            parameters=model.parameter_count(network.features),
            features=network.head.in_features,
            weight_decay=best,
            cross_validation_accuracy=float(accuracies[best].mean()),
            cross_validation_std=float(accuracies[best].std(ddof=1) / len(accuracies[best]) ** 0.5),
            seconds=time.monotonic() - began,
        )
        return Outcome(record, {"vectors": vectors})

    searched = (size, folds, settings.weight_decays, weights.checksum)
    return work.part(
        f"features-{weights.name}", (parts(settings), searched), PretrainedBackbone, compute
    )


def head_config(settings: Settings, weight_decay: float) -> TrainConfig:
    """A head on frozen features; it is tested at the size of what its features were made of."""
    return replace(
        settings.fine_tuned,
        input_size=settings.feature_size,
        weight_decay=weight_decay,
        backbone_rate=0.0,
        label_smoothing=0.0,
        balance=True,
    )


def parts(settings: Settings) -> tuple:
    """What decides which photographs there are and who is in which part of the split."""
    shares = (settings.validation_share, settings.held_out_share)
    return (settings.seed, settings.image_size, settings.stand_in_images, *shares)


def train_one(
    name: str, kind: str, config: TrainConfig, learning: Learning, settings: Settings, work: Work
) -> Outcome[Trained]:
    """A network of this `kind`, trained as `config` says and kept as a part by itself.

    Validation decides whether it looks at mirror images too.
    """
    weights = next((it for it in at_hand(wanted(work.device)) if it.name == kind), None)

    def compute() -> Outcome[Trained]:
        seed_everything(settings.seed)
        began, seed = time.monotonic(), settings.seed
        network = build(kind, config, settings.width, weights)
        count, size = len(learning.fit), config.input_size
        fit, val = Images(learning.fit, size), Images(learning.validation, size)
        if weights and not config.backbone_rate:
            vectors = probe(weights, learning, settings, work).tensors["vectors"][:count]
            training.set_head(network.head, training.head_on(vectors, fit.targets, config))
            network.features.requires_grad_(False)
            epochs = ()
        else:
            steps = config.epochs_for(count) * (count // min(count, config.batch_size))
            with work.bar(steps, f"{name}, steps") as bar:
                epochs = training.fit(network, fit, val, config, seed, work.device, bar)
        views = training.predict(network, val, work.device)  # (2, validation, classes)
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
        tensors = {
            f"weights.{key}": weight.detach().float().cpu().numpy()
            for key, weight in network.state_dict().items()
        }
        return Outcome(record, tensors | {"validation": views.mean(0) if mirrored else views[0]})

    basis = (parts(settings), kind, config, settings.width, weights and weights.checksum)
    return work.part(name, basis, Trained, compute)


def build(kind: str, config: TrainConfig, width: int, weights: Weights | None = None) -> nn.Module:
    """A network as it begins: random, or with the pre-trained `weights` of its backbone."""
    if kind == "three_convolutions":
        return model.ThreeConvolutions(len(CLASSES), config.input_size)
    if kind == "small_residual":
        return model.SmallResidual(len(CLASSES), width)
    network = model.Backbone(kind, len(CLASSES), weights.file if weights else None)
    network.freeze(config.frozen_share)
    return network


def mirror_helps(straight: Scores, averaged: Scores) -> bool:
    """Whether averaging with mirror images is surer of the truth and no less often right."""
    return averaged.log_loss < straight.log_loss and averaged.accuracy >= straight.accuracy


def scored(probabilities: np.ndarray, targets: np.ndarray) -> Scores:
    if not len(targets):
        return NO_SCORES
    return scores.score(targets, probabilities.argmax(1), CLASSES, probabilities)


def select(networks: Networks, targets: np.ndarray, work: Work) -> Selection:
    """The network with the best validation accuracy, written down before the test set is opened.

    Args:
        targets: of the validation photographs.
    """

    def rank(name: str) -> tuple[float, float]:
        validation = networks[name].result.validation
        return validation.accuracy, -validation.log_loss

    chosen = max(networks, key=rank)
    record = networks[chosen].result
    choice = {
        "network": chosen,
        "epochs": len(record.epochs),
        "mirrored": record.mirrored,
        "temperature": best_temperature(networks[chosen].tensors["validation"], targets),
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
    networks: Networks,
    sealed: Sealed[Unseen],
    selection: Selection,
    settings: Settings,
    device: str,
) -> tuple[Unseen, dict[str, np.ndarray]]:
    """Open the test set, once, and let every network predict it as validation decided.

    Returns:
        the photographs, and probabilities `(n, classes)` of each network for those reported on.
    """
    unseen = sealed.open(selection)
    probabilities = {
        name: predicted(outcome, unseen.reported, settings, device)
        for name, outcome in networks.items()
    }
    return unseen, probabilities


def predicted(
    outcome: Outcome[Trained], photographs: Photographs, settings: Settings, device: str
) -> np.ndarray:
    """Probabilities `(n, classes)` of a trained network for some photographs."""
    record = outcome.result
    examples = Images(photographs, record.config.input_size)
    views = 2 if record.mirrored else 1
    return training.predict(rebuilt(outcome, settings).to(device), examples, device, views).mean(0)


def rebuilt(outcome: Outcome[Trained], settings: Settings) -> nn.Module:
    """A trained network, from what is stored of it."""
    network = build(outcome.result.network, outcome.result.config, settings.width)
    own = network.state_dict()
    network.load_state_dict(
        {key: torch.from_numpy(outcome.tensors[f"weights.{key}"]).to(own[key].dtype) for key in own}
    )
    return network


def gallery(
    outcome: Outcome[Trained],
    photographs: Photographs,
    probabilities: np.ndarray,
    settings: Settings,
    device: str,
) -> tuple[tuple[Shown, ...], dict[str, np.ndarray]]:
    """The most confident mistakes, as they are and with where the network looked.

    Right answers in their stead where there is no mistake.
    """
    answers, targets, names = probabilities.argmax(1), photographs.targets, photographs.names
    confidence, wrong = probabilities.max(1), answers != targets
    order = np.lexsort((-confidence, ~wrong))
    order = order[: min(settings.gallery, wrong.sum() or settings.gallery)]
    pixels, size = photographs.images(order), outcome.result.config.input_size
    network = rebuilt(outcome, settings).to(device)
    maps = explain.occlusion(network, pixels, answers[order], size, device)
    shown = tuple(
        Shown(names[i], int(targets[i]), int(answers[i]), float(confidence[i])) for i in order
    )
    return shown, {"mistakes": small(pixels), "looked_at": small(explain.painted(pixels, maps))}


def contact_sheet(photographs: Photographs, each: int, seed: int) -> np.ndarray:
    """`each` photographs of every class, class after class, drawn from those to learn from."""
    rng = np.random.default_rng(seed)
    drawn = []
    for label in range(len(CLASSES)):
        of_class = np.flatnonzero(photographs.targets == label)
        drawn.append(rng.choice(of_class, each, replace=len(of_class) < each))
    return small(photographs.images(np.concatenate(drawn)))


def small(pixels: np.ndarray) -> np.ndarray:
    """Images at a size for the page, at most `(n, PICTURE, PICTURE, 3)` uint8."""
    side = min(PICTURE, pixels.shape[1])
    images = torch.from_numpy(pixels).permute(0, 3, 1, 2)
    images = functional.interpolate(images, (side, side), mode="bilinear", antialias=True)
    return images.permute(0, 2, 3, 1).contiguous().numpy()


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
