"""A copy of the project to build in, so that nobody touches the user's own submission."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from pypdf import PdfReader

ROOT = Path(__file__).resolve().parents[1]
REPORT = ROOT / "tests" / "report"
"""A small report of the tests' own, with one part a problem."""
COPIED = ("_quarto.yml", "_environment", "pyproject.toml", "report", "src")


@dataclass(frozen=True)
class Build:
    """What a command did: its status and all it printed."""

    status: int
    output: str


@dataclass(frozen=True)
class Project:
    """A copy of the project with a data folder, a store and outputs of its own."""

    folder: Path

    @property
    def pdf(self) -> Path:
        return self.folder / "_output" / "report" / "submission.pdf"

    @property
    def results(self) -> Path:
        return self.folder / "_output" / "results.json"

    def text(self) -> str:
        """The text of the PDF."""
        return "\n".join(page.extract_text() for page in PdfReader(self.pdf).pages)

    def run(self, *arguments: str, **environment: str) -> Build:
        """Run `python -m hw4` with `arguments`, in the quick profile unless told otherwise."""
        return self.call(sys.executable, "-m", "hw4", *arguments, **environment)

    def call(self, *command: str, **environment: str) -> Build:
        """Run a command in the project."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            env={**self.environment, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return Build(done.returncode, done.stdout)

    @property
    def environment(self) -> dict[str, str]:
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("HW4_")},
            "PYTHONPATH": str(self.folder / "src"),
            "HW4_PROFILE": "quick",
            "HW4_DEVICE": "cpu",
        }

    def copy(self, folder: Path) -> "Project":
        """The same, to be changed."""
        shutil.copytree(self.folder, folder, symlinks=True)
        return Project(folder)

    def append(self, name: str, text: str) -> None:
        """Put a paragraph or a cell at the end of a file."""
        with (self.folder / name).open("a", encoding="utf-8") as stream:
            stream.write(f"\n{text}")

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace the first `old` in a file by `new`; it must be there."""
        path = self.folder / name
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {name}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    def entries(self) -> set[str]:
        """The keys of all stored results and their parts."""
        return {path.parent.name for path in (self.folder / "_store").rglob("numbers.json")}


def copy_project(folder: Path) -> Project:
    """Copy what a build needs to `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            ignore = shutil.ignore_patterns("__pycache__", "*.egg-info", "*_files")
            shutil.copytree(source, folder / name, ignore=ignore)
        else:
            shutil.copy(source, folder / name)
    (folder / "data").mkdir(parents=True)
    return Project(folder)
