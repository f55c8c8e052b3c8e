"""Reading the finished PDF back: text, headings, fonts, tables, and where glyphs stand."""

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pypdfium2
from pypdfium2 import raw

from hw4.foundation.errors import UserError

MONOSPACE = "DejaVuSansMono"
HYPHEN = "\ufffe"
"""What PDFium reads for a hyphen at the end of a line; the line's end is left out."""
QUOTED = ("Quote", "BlockQuote")
"""Elements of a tagged PDF whose words are somebody else's."""
CELLS = ("TD", "TH")
MARGIN = 54.0
"""Points that stay free at the right edge of a page."""


@dataclass(frozen=True)
class Row:
    """A row of a table: the text of its cells, and the labels that links in it lead to."""

    cells: tuple[str, ...]
    labels: frozenset[str]


@dataclass(frozen=True)
class Page:
    """A page as its reader sees it.

    Attributes:
        prose: the text without what is set in the code font, and without quotations.
        wide_code: the text set in the code font that runs into the margin.
        drawn: the share of the page that its largest picture or shape covers.
        missing_fonts: those that are not embedded.
    """

    text: str
    prose: str
    wide_code: tuple[str, ...] = ()
    drawn: float = 0.0
    missing_fonts: frozenset[str] = frozenset()


class Pdf:
    """A PDF as its reader sees it; pages count from 1.

    Raises:
        UserError: it is not there or no whole PDF.
    """

    def __init__(self, path: Path) -> None:
        try:
            # A copy in memory, so that the file may be moved meanwhile.
            self.content = path.read_bytes()
            self._document = pypdfium2.PdfDocument(self.content)
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
    def pages(self) -> tuple[Page, ...]:
        return tuple(map(_page, self._document))

    @cached_property
    def labels(self) -> dict[str, int]:
        """The page of each labeled heading."""
        return {name: page for name, (page, *_) in self._places.items()}

    @cached_property
    def _places(self) -> dict[str, tuple]:
        """Where each label leads: its page, and the point on it."""
        return dict(map(self._label, range(raw.FPDF_CountNamedDests(self._document))))

    def _label(self, index: int) -> tuple[str, tuple]:
        length = ctypes.c_long()
        raw.FPDF_GetNamedDest(self._document, index, None, length)
        name = ctypes.create_string_buffer(length.value)
        place = raw.FPDF_GetNamedDest(self._document, index, name, length)
        return name.raw.decode("utf-16-le").rstrip("\0"), self._place(place)

    def _place(self, destination: object) -> tuple:
        known, x, y = ctypes.c_int(), ctypes.c_float(), ctypes.c_float()
        raw.FPDFDest_GetLocationInPage(destination, known, known, known, x, y, ctypes.c_float())
        page = raw.FPDFDest_GetDestPageIndex(self._document, destination) + 1
        return page, round(x.value), round(y.value)

    def rows(self, page: int) -> list[Row]:
        """The rows of the tables on a page."""
        handle = self._document[page - 1]
        items: dict[int, list[pypdfium2.PdfTextObj]] = {}
        for item in handle.get_objects(textpage=handle.get_textpage()):
            if isinstance(item, pypdfium2.PdfTextObj):
                items.setdefault(_mark(item), []).append(item)
        links = list(self._links(handle))
        rows = []
        for row in _elements(handle, ("TR",)):
            cells = []
            labels: set[str] = set()
            for cell in _below(row, CELLS):
                texts = [item for mark in _marks(cell) for item in items.get(mark, ())]
                cells.append(_clean("".join(item.extract() for item in texts)).strip())
                labels |= {name for name, box in links for it in texts if _meets(it, box)}
            rows.append(Row(tuple(cells), frozenset(labels)))
        return rows

    def _links(self, page: pypdfium2.PdfPage) -> Iterator[tuple[str, raw.FS_RECTF]]:
        names = {place: name for name, place in self._places.items()}
        start, link = ctypes.c_int(), raw.FPDF_LINK()
        while raw.FPDFLink_Enumerate(page, start, link):
            box = raw.FS_RECTF()
            raw.FPDFLink_GetAnnotRect(link, box)
            place = raw.FPDFLink_GetDest(self._document, link)
            if place and self._place(place) in names:
                yield names[self._place(place)], box


