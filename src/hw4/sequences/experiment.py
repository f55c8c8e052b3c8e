"""Train the networks of problem 2, choose their settings on validation data, test once."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch

from hw4.foundation.compute import threads
from hw4.foundation.experiment import Outcome, Work
from hw4.foundation.scores import UNKNOWN, Difference, compare_errors, compare_groups
from hw4.foundation.work import Sealed, Selection
from hw4.sequences import baselines, data, standin
from hw4.sequences.data import Sequences
from hw4.sequences.model import Network, PaddedNetwork, TruncatedNetwork, VanillaRNN
from hw4.sequences.result import NETWORKS, DataFacts, Result, Settings
from hw4.sequences.trained import Trained, Tried
from hw4.sequences.training import Batch, Run, View, train

Build = Callable[..., Network]
"""Networks of a hidden size, one for each of `seeds`."""


@dataclass(frozen=True)
class Fitted:
    """Trained networks of one kind, one for each seed, with what they need to predict."""

    trained: Trained
    network: Network
    view: View


def _arrays(network: Network) -> dict[str, np.ndarray]:
    return {name: tensor.cpu().numpy() for name, tensor in network.state_dict().items()}


@threads(1)  # networks this small would only wait for each other
def run(settings: Settings, work: Work) -> Outcome[Result]:
    """Search and train on training and validation sequences, write the choice down, then test."""
    learning, test_set, known_floor = _load(work)
    training, validation = data.split(learning, settings.validation_share, settings.seed)
    networks = {
        name: Trainer(name, (training, validation), settings, work).fit() for name in NETWORKS
    }
    fitted = baselines.Fitted(training, validation, learning.shortest)
    selection = _select(networks, work)

    test, predictions = evaluate(networks, selection, test_set, work.device)
    errors = {name: (each - test.targets) ** 2 for name, each in predictions.items()}
    facts = DataFacts.of(learning, training, validation, test)
    result = Result(
        settings=settings,
        data=facts,
        baselines=fitted.test(test, known_floor),
        models=_tested(networks, errors, test.lengths, facts.middle),
        last_steps_minus_linear=_minus_linear(errors, fitted, facts.shortest, test),
        selection=selection,
    )
    tensors = {f"{name}.predicted": each for name, each in predictions.items()}
    for name, each in networks.items():
        tensors |= {f"{name}.{weight}": array for weight, array in _arrays(each.network).items()}
    return Outcome(result, tensors)


def evaluate(
    networks: dict[str, Fitted], selection: Selection, test_set: Sealed[Sequences], device: str
) -> tuple[Sequences, dict[str, np.ndarray]]:
    """The test sequences, and each network's predictions for them: (seeds, sequences)."""
    test = test_set.open(selection)  # once, and only after the selection is written down
    return test, {
        name: each.view.predict(each.network, test, device) for name, each in networks.items()
    }


def _load(work: Work) -> tuple[Sequences, Sealed[Sequences], float | None]:
    """What there is to learn from, the sealed test set, and the noise where it is known."""
    if work.source.is_stand_in:
        learning, test = standin.make()
        return Sequences(*learning), work.seal(lambda: Sequences(*test)), standin.NOISE_FLOOR
    learning = data.load(work.source, "train")
    return learning, work.seal(lambda: data.load(work.source, "test")), None


def kind_of(name: str, training: Sequences, validation: Sequences) -> tuple[View, Build]:
    """How the network called `name` sees sequences, and how it is built.

    The vanilla RNN takes any length. The others have a number of steps, by the sequences to learn
    from; a test sequence with fewer is filled up with zeros, one with more is cut.
    """
    shortest = min(training.shortest, validation.shortest)
    longest = max(training.longest, validation.longest)
    truncated = partial(TruncatedNetwork, training.features, steps=shortest)
    padded = partial(PaddedNetwork, training.features, steps=longest)
    steps, padding, build = {
        "vanilla": (None, "end", partial(VanillaRNN, training.features)),
        "truncated": (shortest, "end", truncated),
        "truncated_last": (shortest, "front", truncated),
        "padded": (longest, "end", padded),
        "padded_front": (longest, "front", partial(padded, padding="front")),
    }[name]
    targets = training.targets
    return View(steps, padding, float(targets.mean()), float(targets.std())), build


