"""Train the networks of problem 2, choose their settings on validation data, test once."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from statistics import fmean

import numpy as np

from hw4.foundation.experiment import Outcome, Work
from hw4.foundation.threads import one_thread
from hw4.sequences import data, standin
from hw4.sequences.data import Sequences
from hw4.sequences.model import Network, PaddedNetwork, TruncatedNetwork, VanillaRNN
from hw4.sequences.result import (
    VARIANTS,
    Candidate,
    DataFacts,
    LengthError,
    ModelResult,
    Result,
    Schedule,
    SearchResult,
    Settings,
)
from hw4.sequences.training import Batch, Scale, predict, train
from hw4.sequences.yardsticks import measure


@dataclass(frozen=True)
class Task:
    """One training: networks of one kind and size, one for each seed with each weight decay."""

    variant: str
    hidden_size: int
    decays: tuple[float, ...]
    seeds: tuple[int, ...]
    validation_share: float
    split_seed: int
    schedule: Schedule


@dataclass(frozen=True)
class Problem:
    """The data as one variant of the network sees it.

    Attributes:
        steps: of the longest sequence as the network sees it.
        build: the networks for a hidden size and seeds.
    """

    training: Batch
    validation: Batch
    test: Batch
    scale: Scale
    steps: int
    build: Callable[[int, tuple[int, ...]], Network]


@one_thread()
def run(settings: Settings, work: Work) -> Outcome[Result]:
    """Search, train and test every variant."""
    learning, test = data.load(work.source)
    training, validation = data.split(learning, settings.validation_share, settings.seed)
    models, tensors = [], {}
    for variant in VARIANTS:
        problem = prepare(variant, training, validation, test, work.device)
        search = [
            candidate
            for hidden_size in settings.hidden_sizes
            for candidate in _search(variant, hidden_size, problem, settings, work)
        ]
        best = min(search, key=lambda candidate: candidate.validation_mse)
        final = _final(best, variant, problem, test, settings, work)
        models.append(replace(final.result, search=tuple(search)))
        tensors.update({f"{variant}.{name}": tensor for name, tensor in final.tensors.items()})
        work.say(f"{variant}: test MSE {final.result.test_mse:.2e}")
    known_floor = standin.NOISE_FLOOR if work.source.is_stand_in else None
    yardsticks = measure(training, validation, test, known_floor)
    facts = _facts(training, validation, test)
    return Outcome(Result(settings, facts, yardsticks, tuple(models)), tensors)


def prepare(
    variant: str, training: Sequences, validation: Sequences, test: Sequences, device: str
) -> Problem:
    """Cut or pad the sequences as `variant` has it, and say how its networks are built."""
    lengths = np.concatenate([part.lengths for part in (training, validation, test)])
    shortest, longest = int(lengths.min()), int(lengths.max())
    features = training.inputs[0].shape[1]
    padding, steps, cut = "end", longest, lambda sequences: sequences
    match variant:
        case "vanilla":

            def build(hidden_size: int, seeds: tuple[int, ...]) -> Network:
                return VanillaRNN(features, hidden_size, seeds)

        case "truncated" | "truncated_last":
            steps = shortest

            def cut(sequences: Sequences) -> Sequences:
                last = variant == "truncated_last"
                return sequences.last(steps) if last else sequences.first(steps)

            def build(hidden_size: int, seeds: tuple[int, ...]) -> Network:
                return TruncatedNetwork(features, hidden_size, steps, seeds)

        case "padded" | "padded_front":
            padding = "end" if variant == "padded" else "front"

            def build(hidden_size: int, seeds: tuple[int, ...]) -> Network:
                return PaddedNetwork(features, hidden_size, steps, seeds, padding)

        case _:
            raise ValueError(f"no variant of the network is called {variant!r}")
    scale = Scale.of(training)
    batches = (
        scale.batch(cut(part), steps, padding, device) for part in (training, validation, test)
    )
    return Problem(*batches, scale, steps, lambda *shape: build(*shape).to(device))


def _search(
    variant: str, hidden_size: int, problem: Problem, settings: Settings, work: Work
) -> tuple[Candidate, ...]:
    """Every weight decay with a few seeds, all side by side."""
    seeds = settings.network_seeds[: settings.search_seeds]
    task = _task(variant, hidden_size, settings.decays, seeds, settings)

    def compute() -> Outcome[SearchResult]:
        trained, _ = _train(task, problem, work, "search")
        errors = [curve.best_validation for curve in trained.curves]
        found = (
            Candidate(hidden_size, decay, fmean(errors[place : place + len(seeds)]))
            for place, decay in zip(range(0, len(errors), len(seeds)), settings.decays, strict=True)
        )
        return Outcome(SearchResult(tuple(found)))

    name = f"search {variant} {hidden_size}"
    return work.part(name, task, SearchResult, compute).result.candidates


def _final(
    best: Candidate,
    variant: str,
    problem: Problem,
    test: Sequences,
    settings: Settings,
    work: Work,
) -> Outcome[ModelResult]:
    """All seeds with the chosen setting; the only place where the test targets are looked at."""
    task = _task(variant, best.hidden_size, (best.decay,), settings.network_seeds, settings)

    def compute() -> Outcome[ModelResult]:
        trained, network = _train(task, problem, work, "final")
        predicted = predict(network, problem.test, problem.scale)
        squares = (predicted - test.targets) ** 2  # (seeds, sequences)
        result = ModelResult(
            name=variant,
            steps=problem.steps,
            search=(),
            hidden_size=best.hidden_size,
            decay=best.decay,
            parameters=network.parameters_of_one(),
            curves=trained.curves,
            test=tuple(squares.mean(axis=1).tolist()),
            by_length=_by_length(squares, test.lengths),
            seconds=trained.seconds,
        )
        weights = {name: tensor.cpu().numpy() for name, tensor in network.state_dict().items()}
        return Outcome(result, {**weights, "predicted": predicted})

    return work.part(f"final {variant}", task, ModelResult, compute)


def _task(
    variant: str,
    hidden_size: int,
    decays: tuple[float, ...],
    seeds: tuple[int, ...],
    settings: Settings,
) -> Task:
    schedule = replace(settings.schedule, order_seed=settings.seed)
    share, seed = settings.validation_share, settings.seed
    return Task(variant, hidden_size, decays, seeds, share, seed, schedule)


def _train(task: Task, problem: Problem, work: Work, stage: str):
    """The trained networks of `task`: all seeds with the first decay, then with the next."""
    network = problem.build(task.hidden_size, task.seeds * len(task.decays))
    decays = tuple(decay for decay in task.decays for _ in task.seeds)
    label = f"{task.variant}, {stage}, {len(decays)} networks with {task.hidden_size} units"
    with work.bar(task.schedule.epochs, label) as bar:

        def on_epoch(error: float) -> None:
            bar.update()
            bar.note(f"validation {error:.1e}")

        batches = (problem.training, problem.validation)
        trained = train(network, *batches, problem.scale, task.schedule, decays, on_epoch)
    return trained, network


def _by_length(squares: np.ndarray, lengths: np.ndarray) -> tuple[LengthError, ...]:
    return tuple(
        LengthError(int(length), int(there.sum()), float(squares[:, there].mean()))
        for length in np.unique(lengths)
        for there in [lengths == length]
    )


def _facts(training: Sequences, validation: Sequences, test: Sequences) -> DataFacts:
    parts = (training, validation, test)
    lengths = np.concatenate([part.lengths for part in parts])
    return DataFacts(
        *(len(part) for part in parts),
        features=training.inputs[0].shape[1],
        shortest=int(lengths.min()),
        longest=int(lengths.max()),
        mean_length=float(training.lengths.mean()),
        target_mean=float(training.targets.mean()),
        target_variance=float(training.targets.var()),
    )
