"""The preview renders again when a file is saved that the document is made from."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

PATIENCE = 60.0
"""Seconds to wait for what should happen in a few."""

QUARTO = """#!{python}
# Stands in for Quarto, whose preview watches the document alone: it ends well once that is touched.
import pathlib, sys, time
if sys.argv[1] == "--version":
    sys.exit(print("1.9.0"))
document = pathlib.Path(sys.argv[2])
before = document.stat().st_mtime
print("watching", *sys.argv[1:], flush=True)
deadline = time.monotonic() + {patience}
while document.stat().st_mtime == before:
    if time.monotonic() > deadline:
        sys.exit("never told")
    time.sleep(0.05)
"""


@pytest.fixture
def preview(project):
    """Starts `python -m hw4 preview` in a built project; ends it afterwards."""
    started = []

    def start(path: str) -> subprocess.Popen:
        process = subprocess.Popen(
            [sys.executable, "-m", "hw4", "preview"],
            cwd=project.folder,
            env={**project.environment, "PATH": path},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,  # an interrupt reaches its children too, as in a terminal
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def read_until(process: subprocess.Popen, words: str) -> None:
    """Read what the process prints up to a line with `words`."""
    read = []
    late = threading.Timer(PATIENCE, os.killpg, (process.pid, signal.SIGKILL))
    late.start()
    try:
        for line in process.stdout:
            read.append(line)
            if words in line:
                return
    finally:
        late.cancel()
    pytest.fail(f"no {words!r} in: {''.join(read)}")


def test_quarto_is_told_of_a_file_that_the_document_includes(project, preview, tmp_path):
    program = tmp_path / "bin" / "quarto"
    program.parent.mkdir()
    program.write_text(QUARTO.format(python=sys.executable, patience=PATIENCE))
    program.chmod(0o755)
    process = preview(f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    read_until(process, "watching preview")
    time.sleep(1)
    project.append("report/_sequences.qmd", "Edited.\n")
    assert process.wait(PATIENCE + 10) == 0, process.stdout.read()


def test_the_press_renders_again_and_an_interrupt_ends_it(project, preview):
    without_quarto = os.pathsep.join(
        folder
        for folder in os.environ["PATH"].split(os.pathsep)
        if not (Path(folder) / "quarto").exists()
    )
    process = preview(without_quarto)
    read_until(process, "Made ")
    project.append("report/_sequences.qmd", "Written while watched.\n")
    read_until(process, "_sequences.qmd changed")
    read_until(process, "Made ")
    assert "Written while watched." in project.text()
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(PATIENCE) == 130
    assert process.stdout.read().count("Interrupted") == 1
