"""Reading a finished HTML page back, as far as it can be read like a PDF: one page, no fonts."""

from html.parser import HTMLParser
from pathlib import Path

from hw4.foundation.errors import UserError
from hw4.submission.pdf import Page, Row

SILENT = ("script", "style", "head")
APART = ("pre", "code")
EMPTY = ("img", "br", "hr", "meta", "link", "input", "col", "source", "wbr")


class Html(HTMLParser):
    """An HTML page as proof-reading sees it; the names are those of `Pdf`.

    Raises:
        UserError: it is not there.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.labels: dict[str, int] = {}
        self.without_alt: list[str] = []
        self._open: list[tuple[str, str]] = []
        self._all: list[str] = []
        self._prose: list[str] = []
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
        if self._in("tr") and named.get("href", "").startswith("#"):
            self._rows[-1][1].add(named["href"][1:])
        if tag not in EMPTY:
            self._open.append((tag, named.get("class", "")))

    def handle_endtag(self, tag: str) -> None:
        while self._open and any(tag == name for name, _ in self._open):
            if self._open.pop()[0] == tag:
                break

    def handle_data(self, data: str) -> None:
        if self._in(*SILENT):
            return
        self._all.append(data)
        if not self._in(*APART) and not any("quoted" in kind.split() for _, kind in self._open):
            self._prose.append(data)
        if self._in("td", "th") and self._rows and self._rows[-1][0]:
            self._rows[-1][0][-1] += data

    def _in(self, *tags: str) -> bool:
        return any(tag in tags for tag, _ in self._open)
