"""Q4: the grid search, judged on the validation tweets, until its best setting lies inside."""

from collections.abc import Collection
from dataclasses import dataclass

from hw4.foundation.experiment import Outcome
from hw4.foundation.scores import f1_macro
from hw4.tweets.arguments import TrainConfig
from hw4.tweets.development import Development, Training, train_heads
from hw4.tweets.grid import Grid, neighbors

HALF = 0.5


@dataclass(frozen=True)
class Tried:
    """A setting of the search with its probabilities of class 1 for training and validation."""

    config: TrainConfig
    run: Outcome[Training]
    validation_f1_macro: float


def search(dev: Development, grid: Grid) -> list[Tried]:
    """Train every setting on the training tweets, and judge it on the validation tweets.

    Then the settings next to the best one of each loss, until none of them is better: so the best
    lies inside of what was tried, and not at its edge.
    """
    tried: dict[TrainConfig, Tried] = {}
    wanted = list(grid.configs(dev.settings.common))
    while wanted:
        runs = train_heads(dev, [(config, 0) for config in wanted])  # fold 0: validation tweets
        for config, run in zip(wanted, runs, strict=True):
            predictions = run.tensors["probabilities"][dev.validation] > HALF
            f1 = f1_macro(dev.targets[dev.validation], predictions)
            tried[config] = Tried(config, run, f1)
        leaders = [best(tried.values(), weighting) for weighting in grid.class_weightings]
        near = {config: None for one in leaders for config in neighbors(one.config)}
        wanted = [config for config in near if config not in tried]
    return list(tried.values())


def best(tried: Collection[Tried], *weightings: str) -> Tried:
    """The best on the validation tweets with one of these losses; the first of equals."""
    allowed = [one for one in tried if one.config.class_weighting in weightings]
    return max(allowed, key=lambda one: one.validation_f1_macro)
