"""Sentences of problem 2 that turn on its numbers, and descriptions of its figures."""

from dataclasses import dataclass
from itertools import pairwise
from math import sqrt
from statistics import fmean

from hw4.foundation.words import (
    compare,
    count,
    count_word,
    listing,
    number,
    percent,
    significant,
    times,
)
from hw4.sequences.drawing import floor_of
from hw4.sequences.quantities import Quantities, mse
from hw4.sequences.result import ASKED, Curve, ModelResult, Result

NAMES = {
    "vanilla": "the vanilla RNN",
    "truncated": "the truncated network",
    "padded": "the padded network",
}
HOPELESS = 0.9
"""A network whose test error is above this share of the mean's has learned next to nothing."""


@dataclass(frozen=True)
class Words(Quantities):
    """What the prose says: numbers, and sentences or parts of them that turn on numbers."""

    @property
    def ranking(self) -> str:
        """Which of the three is best, and how many times its error the others make."""
        best, *others = self._ranked
        rest = [
            f"{NAMES[model.name]} makes {times(model.test_mse / best.test_mse)} that error "
            f"({mse(model.test_mse)})"
            for model in others
        ]
        return (
            f"Of the three networks, {NAMES[best.name]} predicts best, with a mean squared error "
            f"of {mse(best.test_mse)} on the test set; {listing(rest)}."
        )

    @property
    def verdict(self) -> str:
        """The best of the three against the noise, the worst against the mean."""
        best, worst = self._ranked[0], self._ranked[-1]
        ratio = best.test_mse / floor_of(self.result)
        if ratio <= 1.02:
            noise = "is as good as the noise allows"
        elif ratio <= 1.5:
            noise = f"is within {percent(ratio - 1, 0)} of the best that any predictor can do"
        else:
            noise = f"still makes {times(ratio)} the error that cannot be avoided"
        ratio = worst.test_mse / self.result.yardsticks.mean
        if ratio > 1.02:
            mean = "does worse than predicting the mean"
        elif ratio > HOPELESS:
            mean = f"keeps {percent(ratio, 0)} of the error of predicting the mean"
        else:
            mean = f"leaves {percent(ratio, 0)} of the error of predicting the mean"
        return f"{NAMES[best.name]} {noise}, while {NAMES[worst.name]} {mean} ({self.mean_test})"

    @property
    def decay_range(self) -> str:
        """Whether a chosen decay is at an end of the range that was searched."""
        ends = {self.result.settings.decays[0], self.result.settings.decays[-1]}
        there = [NAMES[model.name] for model in self._ranked if model.decay in ends]
        if not there:
            return "For the three networks of the sheet, the chosen decay is inside the range."
        return f"For {listing(there)}, the chosen decay is at an end of the range."

    def gap(self, name: str) -> str:
        """What training and validation error do, in the learning curves."""
        model = self._model(name)
        if self._hopeless(model):
            return f"after the best epoch, {self._drift(model)}"
        if model.overfitting > 3:
            return "training error falls far below validation error"
        if model.overfitting > 1.3:
            return "training error falls below validation error"
        return "the two stay together"

    @property
    def floor(self) -> str:
        """The noise floor, and how it is known."""
        measured, facts = self.result.yardsticks, self.result.facts
        fit = self._linear(measured.noise_floor_steps)
        how = (
            f"the linear model on the last {count_word(fit.steps)} steps has {fit.weights} "
            f"coefficients; its squared residuals on the {count(facts.training)} training "
            f"sequences, summed and divided by the {count(facts.training - fit.weights)} degrees "
            f"of freedom that are left, are {mse(measured.noise_floor)}, with a standard error of "
            f"{mse(measured.noise_floor_error)}"
        )
        if measured.known_floor is None:
            return (
                "The variance of the noise in the targets is the lowest error there can be. It is "
                f"not known, but can be estimated: {how}; no linear model on fewer or more steps "
                "gives less. What a linear model cannot express counts as noise here, so apart "
                "from chance this is an upper bound."
            )
        return (
            "The variance of the noise in the targets is the lowest error there can be. The data "
            f"were made by code, so it is known: {mse(measured.known_floor)}. Without that "
            f"knowledge one would estimate it: {how}, which is "
            f"{times(measured.noise_floor / measured.known_floor)} the truth, since what a linear "
            "model cannot express counts as noise."
        )

    @property
    def floor_vanilla(self) -> str:
        """The vanilla RNN against the floor."""
        chance = sqrt(2 / self.result.facts.test)
        ratio = self._model("vanilla").test_mse / floor_of(self.result)
        left = "no more than chance" if ratio - 1 < 2 * chance else "more than chance"
        return (
            f"The vanilla RNN's test error is {number(ratio, 2)} times that. A mean of "
            f"{count(self.result.facts.test)} squared errors is itself uncertain by "
            f"{percent(chance, 0)}, so the difference is {left}."
        )

    @property
    def linear_vanilla(self) -> str:
        """The vanilla RNN against the linear model that validation chose."""
        linear = self._linear(self.result.yardsticks.chosen)
        said = compare(
            self._model("vanilla").test_mse,
            linear.test_mse,
            "does worse, so the process is not linear, and the network makes use of that",
            "does better, so the network could be better still",
            "does as well, so the process is nearly linear in its inputs: what a network has to "
            "find here is the end of the sequence",
            tolerance=0.1,
        )
        return (
            f"The linear model that validation chose, on the last {count_word(linear.steps)} steps "
            f"({mse(linear.test_mse)}), {said}."
        )

    @property
    def certainty(self) -> str:
        """The differences between the three against the spread between seeds."""
        smallest = min(b.test_mse - a.test_mse for a, b in pairwise(self._ranked))
        spread = max(model.test_mse_std for model in self._ranked)
        if smallest > 5 * spread:
            return "far larger than"
        return "larger than" if smallest > 2 * spread else "partly no larger than"

    @property
    def fast_for_nothing(self) -> str:
        """A remark if the network that converges first has nothing to converge to."""
        fastest = min(self._ranked, key=lambda model: model.epochs_to_converge)
        if not self._hopeless(fastest):
            return ""
        return (
            f"That {NAMES[fastest.name]} comes first means little: its best is hardly below the "
            "error of the mean, from which it starts. "
        )

    def overfits(self, name: str) -> str:
        """Whether and how the network overfits."""
        model = self._model(name)
        who = NAMES[name][:1].upper() + NAMES[name][1:]
        if self._hopeless(model):
            return (
                f"{who} has nothing general to learn: after its best epoch, {self._drift(model)}, "
                f"so only early stopping and a weight decay of {significant(model.decay, 1)} keep "
                "it near the mean."
            )
        if model.overfitting > 3:
            by_heart = model.train_mse < floor_of(self.result)
            noise = ", below the noise: it knows the training noise by heart" if by_heart else ""
            return (
                f"{who} overfits strongly, with {count(model.parameters)} parameters for "
                f"{count(self.result.facts.training)} sequences; its training error is "
                f"{mse(model.train_mse)}{noise}."
            )
        if model.overfitting > 1.3:
            return f"{who} overfits somewhat, with {count(model.parameters)} parameters."
        return (
            f"{who} hardly overfits: each of its {count(model.parameters)} parameters is held "
            "by many sequences."
        )

    @property
    def decay_helps(self) -> str:
        """What stronger weight decay did for the padded network."""
        model = self._model("padded")
        same = [item for item in model.search if item.hidden_size == model.hidden_size]
        weakest = min(same, key=lambda item: item.decay)
        best = min(same, key=lambda item: item.validation_mse)
        if best == weakest:
            return "Stronger weight decay did not help."
        return (
            f"Strong weight decay helps: with {significant(best.decay, 1)} the validation error in "
            f"the search was {mse(best.validation_mse)}, with {significant(weakest.decay, 1)} it "
            f"was {mse(weakest.validation_mse)}."
        )

    @property
    def front_parameters(self) -> str:
        """The front-padded network's parameters against those of the padded one."""
        padded, front = self._model("padded").parameters, self._model("padded_front").parameters
        return "just as many" if front == padded else f"{count(front)} instead of {count(padded)}"

    @property
    def variants_vanilla(self) -> str:
        """The better of the two variants against the vanilla RNN."""
        variants = [self._model(name).test_mse for name in ("truncated_last", "padded_front")]
        vanilla = self._model("vanilla").test_mse
        word = compare(min(variants), vanilla, "better than", "worse than", "as well as", 0.05)
        return f"{word} the vanilla RNN ({number(min(variants) / vanilla, 2)} times its error)"

    def _hopeless(self, model: ModelResult) -> bool:
        return model.test_mse > HOPELESS * self.result.yardsticks.mean

    @staticmethod
    def _drift(model: ModelResult) -> str:
        """What the errors do from the best epoch to the last."""

        def ratios(curve: Curve) -> tuple[float, float]:
            return (
                curve.training[-1] / curve.training_at_best,
                curve.validation[-1] / curve.best_validation,
            )

        training, validation = zip(*map(ratios, model.curves), strict=True)
        return (
            f"training error goes to {percent(fmean(training), 0)} and validation error to "
            f"{percent(fmean(validation), 0)} of what they were then"
        )


