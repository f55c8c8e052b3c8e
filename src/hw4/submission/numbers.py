"""Numbers in prose: the expressions that a part can quote, and the numbers that are typed there.

A part's first cell is run as the document runs it; what it names is looked through, field by field
and key by key.
"""

import ast
import dataclasses
import difflib
import io
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import redirect_stdout, suppress
from functools import cached_property
from pathlib import Path
from typing import Any

from hw4.foundation import words
from hw4.foundation.errors import UserError
from hw4.foundation.places import ROOT
from hw4.submission.documents import Cell, Prose, read_document
from hw4.submission.lines import Line

DEEPEST = 6
"""Names after the first that an expression may have."""
LONGEST_TUPLE = 3
"""A tuple of more things than this is data, and not for prose."""
WIDEST_TEXT = 60
"""Characters of a text that prose may quote."""
NAMED = 8
"""Names that an advice lists."""
FORMS = {
    "duration({})": r"(seconds|time)[a-z_]*$",
    "number({}, 3)": r"f1[a-z_]*$",
    "points({})": r"(\bgain|mirror_gain|difference|optimism|margin)$|(steps|over_\w+)\[.*value$",
    "pct({})": r"(accuracy|recall|precision|share|interval|confidence|correct|\blow|\bhigh)$",
}
"""The format that suits a number between -1 and 1 (a time: any), by what its expression ends in."""
USUAL = ("scientific({})", "significant({}, 3)", "number({}, 3)", "pct({})")
_SMALL = re.compile(r"mse|error|loss|variance|noise")
_TYPED = re.compile(r"(?<![\w.,])\d+(?:,\d{3})*(?:\.\d+)?(?: ?%| × 10[⁻⁰¹²³⁴-⁹]+)?(?![\w])")
_NOT_PROSE = (
    re.compile(r"`[^`]*`(\{[^}]*\})?"),  # code and expressions
    re.compile(r"\[[^\[\]]*\]\{claim=[^}]*\}"),  # words that are bound to the numbers anyway
    re.compile(r"\$\$?[^$]+\$\$?"),  # formulas
    re.compile(r"\]\([^)]*\)|@[\w-]+|\{[#.][^}]*\}"),  # links, references, names
)


def typed_numbers(parts: list[Prose | Cell]) -> Iterator[tuple[Line, str]]:
    """Each number that is typed in prose, with its line: `92.3 %`, `1.3 × 10⁻⁴`, `1,200`, `5`."""
    for part in parts:
        for line in part.lines if isinstance(part, Prose) else ():
            text = line.text
            for pattern in _NOT_PROSE:
                text = pattern.sub(" ", text)
            yield from ((line, found) for found in _TYPED.findall(text))


def is_telling(number: str) -> bool:
    """Whether nobody would type it by chance where a result prints the same."""
    return "×" in number or len(re.sub(r"\D", "", number).lstrip("0")) > 2


def first_cell(part: Path) -> Cell:
    """The first cell of a part."""
    for piece in read_document(part, ROOT)[1]:
        if isinstance(piece, Cell):
            return piece
    raise UserError(f"{part.relative_to(ROOT)} has no cell: begin it with one that loads.")


def names_of(cell: Cell, part: Path) -> dict[str, Any]:
    """The names that a cell of a part assigns, with their values."""
    # as many empty lines before it as make the lines of a traceback those of the file
    code = "\n" * cell.fence.number + cell.source
    namespace: dict[str, Any] = {"__name__": "__main__"}
    with redirect_stdout(io.StringIO()):
        exec(compile(code, str(part), "exec"), namespace)
    nodes = [node for node in ast.walk(ast.parse(cell.source)) if _is_assigned(node)]
    # the names in a comprehension are its own
    return {
        it.id: namespace[it.id] for it in nodes if it.id in namespace and not it.id.startswith("_")
    }


def quotable(part: Path) -> list[list[tuple[str, str]]]:
    """Each expression that the prose of a part can quote, and how it prints.

    In all forms that prose might give it, the best one first.
    """
    names = names_of(first_cell(part), part)
    # what has a short name of its own is not listed under the longer one that it was taken from
    seen: dict[int, tuple[str, Any]] = {}  # the value too, so that no other gets its id
    found = {name: list(_expressions(name, names[name], seen)) for name in reversed(names)}
    return [row for name in names for row in found[name]]


def _is_assigned(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)


