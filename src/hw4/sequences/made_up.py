"""Results of problem 2 that nobody computed, for tests of what is written about them."""

from dataclasses import replace

from hw4.foundation.scores import Difference
from hw4.foundation.work import Selection
from hw4.sequences.baselines import Baselines, LinearFit
from hw4.sequences.result import ASKED, DataFacts, Result, Settings
from hw4.sequences.trained import Curve, Trained, Tried

MEAN, FLOOR = 9e-3, 9e-5


def model(name, test, train=None, epochs=12, settings=None):
    """A trained network with this test error."""
    settings = settings or Settings()
    validation = (*(test * (1 + 2 / (n + 1)) for n in range(epochs)), test, test * 1.1)
    training = tuple((train or test) * (1 + 3 / (n + 1)) for n in range(epochs + 2))
    sizes, decays = (
        settings.hidden_sizes[2:4] or settings.hidden_sizes,
        settings.decays[2:6] or settings.decays,
    )
    seeds = len(settings.network_seeds)
    return Trained(
        name=name,
        hidden_size=sizes[-1],
        weight_decay=decays[1],
        parameters=1409,
        config=settings.schedule,
        curves=(Curve(training, validation),) * seeds,
        seconds=4.0,
        search=tuple(
            Tried(size, decay, test * (1 + abs(decay - decays[1])))
            for size in sizes
            for decay in decays
        ),
        test_mse_by_seed=(test, *[test * 1.01, test * 0.99, test, test][: seeds - 1]),
        test_mse_by_length=dict.fromkeys(range(5, 21), test),
        test_minus_vanilla=Difference(test - 1e-4, 1e-5, 0.5),
        short_minus_long=Difference(0.0, 1e-5, 0.9),
    )


def result(vanilla=1e-4, truncated=8.9e-3, padded=2e-3, known=None, train=None, settings=None):
    """A result with these test errors of the three networks."""
    settings = settings or Settings()
    linear = {
        k: LinearFit(
            steps=k,
            weights=10 * k + 1,
            train_mse=FLOOR + MEAN / 4**k,
            validation_mse=FLOOR + MEAN / 4**k,
            test_mse=FLOOR + MEAN / 4**k,
            noise=FLOOR * (1 + 1 / k),
        )
        for k in range(1, 11)
    }
    errors = {"vanilla": vanilla, "truncated": truncated, "padded": padded}
    errors |= {"truncated_last": 1.2e-4, "padded_front": 1.3e-4}
    fitted = {"vanilla": train, "padded": 4e-5}
    return Result(
        settings,
        DataFacts(510, 90, 10, 5, 20, 12, 12.4, 0.1, 0.011, 200, 0, 0, 0.03, 6, 21),
        Baselines(MEAN, 8e-3, linear, 8, 8.9e-3, 8.8e-3, FLOOR, 9, 6e-6, known),
        {
            name: model(name, error, fitted.get(name), settings=settings)
            for name, error in errors.items()
        },
        Difference(1e-6, 1e-5, 0.9),
        Selection({name: {} for name in ASKED}, 1e-4, "mean squared error", "2025-10-09T12:00:00"),
    )


def made_up():
    """Results of all kinds, by what is special about them."""
    full = result()
    few = {1: full.baselines.linear[1]}
    return {
        "as on the course's data": full,
        "known noise": result(known=1e-4),
        "nothing learned": result(vanilla=MEAN, truncated=MEAN * 1.2, padded=MEAN),
        "another order": result(vanilla=3e-3, truncated=1e-3, padded=2e-3),
        "as good as the noise": result(vanilla=FLOOR),
        "all overfit": result(vanilla=2e-4, truncated=3e-4, padded=1e-3, train=1e-4),
        "quick": result(settings=Settings.quick()),
        "one seed": result(settings=replace(Settings.quick(), network_seeds=(0,))),
        "few sequences": replace(full, baselines=replace(full.baselines, linear=few, chosen=1)),
        "no noise": replace(full, baselines=replace(full.baselines, noise_floor=0.0)),
        "test set of other lengths": replace(
            full, data=replace(full.data, test_shorter=2, test_longer=3)
        ),
    }
