"""What a renderer has just made, and where it goes once it was proof-read."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from hw4.foundation.places import ROOT
from hw4.foundation.progress import say
from hw4.foundation.store import write_bytes
from hw4.submission.renderer import quarto_pdf, submission_pdf

FILES = "QUARTO_PROJECT_OUTPUT_FILES"
"""Names, one a line, what was made, to a step after a render."""


@dataclass(frozen=True)
class Made:
    """A file to proof-read.

    Attributes:
        path: of the file.
        by: `press`, which hands out by itself; `quarto`; empty if no renderer is at work.
    """

    path: Path
    by: str

    @property
    def is_renamed(self) -> bool:
        """Whether Quarto was told another name, as by `-o tom.pdf`."""
        return self.by == "quarto" and self.path != quarto_pdf()

    def hand_out(self) -> None:
        """Put a good PDF of Quarto's where it belongs, under its one name."""
        if self.by == "press":
            quarto_pdf().unlink(missing_ok=True)  # it would be older than the press's
        if self.by != "quarto":
            return
        final = self.path if self.is_renamed else submission_pdf()
        if not self.is_renamed:
            write_bytes(final, self.path.read_bytes())
            if not _is_preview():  # which goes on showing it; Quarto names no file that is gone
                self.path.unlink()
        _rejected(final).unlink(missing_ok=True)
        say(f"The submission is {_shown(final)}.")

    def reject(self) -> None:
        """Put a PDF of Quarto's that failed aside; the last good one stays as it was."""
        if self.by != "quarto" or not self.path.exists():
            return
        final = self.path if self.is_renamed else submission_pdf()
        final.parent.mkdir(parents=True, exist_ok=True)
        self.path.replace(_rejected(final))
        kept = f"; {_shown(final)} is as it was" if final.exists() else ""
        say(f"The PDF with these faults is {_shown(_rejected(final))}{kept}.")


def just_made() -> Made:
    """What a renderer names to this step, else the submission as it is."""
    names = os.environ.get(FILES, "").splitlines()
    if not names:
        return Made(submission_pdf(), "")
    path = ROOT / names[0]
    by_press = path.name.startswith(".")  # where nobody looks before it was read
    return Made(path, "press" if by_press else "quarto")


def _is_preview() -> bool:
    """Whether `quarto preview` runs this step: it shows the file from where Quarto has put it."""
    try:
        parent = subprocess.run(
            ["ps", "-o", "args=", "-p", str(os.getppid())],
            capture_output=True,
            text=True,
            timeout=10,
        )
    except (OSError, subprocess.SubprocessError):
        return True
    return parent.returncode != 0 or "preview" in parent.stdout.split()


def _rejected(final: Path) -> Path:
    return final.with_name(f"{final.stem}-rejected.pdf")


def _shown(path: Path) -> Path:
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
