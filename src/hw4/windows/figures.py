"""The figures of problem 1. Pictures come from the store by the result's key, not as arguments."""

from itertools import pairwise

import numpy as np

from hw4.foundation.figures import figure, new_figure
from hw4.foundation.style import GREY, INK, LIGHT, PALETTE, PAPER, SEQUENTIAL, TEXT_WIDTH
from hw4.foundation.words import percent
from hw4.windows.data import CLASSES
from hw4.windows.result import EXPERIMENT, Bin, Candidate, Result, Shown

GAP = 4
LOOKS = {"yardstick": GREY, "small": PALETTE[0], "frozen": PALETTE[3], "fine-tuned": PALETTE[1]}
SHORT = {
    "yardstick": "three convolutions",
    "small": "small residual",
    "small-no-augmentation": "small, no augmentation",
    "small-no-balancing": "small, no balancing",
    "frozen": "frozen backbone",
    "fine-tuned": "fine-tuned",
}
ACROSS = 4
"""Mistakes side by side in the gallery."""


@figure("windows-contact-sheet", EXPERIMENT)
def contact_sheet(key: str):
    """Photographs of each class, a class a row; `key` is the stored result's."""
    pictures = EXPERIMENT.tensors()["contact"]
    each, side = len(pictures) // len(CLASSES), pictures.shape[1]
    sheet = _sheet(pictures, each)
    fig, axes = new_figure(height=TEXT_WIDTH * 0.88 * len(CLASSES) / each)
    axes.imshow(sheet, interpolation="none", aspect="equal")
    middles = [(side + GAP) * row + side / 2 for row in range(len(CLASSES))]
    axes.set_yticks(middles, [name.replace(" ", "\n") for name in CLASSES])
    axes.tick_params(length=0)
    axes.set_xticks([])
    axes.spines[:].set_visible(False)
    return fig


@figure("windows-learning-curves", EXPERIMENT)
def learning_curves(candidates: tuple[Candidate, ...]):
    """Loss and validation accuracy by the share of each network's own epochs."""
    fig, (left, right) = new_figure(height=2.5, columns=2, gridspec_kw={"wspace": 0.28})
    for candidate in candidates:
        color = LOOKS[candidate.key]
        count = len(candidate.epochs)
        done = [epoch / count for epoch in range(1, count + 1)]
        left.plot(done, [it.train_loss for it in candidate.epochs], color=color, ls=(0, (4, 1.2)),
                  lw=1.0)  # fmt: skip
        left.plot(done, [it.validation_loss for it in candidate.epochs], color=color)
        right.plot(done, [100 * it.validation_accuracy for it in candidate.epochs], color=color)
    ends = [100 * it.epochs[-1].validation_accuracy for it in candidates]
    lowest = min(100 * e.validation_accuracy for it in candidates for e in it.epochs)
    places = _spread(ends, (max(max(ends), 60) - lowest) * 0.085)
    for candidate, place in zip(candidates, places, strict=True):
        label = f"{SHORT[candidate.key]}, {len(candidate.epochs)}"
        right.annotate(label, (1.03, place), xycoords=("axes fraction", "data"), va="center",
                       color=LOOKS[candidate.key], fontsize=8.5, annotation_clip=False)  # fmt: skip
    for axes, name in ((left, "cross-entropy"), (right, "validation accuracy in %")):
        axes.set_xlim(0, 1)
        axes.set_xticks([0, 0.5, 1], ["start", "halfway", "end"])
        axes.set_ylabel(name)
    left.set_ylim(bottom=0)
    return fig


@figure("windows-candidates", EXPERIMENT)
def accuracies(candidates: tuple[Candidate, ...], chosen: str, target: float, where: str):
    """Accuracy of each candidate with its interval, and what it had on validation."""
    fig, axes = new_figure(height=0.55 + 0.3 * len(candidates))
    for row, candidate in enumerate(reversed(candidates)):
        low, high = candidate.reported.interval
        color = PALETTE[1] if candidate.key == chosen else INK
        axes.plot([100 * low, 100 * high], [row, row], color=color, lw=1.4)
        axes.plot(100 * candidate.reported.accuracy, row, "o", color=color, ms=5)
        axes.plot(100 * candidate.validation.accuracy, row, "|", color=GREY, ms=9, mew=1.6)
    axes.axvline(100 * target, color=GREY, lw=0.8, ls=(0, (1, 2)))
    axes.annotate("asked for", (100 * target, len(candidates) - 0.45), color=GREY, fontsize=8.5,
                  ha="center", va="bottom", annotation_clip=False)  # fmt: skip
    axes.set_yticks(range(len(candidates)), [SHORT[it.key] for it in reversed(candidates)])
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(f"accuracy in %: {where} with 95 % interval (dot and line), validation (tick)")
    return fig


