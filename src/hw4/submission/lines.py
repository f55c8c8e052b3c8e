"""Lines of text that remember where they are from, and the YAML in them."""

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


def read_utf8(path: Path, shown: Path | str) -> str:
    """The text of a file, without a mark of the byte order, its lines ended by `\\n`.

    Args:
        shown: what to call it in a message.

    Raises:
        UserError: it cannot be read, or is not UTF-8.
    """
    try:
        content = path.read_bytes()
        return content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        number = content[: error.start].count(b"\n") + 1
        raise UserError(
            f"{shown}:{number}: found bytes that are not UTF-8, expected text: save it as UTF-8."
        ) from None
    except OSError as error:
        raise UserError(
            f"{shown} cannot be read ({error.strerror}), a text file was expected: put it back."
        ) from None


def parse_yaml(lines: list[Line]) -> object:
    """What a few lines of YAML hold.

    Raises:
        UserError: it is not YAML.
    """
    text, at = "\n".join(line.text for line in lines), 0
    try:
        return yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        at = error.problem_mark.line if error.problem_mark else 0
        problem = error.problem
    except yaml.reader.ReaderError as error:
        at = text.count("\n", 0, error.position)
        problem = f"the character #x{error.character:04x} is not allowed"
    except RecursionError:
        problem = "nested too deep"
    except ValueError as error:  # a date such as 2025-13-01
        at = next((n for n, line in enumerate(lines) if _has_no_value(line.text)), 0)
        problem = str(error)
    at = min(at, len(lines) - 1)
    while at and not lines[at].text.strip():
        at -= 1
    line = lines[at]
    raise UserError(
        f"{line}: this is not valid YAML ({problem}): {line.text.strip()[:SHOWN_OF_LINE]}; "
        "put that line right."
    )


def _has_no_value(text: str) -> bool:
    try:
        yaml.safe_load(text.strip())
    except yaml.YAMLError:
        return False
    except ValueError:
        return True
    return False


def load_yaml(lines: list[Line]) -> dict:
    """The mapping a few lines of YAML hold.

    Raises:
        UserError: it is not YAML, or not a mapping.
    """
    return as_mapping(parse_yaml(lines), lines[0])


def as_mapping(value: object, line: Line, where: str = "") -> dict:
    """`value` if it is a mapping, an empty one for nothing.

    Raises:
        UserError: it is something else.
    """
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise UserError(
            f"{line}: expected 'key: value' lines{where}, found {reprlib.repr(value)}; write them, "
            "or take it out."
        )
    return value
