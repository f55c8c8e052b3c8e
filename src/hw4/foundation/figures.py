"""Figures of the report: drawn once for what they show, kept as SVG and PNG in `figures/`."""

import functools
import hashlib
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Protocol

from hw4.foundation import style
from hw4.foundation.atomic import write_bytes
from hw4.foundation.convert import digest
from hw4.foundation.course_files import DataSource
from hw4.foundation.places import figures_folder, quick
from hw4.foundation.source_code import code_fingerprint
from hw4.foundation.versions import version

_SEAL = re.compile(rb"\n<!-- key (\w+) content (\w+) -->\n$")


@dataclass(frozen=True)
class Picture:
    """A drawn figure. Quarto, Jupyter and the press show it as SVG."""

    name: str
    svg: str

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        return {"image/svg+xml": self.svg, "text/plain": f"<figure {self.name}>"}


class Sourced(Protocol):
    """What is needed of the experiment that a figure shows."""

    source: Callable[[], DataSource]


def figure(name: str, shown: Sourced) -> Callable[[Callable[..., Any]], Callable[..., Picture]]:
    """Make a function that draws a Matplotlib figure return it as a `Picture`.

    The figure is written to `figures/<name>.svg` and `.png`, with `-stand-in` or `-quick` after
    the name where its numbers are not for submission. It is drawn again only when the function's
    arguments, the code it depends on or Matplotlib's version changed, so a warm render does not
    import Matplotlib at all.

    Args:
        name: the files' name; letters, digits and hyphens.
        shown: the experiment whose data decide whether this is a result.
    """

    def decorate(draw: Callable[..., Any]) -> Callable[..., Picture]:
        @functools.wraps(draw)
        def drawn(*args: Any, **kwargs: Any) -> Picture:
            key = digest(
                code_fingerprint(draw.__module__),
                draw.__qualname__,
                version("matplotlib"),
                args,
                kwargs,
            )
            path = figures_folder() / f"{name}{_marks(shown)}.svg"
            svg = _kept(path, key)
            if svg is None:
                svg = _draw(draw, args, kwargs, path, key)
            return Picture(name, svg.decode("utf-8"))

        return drawn

    return decorate


def new_figure(
    width: float = style.TEXT_WIDTH, height: float = 2.6, columns: int = 1, rows: int = 1, **grid
):
    """A Matplotlib figure of `width` × `height` inches and its axes, in the report's style.

    Args:
        columns, rows: of axes; with one of each, the second value is a single axes object.
        grid: further arguments of `Figure.subplots`.
    """
    from matplotlib.figure import Figure

    made = Figure(figsize=(width, height))
    return made, made.subplots(rows, columns, **grid)


def _marks(shown: Sourced) -> str:
    stand_in = "-stand-in" if shown.source().is_stand_in else ""
    return stand_in + ("-quick" if quick() else "")


def _kept(path: Path, key: str) -> bytes | None:
    """The SVG at `path` if it is whole and shows what `key` stands for."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    seal = _SEAL.search(content)
    if seal is None or seal[1].decode() != key or not path.with_suffix(".png").is_file():
        return None
    body = content[: seal.start()]
    return body if hashlib.sha256(body).hexdigest() == seal[2].decode() else None


def _draw(draw: Callable[..., Any], args: tuple, kwargs: dict, path: Path, key: str) -> bytes:
    # The text's face is not Matplotlib's to find: Typst sets it. No need to say so at each label.
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
    import matplotlib

    with matplotlib.rc_context({**matplotlib.rcParamsDefault, **style.SETTINGS}):
        drawn = draw(*args, **kwargs)
        svg = _saved(drawn, "svg", metadata={"Date": None, "Creator": None})
        png = _saved(drawn, "png", metadata={"Software": None})
    body = svg.rstrip(b"\n")
    seal = f"\n<!-- key {key} content {hashlib.sha256(body).hexdigest()} -->\n".encode()
    write_bytes(path.with_suffix(".png"), png)
    write_bytes(path, body + seal)
    return body


def _saved(drawn: Any, kind: str, metadata: dict) -> bytes:
    stream = BytesIO()
    drawn.savefig(stream, format=kind, metadata=metadata)
    return stream.getvalue()
