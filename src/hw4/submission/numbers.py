"""What prose can quote: the expressions of a part, each with its value as it prints.

A part's first cell is run as the document runs it; what it names is looked through, field by field
and key by key.
"""

import ast
import builtins
import dataclasses
import difflib
import io
import math
import re
from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout, suppress
from functools import cached_property
from pathlib import Path
from typing import Any

from hw4.foundation import words
from hw4.foundation.errors import UserError
from hw4.foundation.places import ROOT
from hw4.submission.documents import Cell, read_lines, split_cells

DEEPEST = 6
"""Names after the first that an expression may have."""
SHORTEST_TUPLE = 3
"""A tuple of more things than this is data, and not for prose."""
WIDEST_TEXT = 60
"""Characters of a text that prose may quote."""
NAMED = 8
"""Names that an advice lists."""
_SHARE = re.compile(r"accuracy|recall|precision|share|interval|confidence|correct")
_TIME = re.compile(r"seconds|time")
_SCORE = re.compile(r"f1")
_SMALL = re.compile(r"mse|error|loss|variance|noise")


def first_cell(part: Path) -> Cell:
    """The first cell of a part.

    Raises:
        UserError: the part has none.
    """
    for piece in split_cells(read_lines(part, ROOT)):
        if isinstance(piece, Cell):
            return piece
    raise UserError(f"{part.relative_to(ROOT)} has no cell: begin it with one that loads.")


def names_of(cell: Cell, part: Path) -> dict[str, Any]:
    """The names after a cell of a part has run."""
    # as many empty lines before it as make the lines of a traceback those of the file
    code = "\n" * cell.fence.number + "\n".join(line.text for line in cell.code)
    namespace: dict[str, Any] = {"__name__": "__main__"}
    with redirect_stdout(io.StringIO()):
        exec(compile(code, str(part), "exec"), namespace)
    namespace.pop("__builtins__", None)
    return namespace


def quotable(part: Path) -> list[tuple[str, str]]:
    """Each expression that the prose of a part can quote, and how it prints."""
    cell = first_cell(part)
    namespace = names_of(cell, part)
    tree = ast.parse("\n".join(line.text for line in cell.code))
    names = [it.id for node in tree.body for it in ast.walk(node) if _is_assigned(it)]
    # the names in a comprehension are its own
    names = [it for it in dict.fromkeys(names) if it in namespace and not it.startswith("_")]
    # what has a short name of its own is not listed under the longer one that it was taken from
    seen: dict[int, tuple[str, Any]] = {}  # the value too, so that no other gets its id
    found = {name: list(_expressions(name, namespace[name], seen)) for name in reversed(names)}
    return [row for name in names for row in found[name]]


def _is_assigned(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)


def _expressions(
    name: str, value: Any, seen: dict[int, tuple[str, Any]], depth: int = 0
) -> Iterator[tuple[str, str]]:
    shown = _shown(name, value)
    if shown:
        yield shown
    elif depth > DEEPEST:
        return
    elif dataclasses.is_dataclass(value) or isinstance(value, Mapping):
        if id(value) in seen:
            yield name, f"the same as {seen[id(value)][0]}"
            return
        seen[id(value)] = name, value
        for step, inside in _inside(value):
            yield from _expressions(name + step, inside, seen, depth + 1)
    elif isinstance(value, tuple) and len(value) <= SHORTEST_TUPLE:
        for index, inside in enumerate(value):
            yield from _expressions(f"{name}[{index}]", inside, seen, depth + 1)


def _inside(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        yield from ((f"[{key!r}]", inside) for key, inside in value.items())
        return
    for name in _attributes(value):
        with suppress(Exception):  # what cannot be had cannot be quoted
            yield f".{name}", getattr(value, name)


def _attributes(value: Any) -> list[str]:
    """Fields and properties of a dataclass, in the order in which they are written."""
    fields = [field.name for field in dataclasses.fields(value)]
    computed = [
        name
        for kind in reversed(type(value).__mro__)
        for name, member in vars(kind).items()
        if isinstance(member, (property, cached_property))
    ]
    return [name for name in dict.fromkeys([*fields, *computed]) if not name.startswith("_")]


def _shown(name: str, value: Any) -> tuple[str, str] | None:
    """An expression for a plain value and its print, with the format that suits its name."""
    if isinstance(value, bool):
        return name, str(value)
    if isinstance(value, str):
        return (name, value) if 0 < len(value) <= WIDEST_TEXT and "\n" not in value else None
    if isinstance(value, int):
        return f"n({name})", words.n(value)
    if not isinstance(value, float):
        return None
    last = re.findall(r"[a-z_0-9]+", name.lower())
    last = [step for step in last if not step.isdigit()][-1]
    if not math.isfinite(value):
        return f"number({name}, 2)", "– (there is no value here)"
    if _TIME.search(last):
        return f"duration({name})", words.duration(value)
    if _SCORE.search(last):
        return f"number({name}, 3)", words.number(value, 3)
    if _SHARE.search(last) and -1 <= value <= 1:
        return f"pct({name})", words.pct(value)
    if abs(value) < 0.01 and (value or _SMALL.search(last)):
        return f"scientific({name})", words.scientific(value)
    return f"significant({name}, 3)", words.significant(value, 3)


def advice(expression: str, namespace: Mapping[str, Any]) -> str:
    """What there is to choose from where an expression failed; empty if that cannot be said."""
    with suppress(Exception):  # an advice is given or not; it is no second error
        tree = ast.parse(expression, mode="eval")
        own = {node.id for node in ast.walk(tree) if _is_assigned(node)}
        # from the inside out: the first step that fails is the one to mend
        for node in reversed(list(ast.walk(tree))):
            if isinstance(node, ast.Name) and node.id not in {*namespace, *own, *dir(builtins)}:
                return _choice(node.id, list(namespace))
            if isinstance(node, ast.Attribute):
                value = eval(ast.unparse(node.value), dict(namespace))
                if not hasattr(value, node.attr):
                    return _choice(node.attr, dir(value), f"{ast.unparse(node.value)}.")
            if isinstance(node, ast.Subscript):
                value = eval(ast.unparse(node.value), dict(namespace))
                key = eval(ast.unparse(node.slice), dict(namespace))
                if isinstance(value, Mapping) and key not in value:
                    names = [repr(name) for name in value]
                    return _choice(repr(key), names, f"{ast.unparse(node.value)}[", "]")
    return ""


def _choice(wrong: str, known: list[str], before: str = "", after: str = "") -> str:
    known = [name for name in known if not name.startswith("_")]
    near = difflib.get_close_matches(wrong, known, n=3, cutoff=0.6)
    if near:
        return f"did you mean {' or '.join(before + name + after for name in near)}?"
    more = ", …" if len(known) > NAMED else ""
    return f"there is {', '.join(before + name + after for name in known[:NAMED])}{more}"


def print_numbers(problem: str, part: Path, like: str = "") -> None:
    """Print what `part` can quote, ready to paste.

    Args:
        like: only what has this in its expression, or prints as this.
    """
    rows = [
        (f"`{{python}} {name}`", value)
        for name, value in quotable(part)
        if like in name or like in value
    ]
    width = max((len(name) for name, _ in rows), default=0)
    print(f"{problem} ({part.relative_to(ROOT)})" + ("" if rows else f": nothing is like {like!r}"))
    for name, value in rows:
        print(f"  {name:{width}}  {value}")
