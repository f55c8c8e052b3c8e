"""Every bad input ends in one sentence, a status of 1, and nothing else."""

import os
import socket
from pathlib import Path

import numpy as np
import pytest

from tests.bad_inputs import arrays
from tests.bad_inputs.case import Home
from tests.bad_inputs.runner import run
from tests.bad_inputs.table import TABLE
from tests.bad_inputs.watch import watch

ROWS = [
    pytest.param(case, id=f"{kind}: {case.name}") for kind, cases in TABLE.items() for case in cases
]


def test_the_table_is_long_and_names_no_case_twice():
    assert len(ROWS) >= 60
    assert len({row.id for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("case", ROWS)
def test_it_ends_in_one_sentence_and_nothing_else(case, tmp_path):
    ending = run(case, tmp_path)
    assert ending.status == 1
    assert ending.said.startswith("Error: ")
    assert ending.said.count("\n") == 1 and ending.said.rstrip()[-1] in ".?", ending.said
    for words in case.words:
        assert words
        assert words.replace("{folder}", str(tmp_path)) in ending.said
    assert "Traceback" not in ending.said + ending.printed
    assert not ending.started and not ending.connected
    assert not ending.outside
    assert not ending.lost
    assert not ending.left


HOSTILE = [case for case in arrays.CASES if case.name.startswith(("a pickle that", "the same"))]


@pytest.mark.parametrize("case", HOSTILE[:5], ids=lambda case: case.name)
def test_the_hostile_files_would_do_harm_elsewhere(case, tmp_path):
    """So that they are refused for what they are: NumPy runs them."""
    home = Home(tmp_path)
    case.make(home)
    with watch() as seen:
        np.load(home.data / case.path, allow_pickle=True)
    assert seen.started or seen.changed
    assert (tmp_path / "ran").exists()


def test_the_watch_sees_what_is_done(tmp_path):
    file = tmp_path / "file"
    with watch() as seen, socket.socket() as caller:
        os.system("true")
        file.write_text("x")
        file.rename(tmp_path / "other")
        (tmp_path / "other").unlink()
        caller.connect_ex(("127.0.0.1", 9))
    assert seen.started == ["true"] and len(seen.connected) == 1
    assert seen.changed == [file, file, tmp_path / "other", tmp_path / "other"]
    assert isinstance(seen.changed[0], Path)
