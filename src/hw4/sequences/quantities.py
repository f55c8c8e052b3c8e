"""Numbers of problem 2 as text, for the prose."""

from dataclasses import dataclass
from statistics import fmean

from hw4.foundation.words import (
    count,
    count_word,
    duration,
    listing,
    number,
    percent,
    scientific,
    significant,
    times,
)
from hw4.sequences.drawing import floor_of
from hw4.sequences.result import ASKED, LengthError, LinearFit, ModelResult, Result


@dataclass(frozen=True)
class Quantities:
    """Numbers as the prose quotes them, plain text; `name` is that of a network."""

    result: Result

    def test(self, name: str) -> str:
        """Test error, mean over the seeds."""
        return mse(self._model(name).test_mse)

    def train(self, name: str) -> str:
        """Training error of the weights that were kept."""
        return mse(self._model(name).train_mse)

    def validation(self, name: str) -> str:
        """Validation error of the weights that were kept."""
        return mse(self._model(name).validation_mse)

    def over(self, name: str) -> str:
        """Validation error over training error."""
        return significant(self._model(name).overfitting, 2)

    def of_mean(self, name: str) -> str:
        """Test error as a share of that of predicting the mean."""
        return percent(self._model(name).test_mse / self.result.yardsticks.mean)

    def parameters(self, name: str) -> str:
        """Number of trained parameters."""
        return count(self._model(name).parameters)

    def ended(self, name: str) -> str:
        """Epochs until training ended, and the best one."""
        model = self._model(name)
        best = fmean(curve.best_epoch for curve in model.curves)
        return f"after {number(model.epochs, 0)} (best at {number(best, 0)})"

    def converged(self, name: str) -> str:
        """Epochs and seconds to within 10 % of the best validation error."""
        model = self._model(name)
        epochs = number(model.epochs_to_converge, 0)
        seconds = model.seconds_to_converge
        time = duration(seconds) if seconds >= 0.1 else "less than 0.1 s"
        return f"{epochs} {'epoch' if epochs == '1' else 'epochs'} ({time})"

    def to_half(self, name: str) -> str:
        """Epochs to half the validation error of predicting the mean."""
        goal = self.result.yardsticks.mean_validation / 2
        reached = [
            next((epoch for epoch, error in enumerate(curve.validation, 1) if error < goal), None)
            for curve in self._model(name).curves
        ]
        missed = reached.count(None)
        if missed:
            return "never" if missed == len(reached) else f"not for {count_word(missed)} seeds"
        epochs = fmean(reached)
        return f"after {number(epochs, 0)} {'epoch' if round(epochs) == 1 else 'epochs'}"

    def explained(self, steps: int) -> str:
        """Share of the test targets' variance that a linear model on the last steps explains."""
        return percent(1 - self._linear(steps).test_mse / self.result.yardsticks.mean, 0)

    @property
    def explained_first(self) -> str:
        """The same for the first L steps."""
        measured = self.result.yardsticks
        return percent(1 - measured.first_steps / measured.mean)

    @property
    def informed(self) -> str:
        """What is left of the mean's error for one who knows the process and the first L steps."""
        measured = self.result.yardsticks
        return percent(measured.first_steps_informed / measured.mean)

    @property
    def hidden_sizes(self) -> str:
        return listing([count(size) for size in self.result.settings.hidden_sizes], "or")

    @property
    def decays(self) -> str:
        return listing([significant(decay, 1) for decay in self.result.settings.decays], "or")

    @property
    def seeds(self) -> str:
        return count_word(len(self.result.settings.network_seeds))

    @property
    def search_seeds(self) -> str:
        seeds = self.result.settings.search_seeds
        return "one seed" if seeds == 1 else f"{count_word(seeds)} seeds"

    @property
    def validation_share(self) -> str:
        return percent(self.result.settings.validation_share, 0)

    @property
    def kept(self) -> str:
        """Share of all steps within the first L."""
        return percent(self.result.facts.shortest / self.result.facts.mean_length, 0)

    @property
    def lost(self) -> str:
        """Share of all steps behind the first L."""
        return percent(1 - self.result.facts.shortest / self.result.facts.mean_length, 0)

    @property
    def wasted(self) -> str:
        """Share of padding when all sequences are as long as the longest."""
        return percent(1 - self.result.facts.mean_length / self.result.facts.longest, 0)

    @property
    def whole(self) -> str:
        """Share of the test sequences that truncation leaves whole."""
        lengths = self._model("truncated").by_length
        whole = sum(item.sequences for item in lengths if item.length == self.result.facts.shortest)
        return percent(whole / sum(item.sequences for item in lengths), 0)

    @property
    def at_length(self) -> str:
        """Fewest and most test sequences of one length."""
        counts = [item.sequences for item in self._model("vanilla").by_length]
        return f"{min(counts)} to {max(counts)}"

    @property
    def positions(self) -> int:
        """Number of different positions at which a sequence can end."""
        return self.result.facts.longest - self.result.facts.shortest + 1

    @property
    def for_each(self) -> int:
        """Training sequences that end at one position, on average."""
        return round(self.result.facts.training / self.positions)

    @property
    def middle(self) -> int:
        """The length that tells short sequences from long ones."""
        return (self.result.facts.shortest + self.result.facts.longest) // 2

    def short_and_long(self, name: str) -> str:
        """Test error on sequences up to the middle length, and on longer ones."""
        return " and ".join(mse(_mean_error(half)) for half in self._halves(name))

    def _short_to_long(self, name: str) -> float:
        short, long = map(_mean_error, self._halves(name))
        return short / long

    def _halves(self, name: str) -> tuple[list[LengthError], list[LengthError]]:
        """The test sequences up to the middle length, and the longer ones."""
        lengths = self._model(name).by_length
        return (
            [item for item in lengths if item.length <= self.middle],
            [item for item in lengths if item.length > self.middle],
        )

    @property
    def mean_test(self) -> str:
        return mse(self.result.yardsticks.mean)

    @property
    def mean_over(self) -> str:
        """Validation over training error of predicting the mean."""
        return number(self.result.yardsticks.mean_validation / self.result.facts.target_variance, 2)

    @property
    def floor_mse(self) -> str:
        return mse(floor_of(self.result))

    @property
    def spread(self) -> str:
        """The largest standard deviation over the seeds."""
        return mse(max(model.test_mse_std for model in self._ranked))

    @property
    def epoch_ratio(self) -> str:
        """Time of an epoch, padded over vanilla."""
        padded, vanilla = (
            model.seconds / max(len(curve.validation) for curve in model.curves)
            for model in map(self._model, ("padded", "vanilla"))
        )
        return times(padded / vanilla)

    def _model(self, name: str) -> ModelResult:
        return self.result.model(name)

    def _linear(self, steps: int) -> LinearFit:
        return next(fit for fit in self.result.yardsticks.linear if fit.steps == steps)

    @property
    def _ranked(self) -> list[ModelResult]:
        """The three networks of the sheet, best first."""
        return sorted(map(self._model, ASKED), key=lambda model: model.test_mse)


def mse(value: float) -> str:
    """An error as prose has it."""
    return scientific(value, 1)


def _mean_error(lengths: list[LengthError]) -> float:
    """Mean over the sequences of all these lengths."""
    return sum(item.mse * item.sequences for item in lengths) / sum(
        item.sequences for item in lengths
    )
