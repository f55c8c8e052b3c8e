"""One training epoch of the vanilla RNN by hand, against torch.nn.RNN and against plain loops.

All on one core: products this small are not faster on more, and the ratios are steadier.
"""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence

from benchmarks.harness import Row, at_least, at_most, side_by_side
from hw4.sequences.model import PaddedNetwork, TruncatedNetwork, VanillaRNN

FEATURES, SEQUENCES, BATCH = 10, 640, 64
HIDDEN_SIZES = (32, 128, 512)
LENGTHS = (20, 200)
REPEATS, QUICK = 5, 3_000
"""Repeats of an epoch; four times as many where steps × units are fewer than `QUICK`."""


class LibraryRNN(nn.Module):
    """What a user would take: PyTorch's own layer on packed sequences."""

    def __init__(self, hidden_size: int) -> None:
        super().__init__()
        self.recurrent = nn.RNN(FEATURES, hidden_size, batch_first=True)
        self.readout = nn.Linear(hidden_size, 1)

    def forward(self, inputs: Tensor, lengths: Tensor) -> Tensor:
        """Predictions `(1, batch)` for `inputs` `(batch, time, features)`."""
        packed = pack_padded_sequence(inputs, lengths, batch_first=True, enforce_sorted=False)
        return self.readout(self.recurrent(packed)[1][-1]).T


class Loops(nn.Module):
    """What a textbook shows: a loop over samples, and in it a loop over steps.

    Args:
        steps: the network reads so many at most.
        own: whether each step has weights of its own.
    """

    def __init__(self, hidden_size: int, steps: int, own: bool) -> None:
        super().__init__()
        cells = [nn.RNNCell(FEATURES, hidden_size) for _ in range(steps if own else 1)]
        self.cells = nn.ModuleList(cells if own else cells * steps)
        self.readout = nn.Linear(hidden_size, 1)

    def forward(self, inputs: Tensor, lengths: Tensor) -> Tensor:
        """Predictions `(1, batch)` for `inputs` `(batch, time, features)`."""
        last = []
        for sequence, length in zip(inputs, lengths.tolist(), strict=True):
            hidden = torch.zeros(1, self.readout.in_features)
            for cell, step in zip(self.cells, sequence[:length], strict=False):
                hidden = cell(step[None], hidden)
            last.append(hidden)
        return self.readout(torch.cat(last)).T


def rows() -> Iterator[Row]:
    """Every hidden size at every length against the library, and all networks against loops."""
    torch.set_num_threads(1)  # two threads that wait for each other measure the scheduler
    torch.manual_seed(0)
    for longest in LENGTHS:
        for hidden_size in HIDDEN_SIZES:
            ours = _epoch(VanillaRNN(FEATURES, hidden_size), longest)
            library = _epoch(LibraryRNN(hidden_size), longest)
            # What is over in an instant is disturbed most by whatever else the machine does.
            repeats = REPEATS if longest * hidden_size > QUICK else 4 * REPEATS
            times = side_by_side(ours, library, repeats)
            name = f"vanilla RNN, {hidden_size} units, up to {longest} steps, an epoch"
            yield at_most(1.0, name, *times, "against torch.nn.RNN on packed sequences")
    yield _whole_problem()


def _whole_problem() -> Row:
    """The three networks of the assignment with five seeds each, as problem 2 trains them."""
    hidden_size, longest, seeds = 32, 20, tuple(range(5))
    shortest = longest // 4
    ours = [
        _epoch(VanillaRNN(FEATURES, hidden_size, seeds), longest),
        _epoch(TruncatedNetwork(FEATURES, hidden_size, shortest, seeds), longest, cut=shortest),
        _epoch(PaddedNetwork(FEATURES, hidden_size, longest, seeds), longest),
    ]
    loops = [
        _epoch(Loops(hidden_size, longest, own=False), longest),
        _epoch(Loops(hidden_size, shortest, own=True), longest, cut=shortest),
        _epoch(Loops(hidden_size, longest, own=True), longest),
    ]
    mine, theirs = side_by_side(lambda: _all(ours), lambda: _all(loops), repeats=3)
    return at_least(
        20,
        "the whole of problem 2 (three networks, five seeds), an epoch",
        mine,
        len(seeds) * theirs,
        "against loops over samples and steps, timed for one seed and counted five times",
    )


def _all(epochs: list[Callable[[], None]]) -> None:
    for epoch in epochs:
        epoch()


def _epoch(network: nn.Module, longest: int, cut: int | None = None) -> Callable[[], None]:
    """One pass of Adam over the same random sequences of a quarter to all of `longest` steps.

    Args:
        cut: all sequences are cut to their first steps, so many.
    """
    generator = torch.Generator().manual_seed(1)
    inputs = torch.randn(SEQUENCES, longest, FEATURES, generator=generator)
    lengths = torch.randint(longest // 4, longest + 1, (SEQUENCES,), generator=generator)
    targets = torch.randn(SEQUENCES, generator=generator)
    inputs, lengths = inputs[:, :cut], lengths.clamp(max=cut or longest)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)

    def run() -> None:
        for places in torch.arange(SEQUENCES).split(BATCH):
            optimizer.zero_grad()
            predicted = network(inputs[places], lengths[places])
            (predicted - targets[places]).square().mean(dim=1).sum().backward()
            optimizer.step()

    return run
