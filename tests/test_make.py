"""The Makefile, in folders of any name; nothing is installed here."""

import os
import shutil
import subprocess

import pytest

from tests.project import ROOT

NAMES = (
    "plain",
    "with space",
    'a "quoted" one',
    "it's",
    "$HOME",
    "back`touch OWNED`tick",
    "x$(touch OWNED)y",
    "x$(shell touch OWNED)y",
    "#1 50% ü;touch OWNED",
)
PYTHON = """#!/bin/sh
echo "python $*"
"""


@pytest.fixture
def made(tmp_path):
    """Makes a folder of a name, with an environment that was made there and only says its calls."""

    def make(name: str):
        folder = tmp_path / name
        program = folder / ".venv" / "bin" / "python"
        program.parent.mkdir(parents=True)
        for file in ("pyproject.toml", "constraints.txt", "Makefile"):
            shutil.copy(ROOT / file, folder)
        program.write_text(PYTHON)
        program.chmod(0o755)
        (folder / ".venv" / "ready").write_text(f"{folder.resolve()}\n")
        return folder

    return make


def call(folder, *targets):
    # a make that runs the tests would tell this one that it is its child
    own = {
        name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))
    }
    return subprocess.run(["make", *targets], cwd=folder, env=own, capture_output=True, text=True)


@pytest.mark.parametrize("name", NAMES)
def test_a_folder_s_name_is_no_command_and_its_environment_notes_where_and_stays(
    made, name, tmp_path
):
    folder = made(name)
    ready = folder / ".venv" / "ready"
    ready.unlink()
    done = call(folder, "report")
    assert done.returncode == 0, done.stderr
    assert ready.read_text() == f"{folder.resolve()}\n"
    done = call(folder, "report")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "python -m hw4 render --install-quarto\n"
    assert ready.is_file() and (folder / ".venv" / "bin" / "python").is_file()
    assert not list(tmp_path.rglob("OWNED"))


def test_a_moved_folder_s_environment_goes_and_the_reason_is_said(made, tmp_path):
    moved = made("before").rename(tmp_path / "after")
    done = call(moved, "help")
    assert done.returncode == 0
    assert done.stderr == "This folder was moved or copied, so its .venv is made anew.\n"
    assert not (moved / ".venv").exists()


def test_clean_takes_what_builds_make_and_leaves_what_people_write(made):
    folder = made("homework")
    kept = ["figures/README.md", "report/submission.qmd", "report/look/a.typ", "report/mine.pdf",
            "data/Twitter.csv", "notes.html"]  # fmt: skip
    gone = ["figures/a.svg", "figures/a.png", "report/submission.pdf", "report/_2-sequences.pdf",
            "report/a.html", "report/a.docx", "report/submission.typ", "report/a_files/b.png",
            ".quarto/x", "report/.quarto/x", "_output/results.json", "_store/x",
            "notebooks/a.ipynb"]  # fmt: skip
    for name in (*kept, *gone):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("")
    assert call(folder, "clean").returncode == 0
    assert all((folder / name).exists() for name in kept)
    assert not [name for name in gone if (folder / name).exists()]


def test_help_names_every_target(made):
    said = call(made("homework")).stdout
    for target in ("report", "test", "bench", "notebooks", "preview", "clean"):
        assert f"make {target} " in said