def learning_alt(result: Result) -> str:
    """What the learning curves show, for those who cannot see them."""
    said = Words(result)
    parts = [
        f"{NAMES[name]} a training error of {said.train(name)} and a validation error of "
        f"{said.validation(name)}"
        for name in ASKED
    ]
    return (
        "Three panels of line charts with training and validation error by epoch on a logarithmic "
        f"scale, for {said.seeds} seeds each. At its best epoch, {listing(parts)}. Gray lines mark "
        f"predicting the mean at {mse(result.yardsticks.mean_validation)} and the noise at "
        f"{said.floor_mse}."
    )


def length_alt(result: Result) -> str:
    """What the chart of errors by length shows, for those who cannot see it."""
    others = {"truncated_last": "truncated, end kept", "padded_front": "padded in front"}
    parts = []
    for model in result.models:
        errors = [item.mse for item in model.by_length]
        name = {**NAMES, **others}[model.name]
        parts.append(f"{name}, between {mse(min(errors))} and {mse(max(errors))}")
    return (
        "Line chart of the test error by length of the sequence, from "
        f"{result.facts.shortest} to {result.facts.longest} steps, on a logarithmic scale: "
        f"{'; '.join(parts)}. Gray lines mark predicting the mean at "
        f"{mse(result.yardsticks.mean)} and the noise at {mse(floor_of(result))}."
    )
