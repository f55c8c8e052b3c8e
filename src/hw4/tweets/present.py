"""Tables and figures of problem 3. No torch, so that a page renders in no time."""

from collections.abc import Sequence
from dataclasses import dataclass

from hw4.foundation.figures import confusion_map, figure, heat_map, labelled_level, new_figure
from hw4.foundation.names import named
from hw4.foundation.scores import PrecisionRecall
from hw4.foundation.style import BLUE, GREY, PAPER, RED, TEAL
from hw4.foundation.tables import table
from hw4.foundation.words import n, number, pct
from hw4.tweets.grid import Trial
from hw4.tweets.result import EXPERIMENT, Lengths, Result
from hw4.tweets.variant import Explained, Variant

__all__ = [
    "EXPERIMENT",
    "ablation_table",
    "final",
    "final_table",
    "grid",
    "lengths",
    "load",
    "printed",
    "rate",
    "row",
    "split_table",
]
NAMES = {
    "naive": "naive head",
    "weighted": "class-weighted loss",
    "threshold": "tuned threshold",
    "mean-pooled": "mean of tokens",
    "mixed-pooled": "mix of layers",
    "layers-pooled": "all layers",
    "linear": "linear head",
    "unfrozen": "layers unfrozen",
    "majority": "always the larger class",
    "tfidf": "TF-IDF of words",
    "tfidf-strong": "TF-IDF of words, pairs, letters",
}
DECIDING = 4
"""Words of a tweet that are marked as having decided."""


def load() -> Result:
    """The stored result.

    Raises:
        UserError: there is none.
    """
    return EXPERIMENT.stored()


def f1(value: float) -> str:
    return number(value, 3)


def rate(value: float) -> str:
    """A learning rate as people write it: 0.001, 0.0003."""
    return f"{value:.10f}".rstrip("0")


def row(result: Result, key: str) -> int:
    """The number of a variant's row in the table of Q7."""
    return list(result.variants).index(key)


def split_table(result: Result):
    """Q2: tweets of each class in each part."""
    parts = {
        "Training": result.split.training,
        "Validation": result.split.validation,
        "Test": result.split.test,
    }
    rows = [
        [
            name,
            n(part.tweets),
            n(part.class_0),
            n(part.class_1),
            pct(part.class_0 / part.tweets),
            pct(part.class_1 / part.tweets),
        ]
        for name, part in parts.items()
    ]
    headers = ["Part", "Tweets", "Class 0", "Class 1", "Share of 0", "Share of 1"]
    return table(headers, rows, "lrrrrr")


@figure("tweets-lengths", EXPERIMENT)
def lengths(measured: Lengths):
    """How many tokens tweets have, and where they are cut."""
    fig, axes = new_figure(height=1.2)
    widths = [b - a for a, b in zip(measured.edges, measured.edges[1:], strict=False)]
    axes.bar(
        *(measured.edges[:-1], measured.counts),
        width=widths,
        align="edge",
        color=BLUE,
        edgecolor=PAPER,
        linewidth=0.4,
    )
    axes.axvline(measured.max_length, color=RED, linewidth=1.2)
    axes.annotate(
        f"cut at {measured.max_length}",
        (measured.max_length, 0.9),
        xycoords=("data", "axes fraction"),
        xytext=(-4, 0),
        textcoords="offset points",
        color=RED,
        ha="right",
    )
    axes.set_xlim(0, max(measured.edges[-1], measured.max_length) + 2)
    axes.set_xlabel("tokens in a tweet")
    axes.set_ylabel("tweets")
    return fig


@figure("tweets-grid", EXPERIMENT)
def grid(trials: Sequence[Trial]):
    """Validation F1-macro of every setting, one panel a loss and number of epochs."""
    losses = {"none": "plain loss", "balanced": "weighted loss"}
    weightings = [key for key in losses if any(t.class_weighting == key for t in trials)]
    epochs, rates, decays = (
        sorted({getattr(trial, axis) for trial in trials})
        for axis in ("epochs", "learning_rate", "weight_decay")
    )
    by_setting = {
        (t.class_weighting, t.epochs, t.learning_rate, t.weight_decay): t.validation_f1_macro
        for t in trials
    }
    high = max(by_setting.values())
    fig, panels = new_figure(
        height=(0.16 * len(decays) + 0.25) * len(weightings) + 0.5,
        columns=len(epochs),
        rows=len(weightings),
        squeeze=False,
        sharex=True,
        sharey=True,
    )
    for line, weighting in zip(panels, weightings, strict=True):
        for axes, passes in zip(line, epochs, strict=True):
            cells = [
                [by_setting.get((weighting, passes, r, d), float("nan")) for r in rates]
                for d in decays
            ]
            heat_map(
                *(axes, cells, [f"{d:g}" for d in decays], [f"{r:g}" for r in rates]),
                text=lambda value: number(value, 2).lstrip("0") if value == value else "",
                limits=(min(by_setting.values()), high),
                bold=lambda value: value == high,
            )
            for cell in axes.texts:
                cell.set_fontsize(8)
            axes.tick_params(labelsize=8)
            axes.tick_params(axis="x", labelrotation=90)
            if weighting == weightings[0]:
                axes.set_title(
                    f"{passes} epoch{'s' * (passes > 1)}", fontweight="normal", fontsize=9.5
                )
        line[0].set_ylabel(f"{losses[weighting]}\nweight decay")
    fig.supxlabel("learning rate", fontsize=9.5)
    return fig


