"""Documents are read line by line, and what is not understood is refused by file and line."""

from pathlib import Path

import pytest

from hw4.foundation.errors import UserError
from hw4.submission.documents import Cell, Prose, read_lines, split_cells, split_header
from hw4.submission.lines import Line
from hw4.submission.project import load_project


def lines(text: str) -> list[Line]:
    return [Line(row, Path("a.qmd"), n) for n, row in enumerate(text.splitlines(), start=1)]


def test_included_parts_keep_their_file_and_line(tmp_path):
    (tmp_path / "main.qmd").write_text("one\n\n{{< include _part.qmd >}}\n\nlast\n")
    (tmp_path / "_part.qmd").write_text("two\n```\n{{< include shown.qmd >}}\n```\n")
    read = read_lines(tmp_path / "main.qmd", tmp_path)
    assert [str(it) for it in read if it.text] == [
        *("main.qmd:1", "_part.qmd:1", "_part.qmd:2", "_part.qmd:3", "_part.qmd:4", "main.qmd:5")
    ]


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (None, "main.qmd:2: there is no file _part.qmd"),
        ("{{< include _part.qmd >}}", "_part.qmd:1: _part.qmd includes itself"),
        ("---\ntitle: x\n---\n", "_part.qmd:1: an included part cannot have a YAML header"),
    ],
)
def test_an_include_that_cannot_be_is_refused(tmp_path, part, words):
    (tmp_path / "main.qmd").write_text("one\n{{< include _part.qmd >}}\n")
    if part is not None:
        (tmp_path / "_part.qmd").write_text(part)
    with pytest.raises(UserError, match=words):
        read_lines(tmp_path / "main.qmd", tmp_path)


def test_cells_and_prose_alternate_and_know_their_lines():
    body = lines("# Title\n\ntext\n\n\nmore\n\n```{python}\n#| label: a\n1 + 1\n```\n\nend\n")
    parts = split_cells(body)
    cell = next(part for part in parts if isinstance(part, Cell))
    assert str(cell.fence) == "a.qmd:8"
    assert [(it.number, it.text) for it in cell.code] == [(9, "#| label: a"), (10, "1 + 1")]
    assert cell.options == {"label": "a"}
    prose = [line for part in parts if isinstance(part, Prose) for line in part.lines]
    assert all(line == body[line.number - 1] for line in prose)
    assert {line.text for line in prose} >= {"# Title", "text", "more", "end"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("```{r}\n1\n```", "a.qmd:1: cells are in Python, not r"),
        ("```{python, echo=FALSE}\n1\n```", "a.qmd:1: options stand on lines of their own"),
        ("- item\n\n  ```{python}\n  1\n  ```", "a.qmd:3: a cell begins at the margin"),
        ("```{python}\n1", "a.qmd:1: a fenced block is never closed"),
        ("```{python}\n#| fig-caption: x\n1\n```", "a.qmd:2: the cell option 'fig-caption'"),
        ("```{python}\n#| label: [\n1\n```", "a.qmd:2: this is not valid YAML"),
        ("```{python}\n#| fig-cap: '`{python} x`'\n1\n```", "a.qmd:2: Quarto does not compute"),
        ("x\n\n{{< video a.mp4 >}}", "a.qmd:3: the shortcode {{< video a.mp4 >}} is not known"),
        (
            "see\n{{< pagebreak >}} here",
            "a.qmd:2: {{< pagebreak >}} here would be printed .* of its own",
        ),
        ("see {{< include b.qmd >}}", "a.qmd:1: .* put the include on a line of its own"),
        ("is `{r} x` so", "a.qmd:1: expressions are in Python"),
        ("is `python x` so", "a.qmd:1: `python x` would be printed as it stands; write `{python}"),
        ('a\n[b]{.x claim="True"}', "a.qmd:2: .* binds its words to no number; write claim="),
        ("::: {when=False}\na\n:::", "a.qmd:1: .* binds its words to no number; write when="),
        ('[b]{claims="`{python} x`"}', "a.qmd:1: the attribute claims binds its words to nothing"),
        ("is `{python} f(\n1)` so", "a.qmd:1: the expression .* does not end on this line"),
        ("is ``{python} x`` so", "a.qmd:1: between double backticks .* one backtick before"),
        (
            "```{python}\n#| label: a\n1\n```\n\n```{python}\n#| label: a\n1\n```",
            "a.qmd:6: .*twice",
        ),
    ],
)
def test_what_is_not_understood_is_refused(text, words):
    with pytest.raises(UserError, match=words):
        split_cells(lines(text))


SHOWN = """\
````markdown
```{r}
{{< video x >}}
```
````

`` `{r} x` `` and `` `python x` ``, `python -m x`
"""


def test_code_that_is_only_shown_is_left_alone():
    parts = split_cells(lines(SHOWN))
    assert all(isinstance(part, Prose) for part in parts)


@pytest.mark.parametrize(
    ("config", "header", "words"),
    [
        ("execute:\n  cache: true\n", "", "_quarto.yml:2: the setting 'cache'"),
        ("format: html\n", "", "_quarto.yml:1: the press knows one format"),
        ("format:\n  typst:\n    theme: x\n", "", "_quarto.yml:3: the setting 'theme'"),
        ("filters: [no.lua]\n", "", "filters names no.lua, which is not there"),
        ("filters: [{path: a.lua, at: post-ast}]\n", "", "filters has .*, expected a path, or"),
        ("filters: [{at: pre-ast}]\n", "", "filters has .*, expected a path, or"),
        (
            "filters: [a.lua, {path: a.lua, at: pre-ast}]\n",
            "",
            "above .a.lua. at pre-ast.*move it",
        ),
        ("", "title: x\ntitel: y\n", "a.qmd:2: the setting 'titel'"),
        (
            "",
            "date: today\ndate-format: YYYY\n",
            "a.qmd:2: date-format is .YYYY.",
        ),
    ],
)
def test_a_setting_that_is_not_known_is_refused(tmp_path, config, header, words):
    (tmp_path / "_quarto.yml").write_text(config)
    (tmp_path / "a.lua").touch()
    with pytest.raises(UserError, match=words):
        load_project(tmp_path, lines(header), tmp_path / "a.qmd")


def test_settings_of_the_document_win_over_those_of_the_project(tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1759968000")
    (tmp_path / "_quarto.yml").write_text(
        "execute:\n  echo: false\nlang: de\nnumber-sections: true"
    )
    (tmp_path / "_environment").write_text("# settings\nHW4_NEW='a b'\n")
    header, body = split_header(
        lines("---\nlang: en\nauthor: [A, {name: B}]\ndate: today\ndate-format: long\n---\ntext")
    )
    project = load_project(tmp_path, header, tmp_path / "a.qmd")
    assert project.metadata == {
        "lang": "en",
        "date": "October 9, 2025",
        "section-numbering": "1.1.a",
        "by-author": [{"name": {"literal": "A"}}, {"name": {"literal": "B"}}],
    }
    assert project.execute["echo"] is False
    assert project.execute["output"] is True
    assert project.environment == {"HW4_NEW": "a b"}
    assert [line.text for line in body] == ["text"]
