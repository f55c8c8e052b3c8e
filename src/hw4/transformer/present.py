"""Words, tables and the drawing of problem 4."""

from dataclasses import dataclass
from math import prod

from hw4.foundation.tables import Table
from hw4.foundation.words import count, count_word, scientific, significant
from hw4.transformer.derive import ITEMS, PARAMETERS, Symbols
from hw4.transformer.drawing import layer_drawing, shape_text
from hw4.transformer.result import EXPERIMENT, Result

__all__ = ["EXPERIMENT", "answers", "drawing_alt", "layer_drawing", "load", "readings", "words"]


def load() -> Result:
    """The stored result.

    Raises:
        UserError: there is none.
    """
    return EXPERIMENT.stored()


def answers(result: Result) -> Table:
    """The sheet's eleven items: by symbol, as a number, and with the heads apart or stacked."""
    rows = []
    for item, read in zip(ITEMS, result.items, strict=True):
        other = ""
        if item.answer != item.stacked:
            other = f"all heads: {shape_text(read.all_heads)}"
        elif read.one_head:
            other = f"one head: {shape_text(read.one_head)}"
        size = f"**{shape_text(read.shape)}**"
        rows.append([item.number, item.name, _symbols(item.answer), size, other])
    number, name = PARAMETERS
    leading = result.readings[0]
    formula = _italic(leading.formula)
    rows.append([number, name, formula, f"**{count(leading.count)}**", ""])
    headers = ["", "Asked", "By symbol", "Answer", "Heads stacked or apart"]
    return Table(headers, rows, "rllll", widths=(5, 46, 15, 17, 24))


def readings(result: Result) -> Table:
    """The number of parameters for common readings of the layer, the sheet's first."""
    rows = [
        [reading.description, _italic(reading.formula), count(reading.count), reading.modules]
        for reading in result.readings
    ]
    rows[0][0], rows[0][2] = f"**{rows[0][0]}**", f"**{rows[0][2]}**"
    headers = ["What the layer has", "By symbol", "Parameters", "Counted in"]
    return Table(headers, rows, "llrl", widths=(42, 15, 13, 42))


def drawing_alt(result: Result) -> str:
    """What the drawing shows, for those who cannot see it."""
    said = words(result)
    return (
        f"Flow chart of the layer. The input {said.whole} goes to three boxes with "
        f"{said.hidden} by {said.hidden} weights each, Query, Key and Value; each gives "
        f"{said.whole} and is split into {said.heads} heads of {said.one_head}. Queries and keys "
        f"make scores of {said.map}; softmax and Dropout-1 keep that shape. The map weighs the "
        f"values, which gives {said.all_heads}; merging the heads gives Output, {said.whole}, and "
        "Dropout-2 keeps that shape."
    )


@dataclass(frozen=True)
class Words:
    """What the prose says in numbers.

    Attributes:
        whole: shape of the input, of Q, K and V and of the output.
        one_head, all_heads: shapes of Q for one head and for all heads stacked.
        map, map_one_head: the same for the attention map, all heads first.
        square: parameters of one projection.
        map_numbers, map_to_query: how many numbers the map holds, and how many times those of Q.
        agreement: how our layer's output compares with PyTorch's.
    """

    batch: str
    length: str
    hidden: str
    heads: str
    heads_word: str
    head_size: str
    whole: str
    one_head: str
    all_heads: str
    map: str
    map_one_head: str
    square: str
    parameters: str
    per_head: str
    map_numbers: str
    map_to_query: str
    row_sum_error: str
    agreement: str


def words(result: Result) -> Words:
    """Everything the prose says in numbers."""
    sizes = result.dimensions
    query, query_head, attention = result.item(1), result.item(4), result.item(7)
    largest, plain = prod(attention.all_heads), prod(query.shape)
    difference = result.difference
    return Words(
        batch=count(sizes.batch_size),
        length=count(sizes.sequence_length),
        hidden=count(sizes.hidden_size),
        heads=count(sizes.heads),
        heads_word=count_word(sizes.heads),
        head_size=count(sizes.head_size),
        whole=shape_text(query.shape),
        one_head=shape_text(query_head.shape),
        all_heads=shape_text(query_head.all_heads),
        map=shape_text(attention.all_heads),
        map_one_head=shape_text(attention.one_head or ()),
        square=count(sizes.hidden_size**2),
        parameters=count(result.parameters),
        per_head=f"{sizes.hidden_size} × {sizes.head_size}",
        map_numbers=count(largest),
        map_to_query=f"{significant(largest / plain, 3)} times",
        row_sum_error=scientific(result.row_sum_error),
        agreement=(
            f"differs from that module's by at most {scientific(difference)}"
            if difference
            else "equals that module's in every digit"
        ),
    )


def _symbols(symbols: Symbols) -> str:
    return " × ".join(f"*{symbol}*" for symbol in symbols)


def _italic(formula: str) -> str:
    return formula.replace("H", "*H*")