def _page(page: pypdfium2.PdfPage) -> Page:
    width, height = page.get_size()
    read = page.get_textpage()
    quoted = {mark for element in _elements(page, QUOTED) for mark in _marks(element)}
    wide, apart, fonts, drawn = [], set(), {}, 0.0
    for item in page.get_objects(textpage=read):
        if isinstance(item, pypdfium2.PdfTextObj):
            font = item.get_font()
            address = ctypes.addressof(font.raw.contents)  # asking for its name takes far longer
            if address not in fonts:
                fonts[address] = (font.get_base_name(), font.is_embedded)
            if MONOSPACE in fonts[address][0]:
                apart.add(ctypes.addressof(item.raw.contents))
                if item.get_bounds()[2] > width - MARGIN and (shown := item.extract().strip()):
                    wide.append(shown)
            elif quoted and _mark(item) in quoted:
                apart.add(ctypes.addressof(item.raw.contents))
        elif item.level == 0:  # what is inside a picture has coordinates of its own
            left, bottom, right, top = item.get_bounds()
            drawn = max(drawn, (right - left) * (top - bottom) / (width * height))
    text = read.get_text_range()
    prose = _without(apart, text, read)
    missing = frozenset(name for name, embedded in fonts.values() if not embedded)
    return Page(_clean(text), _clean(prose), tuple(wide), drawn, missing)


def _without(objects: set[int], text: str, read: pypdfium2.PdfTextPage) -> str:
    """The text but for the characters that belong to some text objects, given by address."""
    units = text.encode("utf-16-le")  # PDFium counts in these
    kept = bytearray()
    for index in range(len(units) // 2):
        item = raw.FPDFText_GetTextObject(read, index)  # none for spaces and line ends it adds
        if not item or ctypes.addressof(item.contents) not in objects:
            kept += units[2 * index : 2 * index + 2]
    return kept.decode("utf-16-le", errors="replace")


def _elements(page: pypdfium2.PdfPage, kinds: tuple[str, ...]) -> Iterator[object]:
    """The elements of these kinds in the structure of a tagged page, in reading order."""
    tree = raw.FPDF_StructTree_GetForPage(page)
    if not tree:
        return
    try:
        for index in range(raw.FPDF_StructTree_CountChildren(tree)):
            yield from _below(raw.FPDF_StructTree_GetChildAtIndex(tree, index), kinds)
    finally:
        raw.FPDF_StructTree_Close(tree)


def _below(element: object, kinds: tuple[str, ...]) -> Iterator[object]:
    for index in range(raw.FPDF_StructElement_CountChildren(element)):
        child = raw.FPDF_StructElement_GetChildAtIndex(element, index)
        if child:
            if _kind(child) in kinds:
                yield child
            yield from _below(child, kinds)


def _kind(element: object) -> str:
    length = raw.FPDF_StructElement_GetType(element, None, 0)
    name = ctypes.create_string_buffer(length)
    raw.FPDF_StructElement_GetType(element, name, length)
    return name.raw.decode("utf-16-le").rstrip("\0")


def _marks(element: object) -> Iterator[int]:
    """The numbers of the marked content inside an element, in reading order."""
    # a child that is an element stands among the marks as -1, in its place
    own = range(raw.FPDF_StructElement_GetMarkedContentIdCount(element))
    for index in own:
        mark = raw.FPDF_StructElement_GetMarkedContentIdAtIndex(element, index)
        child = raw.FPDF_StructElement_GetChildAtIndex(element, index) if mark < 0 else None
        if mark >= 0:
            yield mark
        elif child:
            yield from _marks(child)


def _mark(item: pypdfium2.PdfTextObj) -> int:
    return raw.FPDFPageObj_GetMarkedContentID(item)


def _meets(item: pypdfium2.PdfTextObj, box: raw.FS_RECTF) -> bool:
    left, bottom, right, top = item.get_bounds()
    across, up = (left + right) / 2, (bottom + top) / 2
    return box.left <= across <= box.right and box.bottom <= up <= box.top


def _clean(text: str) -> str:
    return text.replace("\r\n", "\n").replace(HYPHEN, "-")
