"""Sentences of problem 2 that judge errors: against the noise, against chance, overfitting."""

from dataclasses import dataclass
from math import log, sqrt
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
from hw4.sequences.result import ASKED, Curve, ModelResult

NAMES = {
    "vanilla": "the vanilla RNN",
    "truncated": "the truncated network",
    "padded": "the padded network",
}
HOPELESS = 0.9
"""A network whose test error is above this share of the mean's has learned next to nothing."""


@dataclass(frozen=True)
class Judgments(Quantities):
    """What the errors mean, in sentences or parts of them; `name` is that of a network."""

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
                "gives less. What a linear model cannot express counts as noise here, so each "
                "such estimate is, apart from chance, an upper bound; the lowest of "
                f"{count_word(len(measured.linear))} errs somewhat to the low side."
            )
        ratio = measured.noise_floor / measured.known_floor
        why = ", since what a linear model cannot express counts as noise" if ratio > 1.1 else ""
        return (
            "The variance of the noise in the targets is the lowest error there can be. The data "
            f"were made by code, so it is known: {mse(measured.known_floor)}. Without that "
            f"knowledge one would estimate it: {how}, which is {times(ratio)} the truth{why}."
        )

    @property
    def floor_vanilla(self) -> str:
        """The vanilla RNN against the floor."""
        error, test = self._model("vanilla").test_mse, self.result.facts.test
        within = "no more than" if self._within_chance(error, test) else "more than"
        estimate = (
            f" and the estimate by {percent(self._floor_uncertainty, 0)}" if self._estimated else ""
        )
        return (
            f"The vanilla RNN's test error is {number(error / floor_of(self.result), 2)} times "
            f"the {self._noise}. A mean of {count(test)} squared errors is itself uncertain by "
            f"{percent(sqrt(2 / test), 0)}{estimate}, so the difference is {within} chance."
        )

    def overfits(self, name: str) -> str:
        """Whether and how the network overfits."""
        model, facts = self._model(name), self.result.facts
        who = NAMES[name][:1].upper() + NAMES[name][1:]
        size = f"{count(model.parameters)} parameters for {count(facts.training)} sequences"
        if self._hopeless(model):
            return (
                f"{who} learns next to nothing that generalizes: after its best epoch, "
                f"{self._drift(model)}, so only early stopping and a weight decay of "
                f"{significant(model.decay, 1)} keep it near the mean."
            )
        if model.overfitting > 3:
            return (
                f"{who} overfits strongly; its training error is {mse(model.train_mse)}"
                f"{self._fitted_noise(model)}. {self._cause(model)}"
            )
        if model.overfitting > 1.3:
            return f"{who} overfits somewhat, with {size}."
        if name == "vanilla":
            size = f"its {count(model.parameters)} parameters serve every step of every sequence"
            return f"{who} hardly overfits: {size}.{self._below_noise(model)}"
        return f"{who} hardly overfits, with {size}.{self._below_noise(model)}"

    def _fitted_noise(self, model: ModelResult) -> str:
        """That a training error is too far below the noise to have come from the process."""
        measured, training = self.result.yardsticks, self.result.facts.training
        ratio = model.train_mse / floor_of(self.result)
        if ratio >= 1 or self._within_chance(model.train_mse, training):
            return ""
        about = ""
        if self._estimated:
            about = (
                f" ({mse(measured.noise_floor)} with a standard error of "
                f"{mse(measured.noise_floor_error)}, an upper bound apart from chance)"
            )
        return f", {number(ratio, 2)} times the {self._noise}{about}, which points to fitted noise"

    def _cause(self, model: ModelResult) -> str:
        """Why a network overfits strongly."""
        front, training = self._model("padded_front"), self.result.facts.training
        same = front.parameters >= model.parameters and front.overfitting < model.overfitting / 2
        if model.name != "padded" or not same:
            return f"It has {count(model.parameters)} parameters for {count(training)} sequences."
        return (
            "The number of parameters is not what decides: padded in front, the network has "
            f"{self.front_parameters} and a ratio of {significant(front.overfitting, 2)}. It is "
            "the alignment: the decisive last steps meet other weights in each sequence, and only "
            f"{self.for_each} or so of the {count(training)} sequences end at the same step."
        )

    def _below_noise(self, model: ModelResult) -> str:
        """A remark if errors lie below the noise that no error should be below."""
        facts, floor = self.result.facts, floor_of(self.result)
        low = [
            (which, error / floor, sequences)
            for which, error, sequences in (
                ("training", model.train_mse, facts.training),
                ("validation", model.validation_mse, facts.validation),
            )
            if number(error / floor, 2) < "1.00"
        ]
        if not low:
            return ""
        chance = all(self._within_chance(ratio * floor, sequences) for _, ratio, sequences in low)
        which = listing([name for name, _, _ in low])
        ratios = listing([number(ratio, 2) for _, ratio, _ in low])
        return (
            f" Its {which} {'errors are' if len(low) > 1 else 'error is'} {ratios} times the "
            f"{self._noise}, {'within chance' if chance else 'more below it than chance explains'}."
        )

    @property
    def variants_vanilla(self) -> str:
        """The better of the two variants against the vanilla RNN."""
        variants = [self._model(name).test_mse for name in ("truncated_last", "padded_front")]
        vanilla, test = self._model("vanilla").test_mse, self.result.facts.test
        ratio = min(variants) / vanilla
        word = compare(min(variants), vanilla, "better than", "worse than", "as well as", 0.05)
        said = f"{word} the vanilla RNN ({number(ratio, 2)} times its error)"
        chance = sqrt(4 / test)  # of the ratio of two means of as many squared errors
        if word == "as well as" or abs(log(ratio)) > 2 * chance:
            return said
        how = "within" if abs(log(ratio)) < chance else "near"
        return (
            f"{said}; on {count(test)} test sequences, where each error is uncertain by "
            f"{percent(sqrt(2 / test), 0)}, such a difference is {how} what chance allows"
        )

    @property
    def by_length(self) -> str:
        """Test errors on short and on long sequences, and whether they differ."""
        short, long = self._halves("vanilla")
        if not short or not long:
            return f"No test sequence has {'more' if short else 'fewer'} than {self.middle} steps."
        parts = [f"{self.short_and_long(name)} for {NAMES[name]}" for name in ASKED]
        said = (
            f"On test sequences of up to {self.middle} steps and on longer ones, the error is "
            f"{listing(parts)}."
        )
        chance = sqrt(sum(2 / sum(item.sequences for item in half) for half in (short, long)))
        ratios = {name: self._short_to_long(name) for name in ASKED}
        apart = {name: ratio for name, ratio in ratios.items() if abs(log(ratio)) > 2 * chance}
        if not apart:
            return f"{said} For none of the three does it depend on the length beyond chance."
        where = [
            f"for {NAMES[name]} ({'short' if ratio > 1 else 'long'} sequences have the larger one)"
            for name, ratio in apart.items()
        ]
        return f"{said} It depends on the length beyond chance {listing(where)}."

    @property
    def _estimated(self) -> bool:
        """Whether the noise is estimated, not known."""
        return self.result.yardsticks.known_floor is None

    @property
    def _noise(self) -> str:
        return "estimated noise" if self._estimated else "known noise"

    @property
    def _floor_uncertainty(self) -> float:
        """Standard error of the floor as a share of it."""
        measured = self.result.yardsticks
        return measured.noise_floor_error / measured.noise_floor if self._estimated else 0.0

    def _within_chance(self, error: float, sequences: int) -> bool:
        """Whether an error differs from the floor by no more than two standard errors.

        The mean of n squared errors, normal with mean zero, is uncertain by √(2/n) of itself.
        """
        chance = sqrt(2 / sequences + self._floor_uncertainty**2)
        return abs(error / floor_of(self.result) - 1) < 2 * chance

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
