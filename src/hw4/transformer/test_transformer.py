"""The derivation holds for any layer, and the layer is the one PyTorch has."""

import re
import subprocess
import sys

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from hw4.foundation.convert import from_plain, to_plain
from hw4.foundation.course_files import DataSource
from hw4.foundation.errors import UserError
from hw4.foundation.places import ROOT
from hw4.transformer import drawing, experiment, present
from hw4.transformer.derive import ITEMS, READINGS, Dimensions
from hw4.transformer.model import TransformerLayer, copy_weights
from hw4.transformer.result import Result, Settings


class NoWork:
    """What the experiment is given; it needs none of it."""

    source = DataSource("none", "none")
    device = "cpu"


@pytest.fixture(scope="module")
def result() -> Result:
    return experiment.run(Settings(), NoWork()).result


dimensions = st.builds(
    lambda batch, length, heads, head: Dimensions(batch, length, heads * head, heads),
    batch=st.integers(1, 4),
    length=st.integers(1, 12),
    heads=st.integers(1, 6),
    head=st.integers(1, 6),
)


@settings(max_examples=60, deadline=None)
@given(dimensions)
def test_derived_shapes_and_counts_hold_for_any_layer(sizes):
    x = torch.randn(sizes.batch_size, sizes.sequence_length, sizes.hidden_size)
    shapes = experiment.read_shapes(TransformerLayer(sizes), x)
    items = experiment.confirmed_items(sizes, shapes)
    readings = experiment.confirmed_readings(sizes, experiment.count_parameters(sizes))
    assert [item.number for item in items] == list(range(1, 11))
    assert [reading.key for reading in readings] == [reading.key for reading in READINGS]


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(("hidden_size", "heads"), [(20, 5), (12, 1), (12, 4), (21, 7)])
def test_equals_pytorchs_attention_with_the_same_weights(bias, hidden_size, heads):
    torch.manual_seed(0)
    reference = nn.MultiheadAttention(hidden_size, heads, bias=bias, batch_first=True).eval()
    if bias:  # they begin as zeros, which would not show a mix-up
        nn.init.normal_(reference.in_proj_bias)
        nn.init.normal_(reference.out_proj.bias)
    sizes = Dimensions(3, 11, hidden_size, heads)
    layer = TransformerLayer(sizes, bias=bias, output_projection=True).eval()
    copy_weights(layer, reference)
    x = torch.randn(3, 11, hidden_size, requires_grad=True)
    expected, maps = reference(x, x, x, average_attn_weights=False)
    seen = []
    layer.softmax.register_forward_hook(lambda module, inputs, output: seen.append(output))
    torch.testing.assert_close(layer(x), expected)
    torch.testing.assert_close(seen[0], maps)
    (ours,) = torch.autograd.grad(layer(x).square().sum(), x)
    (theirs,) = torch.autograd.grad(expected.square().sum(), x)
    torch.testing.assert_close(ours, theirs)


def test_rows_of_the_map_sum_to_one(result):
    assert result.row_sum_error < 1e-5
    assert result.difference < 1e-5


def test_both_dropouts_drop_in_training_and_only_then():
    sizes = Dimensions(4, 30, 20, 5)
    x = torch.randn(4, 30, 20)
    layer = TransformerLayer(sizes, dropout=0.5)
    zeros = {}
    for name in ("dropout_1", "dropout_2"):
        getattr(layer, name).register_forward_hook(
            lambda module, inputs, output, name=name: zeros.update(
                {name: (output == 0).float().mean().item()}
            )
        )
    layer.train()(x)
    assert all(0.4 < share < 0.6 for share in zeros.values())
    layer.eval()(x)
    assert all(share < 0.01 for share in zeros.values())


