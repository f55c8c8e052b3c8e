"""What the report shows and says of problem 1; reads stored results, imports no torch."""

from hw4.foundation.tables import Table
from hw4.foundation.words import count, duration, number, percent
from hw4.windows import figures
from hw4.windows.data import ASSIGNMENT_NAMES, CLASSES
from hw4.windows.phrases import TARGET, Words, alternatives, where
from hw4.windows.predictions import write_predictions
from hw4.windows.result import EXPERIMENT, Candidate, Result

__all__ = ["EXPERIMENT", "Result", "Words", "alternatives", "load", "words"]


def load() -> Result:
    """The stored result; `predictions.csv` is written anew if it is gone.

    Raises:
        UserError: nothing is stored for the data as they are.
    """
    result = EXPERIMENT.stored()
    write_predictions(result)
    return result


def words(result: Result) -> Words:
    """Every number and comparison of the prose."""
    return Words(result)


def contact_sheet(result: Result):
    """The contact sheet."""
    return figures.contact_sheet(EXPERIMENT.provenance().key)


def learning_curves(result: Result):
    """Curves of all candidates but the ablations."""
    return figures.learning_curves(figures.compared(result))


def accuracies(result: Result):
    """Accuracy of every candidate with its interval."""
    return figures.accuracies(result.candidates, result.chosen, TARGET, where(result))


def confusion(result: Result):
    """The chosen network's confusion matrix."""
    return figures.confusion(result.best.reported.confusion)


def gallery(result: Result):
    """The most confident mistakes and what the network saw."""
    return figures.gallery(result.mistakes, EXPERIMENT.provenance().key)


def reliability(result: Result):
    """The reliability diagram."""
    return figures.reliability(result.bins)


def counts_table(result: Result) -> Table:
    """Photographs of each class."""
    check = result.check
    total = sum(check.train_counts)
    rows: list[list[str]] = []
    for label, name in enumerate(ASSIGNMENT_NAMES):
        there = check.train_counts[label]
        test = count(check.test_counts[label]) if check.test_counts else "unlabelled"
        own = f"`{result.own_names[label]}`"
        rows.append([name, own, count(there), percent(there / total), test])
    rows.append(["**All**", "", f"**{count(total)}**", "", f"**{count(check.test_photographs)}**"])
    return Table(["Class", "Folder", "Training set", "Share", "Test set"], rows, "llrrr")


def networks_table(result: Result) -> Table:
    """How every candidate but the ablations is trained."""
    rows = []
    for it in figures.compared(result):
        recipe = it.recipe
        learned = count(it.trained) if it.trained != it.parameters else "all"
        rate = f"{recipe.learning_rate:g}"
        if it.pretrained and recipe.backbone_rate:
            rate += f" / {recipe.learning_rate * recipe.backbone_rate:g}"
        rows.append(
            [
                it.title,
                f"{recipe.input_size}²",
                count(it.parameters),
                learned,
                rate,
                f"{recipe.weight_decay:g}",
                f"{recipe.label_smoothing:g}",
                str(len(it.epochs)),
                duration(it.seconds),
            ]
        )
    headers = ["Network", "Input", "Parameters", "Learned", "Rate", "Decay", "Smoothing", "Epochs"]
    headers += ["Time"]
    widths = (29, 8, 15, 10, 19, 9, 13, 10, 15)
    return Table(headers, rows, "lrrrrrrrr", widths=widths)


def candidates_table(result: Result) -> Table:
    """What each step brought."""
    rows = []
    for it in result.candidates:
        scores = it.reported
        low, high = (number(100 * end, 1) for end in scores.interval)
        row = [
            it.title,
            percent(it.validation.accuracy),
            percent(scores.accuracy),
            f"{low} to {high}",
            percent(scores.balanced_accuracy),
            number(scores.log_loss),
        ]
        rows.append([f"**{cell}**" for cell in row] if it.key == result.chosen else row)
    name = where(result).capitalize()
    headers = ["Network", "Validation", name, "95 % interval", "Balanced", "Log loss"]
    return Table(headers, rows, "lrrrrr")


def classes_table(result: Result) -> Table:
    """Precision and recall of the chosen network and of the yardstick."""
    ours, theirs = result.best.reported, result.candidate("yardstick").reported
    rows = [
        [
            CLASSES[label],
            count(ours.per_class[label].photographs),
            percent(ours.per_class[label].precision),
            percent(ours.per_class[label].recall),
            percent(_f1(result.best, label)),
            percent(theirs.per_class[label].recall),
        ]
        for label in range(len(CLASSES))
    ]
    headers = ["Class", "Photographs", "Precision", "Recall", "F1", "Yardstick's recall"]
    return Table(headers, rows, "lrrrrr")


def _f1(candidate: Candidate, label: int) -> float:
    it = candidate.reported.per_class[label]
    both = it.precision + it.recall
    return 2 * it.precision * it.recall / both if both else 0.0
