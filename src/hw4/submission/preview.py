"""Rendering again whenever a file is saved."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from hw4.foundation.places import ROOT, data_folder
from hw4.foundation.progress import say
from hw4.submission.renderer import DOCUMENT, choose, submission_pdf

EVERY = 0.5
"""Seconds between two looks at the files."""
_ENDINGS = {".qmd", ".yml", ".lua", ".typ", ".py"}


def preview() -> int:
    """Keep the PDF up to date until Ctrl-C, through Quarto's own preview where there is one."""
    choice = choose("auto")
    say(choice.line)
    if choice.quarto is not None:
        return subprocess.run([choice.quarto, "preview", DOCUMENT], cwd=ROOT).returncode
    say(f"Open {submission_pdf()} in a viewer that reloads; Ctrl-C ends this.")
    seen: dict[Path, float] = {}
    while True:
        now = dict(_watched())
        if now != seen:
            changed = sorted(
                path.name for path in now.keys() | seen.keys() if now.get(path) != seen.get(path)
            )
            if seen:
                say(f"{', '.join(changed[:3])}{' and more' if len(changed) > 3 else ''} changed")
            seen = now
            # A process of its own sees the changed code; an error is shown, and the watch goes on.
            subprocess.run([sys.executable, "-m", "hw4", "render", "--with", "press"], cwd=ROOT)
        time.sleep(EVERY)


def _watched() -> Iterator[tuple[Path, float]]:
    """The files a render depends on, each with the time it was changed."""
    folders = (ROOT / "report", ROOT / "src", data_folder())
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    for path in [ROOT / "_quarto.yml", *files]:
        if path.suffix in _ENDINGS or data_folder() in path.parents:
            try:
                yield path, path.stat().st_mtime
            except OSError:
                continue  # an editor is just replacing it; the next look finds it
