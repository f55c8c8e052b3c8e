"""Rendering again whenever a file is saved."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from watchfiles import Change, watch

from hw4.foundation.places import ROOT, data_folder
from hw4.foundation.progress import say
from hw4.submission.renderer import DOCUMENT, choose, start_quarto, submission_pdf

_ENDINGS = {".qmd", ".yml", ".lua", ".typ", ".py"}
_MADE = DOCUMENT.with_suffix(".typ")
"""What Quarto writes beside the document while it renders."""


def preview() -> int:
    """Keep the PDF up to date until Ctrl-C, through Quarto's own preview where there is one."""
    quarto = choose("auto")
    return _by_press() if quarto is None else _by_quarto(quarto)


def _by_press() -> int:
    say(f"Open {submission_pdf()} in a viewer that reloads; Ctrl-C ends this.")
    for turn, changes in enumerate(_changes()):  # what changes during the first render is seen too
        if changes:
            names = sorted({path.name for path in changes})
            say(f"{', '.join(names[:3])}{' and more' if len(names) > 3 else ''} changed")
        if changes or turn == 0:  # in a process of its own, which sees changed code
            subprocess.run([sys.executable, "-m", "hw4", "render", "--with", "press"], cwd=ROOT)
    return 0


def _by_quarto(quarto: Path) -> int:
    """Quarto watches the document alone; of what the document is made from, a touch tells it."""
    process = start_quarto(quarto, "preview", DOCUMENT)
    for changes in _changes():
        if process.poll() is not None:
            break
        if changes - {DOCUMENT}:
            DOCUMENT.touch()
    return process.returncode


def _changes() -> Iterator[set[Path]]:
    """The files that changed, each time some do; none, twice a second, if none do."""
    folders = [it for it in (ROOT / "report", ROOT / "src", data_folder()) if it.is_dir()]
    for changes in watch(
        *folders,
        ROOT / "_quarto.yml",
        watch_filter=_is_watched,
        rust_timeout=500,
        yield_on_timeout=True,
        raise_interrupt=True,
    ):
        yield {Path(path) for _, path in changes}


def _is_watched(change: Change, name: str) -> bool:
    path = Path(name)
    return path != _MADE and (path.suffix in _ENDINGS or data_folder() in path.parents)
