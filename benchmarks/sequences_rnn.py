"""One training epoch of the vanilla RNN by hand, against torch.nn.RNN and against plain loops."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence

from benchmarks.harness import Row, at_least, at_most, side_by_side
from hw4.sequences.model import VanillaRNN

FEATURES, SEQUENCES, BATCH = 10, 640, 64
HIDDEN_SIZES = (32, 128, 512)
LENGTHS = (20, 200)


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


class LoopRNN(LibraryRNN):
    """What a textbook shows: a loop over samples, and in it a loop over steps."""

    def __init__(self, hidden_size: int) -> None:
        super().__init__(hidden_size)
        self.recurrent = nn.RNNCell(FEATURES, hidden_size)

    def forward(self, inputs: Tensor, lengths: Tensor) -> Tensor:
        """Predictions `(1, batch)` for `inputs` `(batch, time, features)`."""
        last = []
        for sequence, length in zip(inputs, lengths.tolist(), strict=True):
            hidden = torch.zeros(1, self.recurrent.hidden_size)
            for step in sequence[:length]:
                hidden = self.recurrent(step[None], hidden)
            last.append(hidden)
        return self.readout(torch.cat(last)).T


def rows() -> Iterator[Row]:
    """Every hidden size at every length against the library, and one size against the loops."""
    torch.manual_seed(0)
    for longest in LENGTHS:
        for hidden_size in HIDDEN_SIZES:
            ours = _epoch(VanillaRNN(FEATURES, hidden_size), longest)
            library = _epoch(LibraryRNN(hidden_size), longest)
            times = side_by_side(ours, library, repeats=7)
            name = f"vanilla RNN, {hidden_size} units, up to {longest} steps, an epoch"
            yield at_most(1.0, name, *times, "torch.nn.RNN on packed sequences")
    ours, loops = _epoch(VanillaRNN(FEATURES, 32, tuple(range(5))), 20), _epoch(LoopRNN(32), 20)
    mine, theirs = side_by_side(ours, loops, repeats=3)
    yield at_least(
        20, "five vanilla RNNs, an epoch", mine, 5 * theirs, "loops over samples and steps"
    )


def _epoch(network: nn.Module, longest: int) -> Callable[[], None]:
    """One pass of Adam over the same random sequences of a quarter to all of `longest` steps."""
    generator = torch.Generator().manual_seed(1)
    inputs = torch.randn(SEQUENCES, longest, FEATURES, generator=generator)
    lengths = torch.randint(longest // 4, longest + 1, (SEQUENCES,), generator=generator)
    targets = torch.randn(SEQUENCES, generator=generator)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)

    def run() -> None:
        for places in torch.arange(SEQUENCES).split(BATCH):
            optimizer.zero_grad()
            predicted = network(inputs[places], lengths[places])
            (predicted - targets[places]).square().mean(dim=1).sum().backward()
            optimizer.step()

    return run
