"""Q1: the arguments of a training, one dataclass that the command line fills. No torch."""

import argparse
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from itertools import product
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from hw4.foundation.settings import Amount, Count, Positive, Rule, check_value

Pooling = Literal["first", "mean", "layers"]
"""What the head sees of the encoder's outputs (see `model.pool`)."""
Weighting = Literal["none", "balanced"]
"""Of the loss, by class."""
HeadKind = Literal["hidden", "linear"]
"""DistilBERT's own head with a hidden layer, or one linear layer on standardized outputs."""
Length = Annotated[int, Rule("a whole number of 8 or more", lambda value: value >= 8)]
Layers = Annotated[int, Rule("a whole number of 0 or more", lambda value: value >= 0)]
BelowOne = Annotated[float, Rule("a number from 0 to below 1", lambda value: 0 <= value < 1)]
REACH = {
    "learning_rate": (1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1),
    "weight_decay": (0.0, 0.01, 0.1, 0.3, 1.0, 3.0, 10.0),
    "epochs": (1, 2, 4, 8, 16, 32, 64),
}
"""Where the search can go: it starts in the middle and ends where both neighbors are worse."""
AXES = tuple(REACH)


@dataclass(frozen=True)
class TrainConfig:
    """The arguments of a training."""

    encoder: str = "auto"
    seed: int = 42
    max_length: Length = 128
    batch_size: Count = 64
    epochs: Count = 10
    learning_rate: Positive = 1e-3
    weight_decay: Amount = 0.01
    warmup_share: BelowOne = 0.1
    dropout: BelowOne = 0.2
    class_weighting: Weighting = "balanced"
    pooling: Pooling = "first"
    head: HeadKind = "hidden"
    unfreeze_layers: Layers = 0
    encoder_learning_rate: Positive = 1e-4
    layer_decay: Positive = 1.0
    draws: Amount = 0.0
    max_grad_norm: Positive = 1.0


@dataclass(frozen=True)
class Grid:
    """Settings of a head with which the search begins, every combination of them."""

    learning_rate: tuple[Positive, ...] = (1e-3, 3e-3, 1e-2)
    weight_decay: tuple[Amount, ...] = (0.01, 0.1, 1.0)
    epochs: tuple[Count, ...] = (8, 16)
    class_weighting: tuple[Weighting, ...] = ("none", "balanced")
    batch_size: tuple[Count, ...] = (64,)

    def configs(self, common: TrainConfig) -> list[TrainConfig]:
        """Every combination; what is not searched is taken from `common`."""
        axes = asdict(self)
        settings = product(*axes.values())
        return [replace(common, **dict(zip(axes, values, strict=True))) for values in settings]


def neighbors(config: TrainConfig) -> Iterator[TrainConfig]:
    """The next smaller and the next larger value on each axis of the search."""
    for axis, values in REACH.items():
        value = getattr(config, axis)
        smaller = [other for other in values if other < value]
        larger = [other for other in values if other > value]
        for other in (*smaller[-1:], *larger[:1]):
            yield replace(config, **{axis: other})


def build_parser() -> argparse.ArgumentParser:
    """The parser of a training's arguments; in a notebook, give `parse_args` a list.

    Defaults, types and what is refused come from `TrainConfig`.
    """
    parser = argparse.ArgumentParser(
        prog="python -m hw4.tweets",
        description="Fine-tune a DistilBERT classifier on the tweets and print validation scores.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )

    def add(name: str, help: str) -> None:
        parser.add_argument(f"--{name}", help=help, **_reading(name))

    add("encoder", "pre-trained weights: auto, hub, offline, or a folder")
    add("seed", "of the head's weights, the batches and the dropout")
    add("max_length", "tokens kept of a tweet; longer ones lose their end")
    add("batch_size", "tweets a step; more give steadier gradients")
    add("epochs", "passes over the training tweets; too many overfit")
    add("learning_rate", "of the new head, at its peak")
    add("weight_decay", "pulls weights to zero (AdamW), against overfitting")
    add("warmup_share", "of the steps: the rate rises, then falls linearly")
    add("dropout", "share of the head's hidden units left out")
    add("class_weighting", "weigh the loss by class, or not")
    add("pooling", "which outputs the head sees (Q7)")
    add("head", "with a hidden layer, or linear (Q7)")
    add("unfreeze_layers", "last encoder layers to train as well (Q7)")
    add("encoder_learning_rate", "of unfrozen layers, at its peak")
    add("layer_decay", "times this for each unfrozen layer further down")
    add("draws", "class-1 tweets an epoch for each of class 0; 0 for all")
    add("max_grad_norm", "longest gradient; guards against a bad batch")
    return parser


def parse(line: list[str] | None = None) -> TrainConfig:
    """The configuration that the arguments in `line` (or the command line's own) stand for."""
    return TrainConfig(**vars(build_parser().parse_args(line)))


def _reading(field: str) -> dict[str, Any]:
    """How the parser reads a field of `TrainConfig`: its default, its choices or its type."""
    hint = get_type_hints(TrainConfig, include_extras=True)[field]
    default = getattr(TrainConfig, field)
    if get_origin(hint) is Literal:
        return {"default": default, "choices": get_args(hint)}

    def read(text: str) -> Any:
        with suppress(ValueError):
            value = type(default)(text)
            if check_value(value, hint)[0]:
                return value
        raise argparse.ArgumentTypeError(f"{text} is not {check_value(None, hint)[1]}")

    return {"default": default, "type": read}
