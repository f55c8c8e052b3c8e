"""Train the networks of problem 2, choose their settings on validation data, test once."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from statistics import fmean

import numpy as np
import torch

from hw4.foundation.compute import threads
from hw4.foundation.experiment import Outcome, Work
from hw4.foundation.scores import Difference, compare_errors, compare_groups
from hw4.foundation.work import Sealed, Selection
from hw4.sequences import baselines, data, standin
from hw4.sequences.data import Sequences
from hw4.sequences.model import Network, PaddedNetwork, TruncatedNetwork, VanillaRNN
from hw4.sequences.result import NETWORKS, DataFacts, Result, Settings
from hw4.sequences.trained import Candidate, LengthError, ModelResult, TrainConfig, Trained
from hw4.sequences.training import Batch, Scale, predict, train


@dataclass(frozen=True)
class View:
    """How one kind of network sees sequences, and how it is built.

    Attributes:
        cut: to the steps that it sees, `steps` at most.
        padding: where a sequence with fewer is filled up, at the `end` or in `front`.
        build: the networks of a hidden size, one for each seed.
    """

    steps: int
    cut: Callable[[Sequences], Sequences]
    padding: str
    build: Callable[[int, tuple[int, ...]], Network]


@dataclass(frozen=True)
class Task:
    """One training, and all it depends on: a network for each seed with each weight decay."""

    name: str
    hidden_size: int
    decays: tuple[float, ...]
    seeds: tuple[int, ...]
    validation_share: float
    split_seed: int
    config: TrainConfig


@dataclass(frozen=True)
class Fitted:
    """Trained networks of one kind, one for each seed, with what they need to predict."""

    trained: Trained
    search: tuple[Candidate, ...]
    network: Network
    view: View
    scale: Scale

    def predict(self, sequences: Sequences, device: str) -> np.ndarray:
        """`(seeds, sequences)`, in the units of the targets."""
        seen = self.view.cut(sequences)
        return predict(
            self.network,
            self.scale.batch(seen, self.view.steps, self.view.padding, device),
            self.scale,
        )


@threads(1)  # networks this small would only wait for each other
def run(settings: Settings, work: Work) -> Outcome[Result]:
    """Search and train on training and validation sequences, write the choice down, then test."""
    learning, test_set, known_floor = _load(work)
    training, validation = data.split(learning, settings.validation_share, settings.seed)
    facts = DataFacts.of(training, validation)
    models = {name: _fit(name, training, validation, facts, settings, work) for name in NETWORKS}
    linear = baselines.fit(training, validation, facts.shortest, known_floor)
    selection = _select(models, work)
    test, predictions = evaluate(models, selection, test_set, work.device)
    return _outcome(settings, facts, models, linear, selection, test, predictions)


def evaluate(
    models: dict[str, Fitted], selection: Selection, test_set: Sealed[Sequences], device: str
) -> tuple[Sequences, dict[str, np.ndarray]]:
    """The test sequences, and each network's predictions for them: (seeds, sequences)."""
    test = test_set.open(selection)  # once, and only after the selection is written down
    return test, {name: model.predict(test, device) for name, model in models.items()}


def view(name: str, facts: DataFacts) -> View:
    """What the network called `name` sees; the lengths are those of the sequences to learn from.

    A test sequence with fewer steps is filled up with zeros, one with more is cut.
    """
    features, shortest, longest = facts.features, facts.shortest, facts.longest
    match name:
        case "vanilla":  # any length; zeros only fill the batch and are never read
            return View(
                longest,
                lambda sequences: sequences,
                "end",
                lambda size, seeds: VanillaRNN(features, size, seeds),
            )
        case "truncated" | "truncated_last":
            front = name == "truncated_last"
            return View(
                shortest,
                lambda sequences: sequences.last(shortest) if front else sequences.first(shortest),
                "front" if front else "end",
                lambda size, seeds: TruncatedNetwork(features, size, shortest, seeds),
            )
        case "padded" | "padded_front":
            front = name == "padded_front"
            padding = "front" if front else "end"
            return View(
                longest,
                lambda sequences: sequences.last(longest) if front else sequences.first(longest),
                padding,
                lambda size, seeds: PaddedNetwork(features, size, longest, seeds, padding),
            )
        case _:
            raise ValueError(f"no network is called {name!r}")


