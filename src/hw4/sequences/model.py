"""The three networks of problem 2, by hand: no recurrent layer of any library is used.

Every network is several networks with the same shapes side by side, one for each seed (and,
in a search, each weight decay). They share nothing but the batch they are shown, so training them
together gives what training each alone would, in a fraction of the time. In shapes, their number
is `networks`.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from hw4.sequences.recurrence import Recurrence, recurrence_step


class Network(nn.Module):
    """The weights of a recurrent network for regression and its last layer.

    Args:
        features: width of one step's input.
        hidden_size: width of the hidden state.
        steps: sets of weights there are for the input: one, or one for each step.
        transitions: the same for the weights from one hidden state to the next.
        seeds: of the initial weights, one for each network.
    """

    def __init__(
        self, features: int, hidden_size: int, steps: int, transitions: int, seeds: tuple[int, ...]
    ):
        super().__init__()
        generators = [torch.Generator().manual_seed(seed) for seed in seeds]

        def initial(*shape: int) -> nn.Parameter:  # (networks, *shape)
            # U(-1/√hidden_size, 1/√hidden_size), as PyTorch begins its own recurrent layers
            drawn = [torch.rand(shape, generator=each) for each in generators]
            return nn.Parameter((2 * torch.stack(drawn) - 1) * hidden_size**-0.5)

        self.input_weight = initial(steps, features, hidden_size)
        self.hidden_weight = initial(transitions, hidden_size, hidden_size)
        self.bias = initial(steps, 1, hidden_size)
        self.readout_weight = initial(hidden_size, 1)
        self.readout_bias = initial(1, 1)

    def readout(self, hidden: Tensor) -> Tensor:
        """From the last hidden state (networks, batch, hidden) to predictions (networks, batch)."""
        return torch.baddbmm(self.readout_bias, hidden, self.readout_weight).squeeze(-1)

    def parameters_of_one(self) -> int:
        """Number of trained numbers in one of the networks."""
        return sum(parameter[0].numel() for parameter in self.parameters())


class VanillaRNN(Network):
    """h_t = tanh(x_t W_x + h_{t-1} W_h + b), with the same weights at every step."""

    def __init__(self, features: int, hidden_size: int, seeds: tuple[int, ...] = (0,)):
        super().__init__(features, hidden_size, steps=1, transitions=1, seeds=seeds)

    def forward(self, inputs: Tensor, lengths: Tensor) -> Tensor:
        """Predict (networks, batch) from the state after each sequence's own last step.

        Args:
            inputs: (batch, time, features); what is behind a sequence's end is not read.
            lengths: (batch,).
        """
        packed = pack(inputs, lengths)
        # The inputs' share of every step at once; only the hidden state has to wait.
        projected = packed.values @ self.input_weight[:, 0]  # (networks, steps of all, hidden)
        projected = projected + self.bias[:, 0]
        states = Recurrence.apply(projected, self.hidden_weight[:, 0], packed.active)
        return self.readout(states[:, packed.last])  # (networks, batch)


class TruncatedNetwork(Network):
    """h_t = tanh(x_t W_x(t) + h_{t-1} W_h(t) + b(t)), own weights at each of L steps."""

    def __init__(self, features: int, hidden_size: int, steps: int, seeds: tuple[int, ...] = (0,)):
        super().__init__(features, hidden_size, steps, steps - 1, seeds)

    def forward(self, inputs: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Predict (networks, batch) from the state after step L, whether it is real or padding.

        Args:
            inputs: sequences cut to L steps, (batch, steps, features). All sequences to learn from
                have as many; a test sequence with fewer is filled up with zeros, which are read as
                if they were inputs.
            lengths: not used.
        """
        first, *others = project(inputs, self.input_weight, self.bias)
        hidden = first.tanh()  # (networks, batch, hidden); the state before the first step is zero
        for projected, weight in zip(others, self.hidden_weight.unbind(1), strict=True):
            hidden = recurrence_step(projected, hidden, weight)  # (networks, batch, hidden)
        return self.readout(hidden)  # (networks, batch)


class PaddedNetwork(Network):
    """As the truncated network, with own weights at each step of the longest sequence.

    Args:
        padding: whether it stands at the `end` of a sequence or in `front` of it.
    """

    def __init__(
        self, features: int, hidden_size: int, steps: int, seeds=(0,), padding: str = "end"
    ):
        super().__init__(features, hidden_size, steps, steps - 1, seeds)
        self.padding = padding

    def forward(self, inputs: Tensor, lengths: Tensor) -> Tensor:
        """Predict (networks, batch) from the state after the last real step.

        Args:
            inputs: padded sequences, (batch, time, features), at most `steps` long.
            lengths: steps that are real, (batch,).
        """
        time = inputs.shape[1]
        position = torch.arange(time, device=inputs.device)
        if self.padding == "end":
            real = position < lengths[:, None]  # (batch, time)
            begin = 0  # a step's own weights are counted from the first step
        else:
            real = position >= time - lengths[:, None]  # (batch, time)
            begin = self.bias.shape[1] - time  # from the last
        used = slice(begin, begin + time)
        first, *others = project(inputs, self.input_weight[:, used], self.bias[:, used])
        weights = self.hidden_weight[:, begin : begin + time - 1].unbind(1)
        real = real.T[..., None]  # (time, batch, 1)
        hidden = torch.where(real[0], first.tanh(), 0)  # zero before the first real step
        for is_real, projected, weight in zip(real[1:], others, weights, strict=True):
            moved = recurrence_step(projected, hidden, weight)  # (networks, batch, hidden)
            hidden = torch.where(is_real, moved, hidden)  # a padded step keeps the old state
        return self.readout(hidden)  # (networks, batch)


def project(inputs: Tensor, weight: Tensor, bias: Tensor) -> tuple[Tensor, ...]:
    """The inputs' share of every step at once: for each step, (networks, batch, hidden).

    Args:
        inputs: (batch, steps, features).
        weight, bias: of each step, (networks, steps, features or 1, hidden).
    """
    return (inputs.transpose(0, 1) @ weight + bias).unbind(1)


@dataclass(frozen=True)
class Packed:
    """Sequences without their padding, step by step.

    Attributes:
        values: the inputs of all sequences at step 0, then of all that run at step 1, and
            so on, the longest sequence first in each, (sum(active), features).
        active: how many sequences run at each step.
        last: where each sequence's last step stands in `values`, in the order the sequences
            came, (batch,).
    """

    values: Tensor
    active: list[int]
    last: Tensor


def pack(inputs: Tensor, lengths: Tensor) -> Packed:
    """Take the padding out of `inputs` (batch, time, features) of the given `lengths`."""
    order = lengths.argsort(descending=True, stable=True)
    position = torch.arange(int(lengths.max()), device=inputs.device)
    running = position[:, None] < lengths[order]  # (time, batch)
    values = inputs[order, : len(position)].transpose(0, 1)[running]  # (sum(active), features)
    active = running.sum(dim=1)  # (time,)
    starts = active.cumsum(0) - active  # (time,)
    rank = torch.empty_like(order)
    rank[order] = torch.arange(len(order), device=inputs.device)
    return Packed(values, active.tolist(), starts[lengths - 1] + rank)
