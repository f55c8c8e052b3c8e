"""Tables as Markdown."""

import json
import subprocess

import pypandoc
import pytest

from hw4.foundation.names import named, plain
from hw4.foundation.tables import Table, table


def test_a_small_table_is_as_wide_as_its_cells():
    table = Table(["Network", "MSE"], [["vanilla", 0.1], ["a|b", "x\ny"]], "lr")
    assert table._repr_markdown_() == (
        "| Network | MSE |\n|:---|---:|\n| vanilla | 0.1 |\n| a\\|b | x y |"
    )


def test_a_large_table_has_columns_in_proportion_to_what_stands_in_them():
    table = Table(
        ["a", "b"], [["1", "many words " * 10], ["`#link(<x>)[long]`{=typst}", "-"]], "lr"
    )
    rule = table._repr_markdown_().splitlines()[1]
    left, right = (part.count("-") for part in rule.strip("|").split("|"))
    assert right > 8 * left
    assert rule.endswith(":|")


def test_widths_can_be_given():
    table = Table(["a", "b"], [["x" * 40, "y" * 40]], "ll", widths=(1, 3))
    left, right = (
        part.count("-") for part in table._repr_markdown_().split("\n")[1][1:-1].split("|")
    )
    assert right == 3 * left


def test_a_row_of_another_length_is_an_error():
    with pytest.raises(ValueError, match="2 columns"):
        Table(["a", "b"], [["1"]], "lr")


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
