"""Tables and figures of problem 3. No torch, so that a page renders in no time."""

from collections.abc import Sequence

from hw4.foundation.figures import confusion_map, figure, heat_map, labelled_level, new_figure
from hw4.foundation.names import named
from hw4.foundation.scores import PrecisionRecall
from hw4.foundation.style import BLUE, GREY, RED, TEAL
from hw4.foundation.tables import table
from hw4.foundation.words import n, number, pct
from hw4.tweets.result import EXPERIMENT, Explained, Lengths, Result
from hw4.tweets.trained import CLASSES, Tried, best

LOSSES = {"none": "plain loss", "balanced": "weighted loss"}
DECIDING = 4
"""Words of a tweet that are marked as having decided."""


def load() -> Result:
    """The stored result; a UserError if there is none."""
    return EXPERIMENT.stored()


def f1(value: float) -> str:
    return number(value, 3)


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
            *(name, n(part.tweets), n(part.class_0), n(part.tweets - part.class_0)),
            *(pct(part.share), pct(1 - part.share)),
        ]
        for name, part in parts.items()
    ]
    headers = ["Part", "Tweets", "Class 0", "Class 1", "Share of 0", "Share of 1"]
    return table(headers, rows, "lrrrrr")


@figure("tweets-lengths", EXPERIMENT)
def lengths(measured: Lengths):
    """How many tokens tweets of each class have, and where they are cut."""
    fig, axes = new_figure(height=1.4)
    looks = ((RED, "-"), (BLUE, "--"))
    for label, counts, (color, style) in zip((0, 1), measured.counts, looks, strict=True):
        shares = [100 * count / max(1, sum(counts)) for count in counts]
        axes.stairs(shares, measured.edges, color=color, fill=True, alpha=0.12)
        axes.stairs(shares, measured.edges, color=color, label=f"class {label}", lw=1.2, ls=style)
    end, cut = measured.edges[-1], measured.max_length
    if cut <= end:
        axes.axvline(cut, color=GREY, lw=0.8)
    axes.annotate(
        f"cut at {cut}" if cut <= end else f"cut at {cut} →",
        (min(cut, end), 0.9),
        xycoords=("data", "axes fraction"),
        xytext=(-4, 0),
        textcoords="offset points",
        color=GREY,
        ha="right",
    )
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    axes.set_xlim(0, end)
    axes.set_xlabel("tokens in a tweet")
    axes.set_ylabel("% of the class")
    return fig


@figure("tweets-grid", EXPERIMENT)
def grid(tried: Sequence[Tried]):
    """Validation F1-macro of every setting, one panel a loss and number of epochs."""
    scores = {
        (config.class_weighting, config.epochs, config.weight_decay, config.learning_rate): (
            one.validation_f1_macro
        )
        for one in tried
        if (config := one.config)
    }
    losses = [key for key in LOSSES if any(setting[0] == key for setting in scores)]
    passes = sorted({setting[1] for setting in scores})
    decays = {loss: sorted({it[2] for it in scores if it[0] == loss}) for loss in losses}
    rates = {count: sorted({it[3] for it in scores if it[1] == count}) for count in passes}
    leader = best(tried).config
    fig, panels = new_figure(
        height=0.175 * sum(map(len, decays.values())) + 1.0,
        columns=len(passes),
        rows=len(losses),
        squeeze=False,
        width_ratios=[len(rates[count]) for count in passes],
        height_ratios=[len(decays[loss]) for loss in losses],
    )
    for loss, line in zip(losses, panels, strict=True):
        for count, axes in zip(passes, line, strict=True):
            cells = [
                [scores.get((loss, count, decay, rate), float("nan")) for rate in rates[count]]
                for decay in decays[loss]
            ]
            place = None
            if (loss, count) == (leader.class_weighting, leader.epochs):
                place = (
                    decays[loss].index(leader.weight_decay),
                    rates[count].index(leader.learning_rate),
                )
            heat_map(
                axes,
                cells,
                [f"{decay:g}" for decay in decays[loss]] if axes is line[0] else [],
                [f"{rate:g}" for rate in rates[count]] if loss == losses[-1] else [],
                text=lambda score: f1(score).lstrip("0") if score == score else "",
                limits=(min(scores.values()), max(scores.values())),
                bold=place,
            )
            if loss == losses[0]:
                axes.set_title(f"{count} epoch{'s' * (count > 1)}", fontweight="normal")
        line[0].set_ylabel(f"{LOSSES[loss]}\nweight decay")
    fig.supxlabel("learning rate", fontsize=9.5)
    return fig


