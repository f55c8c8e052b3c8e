"""Tables as Markdown."""

import json
import subprocess

import pypandoc
import pytest

from hw4.foundation.names import named, plain
from hw4.foundation.tables import table


def test_columns_are_aligned_and_numbers_stay_as_they_were_written():
    made = table(["Network", "MSE", "n"], [["vanilla", "0.10", 1], ["x\ny", 1e-4, "007"]], "lrc")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in made.data.split("\n")]
    assert rows[0] == ["Network", "MSE", "n"]
    assert [(cell[0], cell[-1]) for cell in rows[1]] == [(":", "-"), ("-", ":"), (":", ":")]
    assert rows[2:] == [["vanilla", "0.10", "1"], ["x y", "0.0001", "007"]]


@pytest.mark.parametrize(("rows", "align"), [([["1"]], "lr"), ([["1", "2"]], "l")])
def test_a_row_of_another_length_is_an_error(rows, align):
    with pytest.raises(ValueError, match="2 columns"):
        table(["a", "b"], rows, align)


def test_a_cell_is_one_cell_whatever_is_in_it():
    names = ["a|b", "a\\|b", "a\\\\|b", "`|`", "two\nlines", "|", "\\"]
    rows = [[named(name), "1"] for name in names] + [["x|y", "2"], [r"x\|y", "3"]]
    made = table(["Name", "n"], rows, "lr")
    command = [pypandoc.get_pandoc_path(), "--from=markdown", "--to=json"]
    done = subprocess.run(command, input=made.data, capture_output=True, text=True, check=True)
    (block,) = json.loads(done.stdout)["blocks"]
    (body,) = block["c"][4]
    shown = [["".join(_text(it) for it in cell[4]) for cell in row[1]] for row in body[3]]
    assert shown == [[plain(name), "1"] for name in names] + [["x|y", "2"], ["x|y", "3"]]
    assert block["c"][2] == [
        [{"t": "AlignLeft"}, {"t": "ColWidthDefault"}],
        [{"t": "AlignRight"}, {"t": "ColWidthDefault"}],
    ]


def _text(block: dict) -> str:
    return "".join(inline.get("c", " ") for inline in block["c"])
