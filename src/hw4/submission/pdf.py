"""Reading the finished PDF back: text, headings, tables, and where glyphs stand."""

import ctypes
from collections import defaultdict
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
QUOTED = {"Quote", "BlockQuote"}
"""Elements of a tagged PDF whose words are somebody else's."""
MARGIN = 54.0
"""Points that stay free at the right edge of a page."""
Around = tuple[tuple[str, int], ...]
"""The elements of a tagged PDF around something, from the outside in: kind, place among others."""


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
    """

    text: str
    prose: str
    wide_code: tuple[str, ...] = ()
    drawn: float = 0.0


class Pdf:
    """A PDF as its reader sees it; pages count from 1."""

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

    @cached_property
    def pages(self) -> tuple[Page, ...]:
        return tuple(map(_page, self._document))

    @cached_property
    def labels(self) -> dict[str, int]:
        """The page of each labeled heading."""
        return {name: page for name, (page, *_) in self._places.items()}

    @cached_property
    def _places(self) -> dict[str, tuple[int, int, int]]:
        """Where each label leads: its page, and the point on it."""
        places = {}
        for index in range(raw.FPDF_CountNamedDests(self._document)):
            length = ctypes.c_long()
            raw.FPDF_GetNamedDest(self._document, index, None, length)
            name = ctypes.create_string_buffer(length.value)
            place = raw.FPDF_GetNamedDest(self._document, index, name, length)
            places[_decoded(name)] = self._place(place)
        return places

    def _place(self, destination: object) -> tuple[int, int, int]:
        known, x, y = ctypes.c_int(), ctypes.c_float(), ctypes.c_float()
        raw.FPDFDest_GetLocationInPage(destination, known, known, known, x, y, ctypes.c_float())
        page = raw.FPDFDest_GetDestPageIndex(self._document, destination) + 1
        return page, round(x.value), round(y.value)

    def rows(self, page: int) -> list[Row]:
        """The rows of the tables on a page."""
        handle = self._document[page - 1]
        items = defaultdict(list)
        for item in handle.get_objects(textpage=handle.get_textpage()):
            if isinstance(item, pypdfium2.PdfTextObj):
                items[raw.FPDFPageObj_GetMarkedContentID(item)].append(item)
        rows: dict[Around, dict[Around, list]] = defaultdict(lambda: defaultdict(list))
        for mark, around in _marks(handle):
            kinds = [kind for kind, _ in around]
            if "TR" in kinds:
                row = kinds.index("TR") + 1
                rows[around[:row]][around[: row + 1]] += items[mark]
        links = list(self._links(handle))
        return [
            Row(
                tuple(
                    _clean("".join(it.extract() for it in texts)).strip() for texts in row.values()
                ),
                frozenset(
                    name
                    for name, box in links
                    for texts in row.values()
                    for it in texts
                    if _meets(it, box)
                ),
            )
            for row in rows.values()
        ]

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
    quoted = {mark for mark, around in _marks(page) if QUOTED & {kind for kind, _ in around}}
    wide, apart, fonts, drawn = [], set(), {}, 0.0
    for item in page.get_objects(textpage=read):
        if isinstance(item, pypdfium2.PdfTextObj):
            font = item.get_font()
            address = ctypes.addressof(font.raw.contents)  # asking for its name takes far longer
            if address not in fonts:
                fonts[address] = font.get_base_name()
            is_code = MONOSPACE in fonts[address]
            if is_code or (quoted and raw.FPDFPageObj_GetMarkedContentID(item) in quoted):
                apart.add(ctypes.addressof(item.raw.contents))
            if is_code and item.get_bounds()[2] > width - MARGIN:
                wide.append(item.extract().strip())
        elif item.level == 0:  # what is inside a picture has coordinates of its own
            left, bottom, right, top = item.get_bounds()
            drawn = max(drawn, (right - left) * (top - bottom) / (width * height))
    text = read.get_text_range()
    prose = _without(apart, text, read)
    return Page(_clean(text), _clean(prose), tuple(filter(None, wide)), drawn)


def _without(objects: set[int], text: str, read: pypdfium2.PdfTextPage) -> str:
    """The text but for the characters that belong to some text objects, given by address."""
    units = text.encode("utf-16-le")  # PDFium counts in these
    kept = bytearray()
    for index in range(len(units) // 2):
        item = raw.FPDFText_GetTextObject(read, index)  # none for spaces and line ends it adds
        if not item or ctypes.addressof(item.contents) not in objects:
            kept += units[2 * index : 2 * index + 2]
    return kept.decode("utf-16-le", errors="replace")


def _marks(page: pypdfium2.PdfPage) -> Iterator[tuple[int, Around]]:
    """The numbers of the marked content of a tagged page in reading order, and what is around."""

    def inside(element: object, around: Around) -> Iterator[tuple[int, Around]]:
        for index in range(raw.FPDF_StructElement_CountChildren(element)):
            child = raw.FPDF_StructElement_GetChildAtIndex(element, index)
            if child:
                yield from inside(child, (*around, (_kind(child), index)))
            else:
                yield raw.FPDF_StructElement_GetChildMarkedContentID(element, index), around

    tree = raw.FPDF_StructTree_GetForPage(page)
    if tree:
        for index in range(raw.FPDF_StructTree_CountChildren(tree)):
            element = raw.FPDF_StructTree_GetChildAtIndex(tree, index)
            yield from inside(element, ((_kind(element), index),))
        raw.FPDF_StructTree_Close(tree)


def _kind(element: object) -> str:
    length = raw.FPDF_StructElement_GetType(element, None, 0)
    name = ctypes.create_string_buffer(length)
    raw.FPDF_StructElement_GetType(element, name, length)
    return _decoded(name)


def _meets(item: pypdfium2.PdfTextObj, box: raw.FS_RECTF) -> bool:
    left, bottom, right, top = item.get_bounds()
    across, up = (left + right) / 2, (bottom + top) / 2
    return box.left <= across <= box.right and box.bottom <= up <= box.top


def _decoded(name: ctypes.Array) -> str:
    return name.raw.decode("utf-16-le").rstrip("\0")


def _clean(text: str) -> str:
    return text.replace("\r\n", "\n").replace(HYPHEN, "-")
