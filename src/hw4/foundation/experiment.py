"""An experiment: computed once for its code, settings, data and libraries; then only read."""

import platform
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib import import_module, metadata
from typing import Any, Generic, TypeVar

import numpy as np
from filelock import FileLock, Timeout

from hw4.foundation import progress
from hw4.foundation.compute import Device, device, threads, wished_device
from hw4.foundation.errors import UserError
from hw4.foundation.files import DataSource
from hw4.foundation.places import quick, store_folder
from hw4.foundation.settings import check_settings
from hw4.foundation.source_code import code_digests
from hw4.foundation.store import Damaged, Entry, digest, from_plain, to_plain
from hw4.foundation.work import KEY_LENGTH, Outcome, Work, now, sound

R = TypeVar("R")
T = TypeVar("T")
__all__ = ["Experiment", "Made", "Outcome", "State", "Work", "version"]


@dataclass(frozen=True)
class Made:
    """How a stored result was computed.

    Attributes:
        seconds: with the time of parts finished in an earlier, interrupted build.
        finished: when, as an ISO date and time (UTC).
    """

    seconds: float
    device: Device
    finished: str = field(default_factory=now)


@dataclass(frozen=True)
class State:
    """Things as they stand: all that makes the key of a result."""

    name: str
    profile: str
    code: dict[str, str]
    settings: Any
    source: DataSource
    versions: dict[str, str]
    circumstances: Any

    @cached_property
    def basis(self) -> str:
        """What every part of the experiment depends on; names of files are not in it."""
        return digest(
            self.name, self.code, self.source.kind, self.source.fingerprint, self.versions
        )

    @cached_property
    def key(self) -> str:
        return digest(self.basis, self.settings, self.circumstances)[:KEY_LENGTH]

    @property
    def entry(self) -> Entry:
        return Entry(store_folder() / self.name / self.key)


@dataclass(frozen=True)
class Experiment(Generic[R]):
    """One problem's computation and where its result is stored.

    What computes is `run` of the package's `experiment`, which takes the settings and a `Work` and
    returns an `Outcome`; it is imported only to compute.

    Attributes:
        name: of its package, its folder in the store and its key in `results.json`.
        title: for humans.
        settings: the class of the settings, which have a `seed`; `settings()` for a full build,
            `settings.quick()` for a small one.
        result: the class of the result, a frozen dataclass with `report() -> dict`.
        libraries: distributions whose versions can change a number.
        source: finds the data, without reading all of it; that there is none, if left out.
        circumstances: further plain values that can change a number and that lie outside code,
            settings and data (whether pre-trained weights are at hand, say).
        prepare: called before anything is computed, and only then; may fetch what `circumstances`
            looks for, so that a warm build never waits on a network.
        check: reads the data through and raises a UserError for what cannot be learned from.
            Cheap beside a training, and without torch: a build calls it for every problem that
            is to be computed before it computes the first.
        deliver: writes what is handed in beside the report, from the stored result; every build
            calls it, also one that computes nothing.
    """

    name: str
    title: str
    settings: type
    result: type[R]
    libraries: tuple[str, ...]
    source: Callable[[], DataSource] = lambda: DataSource("none", "none")
    circumstances: Callable[[], Any] = lambda: None
    prepare: Callable[[], None] = lambda: None
    check: Callable[[DataSource], object] = lambda source: None
    deliver: Callable[[R], None] = lambda result: None

    def stored(self) -> R:
        """The stored result for things as they stand; a UserError if there is none."""
        return from_plain(self.result, self._read(self.state(), Entry.read_numbers)["result"])

    def made(self) -> Made:
        """How the stored result was computed."""
        return from_plain(Made, self._read(self.state(), Entry.read_numbers)["made"])

    def tensors(self) -> dict[str, np.ndarray]:
        """The arrays stored with the result."""
        return self._read(self.state(), Entry.read)[1]

    def is_stored(self) -> bool:
        """Whether there is an undamaged result for things as they stand."""
        try:
            return self.state().entry.read() is not None
        except Damaged:
            return False

    def latest(self) -> dict[str, Any] | None:
        """The numbers stored last in this profile, whatever they were made of; None if none are."""
        found = []
        for folder in (store_folder() / self.name).glob("[0-9a-f]" * KEY_LENGTH):
            with suppress(Damaged):
                numbers = Entry(folder).read_numbers() or {}
                if numbers.get("state", {}).get("profile") == _profile():
                    found.append(numbers)
        return max(found, key=lambda numbers: numbers["made"]["finished"], default=None)

    def ensure(self) -> bool:
        """Compute and store the result unless it is stored; whether it had to be computed.

        Of two builds at once, one computes and the other waits for it.
        """
        if self.is_stored():
            return False
        self.prepare()
        state = self.state()
        folder = store_folder() / self.name
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / "lock")
        try:
            held = lock.acquire(timeout=0)
        except Timeout:
            progress.say(f"{self.title}: another build is computing this, waiting for it")
            held = lock.acquire()
        with held:
            if sound(state.entry) is not None:
                return False
            self._compute(state)
        return True

    def state(self) -> State:
        """Things as they stand; a UserError where a setting, a wish or the data is wrong."""
        settings = self.settings.quick() if quick() else self.settings()
        check_settings(settings)
        wished_device()
        versions = {name: version(name) for name in self.libraries}
        return State(
            name=self.name,
            profile=_profile(),
            code=code_digests(self._module),
            settings=settings,
            source=self.source(),
            versions={"python": platform.python_version(), **versions},
            circumstances=to_plain(self.circumstances()),
        )

    @property
    def _module(self) -> str:
        return f"hw4.{self.name}.experiment"

    def _compute(self, state: State) -> None:
        on = device()
        work = Work(self.name, state.source, on, state.basis)
        began = time.monotonic()
        with threads():
            outcome = import_module(self._module).run(state.settings, work)
        made = Made(time.monotonic() - began + work.seconds_read_back, on)
        numbers = {"made": made, "state": state, "result": outcome.result}
        state.entry.write(to_plain(numbers), outcome.tensors)

    def _read(self, state: State, read: Callable[[Entry], T | None]) -> T:
        try:
            found, why = read(state.entry), f"there is none in {state.entry.folder}"
        except Damaged as error:
            found, why = None, str(error)
        if found is None:
            raise UserError(
                f"{self.title} has no stored result for the code, settings and data as they "
                f"stand: {why}; run `python -m hw4 train {self.name}` first."
            )
        return found


def _profile() -> str:
    return "quick" if quick() else "full"


@cache
def version(package: str) -> str:
    """The installed version of a package; looked up once, since each look-up reads files."""
    return metadata.version(package)
