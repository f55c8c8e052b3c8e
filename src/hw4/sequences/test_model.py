"""The three networks against PyTorch's own recurrent layer and against what padding must not do."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

from hw4.sequences.model import Network, PaddedNetwork, TruncatedNetwork, VanillaRNN
from hw4.sequences.recurrence import Recurrence

FEATURES, HIDDEN = 10, 7


def batch(lengths, seed=0, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    shape = (len(lengths), max(lengths), FEATURES)
    return torch.randn(shape, generator=generator, dtype=dtype), torch.tensor(lengths)


class Reference(nn.Module):
    """`torch.nn.RNN` on packed sequences, with the weights of one of our networks."""

    def __init__(self, network: Network, which: int) -> None:
        super().__init__()
        features, hidden_size = network.input_weight.shape[2:]
        self.layer = nn.RNN(features, hidden_size, batch_first=True, dtype=torch.float64)
        self.last = nn.Linear(hidden_size, 1, dtype=torch.float64)
        with torch.no_grad():
            self.layer.weight_ih_l0.copy_(network.input_weight[which, 0].T)
            self.layer.weight_hh_l0.copy_(network.hidden_weight[which, 0].T)
            self.layer.bias_ih_l0.copy_(network.bias[which, 0, 0])
            self.layer.bias_hh_l0.zero_()
            self.last.weight.copy_(network.readout_weight[which].T)
            self.last.bias.copy_(network.readout_bias[which, 0])

    def forward(self, inputs, lengths):
        packed = pack_padded_sequence(inputs, lengths, batch_first=True, enforce_sorted=False)
        return self.last(self.layer(packed)[1][0]).squeeze(-1)


@pytest.mark.parametrize("lengths", [[5, 20, 11, 11, 7], [3], [1, 1], [4, 1, 9], [20] * 6])
def test_vanilla_equals_torch_forwards_and_backwards(lengths):
    network = VanillaRNN(FEATURES, HIDDEN, seeds=(3, 4)).double()
    inputs, lengths = batch(lengths)
    targets = torch.randn(len(lengths), dtype=torch.float64)
    predicted = network(inputs, lengths)
    ((predicted - targets) ** 2).mean(dim=1).sum().backward()
    for which in range(2):
        reference = Reference(network, which)
        expected = reference(inputs, lengths)
        ((expected - targets) ** 2).mean().backward()
        torch.testing.assert_close(predicted[which], expected)
        layer, last = reference.layer, reference.last
        for ours, theirs in (
            (network.input_weight.grad[which, 0], layer.weight_ih_l0.grad.T),
            (network.hidden_weight.grad[which, 0], layer.weight_hh_l0.grad.T),
            (network.bias.grad[which, 0, 0], layer.bias_ih_l0.grad),
            (network.readout_weight.grad[which], last.weight.grad.T),
            (network.readout_bias.grad[which, 0], last.bias.grad),
        ):
            torch.testing.assert_close(ours, theirs)


@given(st.lists(st.integers(1, 12), min_size=1, max_size=8), st.integers(0, 2**31))
@settings(max_examples=25, deadline=None)
def test_vanilla_equals_torch_for_any_lengths(lengths, seed):
    network = VanillaRNN(FEATURES, HIDDEN, seeds=(seed,)).double()
    inputs, lengths = batch(lengths, seed)
    torch.testing.assert_close(network(inputs, lengths)[0], Reference(network, 0)(inputs, lengths))


def test_gradient_by_hand_equals_finite_differences():
    active = [4, 4, 2, 1]
    projected = torch.randn(2, sum(active), 3, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(2, 3, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(
        lambda p, w: Recurrence.apply(p.clone(), w, active), (projected, weight)
    )


@pytest.mark.parametrize("padding", ["end", "front"])
def test_padding_content_changes_neither_prediction_nor_gradient(padding):
    network = PaddedNetwork(FEATURES, HIDDEN, steps=9, seeds=(0, 1), padding=padding).double()
    inputs, lengths = batch([9, 4, 1, 6])
    position = torch.arange(9)
    padded = position >= lengths[:, None] if padding == "end" else position < 9 - lengths[:, None]
    other = torch.where(padded[..., None], torch.full_like(inputs, 1e3), inputs)
    assert not torch.equal(inputs, other)
    gradients = []
    for shown in (inputs, other):
        predicted = network(shown, lengths)
        gradients.append(
            [predicted, *torch.autograd.grad(predicted.square().sum(), network.parameters())]
        )
    for ours, theirs in zip(*gradients, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=0)


@pytest.mark.parametrize("padding", ["end", "front"])
def test_amount_of_padding_does_not_change_a_prediction(padding):
    network = PaddedNetwork(FEATURES, HIDDEN, steps=12, padding=padding).double()
    inputs, lengths = batch([5, 3, 4])
    if padding == "front":  # the real steps stand at the right
        inputs = torch.stack(
            [
                torch.cat([sequence[length:], sequence[:length]])
                for sequence, length in zip(inputs, lengths, strict=True)
            ]
        )
    expected = network(inputs, lengths)
    for more in (1, 4, 7):
        filling = torch.full((3, more, FEATURES), 9.0, dtype=torch.float64)
        longer = [inputs, filling] if padding == "end" else [filling, inputs]
        torch.testing.assert_close(network(torch.cat(longer, dim=1), lengths), expected)


@pytest.mark.parametrize("padding", ["end", "front"])
def test_without_padding_and_with_equal_weights_all_three_are_the_same_network(padding):
    vanilla = VanillaRNN(FEATURES, HIDDEN).double()
    inputs, lengths = batch([6, 6, 6])
    for network in (
        TruncatedNetwork(FEATURES, HIDDEN, 6).double(),
        PaddedNetwork(FEATURES, HIDDEN, 6, padding=padding).double(),
    ):
        with torch.no_grad():
            for name, parameter in network.named_parameters():
                parameter.copy_(vanilla.get_parameter(name).expand_as(parameter))
        torch.testing.assert_close(network(inputs, lengths), vanilla(inputs, lengths))


def test_each_padded_step_has_weights_of_its_own():
    network = PaddedNetwork(FEATURES, HIDDEN, steps=4).double()
    inputs, lengths = batch([4, 4])
    network(inputs, lengths).sum().backward()
    assert len({step.sum().item() for step in network.input_weight.grad[0]}) == 4
    short, lengths = batch([2, 2])
    network.zero_grad()
    network(short, lengths).sum().backward()
    assert network.input_weight.grad[0, 2:].abs().max() == 0


def test_weights_begin_as_those_of_pytorchs_recurrent_layers():
    network = PaddedNetwork(FEATURES, 16, steps=9, seeds=(0, 1))
    bound = 16**-0.5
    for parameter in network.parameters():
        assert parameter.abs().max() <= bound
    for weight in (network.input_weight, network.hidden_weight):
        assert weight.std().item() == pytest.approx(bound / 3**0.5, rel=0.05)
        assert not torch.equal(weight[0], weight[1])


def test_parameter_count_is_the_formula():
    steps = 5
    assert VanillaRNN(10, 8, seeds=(0, 1)).parameters_of_one() == 10 * 8 + 8 + 8 * 8 + 8 + 1
    assert TruncatedNetwork(10, 8, steps).parameters_of_one() == (
        steps * (10 * 8 + 8) + (steps - 1) * 8 * 8 + 8 + 1
    )
