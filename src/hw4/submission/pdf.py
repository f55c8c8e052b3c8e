"""Reading the finished PDF back: text, headings, fonts, and where glyphs stand."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pypdf import PdfReader

from hw4.foundation.errors import UserError

logging.getLogger("pypdf").setLevel(logging.ERROR)  # its warnings say less than our sentence

MONOSPACE = "DejaVuSansMono"
MONOSPACE_ADVANCE = 0.602
"""Width of every glyph of the code font, as a share of its size."""


@dataclass(frozen=True)
class Run:
    """A run of text on a page: where it begins and ends from the left, in points."""

    text: str
    left: float
    right: float


class Pdf:
    """A PDF as its reader sees it; pages count from 1."""

    def __init__(self, path: Path) -> None:
        """Open `path`.

        Raises:
            UserError: it is not there or no whole PDF.
        """
        try:
            self._reader = PdfReader(path)
            self.page_count = len(self._reader.pages)
        except Exception as error:  # pypdf meets a damaged file with errors of many kinds
            raise UserError(
                f"{path} cannot be read as a PDF ({error}): make it with `make report`."
            ) from error
        self.path = path

    @cached_property
    def _read(self) -> tuple["_Page", ...]:
        return tuple(_page(page) for page in self._reader.pages)

    @cached_property
    def pages(self) -> tuple[str, ...]:
        """The text of each page."""
        return tuple(page.text for page in self._read)

    @cached_property
    def labels(self) -> dict[str, int]:
        """The page of each labeled heading."""
        return {
            name: self._reader.get_destination_page_number(place) + 1
            for name, place in self._reader.named_destinations.items()
        }

    def text(self, first: int, last: int) -> str:
        """The text of pages `first` to `last`, both included."""
        return "\n".join(self.pages[first - 1 : last])

    def width(self, page: int) -> float:
        """The page's width in points."""
        return float(self._reader.pages[page - 1].mediabox.width)

    def drawing_size(self, page: int) -> int:
        """How much is drawn on the page: the bytes of its content, pictures included."""
        content = self._reader.pages[page - 1]["/Contents"].get_object()
        streams = content if isinstance(content, list) else [content]
        drawn = self._reader.pages[page - 1].get("/Resources", {}).get("/XObject", {})
        return sum(len(item.get_object().get_data()) for item in [*streams, *drawn.values()])

    def code_runs(self, page: int) -> tuple[Run, ...]:
        """The runs of text set in the code font."""
        return self._read[page - 1].code

    def prose(self, page: int) -> str:
        """The text of a page without what is set in the code font."""
        return self._read[page - 1].prose

    def fonts_not_embedded(self) -> set[str]:
        """The names of fonts that a reader would have to have."""
        missing = set()
        for page in self._reader.pages:
            for font in _fonts(page.get("/Resources", {}), set()):
                inner = font.get("/DescendantFonts", [font])[0].get_object()
                descriptor = inner.get("/FontDescriptor", {})
                if not any(f"/FontFile{kind}" in descriptor for kind in ("", "2", "3")):
                    missing.add(str(font.get("/BaseFont")))
        return missing


@dataclass(frozen=True)
class _Page:
    """What one pass over a page finds: extracting text is what takes the time."""

    text: str
    prose: str
    code: tuple[Run, ...]


def _page(page: Any) -> _Page:
    prose: list[str] = []
    code: list[Run] = []

    def visit(text: str, outer: list[float], own: list[float], font: Any, size: float) -> None:
        if not (font and MONOSPACE in str(font.get("/BaseFont"))):
            prose.append(text)
        elif text.strip():
            line = text.rstrip("\n")
            left = own[4] * outer[0] + own[5] * outer[2] + outer[4]
            step = MONOSPACE_ADVANCE * size * abs(own[0] * outer[0])
            code.append(Run(line, left, left + step * len(line)))

    text = page.extract_text(visitor_text=visit)
    return _Page(text, "".join(prose), tuple(code))


def _fonts(resources: Any, seen: set[int]) -> Iterator[Any]:
    """The fonts of a page and of everything drawn on it."""
    resources = resources.get_object()
    for font in resources.get("/Font", {}).values():
        if font.get_object().get("/Subtype") != "/Type3":
            yield font.get_object()
    for inner in resources.get("/XObject", {}).values():
        drawn = inner.get_object()
        if id(drawn) not in seen and "/Resources" in drawn:
            seen.add(id(drawn))
            yield from _fonts(drawn["/Resources"], seen)
