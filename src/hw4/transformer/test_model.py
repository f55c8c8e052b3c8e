"""The layer is the one PyTorch has, and its dropouts stand where the sheet draws them."""

import pytest
import torch
from torch import nn

from hw4.transformer.derive import Dimensions
from hw4.transformer.model import TransformerLayer, copy_weights


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(("hidden_size", "heads"), [(20, 5), (12, 1), (12, 4), (21, 7)])
def test_equals_pytorchs_attention_with_the_same_weights(bias, hidden_size, heads):
    torch.manual_seed(0)
    reference = nn.MultiheadAttention(hidden_size, heads, bias=bias, batch_first=True).eval()
    if bias:  # they begin as zeros, which would not show a mix-up
        nn.init.normal_(reference.in_proj_bias)
        nn.init.normal_(reference.out_proj.bias)
    sizes = Dimensions(3, 11, hidden_size, heads)
    layer = TransformerLayer(sizes, bias=bias, output_projection=True).eval()
    copy_weights(layer, reference)
    x = torch.randn(3, 11, hidden_size, requires_grad=True)
    expected, maps = reference(x, x, x, average_attn_weights=False)
    seen = []
    layer.softmax.register_forward_hook(lambda module, inputs, output: seen.append(output))
    torch.testing.assert_close(layer(x), expected)
    torch.testing.assert_close(seen[0], maps)
    (ours,) = torch.autograd.grad(layer(x).square().sum(), x)
    (theirs,) = torch.autograd.grad(expected.square().sum(), x)
    torch.testing.assert_close(ours, theirs)


def test_both_dropouts_drop_in_training_and_only_then():
    sizes = Dimensions(4, 30, 20, 5)
    x = torch.randn(4, 30, 20)
    layer = TransformerLayer(sizes, dropout=0.5)
    zeros = {}
    for name in ("dropout_1", "dropout_2"):
        getattr(layer, name).register_forward_hook(
            lambda module, inputs, output, name=name: zeros.update(
                {name: (output == 0).float().mean().item()}
            )
        )
    layer.train()(x)
    assert all(0.4 < share < 0.6 for share in zeros.values())
    layer.eval()(x)
    assert all(share < 0.01 for share in zeros.values())


def test_every_step_takes_what_the_step_before_gave():
    """In training, dropout on the map comes after its softmax, and on the output at the end."""
    layer = TransformerLayer(Dimensions(4, 30, 20, 5), dropout=0.5, output_projection=True).train()
    taken, given = {}, {}

    def note(name):
        def hook(module, inputs, output):
            taken[name], given[name] = inputs[0], output

        return hook

    for name, part in layer.named_children():
        part.register_forward_hook(note(name))
    output = layer(torch.randn(4, 30, 20))
    scores = given["split_query"] @ given["split_key"].transpose(-2, -1) * 4**-0.5
    torch.testing.assert_close(taken["softmax"], scores)
    torch.testing.assert_close(given["softmax"].sum(-1), torch.ones(4, 5, 30))
    torch.testing.assert_close(given["softmax"], scores.softmax(-1))
    assert torch.equal(taken["dropout_1"], given["softmax"])
    kept = given["dropout_1"] != 0
    torch.testing.assert_close(given["dropout_1"][kept], 2 * given["softmax"][kept])
    torch.testing.assert_close(taken["merge"], given["dropout_1"] @ given["split_value"])
    assert torch.equal(taken["output"], given["merge"])
    assert torch.equal(taken["dropout_2"], given["output"])
    assert torch.equal(output, given["dropout_2"])
