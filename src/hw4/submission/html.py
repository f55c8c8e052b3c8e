"""Reading a finished HTML page back, as far as it can be read like a PDF: one page, no fonts."""

from html.parser import HTMLParser
from pathlib import Path

from hw4.foundation.errors import UserError
from hw4.submission.pdf import Page, Row

SILENT = {"script", "style", "head"}
APART = {"pre", "code", "quoted"}
EMPTY = {"img", "br", "hr", "meta", "link", "input", "col", "source", "wbr"}


class Html(HTMLParser):
    """An HTML page as proof-reading sees it; the names are those of `Pdf`."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.labels: dict[str, int] = {}
        self.without_alt: list[str] = []
        self._open: list[set[str]] = []  # the name of each open element, and its classes
        self._all, self._prose = [], []
        self._rows: list[tuple[list[str], set[str]]] = []
        try:
            self.feed(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise UserError(f"{path} cannot be read ({error}): render it again.") from error
        self.pages = (Page("".join(self._all), "".join(self._prose)),)

    def rows(self, page: int) -> list[Row]:
        return [
            Row(tuple(map(str.strip, cells)), frozenset(labels)) for cells, labels in self._rows
        ]

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attributes}
        if "id" in named:
            self.labels[named["id"]] = 1
        if tag == "img" and not named.get("alt"):
            self.without_alt.append(named.get("src", "")[:80])
        if tag == "tr":
            self._rows.append(([], set()))
        if tag in ("td", "th") and self._rows:
            self._rows[-1][0].append("")
        if self._is_in({"tr"}) and named.get("href", "").startswith("#"):
            self._rows[-1][1].add(named["href"][1:])
        if tag not in EMPTY:
            self._open.append({tag, *named.get("class", "").split()})

    def handle_endtag(self, tag: str) -> None:
        while self._is_in({tag}):
            if tag in self._open.pop():
                break

    def handle_data(self, data: str) -> None:
        if self._is_in(SILENT):
            return
        self._all.append(data)
        if not self._is_in(APART):
            self._prose.append(data)
        if self._is_in({"td", "th"}) and self._rows and self._rows[-1][0]:
            self._rows[-1][0][-1] += data

    def _is_in(self, names: set[str]) -> bool:
        return any(names & element for element in self._open)
