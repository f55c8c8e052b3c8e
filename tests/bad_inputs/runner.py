"""Run one case as a user would, in this process, and see what it did."""

import hashlib
import os
import platform
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from importlib import import_module
from io import StringIO
from pathlib import Path
from types import SimpleNamespace

import pytest

from hw4.__main__ import WINGS, main
from hw4.submission import rubric
from tests.bad_inputs.case import Bad, Home
from tests.bad_inputs.watch import Seen, watch

ALLOWED_PROGRAMS = ("pandoc", "no-such-program")
"""A render needs the first; a project of the table asks for the second itself."""


class Accepted(AssertionError):
    """A bad input went as far as the training or the execution of a cell."""


@contextmanager
def no_kernel(*_: object) -> Iterator[None]:
    """In place of the press's kernel: no bad document may get as far as running a cell."""

    def run(cell: object) -> None:
        raise Accepted(cell)

    yield SimpleNamespace(run=run)


@dataclass(frozen=True)
class Ending:
    """How a command ended.

    Attributes:
        status: of the command.
        said: all of standard error.
        printed: all of standard output.
        started: programs that were started, without those a render needs.
        connected: addresses that were called.
        outside: files changed outside of the store and of temporary folders.
        lost: files of the user, or of earlier builds, that are gone or changed.
        left: new files outside of the store.
    """

    status: int
    said: str
    printed: str
    started: list[str]
    connected: list[str]
    outside: list[Path]
    lost: list[str]
    left: list[str]


def run(case: Bad, folder: Path) -> Ending:
    """Make the case's input in `folder` and run its command on it."""
    home = Home(folder)
    home.data.mkdir()
    scratch = folder / "temporary"
    scratch.mkdir()
    _last_good(home)
    case.make(home)
    before = _contents(folder)
    said, printed = StringIO(), StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stderr(said), redirect_stdout(printed):
        _prepare(patch, home, case, scratch)
        for wing in WINGS:
            if case.command == ("train", wing):
                import_module(f"hw4.{wing}.experiment")  # libraries ask the system things
        with watch() as seen:
            status = main(list(case.command))
        rubric.rubric.cache_clear()
    after = _contents(folder)
    return Ending(
        status=status,
        said=said.getvalue(),
        printed=printed.getvalue(),
        started=[it for it in seen.started if Path(it).name not in ALLOWED_PROGRAMS],
        connected=seen.connected,
        outside=_outside(seen, (home.store, scratch)),
        lost=[name for name, content in before.items() if after.get(name) != content],
        left=[name for name in after if name not in before and not name.startswith("store")],
    )


def _last_good(home: Home) -> None:
    """What an earlier build left, and no failing command may harm."""
    (home.output / "report").mkdir(parents=True)
    (home.output / "report" / "submission.pdf").write_bytes(b"the last good PDF")
    (home.output / "results.json").write_text("{}")


def _prepare(patch: pytest.MonkeyPatch, home: Home, case: Bad, scratch: Path) -> None:
    """Point the command at the case's folders, and stop it where work would begin."""
    from hw4.foundation.places import ROOT

    for name in [name for name in os.environ if name.startswith(("HW4_", "QUARTO_"))]:
        patch.delenv(name)
    environment = {
        "HW4_DATA": str(home.data),
        "HW4_STORE": str(home.store),
        "HW4_DEVICE": "cpu",
        "HW4_PROFILE": "quick",
        "HW4_ENCODER": "random",
        "HF_HUB_OFFLINE": "1",
        "TORCH_HOME": str(home.folder / "torch"),
        **case.environment,
    }
    for name, value in environment.items():
        patch.setenv(name, value.replace("{folder}", str(home.folder)))
    patch.chdir(ROOT)  # `main` changes it
    platform.processor()  # asks another program once, then knows
    patch.setattr(tempfile, "tempdir", str(scratch))
    patch.setattr("hw4.foundation.experiment.Work.part", _accepted)
    patch.setattr("hw4.windows.result.fetch_missing", lambda names: None)  # asks a server
    patch.setattr("hw4.submission.press.start_kernel", no_kernel)
    for module in ("renderer", "check", "faults"):
        patch.setattr(f"hw4.submission.{module}.DOCUMENT", home.document)
    for module in ("renderer", "results"):
        patch.setattr(f"hw4.submission.{module}.output_folder", lambda: home.output)
    patch.setattr(rubric, "RUBRIC", home.rubric)
    rubric.rubric.cache_clear()


def _accepted(*arguments: object, **_: object) -> None:
    raise Accepted(arguments)


def _contents(folder: Path) -> dict[str, str]:
    """Every file below `folder`, with what is in it; links are taken for themselves."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            found[name] = f"link to {path.readlink()}"
        elif path.is_file():
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def _outside(seen: Seen, allowed: tuple[Path, ...]) -> list[Path]:
    """Changes elsewhere; Python's own compiled modules and the null device do not count."""
    return [
        path
        for path in seen.changed
        if not any(path.is_relative_to(place) for place in allowed)
        and "__pycache__" not in path.parts
        and path != Path(os.devnull)
    ]
