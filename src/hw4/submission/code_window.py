"""Code windows: numbered listings of the project's own functions and classes, by dotted name.

The source is parsed and never imported, so that showing a network costs no import of torch, and it
is read when the document is built, so that a listing cannot drift from the code.
`report/look/code-window.lua` and `code-window.typ` turn what is printed here into a framed window.
"""

import ast
import difflib
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from pathlib import Path

from hw4.foundation.errors import UserError
from hw4.submission.lines import fenced

SOURCE = Path(__file__).resolve().parents[2]
"""The folder that holds the package `hw4`."""

DOCSTRINGS = ("short", "full")
CUT = " ⋯"
"""Ends a docstring that goes on in the file."""
_SENTENCE = re.compile(r"[.!?](?=\s|$)|\n\s*\n")
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True)
class Excerpt:
    """Lines `first` to `last` of one file, counted from 1; `path` as a reader names it."""

    path: str
    first: int
    last: int
    file: tuple[str, ...]

    @property
    def code(self) -> str:
        """The lines as they stand in the file."""
        return "\n".join(self.file[self.first - 1 : self.last])


def code(*names: str, docstring: str = "short") -> None:
    """Print the code window of one or more definitions, for a cell with `output: asis`."""
    print(window(*names, docstring=docstring))


def window(*names: str, docstring: str = "short", source: Path = SOURCE) -> str:
    """The Markdown of a code window; several names make several parts of it, from one file.

    Args:
        names: dotted, such as `hw4.sequences.model.VanillaRNN.forward`; functions, classes,
            methods and assigned names are found.
        docstring: `short` shows the first sentence of each docstring, `full` all of it.
        source: the folder of packages to read.
    """
    shown = f"code({', '.join(map(repr, names))})"
    if not names:
        raise UserError("code() was called without a name: write code('hw4.….SomeClass').")
    if docstring not in DOCSTRINGS:
        raise UserError(
            f"{shown} has docstring={docstring!r}: write one of "
            f"{' and '.join(map(repr, DOCSTRINGS))}."
        )
    parts = [part for name in names for part in (*_class_line(name, source), excerpt(name, source))]
    path, *others = sorted({part.path for part in parts})
    if others:
        raise UserError(
            f"{shown} names definitions in {' and '.join([path, *others])}, but a window shows one "
            "file: call code() once for each file."
        )
    return "\n".join([f'\n::: {{.code-window path="{path}"}}', *_blocks(parts, docstring), ":::\n"])


def excerpt(name: str, source: Path = SOURCE) -> Excerpt:
    """The lines of the definition with the dotted `name`, decorators included."""
    file = _file_of(name, source)
    found = _definitions(file, source).get(name) if file else None
    if found is None:
        raise UserError(f"code({name!r}): there is no such function, {_advice(name, source)}")
    first = min(node.lineno for node in [found, *getattr(found, "decorator_list", [])])
    path = f"src/{file.relative_to(source).as_posix()}"
    return Excerpt(path, first, found.end_lineno, tuple(_text(file).split("\n")))


def _class_line(name: str, source: Path) -> list[Excerpt]:
    """Where the class of a method begins, so that a reader sees whose method it is."""
    file, owner = _file_of(name, source), name.rpartition(".")[0]
    found = _definitions(file, source).get(owner) if file else None
    if not isinstance(found, ast.ClassDef):
        return []
    whole = excerpt(owner, source)
    return [replace(whole, last=found.body[0].lineno - 1)]


def _file_of(name: str, source: Path) -> Path | None:
    """The file of the longest leading part of `name` that is a module."""
    steps = name.split(".")
    for count in range(len(steps), 0, -1) if all(map(str.isidentifier, steps)) else ():
        place = source.joinpath(*steps[:count])
        for file in (place.with_name(place.name + ".py"), place / "__init__.py"):
            if file.is_file():
                return file
    return None


def _text(file: Path) -> str:
    with tokenize.open(file) as stream:
        return stream.read()


def _definitions(file: Path, source: Path) -> dict[str, ast.stmt]:
    """What a file defines by dotted name, also under `if`, `try` and `with`.

    As in Python itself a later definition replaces an earlier one.
    """
    found: dict[str, ast.stmt] = {}

    def look(scope: ast.AST, prefix: str) -> None:
        for node in ast.iter_child_nodes(scope):
            if isinstance(node, _DEFINITIONS):
                found[f"{prefix}.{node.name}"] = node
                look(node, f"{prefix}.{node.name}")
            elif isinstance(node, (ast.Assign, ast.AnnAssign)):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                names = [target.id for target in targets if isinstance(target, ast.Name)]
                found.update({f"{prefix}.{name}": node for name in names})
            elif isinstance(node, (ast.If, ast.Try, ast.With, ast.ExceptHandler)):
                look(node, prefix)

    try:
        tree = ast.parse(_text(file), str(file))
    except SyntaxError as error:
        raise UserError(
            f"{file} cannot be read as Python ({error}): put it right, then build again."
        ) from error
    look(tree, ".".join(file.relative_to(source).with_suffix("").parts).removesuffix(".__init__"))
    return found


def _advice(name: str, source: Path) -> str:
    """The end of the sentence for a name that is not there, with those that may have been meant."""
    package = source / name.split(".")[0]
    files = sorted((package if package.is_dir() else source).rglob("*.py"))
    files = [file for file in files if not file.name.startswith("test_")]
    known = [it for file in files for it in _definitions(file, source)]
    same_end = [it for it in known if it.endswith("." + name.rpartition(".")[2])]
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    meant = dict.fromkeys([*same_end[:2], *near])
    advice = f"did you mean {' or '.join(meant)}?" if meant else "correct the name."
    return f"class or name in {source}; {advice}"


def _blocks(parts: list[Excerpt], docstring: str) -> Iterator[str]:
    """The parts in the order of the file, each line once; a block ends where lines are left out."""
    file = list(parts[0].file)
    shown = {number for part in parts for number in range(part.first, part.last + 1)}
    for before, after in pairwise(sorted(shown)):
        if not "".join(file[before : after - 1]).strip():  # only blank lines between two parts
            shown |= set(range(before, after))
    cut = _cut_docstrings(file) & shown if docstring == "short" else set()
    for _, run in groupby(enumerate(sorted(shown - cut)), lambda it: it[1] - it[0]):
        numbers = [number for _, number in run]
        # one that continues another is parted from it by what was cut
        classes = ".python .numberLines" + (" .continues" if numbers[0] - 1 in cut else "")
        text = "\n".join(file[number - 1] for number in numbers)
        yield fenced(text, f' {{{classes} startFrom="{numbers[0]}"}}')


def _cut_docstrings(file: list[str]) -> set[int]:
    """Cut docstrings to their first sentence, in place; the numbers of the lines that go."""
    cut = set()
    for node in ast.walk(ast.parse("\n".join(file))):
        if not isinstance(node, _DEFINITIONS) or ast.get_docstring(node, clean=False) is None:
            continue
        first, last = node.body[0].lineno, node.body[0].end_lineno
        text = "\n".join(file[first - 1 : last])
        quotes = re.match(r"\s*[a-zA-Z]*(\"{3}|'{3}|\"|')", text)
        end = quotes and _SENTENCE.search(text, quotes.end())
        kept = text[: end.end()].rstrip() if end else text
        if text[len(kept) :].strip(" \n\"'"):
            lines = (kept + CUT + quotes[1]).split("\n")
            file[first - 1 : first - 1 + len(lines)] = lines
            cut |= set(range(first + len(lines), last + 1))
    return cut
