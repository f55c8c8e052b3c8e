"""A project built once, and copies of it to edit and break."""

import shutil
import signal

import pytest

from tests.project import Project, copy_project


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> None:
    """A shell that starts us in the background has us, and so what we start, ignore interrupts."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def built(tmp_path_factory) -> Project:
    """A project built once: the press, stand-ins, the quick profile. Not to be changed."""
    project = copy_project(tmp_path_factory.mktemp("a project ü") / "homework")
    build = project.run("render", "--with", "press")
    assert build.status == 0, build.output
    return project


@pytest.fixture
def project(built, tmp_path) -> Project:
    """A copy of the built project to edit and build again."""
    folder = tmp_path / "homework"
    shutil.copytree(built.folder, folder, symlinks=True)
    return Project(folder)
