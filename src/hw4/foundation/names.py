"""Names from outside (files, folders, classes, authors, columns) as text that is only text.

A room of its own, apart from `words`: what reads files needs it, and a new way to print a number is
no reason to train again.
"""

import string
import unicodedata
from collections.abc import Iterator

LONGEST_NAME = 60
MISSING = "□"
"""Stands for a letter that the embedded fonts do not have."""
_LETTERS = """
20-7E A1-2AF 300-34E 386 388-38A 38C 38E-3A1 3A3-3CE 3D0-3E1 3F0-477 48C-4C4 4CF-4F9 531-556 561-587
10D0-10FC 1E00-1EFF 2010-2027 2030-2037 2074-208E 20A0-20B5 2153-2184 2190-222E 2241-226B 2460-2487
2500-25FF
"""
"""Code points that Libertinus Serif or DejaVu Sans Mono have; a test sets each of them."""


def _ranges(text: str) -> Iterator[int]:
    for part in text.split():
        first, _, last = part.partition("-")
        yield from range(int(first, 16), int(last or first, 16) + 1)


IN_FONTS = frozenset(map(chr, _ranges(_LETTERS)))


def printable(text: str) -> str:
    """`text` with what does not print (controls, line breaks, odd bytes) shown by its code."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def plain(name: object) -> str:
    """A name from outside (file, folder, class, author, column) for messages, figures and files.

    One line of letters that print, shortened in the middle; kinds of space are one kind.
    """
    text = unicodedata.normalize("NFC", str(name))
    text = printable("".join(" " if unicodedata.category(it) == "Zs" else it for it in text))
    if len(text) > LONGEST_NAME:
        text = f"{text[: LONGEST_NAME * 2 // 3]}…{text[-LONGEST_NAME // 3 :]}"
    return text.strip() or "(no name)"


def named(name: object) -> str:
    """As `plain`, for Markdown: nothing in it is markup, and every letter is in the PDF's fonts."""
    letters = (letter if letter in IN_FONTS else MISSING for letter in plain(name))
    return "".join(f"\\{it}" if it in string.punctuation else it for it in letters)


def spreadsheet(cell: object) -> str:
    """`cell` as a spreadsheet may open it: what would begin a formula begins with a quote mark."""
    text = str(cell)
    return f"'{text}" if text.lstrip()[:1] in ("=", "+", "-", "@") else text
