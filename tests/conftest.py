"""A project built once, and copies of it to edit and break."""

import shutil
import signal

import pytest

from tests.project import REPORT, Project, copy_project


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> None:
    """A shell that starts us in the background has us, and so what we start, ignore interrupts."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def built(tmp_path_factory) -> Project:
    """The authors' report built once: the press, stand-ins, the quick profile. Not to be changed.

    No other test knows what is in it, so that no edit of theirs breaks one.
    """
    project = copy_project(tmp_path_factory.mktemp("a project ü") / "homework")
    build = project.run("render", "--with", "press")
    assert build.status == 0, build.output
    return project


@pytest.fixture(scope="session")
def small(built, tmp_path_factory) -> Project:
    """The same project with a small report of the tests' own, built. Not to be changed."""
    project = built.copy(tmp_path_factory.mktemp("a project ü") / "homework")
    for part in (project.folder / "report").glob("*.qmd"):
        part.unlink()
    for part in REPORT.iterdir():
        shutil.copy(part, project.folder / "report")
    build = project.run("render", "--with", "press")
    assert build.status == 0, build.output
    return project


@pytest.fixture
def project(small, tmp_path) -> Project:
    """A copy of the small project to edit and build again."""
    return small.copy(tmp_path / "homework")
