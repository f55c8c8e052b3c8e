"""Derivation against reality: run the layer, read every shape off it, count every parameter."""

from dataclasses import replace

import torch
from torch import Tensor, nn

from hw4.foundation.compute import seed_everything
from hw4.foundation.errors import UserError
from hw4.foundation.experiment import Outcome, Work
from hw4.transformer.derive import Dimensions, Item, Reading, Shape, items, readings
from hw4.transformer.model import TransformerLayer, copy_weights
from hw4.transformer.result import Result, Settings


def run(settings: Settings, work: Work) -> Outcome[Result]:
    """Read the shapes off the layer and count its parameters.

    Raises:
        UserError: the derivation and the layer disagree.
    """
    seed_everything(settings.seed)
    sizes = settings.dimensions
    x = torch.randn(sizes.batch_size, sizes.sequence_length, sizes.hidden_size)
    outputs = read_outputs(TransformerLayer(sizes, settings.dropout), x)
    return Outcome(
        Result(
            dimensions=sizes,
            shapes=confirmed_shapes(
                sizes, {name: tuple(output.shape) for name, output in outputs.items()}
            ),
            readings=confirmed_readings(sizes, count_parameters(sizes)),
            difference=difference_from_pytorch(sizes, x),
            row_sum_error=(outputs["softmax"].sum(-1) - 1).abs().max().item(),
        )
    )


@torch.no_grad()
def read_outputs(layer: nn.Module, x: Tensor) -> dict[str, Tensor]:
    """Run `layer` on `x` once; the output of each of its modules, by name."""
    outputs: dict[str, Tensor] = {}

    def note(name: str):
        return lambda module, inputs, output: outputs.update({name: output})

    for name, module in layer.named_children():
        module.register_forward_hook(note(name))
    layer(x)
    return outputs


def confirmed_shapes(sizes: Dimensions, shapes: dict[str, Shape]) -> dict[str, Item]:
    """The sheet's items 1 to 10, if the derived shapes are those that were read off.

    Raises:
        UserError: one is not.
    """
    derived = items(sizes)
    for module, item in derived.items():
        if item.all_heads != shapes[module]:
            raise UserError(
                f"Problem 4, item {item.number} ({item.name}): derived {list(item.all_heads)} in "
                f"src/hw4/transformer/derive.py, but the layer's {module} in model.py gives "
                f"{list(shapes[module])}; correct the one that is wrong."
            )
    return derived


def count_parameters(sizes: Dimensions) -> dict[str, list[tuple[str, int]]]:
    """For each reading of item 11, modules that fit it and their numbers of parameters."""
    hidden_size, heads = sizes.hidden_size, sizes.heads
    attention = nn.MultiheadAttention(hidden_size, heads)
    unbiased = nn.MultiheadAttention(hidden_size, heads, bias=False)
    encoder = nn.TransformerEncoderLayer(hidden_size, heads, dim_feedforward=4 * hidden_size)

    def own(**options: bool) -> tuple[str, int]:
        words = ", ".join(f"{name}=True" for name in options)
        return f"`TransformerLayer({words})`", _size(TransformerLayer(sizes, **options))

    weight, bias = unbiased.in_proj_weight.numel(), attention.in_proj_bias.numel()
    norms = sum(map(_size, (encoder.self_attn, encoder.norm1, encoder.norm2)))
    in_projection = "`in_proj_weight` of `nn.MultiheadAttention`"
    with_bias = "`in_proj_weight` and `in_proj_bias` of `nn.MultiheadAttention`"
    return {
        "projections": [own(), (in_projection, weight)],
        "biases": [own(bias=True), (with_bias, weight + bias)],
        "output": [
            own(output_projection=True),
            ("`nn.MultiheadAttention(bias=False)`", _size(unbiased)),
        ],
        "attention": [
            own(bias=True, output_projection=True),
            ("`nn.MultiheadAttention`", _size(attention)),
        ],
        "norms": [("`self_attn`, `norm1` and `norm2` of `nn.TransformerEncoderLayer`", norms)],
        "feed_forward": [("`nn.TransformerEncoderLayer`", _size(encoder))],
    }


def confirmed_readings(
    sizes: Dimensions, counted: dict[str, list[tuple[str, int]]]
) -> dict[str, Reading]:
    """The readings of item 11, if the derived numbers are those that were counted.

    Raises:
        UserError: one is not.
    """
    derived = readings(sizes.hidden_size)
    for key, reading in derived.items():
        for modules, count in counted[key]:
            if reading.count != count:
                raise UserError(
                    f"Problem 4, item 11 ({reading.description}): derived {reading.formula} = "
                    f"{reading.count} in src/hw4/transformer/derive.py, but {modules} has {count} "
                    "parameters; correct the one that is wrong."
                )
    return {key: replace(reading, modules=counted[key][-1][0]) for key, reading in derived.items()}


@torch.no_grad()
def difference_from_pytorch(sizes: Dimensions, x: Tensor) -> float:
    """Largest difference between our layer's output and PyTorch's with the same weights."""
    reference = nn.MultiheadAttention(sizes.hidden_size, sizes.heads, batch_first=True).eval()
    layer = TransformerLayer(sizes, bias=True, output_projection=True).eval()
    copy_weights(layer, reference)
    expected, _ = reference(x, x, x)
    return (layer(x) - expected).abs().max().item()


def _size(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())
