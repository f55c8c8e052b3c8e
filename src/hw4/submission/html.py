"""The text of an HTML page as its reader sees it, without code."""

from html.parser import HTMLParser
from pathlib import Path

from hw4.submission.documents import read_utf8

UNSEEN = {"script", "style", "head", "code", "pre", "math"}
BLOCKS = {"p", "div", "li", "td", "th", "h1", "h2", "h3", "h4", "figcaption", "tr", "section"}


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._unseen += tag in UNSEEN
        if tag in BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._unseen -= tag in UNSEEN and self._unseen > 0

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.parts.append(data)


def text_of(page: Path) -> str:
    """The words of a page, a line for each paragraph, cell or item."""
    reader = _Text()
    reader.feed(read_utf8(page, page.name))
    lines = (" ".join(line.split()) for line in "".join(reader.parts).splitlines())
    return "\n".join(line for line in lines if line)
