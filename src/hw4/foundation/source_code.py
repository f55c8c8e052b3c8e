"""Which source code a result depends on, found by reading import statements.

grimp finds the same modules (a test compares), but a process that only reads results starts a
tenth of a second later with it: the digests below are what takes time, and have to be kept anyway.
"""

import ast
import hashlib
import json
import platform
from contextlib import suppress
from functools import cache
from importlib.util import resolve_name
from pathlib import Path

from hw4.foundation.places import store_folder
from hw4.foundation.store import write_text

PACKAGE = Path(__file__).resolve().parents[1]


@cache
def code_fingerprint(module: str) -> str:
    """sha256 over `module` and every module of this package that it imports, however indirectly.

    Comments, docstrings and layout do not count: the syntax trees are compared, so that explaining
    code never retrains a model. Imports inside functions count like all others.

    Raises:
        FileNotFoundError: there is no such module in this package.
    """
    found = code_digests(module)
    return _sha256("".join(f"{name}\0{found[name]}\n" for name in sorted(found)).encode())


def code_digests(module: str) -> dict[str, str]:
    """What `code_fingerprint` is made of: a digest for each module, by name."""
    memory = _memory(store_folder())
    digests = {name: _read(name)[0] for name in modules_behind(module)}
    memory.keep()
    return digests


def modules_behind(start: str) -> set[str]:
    """The modules of this package that run when `start` is imported and used, itself included."""
    if _file(start) is None:
        raise FileNotFoundError(f"no module {start} below {PACKAGE}")
    found: set[str] = set()
    waiting = {start}
    while waiting:
        module = waiting.pop()
        found.add(module)
        # `a.b.c` runs `a` and `a.b` first; a name that is imported may be a module or a value.
        parents = {module.rpartition(".")[0]} - {""}
        waiting |= {it for it in parents | set(_read(module)[1]) if _file(it)} - found
    return found


@cache
def _file(module: str) -> Path | None:
    top, *below = module.split(".")
    path = PACKAGE.joinpath(*below)
    if top != PACKAGE.name:
        return None
    return next(
        (file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()), None
    )


@cache
def _read(module: str) -> tuple[str, list[str]]:
    """sha256 of a module's syntax tree without docstrings, and every name that it imports."""
    content = _file(module).read_bytes()
    return _memory(store_folder()).recall(module, content)


def _parsed(module: str, content: bytes) -> tuple[str, list[str]]:
    file = _file(module)
    package = module if file.name == "__init__.py" else module.rpartition(".")[0]
    tree = ast.parse(content, filename=str(file))
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = resolve_name("." * node.level + (node.module or ""), package)
            names |= {base, *(f"{base}.{alias.name}" for alias in node.names)}
        body = getattr(node, "body", None)
        if isinstance(body, list):
            # A string standing alone explains something; it computes nothing.
            node.body = [line for line in body if not _is_text(line)]
    ours = sorted(name for name in names if name.split(".")[0] == PACKAGE.name)
    return _sha256(ast.dump(tree).encode()), ours


def _is_text(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


class _Memory:
    """What was read in files, by their content: parsing them all takes a third of a second.

    Kept in the store for the next process. It is forgotten when it is damaged, and when its
    reader (this file, Python) is another.
    """

    def __init__(self, store: Path) -> None:
        self._path = store / "source_code.json"
        self._reader = Path(__file__).read_bytes() + platform.python_version().encode()
        self._known: dict[str, tuple[str, list[str]]] = {}
        self._used: dict[str, tuple[str, list[str]]] = {}
        with suppress(OSError, ValueError):
            seal, _, text = self._path.read_text(encoding="utf-8").partition("\n")
            if seal == self._seal(text):
                self._known = json.loads(text)

    def recall(self, module: str, content: bytes) -> tuple[str, list[str]]:
        """What was read in a module of this name and content, or is now."""
        name = _sha256(f"{module}\0".encode() + content)
        self._used[name] = self._known.get(name) or _parsed(module, content)
        return self._used[name]

    def keep(self) -> None:
        """Write what was used if some of it is new; nothing depends on whether that works."""
        if not self._used.keys() <= self._known.keys():
            self._known = dict(self._used)
            text = json.dumps(self._known)
            with suppress(OSError):
                write_text(self._path, f"{self._seal(text)}\n{text}")

    def _seal(self, text: str) -> str:
        return _sha256(self._reader + text.encode())


_memory = cache(_Memory)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
