"""The derivation holds for any layer; where the two disagree, the build stops."""

import re

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from hw4.foundation.errors import UserError
from hw4.foundation.files import DataSource
from hw4.foundation.places import ROOT
from hw4.foundation.store import from_plain, to_plain
from hw4.transformer import experiment
from hw4.transformer.derive import Dimensions, items, readings
from hw4.transformer.model import TransformerLayer
from hw4.transformer.result import Result, Settings


class NoWork:
    """What the experiment is given; it needs none of it."""

    source = DataSource("none", "none")
    device = "cpu"


@pytest.fixture(scope="module")
def result() -> Result:
    return experiment.run(Settings(), NoWork()).result


def shapes_of(layer, x):
    return {name: tuple(it.shape) for name, it in experiment.read_outputs(layer, x).items()}


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
    confirmed = experiment.confirmed_shapes(sizes, shapes_of(TransformerLayer(sizes), x))
    counted = experiment.confirmed_readings(sizes, experiment.count_parameters(sizes))
    assert [item.number for item in confirmed.values()] == list(range(1, 11))
    assert list(counted) == list(readings(sizes.hidden_size))


def test_rows_of_the_map_sum_to_one(result):
    assert result.row_sum_error < 1e-5
    assert result.difference < 1e-5


def test_the_sheets_numbers(result):
    whole, head, attention = (10, 90, 20), (10, 90, 4), (10, 5, 90, 90)
    expected = [whole] * 3 + [head] * 3 + [attention] * 2 + [whole] * 2
    assert [item.shape for item in result.shapes.values()] == expected
    assert result.shapes["split_query"].all_heads == (10, 5, 90, 4)
    assert result.shapes["softmax"].one_head == (10, 90, 90)
    counts = {key: reading.count for key, reading in result.readings.items()}
    assert counts == {
        "projections": 1_200,
        "biases": 1_260,
        "output": 1_600,
        "attention": 1_680,
        "norms": 1_760,
        "feed_forward": 5_060,
    }


def test_readings_are_counted_in_pytorchs_own_modules(result):
    assert all("nn." in reading.modules for reading in result.readings.values())


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
        "number": 1,
        "symbols": "BLH",
        "name": "The shape of Q",
        "module": "query",
        "shape": [10, 90, 20],
        "one_head": None,
        "all_heads": [10, 90, 20],
    }
    assert report["parameters"] == report["shapes"][10]["value"] == 1_200


def test_a_result_is_read_back_as_it_was_stored(result):
    assert from_plain(Result, to_plain(result)) == result


@pytest.mark.parametrize("module", items(Dimensions()))
def test_a_layer_that_disagrees_stops_the_build(module):
    sizes = Dimensions(2, 3, 4, 2)
    shapes = shapes_of(TransformerLayer(sizes), torch.randn(2, 3, 4))
    shapes[module] = (2, 3, 5)
    item = items(sizes)[module]
    with pytest.raises(UserError, match=re.escape(f"item {item.number} ({item.name})")):
        experiment.confirmed_shapes(sizes, shapes)


def test_a_count_that_disagrees_stops_the_build():
    sizes = Dimensions()
    counted = experiment.count_parameters(sizes)
    counted["norms"][0] = ("a module", 7)
    with pytest.raises(UserError, match=r"derived 4H² \+ 8H = 1760 .* has 7 parameters"):
        experiment.confirmed_readings(sizes, counted)
