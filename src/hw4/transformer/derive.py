"""What the sheet asks of the layer, derived by symbol: eleven items, no tensor in sight.

B: batch size, L: sequence length, H: hidden size, h: heads, d = H / h: size of one head.
"""

from dataclasses import dataclass

from hw4.foundation.errors import UserError

Shape = tuple[int, ...]


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

    def shape(self, symbols: str) -> Shape:
        """The numbers that `symbols` such as `BLH` stand for."""
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
        number, name: the sheet's.
        symbols: of the answer, such as `BLH`.
        shape: the answer.
        all_heads: the shape that the layer computes, with the heads as an axis of their own; equal
            to `shape` where there is no head axis, or where the answer has it too.
    """

    number: int
    name: str
    symbols: str
    shape: Shape
    all_heads: Shape

    @property
    def one_head(self) -> Shape | None:
        """What one head has of the tensor; None where there are no heads."""
        batch, *rest = self.all_heads
        return (batch, *rest[1:]) if len(rest) == 3 else None


def items(sizes: Dimensions) -> dict[str, Item]:
    """The sheet's items 1 to 10, by the module of `TransformerLayer` whose output each is."""
    asked = (
        ("query", "Q", "BLH", "BLH"),
        ("key", "K", "BLH", "BLH"),
        ("value", "V", "BLH", "BLH"),
        ("split_query", "Q for each head", "BLd", "BhLd"),
        ("split_key", "K for each head", "BLd", "BhLd"),
        ("split_value", "V for each head", "BLd", "BhLd"),
        ("softmax", "the attention map (output of softmax)", "BhLL", "BhLL"),
        ("dropout_1", "Dropout-1's output", "BhLL", "BhLL"),
        ("output", "Output", "BLH", "BLH"),
        ("dropout_2", "Dropout-2's output", "BLH", "BLH"),
    )
    return {
        module: Item(
            number, f"The shape of {what}", answer, sizes.shape(answer), sizes.shape(stacked)
        )
        for number, (module, what, answer, stacked) in enumerate(asked, 1)
    }


PARAMETERS = (11, "Total number of the parameters in this transformer layer")
"""The sheet's item 11: number and words."""


@dataclass(frozen=True)
class Reading:
    """One way to read "the parameters of this layer".

    Attributes:
        description: what the layer is taken to have.
        formula: the count by symbol, such as `3H² + 3H`.
        modules: a PyTorch module, or parts of one, with this count; empty until it is counted.
    """

    description: str
    formula: str
    count: int
    modules: str = ""


def readings(hidden_size: int) -> dict[str, Reading]:
    """The answer to item 11 first, then others, from the smallest layer to the largest."""
    read = (  # so many times H², so many times H
        ("projections", "Three projections, as the sheet says", 3, 0),
        ("biases", "The same with biases", 3, 3),
        ("output", "Four projections: one more for the output", 4, 0),
        ("attention", "The same with biases: an attention block", 4, 4),
        # a norm has a gain and a shift for each feature
        ("norms", "The same and two layer norms", 4, 4 + 2 * 2),
        # H to 4H with 4H biases, and back with H biases
        ("feed_forward", "The same and a feed-forward block of 4H", 4 + 2 * 4, 8 + 4 + 1),
    )
    return {
        key: Reading(
            description,
            f"{squares}H²" + (f" + {linear}H" if linear else ""),
            squares * hidden_size**2 + linear * hidden_size,
        )
        for key, description, squares, linear in read
    }