def final_table(result: Result):
    """Q5: the final head and the baselines on the test tweets."""
    models = {"**final head**": result.final}
    models |= {NAMES[key]: baseline for key, baseline in result.baselines.items()}
    rows = [
        [
            name,
            f"{f1(one.test_f1_macro)} ± {f1(one.test_std)}",
            pct(one.test_accuracy),
            *(
                number(value, 2)
                for pair in zip(one.test_precision, one.test_recall, strict=True)
                for value in pair
            ),
        ]
        for name, one in models.items()
    ]
    columns = [f"{what} {label}" for label in (0, 1) for what in ("Precision", "Recall")]
    return table(["Model", "F1-macro", "Accuracy", *columns], rows, "lrrrrrr")


@figure("tweets-final", EXPERIMENT)
def _final(confusion: Sequence[Sequence[int]], curves: dict[str, PrecisionRecall]):
    """The final head's confusion matrix, and precision against recall beside others."""
    fig, (left, right) = new_figure(height=2.0, columns=2, width_ratios=(1, 1.5))
    confusion_map(left, confusion, ("0", "1"))
    for place, ((name, curve), color) in enumerate(
        zip(curves.items(), (BLUE, TEAL, GREY), strict=False)
    ):
        style = "--" if color == GREY else "-"
        right.plot(curve.recall, curve.precision, color=color, linestyle=style)
        right.annotate(
            f"{name}: AP {number(curve.average_precision, 2)}",
            (1.03, 0.98 - 0.13 * place),
            xycoords="axes fraction",
            va="top",
            color=color,
            annotation_clip=False,
        )
    labelled_level(right, curve.share, f"guessing: AP {number(curve.share, 2)}")
    right.set_xlim(0, 1)
    right.set_ylim(0, 1)
    right.set_xlabel("recall of class 0")
    right.set_ylabel("precision of class 0")
    return fig


def final(result: Result):
    """The figure of the final head, the bonus, and TF-IDF."""
    keys = {"final head": result.final_key, "bonus (Q7)": result.bonus_key, "TF-IDF": "tfidf"}
    curves = {name: result.curves[key] for name, key in keys.items()}
    return _final(result.final.test.confusion, curves)


def ablation_table(result: Result):
    """Q7: every change with a row of its own."""
    rows = []
    for place, (key, one) in enumerate(result.variants.items()):
        mark = "**" if key == result.bonus_key else ""
        rows.append(
            [
                str(place),
                f"{mark}{NAMES[key]}{mark}",
                n(one.trained_parameters) if one.trained_parameters else "–",
                number(one.threshold, 2),
                f1(one.validation_f1_macro),
                f"{mark}{f1(one.test_f1_macro)}{mark} ± {f1(one.test_std)}",
                _step(result, one),
                number(one.test_recall[0], 2),
            ]
        )
    headers = [
        *("Row", "Variant", "Trained", "Threshold", "Validation", "Test"),
        *("Change", "Recall 0"),
    ]
    return table(headers, rows, "rlrrrrrr")


def _step(result: Result, one: Variant) -> str:
    """What a variant brought on the test tweets, and against which row."""
    if not one.before:
        return "–"
    star = "\\*" if one.step.significant else ""
    return f"{signed(one.step.value)}{star} ({row(result, one.before)})"


def signed(value: float, digits: int = 3) -> str:
    """A difference with its sign; none for 0."""
    shown = number(value, digits)
    return f"+{shown}" if float(shown.replace("−", "-")) > 0 else shown


@dataclass(frozen=True)
class Printed:
    """Markdown that a cell shows."""

    text: str

    def _repr_markdown_(self) -> str:
        return self.text


def printed(tweets: Sequence[Explained]) -> Printed:
    """Tweets with the words that decided in bold (for class 1) or italics (for class 0)."""
    items = [f"{place}. {_told(one)}" for place, one in enumerate(tweets, start=1)]
    return Printed("\n".join(items) or "–")


def _told(one: Explained) -> str:
    deciding = {i for i in one.strongest[:DECIDING] if one.shares[i]}
    shown = []
    for i, word in enumerate(one.words):
        mark = ("**" if one.shares[i] > 0 else "*") if i in deciding else ""
        shown.append(f"{mark}{named(word)}{mark}")
    strongest = ", ".join(
        f"{named(one.words[i].strip(',.:;!?'))} {signed(one.shares[i], 2)}"
        for i in one.strongest
        if i in deciding
    )
    return (
        f"“{' '.join(shown)}” Annotated {one.target}, predicted {one.predicted}, "
        f"probability of class 1 {number(one.probability, 2)}. Strongest: {strongest}."
    )
