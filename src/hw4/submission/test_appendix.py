"""The closing page says where each number, figure and table comes from."""

import pytest

from hw4.submission import appendix as module
from hw4.submission.appendix import Appendix

BUILD = {"commit": "0123456789"}
RESULTS = {
    "build": BUILD,
    "windows": {
        "source": "course",
        "fingerprint": "abcdef0123456789",
        "files": ["train.zip", "test.zip"],
        "seed": 541,
        "seconds": 100.0,
        "device": {"kind": "cpu", "name": "a processor"},
        "versions": {"torch": "2.14.1", "python": "3.11.7"},
        "key": "k1",
        "selection": {"written": "2026-11-24T13:44:47+00:00"},
    },
    "transformer": {
        "source": "none",
        "fingerprint": "none",
        "files": [],
        "seed": 1,
        "seconds": 20.0,
        "device": {"kind": "cpu", "name": "a processor"},
        "versions": {"torch": "2.14.1", "numpy": "2.4.6", "python": "3.11.7"},
        "key": "k2",
    },
}


def test_the_page_quotes_what_was_computed_where_and_with_what():
    app = Appendix(RESULTS)
    assert (app.time, app.devices) == ("2 min", "a processor")
    assert app.versions == "python 3.11.7, numpy 2.4.6, and torch 2.14.1"


@pytest.mark.parametrize(
    ("commit", "expected"),
    [
        ("0123456789", (True, False, "0123456789")),
        ("0123456789+", (True, True, "0123456789+")),
        (None, (False, False, "none")),
    ],
)
def test_the_commit_is_named_if_there_is_one(commit, expected):
    app = Appendix({**RESULTS, "build": {"commit": commit}})
    assert (app.is_versioned, app.is_changed, app.commit) == expected


def test_each_experiment_has_its_data_seed_time_selection_and_key():
    lines = Appendix(RESULTS).experiments().data.splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]
    assert cells == [
        [
            "windows",
            r"train\.zip, test\.zip (sha256 `abcdef012345`)",
            "541",
            "1 min 40 s",
            "2026-11-24 13:44 UTC",
            "`k1`",
        ],
        ["transformer", "none needed", "1", "20 s", "–", "`k2`"],
    ]


PART = """\
```{python}
#| label: numbers
from hw4.windows import present as windows
from hw4.windows.figures import curves
win = windows.load()
```

::: {#fig-a fig-alt="x"}

```{python}
#| label: windows-accuracies
windows.accuracies(win)
```

Caption.
:::

Text, and a cell that shows nothing with a name:

```{python}
windows.not_labelled(win)
```

```{python}
#| label: fig-own
#| fig-cap: own
from matplotlib import pyplot as plt
plt.plot([1, 2])
```

```{python}
#| label: tbl-b
#| tbl-cap: b
rows = 1
curves(win)
```
"""


def test_figures_and_tables_are_led_back_to_the_functions_that_made_them(tmp_path, monkeypatch):
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "_1-windows.qmd").write_text(PART, encoding="utf-8")
    monkeypatch.setattr(module, "ROOT", tmp_path)
    row = Appendix(RESULTS).functions().data.splitlines()[2]
    assert [cell.strip() for cell in row.strip("|").split("|")] == [
        "windows",
        "`hw4.windows.present`, `hw4.windows.figures`",
        "@fig-a `accuracies`, @tbl-b `curves`",
    ]
