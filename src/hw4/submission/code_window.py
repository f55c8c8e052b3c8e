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
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import Path

from hw4.foundation.errors import UserError

SOURCE = Path(__file__).resolve().parents[2]
"""The folder that holds the package `hw4`."""

DOCSTRINGS = ("short", "full")
_SENTENCE = re.compile(r"[.!?](?=\s|$)|\n\s*\n")
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True)
class Excerpt:
    """Neighboring lines of one file.

    Attributes:
        path: as a reader of the project names it, `src/hw4/…/….py`.
        first: number of the first line, counted from 1.
        last: number of the last line.
        file: all lines of the file.
    """

    path: str
    first: int
    last: int
    file: tuple[str, ...]

    @property
    def code(self) -> str:
        """The lines as they stand in the file."""
        return "\n".join(self.file[self.first - 1 : self.last])


def code(
    *names: str, label: str | None = None, caption: str | None = None, docstring: str = "short"
) -> None:
    """Print the code window of one or more definitions, for a cell with `output: asis`.

    Several names make one window of several parts, so they must stand in the same file.

    Args:
        names: dotted, such as `hw4.sequences.model.VanillaRNN.forward`; functions, classes,
            methods and assigned names are found.
        label: begins with `lst-`; makes the window a listing that `@lst-…` refers to.
        caption: Markdown, a single paragraph; goes with a label.
        docstring: `short` shows the first sentence of each docstring, `full` all of it.

    Raises:
        UserError: a name is not in the source, or two names are in different files.
    """
    print(window(*names, label=label, caption=caption, docstring=docstring))


def window(
    *names: str,
    label: str | None = None,
    caption: str | None = None,
    docstring: str = "short",
    source: Path = SOURCE,
) -> str:
    """The Markdown that `code` prints; `source` is the folder of packages to read."""
    if not names:
        raise UserError("code() was called without a name: write code('hw4.….SomeClass').")
    if (label is None) != (caption is None) or not (label or "lst-").startswith("lst-"):
        raise UserError(
            f"code({names[0]!r}) has label={label!r} and caption={caption!r}: give both, with a "
            "label that begins with lst-, or neither."
        )
    if docstring not in DOCSTRINGS:
        raise UserError(
            f"code({names[0]!r}) has docstring={docstring!r}: write one of "
            f"{' and '.join(map(repr, DOCSTRINGS))}."
        )
    parts = [excerpt(name, source) for name in names]
    paths = sorted({part.path for part in parts})
    if len(paths) > 1:
        raise UserError(
            f"code({', '.join(map(repr, names))}) names definitions in {' and '.join(paths)}, but "
            "a window shows one file: call code() once for each file."
        )
    blocks = [_fenced(*block) for block in _blocks(parts, docstring)]
    lines = [f'::: {{.code-window path="{paths[0]}"}}', *blocks, ":::", ""]
    if label and caption:
        lines = [f"::: {{#{label}}}", *lines, " ".join(caption.split()), ":::", ""]
    return "\n".join(["", *lines])


def excerpt(name: str, source: Path = SOURCE) -> Excerpt:
    """The lines of the definition with the dotted `name`, decorators included.

    Raises:
        UserError: there is no such definition; the sentence names the nearest ones.
    """
    file, inside = _file_of(name, source)
    if file is None or not inside:
        raise UserError(_unknown(name, source))
    text, found = _read(file)
    for step in inside:
        # the last one, as in Python itself, where a later definition replaces an earlier one
        found = dict(_defined(found)).get(step)
        if found is None:
            raise UserError(_unknown(name, source))
    first = min(node.lineno for node in [found, *getattr(found, "decorator_list", [])])
    path = f"src/{file.relative_to(source).as_posix()}"
    return Excerpt(path, first, found.end_lineno, tuple(text.split("\n")))


def _file_of(name: str, source: Path) -> tuple[Path | None, list[str]]:
    """The file of the longest leading part of `name` that is a module, and the names after it."""
    steps = name.split(".")
    for count in range(len(steps), 0, -1):
        place = source.joinpath(*steps[:count])
        for file in (place.with_name(place.name + ".py"), place / "__init__.py"):
            if all(step.isidentifier() for step in steps) and file.is_file():
                return file, steps[count:]
    return None, steps


def _read(file: Path) -> tuple[str, ast.AST]:
    with tokenize.open(file) as stream:
        text = stream.read()
    try:
        return text, ast.parse(text, str(file))
    except SyntaxError as error:
        raise UserError(
            f"{file} cannot be read as Python ({error}): put it right, then build again."
        ) from error


def _defined(scope: ast.AST) -> Iterator[tuple[str, ast.stmt]]:
    """Names defined directly in a module, class or function, also under `if`, `try` and `with`."""
    for node in ast.iter_child_nodes(scope):
        if isinstance(node, _DEFINITIONS):
            yield node.name, node
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from ((target.id, node) for target in targets if isinstance(target, ast.Name))
        elif isinstance(node, (ast.If, ast.Try, ast.With, ast.ExceptHandler)):
            yield from _defined(node)


def _unknown(name: str, source: Path) -> str:
    """The sentence for a name that is not there, with the names that may have been meant."""
    package = source / name.split(".")[0]
    known = list(_every_name(package if package.is_dir() else source, source))
    same_end = [other for other in known if other.endswith("." + name.rpartition(".")[2])]
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.75)
    inside = [other for other in known if other.startswith(name + ".")]
    meant = list(dict.fromkeys([*same_end[:2], *near, *inside]))[:3]
    advice = f"did you mean {' or '.join(meant)}?" if meant else "correct the name."
    return f"code({name!r}): there is no such function, class or name in {source}; {advice}"


def _every_name(package: Path, source: Path) -> Iterator[str]:
    def inside(scope: ast.AST, prefix: str) -> Iterator[str]:
        for name, node in _defined(scope):
            yield f"{prefix}.{name}"
            if isinstance(node, ast.ClassDef):
                yield from inside(node, f"{prefix}.{name}")

    for file in sorted(package.rglob("*.py")):
        if not file.name.startswith("test_"):
            steps = file.relative_to(source).with_suffix("").parts
            dotted = ".".join(step for step in steps if step != "__init__")
            yield from inside(_read(file)[1], dotted)


def _blocks(parts: list[Excerpt], docstring: str) -> Iterator[tuple[int, str, bool]]:
    """The parts in the order of the file, each line once.

    Each block with the number of its first line, and whether a docstring was cut just before it.
    """
    file = list(parts[0].file)
    shown = {number for part in parts for number in range(part.first, part.last + 1)}
    for before, after in pairwise(sorted(shown)):
        if not "".join(file[before : after - 1]).strip():  # only blank lines between two parts
            shown |= set(range(before, after))
    cut = _cut_docstrings(file) & shown if docstring == "short" else set()
    for _, run in groupby(enumerate(sorted(shown - cut)), lambda it: it[1] - it[0]):
        numbers = [number for _, number in run]
        first = numbers[0]
        yield first, "\n".join(file[number - 1] for number in numbers), first - 1 in cut


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
            lines = (kept + quotes[1]).split("\n")
            file[first - 1 : first - 1 + len(lines)] = lines
            cut |= set(range(first + len(lines), last + 1))
    return cut


def _fenced(first: int, text: str, continues: bool) -> str:
    """A block of code; one that continues another is parted from it by what was cut."""
    longest = max(map(len, re.findall(r"`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    classes = ".python .numberLines" + (" .continues" if continues else "")
    return f'{fence} {{{classes} startFrom="{first}"}}\n{text}\n{fence}\n'
