"""What the document says about where its numbers come from, as Markdown that a cell prints."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from IPython.display import Markdown

from hw4.foundation.course_files import DataSource
from hw4.foundation.device import Device
from hw4.foundation.places import quick
from hw4.foundation.words import duration, listing

FINGERPRINT_LENGTH = 12
STAND_IN_ON = "```{=typst}\n#stand-in-on()\n```\n"
QUICK_ON = "```{=typst}\n#quick-on()\n```\n"


class Stored(Protocol):
    """What is needed of an experiment's provenance."""

    source: DataSource
    seconds: float
    device: Device


class Reported(Protocol):
    """What is needed of an experiment."""

    title: str

    def provenance(self) -> Stored:
        """Where its stored result comes from."""


@dataclass(frozen=True)
class Here:
    """Where the numbers of a problem come from, for the prose of `report/_provenance.qmd`."""

    stored: Stored

    @property
    def is_stand_in(self) -> bool:
        return self.stored.source.kind == "stand-in"

    @property
    def is_course(self) -> bool:
        return self.stored.source.kind == "course"

    @property
    def is_without_data(self) -> bool:
        return self.stored.source.kind == "none"

    @property
    def files(self) -> Markdown:
        return Markdown(listing([f"`{name}`" for name in self.stored.source.files]) or "its files")

    @property
    def fingerprint(self) -> Markdown:
        return Markdown(f"`{self.stored.source.fingerprint[:FINGERPRINT_LENGTH]}`")

    @property
    def time(self) -> str:
        return duration(self.stored.seconds)

    @property
    def device(self) -> str:
        return _device(self.stored.device)


def provenance(experiment: Reported) -> Here:
    """Where a problem's numbers come from; in a cell with `output: asis`.

    On a stand-in it prints the mark that puts a note on the problem's pages and a tag on its
    figures and tables.
    """
    here = Here(experiment.provenance())
    if here.is_stand_in:
        print(STAND_IN_ON)
    return here


def front_page(experiments: Sequence[Reported]) -> None:
    """Print what stands below the title; for a cell with `output: asis`."""
    print(front_markdown([(it.title.split(":")[0], it.provenance()) for it in experiments]))


def problem_markdown(stored: Stored) -> str:
    """The Markdown of `provenance`."""
    source = stored.source
    if source.kind == "none":
        return _quiet("Data: none needed.")
    computed = f"Computed in {duration(stored.seconds)} on {_device(stored.device)}"
    if source.is_stand_in:
        files = listing([f"`{name}`" for name in source.files], "and") or "the course's files"
        return STAND_IN_ON + _callout(
            "Stand-in data: these numbers must not be submitted",
            "The course's files for this problem were not found, so every number, figure and table "
            "up to the next problem comes from data made by the code itself. "
            f"Put {files} into the folder `data/` (its README lists all names that are "
            f"understood) and run `make report` again. {computed}.",
        )
    files = listing([f"`{name}`" for name in source.files], "and")
    return _quiet(
        f"Data: the course's {files} (sha256 `{source.fingerprint[:FINGERPRINT_LENGTH]}`). "
        f"{computed}."
    )


def front_markdown(problems: Sequence[tuple[str, Stored]]) -> str:
    """The Markdown of `front_page`, for (name of the problem, its provenance) pairs."""
    stand_in = [name for name, stored in problems if stored.source.is_stand_in]
    course = [name for name, stored in problems if stored.source.kind == "course"]
    parts = []
    if quick():
        parts.append(
            QUICK_ON
            + _callout(
                "Quick profile: a trial build, not a submission",
                "Built with `HW4_PROFILE=quick`: smaller data and fewer, shorter trainings. "
                "The numbers show that everything works and nothing else.",
            )
        )
    if stand_in:
        rest = f" {listing(course).capitalize()} used the course's own files." if course else ""
        parts.append(
            _callout(
                f"Stand-in data in {_small(listing(stand_in))}: not for submission",
                "Pages with a diagonal note, and figures and tables with the tag *stand-in data*, "
                f"rest on data made by the code itself.{rest} What to put where stands "
                "at the beginning of each problem.",
            )
        )
    elif course:
        parts.append(
            _quiet(f"All numbers in {_small(listing(course))} come from the course's own files.")
        )
    return "\n".join(parts)


def _small(problems: str) -> str:
    return problems.replace("Problem", "problem")


def _device(device: Device) -> str:
    return {"cpu": "the CPU", "cuda": "a GPU", "mps": "an Apple GPU"}.get(device.kind, device.kind)


def _quiet(text: str) -> str:
    return f"::: {{.quiet}}\n{text}\n:::\n"


def _callout(title: str, text: str) -> str:
    return f'::: {{.callout-warning title="{title}"}}\n{text}\n:::\n'
