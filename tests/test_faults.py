"""What can go wrong from outside: kills, full disks, two builds, missing homes, Ctrl-C."""

import json
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.project import Project, copy_project

RENDER = (sys.executable, "-m", "hw4", "render", "--with", "press")
TIMES = re.compile(r"second|finished|written")


def numbers(project: Project) -> dict:
    """`results.json` without what differs between two builds: times and the commit."""

    def timeless(value):
        if isinstance(value, dict):
            return {name: timeless(part) for name, part in value.items() if not TIMES.search(name)}
        return [timeless(part) for part in value] if isinstance(value, list) else value

    content = timeless(json.loads(project.results.read_text(encoding="utf-8")))
    del content["build"]
    return content


def start(project: Project, **options) -> subprocess.Popen:
    """Begin a build in a process group of its own."""
    return subprocess.Popen(
        RENDER,
        cwd=project.folder,
        env=project.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        **options,
    )


def end(process: subprocess.Popen, how: signal.Signals) -> str:
    """Send a signal to a build and all it started; what it had printed."""
    if process.poll() is None:
        os.killpg(process.pid, how)
    output, _ = process.communicate(timeout=60)
    return output


@pytest.mark.slow
@pytest.mark.parametrize("times", [2, 20])
def test_a_build_that_was_killed_ends_in_the_same_numbers(tmp_path, built, times):
    project = copy_project(tmp_path / "homework")
    moments = random.Random(541)
    for _ in range(times):
        process = start(project)
        try:
            process.wait(timeout=moments.uniform(0.5, 12))
        except subprocess.TimeoutExpired:
            end(process, signal.SIGKILL)
    build = project.run("render", "--with", "press")
    assert build.status == 0, build.output
    assert numbers(project) == numbers(built)


@pytest.mark.slow
def test_two_builds_from_nothing_have_the_same_numbers(tmp_path, built):
    project = copy_project(tmp_path / "homework")
    assert project.run("render", "--with", "press").status == 0
    assert numbers(project) == numbers(built)


def test_a_full_disk_leaves_the_last_good_pdf_and_the_store(project):
    good, entries = project.pdf.read_bytes(), project.entries()

    def small():
        resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))

    output = start(project, preexec_fn=small).communicate(timeout=120)[0]
    assert "Error: " in output
    assert project.pdf.read_bytes() == good
    assert project.entries() == entries
    again = project.run("render", "--with", "press")
    assert again.status == 0, again.output


def test_two_builds_at_once_do_not_hurt_each_other(project, built):
    shutil.rmtree(project.folder / "_store" / "transformer")
    with ThreadPoolExecutor(2) as pool:
        builds = list(pool.map(lambda _: project.run("render", "--with", "press"), range(2)))
    for build in builds:
        assert build.status == 0, build.output
    assert numbers(project) == numbers(built)
    assert b"%%EOF" in project.pdf.read_bytes()[-1024:]


@pytest.mark.parametrize("begun", [False, True])
def test_an_interrupt_ends_within_two_seconds_with_one_line(project, begun):
    """Before the first step of a build, and in the middle of a training."""
    shutil.rmtree(project.folder / "_store" / "sequences")
    process = start(project)
    first = process.stdout.readline()  # before it, Python itself is still starting
    while begun and not (project.folder / "_store" / "sequences").exists():
        time.sleep(0.1)
    began = time.monotonic()
    output = first + end(process, signal.SIGINT)
    assert time.monotonic() - began < 2
    assert process.returncode == 130
    assert output.count("Interrupted") == 1
    assert "Traceback" not in output


@pytest.mark.parametrize(
    ("new", "words"),
    [
        ("hidden_sizes=(16,", "src/hw4/sequences/result.py:"),
        ("hidden_sizes=(16),", "hidden_sizes of Settings is 16, expected was a tuple"),
        ("hidden_sizes=(),", "hidden_sizes of Settings is (), expected was a tuple"),
        ("hidden_sizes=(0,),", "each of them a whole number of 1 or more"),
    ],
)
def test_a_slip_in_the_settings_is_one_sentence(project, new, words):
    project.edit("src/hw4/sequences/result.py", "hidden_sizes=(16,),", new)
    build = project.run("train")
    assert build.status == 1
    assert build.output.startswith("Error: ") and words in build.output
    assert len(build.output.splitlines()) == 1


def test_the_data_command_goes_on_after_a_fault(project):
    (project.folder / "data" / "Twitter.csv").write_text("tweet;claim\n")
    (project.folder / "data" / "X_train.npy").write_bytes(b"")
    found = project.run("data")
    assert found.status == 1
    assert len(re.findall(r"^  Problem [123]: .*", found.output, re.MULTILINE)) == 3
    assert found.output.count("Error: ") == 2


def test_files_in_a_folder_of_the_data_folder_are_used(project):
    folder = project.folder / "data" / "from the course"
    folder.mkdir()
    rows = "".join(f"tweet {i},{i % 2}\n" for i in range(200))
    (folder / "Twitter.csv").write_text("tweet_text,claim\n" + rows)
    found = project.run("data")
    assert found.status == 0, found.output
    assert "the course's files (from the course/Twitter.csv)" in found.output
    assert "No problem uses" not in found.output


def test_who_reads_only_the_first_line_is_not_told_of_errors(small):
    command = f"{sys.executable} -m hw4 data | head -n 1; exit ${{PIPESTATUS[0]}}"
    found = small.call("bash", "-c", command)
    assert found.status in (0, 1)
    assert found.output.startswith("Data folder: ") and found.output.count("\n") == 1


def test_a_home_that_is_not_there_does_no_harm(project):
    build = project.run("render", "--with", "press", HOME="/nonexistent", XDG_CACHE_HOME="")
    assert build.status == 0, build.output


def test_the_data_folder_is_only_read(project):
    data = project.folder / "data"
    (data / "notes.txt").write_text("mine")
    before = [(path.name, path.stat().st_mtime_ns) for path in (data, *data.iterdir())]
    assert project.run("train").status == 0
    assert [(path.name, path.stat().st_mtime_ns) for path in (data, *data.iterdir())] == before


def test_a_clock_that_jumps_changes_nothing(project):
    for path in (project.folder / "_store").rglob("*"):
        os.utime(path, (4e9, 4e9) if path.is_file() else (0, 0))
    before = project.entries()
    assert project.run("train").status == 0
    assert project.entries() == before
