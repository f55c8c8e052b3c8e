"""Documents are read line by line, and what is not understood is refused by file and line."""

from pathlib import Path

import pytest

from hw4.foundation.errors import UserError
from hw4.submission.documents import Cell, Prose, read_document, split_cells
from hw4.submission.lines import Line, numbered
from hw4.submission.project import load_project


def at(text: str) -> list[Line]:
    return numbered(text, Path("a.qmd"))


def test_included_parts_keep_their_file_and_line(tmp_path):
    (tmp_path / "main.qmd").write_text("one\n\n{{< include _part.qmd >}}\n\nlast\n")
    (tmp_path / "_part.qmd").write_text("two\n```\n{{< include shown.qmd >}}\n```\n")
    (prose,) = read_document(tmp_path / "main.qmd", tmp_path)[1]
    assert [str(it) for it in prose.lines if it.text] == [
        *("main.qmd:1", "_part.qmd:1", "_part.qmd:2", "_part.qmd:3", "_part.qmd:4", "main.qmd:5")
    ]


def test_cells_and_prose_alternate_and_know_their_at():
    body = at("# Title\n\ntext\n\n\nmore\n\n```{python}\n#| label: a\n1 + 1\n```\n\nend\n")
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
        ("see\n{{< pagebreak >}} here", "a.qmd:2: .*{{< pagebreak >}} on a line of its own"),
        ("see {{< include b.qmd >}}", "a.qmd:1: .*{{< include file >}} .* on a line of its own"),
        ("is `python x` so", "a.qmd:1: `python x` would be printed .* write `{python}"),
        ("is ``{python} x`` so", "a.qmd:1: between double backticks .* one backtick before"),
    ],
)
def test_what_would_be_printed_as_it_stands_is_refused(text, words):
    """More, and cells and settings that are not understood, are in `tests/bad_inputs`."""
    with pytest.raises(UserError, match=words):
        split_cells(at(text))


SHOWN = """\
````markdown
```{r}
{{< video x >}}
```
````

`` `{r} x` `` and `` `python x` ``, `python -m x`
"""


def test_code_that_is_only_shown_is_left_alone():
    parts = split_cells(at(SHOWN))
    assert all(isinstance(part, Prose) for part in parts)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ("format:\n  typst:\n    theme: x\n", "_quarto.yml:3: the setting 'theme'"),
        ("filters: [{path: a.lua, at: post-ast}]\n", "filters is .*, expected a path, or"),
        ("filters: [{at: pre-ast}]\n", "filters is .*, expected a path, or"),
    ],
)
def test_a_setting_that_is_not_known_is_refused(tmp_path, config, words):
    (tmp_path / "_quarto.yml").write_text(config)
    with pytest.raises(UserError, match=words):
        load_project(tmp_path, [], tmp_path / "a.qmd")


def test_settings_of_the_document_win_over_those_of_the_project(tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1759968000")
    (tmp_path / "_quarto.yml").write_text(
        "execute:\n  echo: false\nlang: de\nnumber-sections: true"
    )
    (tmp_path / "_environment").write_text("# settings\nHW4_NEW='a b'\n")
    for name in ("a.lua", "report.lua"):
        (tmp_path / name).touch()
    document = tmp_path / "a.qmd"
    document.write_text(
        "---\nlang: en\nauthor: [A, {name: B}]\ndate: today\ndate-format: long\n"
        "filters: [report.lua, {path: a.lua, at: pre-ast}]\n---\ntext"
    )
    header, (body,) = read_document(document, tmp_path)
    project = load_project(tmp_path, header, document)
    assert project.metadata == {
        "lang": "en",
        "date": "October 9, 2025",
        "section-numbering": "1.1.a",
        "by-author": [{"name": {"literal": "A"}}, {"name": {"literal": "B"}}],
    }
    assert project.execute["echo"] is False
    assert project.execute["output"] is True
    assert project.environment == {"HW4_NEW": "a b"}
    assert [path.name for path in project.filters] == ["a.lua", "report.lua"]  # as Quarto does
    assert [line.text for line in body.lines] == ["text"]
