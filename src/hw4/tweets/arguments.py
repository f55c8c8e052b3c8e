"""Q1: the arguments of a training, one dataclass that the command line fills. No torch."""

import argparse
from dataclasses import asdict, dataclass, replace
from itertools import product
from typing import Literal, get_args

from hw4.foundation.settings import Amount, Count, Positive, Share

Pooling = Literal["first", "mean", "layers"]
"""What the head sees of the encoder's outputs (see `model.pool`)."""
Weighting = Literal["none", "balanced"]
"""Of the loss, by class."""
HeadKind = Literal["hidden", "linear"]
"""DistilBERT's own head with a hidden layer, or one linear layer on standardized outputs."""
AXES = ("learning_rate", "weight_decay", "epochs")
"""Of a grid search, beside the weighting of the loss."""


@dataclass(frozen=True)
class TrainConfig:
    """The arguments of a training."""

    encoder: str = "auto"
    seed: int = 42
    max_length: Count = 128
    batch_size: Count = 64
    epochs: Count = 10
    learning_rate: Positive = 1e-3
    weight_decay: Amount = 0.01
    warmup_share: Share = 0.1
    dropout: Share = 0.2
    class_weighting: Weighting = "balanced"
    pooling: Pooling = "first"
    head: HeadKind = "hidden"
    unfreeze_layers: int = 0
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


def build_parser() -> argparse.ArgumentParser:
    """The parser of a training's arguments; in a notebook, give `parse_args` a list."""
    parser = argparse.ArgumentParser(
        prog="python -m hw4.tweets",
        description="Fine-tune a DistilBERT classifier on the tweets and print validation scores.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--encoder", help="pre-trained weights: auto, hub, offline, or a folder")
    add("--seed", type=int, help="of the head's weights, the batches and the dropout")
    add("--max_length", type=at_least(8), help="tokens kept of a tweet; longer ones lose their end")
    add("--batch_size", type=at_least(1), help="tweets a step; more give steadier gradients")
    add("--epochs", type=at_least(1), help="passes over the training tweets; too many overfit")
    add("--learning_rate", type=positive, help="of the new head, at its peak")
    add("--weight_decay", type=amount, help="pulls weights to zero (AdamW), against overfitting")
    add("--warmup_share", type=share, help="of the steps: the rate rises, then falls linearly")
    add("--dropout", type=share, help="share of the head's hidden units left out")
    add("--class_weighting", choices=get_args(Weighting), help="weigh the loss by class, or not")
    add("--pooling", choices=get_args(Pooling), help="which outputs the head sees (Q7)")
    add("--head", choices=get_args(HeadKind), help="with a hidden layer, or linear (Q7)")
    add("--unfreeze_layers", type=at_least(0), help="last encoder layers to train as well (Q7)")
    add("--encoder_learning_rate", type=positive, help="of unfrozen layers, at its peak")
    add("--layer_decay", type=positive, help="times this for each unfrozen layer further down")
    add("--draws", type=amount, help="class-1 tweets an epoch for each of class 0; 0 for all")
    add("--max_grad_norm", type=positive, help="longest gradient; guards against a bad batch")
    parser.set_defaults(**asdict(TrainConfig()))
    return parser


def parse(line: list[str] | None = None) -> TrainConfig:
    """The configuration that the arguments in `line` (or the command line's own) stand for."""
    return TrainConfig(**vars(build_parser().parse_args(line)))


def at_least(least: int):
    def whole(text: str) -> int:
        value = int(text)
        if value < least:
            raise argparse.ArgumentTypeError(f"{text} is below {least}")
        return value

    whole.__name__ = "whole number"
    return whole


def amount(text: str) -> float:
    value = float(text)
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not a number of 0 or more")
    return value


def positive(text: str) -> float:
    if amount(text) == 0:
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return float(text)


def share(text: str) -> float:
    if not amount(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 1")
    return float(text)
