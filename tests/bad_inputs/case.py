"""One row of the table of bad inputs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

EVERYTHING = ("train",)
WINDOWS = ("train", "windows")
SEQUENCES = ("train", "sequences")
TWEETS = ("train", "tweets")
RENDER = ("render", "--with", "press")
CHECK = ("check",)
DATA = ("data",)


@dataclass(frozen=True)
class Home:
    """The folder of a case, with everything that a command reads or may write."""

    folder: Path

    @property
    def data(self) -> Path:
        """What `HW4_DATA` names."""
        return self.folder / "data"

    @property
    def store(self) -> Path:
        """What `HW4_STORE` names: the one place where something new may appear."""
        return self.folder / "store"

    @property
    def output(self) -> Path:
        """In place of `_output/`; holds the last good PDF and results."""
        return self.folder / "output"

    @property
    def project(self) -> Path:
        """The folder of `_quarto.yml`, for documents."""
        return self.folder / "project"

    @property
    def document(self) -> Path:
        """What is rendered."""
        return self.project / "report" / "submission.qmd"

    @property
    def rubric(self) -> Path:
        """What a PDF is checked against."""
        return self.project / "report" / "rubric.yml"


@dataclass(frozen=True)
class Bad:
    """A bad input, the command a user runs on it, and what the answer must say.

    Attributes:
        name: what is wrong, for humans.
        make: puts the input where it belongs in a folder that is otherwise good or empty.
        path: words of the sentence that say where: a file, a line, a variable.
        found: words that say what is there.
        expected: words that say what should be.
        remedy: words that say what to do.
        command: arguments of `python -m hw4`.
        environment: variables set for the command; `{folder}` stands for the case's folder.
    """

    name: str
    make: Callable[[Home], object]
    path: str
    found: str
    expected: str
    remedy: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def words(self) -> tuple[str, ...]:
        """All that the sentence must hold."""
        return self.path, self.found, self.expected, self.remedy
