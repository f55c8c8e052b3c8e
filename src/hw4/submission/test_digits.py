"""Numbers that are typed in prose are told from those that are computed, named or shown as code."""

import pytest

from hw4.submission import digits
from hw4.submission.digits import live_numbers, typed_numbers

PROSE = """\
---
title: Homework 4
---

# Problem 1 {#sec-one-1}

The accuracy is 92.3 %, and `{python} pct(0.5)` of 1,200 in $x_1 + 2$; see @fig-two-2 and `x = 3`.
A [link](#sec-4){.page} in Q7 and F1, [words]{when="`{python} a > 5`"}, an error of 1.3 × 10⁻⁴.
It is [less than 2 % of them.]{claim="`{python} a['b'] < 0.02`"}

```{python}
six = 6
```

It is 7.
"""


def test_typed_numbers_are_those_of_prose_with_their_lines(tmp_path, monkeypatch):
    document = tmp_path / "a.qmd"
    document.write_text(PROSE, encoding="utf-8")
    monkeypatch.setattr(digits, "ROOT", tmp_path)
    found = [(line.number, number) for line, number in typed_numbers(document)]
    assert found == [(5, "1"), (7, "92.3 %"), (7, "1,200"), (8, "1.3 × 10⁻⁴"), (15, "7")]


@pytest.mark.parametrize(
    ("value", "prints", "not_prints"),
    [
        (0.9234, ("92.3 %", "92.3", "0.923", "9.2 × 10⁻¹"), ("0.92",)),
        (0.00013, ("1.3 × 10⁻⁴",), ("0.000", "0.0 %")),
        (1200, ("1,200",), ()),
        (20, (), ("20",)),
        (True, (), ("1",)),
        (float("nan"), (), ("–",)),
    ],
)
def test_a_live_number_has_the_prints_that_nobody_types_by_chance(value, prints, not_prints):
    live = live_numbers({"build": {"x": 333}, "windows": {"a": [{"b": value}], "settings": 444}})
    assert set(prints) <= set(live)
    assert not {"333", "444", *not_prints} & set(live)
    assert set(live.values()) <= {"windows.a.0.b"}
