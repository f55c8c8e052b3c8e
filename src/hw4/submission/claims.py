"""Claims: which sentence of a document is bound to which numbers, and whether they bear it."""

import ast
import json
import reprlib
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from hw4.foundation.errors import UserError
from hw4.submission.documents import Expression, Line
from hw4.submission.kernel import Kernel
from hw4.submission.press import read, run_cells
from hw4.submission.typeset import doubt, pandoc, where


@dataclass(frozen=True)
class Claim:
    """Words that are bound to numbers.

    Attributes:
        line: where the expression stands.
        sentence: the words as they are printed.
        expression: what they are bound to.
        holds: whether it is true.
        sides: what it compares, with its values: `low is 0.58`.
    """

    line: Line
    sentence: str
    expression: str
    holds: bool
    sides: str


@dataclass(frozen=True)
class _Bound:
    """A value that binds words; without an expression where a cell has printed it."""

    expression: Expression | None
    holds: bool
    sides: str = ""


def claims(document: Path) -> list[Claim]:
    """The claims of a document in their order, but for those in passages that are left out.

    Its cells are run, so what they load must be stored.

    Raises:
        UserError: a cell or an expression fails, a value is neither True nor False, or one binds
            no words; by file and line.
    """
    bound: list[_Bound] = []

    def number(kernel: Kernel, expression: Expression) -> str:
        value = kernel.evaluate(expression)
        if not expression.binds:
            return value
        sides = ", ".join(_sides(kernel, expression.text))
        bound.append(_Bound(expression, value == "True", sides))
        return str(len(bound) - 1)

    project, parts = read(document)
    with tempfile.TemporaryDirectory(prefix="hw4-claims-") as folder:
        lines = run_cells(parts, project, Path(folder), number).lines
    done = pandoc(["--from=markdown", "--to=json"], lines)
    if done.returncode or "unclosed" in done.stderr:
        raise UserError(doubt(done.stderr, lines))
    bindings = list(_bindings(json.loads(done.stdout)["blocks"], bound))
    used = [it for values, *_ in bindings for it in values.values()]
    for it in bound:
        if not any(it is other for other in used):
            raise UserError(
                f'{it.expression.line}: {it.expression.binds}="…" binds no words; write it behind '
                f'words in brackets, [words]{{{it.expression.binds}="…"}}, or on the ::: of a div.'
            )
    return [
        _claim(values["claim"], _text(content).strip(), lines)
        for values, content, is_left_out in bindings
        if "claim" in values and not is_left_out
    ]


def _bindings(
    node: object, bound: list[_Bound], is_left_out: bool = False
) -> Iterator[tuple[dict[str, _Bound], list, bool]]:
    """The spans and divs: what binds their words by `when` and `claim`, and the words.

    From the outside in: what stands in a passage that is left out is left out.
    """
    if isinstance(node, dict):
        if node.get("t") in ("Span", "Div"):
            (_, _, attributes), content = node["c"]
            values = {
                name: bound[int(value)] if value.isdigit() else _Bound(None, value == "True")
                for name, value in attributes
                if name in ("when", "claim")
            }
            is_left_out = is_left_out or ("when" in values and not values["when"].holds)
            yield values, content, is_left_out
        node = list(node.values())
    if isinstance(node, list):
        for child in node:
            yield from _bindings(child, bound, is_left_out)


def _claim(it: _Bound, sentence: str, lines: list[Line]) -> Claim:
    if it.expression:
        return Claim(it.expression.line, sentence, it.expression.text, it.holds, it.sides)
    return Claim(where(sentence, lines) or lines[0], sentence, str(it.holds), it.holds, "")


def _text(node: object) -> str:
    """The words of a piece of Pandoc's tree."""
    if isinstance(node, list):
        return "".join(map(_text, node))
    if not isinstance(node, dict):
        return ""
    kind, content = node.get("t"), node.get("c")
    if kind in ("Space", "SoftBreak", "LineBreak"):
        return " "
    if kind == "Str":
        return content
    if kind in ("Code", "Math"):
        return content[1]
    words = _text(content)
    if kind == "Quoted":
        return f"“{words}”"
    return f"{words} " if kind in ("Para", "Plain", "Header") else words


def _sides(kernel: Kernel, expression: str) -> Iterator[str]:
    """What is compared in an expression, but for the constants, with its value."""
    for node in _compared(ast.parse(expression.strip(), mode="eval").body):
        if not isinstance(node, ast.Constant):
            text = ast.unparse(node)
            with suppress(Exception):  # of what is not reached, as in `x is not None and x.y > 0`
                yield f"{text} is {_shown(kernel.value(text))}"


def _compared(node: ast.expr) -> list[ast.expr]:
    match node:
        case ast.Compare():
            return [node.left, *node.comparators]
        case ast.BoolOp():
            return [side for value in node.values for side in _compared(value)]
        case ast.UnaryOp(op=ast.Not()):
            return _compared(node.operand)
    return [node]


def _shown(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else reprlib.repr(value)
