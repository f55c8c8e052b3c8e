"""Stand-in data cannot be missed, the course's data gets one quiet line."""

from types import SimpleNamespace

import pytest

from hw4.foundation.course_files import DataSource
from hw4.foundation.device import Device
from hw4.submission.provenance import front_page, provenance


def experiment(kind: str, files: tuple[str, ...] = (), title: str = "Problem 2: sequences"):
    stored = SimpleNamespace(
        source=DataSource(kind, "0123456789abcdef", files), seconds=42.0, device=Device("cpu", "")
    )
    return SimpleNamespace(title=title, provenance=lambda: stored)


@pytest.fixture(autouse=True)
def full_profile(monkeypatch):
    monkeypatch.delenv("HW4_PROFILE", raising=False)


def test_course_data_is_one_quiet_line(capsys):
    provenance(experiment("course", ("X_train.npy", "y_train.npy")))
    assert capsys.readouterr().out.strip() == (
        "::: {.quiet}\nData: the course's `X_train.npy` and `y_train.npy` (sha256 `0123456789ab`). "
        "Computed in 42 s on the CPU.\n:::"
    )


def test_stand_in_data_is_a_callout_and_marks_the_pages(capsys):
    provenance(experiment("stand-in", ("homework4_question2_data.zip",)))
    printed = capsys.readouterr().out
    assert "#stand-in-on()" in printed
    assert ".callout-warning" in printed
    assert "must not be submitted" in printed
    assert "Put `homework4_question2_data.zip` into the folder `data/`" in printed


def test_a_problem_without_data_says_so(capsys):
    provenance(experiment("none"))
    printed = capsys.readouterr().out
    assert "none needed" in printed
    assert "stand-in" not in printed


def test_the_first_page_names_the_problems_with_stand_in_data(capsys):
    front_page(
        [
            experiment("stand-in", title="Problem 1: windows"),
            experiment("course", title="Problem 2: sequences"),
            experiment("stand-in", title="Problem 3: tweets"),
            experiment("none", title="Problem 4: transformer"),
        ]
    )
    printed = capsys.readouterr().out
    assert "Stand-in data in problem 1 and problem 3: not for submission" in printed
    assert "Problem 2 used the course's own files." in printed
    front_page([experiment("course")])
    assert "All numbers in problem 2 come from the course's own" in capsys.readouterr().out


def test_the_quick_profile_is_marked(capsys, monkeypatch):
    monkeypatch.setenv("HW4_PROFILE", "quick")
    front_page([experiment("course")])
    assert "a trial build, not a submission" in capsys.readouterr().out
