"""Tables, figures and words of problem 3. No torch, so that a page renders in no time."""

import re
from dataclasses import dataclass

from hw4.foundation.tables import Table
from hw4.foundation.words import count, number, percent
from hw4.tweets import drawing
from hw4.tweets.arguments import arguments
from hw4.tweets.changes import DECIDING
from hw4.tweets.comparing import f1
from hw4.tweets.drawing import ablation_alt, final_alt, grid_alt, lengths, lengths_alt
from hw4.tweets.naming import (
    CLASSES,
    encoder_note,
    learning_rate,
    variant_name,
    yardstick_name,
)
from hw4.tweets.records import Explained
from hw4.tweets.result import EXPERIMENT, Result
from hw4.tweets.scores import Scores
from hw4.tweets.wording import Words

__all__ = [
    "EXPERIMENT",
    "ablation",
    "ablation_alt",
    "ablation_table",
    "arguments_table",
    "encoder_callout",
    "explained",
    "f1",
    "final",
    "final_alt",
    "final_table",
    "grid",
    "grid_alt",
    "grid_table",
    "lengths",
    "lengths_alt",
    "load",
    "split_table",
    "words",
]
SHOWN_TRIALS = 10
_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")

grid, final, ablation = drawing.grid_of, drawing.final_of, drawing.ablation_of


def load() -> Result:
    """The stored result.

    Raises:
        UserError: there is none.
    """
    return EXPERIMENT.stored()


def words(result: Result) -> Words:
    """What the prose says of the result."""
    return Words(result)


def encoder_callout(result: Result) -> None:
    """Print a note if the encoder is not the sheet's; for a cell with `output: asis`."""
    note = encoder_note(result.encoder)
    if note:
        print(f'::: {{.callout-note title="{note[0]}"}}\n{note[1]}\n:::\n')


def arguments_table() -> Table:
    """Q1: the arguments of the parser with their defaults, and why they are there."""
    rows = [
        [f"`--{argument.flag.removeprefix('--')}`", f"`{argument.default}`", argument.why]
        for argument in arguments()
    ]
    return Table(["Argument", "Default", "What for"], rows, "lll", widths=(30, 12, 58))


def split_table(result: Result) -> Table:
    """Q2: tweets of each class in each part."""
    rows = [
        [
            part.name.capitalize(),
            count(part.size),
            count(part.counts[0]),
            count(part.counts[1]),
            percent(part.counts[0] / part.size, 2),
            percent(part.counts[1] / part.size, 2),
        ]
        for part in result.parts
    ]
    headers = ["Part", "Tweets", "Class 0", "Class 1", "Share of 0", "Share of 1"]
    return Table(headers, rows, "lrrrrr")


def grid_table(result: Result) -> Table:
    """Q4: the best settings of the grid."""
    ranked = sorted(result.grid, key=lambda trial: -trial.validation_f1_macro)
    rows = [
        [
            str(place),
            "weighted" if trial.class_weighting == "balanced" else "plain",
            learning_rate(trial.learning_rate),
            f"{trial.weight_decay:g}",
            str(trial.epochs),
            f1(trial.validation_f1_macro),
            percent(trial.validation_accuracy),
            f1(trial.train_f1_macro),
        ]
        for place, trial in enumerate(ranked[:SHOWN_TRIALS], start=1)
    ]
    rows[0][5] = f"**{rows[0][5]}**"
    headers = ["", "Loss", "Rate", "Decay", "Epochs", "F1-macro", "Accuracy", "On training"]
    return Table(headers, rows, "rlrrrrrr")


def final_table(result: Result) -> Table:
    """Q5: the final head on the test tweets, and what it is measured against."""
    rows = [_score_row("**Final head**", result.final.test)]
    rows += [
        _score_row(yardstick_name(yardstick).capitalize(), yardstick.test)
        for yardstick in result.yardsticks
    ]
    headers = [
        "",
        "F1-macro",
        "Accuracy",
        "Precision 0",
        "Recall 0",
        "Precision 1",
        "Recall 1",
    ]
    return Table(headers, rows, "lrrrrrr", widths=(30, 17, 12, 14, 11, 14, 11))


def _score_row(name: str, test: Scores) -> list[str]:
    pairs = ((_precision(test, label), number(test.recall[label], 2)) for label in (0, 1))
    return [
        name.replace("(tf-idf", "(TF-IDF"),
        f"{f1(test.f1_macro)} ± {f1(test.f1_macro_error)}",
        percent(test.accuracy),
        *(value for pair in pairs for value in pair),
    ]


def _precision(test: Scores, label: int) -> str:
    """Precision of a class, or a dash where it was never predicted and so has none."""
    predicted = sum(row[label] for row in test.confusion)
    return number(test.precision[label], 2) if predicted else "–"


def ablation_table(result: Result) -> Table:
    """Q7: every change with a row of its own."""
    rows = []
    for place, variant in enumerate(result.variants):
        mark = "**" if variant.key == result.bonus_key else ""
        rows.append(
            [
                str(place),
                f"{mark}{variant_name(variant)}{mark}",
                count(variant.trained_parameters),
                number(variant.threshold, 2),
                f1(variant.validation_f1_macro),
                f"{mark}{f1(variant.test.f1_macro)}{mark} ± {f1(variant.test.f1_macro_error)}",
                percent(variant.test.accuracy),
                number(variant.test.recall[0], 2),
                _precision(variant.test, 0),
            ]
        )
    headers = [
        "",
        "Variant",
        "Trained",
        "Threshold",
        "Validation",
        "Test",
        "Accuracy",
        "Recall 0",
        "Precision 0",
    ]
    return Table(headers, rows, "rlrrrrrrr", widths=(3, 23, 12, 13, 13, 18, 12, 12, 15))


@dataclass(frozen=True)
class Marked:
    """Markdown that a cell shows."""

    text: str

    def _repr_markdown_(self) -> str:
        return self.text


def explained(result: Result) -> Marked:
    """Q7: test tweets with the words that decided, right and wrong decisions."""
    return Marked("\n".join(f"{i}. {_told(one)}" for i, one in enumerate(result.explained, 1)))


def _told(one: Explained) -> str:
    order = sorted(range(len(one.words)), key=lambda i: -abs(one.shares[i]))
    deciding = {i for i in order[:DECIDING] if one.shares[i]}
    shown = []
    for i, word in enumerate(one.words):
        mark = ("**" if one.shares[i] > 0 else "*") if i in deciding else ""
        shown.append(f"{mark}{escaped(word)}{mark}")
    strongest = ", ".join(
        f"{escaped(one.words[i].strip(',.:;!?'))} {_signed(one.shares[i])}"
        for i in order[:DECIDING]
        if i in deciding
    )
    verdict = "right" if one.label == one.predicted else "wrong"
    return (
        f"“{' '.join(shown)}” Annotated {one.label}, predicted {one.predicted} ({verdict}), "
        f"probability of class 1 {number(one.probability, 2)}. Strongest: {strongest}."
    )


def _signed(value: float) -> str:
    return f"{'+' if value > 0 else ''}{number(value, 2)}"


def escaped(text: str) -> str:
    """`text` as Markdown that shows exactly it; what the report's fonts lack becomes a box."""
    kept = "".join(c if ord(c) < 0x250 or c in "–—‘’“”…€™•" else "[?]" for c in text)
    return _PUNCTUATION.sub(r"\\\1", kept)


def classes() -> str:
    """The two classes by name."""
    return " and ".join(CLASSES)
