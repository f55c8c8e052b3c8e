"""The notebooks: made from the report, runnable from top to bottom."""

import os

import nbformat
import pytest
from nbclient import NotebookClient

PROBLEMS = ("windows", "sequences", "tweets", "transformer")


@pytest.fixture(scope="module")
def notebooks(built):
    build = built.run("notebooks")
    assert build.status == 0, build.output
    return built.folder / "notebooks"


@pytest.mark.parametrize("problem", PROBLEMS)
def test_a_notebook_runs_and_shows_what_the_report_shows(notebooks, built, problem, monkeypatch):
    notebook = nbformat.read(notebooks / f"{problem}.ipynb", as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert "%pip install" in code[0].source
    assert not any(cell.outputs for cell in code)
    for name in [name for name in os.environ if name.startswith("HW4_")]:
        monkeypatch.delenv(name)
    for name, value in built.environment.items():
        monkeypatch.setenv(name, value)
    NotebookClient(notebook, resources={"metadata": {"path": str(built.folder)}}).execute()
    data = [output.get("data", {}) for cell in code for output in cell.outputs]
    assert any("image/svg+xml" in part for part in data)
    text = "\n".join(part.get("text/markdown", "") for part in data)
    text += "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    for leftover in (":::", "{python}", "{=typst}", "{#", "@fig-", "@tbl-", "@sec-"):
        assert leftover not in text
