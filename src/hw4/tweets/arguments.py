"""Q1: the arguments of a training run, on the command line and in a notebook alike. No torch."""

import argparse
from dataclasses import dataclass
from typing import Literal, get_args

Pooling = Literal["first", "mean", "layers"]
"""What the head sees of the encoder's outputs (see `model.pool`)."""
Weighting = Literal["none", "balanced"]
"""Of the loss, by class."""


def build_parser() -> argparse.ArgumentParser:
    """The parser of a training run's arguments; each one's help says why it matters.

    In a notebook, pass a list: `build_parser().parse_args(["--epochs", "3"])`.
    """
    parser = argparse.ArgumentParser(
        prog="python -m hw4.tweets",
        description="Fine-tune a DistilBERT classifier on the tweets and print validation scores.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--encoder", default="auto", help="pre-trained weights: auto, hub, offline, or a folder")
    add("--seed", type=int, default=42, help="of the head's weights, the batches and the dropout")
    add(
        "--max_length",
        type=_at_least(8),
        default=128,
        help="word pieces kept of a tweet; longer ones lose their end",
    )
    add(
        "--batch_size",
        type=_at_least(1),
        default=64,
        help="tweets a step; large batches of few class-0 tweets give steadier gradients",
    )
    add(
        "--epochs",
        type=_at_least(1),
        default=10,
        help="passes over the training tweets; too many and the head learns them by heart",
    )
    add(
        "--learning_rate",
        type=_positive,
        default=1e-3,
        help="of the new head, at its peak; the most sensitive of all",
    )
    add(
        "--weight_decay",
        type=_share,
        default=0.01,
        help="pulls weights to zero (AdamW), against overfitting",
    )
    add(
        "--warmup_share",
        type=_share,
        default=0.1,
        help="share of the steps in which the rate rises; it falls linearly after that",
    )
    add("--dropout", type=_share, default=0.2, help="share of the head's hidden units left out")
    add(
        "--class_weighting",
        choices=get_args(Weighting),
        default="balanced",
        help="weigh the loss by inverse class frequency, or not",
    )
    add(
        "--pooling",
        choices=get_args(Pooling),
        default="first",
        help="what the head sees: first token, mean of the tokens, or means of every layer",
    )
    add(
        "--unfreeze_layers",
        type=_at_least(0),
        default=0,
        help="last layers of the encoder that are trained as well; 0 trains the head alone",
    )
    add(
        "--encoder_learning_rate",
        type=_positive,
        default=1e-4,
        help="of unfrozen layers; lower than the head's, so that they keep what they know",
    )
    add(
        "--max_grad_norm",
        type=_positive,
        default=1.0,
        help="longest gradient; guards against a bad batch of unfrozen layers",
    )
    return parser


@dataclass(frozen=True)
class Argument:
    """One argument of the parser, for the table in the report."""

    flag: str
    default: str
    why: str


def arguments() -> tuple[Argument, ...]:
    """All arguments of the parser, in its order."""
    return tuple(
        Argument(action.option_strings[-1], str(action.default), action.help or "")
        for action in build_parser()._actions
        if action.dest != "help"
    )


def _at_least(least: int):
    def whole(text: str) -> int:
        value = int(text)
        if value < least:
            raise argparse.ArgumentTypeError(f"{text} is below {least}")
        return value

    whole.__name__ = "whole number"
    return whole


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return value


def _share(text: str) -> float:
    value = float(text)
    if not 0 <= value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 1")
    return value
