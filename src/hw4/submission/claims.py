"""Claims: words that are bound to numbers, and whether the numbers bear them."""

import ast
import reprlib
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hw4.submission.documents import Expression

if TYPE_CHECKING:
    from hw4.submission.kernel import Kernel


@dataclass(frozen=True)
class Claim:
    """An expression that binds words, by `claim` or by `when`.

    Attributes:
        sides: what it compares, with its values: `low is 0.58`.
        sentence: the words as they are printed.
    """

    expression: Expression
    holds: bool
    sides: str
    sentence: str = ""

    def __str__(self) -> str:
        sides = f" ({self.sides})" if self.sides else ""
        return (
            f"{self.expression.line}: the numbers do not bear “{self.sentence}”: "
            f"{self.expression.text} is {self.holds}{sides}"
        )


def compared(kernel: "Kernel", expression: str) -> str:
    """What is compared in an expression, but for the constants, with its value."""
    sides = []
    for node in _sides(ast.parse(expression, mode="eval").body):
        if any(isinstance(it, ast.Name) for it in ast.walk(node)):
            text = ast.unparse(node)
            with suppress(Exception):  # of what is not reached, as in `x is not None and x.y > 0`
                value = kernel.value(text)
                shown = f"{value:.6g}" if isinstance(value, float) else reprlib.repr(value)
                sides.append(f"{text} is {shown}")
    return ", ".join(sides)


def _sides(node: ast.expr) -> list[ast.expr]:
    match node:
        case ast.Compare():
            return [node.left, *node.comparators]
        case ast.BoolOp():
            return [side for value in node.values for side in _sides(value)]
        case ast.UnaryOp(op=ast.Not()):
            return _sides(node.operand)
    return [node]
