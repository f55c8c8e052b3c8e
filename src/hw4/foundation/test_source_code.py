"""What counts as a change of code, tried on a small package made for it."""

import grimp
import pytest

from hw4.foundation import source_code
from hw4.foundation.errors import UserError

WINGS = ("windows", "sequences", "tweets", "transformer")
FILES = {
    "toy/__init__.py": "",
    "toy/base.py": "LIMIT = 3\n",
    "toy/unused.py": "VALUE = 1\n",
    "toy/wing/__init__.py": "",
    "toy/wing/data.py": "from ..base import LIMIT\n",
    "toy/wing/late.py": "RATE = 0.1\n",
    "toy/wing/experiment.py": (
        '"""Doc."""\nfrom toy.wing import data\n\n\ndef run():\n'
        '    """More."""\n    from toy.wing.late import RATE\n\n    return data.LIMIT * RATE\n'
    ),
}


def forget():
    for kept in ("code_digests", "_file"):
        getattr(source_code, kept).cache_clear()


@pytest.fixture
def package(places, tmp_path, monkeypatch):
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.setattr(source_code, "PACKAGE", tmp_path / "toy")
    forget()
    yield tmp_path
    forget()


def changed(package, name, old, new):
    """Whether replacing `old` by `new` in a file changes the experiment's fingerprint."""
    before = source_code.code_fingerprint("toy.wing.experiment")
    path = package / name
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    forget()
    return source_code.code_fingerprint("toy.wing.experiment") != before


def test_a_constant_two_imports_away_counts(package):
    assert changed(package, "toy/base.py", "3", "4")


def test_an_import_inside_a_function_counts(package):
    assert changed(package, "toy/wing/late.py", "0.1", "0.2")


@pytest.mark.parametrize("above", ["toy", "toy/wing"])
def test_the_code_of_packages_above_counts(package, above):
    (package / above / "__init__.py").write_text("X = 1\n")
    assert changed(package, f"{above}/__init__.py", "1", "2")


def test_equal_files_of_two_packages_are_told_apart(package):
    (package / "toy/wing/part.py").write_text("VALUE = 1\n")
    (package / "toy/wing/again.py").write_text("from .part import VALUE\n")
    (package / "toy/part.py").write_text("VALUE = 2\n")
    (package / "toy/again.py").write_text("from .part import VALUE\n")
    (package / "toy/wing/experiment.py").write_text("from toy import again\nfrom . import again\n")
    fingerprint = source_code.code_fingerprint("toy.wing.experiment")
    forget()
    assert source_code.code_fingerprint("toy.wing.experiment") == fingerprint, "as it was kept"
    assert changed(package, "toy/part.py", "2", "3")
    assert changed(package, "toy/wing/part.py", "1", "3")


def test_a_module_nobody_imports_does_not_count(package):
    assert not changed(package, "toy/unused.py", "1", "2")


def test_docstrings_comments_and_layout_do_not_count(package):
    assert not changed(package, "toy/wing/experiment.py", "Doc.", "Better words.")
    assert not changed(package, "toy/wing/experiment.py", "More.", "Better words.")
    assert not changed(package, "toy/base.py", "LIMIT = 3", "# why three\nLIMIT  =  3")


def test_an_unknown_module_is_an_error(package):
    with pytest.raises(FileNotFoundError, match="nothing"):
        source_code.code_fingerprint("toy.nothing")


def parsed(monkeypatch):
    """The modules that are parsed from now on."""
    parse, modules = source_code._parsed, []
    monkeypatch.setattr(
        source_code, "_parsed", lambda name, content: modules.append(name) or parse(name, content)
    )
    return modules


def test_the_next_process_parses_only_what_has_changed(package, monkeypatch):
    fingerprint = source_code.code_fingerprint("toy.wing.experiment")
    forget()
    modules = parsed(monkeypatch)
    assert source_code.code_fingerprint("toy.wing.experiment") == fingerprint
    assert modules == []
    assert changed(package, "toy/wing/late.py", "0.1", "0.2")
    assert modules == ["toy.wing.late"]


@pytest.mark.parametrize(("old", "new"), [("toy.wing", "toy.base"), ("[", ""), ("\n", " ")])
def test_a_damaged_memory_is_forgotten(package, monkeypatch, old, new):
    fingerprint = source_code.code_fingerprint("toy.wing.experiment")
    kept = package / "store" / "source_code" / "numbers.json"
    assert old in kept.read_text()
    kept.write_text(kept.read_text().replace(old, new, 1))
    forget()
    modules = parsed(monkeypatch)
    assert source_code.code_fingerprint("toy.wing.experiment") == fingerprint
    assert "toy.wing.experiment" in modules


def test_a_memory_that_cannot_be_written_does_no_harm(package):
    (package / "store").write_text("")
    with pytest.raises(UserError, match="is a file"):
        source_code.code_fingerprint("toy.wing.experiment")
    (package / "store").unlink()
    (package / "store").mkdir()
    (package / "store" / "source_code").write_text("")
    assert source_code.code_fingerprint("toy.wing.experiment")


def test_the_modules_are_those_that_grimp_finds():
    graph = grimp.build_graph("hw4", cache_dir=None)
    for wing in WINGS:
        start = f"hw4.{wing}.experiment"
        found = source_code.code_digests(start).keys()
        expected = {start, *graph.find_upstream_modules(start)}
        assert expected <= found
        packages = {name.rpartition(".")[0] for name in found} | {"hw4"}
        assert found - expected <= packages  # whose `__init__` runs as well
