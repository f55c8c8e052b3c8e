"""Which source code a result depends on, found by reading import statements.

grimp finds the same modules (a test compares), but a process that only reads results starts a
tenth of a second later with it: the digests below are what takes time, and have to be kept anyway.
"""

import ast
import hashlib
import platform
from contextlib import suppress
from functools import cache
from importlib.util import resolve_name
from pathlib import Path

from hw4.foundation.places import store_folder
from hw4.foundation.store import Damaged, Entry, digest

PACKAGE = Path(__file__).resolve().parents[1]
_READER = Path(__file__).read_bytes() + platform.python_version().encode()
KEPT = 1000  # files that are remembered, some of them as they were before an edit


def code_fingerprint(module: str) -> str:
    """One digest of all of `code_digests`."""
    return digest(code_digests(module))


@cache
def code_digests(module: str) -> dict[str, str]:
    """A digest of `module` and of each module of this package that it imports, however indirectly.

    Comments, docstrings and layout do not count: the syntax trees are compared, so that explaining
    code never retrains a model. Imports inside functions count like all others.

    Parsing all files takes a third of a second, so what was found in a file of some content is kept
    in the store for the next process.
    """
    if _file(module) is None:
        raise FileNotFoundError(f"no module {module} below {PACKAGE}")
    memory = Entry(store_folder() / "source_code")
    known, used, digests, waiting = {}, {}, {}, {module}
    with suppress(Damaged):
        known = memory.read_numbers() or {}
    while waiting:
        name = waiting.pop()
        content = _file(name).read_bytes()
        mark = _sha256(b"\0".join([_READER, name.encode(), content]))
        used[mark] = known.get(mark) or _parsed(name, content)
        digests[name], imported = used[mark]
        # `a.b.c` runs `a` and `a.b` first; a name that is imported may be a module or a value.
        parents = {name.rpartition(".")[0]} - {""}
        waiting |= {it for it in parents | set(imported) if _file(it)} - digests.keys()
    if not used.keys() <= known.keys():
        with suppress(OSError):  # nothing depends on whether that works
            others = {mark: found for mark, found in known.items() if mark not in used}
            memory.write(dict([*others.items(), *used.items()][-KEPT:]))
    return digests


@cache
def _file(module: str) -> Path | None:
    top, *below = module.split(".")
    path = PACKAGE.joinpath(*below)
    candidates = (path.with_suffix(".py"), path / "__init__.py") if top == PACKAGE.name else ()
    return next((file for file in candidates if file.is_file()), None)


def _parsed(module: str, content: bytes) -> tuple[str, list[str]]:
    """sha256 of a module's syntax tree without docstrings, and every name of ours it imports."""
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
        if isinstance(getattr(node, "body", None), list):
            # A string standing alone explains something; it computes nothing.
            node.body = [line for line in node.body if not _is_text(line)]
    ours = sorted(name for name in names if name.split(".")[0] == PACKAGE.name)
    return _sha256(ast.dump(tree).encode()), ours


def _is_text(node: ast.stmt) -> bool:
    constant = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return constant and isinstance(node.value.value, str)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