def _expressions(
    name: str, value: Any, seen: dict[int, tuple[str, Any]], depth: int = 0
) -> Iterator[list[tuple[str, str]]]:
    if forms := _forms(name, value):
        yield forms
    elif id(value) in seen:
        yield [(name, f"the same as {seen[id(value)][0]}")]
    elif depth <= DEEPEST:
        if dataclasses.is_dataclass(value) or isinstance(value, Mapping):
            seen[id(value)] = name, value
        for step, inside in _inside(value):
            yield from _expressions(name + step, inside, seen, depth + 1)


def _inside(value: Any) -> Iterator[tuple[str, Any]]:
    """What a value holds: items, or fields and properties as they are written."""
    if isinstance(value, Mapping):
        yield from ((f"[{key!r}]", inside) for key, inside in value.items())
    elif isinstance(value, tuple) and len(value) <= LONGEST_TUPLE:
        yield from ((f"[{index}]", inside) for index, inside in enumerate(value))
    elif dataclasses.is_dataclass(value):
        names = [field.name for field in dataclasses.fields(value)]
        for kind in reversed(type(value).__mro__):
            computed = (property, cached_property)
            names += [name for name, it in vars(kind).items() if isinstance(it, computed)]
        for name in dict.fromkeys(names):
            if not name.startswith("_"):
                with suppress(Exception):  # what cannot be had cannot be quoted
                    yield f".{name}", getattr(value, name)


def _forms(name: str, value: Any) -> list[tuple[str, str]]:
    """Expressions for a plain value with their prints, first the one that suits its name."""
    if isinstance(value, bool):
        return [(name, str(value))]
    if isinstance(value, str):
        return [(name, value)] if 0 < len(value) <= WIDEST_TEXT and "\n" not in value else []
    if isinstance(value, int):
        return [(f"n({name})", words.n(value))]
    if not isinstance(value, float):
        return []
    if not math.isfinite(value):
        return [(f"number({name}, 2)", "– (there is no value here)")]
    last = re.sub(r"(\[\d+|')\]$", "", name.lower())
    forms = [form for form, ending in FORMS.items() if re.search(ending, last)]
    if not -1 <= value <= 1:
        forms = [form for form in forms if form.startswith("duration")]
    if 0 < abs(value) < 5e-4:  # would print as none
        forms = [form for form in forms if not form.startswith("points")]
    is_small = abs(value) < 0.01 and (value or _SMALL.search(name.rpartition(".")[2]))
    usual = USUAL if is_small else (*USUAL[1:], USUAL[0])
    expressions = [form.format(name) for form in dict.fromkeys([*forms[:1], *usual])]
    return [
        (it, eval(it.replace(name, "value"), vars(words), {"value": value})) for it in expressions
    ]


def advice(expression: str, namespace: Mapping[str, Any]) -> str:
    """What there is to choose from where an expression failed; empty if that cannot be said."""
    with suppress(Exception):  # an advice is given or not; it is no second error
        try:
            eval(expression, dict(namespace))
        except NameError as error:
            return _choice(error.name, namespace)
        except AttributeError as error:
            return _choice(error.name, dir(error.obj))
        except KeyError as error:
            nodes = list(ast.walk(ast.parse(expression, mode="eval")))
            for node in reversed(nodes):  # the innermost first
                if isinstance(node, ast.Subscript):
                    known = eval(ast.unparse(node.value), dict(namespace))
                    if error.args[0] not in known:
                        return _choice(repr(error.args[0]), map(repr, known))
    return ""


def _choice(wrong: str, known: Iterable[str]) -> str:
    known = [name for name in known if not name.startswith("_")]
    near = difflib.get_close_matches(wrong, known, n=3, cutoff=0.6)
    if near:
        return f"did you mean {' or '.join(near)}?"
    return f"there is {', '.join(known[:NAMED])}{', …' if len(known) > NAMED else ''}"


def print_numbers(problem: str, part: Path, like: str = "") -> None:
    """Print what `part` can quote, ready to paste.

    Args:
        like: only what has this in its expression, or prints as this.
    """
    rows = [
        (f"`{{python}} {name}`", value)
        for (name, value), *_ in quotable(part)
        if like in name or like in value
    ]
    width = max((len(name) for name, _ in rows), default=0)
    print(f"{problem} ({part.relative_to(ROOT)})" + ("" if rows else f": nothing is like {like!r}"))
    for name, value in rows:
        print(f"  {name:{width}}  {value}")
