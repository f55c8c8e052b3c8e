"""A part of the report as a notebook: readable, with its claims and passages, and it runs."""

import pytest

from hw4.submission import notebooks
from hw4.submission.notebooks import notebook

PART = """\
<!-- Nothing to read. -->

# Problem 9 {#sec-nine}

```{python}
#| output: asis
from hw4.foundation.words import *
x = 3521
print("::: {.quiet}\\nquiet @fig-nine-a\\n:::")
```

We see `{python} n(x)` of them.
[None of them.]{when="`{python} x == 0`"} [Many $x$.]{claim="`{python} x > 1000`"}

::: {#fig-nine-a fig-alt="`{python} n(x)` dots"}

```{python}
#| label: dots
x + 1
```

The dots, see [](#sec-nine){.page} and @tbl-nine-b.
:::

$$
y = x
$$ {#eq-nine alt="y is x"}

`#v(1em)`{=typst}
"""


@pytest.fixture
def cells(tmp_path, monkeypatch):
    monkeypatch.setattr(notebooks, "ROOT", tmp_path)
    part = tmp_path / "_9-nine.qmd"
    part.write_text(PART, encoding="utf-8")
    return notebook("nine", part).cells[4:]


def test_prose_and_code_stand_in_their_order(cells):
    sources = [cell.source for cell in cells]
    assert sources[0] == "# Problem 9"
    assert sources[1].splitlines()[:3] == [
        "from hw4.foundation.words import *",
        "with asis():",
        "    x = 3521",
    ]
    assert sources[2].startswith('show(r"""\nWe see `{python} n(x)` of them.')
    assert ":::" not in sources[2]  # the frame goes on after this piece
    assert sources[3] == "x + 1"
    assert sources[4] == ("The dots, see and the table (nine b).\n\n$$\ny = x\n$$")


def test_what_is_shown_has_its_values_and_no_markup_of_the_pdf(cells, capsys):
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.utils.capture import capture_output

    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance()
    shell.run_cell(notebooks.SETUP)
    shown = []
    for cell in cells:
        if cell.cell_type == "code":
            with capture_output() as captured:
                shell.run_cell(cell.source).raise_error()
            shown += [
                it.data["text/markdown"] for it in captured.outputs if "text/markdown" in it.data
            ]
    InteractiveShell.clear_instance()
    assert shown == ["quiet the figure (nine a)", "We see 3,521 of them. Many $x$."]


def test_a_table_keeps_its_caption_and_not_its_name():
    table = "| a |\n|---|\n| 1 |\n\n: Words of it. {#tbl-nine}\n"
    assert notebooks._plain(table).endswith("Words of it.")
