"""What the sheet asks of the layer, derived by symbol: eleven items, no tensor in sight.

B: batch size, L: sequence length, H: hidden size, h: heads, d = H / h: size of one head.
"""

from dataclasses import dataclass

from hw4.foundation.errors import UserError

Shape = tuple[int, ...]
Symbols = tuple[str, ...]


@dataclass(frozen=True)
class Dimensions:
    """The sizes everything else follows from.

    Raises:
        UserError: a size is not positive, or the heads do not divide the hidden size.
    """

    batch_size: int = 10
    sequence_length: int = 90
    hidden_size: int = 20
    heads: int = 5

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if value < 1:
                raise UserError(f"A transformer layer needs a positive {name}, but it is {value}.")
        if self.hidden_size % self.heads:
            divisors = [n for n in range(1, self.hidden_size + 1) if self.hidden_size % n == 0]
            raise UserError(
                f"A hidden size of {self.hidden_size} cannot be split into {self.heads} heads of "
                f"equal size: choose a number of heads among {', '.join(map(str, divisors))}."
            )

    @property
    def head_size(self) -> int:
        """d = H / h: how many of the hidden features one head works on."""
        return self.hidden_size // self.heads

    def sizes(self, symbols: Symbols) -> Shape:
        """The numbers `symbols` stand for."""
        values = {
            "B": self.batch_size,
            "L": self.sequence_length,
            "H": self.hidden_size,
            "h": self.heads,
            "d": self.head_size,
        }
        return tuple(values[symbol] for symbol in symbols)


@dataclass(frozen=True)
class Item:
    """One of the sheet's questions about a shape.

    Attributes:
        number: the sheet's.
        name: the sheet's words.
        module: the module of `model.TransformerLayer` whose output it is.
        answer: the shape, by symbol.
        stacked: the shape of that output, with the heads as an axis of their own if there are any.
        one_head: what one head has of it, or None where there are no heads.
    """

    number: int
    name: str
    module: str
    answer: Symbols
    stacked: Symbols
    one_head: Symbols | None = None


_WHOLE = ("B", "L", "H")
_HEAD, _HEADS = ("B", "L", "d"), ("B", "h", "L", "d")
_MAP, _MAPS = ("B", "L", "L"), ("B", "h", "L", "L")

ITEMS = (
    Item(1, "The shape of Q", "query", _WHOLE, _WHOLE),
    Item(2, "The shape of K", "key", _WHOLE, _WHOLE),
    Item(3, "The shape of V", "value", _WHOLE, _WHOLE),
    Item(4, "The shape of Q for each head", "split_query", _HEAD, _HEADS, _HEAD),
    Item(5, "The shape of K for each head", "split_key", _HEAD, _HEADS, _HEAD),
    Item(6, "The shape of V for each head", "split_value", _HEAD, _HEADS, _HEAD),
    Item(7, "The shape of the attention map (output of softmax)", "softmax", _MAPS, _MAPS, _MAP),
    Item(8, "The shape of Dropout-1's output", "dropout_1", _MAPS, _MAPS, _MAP),
    Item(9, "The shape of Output", "output", _WHOLE, _WHOLE),
    Item(10, "The shape of Dropout-2's output", "dropout_2", _WHOLE, _WHOLE),
)
"""The sheet's items 1 to 10, each a shape."""

PARAMETERS = (11, "Total number of the parameters in this transformer layer")
"""The sheet's item 11: number and words."""


@dataclass(frozen=True)
class Reading:
    """One way to read "the parameters of this layer": squares · H² + linear · H of them.

    Attributes:
        key: a short name.
        description: what the layer is taken to have.
    """

    key: str
    description: str
    squares: int
    linear: int

    def count(self, hidden_size: int) -> int:
        """The number of parameters."""
        return self.squares * hidden_size**2 + self.linear * hidden_size

    @property
    def formula(self) -> str:
        """The count by symbol, `3H² + 3H`."""
        terms = ((self.squares, "H²"), (self.linear, "H"))
        return " + ".join(f"{factor}{symbol}" for factor, symbol in terms if factor)


READINGS = (
    Reading("projections", "Three projections, as the sheet says", 3, 0),
    Reading("biases", "The same with biases", 3, 3),
    Reading("output", "Four projections: one more for the output", 4, 0),
    Reading("attention", "The same with biases: an attention block", 4, 4),
    # a norm has a gain and a shift for each feature
    Reading("norms", "The same and two layer norms", 4, 4 + 2 * 2),
    # H to 4H with 4H biases, and back with H biases
    Reading("feed_forward", "The same and a feed-forward block of 4H", 4 + 2 * 4, 8 + 4 + 1),
)
"""The answer to item 11 first, then every other reading, from the smallest layer to the largest."""
