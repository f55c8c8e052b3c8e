"""The networks of a build: each is made, trained and stored as a part by itself."""

import numpy as np
import torch
from torch import nn

from hw4.foundation import scores
from hw4.foundation.compute import seed_everything
from hw4.foundation.experiment import Outcome, Work
from hw4.foundation.scores import Scores
from hw4.windows import backbones, training
from hw4.windows.candidate import NETWORKS, Candidate, TrainConfig
from hw4.windows.data import CLASSES
from hw4.windows.model import Backbone, SmallResidual, ThreeConvolutions, parameter_count
from hw4.windows.result import Settings
from hw4.windows.split import Learning
from hw4.windows.training import Images, Trained
from hw4.windows.weights import Weights

Networks = dict[str, Outcome[Candidate]]
"""Each trained network by name: its record, its weights, and its validation probabilities."""


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