def _load(work: Work) -> tuple[Sequences, Sealed[Sequences], float | None]:
    """What there is to learn from, the sealed test set, and the noise where it is known."""
    if work.source.is_stand_in:
        learning, test = standin.make()
        return Sequences(*learning), work.seal(lambda: Sequences(*test)), standin.NOISE_FLOOR
    learning = data.load(work.source, "train")
    return learning, work.seal(lambda: data.load(work.source, "test")), None


def _fit(
    name: str,
    training: Sequences,
    validation: Sequences,
    facts: DataFacts,
    settings: Settings,
    work: Work,
) -> Fitted:
    """Search hidden size and weight decay, then train all seeds with the best of them."""
    seen, scale = view(name, facts), Scale.of(training)
    batches = [
        scale.batch(seen.cut(part), seen.steps, seen.padding, work.device)
        for part in (training, validation)
    ]

    def task(hidden_size: int, decays: tuple[float, ...], seeds: tuple[int, ...]) -> Task:
        config = replace(settings.schedule, order_seed=settings.seed)
        share, seed = settings.validation_share, settings.seed
        return Task(name, hidden_size, decays, seeds, share, seed, config)

    few = settings.network_seeds[: settings.search_seeds]
    tasks = [task(size, settings.decays, few) for size in settings.hidden_sizes]
    search = [each for one in tasks for each in _search(one, seen, batches, scale, work)]
    best = min(search, key=lambda candidate: candidate.validation_mse)
    chosen = task(best.hidden_size, (best.decay,), settings.network_seeds)
    outcome = _final(chosen, seen, batches, scale, work)
    network = seen.build(chosen.hidden_size, chosen.seeds).to(work.device)
    weights = outcome.tensors.items()
    network.load_state_dict({weight: torch.as_tensor(array) for weight, array in weights})
    work.say(f"{name}: validation MSE {outcome.result.validation_mse:.2e}")
    return Fitted(outcome.result, tuple(search), network, seen, scale)


@dataclass(frozen=True)
class SearchResult:
    """The candidates of one hidden size."""

    candidates: tuple[Candidate, ...]


def _search(
    task: Task, seen: View, batches: list[Batch], scale: Scale, work: Work
) -> tuple[Candidate, ...]:
    """Every weight decay with a few seeds, all side by side."""

    def compute() -> Outcome[SearchResult]:
        trained, _ = _train(task, seen, batches, scale, work, "search")
        lowest = np.array([curve.best_validation for curve in trained.curves])
        lowest = lowest.reshape(len(task.decays), len(task.seeds))  # (decays, seeds)
        means = zip(task.decays, map(fmean, lowest.tolist()), strict=True)
        return Outcome(SearchResult(tuple(Candidate(task.hidden_size, *each) for each in means)))

    part = f"search {task.name} {task.hidden_size}"
    return work.part(part, task, SearchResult, compute).result.candidates


def _final(
    task: Task, seen: View, batches: list[Batch], scale: Scale, work: Work
) -> Outcome[Trained]:
    """All seeds with the chosen setting, and the weights of each one's best epoch."""

    def compute() -> Outcome[Trained]:
        trained, network = _train(task, seen, batches, scale, work, "final")
        weights = network.state_dict().items()
        return Outcome(trained, {name: tensor.cpu().numpy() for name, tensor in weights})

    return work.part(f"final {task.name}", task, Trained, compute)