def final_table(result: Result):
    """Q5: the final head and the baselines on the test tweets."""
    rows = []
    for one in (result.final, *result.baselines.values()):
        per_class = [one.test.per_class[label] for label in CLASSES]
        rows.append(
            [
                "**final head**" if one is result.final else one.title,
                f"{f1(one.test.f1_macro)} ± {f1(one.test.f1_macro_std)}",
                pct(one.test.accuracy),
                *(number(x, 2) for scores in per_class for x in (scores.precision, scores.recall)),
            ]
        )
    columns = [f"{what} {label}" for label in CLASSES for what in ("Precision", "Recall")]
    return table(["Model", "F1-macro", "Accuracy", *columns], rows, "lrrrrrr")


@figure("tweets-final", EXPERIMENT)
def _final(confusion: Sequence[Sequence[int]], curves: dict[str, PrecisionRecall]):
    """The final head's confusion matrix, and precision against recall beside others."""
    fig, (left, right) = new_figure(height=2.2, columns=2, width_ratios=(1, 1.5))
    confusion_map(left, confusion, CLASSES)
    looks = ((BLUE, "-"), (TEAL, "--"), (RED, "-."), (GREY, ":"))
    for (name, curve), (color, style) in zip(curves.items(), looks, strict=True):
        label = f"{name}: {number(curve.average_precision, 2)}"
        right.plot(curve.recall, curve.precision, color=color, ls=style, label=label)
    right.legend(
        loc="upper left", bbox_to_anchor=(1, 1.05), handlelength=2.2, title="average precision"
    )
    labelled_level(right, curve.share, f"guessing: {number(curve.share, 2)}")
    right.set_xlim(0, 1)
    right.set_ylim(0, 1)
    right.set_xlabel("recall of class 0")
    right.set_ylabel("precision of class 0")
    return fig


def final(result: Result):
    """The figure of the final head, the bonus, and both kinds of TF-IDF."""
    keys = {
        "final head (Q5)": result.final_key,
        "bonus (Q7)": result.bonus_key,
        "TF-IDF, strong": "tfidf-strong",
        "TF-IDF of words": "tfidf",
    }
    curves = {name: result.curves[key] for name, key in keys.items()}
    return _final(result.final.test.confusion, curves)


def ablation_table(result: Result):
    """Q7: every change with a row of its own, and the stronger TF-IDF for comparison."""
    rows = []
    for place, one in enumerate([*result.variants.values(), result.baselines["tfidf-strong"]]):
        mark = "**" if one is result.bonus else ""
        star = "\\*" if one.step.significant else ""
        change = (
            f"{signed(one.step.value)}{star} ({row(result, one.before)})" if one.before else "–"
        )
        rows.append(
            [
                str(place) if one.config else "–",
                f"{mark}{one.title}{mark}",
                n(one.parameters) if one.parameters else "–",
                number(one.threshold, 2),
                f1(one.validation_f1_macro),
                f"{mark}{f1(one.test.f1_macro)}{mark} ± {f1(one.test.f1_macro_std)}",
                change,
                number(one.test.per_class["0"].recall, 2),
            ]
        )
    headers = [
        *("Row", "Variant", "Trained", "Threshold", "Validation", "Test"),
        *("Change", "Recall 0"),
    ]
    return table(headers, rows, "rlrrrrrr")


def signed(value: float, digits: int = 3) -> str:
    """A difference with its sign; none for 0."""
    shown = number(value, digits)
    return f"+{shown}" if float(shown.replace("−", "-")) > 0 else shown


def printed(tweets: Sequence[Explained]):
    """Tweets with the words that decided in bold (for class 1) or italics (for class 0)."""
    from IPython.display import Markdown

    items = [f"{place}. {_told(one)}" for place, one in enumerate(tweets, start=1)]
    return Markdown("\n".join(items) or "–")


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
        f"probability of class 1: {number(one.probability, 2)}. Strongest: {strongest}."
    )