def test_the_sheets_numbers(result):
    whole, head, attention = (10, 90, 20), (10, 90, 4), (10, 5, 90, 90)
    expected = [whole] * 3 + [head] * 3 + [attention] * 2 + [whole] * 2
    assert [item.shape for item in result.items] == expected
    assert result.item(4).all_heads == (10, 5, 90, 4)
    assert result.item(7).one_head == (10, 90, 90)
    counts = {reading.key: reading.count for reading in result.readings}
    assert counts == {
        "projections": 1_200,
        "biases": 1_260,
        "output": 1_600,
        "attention": 1_680,
        "norms": 1_760,
        "feed_forward": 5_060,
    }


def test_names_are_the_sheets_own(result):
    sheet = ROOT.parent / "shared" / "assignment.txt"
    if not sheet.is_file():
        pytest.skip("the sheet is not beside the project")
    text = " ".join(sheet.read_text(encoding="utf-8").split())
    for entry in result.report()["shapes"]:
        assert f"{entry['item']}. {entry['name']}" in text


def test_report_lists_eleven(result):
    report = to_plain(result.report())
    assert [entry["item"] for entry in report["shapes"]] == list(range(1, 12))
    assert all({"name", "shape"} <= entry.keys() for entry in report["shapes"])
    assert report["shapes"][0] == {
        "item": 1,
        "name": "The shape of Q",
        "shape": [10, 90, 20],
        "one_head": None,
        "all_heads": [10, 90, 20],
    }
    assert report["parameters"] == report["shapes"][10]["value"] == 1_200


def test_a_result_is_read_back_as_it_was_stored(result):
    assert from_plain(Result, to_plain(result)) == result


@pytest.mark.parametrize("heads", [3, 40])
def test_heads_must_divide_the_hidden_size(heads):
    with pytest.raises(UserError, match=rf"20 cannot be split into {heads} .* 1, 2, 4, 5, 10, 20"):
        Dimensions(heads=heads)


@pytest.mark.parametrize("heads", [0, -5])
def test_sizes_must_be_positive(heads):
    with pytest.raises(UserError, match=rf"positive heads, but it is {heads}"):
        Dimensions(heads=heads)


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.module)
def test_a_layer_that_disagrees_stops_the_build(item):
    sizes = Dimensions(2, 3, 4, 2)
    shapes = experiment.read_shapes(TransformerLayer(sizes), torch.randn(2, 3, 4))
    shapes[item.module] = (2, 3, 5)
    with pytest.raises(UserError, match=re.escape(f"item {item.number} ({item.name})")):
        experiment.confirmed_items(sizes, shapes)


def test_a_count_that_disagrees_stops_the_build():
    sizes = Dimensions()
    counted = experiment.count_parameters(sizes)
    counted["norms"][0] = ("a module", 7)
    with pytest.raises(UserError, match=r"derived 4H² \+ 8H = 1760 .* has 7 parameters"):
        experiment.confirmed_readings(sizes, counted)


def test_tables_and_words_say_the_numbers(result):
    table = present.answers(result)
    assert len(table.rows) == 11
    assert table.rows[3][2:] == ["*B* × *L* × *d*", "**[10, 90, 4]**", "all heads: [10, 5, 90, 4]"]
    assert table.rows[10][2:4] == ["3*H*²", "**1,200**"]
    assert [row[1] for row in present.readings(result).rows[1:3]] == ["3*H*² + 3*H*", "4*H*²"]
    said = present.words(result)
    assert said.map_numbers == "405,000"
    assert said.map_to_query == "22.5 times"
    assert "[10, 5, 90, 90]" in present.drawing_alt(result)


def test_the_drawing_has_every_item_and_shape(result, tmp_path, monkeypatch):
    monkeypatch.setattr("hw4.foundation.figures.figures_folder", lambda: tmp_path)
    svg = drawing.layer_drawing(result).svg
    words = re.findall(r"<text[^>]*>([^<]*)</text>", svg)
    assert set(map(str, range(1, 11))) <= set(words)
    for shape in ("[10, 90, 20]", "5 × [10, 90, 4]", "[10, 5, 90, 90]", "[10, 5, 90, 4]"):
        assert shape in words


def test_presenting_and_deriving_import_no_torch():
    code = "import sys, hw4.transformer.present; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT / "src").returncode == 0
