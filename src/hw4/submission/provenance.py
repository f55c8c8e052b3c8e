"""Where the numbers of the document come from: names that its prose quotes, and the marks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from IPython.display import Markdown

from hw4.foundation.names import named
from hw4.foundation.places import quick
from hw4.foundation.words import duration, listing

if TYPE_CHECKING:  # a part's first cell shall not wait for what computes
    from hw4.foundation.experiment import Experiment, Provenance

FINGERPRINT_LENGTH = 12
DEVICES = {"cpu": "the CPU", "cuda": "a GPU", "mps": "an Apple GPU"}
STAND_IN_ON = "```{=typst}\n#stand-in-on()\n```\n"
QUICK_ON = "```{=typst}\n#quick-on()\n```\n"


@dataclass(frozen=True)
class Here:
    """Where the numbers of a problem come from, for the prose of `report/_provenance.qmd`."""

    _stored: "Provenance"

    @property
    def is_stand_in(self) -> bool:
        return self._stored.source.kind == "stand-in"

    @property
    def is_course(self) -> bool:
        return self._stored.source.kind == "course"

    @property
    def is_without_data(self) -> bool:
        return self._stored.source.kind == "none"

    @property
    def files(self) -> Markdown:
        return Markdown(listing([*map(named, self._stored.source.files)]) or "its files")

    @property
    def fingerprint(self) -> Markdown:
        return Markdown(f"`{self._stored.source.fingerprint[:FINGERPRINT_LENGTH]}`")

    @property
    def time(self) -> str:
        return duration(self._stored.seconds)

    @property
    def device(self) -> str:
        return DEVICES.get(self._stored.device.kind, self._stored.device.kind)


@dataclass(frozen=True)
class Build:
    """What the front page says of the whole document.

    Attributes:
        on_stand_ins, on_course: the problems, for humans; `none` if there are none.
    """

    is_quick: bool
    on_stand_ins: str
    on_course: str

    @property
    def has_stand_in(self) -> bool:
        return self.on_stand_ins != "none"

    @property
    def has_course(self) -> bool:
        return self.on_course != "none"


def provenance(experiment: "Experiment") -> Here:
    """Where a problem's numbers come from; in a cell with `output: asis`.

    On a stand-in it prints the mark that puts a note on the problem's pages and a tag on its
    figures and tables.
    """
    here = Here(experiment.provenance())
    if here.is_stand_in:
        print(STAND_IN_ON)
    return here


def front_page(experiments: "Sequence[Experiment]") -> Build:
    """Which problems have which data; prints the mark of a quick build as `provenance` does."""
    if quick():
        print(QUICK_ON)

    def on(kind: str) -> str:
        names = [
            it.title.split(":")[0] for it in experiments if it.provenance().source.kind == kind
        ]
        return listing(names).replace("Problem", "problem") or "none"

    return Build(quick(), on("stand-in"), on("course"))
