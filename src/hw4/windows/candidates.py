"""The candidates of problem 1, each trained and evaluated as a part that is stored by itself."""

import time
from dataclasses import dataclass, replace
from typing import get_args

import numpy as np
import torch
from torch import nn

from hw4.foundation.experiment import Outcome, Work
from hw4.foundation.progress import Bar
from hw4.foundation.seeds import seed_everything
from hw4.windows import pretrained, scores, training
from hw4.windows.data import CLASSES
from hw4.windows.model import SmallResidual, ThreeConvolutions, backbone, parameter_count
from hw4.windows.photographs import Split, WindowData
from hw4.windows.result import Candidate
from hw4.windows.settings import FromScratch, Recipe
from hw4.windows.training import Trained


@dataclass(frozen=True)
class Given:
    """What every candidate depends on besides its recipe; a part's settings begin with it."""

    image_size: int
    stand_in_size: int
    split: Split


def build(recipe: Recipe, pretrained_weights: bool = True) -> nn.Module:
    """The network of a recipe: random weights, but for those of a pre-trained backbone."""
    if recipe.network == "three_convolutions":
        return ThreeConvolutions(len(CLASSES), recipe.input_size)
    if recipe.network == "small_residual":
        return SmallResidual(len(CLASSES), recipe.width)
    return backbone(recipe.network, len(CLASSES), pretrained_weights)


def candidate(
    key: str, title: str, recipe: Recipe, data: WindowData, given: Given, work: Work
) -> Outcome[Candidate]:
    """One network from scratch."""

    def compute() -> Outcome[Candidate]:
        seed_everything(given.split.seed)
        with _bar(work, recipe, data, title) as bar:
            trained = _train(build(recipe), recipe, data, given, work, bar)
        return _evaluated(key, title, recipe, trained, data, work.device)

    return work.part(key, (given, recipe, title), Candidate, compute)


def frozen(recipe: Recipe, data: WindowData, given: Given, work: Work) -> Outcome[Candidate]:
    """The pre-trained backbone as it is, with a new head."""

    def compute() -> Outcome[Candidate]:
        seed_everything(given.split.seed)
        network = build(recipe)
        for weight in network.features.parameters():
            weight.requires_grad_(False)
        began = time.monotonic()
        with work.bar(len(data.train) + len(data.test), "features of the backbone") as bar:
            ours, theirs = (
                pretrained.features(network, photos, recipe, work.device, bar)
                for photos in (data.train, data.test)
            )
        head = network.head.cpu()
        trained = pretrained.train_head(
            head, ours, data.train.labels, data.fit, data.validation, recipe, given.split.seed
        )
        whole = replace(trained, network=network, seconds=time.monotonic() - began)
        predicted = (
            pretrained.predict_head(head, ours, data.validation),
            pretrained.predict_head(head, ours, data.held_out),
            pretrained.predict_head(head, theirs, np.arange(len(data.test))),
        )
        return _assembled("frozen", "Frozen backbone, new head", recipe, whole, data, predicted)

    return work.part("frozen", (given, recipe), Candidate, compute)


def fine_tuned(
    recipe: Recipe, head: Outcome[Candidate], data: WindowData, given: Given, work: Work
) -> Outcome[Candidate]:
    """The whole backbone, beginning with the `head` that was trained while it was frozen."""

    def compute() -> Outcome[Candidate]:
        seed_everything(given.split.seed)
        network = build(recipe)
        load_weights(network.head, head.tensors, "weights.head.")
        with _bar(work, recipe, data, "fine-tuning") as bar:
            trained = _train(network, recipe, data, given, work, bar)
        return _evaluated("fine-tuned", "Everything fine-tuned", recipe, trained, data, work.device)

    return work.part("fine-tuned", (given, head.result.recipe, recipe), Candidate, compute)


def _bar(work: Work, recipe: Recipe, data: WindowData, label: str):
    return work.bar(training.steps_of(recipe, len(data.fit)), f"{label.removeprefix('… ')}, steps")


def _train(network, recipe: Recipe, data: WindowData, given: Given, work: Work, bar: Bar):
    return training.train(
        network,
        data.train,
        data.fit,
        data.validation,
        recipe,
        given.split.seed,
        work.device,
        bar,
    )


def _evaluated(key, title, recipe, trained: Trained, data: WindowData, device: str):
    size, network = recipe.input_size, trained.network
    predicted = (
        training.predict(network, data.train, data.validation, size, device),
        training.predict(network, data.train, data.held_out, size, device),
        training.predict(network, data.test, np.arange(len(data.test)), size, device),
    )
    return _assembled(key, title, recipe, trained, data, predicted)


def _assembled(key, title, recipe, trained: Trained, data: WindowData, predicted):
    """A candidate from its predictions for validation, held-out and test photographs.

    Each comes as (of the picture, averaged with its mirror's); validation decides between them.
    """
    truth = data.train.labels[data.validation]
    straight, both = (scores.scores(it, truth) for it in predicted[0])
    mirrored = both.log_loss < straight.log_loss and both.accuracy >= straight.accuracy
    held_out, test = (it[int(mirrored)] for it in predicted[1:])
    if data.labelled:
        reported, labels = test, data.test.labels
    else:
        reported, labels = held_out, data.train.labels[data.held_out]
    network = trained.network
    candidate = Candidate(
        key=key,
        title=title,
        recipe=recipe,
        pretrained=recipe.network not in get_args(FromScratch),
        parameters=parameter_count(network),
        trained=parameter_count(network, trained_only=True),
        epochs=trained.epochs,
        mirrored=mirrored,
        validation=both if mirrored else straight,
        reported=scores.scores(reported, labels),
        seconds=trained.seconds,
        pictures_per_second=trained.pictures / max(trained.seconds, 1e-9),
    )
    tensors = {"reported": reported, "test": test}
    tensors |= {
        f"weights.{name}": weight.detach().float().cpu().numpy()
        for name, weight in network.state_dict().items()
    }
    return Outcome(candidate, tensors)


def load_weights(module: nn.Module, tensors: dict[str, np.ndarray], prefix: str) -> None:
    """Give `module` the weights stored under names that begin with `prefix`."""
    own = module.state_dict()
    stored = {name: torch.from_numpy(tensors[prefix + name]).to(own[name].dtype) for name in own}
    module.load_state_dict(stored)
