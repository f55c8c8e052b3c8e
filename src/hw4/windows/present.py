"""Figures and tables of problem 1; reads stored results, imports no torch."""

import numpy as np

from hw4.foundation.figures import confusion_map, figure, labelled_line, new_figure
from hw4.foundation.names import named
from hw4.foundation.scores import Calibration, Difference
from hw4.foundation.style import GREY, INK, LIGHT, PALETTE, TEXT_WIDTH
from hw4.foundation.tables import bold, table
from hw4.foundation.words import duration, listing, n, number, p_value, pct
from hw4.windows.data import ASSIGNMENT_NAMES, CLASSES
from hw4.windows.result import EXPERIMENT, NETWORKS, REFITTED, TARGET, Result
from hw4.windows.trained import Trained

GAP = 4
COLORS = {
    "baseline": GREY,
    "small": PALETTE[0],
    "small-no-augmentation": PALETTE[2],
    "frozen": PALETTE[3],
    "frozen-no-balancing": PALETTE[4],
    "fine-tuned": PALETTE[1],
}
ACROSS = 4
"""Mistakes side by side in the gallery."""


def load() -> Result:
    """The stored result; a UserError if there is none."""
    return EXPERIMENT.stored()


@figure("windows-contact-sheet", EXPERIMENT)
def contact_sheet(result: Result):
    """Photographs of each class, a class a row."""
    pictures = EXPERIMENT.tensors()["contact"]
    each, side = len(pictures) // len(CLASSES), pictures.shape[1]
    fig, axes = new_figure(height=TEXT_WIDTH * 0.74 * len(CLASSES) / each)
    axes.imshow(_sheet(pictures, each), interpolation="none", aspect="equal")
    middles = [(side + GAP) * row + side / 2 for row in range(len(CLASSES))]
    axes.set_yticks(middles, [name.replace(" ", "\n") for name in CLASSES])
    axes.tick_params(length=0)
    axes.set_xticks([])
    axes.spines[:].set_visible(False)
    return fig


def curves(result: Result) -> dict[str, Trained]:
    """The networks with learning curves, of which a head on features has none."""
    with_curves = {name: it for name, it in result.trained.items() if it.epochs}
    return {name: it for name, it in with_curves.items() if name != REFITTED}


@figure("windows-learning-curves", EXPERIMENT)
def learning_curves(result: Result):
    """Loss and validation accuracy by the share of each network's own epochs."""
    fig, (left, right) = new_figure(height=2.5, columns=2, gridspec_kw={"wspace": 0.28})
    for name, network in curves(result).items():
        color, count = COLORS[name], len(network.epochs)
        done = [(epoch + 1) / count for epoch in range(count)]
        dots = "o" if count == 1 else None
        train_loss = [epoch.train_loss for epoch in network.epochs]
        left.plot(done, train_loss, color=color, ls=(0, (4, 1.2)), lw=1.0)
        left.plot(done, [epoch.val_loss for epoch in network.epochs], color=color, marker=dots)
        accuracy = [100 * epoch.val_accuracy for epoch in network.epochs]
        labelled_line(right, done, accuracy, f"{NETWORKS[name]}, {count}", color, marker=dots)
    for axes, label in ((left, "cross-entropy"), (right, "validation accuracy in %")):
        axes.set_xlim(0, 1.01)
        axes.set_xticks([0, 0.5, 1], ["start", "halfway", "end"])
        axes.set_ylabel(label)
    left.set_ylim(bottom=0)
    return fig


@figure("windows-candidates", EXPERIMENT)
def accuracies(result: Result):
    """Accuracy of each network with its interval, and what it had on validation."""
    fig, axes = new_figure(height=0.5 + 0.25 * len(result.trained))
    rows = list(reversed(result.trained.items()))
    for row, (name, network) in enumerate(rows):
        low, high = network.interval
        color = PALETTE[1] if name == REFITTED else INK
        axes.plot([100 * low, 100 * high], [row, row], color=color, lw=1.4)
        axes.plot(100 * network.accuracy, row, "o", color=color, ms=5)
        axes.plot(100 * network.validation.accuracy, row, "|", color=GREY, ms=9, mew=1.6)
    axes.axvline(100 * TARGET, color=GREY, lw=0.8, ls=(0, (1, 2)))
    axes.annotate(
        "asked for",
        (100 * TARGET, len(rows) - 0.45),
        color=GREY,
        fontsize=8.5,
        ha="center",
        va="bottom",
        annotation_clip=False,
    )
    axes.set_yticks(range(len(rows)), [NETWORKS[name] for name, _ in rows])
    axes.tick_params(axis="y", length=0)
    where = f"{result.reported} with 95 % interval (dot and line), validation (tick)"
    axes.set_xlabel(f"accuracy in %: {where}")
    return fig


