"""Stand-in data cannot be missed; prose and the closing page say where numbers come from."""

from types import SimpleNamespace

import pytest

from hw4.foundation.compute import Device
from hw4.foundation.experiment import Made
from hw4.foundation.files import DataSource
from hw4.submission import provenance as module
from hw4.submission.provenance import Appendix, front_page, provenance


def experiment(kind: str, files: tuple[str, ...] = (), title: str = "Problem 2: sequences"):
    state = SimpleNamespace(source=DataSource(kind, "0123456789abcdef", files))
    made = Made(42.0, Device("cpu", ""))
    return SimpleNamespace(title=title, state=lambda: state, made=lambda: made)


@pytest.fixture(autouse=True)
def full_profile(monkeypatch):
    monkeypatch.delenv("HW4_PROFILE", raising=False)


@pytest.mark.parametrize("kind", ["course", "stand-in", "none"])
def test_stand_in_data_marks_the_pages_and_other_data_does_not(capsys, kind):
    here = provenance(experiment(kind, ("X_train.npy", "y_train.npy")))
    assert ("#stand-in-on()" in capsys.readouterr().out) == (kind == "stand-in")
    assert here.is_course == (kind == "course")
    assert here.is_stand_in == (kind == "stand-in")
    assert here.is_without_data == (kind == "none")
    assert here.files.data == r"X\_train\.npy and y\_train\.npy"
    assert here.fingerprint.data == "`0123456789ab`"
    assert (here.time, here.device) == ("42 s", "the CPU")


def test_a_file_s_name_is_only_a_name():
    """In a code span a backtick would end it, and what follows would be Typst."""
    here = provenance(experiment("course", ('x`#read("secret")`{=typst}.csv',)))
    assert here.files.data == r"x\`\#read\(\"secret\"\)\`\{\=typst\}\.csv"


def test_the_first_page_can_name_the_problems_by_their_data(capsys):
    build = front_page(
        [
            experiment("stand-in", title="Problem 1: windows"),
            experiment("course", title="Problem 2: sequences"),
            experiment("stand-in", title="Problem 3: tweets"),
            experiment("none", title="Problem 4: transformer"),
        ]
    )
    assert (build.on_stand_ins, build.has_stand_in) == ("problem 1 and problem 3", True)
    assert (build.on_course, build.has_course) == ("problem 2", True)
    assert not build.is_quick
    assert capsys.readouterr().out == ""


def test_no_name_is_an_empty_string():
    """Quarto would print the expression."""
    build = front_page([experiment("none")])
    assert (build.on_stand_ins, build.on_course) == ("none", "none")
    assert not build.has_stand_in and not build.has_course


def test_the_quick_profile_is_marked(capsys, monkeypatch):
    monkeypatch.setenv("HW4_PROFILE", "quick")
    assert front_page([experiment("course")]).is_quick
    assert "#quick-on()" in capsys.readouterr().out


# --- the closing page

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
            "November 24, 2026, 13:44 UTC",
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

::: {when="`{python} win.pretrained`"}
Only then:

::: {#tbl-sometimes}

```{python}
#| label: windows-backbones
windows.backbones_table(win)
```

What a reference would not find in every build.
:::
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
        "[@fig-a `accuracies`]{.if-there}, [@tbl-sometimes `backbones_table`]{.if-there}, "
        "[@tbl-b `curves`]{.if-there}",
    ]
