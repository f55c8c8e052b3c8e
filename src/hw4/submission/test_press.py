"""A whole document through the press, the PDF read back; and what happens when it fails."""

from pathlib import Path

import pypdf
import pytest

from hw4.foundation.errors import UserError
from hw4.foundation.places import ROOT
from hw4.submission.press import read, render

DOCUMENT = """\
---
title: Homework 9
subtitle: "A course: its name"
author: [Ann Author, Bob Writer]
date: 2025-10-09
date-format: long
---

```{python}
#| include: false
class Picture:
    def _repr_svg_(self):
        return '''<svg xmlns="http://www.w3.org/2000/svg" width="200pt" height="50pt"
            viewBox="0 0 200 50"><rect x="1" y="1" width="198" height="48" fill="none"
            stroke="#12406f"/><text x="9" y="30" font-family="Libertinus Serif"
            font-size="9">words in the figure</text></svg>'''
class Table:
    def _repr_markdown_(self):
        return "| model | error |\\n|:---|---:|\\n| first | 0.1 |\\n| second | 0.2 |"
def alt():
    return "A frame (empty) around words: 1.5 by 3."
```

Before the first problem.

{{< include _part.qmd >}}
"""

PART = """\
# Problem 2: The first {#sec-first}

```{=typst}
#stand-in-on()
```

Values `{python} 2 + 1` and `{python} "a_b"`, $x_t \\in A$, see @fig-frame, @tbl-errors, @eq-sum,
@lst-code, @sec-task and [@fig-frame; @fig-options].

$$ s = a + b $$ {#eq-sum alt="s is a plus b"}

## Task 1: do it {#sec-task}

::: {#fig-frame fig-alt="`{python} alt()`"}
```{python}
Picture()
```

A caption with `{python} 0.5`.
:::

::: {#tbl-errors}
```{python}
Table()
```

The errors.
:::

```{python}
#| label: fig-options
#| fig-cap: Another caption.
#| fig-alt: The same frame.
Picture()
```

``` {.python #lst-code lst-cap="The code."}
def function(x):
    return x
```

{{< pagebreak >}}

# Part 3: The second

::: {.callout-note title="Mind this"}
A note. See @sec-task.
:::

```{python}
#| output: asis
print("::: {.quiet}\\nPrinted **quietly**.\\n:::")
```
"""


@pytest.fixture
def document(project: Path) -> Path:
    """A document with one of everything."""
    path = project / "report" / "submission.qmd"
    path.write_text(DOCUMENT, encoding="utf-8")
    path.with_name("_part.qmd").write_text(PART, encoding="utf-8")
    return path


def words(pdf: Path) -> list[str]:
    return [" ".join(page.extract_text().split()) for page in pypdf.PdfReader(pdf).pages]


def test_a_document_with_one_of_everything(document, project, monkeypatch, capsys):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1759968000")
    output = project / "_output" / "report" / "submission.pdf"
    render(document, output)
    assert capsys.readouterr().out.startswith("Made _output/report/submission.pdf in ")
    pages = words(output)
    assert len(pages) == 3
    title, first, second = pages
    assert (
        "A course: its name Homework 9 Ann Author and Bob Writer · built October 9, 2025" in title
    )
    assert "Problem 2: The first stand-in data · Ann Author & Bob Writer · page 2 of 3" in first
    assert "Before the first problem." in title
    assert "Values 3 and a_b, 𝑥𝑡 ∈ 𝐴, see Figure 1, Table 1, Equation 1, Listing 1," in first
    assert "Listing 1, Task 1 and Figure 1, Figure 2." in first
    assert "Figure 1: A caption with 0.5. stand-in data" in first
    assert "Table 1: The errors. stand-in data model error first 0.1 second 0.2" in first
    assert "Figure 2: Another caption. stand-in data" in first
    assert "words in the figure" in first
    assert "Part 3: The second Ann Author & Bob Writer · page 3 of 3" in second
    assert "Mind this A note. See Problem 2, Task 1. Printed quietly." in second
    assert "stand-in" not in second

    reader = pypdf.PdfReader(output)
    assert reader.pages[0].mediabox[2:] == [612, 792]
    assert reader.metadata.title == "Homework 9"
    assert reader.trailer["/Root"]["/Lang"] == "en-US"
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert b"<pdfuaid:part>1</pdfuaid:part>" in output.read_bytes()
    assert [it.title for it in reader.outline if not isinstance(it, list)] == [
        *("Problem 2: The first", "Part 3: The second")
    ]
    before = output.read_bytes()
    render(document, output)
    assert output.read_bytes() == before


def test_one_part_by_itself(document, project, capsys):
    config = project / "_quarto.yml"
    config.write_text(config.read_text().replace("project:", "project:\n  pre-render: [no-such]"))
    part = document.with_name("_part.qmd")
    part.write_text(
        "```{python}\nfrom IPython.display import Markdown\ndef alt(): return 'A frame.'\n```\n\n"
        "# Problem 2: The first {#sec-first}\n\n"
        "See @fig-elsewhere, [@sec-there; @sec-first] and `{python} 1 + 1`.\n"
    )
    output = project / "_output" / "preview" / "_part.pdf"
    render(part, output, alone=True)
    assert "Made _output/preview/_part.pdf in" in capsys.readouterr().out
    assert "See ?@fig-elsewhere, ?@sec-there, Problem 2 and 2." in words(output)[-1]
    holds, grows = ("`{python} alt() > 'A'`", "`{python} 1 > 2`")
    with part.open("a") as stream:
        stream.write(f'\n[It holds.]{{claim="{holds}"}}\n[It grows.]{{claim="{grows}"}}\n')
    render(part, output, alone=True)
    told = capsys.readouterr().out
    assert "report/_part.qmd:11: the numbers do not bear “It grows.”: 1 > 2 is False\n" in told
    assert "It holds" not in told


