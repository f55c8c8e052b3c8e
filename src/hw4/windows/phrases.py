"""Problem 1 in words: every number and every comparison is computed from the result."""

import math
from dataclasses import dataclass

from hw4.foundation.words import compare, count, count_word, listing, number, percent
from hw4.windows.data import CLASSES
from hw4.windows.result import Candidate, Result, Shown

TARGET = 0.6
"""Accuracy on the test set that the assignment asks for."""
BACKBONES = {
    "mobilenet_v2": "MobileNetV2",
    "resnet18": "ResNet-18",
    "efficientnet_b0": "EfficientNet-B0",
    "convnext_tiny": "ConvNeXt-T",
}
"""What people call torchvision's networks."""
OVERFITS = 0.05
"""By how much of its lowest value a validation loss must end above it to be called overfitting."""
CURVES = {
    "yardstick": "the three convolutions",
    "small": "the small network",
    "frozen": "the head on the frozen backbone",
    "fine-tuned": "the fine-tuned network",
}
"""Networks with learning curves."""
WEAK = 0.05
"""Shares that differ by less are called about equal."""


def where(result: Result) -> str:
    """What the reported scores are of."""
    return "test" if result.labelled else "held-out"


def alternatives(result: Result) -> dict[str, str]:
    """Alternative texts of the figures, by the name of the function that draws each."""
    say = Words(result)
    best = result.best.reported
    rows = "; ".join(
        f"{name}: {', '.join(map(str, row))}"
        for name, row in zip(CLASSES, best.confusion, strict=True)
    )
    all_of_them = "; ".join(
        f"{it.title.removeprefix('… ')} {percent(it.reported.accuracy)}" for it in result.candidates
    )
    ends = "; ".join(
        f"{it.title} ends at {percent(it.epochs[-1].validation_accuracy)}"
        for it in result.candidates
        if not it.key.startswith("small-")
    )
    low, high = result.bins[0], result.bins[-1]
    return {
        "contact_sheet": f"Five rows of photographs, one for each class: {listing(CLASSES)}.",
        "learning_curves": f"Loss and validation accuracy over training. {ends}.",
        "accuracies": f"Accuracy with interval on the {where(result)} photographs: {all_of_them}.",
        "confusion": f"Counts of predictions in the order {', '.join(CLASSES)}, by true class. "
        f"{rows}.",
        "gallery": f"Photographs, each beside a heat map of where the network looked: {say.shown}.",
        "reliability": f"Accuracy rises from {percent(low.accuracy, 0)} where the mean confidence "
        f"is {percent(low.confidence, 0)} to {percent(high.accuracy, 0)} where it is "
        f"{percent(high.confidence, 0)}.",
    }


