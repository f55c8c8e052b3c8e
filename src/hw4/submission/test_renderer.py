"""Quarto where there is one that fits, else the press; and one line that says why."""

import subprocess
import sys

import pytest

from hw4.foundation.errors import UserError
from hw4.submission import renderer
from hw4.submission.renderer import choose, render, render_part, see_format, told_format


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine without Quarto; returns a function that puts one on its PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(renderer.sys, "prefix", str(tmp_path / "venv"))
    monkeypatch.setattr(renderer.sys, "executable", str(tmp_path / "venv" / "bin" / "python"))

    def put(version, status=0):
        program = tmp_path / "quarto"
        program.write_text(
            f'#!/bin/sh\nif [ "$1" = --version ]; then echo {version}; exit 0; fi\n'
            f'echo "$1 with $QUARTO_PYTHON" > {tmp_path}/called\nexit {status}\n'
        )
        program.chmod(0o755)
        return program

    return put


def test_quarto_on_path_is_used(machine, capsys):
    program = machine("1.10.3")
    assert choose("auto") == program
    assert capsys.readouterr().out == f"Rendering with Quarto 1.10.3 ({program}).\n"


@pytest.mark.parametrize("version", ["1.8.27", "1.4", "0.9.80", "unknown"])
def test_a_quarto_that_is_too_old_is_not_used(machine, version, capsys):
    machine(version)
    assert choose("auto") is None
    assert "1.9 or newer is needed" in capsys.readouterr().out


def test_without_quarto_the_press_is_used_and_the_line_says_why(machine, capsys):
    assert choose("auto") is None
    assert "built-in press: there is no Quarto on PATH" in capsys.readouterr().out


def test_asking_for_a_quarto_that_is_not_there_is_an_error(machine):
    with pytest.raises(UserError, match=r"Install Quarto 1\.9 or newer"):
        choose("quarto")


def test_a_failed_installation_is_tried_once_and_remembered(machine, tmp_path, monkeypatch, capsys):
    tries = []

    def failing(command, **_):
        tries.append(command)
        raise OSError("no network")

    monkeypatch.setattr(renderer.subprocess, "run", failing)
    for _ in range(2):
        choose("auto", may_install=True)
    assert len(tries) == 1
    told = capsys.readouterr().out.splitlines()[-1]
    assert "could not be installed here" in told
    assert str(tmp_path / "venv" / "quarto-not-installed") in told


def test_an_installation_is_not_tried_where_there_is_a_quarto(machine, monkeypatch):
    machine("1.9.1")
    monkeypatch.setattr(renderer, "_install", lambda: pytest.fail("tried to install"))
    assert choose("auto", may_install=True)


@pytest.mark.parametrize("status", [0, 1])
def test_quarto_renders_with_this_python_and_its_status_is_passed_on(machine, tmp_path, status):
    machine("1.10.0", status)
    assert render("auto") == status
    assert (tmp_path / "called").read_text() == f"render with {sys.executable}\n"


def test_the_telling_line_of_an_installer_is_remembered(machine, tmp_path, monkeypatch):
    errors = "  Traceback\n   File x\n  urllib.error.URLError: <no host>\n\nhint: x"
    failed = subprocess.CompletedProcess([], 1, "", errors)
    monkeypatch.setattr(renderer.subprocess, "run", lambda *_, **__: failed)
    choose("auto", may_install=True)
    told = (tmp_path / "venv" / "quarto-not-installed").read_text()
    assert ": urllib.error.URLError: <no host>; delete" in told


def test_what_an_interrupted_render_left_is_taken_away(machine, tmp_path, monkeypatch):
    machine("1.10.0")
    document = tmp_path / "report" / "submission.qmd"
    (tmp_path / "report" / "submission_files" / "figure").mkdir(parents=True)
    for name in (
        "submission.qmd",
        "submission.typ",
        "submission.quarto_ipynb",
        "submission.pdf",
        "_part.qmd",
    ):
        (tmp_path / "report" / name).touch()
    monkeypatch.setattr(renderer, "DOCUMENT", document)
    assert render("auto") == 0
    left = sorted(path.name for path in document.parent.iterdir())
    assert left == ["_part.qmd", "submission.qmd"]


def test_a_part_that_is_not_there_is_one_sentence(machine, tmp_path):
    with pytest.raises(UserError, match=r"no document .*_9-none.qmd: choose from report/_1-"):
        render_part(tmp_path / "_9-none.qmd")


@pytest.mark.parametrize("words", ["", "quarto.js render --to typst", "quarto.js render -t html"])
def test_formats_in_which_the_homework_can_be_read_pass(monkeypatch, words):
    monkeypatch.setattr(renderer, "quarto_words", lambda: words.split())
    see_format(told_format())


@pytest.mark.parametrize("words", ["render --to docx", "render report --to=docx", "render -t docx"])
def test_another_format_is_refused_before_anything_is_computed(monkeypatch, words):
    monkeypatch.setattr(renderer, "quarto_words", words.split)
    with pytest.raises(UserError, match="is not rendered to docx: render to typst"):
        see_format(told_format())