class Trainer:
    """Searches a setting for one kind of network, and trains all seeds with it.

    Args:
        parts: training and validation sequences, those to learn from.
    """

    def __init__(
        self, name: str, parts: tuple[Sequences, Sequences], settings: Settings, work: Work
    ) -> None:
        self.name, self.settings, self.work = name, settings, work
        self.view, self.build = kind_of(name, *parts)
        self.batches: list[Batch] = [self.view.batch(part, work.device) for part in parts]
        self.config = replace(settings.schedule, order_seed=settings.seed)

    def fit(self) -> Fitted:
        """All seeds with the best setting, and the weights of each one's best epoch."""
        best, search = self.search()
        seeds = self.settings.network_seeds
        outcome = self.train("final", best.hidden_size, (best.decay,), seeds)
        network = self.build(best.hidden_size, seeds=seeds).to(self.work.device)
        weights = outcome.tensors.items()
        network.load_state_dict({name: torch.as_tensor(array) for name, array in weights})
        trained = Trained(
            name=self.name,
            hidden_size=best.hidden_size,
            weight_decay=best.decay,
            parameters=network.parameters_of_one(),
            config=self.config,
            curves=outcome.result.curves,
            seconds=outcome.result.seconds,
            search=search,
        )
        self.work.say(f"{self.name}: validation MSE {trained.validation_mse:.2e}")
        return Fitted(trained, network, self.view)

    def search(self) -> tuple[Tried, tuple[Tried, ...]]:
        """Try what is next to a setting, and move on while something there is clearly better.

        Returns:
            the setting that nothing next to it clearly betters, and all that were tried.
        """
        sizes, decays = self.settings.hidden_sizes, self.settings.decays
        few = self.settings.network_seeds[: self.settings.search_seeds]
        tried: dict[tuple[int, float], Tried] = {}
        row, column = len(sizes) // 2, len(decays) // 2
        while True:
            for size in sizes[max(row - 1, 0) : row + 2]:
                near = decays[max(column - 1, 0) : column + 2]
                new = tuple(decay for decay in near if (size, decay) not in tried)
                if new:
                    run = self.train("search", size, new, few).result
                    lowest = np.array([min(curve.validation) for curve in run.curves])
                    means = lowest.reshape(len(new), len(few)).mean(axis=1).tolist()
                    for decay, error in zip(new, means, strict=True):
                        tried[size, decay] = Tried(size, decay, error)
            here = tried[sizes[row], decays[column]]
            best = min(tried.values(), key=lambda each: each.validation_mse)
            if best.validation_mse >= (1 - self.settings.clear_gain) * here.validation_mse:
                return here, tuple(tried[each] for each in sorted(tried))
            row, column = sizes.index(best.hidden_size), decays.index(best.decay)

    def train(
        self, stage: str, hidden_size: int, decays: tuple[float, ...], seeds: tuple[int, ...]
    ) -> Outcome[Run]:
        """A network for each decay and seed, side by side; stored under all it depends on."""
        split = self.settings.validation_share, self.settings.seed

        def compute() -> Outcome[Run]:
            network = self.build(hidden_size, seeds=seeds * len(decays)).to(self.work.device)
            each = tuple(decay for decay in decays for _ in seeds)
            label = f"{self.name}, {stage}, {len(each)} networks with {hidden_size} units"
            with self.work.bar(self.config.epochs, label) as bar:

                def on_epoch(error: float) -> None:
                    bar.update()
                    bar.note(f"validation {error:.1e}")

                run = train(network, *self.batches, self.config, each, on_epoch)
            return Outcome(run, _arrays(network))

        task = (hidden_size, decays, seeds, split, self.config)
        return self.work.part(f"{stage} {self.name}", task, Run, compute)


def _select(networks: dict[str, Fitted], work: Work) -> Selection:
    """Write down what validation chose for every network: setting and epoch of each seed."""
    choice = {
        name: {
            "hidden_size": each.trained.hidden_size,
            "weight_decay": each.trained.weight_decay,
            "epochs": [curve.best_epoch for curve in each.trained.curves],
            "validation_mse": each.trained.validation_mse,
        }
        for name, each in networks.items()
    }
    lowest = min(each["validation_mse"] for each in choice.values())
    return work.select(choice, lowest, "mean squared error")


def _tested(
    networks: dict[str, Fitted], errors: dict[str, np.ndarray], lengths: np.ndarray, middle: int
) -> dict[str, Trained]:
    """The networks with what the test set says of them; `errors` are squared (seeds, sequences)."""
    by_sequence = {name: each.mean(axis=0) for name, each in errors.items()}  # (sequences,)
    tested = {}
    for name, each in by_sequence.items():
        by_length = {int(length): each[lengths == length].mean() for length in np.unique(lengths)}
        tested[name] = replace(
            networks[name].trained,
            test_mse_by_seed=tuple(errors[name].mean(axis=1).tolist()),
            test_mse_by_length={length: float(error) for length, error in by_length.items()},
            test_minus_vanilla=compare_errors(each, by_sequence["vanilla"]),
            short_minus_long=compare_groups(each[lengths <= middle], each[lengths > middle]),
        )
    return tested


def _minus_linear(
    errors: dict[str, np.ndarray], fitted: baselines.Fitted, steps: int, test: Sequences
) -> Difference:
    """Errors of the network on the last `steps` minus those of the linear model on the same."""
    if steps not in fitted.linear:
        return UNKNOWN
    linear = (fitted.linear[steps].predict(test) - test.targets) ** 2
    return compare_errors(errors["truncated_last"].mean(axis=0), linear)
