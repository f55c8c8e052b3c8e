"""Text that knows where it comes from, and the YAML in it."""

import re
import reprlib
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from hw4.foundation.errors import UserError

SHOWN_OF_LINE = 80
"""Characters of a line that a message repeats."""


@dataclass(frozen=True)
class Line:
    """One line of text and where it comes from."""

    text: str
    path: Path
    number: int

    def __str__(self) -> str:
        return f"{self.path}:{self.number}"

    def says(self, text: str) -> "Line":
        """Another text from the same place."""
        return replace(self, text=text)


def numbered(text: str, path: Path) -> list[Line]:
    return [Line(row, path, number) for number, row in enumerate(text.splitlines(), 1)]


def shown(path: Path, root: Path) -> Path:
    """What to call a file in a message: its path from the project's folder, if it is in there."""
    return path.relative_to(root) if path.is_relative_to(root) else path


def lines_of(path: Path, root: Path) -> list[Line]:
    """The lines of a file, without a mark of the byte order."""
    name = shown(path, root)
    try:
        content = path.read_bytes()
        text = content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        number = content[: error.start].count(b"\n") + 1
        raise UserError(
            f"{name}:{number}: found bytes that are not UTF-8, expected text: save it as UTF-8."
        ) from None
    except OSError as error:
        raise UserError(
            f"{name} cannot be read ({error.strerror}), a text file was expected: put it back."
        ) from None
    return numbered(text, name)


class _Loader(yaml.SafeLoader):
    """Tells where a value stands that cannot be what it looks like, such as the day 2025-13-01."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> object:
        try:
            return super().construct_object(node, deep)
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            place = node.start_mark
            raise yaml.constructor.ConstructorError(None, None, str(error), place) from error


def load_yaml(lines: list[Line]) -> object:
    """What a few lines of YAML hold."""
    text, at = "\n".join(line.text for line in lines), 0
    try:
        return yaml.load(text, _Loader)
    except yaml.MarkedYAMLError as error:
        at = error.problem_mark.line if error.problem_mark else 0
        problem = error.problem
    except yaml.reader.ReaderError as error:
        at = text.count("\n", 0, error.position)
        problem = f"the character #x{error.character:04x} is not allowed"
    except RecursionError:
        problem = "nested too deep"
    line = next(it for it in [*reversed(lines[: at + 1]), lines[0]] if it.text.strip() or not at)
    raise UserError(
        f"{line}: this is not valid YAML ({problem}): {line.text.strip()[:SHOWN_OF_LINE]}; "
        "put that line right."
    )


def as_mapping(value: object, line: Line, where: str = "") -> dict:
    """`value` if it is a mapping, an empty one for nothing."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise UserError(
            f"{line}: expected 'key: value' lines{where}, found {short(value)}; write them, "
            "or take it out."
        )
    return value


def line_of(name: object, lines: list[Line]) -> Line:
    """The line on which a setting stands."""
    return next((it for it in lines if it.text.strip().startswith(f"{name}:")), lines[0])


def short(value: object) -> str:
    """A value for a message, however deep it is nested."""
    shortened = reprlib.Repr()
    shortened.maxlevel, shortened.maxlist, shortened.maxdict = 2, 3, 3
    return shortened.repr(value)


def fenced(text: str, attributes: str = "") -> str:
    """A block of code in Markdown, whatever the code holds."""
    longest = max(map(len, re.findall(r"`{3,}", text)), default=2)
    ticks = "`" * (longest + 1)
    return f"\n{ticks}{attributes}\n{text}\n{ticks}\n"
