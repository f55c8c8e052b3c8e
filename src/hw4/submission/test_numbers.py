"""Every number that prose can quote is listed with the expression that prints it."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace

import pytest

from hw4.foundation import words
from hw4.foundation.errors import UserError
from hw4.submission import numbers
from hw4.submission.documents import split_cells
from hw4.submission.lines import numbered
from hw4.submission.numbers import advice, is_telling, print_numbers, quotable, typed_numbers

PART = """\
# Problem 9 {#sec-nine}

```{python}
#| output: asis
from hw4.submission.test_numbers import RESULT
print("not shown")
res = RESULT  # all of it
gain = res.models["small"].accuracy - 0.5
_own = 3
count = len([key for key in res.models])
```

Text.

```{python}
later = 1
```
"""


@dataclass(frozen=True)
class Model:
    accuracy: float
    test_f1_macro: float
    test_mse: float
    interval: tuple[float, float]
    curve: tuple[float, ...] = (1.0, 2.0, 3.0, 4.0)

    @property
    def seconds(self) -> float:
        return 200.0

    @property
    def broken(self) -> float:
        raise KeyError("nothing of this name")


@dataclass(frozen=True)
class Result:
    models: dict[str, Model]
    images: int
    name: str
    missing: float = float("nan")
    nothing: str = ""

    @cached_property
    def best(self) -> Model:
        return self.models["small"]

    @property
    def labelled(self) -> bool:
        return True


RESULT = Result({"small": Model(0.881, 0.7134, 1.3e-4, (0.859, 0.905))}, 3521, "MiniLM")


@pytest.fixture
def part(tmp_path, monkeypatch):
    monkeypatch.setattr(numbers, "ROOT", tmp_path)
    path = tmp_path / "_9-nine.qmd"
    path.write_text(PART, encoding="utf-8")
    return path


def test_each_quotable_expression_is_listed_as_it_prints(part):
    assert [forms[0] for forms in quotable(part)] == [
        ("pct(res.models['small'].accuracy)", "88.1 %"),
        ("number(res.models['small'].test_f1_macro, 3)", "0.713"),
        ("scientific(res.models['small'].test_mse)", "1.3 × 10⁻⁴"),
        ("pct(res.models['small'].interval[0])", "85.9 %"),
        ("pct(res.models['small'].interval[1])", "90.5 %"),
        ("duration(res.models['small'].seconds)", "3 min 20 s"),
        ("n(res.images)", "3,521"),
        ("res.name", "MiniLM"),
        ("number(res.missing, 2)", "– (there is no value here)"),
        ("res.best", "the same as res.models['small']"),
        ("res.labelled", "True"),
        ("points(gain)", "38.1"),
        ("n(count)", "1"),
    ]


def test_what_is_listed_can_be_pasted(part):
    """The expression, evaluated after the first cell, prints the value beside it."""
    names = {**numbers.names_of(numbers.first_cell(part), part), **vars(words)}
    for (expression, value), *_ in quotable(part):
        if not value.startswith(("the same as", "–")):
            assert str(eval(expression, dict(names))) == value


def test_the_list_says_of_what_it_is(part, capsys):
    print_numbers("nine", part)
    first, second, *_ = capsys.readouterr().out.splitlines()
    assert first == "nine (_9-nine.qmd)"
    assert second.startswith("  `{python} pct(res.models['small'].accuracy)`")
    assert second.endswith(" 88.1 %")


def test_the_list_can_be_cut_to_what_has_a_word_in_it(part, capsys):
    print_numbers("nine", part, like="f1")
    assert capsys.readouterr().out.count("\n") == 2
    print_numbers("nine", part, like="88.1")  # a number that was seen in the PDF
    assert "['small'].accuracy" in capsys.readouterr().out
    print_numbers("nine", part, like="no such word")
    assert capsys.readouterr().out == "nine (_9-nine.qmd): nothing is like 'no such word'\n"


def test_a_short_name_of_the_first_cell_goes_before_the_longer_one(part):
    part.write_text(PART.replace("_own = 3", "small = res.models['small']"), encoding="utf-8")
    rows = dict(forms[0] for forms in quotable(part))
    assert rows["res.models['small']"] == "the same as small"
    assert rows["pct(small.accuracy)"] == "88.1 %"


def test_a_part_without_a_cell_is_one_sentence(part):
    part.write_text("# Nine\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"_9-nine\.qmd has no cell"):
        list(quotable(part))


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("pct(res.models['smal'].accuracy)", "did you mean 'small'?"),
        ("pct(res.models['small'].acuracy)", "did you mean accuracy?"),
        ("pct(rest.images)", "did you mean res?"),
        ("res.models['zzz']", "there is 'small'"),
        ("res.zzz", "there is best, images, labelled"),
        ("[x for x in res.model]", "did you mean models?"),
        ("1 / 0", ""),
        ("pct(", ""),
    ],
)
def test_an_expression_that_fails_gets_the_nearest_names(expression, expected):
    namespace = {"res": RESULT, "pct": words.pct, "SimpleNamespace": SimpleNamespace}
    found = advice(expression, namespace)
    assert found.startswith(expected) if expected else found == ""


PROSE = """\
# Problem 1 {#sec-one-1}

The accuracy is 92.3 %, and `{python} pct(0.5)` of 1,200 in $x_1 + 2$; see @fig-two-2 and `x = 3`.
A [link](#sec-4){.page} in Q7 and F1, [words]{when="`{python} a > 5`"}, an error of 1.3 × 10⁻⁴.
It is [less than 2 % of them.]{claim="`{python} a['b'] < 0.02`"}

```{python}
six = 6
```

It is 7.
"""


def test_typed_numbers_are_those_of_prose_with_their_lines():
    parts = split_cells(numbered(PROSE, Path("a.qmd")))
    found = [(line.number, number) for line, number in typed_numbers(parts)]
    assert found == [(1, "1"), (3, "92.3 %"), (3, "1,200"), (4, "1.3 × 10⁻⁴"), (11, "7")]


@pytest.mark.parametrize(
    ("number", "tells"),
    [
        *(("92.3 %", True), ("0.923", True), ("1 × 10⁻⁴", True), ("1,200", True)),
        *(("20", False), ("0.05", False), ("95 %", False)),
    ],
)
def test_a_number_that_is_typed_by_chance_is_not_compared(number, tells):
    assert is_telling(number) == tells


@pytest.mark.parametrize(
    ("expression", "value", "suits"),
    [
        ("steps['small'].value", -0.022, "points(steps['small'].value)"),
        ("net.mirror_gain", 0.004, "points(net.mirror_gain)"),
        ("low", 0.967, "pct(low)"),
        ("interval[1]", 0.99, "pct(interval[1])"),
        ("per_class['low tide'].recall", 0.5, "pct(per_class['low tide'].recall)"),
        ("seconds", 0.5, "duration(seconds)"),
        ("a.seconds_per_epoch", 0.5, "duration(a.seconds_per_epoch)"),
        ("choice['warmup_share']", 0.1, "pct(choice['warmup_share'])"),
        ("layer.difference", 1e-7, "scientific(layer.difference)"),
        ("models['a'].margin", 7.0, "significant(models['a'].margin, 3)"),
    ],
)
def test_the_format_suits_the_name(expression, value, suits):
    forms = numbers._forms(expression, value)
    assert forms[0][0] == suits
    assert {name.partition("(")[0] for name, _ in forms} >= {"pct", "number", "scientific"}
