"""What the interpreter does to the machine while a case runs: processes, files, connections.

Python's own audit events are counted, so nothing that Python code opens, removes or starts goes
unseen, however deep in a library.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

STARTS = {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork"}
CHANGES = {
    "os.remove": {0: 1},
    "os.rename": {0: 2, 1: 3},
    "os.mkdir": {0: 2},
    "os.rmdir": {0: 1},
    "os.symlink": {1: 2},
    "os.link": {1: 3},
    "os.chmod": {0: 2},
    "os.truncate": {0: None},
    "shutil.rmtree": {0: None},
}
"""Events that change a folder: among their arguments, the places of the paths and, for each, that
of the open folder it is relative to."""
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


@dataclass
class Seen:
    """What was done.

    Attributes:
        started: programs.
        changed: files and folders that were written, moved or removed.
        connected: addresses.
    """

    started: list[str] = field(default_factory=list)
    changed: list[Path] = field(default_factory=list)
    connected: list[str] = field(default_factory=list)

    def note(self, event: str, arguments: tuple) -> None:
        """Take down one audit event."""
        if event in STARTS:
            program = arguments[0] if arguments else event
            self.started.append(os.fsdecode(program))
        elif event == "socket.connect":
            self.connected.append(str(arguments[1]))
        elif event == "open" and _writes(arguments):
            self._change(arguments[0])
        elif event in CHANGES:
            for place, folder in CHANGES[event].items():
                self._change(arguments[place], -1 if folder is None else arguments[folder], event)

    def _change(self, path: object, folder: int = -1, event: str = "") -> None:
        if not isinstance(path, str | bytes | os.PathLike):
            return
        opened = Path(f"/proc/self/fd/{folder}")
        if (
            folder >= 0 and not opened.exists()
        ):  # no Linux; what is open was opened in a known place
            return
        base = opened.readlink() if folder >= 0 else Path.cwd()
        changed = Path(os.path.normpath(base / os.fsdecode(path)))
        if event != "os.mkdir" or not changed.is_dir():  # asked for, but there already
            self.changed.append(changed)


def _writes(arguments: tuple) -> bool:
    _, mode, flags = arguments
    if isinstance(mode, str):
        return any(letter in mode for letter in "wax+")
    return isinstance(flags, int) and bool(flags & WRITES)


_watching: list[Seen] = []
_hooked = False


def _hook(event: str, arguments: tuple) -> None:
    if _watching:
        _watching[-1].note(event, arguments)


@contextmanager
def watch() -> Iterator[Seen]:
    """Take down what is done while the context lasts."""
    global _hooked
    if not _hooked:  # a hook cannot be taken away again, so there is one for all cases
        sys.addaudithook(_hook)
        _hooked = True
    _watching.append(Seen())
    try:
        yield _watching[-1]
    finally:
        _watching.pop()