@figure("windows-confusion", EXPERIMENT)
def confusion(result: Result):
    """What is taken for what; and accuracy against confidence, each dot a bin of as many."""
    fig, (left, right) = new_figure(
        height=2.3, columns=2, gridspec_kw={"wspace": 0.1, "width_ratios": [1.25, 1]}
    )
    confusion_map(left, result.best.reported.confusion, CLASSES)
    right.plot([0, 100], [0, 100], color=GREY, lw=0.8, ls=(0, (1, 2)))
    right.annotate(
        "accuracy =\nconfidence",
        (0.97, 0.06),
        xycoords="axes fraction",
        color=GREY,
        fontsize=8.5,
        ha="right",
    )
    confidence = [100 * bin.confidence for bin in result.calibration.bins]
    accuracy = [100 * bin.accuracy for bin in result.calibration.bins]
    right.vlines(confidence, confidence, accuracy, color=LIGHT, lw=3)
    right.plot(confidence, accuracy, "o-", color=PALETTE[0], lw=1.0)
    right.set_xlim(min(25, *confidence) - 3, 103)
    right.set_ylim(min(25, *accuracy) - 3, 103)
    right.set_xlabel("mean confidence of the bin in %")
    right.set_ylabel("accuracy of the bin in %")
    return fig


@figure("windows-mistakes", EXPERIMENT)
def gallery(result: Result):
    """Photographs beside what the network looked at."""
    tensors = EXPERIMENT.tensors()
    rows = -(-len(result.shown) // ACROSS)
    fig, grid = new_figure(height=1.3 * rows, columns=ACROSS, rows=rows, squeeze=False)
    for axes in grid.flat:
        axes.axis("off")
    pairs = zip(result.shown, tensors["mistakes"], tensors["looked_at"], strict=True)
    for axes, (it, picture, looked_at) in zip(grid.flat, pairs, strict=False):
        axes.imshow(_sheet(np.stack([picture, looked_at]), 2), interpolation="none")
        title = CLASSES[it.target]
        if it.prediction != it.target:
            title += f" taken\nfor {CLASSES[it.prediction]}, {pct(it.confidence, 0)}"
        axes.set_title(title, fontsize=8.5, fontweight="normal", loc="left", pad=3)
    return fig


def counts_table(result: Result):
    """Photographs of each class."""
    check = result.check
    total = sum(check.train_counts)
    tests = check.test_counts or (None,) * len(CLASSES)
    rows = [
        [name, named(own), n(count), pct(count / total), "unlabelled" if test is None else n(test)]
        for name, own, count, test in zip(
            ASSIGNMENT_NAMES, result.own_names, check.train_counts, tests, strict=True
        )
    ]
    rows.append(["**All**", "", f"**{n(total)}**", "", f"**{n(check.test_photographs)}**"])
    return table(["Class", "Folder", "Training set", "Share", "Test set"], rows, "llrrr")


def backbones_table(result: Result):
    """Every pre-trained network whose weights were at hand."""
    rows = [
        [
            it.title,
            it.source,
            f"`{it.checksum[:8]}`",
            n(it.parameters),
            f"{it.input_size}²",
            f"{pct(it.cross_validation_accuracy)} ± {number(100 * it.cross_validation_std, 1)}",
            f"{it.weight_decay:g}",
        ]
        for it in result.backbones
    ]
    headers = ["Backbone", "Source", "sha256", "Parameters", "Input", "Accuracy", "Decay"]
    return table(headers, rows, "lllrrrr")


def networks_table(result: Result):
    """How every network was trained."""
    rows = []
    for name, it in result.trained.items():
        config = it.config
        rate = f"{config.learning_rate:g}" if it.epochs else "–"
        if it.pretrained and it.epochs:
            rate += f" / {config.learning_rate * config.backbone_rate:g}"
        learned = n(it.learned) if it.learned != it.parameters else "all"
        row = [
            NETWORKS[name],
            f"{config.input_size}²",
            n(it.parameters),
            learned,
            rate,
            f"{config.weight_decay:g}",
            f"{config.label_smoothing:g}",
            str(len(it.epochs) or "–"),
            duration(it.seconds),
        ]
        rows.append(bold(row) if name == REFITTED else row)
    headers = ["Network", "Input", "Parameters", "Learned", "Rate", "Decay", "Smoothing", "Epochs"]
    return table([*headers, "Time"], rows, "lrrrrrrrr")


def accuracies_table(result: Result):
    """What each network reaches; the last column compares it in pairs with the one that answers."""
    rows = []
    for name, it in result.trained.items():
        low, high = (number(100 * end, 1) for end in it.interval)
        against = "–" if name == REFITTED else p_value(result.over_best[name].p)
        row = [
            NETWORKS[name],
            pct(it.validation.accuracy) if it.validation.n else "–",
            pct(it.accuracy),
            f"{low} to {high}",
            pct(it.reported.balanced_accuracy),
            number(it.reported.log_loss),
            against,
        ]
        rows.append(bold(row) if name == REFITTED else row)
    where = result.reported.capitalize()
    headers = ["Network", "Validation", where, "95 % interval", "Balanced", "Log loss", "p"]
    return table(headers, rows, "lrrrrrr")


def classes_table(result: Result):
    """Precision and recall of the network that answers, and the baseline's recall."""
    baseline = result.trained["baseline"].per_class
    rows = [
        [
            name,
            n(it.support),
            pct(it.precision),
            pct(it.recall),
            pct(it.f1),
            pct(baseline[name].recall),
        ]
        for name, it in result.best.per_class.items()
    ]
    headers = ["Class", "Photographs", "Precision", "Recall", "F1", "Baseline's recall"]
    return table(headers, rows, "lrrrrr")


def bad_files(result: Result, most: int = 4):
    """Names and reasons of the files that were left out."""
    from IPython.display import Markdown

    bad = result.check.bad
    shown = [f"{named(file.name)} ({named(file.reason)})" for file in bad[:most]]
    more = [f"{n(len(bad) - most)} more"] if len(bad) > most else []
    return Markdown(listing(shown + more) or "none")


def confusions(result: Result, most: int = 2) -> str:
    """The most frequent kinds of mistakes; of those that tie with the last, all or their number."""
    kinds = result.confusions
    least = kinds[:most][-1][2] if kinds else 0
    shown = [kind for kind in kinds if kind[2] >= least]
    if len(shown) > most + 2:
        shown = [kind for kind in kinds if kind[2] > least]
    words = [f"{true} taken for {predicted}, {n(count)}" for true, predicted, count in shown]
    tied = sum(kind[2] == least for kind in kinds)
    if len(shown) < most:
        words.append(f"{n(tied)} kinds with {n(least)} each")
    return "; ".join(words) if kinds else "none"


def verdict(step: Difference) -> str:
    """Whether a difference in pairs is significant, with its p-value."""
    mark = "significant" if step.significant else "not significant"
    return f"{mark}, p {'' if step.p < 0.001 else '= '}{p_value(step.p)}"


def trust(calibration: Calibration, tolerance: float = 0.02) -> str:
    gap = calibration.confidence - calibration.accuracy
    if abs(gap) < tolerance:
        return "about as confident as it is right"
    return "over-confident" if gap > 0 else "under-confident"


def _sheet(pictures: np.ndarray, columns: int) -> np.ndarray:
    """Pictures set out in rows, white between them."""
    rows, side = -(-len(pictures) // columns), pictures.shape[1]
    sheet = np.full((rows * (side + GAP) - GAP, columns * (side + GAP) - GAP, 3), 255, np.uint8)
    for place, picture in enumerate(pictures):
        top, left = (side + GAP) * (place // columns), (side + GAP) * (place % columns)
        sheet[top : top + side, left : left + side] = picture
    return sheet
