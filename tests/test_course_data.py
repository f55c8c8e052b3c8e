"""With the course's files in the data folder the numbers, the provenance and the marks follow."""

import json
import shutil

import pytest

from tests.project import ROOT

SEQUENCES = ROOT.parent / "shared" / "data" / "sequences"

needs_data = pytest.mark.skipif(
    not SEQUENCES.is_dir(), reason=f"no course data at {SEQUENCES.relative_to(ROOT.parent)}"
)


@needs_data
def test_the_course_s_files_take_the_place_of_the_stand_in(project):
    before = json.loads(project.results.read_text(encoding="utf-8"))
    for file in SEQUENCES.glob("*.npy"):
        shutil.copy(file, project.folder / "data")
    build = project.run("render", "--with", "press")
    assert build.status == 0, build.output
    assert "Problem 2: 20 points answered" in build.output
    assert "the course's data" in build.output
    after = json.loads(project.results.read_text(encoding="utf-8"))
    assert after["sequences"]["source"] == "course"
    assert after["sequences"]["fingerprint"] != before["sequences"]["fingerprint"]
    assert after["windows"]["key"] == before["windows"]["key"]
    assert "X_train.npy" in project.text()


@needs_data
def test_a_file_that_is_missing_is_never_replaced_by_a_stand_in(project):
    good = project.pdf.read_bytes()
    for file in SEQUENCES.glob("X_*.npy"):
        shutil.copy(file, project.folder / "data")
    build = project.run("render", "--with", "press")
    assert build.status == 1
    assert "y_train.npy" in build.output
    assert "Traceback" not in build.output
    assert project.pdf.read_bytes() == good
