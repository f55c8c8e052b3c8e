"""The whole submission: built, read back, edited, broken."""

import json
import shutil
import sys

import pytest

PROSE = ("report/_4-transformer.qmd", "leaves batch and sequence alone", "keeps batch and sequence")


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


def test_stand_ins_and_the_quick_profile_cannot_be_missed(built):
    text = built.text()
    assert "Quick profile" in text
    assert "Stand-in data" in text
    assert text.lower().count("stand-in data") > 10


def test_editing_prose_trains_nothing_and_imports_nothing_heavy(project):
    before = project.entries()
    project.edit(*PROSE)
    build = project.run("render", "--with", "press", PYTHONPROFILEIMPORTTIME="1")
    assert build.status == 0, build.output
    assert "keeps batch and sequence" in " ".join(project.text().split())
    assert project.entries() == before
    imported = {line.split("|")[-1].strip() for line in build.output.splitlines() if "|" in line}
    assert "hw4.sequences.present" in imported
    heavy = {"torch", "torchvision", "transformers", "datasets", "sklearn", "matplotlib"}
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
    "a reference to nothing": (
        "See @fig-that-is-not-there.\n",
        ["_4-transformer.qmd:", "@fig-that-is-not-there"],
    ),
    "a failing cell": (
        '```{python}\n#| label: broken\nx = 1\nraise ValueError("on purpose")\n```\n',
        ["_4-transformer.qmd:", "broken", "ValueError: on purpose", "Traceback"],
    ),
    "an unknown code window": (
        '```{python}\n#| output: asis\ncode("hw4.transformer.model.Transformerlayer")\n```\n',
        ["_4-transformer.qmd:", "hw4.transformer.model.TransformerLayer"],
    ),
    "an unknown shortcode": ("{{< video x.mp4 >}}\n", ["_4-transformer.qmd:", "video"]),
    "an error in a page": (
        "The network ended with ValueError: no such thing.\n",
        ["Proof-reading", "an error text"],
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_said_and_the_last_good_pdf_stays(project, name):
    text, expected = BROKEN[name]
    good = project.pdf.read_bytes()
    part = project.folder / "report" / "_4-transformer.qmd"
    part.write_text(part.read_text(encoding="utf-8") + "\n" + text, encoding="utf-8")
    build = project.run("render", "--with", "press")
    assert build.status == 1
    for words in expected:
        assert words in build.output
    assert project.pdf.read_bytes() == good


def test_a_damaged_result_is_said_and_computed_again(project):
    before = json.loads(project.results.read_text())["transformer"]
    entry = project.folder / "_store" / "transformer" / before["key"] / "numbers.json"
    entry.write_text(entry.read_text()[:50])
    build = project.run("train", "transformer")
    assert build.status == 0
    assert "damaged" in build.output
    assert project.run("train").status == 0
    after = json.loads(project.results.read_text())["transformer"]
    assert after["parameters"] == before["parameters"]


def test_quarto_makes_the_same_submission(project, built):
    """Word for word, so with the same numbers of figures, tables, equations and pages."""
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


@pytest.mark.parametrize(
    ("arguments", "environment", "words"),
    [
        (("train", "windos"), {}, "windos"),
        (("train",), {"HW4_PROFILE": "fast"}, "HW4_PROFILE is 'fast'"),
        (("train",), {"HW4_DATA": "nowhere"}, "not a folder"),
        (("train",), {"HW4_DEVICE": "gpu"}, "HW4_DEVICE is 'gpu'"),
    ],
)
def test_a_wrong_setting_is_one_sentence(project, arguments, environment, words):
    build = project.run(*arguments, **environment)
    assert build.status == 1
    assert words in build.output
    assert "Traceback" not in build.output
    assert build.output.count("\n") == 1


def test_help_names_every_command(project):
    build = project.run("--help")
    assert build.status == 0
    for command in ("train", "render", "check", "data"):
        assert command in build.output
