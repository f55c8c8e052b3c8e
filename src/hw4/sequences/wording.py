"""Sentences of problem 2 that turn on its numbers, and descriptions of its figures."""

from dataclasses import dataclass
from itertools import pairwise

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
from hw4.sequences.judging import HOPELESS, NAMES, Judgments
from hw4.sequences.quantities import mse
from hw4.sequences.result import ASKED, NEAR, Result


@dataclass(frozen=True)
class Words(Judgments):
    """What the prose says: numbers, and sentences or parts of them that turn on numbers."""

    @property
    def near(self) -> str:
        """How near to its best error a network counts as converged."""
        return percent(NEAR, 0)

    @property
    def ranking(self) -> str:
        """Which of the three is best, and how many times as large the errors of the others are."""
        best, *others = self._ranked
        errors = [f"{NAMES[model.name]} ({mse(model.test_mse)})" for model in others]
        ratios = [times(model.test_mse / best.test_mse).removesuffix(" times") for model in others]
        return (
            f"Of the three networks, {NAMES[best.name]} predicts best, with a mean squared error "
            f"of {mse(best.test_mse)} on the test set; the errors of {listing(errors)} are "
            f"{listing(ratios)} times as large."
        )

    @property
    def verdict(self) -> str:
        """The best of the three against the noise, the worst against the mean."""
        best, worst = self._ranked[0], self._ranked[-1]
        ratio = best.test_mse / floor_of(self.result)
        if ratio <= 1.02:
            noise = "is as good as the noise allows"
        else:
            chance = self._within_chance(best.test_mse, self.result.facts.test)
            noise = f"makes {number(ratio, 2 if ratio < 10 else 0)} times that error"
            noise += ", a difference within chance" if chance else ""
        ratio = worst.test_mse / self.result.yardsticks.mean
        if ratio > 1.02:
            mean = "does worse than predicting the mean"
        elif ratio > HOPELESS:
            mean = f"keeps {percent(ratio, 0)} of the error of predicting the mean"
        else:
            mean = f"leaves {percent(ratio, 0)} of the error of predicting the mean"
        how = "estimated at" if self._estimated else "known to be"
        return (
            f"The noise in the targets alone makes an error that is {how} {self.floor_mse}; "
            f"{NAMES[best.name]} {noise}, while {NAMES[worst.name]} {mean} ({self.mean_test})."
        )

    @property
    def errors(self) -> str:
        """The test errors of the three, best first, and their shares of the mean's."""
        best, *others = (
            f"{NAMES[model.name]} with {mse(model.test_mse)} ({self.of_mean(model.name)} of the "
            "error of predicting the mean)"
            if place == 0
            else f"{NAMES[model.name]} with {mse(model.test_mse)} ({self.of_mean(model.name)})"
            for place, model in enumerate(self._ranked)
        )
        return f"Best is {best}, followed by {listing(others)}."

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
    def schedule_remark(self) -> str:
        """How far the speed of convergence is the schedule's."""
        epochs = self.result.settings.schedule.epochs
        late = [
            NAMES[name]
            for name in ASKED
            if all(len(curve.validation) == epochs for curve in self._model(name).curves)
        ]
        above_all = ""
        if late:
            above_all = f", above all for {listing(late)}, which trained to the last epoch"
        return (
            f"As the step size falls to zero over {count(epochs)} epochs, these numbers partly "
            f"measure the schedule{above_all}."
        )

    @property
    def fast_for_nothing(self) -> str:
        """A remark if the network that converges first has nothing to converge to."""
        fastest = min(self._ranked, key=lambda model: model.epochs_to_converge)
        mean = self.result.yardsticks.mean_validation
        if not self._hopeless(fastest) or fastest.validation_mse <= HOPELESS * mean:
            return ""
        lowest = min(curve.best_validation for curve in fastest.curves)
        how = "never" if lowest >= mean else "hardly"
        return (
            f"That {NAMES[fastest.name]} comes first means little: its validation error {how} "
            "falls below that of predicting the mean. "
        )

    @property
    def decay_helps(self) -> str:
        """What stronger weight decay did for the padded network."""
        model = self._model("padded")
        same = [item for item in model.search if item.hidden_size == model.hidden_size]
        same.sort(key=lambda item: item.decay)
        weakest, strongest = same[0], same[-1]
        best = min(same, key=lambda item: item.validation_mse)
        if best == weakest:
            return "Stronger weight decay did not help."
        little = " a little" if weakest.validation_mse < 1.5 * best.validation_mse else ""
        harm = "" if best == strongest else ", and too much of it does harm"
        tried = [f"{mse(item.validation_mse)} at {significant(item.decay, 1)}" for item in same]
        return (
            f"Weight decay helps{little}{harm}: in the search with {count(model.hidden_size)} "
            f"units, the validation error was {listing(tried)}."
        )

    @property
    def front_parameters(self) -> str:
        """The front-padded network's parameters against those of the padded one."""
        padded, front = self._model("padded").parameters, self._model("padded_front").parameters
        return "just as many" if front == padded else f"{count(front)} instead of {count(padded)}"


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
