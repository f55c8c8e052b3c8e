"""An experiment: computed once for its code, settings, data and libraries; then only read."""

import platform
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache, cached_property
from importlib import import_module, metadata
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
from filelock import FileLock, Timeout

from hw4.foundation import fetch, progress
from hw4.foundation.compute import Device, device, threads, wished_device
from hw4.foundation.errors import UserError
from hw4.foundation.files import DataSource
from hw4.foundation.places import quick, store_folder
from hw4.foundation.settings import check_settings
from hw4.foundation.source_code import code_digests, code_fingerprint
from hw4.foundation.store import Content, Damaged, Entry, digest, from_plain, to_plain
from hw4.foundation.work import KEY_LENGTH, Outcome, Work, sound

R = TypeVar("R")
T = TypeVar("T")

__all__ = ["Experiment", "Outcome", "Provenance", "Work", "version"]


@dataclass(frozen=True)
class Provenance:
    """Where a stored result comes from.

    Attributes:
        seconds: time of computing, with that of parts finished in an earlier, interrupted build.
        finished: when, as an ISO date and time (UTC).
    """

    source: DataSource
    seed: int
    seconds: float
    device: Device
    versions: dict[str, str]
    key: str
    finished: str
    settings: dict[str, Any]


class Settings(Protocol):
    """What every wing's settings have."""

    seed: int


@dataclass(frozen=True)
class Experiment(Generic[R]):
    """One problem's computation and where its result is stored.

    Attributes:
        name: short, the folder's name in the store and the key in `results.json`.
        title: for humans.
        settings: the class of the settings; `settings()` for a full build, `settings.quick()`
            for a small one.
        result: the class of the result, a frozen dataclass with `report() -> dict`.
        run: `module:function`; the function takes the settings and a `Work` and returns an
            `Outcome`. Imported only when something is to be computed.
        source: finds the data, without reading all of it.
        libraries: distributions whose versions can change a number.
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
    run: str
    source: Callable[[], DataSource]
    libraries: tuple[str, ...]
    circumstances: Callable[[], Any] = lambda: None
    prepare: Callable[[], None] = lambda: None
    check: Callable[[DataSource], object] = lambda source: None
    deliver: Callable[[R], None] = lambda result: None

    def stored(self) -> R:
        """The stored result for things as they stand.

        Raises:
            UserError: there is none.
        """
        return from_plain(self.result, self._read(self._state, Entry.read_numbers)["result"])

    def provenance(self) -> Provenance:
        """Where the stored result comes from; files under the names that they have now.

        Raises:
            UserError: there is no stored result.
        """
        state = self._state
        return replace(
            from_plain(Provenance, self._read(state, Entry.read_numbers)["provenance"]),
            source=state.source,
        )

    def tensors(self) -> dict[str, np.ndarray]:
        """The arrays stored with the result.

        Raises:
            UserError: there is no stored result.
        """
        return self._read(self._state, Entry.read_tensors)

    def is_stored(self) -> bool:
        """Whether there is an undamaged result for things as they stand."""
        return sound(self._state.entry, quiet=True) is not None

    def parts(self) -> dict[str, Any]:
        """What the key of the result is made of, as things stand."""
        return self._state.parts

    def latest(self) -> dict[str, Any] | None:
        """The numbers stored last in this profile, whatever they were made of; None if none are."""
        found = []
        for folder in (store_folder() / self.name).glob("*"):
            with suppress(Damaged):
                numbers = Entry(folder).read_numbers() if len(folder.name) == KEY_LENGTH else None
                if numbers and numbers.get("basis", {}).get("profile") == _profile():
                    found.append(numbers)
        return max(found, key=lambda it: it["provenance"]["finished"], default=None)

    def ensure(self) -> bool:
        """Compute and store the result unless it is stored; whether it had to be computed.

        Of two builds at once, one computes and the other waits for it.
        """
        if self.is_stored():
            return False
        self.prepare()
        state = self._state
        folder = store_folder() / self.name
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / "lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            progress.say(f"{self.title}: another build is computing this, waiting for it")
            lock.acquire()
        try:
            if sound(state.entry) is not None:
                return False
            self._compute(state)
        finally:
            lock.release()
        return True

    def _compute(self, state: "_State") -> None:
        module, _, function = self.run.partition(":")
        on = device()
        work = Work(self.name, state.source, on, state.basis)
        began = time.monotonic()
        with threads():
            outcome = getattr(import_module(module), function)(state.settings, work)
        provenance = Provenance(
            source=state.source,
            seed=state.settings.seed,
            seconds=time.monotonic() - began + work.seconds_read_back,
            device=on,
            versions=state.versions,
            key=state.key,
            finished=datetime.now(UTC).isoformat(timespec="seconds"),
            settings=to_plain(state.settings),
        )
        numbers = {
            "provenance": to_plain(provenance),
            "basis": state.parts,
            "result": to_plain(outcome.result),
        }
        state.entry.write(Content(numbers, outcome.tensors))

    def _read(self, state: "_State", read: Callable[[Entry], T | None]) -> T:
        try:
            found = read(state.entry)
            why = f"there is none in {state.entry.folder}"
        except Damaged as error:
            found, why = None, str(error)
        if found is None:
            raise UserError(
                f"{self.title} has no stored result for the code, settings and data as they "
                f"stand: {why}; run `python -m hw4 train {self.name}` first."
            )
        return found

    @property
    def _state(self) -> "_State":
        settings = self.settings.quick() if quick() else self.settings()
        check_settings(settings)
        wished_device()
        return _State(self, settings, self.source())


@dataclass(frozen=True)
class _State:
    """Things as they stand: all that makes the key of a result."""

    experiment: Experiment
    settings: Any
    source: DataSource

    @cached_property
    def versions(self) -> dict[str, str]:
        found = {name: version(name) for name in self.experiment.libraries}
        return {"python": platform.python_version(), **found}

    @cached_property
    def basis(self) -> str:
        """What every part of the experiment depends on."""
        code = code_fingerprint(self.experiment.run.partition(":")[0])
        return digest(
            self.experiment.name,
            code,
            (self.source.kind, self.source.fingerprint),
            self.versions,
        )

    @cached_property
    def circumstances(self) -> Any:
        with fetch.shut():
            return self.experiment.circumstances()

    @cached_property
    def key(self) -> str:
        return digest(self.basis, self.settings, self.circumstances)[:KEY_LENGTH]

    @property
    def parts(self) -> dict[str, Any]:
        """What the key is made of, for saying what has changed."""
        return {
            "profile": _profile(),
            "code": code_digests(self.experiment.run.partition(":")[0]),
            "settings": to_plain(self.settings),
            "data": to_plain(self.source),
            "versions": self.versions,
            "circumstances": to_plain(self.circumstances),
        }

    @cached_property
    def entry(self) -> Entry:
        return Entry(store_folder() / self.experiment.name / self.key)


def _profile() -> str:
    return "quick" if quick() else "full"


@cache
def version(package: str) -> str:
    """The installed version of a package; looked up once, since each look-up reads files.

    Raises:
        importlib.metadata.PackageNotFoundError: it is not installed.
    """
    return metadata.version(package)
