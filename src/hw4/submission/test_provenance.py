"""Stand-in data cannot be missed, and prose can say where numbers come from."""

from types import SimpleNamespace

import pytest

from hw4.foundation.compute import Device
from hw4.foundation.files import DataSource
from hw4.submission.provenance import front_page, provenance


def experiment(kind: str, files: tuple[str, ...] = (), title: str = "Problem 2: sequences"):
    stored = SimpleNamespace(
        source=DataSource(kind, "0123456789abcdef", files), seconds=42.0, device=Device("cpu", "")
    )
    return SimpleNamespace(title=title, provenance=lambda: stored)


@pytest.fixture(autouse=True)
def full_profile(monkeypatch):
    monkeypatch.delenv("HW4_PROFILE", raising=False)


def test_course_data_leaves_no_mark(capsys):
    here = provenance(experiment("course", ("X_train.npy", "y_train.npy")))
    assert capsys.readouterr().out == ""
    assert (here.is_course, here.is_stand_in, here.is_without_data) == (True, False, False)
    assert here.files.data == r"X\_train\.npy and y\_train\.npy"
    assert here.fingerprint.data == "`0123456789ab`"
    assert (here.time, here.device) == ("42 s", "the CPU")


def test_a_file_s_name_is_only_a_name():
    """In a code span a backtick would end it, and what follows would be Typst."""
    here = provenance(experiment("course", ('x`#read("secret")`{=typst}.csv',)))
    assert here.files.data == r"x\`\#read\(\"secret\"\)\`\{\=typst\}\.csv"


def test_stand_in_data_marks_the_pages(capsys):
    here = provenance(experiment("stand-in", ("homework4_question2_data.zip",)))
    assert "#stand-in-on()" in capsys.readouterr().out
    assert here.is_stand_in and not here.is_course


def test_a_problem_without_data_says_so(capsys):
    assert provenance(experiment("none")).is_without_data
    assert capsys.readouterr().out == ""


def test_the_first_page_can_name_the_problems_by_their_data(capsys):
    build = front_page(
        [
            experiment("stand-in", title="Problem 1: windows"),
            experiment("course", title="Problem 2: sequences"),
            experiment("stand-in", title="Problem 3: tweets"),
            experiment("none", title="Problem 4: transformer"),
        ]
    )
    assert (build.on_stand_ins, build.has_stand_in) == ("problem 1 and problem 3", True)
    assert (build.on_course, build.has_course) == ("problem 2", True)
    assert not build.is_quick
    assert capsys.readouterr().out == ""


def test_no_name_is_an_empty_string():
    """Quarto would print the expression."""
    build = front_page([experiment("none")])
    assert (build.on_stand_ins, build.on_course) == ("none", "none")
    assert not build.has_stand_in and not build.has_course


def test_the_quick_profile_is_marked(capsys, monkeypatch):
    monkeypatch.setenv("HW4_PROFILE", "quick")
    assert front_page([experiment("course")]).is_quick
    assert "#quick-on()" in capsys.readouterr().out
