"""Rendering again whenever a file is saved."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from hw4.foundation.places import ROOT, data_folder
from hw4.foundation.progress import say
from hw4.submission.renderer import DOCUMENT, choose, for_quarto, submission_pdf

EVERY = 0.5
"""Seconds between two looks at the files."""
_ENDINGS = {".qmd", ".yml", ".lua", ".typ", ".py"}
_MADE = DOCUMENT.with_suffix(".typ")
"""What Quarto writes beside the document while it renders."""


def preview() -> int:
    """Keep the PDF up to date until Ctrl-C, through Quarto's own preview where there is one."""
    choice = choose("auto")
    say(choice.line)
    return _by_press() if choice.quarto is None else _by_quarto(choice.quarto)


def _by_press() -> int:
    say(f"Open {submission_pdf()} in a viewer that reloads; Ctrl-C ends this.")
    changes = _changes(dict(_watched()))
    while True:
        # A process of its own sees the changed code; an error is shown, and the watch goes on.
        subprocess.run([sys.executable, "-m", "hw4", "render", "--with", "press"], cwd=ROOT)
        names = sorted(path.name for path in next(filter(None, changes)))
        say(f"{', '.join(names[:3])}{' and more' if len(names) > 3 else ''} changed")


def _by_quarto(quarto: Path) -> int:
    """Quarto watches the document alone; of what the document is made from, a touch tells it."""
    changes = _changes(dict(_watched()))
    process = subprocess.Popen([quarto, "preview", DOCUMENT], cwd=ROOT, env=for_quarto())
    while process.poll() is None:
        if next(changes) - {DOCUMENT}:
            DOCUMENT.touch()
    return process.returncode


def _changes(seen: dict[Path, float]) -> Iterator[set[Path]]:
    """The files that changed since the last look, time and again; the first was `seen`."""
    while True:
        time.sleep(EVERY)
        now = dict(_watched())
        yield {path for path in now.keys() | seen.keys() if now.get(path) != seen.get(path)}
        seen = now


def _watched() -> Iterator[tuple[Path, float]]:
    """The files a render depends on, each with the time it was changed."""
    folders = (ROOT / "report", ROOT / "src", data_folder())
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    for path in [ROOT / "_quarto.yml", *files]:
        if path != _MADE and (path.suffix in _ENDINGS or data_folder() in path.parents):
            try:
                yield path, path.stat().st_mtime
            except OSError:
                continue  # an editor is just replacing it; the next look finds it