@figure("windows-confusion", EXPERIMENT)
def confusion(rows: tuple[tuple[int, ...], ...]):
    """Counts of true classes (rows) by predicted classes (columns), shaded by share of the row."""
    from matplotlib.colors import LinearSegmentedColormap

    counts = np.array(rows)
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    fig, axes = new_figure(width=3.9, height=2.45)
    axes.imshow(shares, cmap=LinearSegmentedColormap.from_list("little to much", SEQUENTIAL),
                vmin=0, vmax=1, aspect="auto")  # fmt: skip
    for row in range(len(counts)):
        for column in range(len(counts)):
            color = PAPER if shares[row, column] > 0.55 else INK
            axes.text(column, row, f"{counts[row, column]}", ha="center", va="center", color=color)
    names = [name.replace(" ", "\n") for name in CLASSES]
    axes.set_xticks(range(len(counts)), names, linespacing=1.1)
    axes.set_yticks(range(len(counts)), names, linespacing=1.1)
    axes.tick_params(length=0)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    axes.spines[:].set_visible(False)
    return fig


@figure("windows-mistakes", EXPERIMENT)
def gallery(shown: tuple[Shown, ...], key: str):
    """Photographs beside what the network saw in them; `key` is the stored result's."""
    tensors = EXPERIMENT.tensors()
    rows = -(-len(shown) // ACROSS)
    fig, grid = new_figure(height=1.38 * rows, columns=ACROSS, rows=rows, squeeze=False)
    for axes in grid.flat:
        axes.axis("off")
    pairs = zip(shown, tensors["mistakes"], tensors["looked_at"], strict=True)
    for axes, (it, picture, seen) in zip(grid.flat, pairs, strict=False):
        axes.imshow(_sheet(np.stack([picture, seen]), 2), interpolation="none")
        right = it.truth == it.predicted
        verdict = (
            "" if right else f" taken\nfor {CLASSES[it.predicted]}, {percent(it.confidence, 0)}"
        )
        axes.set_title(f"{CLASSES[it.truth]}{verdict}", fontsize=8.5, fontweight="normal",
                       loc="left", pad=3)  # fmt: skip
    return fig


@figure("windows-reliability", EXPERIMENT)
def reliability(bins: tuple[Bin, ...]):
    """Accuracy against confidence, each dot a bin of as many photographs."""
    fig, axes = new_figure(width=3.4, height=2.7)
    axes.plot([0, 100], [0, 100], color=GREY, lw=0.8, ls=(0, (1, 2)))
    axes.annotate("as accurate\nas confident", (0.97, 0.05), xycoords="axes fraction", color=GREY,
                  fontsize=8.5, ha="right")  # fmt: skip
    confidence = [100 * it.confidence for it in bins]
    accuracy = [100 * it.accuracy for it in bins]
    axes.vlines(confidence, confidence, accuracy, color=LIGHT, lw=3)
    axes.plot(confidence, accuracy, "o-", color=PALETTE[0], lw=1.0)
    axes.set_xlim(min(15, *confidence) - 3, 103)
    axes.set_ylim(min(15, *accuracy) - 3, 103)
    axes.set_xlabel("confidence in %")
    axes.set_ylabel("accuracy in %")
    return fig


def compared(result: Result) -> tuple[Candidate, ...]:
    """The candidates with learning curves: all but the ablations."""
    return tuple(it for it in result.candidates if it.key in LOOKS)


def _sheet(pictures: np.ndarray, columns: int) -> np.ndarray:
    """Pictures set out in rows, white between them."""
    rows, side = -(-len(pictures) // columns), pictures.shape[1]
    sheet = np.full((rows * (side + GAP) - GAP, columns * (side + GAP) - GAP, 3), 255, np.uint8)
    for place, picture in enumerate(pictures):
        top, left = (side + GAP) * (place // columns), (side + GAP) * (place % columns)
        sheet[top : top + side, left : left + side] = picture
    return sheet


def _spread(values: list[float], apart: float) -> list[float]:
    """Places for labels near `values`, in the same order and at least `apart`."""
    order = sorted(range(len(values)), key=lambda i: values[i])
    places = list(values)
    for low, high in pairwise(order):
        places[high] = max(places[high], places[low] + apart)
    shift = sum(places) / len(places) - sum(values) / len(values)
    return [place - shift for place in places]
