"""Q4: the grid search, on stored features."""

from collections.abc import Callable

from hw4.foundation.experiment import Outcome
from hw4.tweets.features import Features
from hw4.tweets.finetune import load_pretrained
from hw4.tweets.heads import HeadData, run_trials
from hw4.tweets.model import Head
from hw4.tweets.ready import Ready
from hw4.tweets.records import Trial
from hw4.tweets.result import Grid


class _NotStored(Exception):
    """Raised where a stored part was hoped for."""


def search(ready: Ready, grid: Grid, features: Features) -> list[Trial]:
    """All trials of `grid`, in its order.

    Those that are not stored yet run through joblib, side by side, and are stored one by one, so
    that a build that is stopped goes on where it was.
    """
    lines = list(grid.arguments())
    trials: dict[int, Trial] = {}
    for number, line in enumerate(lines):
        try:
            trials[number] = _stored(ready, line, _hoped_for)
        except _NotStored:
            continue
    missing = [number for number in range(len(lines)) if number not in trials]
    if missing:
        many = [ready.arguments(lines[number]) for number in missing]
        head = Head(load_pretrained(ready.folder, many[0]))
        pooled = features.pooled(grid.pooling)
        data = HeadData(
            pooled[ready.train],
            ready.labels[ready.train],
            pooled[ready.validation],
            ready.labels[ready.validation],
        )
        label = f"{len(missing)} heads on stored features ({grid.pooling})"
        with ready.work.bar(len(missing), label) as bar:
            ran = run_trials(many, head, data, ready.settings.jobs)
            for number, trial in zip(missing, ran, strict=True):
                trials[number] = _stored(ready, lines[number], lambda trial=trial: Outcome(trial))
                bar.note(f"F1-macro {trial.validation_f1_macro:.3f}")
                bar.update(1)
    return [trials[number] for number in range(len(lines))]


def best(trials: list[Trial]) -> Trial:
    """The best on the validation tweets; the first of equals."""
    return max(trials, key=lambda trial: trial.validation_f1_macro)


def _stored(ready: Ready, line: list[str], compute: Callable[[], Outcome[Trial]]) -> Trial:
    settings = (ready.common, line)
    return ready.work.part(f"trial {' '.join(line)}", settings, Trial, compute).result


def _hoped_for() -> Outcome[Trial]:
    raise _NotStored