@dataclass(frozen=True)
class Words:
    """The prose's inline values."""

    result: Result

    @property
    def best(self) -> Candidate:
        """The chosen candidate."""
        return self.result.best

    @property
    def photographs(self) -> str:
        """What the scores are of, with their number."""
        total = count(self.best.reported.photographs)
        if self.result.labelled:
            return f"the {total} test photographs"
        return f"{total} photographs of the training set that were held out"

    @property
    def network(self) -> str:
        """The chosen network."""
        return describe(self.best)

    @property
    def answer(self) -> str:
        """The result in two sentences."""
        scores = self.best.reported
        low, high = scores.interval
        beyond = (
            "all of which lies above"
            if low > TARGET
            else "which contains" if high >= TARGET else "all of which lies below"
        )  # fmt: skip
        text = (
            f"{self.network[0].upper()}{self.network[1:]} classifies {percent(scores.accuracy)} of "
            f"{self.photographs} correctly (95 % interval {_range(low, high)}, {beyond} the "
            f"{percent(TARGET, 0)} that are asked for). Averaged over the classes the recall is "
            f"{percent(scores.balanced_accuracy)}; always answering the most frequent class would "
            f"be right in {percent(self.majority)}, and three convolutions on small pictures "
            f"reach {percent(self.result.candidate('yardstick').reported.accuracy)}."
        )
        if not self.result.labelled:
            text += (
                " The test set came without labels: the predictions for its "
                f"{count(len(self.result.predictions))} photographs are in "
                "_output/predictions.csv, and every accuracy below is of the held-out part of "
                "the training set, which no network was trained on or chosen by."
            )
        return text

    @property
    def majority(self) -> float:
        """Accuracy of always answering the most frequent class."""
        there = [it.photographs for it in self.best.reported.per_class]
        return max(there) / sum(there)

    @property
    def no_weights(self) -> str:
        """A callout if there were no pre-trained weights, as Markdown; empty otherwise."""
        if self.best.pretrained or not self.result.why_not_pretrained:
            return ""
        return (
            f'::: {{.callout-note title="Without pre-trained weights"}}\nThe weights of '
            f"`{self.result.backbone}` were not at hand ({self.result.why_not_pretrained}), so no "
            "network here has seen ImageNet, and the best network from scratch is the answer. "
            "Once online, run `python -m hw4.windows.weights` and build again.\n:::\n"
        )

    @property
    def imbalance(self) -> str:
        """The most and the least frequent class."""
        there = self.result.check.train_counts
        most, least = max(there), min(there)
        return (
            f"{CLASSES[there.index(most)]} is {number(most / least, 1)} times as frequent as "
            f"{CLASSES[there.index(least)]}"
        )

    @property
    def check(self) -> str:
        """What was found on the way in."""
        check = self.result.check
        said = []
        if check.bad:
            files = [f"{it.name} ({it.reason})" for it in check.bad[:4]]
            if len(check.bad) > 4:
                files.append(f"{count(len(check.bad) - 4)} more")
            said.append(f"{_plural(len(check.bad), 'file')} could not be used: {listing(files)}.")
        else:
            said.append("Every file could be decoded.")
        doubles = check.exact_duplicates + check.near_duplicates
        if doubles:
            said.append(
                f"{_plural(len(check.removed), 'training photograph')} "
                f"{'is' if len(check.removed) == 1 else 'are'} in the test set too "
                f"({check.exact_duplicates} the same file, {check.near_duplicates} the same "
                "picture saved differently); "
                f"{'it was' if len(check.removed) == 1 else 'they were'} not trained on."
            )
        else:
            said.append("No training photograph is in the test set too.")
        if check.duplicates_within:
            said.append(
                f"Inside the training set there are {_plural(check.duplicates_within, 'pair')} of "
                "copies, which were kept on the same side of every split"
                + (
                    f"; in {check.contradictions} of them the two labels differ."
                    if check.contradictions
                    else "."
                )
            )
        return " ".join(sentence[0].upper() + sentence[1:] for sentence in said)

    @property
    def split(self) -> str:
        """How the training set was shared out."""
        check = self.result.check
        held = f", {count(check.held_out)} to report on" if check.held_out else ""
        return f"{count(check.fit)} to learn from, {count(check.validation)} to select by{held}"

    @property
    def batches(self) -> str:
        """How many photographs each network takes at a step."""
        sizes = dict.fromkeys(str(it.recipe.batch_size) for it in self.result.candidates)
        return listing(list(sizes), "or")

    @property
    def steps(self) -> str:
        """What each step of the way brought."""
        result = self.result
        said = [f"The small residual network {self._against('small', 'yardstick')}."]
        if result.has("small-no-augmentation"):
            said.append(f"Augmentation {self._change('small', 'small-no-augmentation')}.")
        if result.has("small-no-balancing"):
            balanced, not_balanced = (
                result.candidate(key).reported for key in ("small", "small-no-balancing")
            )
            said.append(
                f"Balancing {self._change('small', 'small-no-balancing')}; the balanced accuracy "
                f"{_moved(balanced.balanced_accuracy, not_balanced.balanced_accuracy)}, and the "
                f"recall of the rarest class, {self._rarest[0]}, {self._rarest[1]}."
            )
        if result.has("fine-tuned"):
            said.append(
                "A linear head on the features of a frozen ImageNet network "
                f"{self._against('frozen', 'small')}, and fine-tuning all of it "
                f"{self._against('fine-tuned', 'frozen')}."
            )
        return " ".join(said)

    @property
    def grain(self) -> str:
        """How finely differences can be told on so many photographs."""
        scores = self.best.reported
        low, high = scores.interval
        return (
            f"With {count(scores.photographs)} photographs the interval of the chosen network "
            f"reaches {number(50 * (high - low), 1)} points to either side, and one photograph is "
            f"{number(100 / scores.photographs, 2)} points. Every network was trained once, with "
            f"one seed. {self._within_chance(high - low)}"
        )

    def _within_chance(self, width: float) -> str:
        """Which steps brought less than half the interval's width, as a sentence."""
        steps = {
            "the small network": ("small", "yardstick"),
            "augmentation": ("small", "small-no-augmentation"),
            "balancing": ("small", "small-no-balancing"),
            "the frozen backbone": ("frozen", "small"),
            "fine-tuning": ("fine-tuned", "frozen"),
        }
        small = []
        for name, keys in steps.items():
            if all(map(self.result.has, keys)):
                ours, theirs = (self.result.candidate(key).reported.accuracy for key in keys)
                if abs(ours - theirs) < width / 2:
                    small.append(name)
        if not small:
            return "Every step above changed the accuracy by more than that reach."
        each = ", each by itself," if len(small) > 1 else ""
        return (
            f"What {listing(small)} changed{each} is less than that reach and cannot be told from "
            "chance."
        )

    @property
    def selection(self) -> str:
        """How well validation told what was to come."""
        gap = self.best.validation.accuracy - self.best.reported.accuracy
        runner = sorted(self.result.candidates, key=lambda it: -it.validation.accuracy)[1]
        relation = compare(
            self.best.validation.accuracy, self.best.reported.accuracy, "below", "above", "at"
        )
        how_far = (
            "agrees with"
            if relation == "at"
            else f"is {number(100 * abs(gap), 1)} points {relation}"
        )
        return (
            f"Validation ranks {self.network} before {describe(runner)} "
            f"({percent(self.best.validation.accuracy)} against "
            f"{percent(runner.validation.accuracy)}); its validation accuracy {how_far} the "
            f"{where(self.result)} accuracy."
        )

    @property
    def mixed(self) -> str:
        """Whether pictures are blended with one another in training, and why."""
        small = self.result.candidate("small")
        times = f"{count(len(small.epochs))} times"
        if small.recipe.mixing:
            return (
                f"As the small network looks at every photograph about {times}, the pictures of a "
                "batch are also blended with one another (mixup and CutMix), their labels in "
                "proportion, which makes single photographs harder to learn by heart."
            )
        return (
            f"Blending pictures with one another (mixup, CutMix) is left out here: the small "
            f"network looks at every photograph about {times}, too few to learn any by heart."
        )

    @property
    def mirrored(self) -> str:
        """Whether mirror images are averaged over."""
        verdict = "better, so it is done" if self.best.mirrored else "no better, so it is left out"
        return (
            "On the validation photographs, averaging the chosen network's answers for a picture "
            f"and its mirror image was {verdict}"
        )

    @property
    def confusions(self) -> str:
        """The two most frequent confusions."""
        found = self._confusions()[:2]
        if not found:
            return "nothing is confused"
        return listing(
            [
                f"{truth} taken for {taken} ({_plural(times, 'time')})"
                for times, truth, taken in found
            ]
        )

    @property
    def weakest(self) -> str:
        """The class with the lowest recall."""
        name, recall = self._by_recall()[0]
        return f"{name} ({percent(recall)})"

    @property
    def strongest(self) -> str:
        """The class with the highest recall."""
        name, recall = self._by_recall()[-1]
        return f"{name} ({percent(recall)})"

    @property
    def shown(self) -> str:
        """The gallery's photographs in words."""
        return "; ".join(_seen(it) for it in self.result.mistakes)

    @property
    def gallery(self) -> str:
        """What the gallery holds."""
        wrong = self.result.mistakes_in_all
        shown = sum(it.truth != it.predicted for it in self.result.mistakes)
        if not shown:
            return (
                "There is no mistake to show; the most confident right answers stand here instead."
            )
        if shown == wrong:
            return f"All {_plural(wrong, 'mistake')}."
        return f"The {shown} most confident of {wrong} mistakes."

    @property
    def calibration(self) -> str:
        """Whether confidence can be believed."""
        result = self.result
        total = sum(it.photographs for it in result.bins)
        confidence = sum(it.photographs * it.confidence for it in result.bins) / total
        verdict = compare(
            confidence,
            self.best.reported.accuracy,
            "more often right than it is confident",
            "more confident than it is right",
            "about as confident as it is right",
            WEAK,
        )
        return (
            f"On the whole the network is {verdict}: its mean confidence is {percent(confidence)} "
            f"at an accuracy of {percent(self.best.reported.accuracy)}, and the expected "
            f"calibration error is {percent(result.calibration_error)}"
        )

    @property
    def overfitting(self) -> str:
        """Which networks' validation losses rise again, of those with learning curves."""
        rises = {}
        for it in self.result.candidates:
            if it.key in CURVES:
                losses = [epoch.validation_loss for epoch in it.epochs]
                rises[CURVES[it.key]] = losses[-1] / min(losses) - 1
        over = [f"{name} ({percent(rise, 0)})" for name, rise in rises.items() if rise > OVERFITS]
        within = f"within {percent(OVERFITS, 0)} of its lowest value"
        if not over:
            return f"Every validation loss ends {within}: no network overfits"
        rest = "" if len(over) == len(rises) else f"; every other one ends {within}"
        return (
            "The validation loss ends above its lowest value, a sign of overfitting, for "
            f"{listing(over)}{rest}"
        )

    @property
    def limit(self) -> str:
        """What limits the result, as far as the numbers tell."""
        wrong = max(1, self.result.mistakes_in_all)
        found = self._confusions()
        if not found:
            return "No mistake is left to learn from"
        pairs: dict[frozenset, int] = {}
        for times, truth, taken in found:
            key = frozenset((truth, taken))
            pairs[key] = pairs.get(key, 0) + times
        pair, times = max(pairs.items(), key=lambda item: item[1])
        one, other = sorted(pair)
        fit = self.result.check.fit
        return (
            f"Of {_plural(self.result.mistakes_in_all, 'mistake')}, {percent(times / wrong, 0)} "
            f"lie between {one} and {other}. There are {count(fit)} photographs to learn from, "
            f"{count(min(self.result.check.train_counts))} of the rarest class before the split"
        )

    @property
    def _rarest(self) -> tuple[str, str]:
        there = self.result.check.train_counts
        label = there.index(min(there))
        ours, theirs = (
            self.result.candidate(key).reported.per_class[label].recall
            for key in ("small", "small-no-balancing")
        )
        return CLASSES[label], _moved(ours, theirs)

    def _change(self, with_it: str, without: str) -> str:
        ours, theirs = (self.result.candidate(key).reported for key in (with_it, without))
        return (
            f"{_shifts(ours.accuracy, theirs.accuracy)} "
            f"({percent(theirs.accuracy)} without, {percent(ours.accuracy)} with it)"
        )

    def _against(self, key: str, other: str) -> str:
        ours = self.result.candidate(key).reported.accuracy
        theirs = self.result.candidate(other).reported.accuracy
        points = 100 * (ours - theirs)
        if abs(points) < 0.05:
            return f"is as accurate ({percent(ours)})"
        way = "gains" if points > 0 else "loses"
        return f"{way} {number(abs(points), 1)} points ({percent(ours)} after {percent(theirs)})"

    def _confusions(self) -> list[tuple[int, str, str]]:
        cells = self.best.reported.confusion
        found = [
            (cells[truth][taken], CLASSES[truth], CLASSES[taken])
            for truth in range(len(CLASSES))
            for taken in range(len(CLASSES))
            if truth != taken and cells[truth][taken]
        ]
        return sorted(found, reverse=True)

    def _by_recall(self) -> list[tuple[str, float]]:
        found = [(it.name, it.recall) for it in self.best.reported.per_class]
        return sorted(found, key=lambda item: -1.0 if math.isnan(item[1]) else item[1])


