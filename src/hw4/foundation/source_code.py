"""Which source code a result depends on, found by reading import statements."""

import ast
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class _Code:
    """One file: its syntax tree as text, without docstrings, and the import statements in it."""

    text: str
    imports: tuple[ast.Import | ast.ImportFrom, ...]


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
        digest.update(f"{name}\0{_code(_file(name)).text}\n".encode())
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
    for node in _code(_file(module)).imports:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        else:
            base = _absolute(module, node)
            names |= {base, *(f"{base}.{alias.name}" for alias in node.names)}
    return {name for name in names if name.split(".")[0] == PACKAGE.name and _exists(name)}


def _absolute(module: str, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    is_package = _file(module).name == "__init__.py"
    parts = module.split(".")[: None if is_package and node.level == 1 else -node.level]
    return ".".join([*parts, node.module] if node.module else parts)


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
    tree = ast.parse(file.read_text(encoding="utf-8"), filename=str(file))
    imports = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            imports.append(node)
        body = getattr(node, "body", None)
        if isinstance(body, list):
            # A string standing alone explains something; it computes nothing.
            node.body = [line for line in body if not _is_text(line)]
    return _Code(ast.dump(tree), tuple(imports))


def _is_text(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )
