"""Which source code a result depends on, found by reading import statements."""

import ast
import hashlib
import json
import platform
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from hw4.foundation.places import store_folder
from hw4.foundation.store import write_text

PACKAGE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class _Import:
    """An import statement: `import module`, or `from module import names` at a relative `level`."""

    module: str
    level: int
    names: list[str]


@dataclass(frozen=True)
class _Code:
    """One file: sha256 of its syntax tree without docstrings, and the import statements in it."""

    digest: str
    imports: list[_Import]


@cache
def code_fingerprint(module: str) -> str:
    """sha256 over `module` and every module of this package that it imports, however indirectly.

    Comments, docstrings and layout do not count: the syntax trees are compared, so that explaining
    code never retrains a model. Imports inside functions count like all others.

    Raises:
        FileNotFoundError: there is no such module in this package.
    """
    digest = hashlib.sha256()
    for name in sorted(_reachable(module)):
        digest.update(f"{name}\0{_code(_file(name)).digest}\n".encode())
    _memory(store_folder()).keep()
    return digest.hexdigest()


def _reachable(start: str) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        module = waiting.pop()
        if module in found:
            continue
        found.add(module)
        waiting += [parent for parent in _parents(module) if parent not in found]
        waiting += [name for name in _imports(module) if name not in found]
    return found


def _parents(module: str) -> list[str]:
    """The packages whose `__init__` runs before `module`."""
    parts = module.split(".")
    return [".".join(parts[:length]) for length in range(1, len(parts))]


def _imports(module: str) -> set[str]:
    """The modules of this package that `module` names in import statements."""
    names: set[str] = set()
    for statement in _code(_file(module)).imports:
        base = _absolute(module, statement)
        names |= {base, *(f"{base}.{name}" for name in statement.names)}
    return {name for name in names if name.split(".")[0] == PACKAGE.name and _exists(name)}


def _absolute(module: str, statement: _Import) -> str:
    if not statement.level:
        return statement.module
    is_package = _file(module).name == "__init__.py"
    parts = module.split(".")[: None if is_package and statement.level == 1 else -statement.level]
    return ".".join([*parts, statement.module] if statement.module else parts)


def _exists(module: str) -> bool:
    try:
        _file(module)
    except FileNotFoundError:
        return False
    return True


def _file(module: str) -> Path:
    path = PACKAGE.joinpath(*module.split(".")[1:])
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if candidate.is_file():
            return candidate
    raise FileNotFoundError(f"no module {module} below {PACKAGE}")


@cache
def _code(file: Path) -> _Code:
    content = file.read_bytes()
    memory = _memory(store_folder())
    return memory.recall(content) or memory.learn(content, _read(file, content))


def _read(file: Path, content: bytes) -> _Code:
    tree = ast.parse(content, filename=str(file))
    imports = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imports += [_Import(alias.name, 0, []) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [alias.name for alias in node.names]
            imports.append(_Import(node.module or "", node.level, names))
        body = getattr(node, "body", None)
        if isinstance(body, list):
            # A string standing alone explains something; it computes nothing.
            node.body = [line for line in body if not _is_text(line)]
    return _Code(_sha256(ast.dump(tree).encode()), imports)


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
        self._known: dict[str, Any] = {}
        self._used: dict[str, Any] = {}
        try:
            seal, _, text = self._path.read_text(encoding="utf-8").partition("\n")
        except (OSError, ValueError):
            return
        if seal == self._seal(text):
            self._known = json.loads(text)

    def recall(self, content: bytes) -> _Code | None:
        """What was read in a file of this content."""
        name = _sha256(content)
        if name not in self._known:
            return None
        self._used[name] = entry = self._known[name]
        return _Code(entry["digest"], [_Import(**it) for it in entry["imports"]])

    def learn(self, content: bytes, code: _Code) -> _Code:
        """Note what was read, and hand it back."""
        self._used[_sha256(content)] = asdict(code)
        return code

    def keep(self) -> None:
        """Write what was used if some of it is new; nothing depends on whether that works."""
        if self._used.keys() <= self._known.keys():
            return
        self._known = dict(self._used)
        text = json.dumps(self._known)
        with suppress(OSError):
            write_text(self._path, f"{self._seal(text)}\n{text}")

    def _seal(self, text: str) -> str:
        return _sha256(self._reader + text.encode())


_memory = cache(_Memory)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
