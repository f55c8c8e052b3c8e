"""The students' report: no result in it is typed, and every expression has a value.

What the authors may write is not tested here: an edit of prose fails nothing below unless it types
a number that looks like a result, or asks for a value that there is not.
"""

import re
from importlib import import_module
from itertools import cycle
from types import SimpleNamespace

import pytest

from hw4.__main__ import WINGS
from hw4.foundation.compute import Device
from hw4.foundation.experiment import Experiment, Made
from hw4.foundation.files import DataSource
from hw4.foundation.places import ROOT
from hw4.submission.documents import (
    INLINE,
    Cell,
    Expression,
    Prose,
    read_document,
)
from hw4.submission.kernel import start_kernel
from hw4.submission.numbers import typed_numbers
from hw4.submission.press import read
from hw4.submission.renderer import DOCUMENT

SMALL = re.compile(r"[0-9]|1[0-9]|20")
"""Counts of what a sentence itself lists, labels of classes, numbers of questions."""
TYPED = {
    "0.05": "the level of significance, one for the whole report",
    "5 %": "the same",
    "95 %": "the level of all intervals",
    "60 %": "the accuracy that the sheet asks for",
    "0.50": "the F1-macro that the sheet asks for in Q7",
    "42": "the seed of the published split",
}
"""Numbers that may be typed in prose, each with its reason."""
CASES = {wing: import_module(f"hw4.{wing}.made_up").made_up() for wing in WINGS}
"""For each wing, results of all kinds, made up without training."""


def typed_results(document):
    """Numbers typed in prose that look like results, with their lines."""
    return [
        f"{line}: {number}"
        for line, number in typed_numbers(read(document)[1])
        if number not in TYPED and not SMALL.fullmatch(number)
    ]


def test_no_result_is_typed():
    assert typed_results(DOCUMENT) == [], "write an expression, or name the number in TYPED"


@pytest.mark.parametrize("number", ["92.3 %", "0.815", "1.3 × 10⁻⁴", "1,200"])
def test_a_result_that_is_typed_is_found(number, tmp_path):
    document = tmp_path / "a.qmd"
    document.write_text(f"# A {{#sec-a}}\n\nIn 5 classes we reach {number} here.\n")
    assert typed_results(document) == [f"a.qmd:3: {number}"]


def nameless_cells(document):
    _, parts = read_document(document, document.parents[1])
    cells = [part for part in parts if isinstance(part, Cell)]
    return [str(cell.fence) for cell in cells if "label" not in cell.options]


def test_every_cell_has_a_label_by_which_quarto_names_it_when_it_fails(tmp_path):
    assert nameless_cells(DOCUMENT) == [], "write '#| label: …' below the fence"
    document = tmp_path / "report" / "a.qmd"
    document.parent.mkdir()
    document.write_text("```{python}\n#| label: a\n1\n```\n\n```{python}\n2\n```\n")
    assert nameless_cells(document) == ["report/a.qmd:6"]


def state(experiment: Experiment, kind: str) -> SimpleNamespace:
    kind = "none" if experiment.name == "transformer" else kind
    return SimpleNamespace(source=DataSource(kind, "f0", ("a.zip",)))


@pytest.fixture
def values(monkeypatch):
    """A function that runs a document's first cell and evaluates all that its prose asks for."""

    def evaluate(path, made_up: dict, kind: str):
        monkeypatch.setattr(Experiment, "stored", lambda self: made_up[self.name])
        monkeypatch.setattr(Experiment, "state", lambda self: state(self, kind))
        monkeypatch.setattr(
            Experiment, "made", lambda self: Made(1.0, Device("cpu", "a processor"))
        )
        monkeypatch.setattr(Experiment, "tensors", lambda self: {})
        _, parts = read_document(path, ROOT)
        with start_kernel(ROOT, {}) as kernel:
            kernel.run(next(part for part in parts if isinstance(part, Cell)))
            lines = [line for part in parts if isinstance(part, Prose) for line in part.lines]
            return [
                kernel.evaluate(Expression.of(found, line))
                for line in lines
                for found in INLINE.finditer(line.text)
            ]

    return evaluate


def part_of(wing):
    return next((ROOT / "report").glob(f"_*-{wing}.qmd"))


@pytest.mark.parametrize("wing", WINGS)
def test_every_expression_of_a_part_has_a_value_on_every_kind_of_result(wing, values):
    """The press refuses what fails, what is empty, and a `when` that is neither True nor False."""
    results = CASES[wing].items()
    cases = [(next(iter(results)), "stand-in"), *zip(results, cycle(["course", "stand-in"]))]
    for (name, result), kind in cases:
        try:
            found = values(part_of(wing), {wing: result}, kind)
        except Exception as error:
            pytest.fail(f"{wing}, {name}, {kind}: {error}")
        assert found


@pytest.mark.parametrize("wing", WINGS)
def test_every_expression_of_the_front_page_has_a_value_on_every_kind_of_result(
    wing, values, tmp_path, monkeypatch
):
    front = tmp_path / "front.qmd"
    text = DOCUMENT.read_text(encoding="utf-8")
    front.write_text(re.sub(r"\{\{< include .* >\}\}", "", text), encoding="utf-8")
    usual = {name: next(iter(cases.values())) for name, cases in CASES.items()}
    for name, result in CASES[wing].items():
        try:
            assert values(front, {**usual, wing: result}, "course")
        except Exception as error:
            pytest.fail(f"{wing}, {name}: {error}")


def test_an_expression_without_a_value_is_found(values, tmp_path):
    document = tmp_path / "a.qmd"
    document.write_text("```{python}\nx = 1\n```\n\nIt is `{python} y`.\n", encoding="utf-8")
    with pytest.raises(Exception, match="NameError"):
        values(document, {}, "course")
