"""The whole submission: built, read back, edited, broken."""

import json
import shutil
import sys

import pytest
from pypdf import PdfReader

PART = "report/_layer.qmd"
WORDS = "A sentence that somebody wrote into the report a moment ago."


def test_a_build_makes_pdf_results_and_figures(built):
    assert built.pdf.stat().st_size > 50_000
    results = json.loads(built.results.read_text(encoding="utf-8"))
    assert results["build"]["profile"] == "quick"
    for name in ("windows", "sequences", "tweets"):
        assert results[name]["source"] == "stand-in"
        assert results[name]["fingerprint"]
        assert results[name]["seconds"] > 0
        assert results[name]["versions"]["torch"]
    assert len(results["transformer"]["shapes"]) == 11
    assert results["transformer"]["parameters"] == 1200
    vectors = {path.stem for path in (built.folder / "figures").glob("*.svg")}
    assert vectors
    assert vectors == {path.stem for path in (built.folder / "figures").glob("*.png")}


def test_stand_ins_and_the_quick_profile_cannot_be_missed(small):
    """On every page, whatever the prose says."""
    pages = [page.extract_text().lower() for page in PdfReader(small.pdf).pages]
    assert len(pages) >= 4
    for text in pages:
        assert "quick" in text
    assert sum("stand-in data" in text for text in pages) >= 4


def test_editing_prose_trains_nothing_and_imports_nothing_heavy(built, tmp_path):
    """In the authors' own report, which has all figures and tables of all wings."""
    project = built.copy(tmp_path / "homework")
    before = project.entries()
    project.append("report/_2-sequences.qmd", f"{WORDS}\n")
    build = project.run("render", "--with", "press", PYTHONPROFILEIMPORTTIME="1")
    assert build.status == 0, build.output
    assert WORDS in " ".join(project.text().split())
    assert project.entries() == before
    imported = {line.split("|")[-1].strip() for line in build.output.splitlines() if "|" in line}
    assert "hw4.sequences.present" in imported
    heavy = {"torch", "torchvision", "transformers", "datasets", "sklearn", "matplotlib", "timm"}
    assert not heavy & imported


def test_changing_a_comment_trains_nothing(project):
    before = project.entries()
    project.edit("src/hw4/sequences/model.py", "import torch", "# a comment\nimport torch")
    assert project.run("train").status == 0
    assert project.entries() == before


def test_changing_code_trains_what_depends_on_it_and_nothing_else(project):
    before = json.loads(project.results.read_text())
    project.edit("src/hw4/transformer/model.py", "import torch", "CHANGED = 1\nimport torch")
    build = project.run("train")
    assert build.status == 0, build.output
    after = json.loads(project.results.read_text())
    assert after["transformer"]["key"] != before["transformer"]["key"]
    for name in ("windows", "sequences", "tweets"):
        assert after[name]["key"] == before[name]["key"]
        assert after[name]["finished"] == before[name]["finished"]


BROKEN = {
    "a failing cell": (
        '```{python}\n#| label: broken\nx = 1\nraise ValueError("on purpose")\n```\n',
        ["_layer.qmd:", "broken", "ValueError: on purpose", "Traceback"],
    ),
    "an unknown code window": (
        '```{python}\n#| output: asis\ncode("hw4.transformer.model.Transformerlayer")\n```\n',
        ["_layer.qmd:", "hw4.transformer.model.TransformerLayer"],
    ),
    "an error in a page": (
        "The network ended with ValueError: no such thing.\n",
        ["Proof-reading", "an error text"],
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_said_and_the_last_good_pdf_stays(project, name):
    text, expected = BROKEN[name]
    good = project.pdf.read_bytes()
    project.append(PART, text)
    build = project.run("render", "--with", "press")
    assert build.status == 1
    for words in expected:
        assert words in build.output
    assert project.pdf.read_bytes() == good


def test_a_damaged_result_is_said_and_computed_again(project):
    before = json.loads(project.results.read_text())["transformer"]
    entry = project.folder / "_store" / "transformer" / before["key"] / "numbers.json"
    entry.write_text(entry.read_text()[:50])
    build = project.run("train")
    assert build.status == 0
    assert "damaged" in build.output
    after = json.loads(project.results.read_text())["transformer"]
    assert after["parameters"] == before["parameters"]


def test_quarto_makes_the_same_submission(built, tmp_path):
    """Word for word, so with the same numbers of figures, tables, equations and pages."""
    project = built.copy(tmp_path / "homework")
    if not shutil.which("quarto"):
        pytest.skip("Quarto is not installed, so there is nothing to compare the press with")
    project.pdf.unlink()
    build = project.call("quarto", "render", QUARTO_PYTHON=sys.executable)
    assert build.status == 0, build.output
    assert project.text().split() == built.text().split()


def test_the_same_pdf_twice(project):
    first = project.run("render", "--with", "press", SOURCE_DATE_EPOCH="1700000000")
    assert first.status == 0, first.output
    before = project.pdf.read_bytes()
    assert project.run("render", "--with", "press", SOURCE_DATE_EPOCH="1700000000").status == 0
    assert project.pdf.read_bytes() == before


def test_help_names_every_command(small):
    build = small.run("--help")
    assert build.status == 0
    commands = ("train", "status", "render", "check", "data", "numbers", "notebooks", "preview")
    assert all(command in build.output for command in commands)
