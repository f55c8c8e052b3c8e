"""What a part's first cell brings along, in IPython as the renderers run it."""

import json
import subprocess
import sys

import pytest

from hw4.foundation.errors import UserError
from hw4.foundation.places import ROOT
from hw4.submission import prose
from hw4.submission.prose import _places


@pytest.fixture
def shell(monkeypatch):
    """A function that evaluates inline expressions after `import *`."""
    from IPython.core.interactiveshell import InteractiveShell

    monkeypatch.delenv("QUARTO_FIG_FORMAT", raising=False)
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance()
    monkeypatch.setattr(prose, "get_ipython", lambda: shell)
    prose._set_up(shell)
    shell.user_ns["win"] = {"accuracy": 7.960014397328708}
    yield lambda expression: shell.user_expressions({"0": expression})["0"]
    InteractiveShell.clear_instance()


def test_a_bare_float_is_rounded(shell):
    assert shell("win['accuracy']")["data"]["text/plain"] == "7.96"


def test_an_expression_that_fails_says_what_there_is(shell):
    answer = shell("win['acuracy']")
    assert answer["ename"] == "KeyError"
    assert answer["evalue"] == "'acuracy'; did you mean 'accuracy'?"
    assert shell("1 / 0")["evalue"] == "division by zero"


def test_quarto_is_told_where_it_stands_as_well(shell, monkeypatch, tmp_path):
    (tmp_path / "report").mkdir()
    part = tmp_path / "report" / "_1-a.qmd"
    part.write_text("One.\nTwo `{python} 1 / 0`.\n", encoding="utf-8")
    monkeypatch.setattr(prose, "ROOT", tmp_path)
    monkeypatch.setenv("QUARTO_FIG_FORMAT", "svg")
    assert shell("1 / 0")["evalue"] == "division by zero; in report/_1-a.qmd:2: {python} 1 / 0"


def test_the_places_are_those_of_the_report():
    assert _places("build.is_quick")[0].startswith("report/submission.qmd:")
    assert _places("nothing of this kind") == []


def test_every_name_that_is_promised_is_there():
    assert all(hasattr(prose, name) for name in prose.__all__)
    documented = [line.split("(")[0].strip() for line in prose.__doc__.splitlines() if "(" in line]
    assert {name for name in documented if name.isidentifier()} <= set(prose.__all__)


def test_importing_it_loads_nothing_heavy():
    heavy = "torch torchvision transformers sklearn matplotlib timm scipy"
    code = "import sys; from hw4.submission.prose import *; "
    code += f"print(set('{heavy}'.split()) & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT / "src", capture_output=True, text=True
    )
    assert done.stdout.strip() == "set()", done.stderr


@pytest.mark.parametrize("target", ["typst", "html", "docx", "pdf"])
def test_formats_that_would_lack_half_of_the_report_are_refused_at_once(
    target, tmp_path, monkeypatch
):
    told = tmp_path / "info.json"
    told.write_text(json.dumps({"format": {"identifier": {"target-format": target}}}))
    monkeypatch.setenv("QUARTO_EXECUTE_INFO", str(told))
    if target in ("typst", "html"):
        prose._see_format()
    else:
        with pytest.raises(UserError, match=f"not rendered to {target}: render to typst"):
            prose._see_format()


def test_a_kernel_such_as_quarto_s_shows_the_sentence_alone():
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    code = "from hw4.submission.prose import *\nfrom hw4.foundation.errors import UserError\n"
    cell = nbformat.v4.new_code_cell(code + "raise UserError('Put it there.')")
    client = NotebookClient(nbformat.v4.new_notebook(cells=[cell]), kernel_name="python3")
    with pytest.raises(CellExecutionError):
        client.execute()
    (shown,) = [it for it in cell.outputs if it.output_type == "error"]
    assert shown.traceback == ["Error: Put it there."]
