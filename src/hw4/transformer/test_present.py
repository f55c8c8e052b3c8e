"""Tables and the drawing say the numbers; what is written needs no torch."""

import re
import subprocess
import sys

import pytest
import typst

from hw4.foundation.places import ROOT
from hw4.transformer import present
from hw4.transformer.made_up import made_up

CASES = made_up()


@pytest.fixture
def result():
    return CASES["the sheet's"]


def missing(text):
    """Letters that Libertinus Serif lacks."""

    def lacks(letter):
        source = f'#set text(font: "Libertinus Serif", fallback: false)\n\\u{{{ord(letter):x}}}'
        options = {"ignore_system_fonts": True, "pdf_standards": ["ua-1"]}
        try:
            typst.compile(f'#set document(title: "x")\n{source}'.encode(), **options)
        except typst.TypstError:
            return True
        return False

    return {letter for letter in set(text) if not letter.isspace() and lacks(letter)}


def rows_of(table):
    """The cells of a Markdown table, without its head."""
    lines = table.data.splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_tables_say_the_numbers(result):
    rows = rows_of(present.answers(result))
    assert len(rows) == 11
    assert rows[3][2:] == ["*B* × *L* × *d*", "**[10, 90, 4]**", "all heads: [10, 5, 90, 4]"]
    assert rows[6][3:] == ["**[10, 5, 90, 90]**", "one head: [10, 90, 90]"]
    assert rows[10][2:4] == ["3*H*²", "**1,200**"]
    assert [row[1] for row in rows_of(present.readings(result))[1:3]] == ["3*H*² + 3*H*", "4*H*²"]
    assert result.map_numbers == 405_000
    assert result.map_over_query == 22.5


@pytest.mark.parametrize("case", CASES)
def test_the_drawing_has_every_item_and_shape(case, tmp_path, monkeypatch):
    monkeypatch.setattr("hw4.foundation.figures.figures_folder", lambda: tmp_path)
    result = CASES[case]
    svg = present.layer_drawing(result).svg
    words = re.findall(r"<text[^>]*>([^<]*)</text>", svg)
    assert set(map(str, range(1, 11))) <= set(words)
    head = present.shape_text(result.shapes["split_key"].shape)
    for shape in (
        present.shape_text(result.shapes["query"].shape),
        f"{result.dimensions.heads} × {head}",
        present.shape_text(result.shapes["softmax"].all_heads),
        present.shape_text(result.shapes["split_value"].all_heads),
    ):
        assert shape in words
    assert {"Scores: Q · K", "T"} <= set(words)


def test_every_letter_of_the_drawing_is_in_the_face_of_the_text(result, tmp_path, monkeypatch):
    monkeypatch.setattr("hw4.foundation.figures.figures_folder", lambda: tmp_path)
    drawn = re.findall(r"<text[^>]*>([^<]*)</text>", present.layer_drawing(result).svg)
    assert missing("".join(drawn)) == set()
    assert missing("Kᵀ") == {"ᵀ"}


def test_presenting_and_deriving_import_no_torch():
    code = "import sys, hw4.transformer.present; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT / "src").returncode == 0