def test_what_is_attached_is_in_the_pdf(document, project):
    text = document.read_text().replace(
        "date:", "attach: [results.json, report/_part.qmd]\ndate:", 1
    )
    document.write_text(text)
    for name, value in (
        ("filters:", "filters:\n  - path: report/look/attach.lua\n    at: pre-ast"),
        ("pdf-standard: ua-1", "pdf-standard: [ua-1, a-3a]"),
    ):
        config = project / "_quarto.yml"
        config.write_text(config.read_text().replace(name, value))
    with pytest.raises(UserError, match=r"the attached file results.json cannot be read"):
        render(document, project / "a.pdf")
    (project / "results.json").write_text('{"a": 1}')
    pdf = pypdf.PdfReader(render(document, project / "a.pdf"))
    assert pdf.attachments["results.json"] == [b'{"a": 1}']
    assert pdf.attachments["report/_part.qmd"] == [PART.encode()]
    document.write_text(text.replace("[results.json", "[../secret.json"))
    with pytest.raises(UserError, match=r"the attached file ../secret.json lies outside"):
        render(document, project / "a.pdf")


def test_settings_of_a_folder_stand_beside_its_documents(document, project):
    config = project / "_quarto.yml"
    first, rest = config.read_text().split("lang: en")
    config.write_text(first)
    html = (
        "format-links: false\nhtml-math-method: mathml\nembed-resources: true\n"  # Quarto's alone
    )
    look = (html + "lang: en" + rest).replace("report/look/", "look/")
    (project / "report" / "_metadata.yml").write_text(look)
    assert "Figure 1" in " ".join(words(render(document, project / "a.pdf")))
    (project / "report" / "_metadata.yml").write_text(look.replace("tables.lua", "gone.lua"))
    with pytest.raises(UserError, match=r"^report/_metadata.yml:\d+: filters names look/gone.lua"):
        render(document, project / "a.pdf")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("A note.", "@fig-nowhere"), r"^report/_part.qmd:47: the reference @fig-nowhere points"),
        (("2 + 1", "2 + nothing"), r"^report/_part.qmd:7: .* failed with NameError"),
        (("include: false", "inlcude: false"), r"^report/submission.qmd:10: the cell option"),
    ],
)
def test_a_failure_leaves_the_earlier_pdf_as_it_was(document, project, change, message):
    for path in (document, document.with_name("_part.qmd")):
        path.write_text(path.read_text(encoding="utf-8").replace(*change), encoding="utf-8")
    output = project / "submission.pdf"
    output.write_bytes(b"the earlier one")
    with pytest.raises(UserError, match=message):
        render(document, output)
    assert output.read_bytes() == b"the earlier one"
    assert [path.name for path in project.glob("*.pdf")] == ["submission.pdf"]


def test_steps_before_and_after(project, capfd):
    document = project / "report" / "submission.qmd"
    document.write_text("---\ntitle: x\n---\n\n# A\n\ntext\n", encoding="utf-8")
    (project / "step.py").write_text(
        "import os, pathlib, sys\n"
        "print('step', sys.argv[1], os.environ['HW4_TEST'])\n"
        "if sys.argv[1] == 'check':\n"
        "    pdf = pathlib.Path(os.environ['QUARTO_PROJECT_OUTPUT_FILES'])\n"
        "    assert pdf.read_bytes().startswith(b'%PDF')\n"
        "sys.exit(int(pathlib.Path('status').read_text()))\n"
    )
    (project / "_environment").write_text("HW4_TEST=seen\n")
    config = project / "_quarto.yml"
    steps = "project:\n  pre-render: python step.py train\n  post-render: [step.py check]\n"
    config.write_text(config.read_text().replace("project:\n", steps))
    output = project / "submission.pdf"
    output.write_bytes(b"the earlier one")

    (project / "status").write_text("4")
    with pytest.raises(UserError, match=r"the step 'python step.py train' .* ended with status 4"):
        render(document, output)
    assert output.read_bytes() == b"the earlier one"
    assert capfd.readouterr().out == "step train seen\n"

    config.write_text(config.read_text().replace("  pre-render: python step.py train\n", ""))
    with pytest.raises(UserError, match=r"submission-rejected.pdf; \S*submission.pdf is as it was"):
        render(document, output)
    assert output.read_bytes() == b"the earlier one"
    assert (project / "submission-rejected.pdf").read_bytes().startswith(b"%PDF")

    right = config.read_text()
    config.write_text(right.replace("[step.py check]", "[no-such-program check]"))
    with pytest.raises(
        UserError, match=r"did not start.*submission-rejected.pdf; \S*submission.pdf"
    ):
        render(document, output)
    assert output.read_bytes() == b"the earlier one"
    assert sorted(it.name for it in project.glob("*.pdf")) == [
        *("submission-rejected.pdf", "submission.pdf")
    ]

    config.write_text(right)
    (project / "status").write_text("0")
    render(document, output)
    assert output.read_bytes().startswith(b"%PDF")
    assert not (project / "submission-rejected.pdf").exists()


def test_the_report_stays_inside_what_both_renderers_understand():
    read(ROOT / "report" / "submission.qmd")
