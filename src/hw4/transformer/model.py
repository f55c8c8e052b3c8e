"""The sheet's transformer layer, written by hand."""

import math

import torch
from torch import Tensor, nn

from hw4.transformer.derive import Dimensions


class SplitHeads(nn.Module):
    """Deals features to heads: (batch, time, hidden) to (batch, heads, time, d)."""

    def __init__(self, heads: int) -> None:
        super().__init__()
        self.heads = heads

    def forward(self, x: Tensor) -> Tensor:
        return x.unflatten(2, (self.heads, -1)).transpose(1, 2)


class MergeHeads(nn.Module):
    """Joins the heads: (batch, heads, time, d) to (batch, time, hidden)."""

    def forward(self, x: Tensor) -> Tensor:
        return x.transpose(1, 2).flatten(2)


class TransformerLayer(nn.Module):
    """Multi-head self-attention with dropout on the attention map and on the output.

    Each step that the sheet asks about is a module, so that a hook can read it off.

    Args:
        dimensions: hidden size H and number of heads h are used; d = H / h.
        dropout: rate of both dropouts.
        bias: whether the projections have biases (the sheet names H × H matrices only).
        output_projection: whether the merged heads pass another H × H projection.

    Source: Vaswani et al., Attention is all you need (2017), section 3.2.
    """

    def __init__(
        self, dimensions: Dimensions, dropout=0.1, bias=False, output_projection=False
    ) -> None:
        super().__init__()
        size, heads = dimensions.hidden_size, dimensions.heads
        self.query, self.key, self.value = (nn.Linear(size, size, bias) for _ in range(3))
        self.split_query, self.split_key, self.split_value = (SplitHeads(heads) for _ in range(3))
        self.scale = 1 / math.sqrt(dimensions.head_size)
        self.softmax = nn.Softmax(dim=-1)
        self.dropout_1 = nn.Dropout(dropout)
        self.merge = MergeHeads()
        self.output = nn.Linear(size, size, bias) if output_projection else nn.Identity()
        self.dropout_2 = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, time, hidden) to (batch, time, hidden)."""
        query = self.split_query(self.query(x))  # (B, h, L, d)
        key = self.split_key(self.key(x))  # (B, h, L, d)
        value = self.split_value(self.value(x))  # (B, h, L, d)

        scores = query @ key.transpose(-2, -1) * self.scale  # (B, h, L, L)
        attention = self.softmax(scores)  # (B, h, L, L), each row sums to one
        heads = self.dropout_1(attention) @ value  # (B, h, L, d)

        output = self.output(self.merge(heads))  # (B, L, H)
        return self.dropout_2(output)  # (B, L, H)


@torch.no_grad()
def copy_weights(layer: TransformerLayer, reference: nn.MultiheadAttention) -> None:
    """Give `layer` (with an output projection) the weights of PyTorch's own attention."""
    own = (layer.query, layer.key, layer.value)
    for linear, weight in zip(own, reference.in_proj_weight.chunk(3), strict=True):
        linear.weight.copy_(weight)
    layer.output.weight.copy_(reference.out_proj.weight)
    if reference.in_proj_bias is not None:
        for linear, bias in zip(own, reference.in_proj_bias.chunk(3), strict=True):
            linear.bias.copy_(bias)
        layer.output.bias.copy_(reference.out_proj.bias)