def describe(candidate: Candidate) -> str:
    """A candidate in words that fit into a sentence."""
    return {
        "yardstick": "the network of three convolutions",
        "small": "the small residual network from scratch",
        "small-no-augmentation": "the small residual network without augmentation",
        "small-no-balancing": "the small residual network without balancing",
        "frozen": f"a linear head on a frozen {_backbone(candidate)}",
        "fine-tuned": f"a fine-tuned {_backbone(candidate)}",
    }[candidate.key]


def _backbone(candidate: Candidate) -> str:
    return BACKBONES.get(candidate.recipe.network, candidate.recipe.network)


def _range(low: float, high: float) -> str:
    return f"{percent(low)} to {percent(high)}"


def _plural(amount: int, thing: str) -> str:
    return f"{count_word(amount)} {thing}" + ("" if amount == 1 else "s")


def _moved(value: float, before: float) -> str:
    """`rises from … to …`."""
    way = compare(value, before, "falls", "rises", "stays", 0.005)
    if way == "stays":
        return f"stays at {percent(value)}"
    return f"{way} from {percent(before)} to {percent(value)}"


def _shifts(value: float, before: float) -> str:
    points = 100 * (value - before)
    if abs(points) < 0.05:
        return "leaves the accuracy as it is"
    return f"{'raises' if points > 0 else 'lowers'} the accuracy by {number(abs(points), 1)} points"


def _seen(shown: Shown) -> str:
    verdict = "" if shown.truth == shown.predicted else f" taken for {CLASSES[shown.predicted]}"
    return f"{CLASSES[shown.truth]}{verdict}"
