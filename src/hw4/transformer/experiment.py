"""Derivation against reality: run the layer, read every shape off it, count every parameter."""

import torch
from torch import Tensor, nn

from hw4.foundation.compute import seed_everything
from hw4.foundation.errors import UserError
from hw4.foundation.experiment import Outcome, Work
from hw4.transformer.derive import ITEMS, READINGS, Dimensions, Shape
from hw4.transformer.model import TransformerLayer, copy_weights
from hw4.transformer.result import ItemRead, ReadingCounted, Result, Settings


def run(settings: Settings, work: Work) -> Outcome[Result]:
    """Read the shapes off the layer and count its parameters.

    Raises:
        UserError: the derivation and the layer disagree.
    """
    seed_everything(settings.seed)
    sizes = settings.dimensions
    x = torch.randn(sizes.batch_size, sizes.sequence_length, sizes.hidden_size)
    layer = TransformerLayer(sizes, settings.dropout)
    result = Result(
        dimensions=sizes,
        shapes=confirmed_shapes(sizes, read_shapes(layer, x)),
        readings=confirmed_readings(sizes, count_parameters(sizes)),
        difference=difference_from_pytorch(sizes, x),
        row_sum_error=row_sum_error(layer, x),
    )
    return Outcome(result)


def read_shapes(layer: nn.Module, x: Tensor) -> dict[str, Shape]:
    """Run `layer` on `x` once; the shape of each of its modules' outputs, by name."""
    shapes: dict[str, Shape] = {}

    def note(name: str):
        def hook(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            shapes[name] = tuple(output.shape)

        return hook

    parts = layer.named_children()
    hooks = [part.register_forward_hook(note(name)) for name, part in parts]
    try:
        layer(x)
    finally:
        for hook in hooks:
            hook.remove()
    return shapes


def confirmed_shapes(sizes: Dimensions, shapes: dict[str, Shape]) -> dict[str, ItemRead]:
    """The sheet's items 1 to 10, if the derived shapes are those that were read off.

    Raises:
        UserError: one is not.
    """
    for item in ITEMS:
        derived, read = sizes.sizes(item.stacked), shapes[item.module]
        if derived != read:
            raise UserError(
                f"Problem 4, item {item.number} ({item.name}): derived {list(derived)} in "
                f"src/hw4/transformer/derive.py, but the layer's {item.module} in model.py gives "
                f"{list(read)}; correct the one that is wrong."
            )
    return {
        item.module: ItemRead(
            number=item.number,
            name=item.name,
            shape=sizes.sizes(item.answer),
            all_heads=sizes.sizes(item.stacked),
            one_head=sizes.sizes(item.one_head) if item.one_head else None,
        )
        for item in ITEMS
    }


def count_parameters(sizes: Dimensions) -> dict[str, list[tuple[str, int]]]:
    """For each reading of item 11, modules that fit it and their numbers of parameters."""
    hidden_size, heads = sizes.hidden_size, sizes.heads
    attention = nn.MultiheadAttention(hidden_size, heads)
    unbiased = nn.MultiheadAttention(hidden_size, heads, bias=False)
    encoder = nn.TransformerEncoderLayer(hidden_size, heads, dim_feedforward=4 * hidden_size)

    def own(**options: bool) -> tuple[str, int]:
        words = ", ".join(f"{name}=True" for name in options)
        return f"`TransformerLayer({words})`", _size(TransformerLayer(sizes, **options))

    return {
        "projections": [
            own(),
            ("`in_proj_weight` of `nn.MultiheadAttention`", unbiased.in_proj_weight.numel()),
        ],
        "biases": [
            own(bias=True),
            (
                "`in_proj_weight` and `in_proj_bias` of `nn.MultiheadAttention`",
                attention.in_proj_weight.numel() + attention.in_proj_bias.numel(),
            ),
        ],
        "output": [
            own(output_projection=True),
            ("`nn.MultiheadAttention(bias=False)`", _size(unbiased)),
        ],
        "attention": [
            own(bias=True, output_projection=True),
            ("`nn.MultiheadAttention`", _size(attention)),
        ],
        "norms": [
            (
                "`self_attn`, `norm1` and `norm2` of `nn.TransformerEncoderLayer`",
                sum(map(_size, (encoder.self_attn, encoder.norm1, encoder.norm2))),
            )
        ],
        "feed_forward": [("`nn.TransformerEncoderLayer`", _size(encoder))],
    }


def confirmed_readings(
    sizes: Dimensions, counted: dict[str, list[tuple[str, int]]]
) -> dict[str, ReadingCounted]:
    """The readings of item 11, if the derived numbers are those that were counted.

    Raises:
        UserError: one is not.
    """
    for reading in READINGS:
        derived = reading.count(sizes.hidden_size)
        for modules, count in counted[reading.key]:
            if derived != count:
                raise UserError(
                    f"Problem 4, item 11 ({reading.description}): derived {reading.formula} = "
                    f"{derived} in src/hw4/transformer/derive.py, but {modules} has {count} "
                    "parameters; correct the one that is wrong."
                )
    return {
        reading.key: ReadingCounted(
            description=reading.description,
            formula=reading.formula,
            count=reading.count(sizes.hidden_size),
            modules=counted[reading.key][-1][0],
        )
        for reading in READINGS
    }


@torch.no_grad()
def difference_from_pytorch(sizes: Dimensions, x: Tensor) -> float:
    """Largest difference between our layer's output and PyTorch's with the same weights."""
    reference = nn.MultiheadAttention(sizes.hidden_size, sizes.heads, batch_first=True).eval()
    layer = TransformerLayer(sizes, bias=True, output_projection=True).eval()
    copy_weights(layer, reference)
    expected, _ = reference(x, x, x)
    return (layer(x) - expected).abs().max().item()


@torch.no_grad()
def row_sum_error(layer: TransformerLayer, x: Tensor) -> float:
    """Largest difference of a row of the attention map from a sum of one."""
    maps: list[Tensor] = []
    hook = layer.softmax.register_forward_hook(lambda module, inputs, output: maps.append(output))
    layer(x)
    hook.remove()
    return (maps[0].sum(-1) - 1).abs().max().item()


def _size(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())