def _train(
    task: Task, seen: View, batches: list[Batch], scale: Scale, work: Work, stage: str
) -> tuple[Trained, Network]:
    """The networks of `task`: all seeds with the first decay, then with the next."""
    network = seen.build(task.hidden_size, task.seeds * len(task.decays)).to(work.device)
    decays = tuple(decay for decay in task.decays for _ in task.seeds)
    label = f"{task.name}, {stage}, {len(decays)} networks with {task.hidden_size} units"
    unit = scale.std**2  # errors from scaled units to those of the targets
    with work.bar(task.config.epochs, label) as bar:

        def on_epoch(error: float) -> None:
            bar.update()
            bar.note(f"validation {unit * error:.1e}")

        curves, seconds = train(network, *batches, task.config, decays, on_epoch)
    return Trained(
        name=task.name,
        steps=seen.steps,
        hidden_size=task.hidden_size,
        decay=decays[0],
        parameters=network.parameters_of_one(),
        config=task.config,
        curves=tuple(curve.times(unit) for curve in curves),
        seconds=seconds,
    ), network


def _select(fitted: dict[str, Fitted], work: Work) -> Selection:
    """Write down what validation chose for every network: setting and epoch of each seed."""
    choice = {
        name: {
            "hidden_size": one.trained.hidden_size,
            "weight_decay": one.trained.decay,
            "epochs": [curve.best_epoch for curve in one.trained.curves],
            "validation_mse": one.trained.validation_mse,
        }
        for name, one in fitted.items()
    }
    lowest = min(each["validation_mse"] for each in choice.values())
    return work.select(choice, lowest, "mean squared error")


def _outcome(
    settings: Settings,
    facts: DataFacts,
    models: dict[str, Fitted],
    linear: baselines.Fitted,
    selection: Selection,
    test: Sequences,
    predictions: dict[str, np.ndarray],
) -> Outcome[Result]:
    """What the report tells, and the weights and predictions beside it."""
    errors = {name: (each - test.targets) ** 2 for name, each in predictions.items()}
    result = Result(
        settings=settings,
        data=facts.with_test(test),
        baselines=linear.test(test),
        models={
            name: _tested(model, errors[name], errors["vanilla"], test.lengths, facts.middle)
            for name, model in models.items()
        },
        last_steps_minus_linear=_against_linear(errors["truncated_last"], linear, test, facts),
        selection=selection,
    )
    tensors = {f"{name}.predicted": each for name, each in predictions.items()}
    for name, model in models.items():
        weights = model.network.state_dict().items()
        tensors |= {f"{name}.{weight}": tensor.cpu().numpy() for weight, tensor in weights}
    return Outcome(result, tensors)


def _tested(
    one: Fitted, errors: np.ndarray, vanilla: np.ndarray, lengths: np.ndarray, middle: int
) -> ModelResult:
    """What the test set says of a network.

    Args:
        errors, vanilla: squared errors of this network and of the vanilla RNN `(seeds, sequences)`.
        middle: sequences of up to so many steps are short.
    """
    mean = errors.mean(axis=0)  # (sequences,)
    short, long = mean[lengths <= middle], mean[lengths > middle]
    return ModelResult(
        **vars(one.trained),
        search=one.search,
        test=tuple(errors.mean(axis=1).tolist()),
        by_length=tuple(
            LengthError(int(length), int(chosen.sum()), float(mean[chosen].mean()))
            for length in np.unique(lengths)
            for chosen in [lengths == length]
        ),
        minus_vanilla=compare_errors(mean, vanilla.mean(axis=0)),
        short_mse=float(short.mean()) if len(short) else math.nan,
        long_mse=float(long.mean()) if len(long) else math.nan,
        short_minus_long=compare_groups(short, long),
    )


def _against_linear(
    errors: np.ndarray, linear: baselines.Fitted, test: Sequences, facts: DataFacts
) -> Difference:
    """The network on the last L steps minus the linear model on the same; NaN if there is none."""
    if facts.shortest not in linear.linear:
        return Difference(math.nan, math.nan, math.nan)
    predictions = linear.predict_linear(test, facts.shortest)
    return compare_errors(errors.mean(axis=0), (predictions - test.targets) ** 2)
