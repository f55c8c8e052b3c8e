"""Reading the finished PDF back: text, headings, fonts, and where glyphs stand."""

import ctypes
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pypdfium2
from pypdfium2 import raw

from hw4.foundation.errors import UserError

MONOSPACE = "DejaVuSansMono"
HYPHEN = "\ufffe"
"""What PDFium reads for a hyphen at the end of a line; the line's end is left out."""


@dataclass(frozen=True)
class Run:
    """A run of text on a page.

    Attributes:
        right: where it ends, in points from the left.
    """

    right: float
    _item: pypdfium2.PdfTextObj

    @property
    def text(self) -> str:
        """Its characters, without white space at the ends."""
        return self._item.extract().strip()


class Pdf:
    """A PDF as its reader sees it; pages count from 1."""

    def __init__(self, path: Path) -> None:
        """Open `path`.

        Raises:
            UserError: it is not there or no whole PDF.
        """
        try:
            # A copy in memory, so that the file may be moved meanwhile.
            self._document = pypdfium2.PdfDocument(path.read_bytes())
            self.page_count = len(self._document)
        except OSError as error:
            raise UserError(
                f"{path} cannot be read ({error.strerror}), a PDF was expected: make it with "
                "`make report`."
            ) from error
        except pypdfium2.PdfiumError as error:
            raise UserError(
                f"{path} is no whole PDF, or a damaged one: make it with `make report`."
            ) from error
        self.path = path

    @cached_property
    def _read(self) -> tuple["_Page", ...]:
        return tuple(_page(page) for page in self._document)

    @cached_property
    def pages(self) -> tuple[str, ...]:
        """The text of each page."""
        return tuple(page.text for page in self._read)

    @cached_property
    def labels(self) -> dict[str, int]:
        """The page of each labeled heading."""
        count = raw.FPDF_CountNamedDests(self._document)
        return dict(self._label(index) for index in range(count))

    def _label(self, index: int) -> tuple[str, int]:
        length = ctypes.c_long()
        raw.FPDF_GetNamedDest(self._document, index, None, length)
        name = ctypes.create_string_buffer(length.value)
        place = raw.FPDF_GetNamedDest(self._document, index, name, length)
        page = raw.FPDFDest_GetDestPageIndex(self._document, place)
        return name.raw.decode("utf-16-le").rstrip("\0"), page + 1

    def text(self, first: int, last: int) -> str:
        """The text of pages `first` to `last`, both included."""
        return "\n".join(self.pages[first - 1 : last])

    def width(self, page: int) -> float:
        """The page's width in points."""
        return self._read[page - 1].width

    def drawn(self, page: int) -> float:
        """How much of the page its largest picture or shape covers: 0 to 1."""
        return self._read[page - 1].drawn

    def code_runs(self, page: int) -> tuple[Run, ...]:
        """The runs of text set in the code font."""
        return self._read[page - 1].code

    def prose(self, page: int) -> str:
        """The text of a page without what is set in the code font."""
        return self._read[page - 1].prose

    def fonts_not_embedded(self) -> set[str]:
        """The names of fonts that a reader would have to have."""
        return set().union(*(page.missing_fonts for page in self._read))


@dataclass(frozen=True)
class _Page:
    """What one pass over a page finds."""

    text: str
    prose: str
    code: tuple[Run, ...]
    missing_fonts: frozenset[str]
    width: float
    drawn: float


def _page(page: pypdfium2.PdfPage) -> _Page:
    width, height = page.get_size()
    read = page.get_textpage()
    code, code_objects, fonts, drawn = [], set(), {}, 0.0
    for item in page.get_objects(textpage=read):
        if isinstance(item, pypdfium2.PdfTextObj):
            font = item.get_font()
            address = ctypes.addressof(font.raw.contents)  # asking for its name takes far longer
            if address not in fonts:
                fonts[address] = (font.get_base_name(), font.is_embedded)
            if MONOSPACE in fonts[address][0]:
                code_objects.add(ctypes.addressof(item.raw.contents))
                code.append(Run(item.get_bounds()[2], item))
        elif item.level == 0:  # what is inside a picture has coordinates of its own
            left, bottom, right, top = item.get_bounds()
            drawn = max(drawn, (right - left) * (top - bottom) / (width * height))
    text = read.get_text_range()
    prose = _without(code_objects, text, read)
    missing = frozenset(name for name, embedded in fonts.values() if not embedded)
    return _Page(_clean(text), _clean(prose), tuple(code), missing, width, drawn)


def _without(objects: set[int], text: str, read: pypdfium2.PdfTextPage) -> str:
    """The text but for the characters that belong to some text objects, given by address."""
    units = text.encode("utf-16-le")  # PDFium counts in these
    kept = bytearray()
    for index in range(len(units) // 2):
        item = raw.FPDFText_GetTextObject(read, index)  # none for spaces and line ends it adds
        if not item or ctypes.addressof(item.contents) not in objects:
            kept += units[2 * index : 2 * index + 2]
    return kept.decode("utf-16-le", errors="replace")


def _clean(text: str) -> str:
    return text.replace("\r\n", "\n").replace(HYPHEN, "-")
