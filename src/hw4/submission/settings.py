"""What the header of `report/submission.qmd` sets: which sections are left out, where code goes.

`report/look/arrange.lua` does it, in both renderers; proof-reading goes by it.
"""

from dataclasses import dataclass

from hw4.foundation.errors import UserError
from hw4.foundation.places import ROOT
from hw4.submission.documents import Line, load_yaml, read_lines, split_header
from hw4.submission.renderer import DOCUMENT

IN_PLACE, IN_APPENDIX = "in place", "appendix"


@dataclass(frozen=True)
class Settings:
    """Two settings of a document's header.

    Attributes:
        leave_out: the labels of headings whose sections are left out.
        code_windows: where they stand.
    """

    leave_out: tuple[str, ...] = ()
    code_windows: str = IN_PLACE


def settings() -> Settings:
    """The settings of the submission.

    Raises:
        UserError: one of them is not what it should be, by file and line.
    """
    return settings_of(split_header(read_lines(DOCUMENT, ROOT))[0])


def settings_of(header: list[Line]) -> Settings:
    """The settings in these lines of a header."""
    loaded = load_yaml(header) if header else {}
    names = loaded.get("leave-out") or []
    if not isinstance(names, list) or not all(isinstance(it, str) for it in names):
        raise UserError(
            f"{_line('leave-out', header)}: leave-out is {names!r}, expected a list of the names "
            "of headings, such as [sec-transformer, sec-reproducibility]; write one."
        )
    place = loaded.get("code-windows", IN_PLACE)
    if place not in (IN_PLACE, IN_APPENDIX):
        raise UserError(
            f"{_line('code-windows', header)}: code-windows is {place!r}, expected {IN_PLACE!r} or "
            f"{IN_APPENDIX!r}; write one of these."
        )
    return Settings(tuple(names), place)


def _line(name: str, header: list[Line]) -> Line:
    return next(line for line in header if line.text.startswith(f"{name}:"))
