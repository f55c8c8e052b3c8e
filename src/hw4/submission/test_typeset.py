"""Markdown becomes the Typst that Quarto would write for it, or is refused by file and line."""

import re
from pathlib import Path

import pytest

from hw4.foundation.errors import UserError
from hw4.submission import typeset
from hw4.submission.lines import numbered
from hw4.submission.markdown import Writer
from hw4.submission.project import load_project
from hw4.submission.typeset import to_pdf, to_typst

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"></svg>'


@pytest.fixture
def typst(project: Path, tmp_path: Path):
    """A function from Markdown to the body of the Typst document."""
    (project / "pic.svg").write_text(SVG)
    (tmp_path.parent / "p.svg").write_text(SVG)
    (project / "link.svg").symlink_to(tmp_path.parent / "p.svg")
    settings = load_project(project, [], project / "report" / "submission.qmd")
    build = tmp_path / "build"
    build.mkdir()

    def convert(markdown: str) -> str:
        written = Writer(build, {}, None, numbered(markdown, Path("a.qmd")))
        text = to_typst(written, settings)[0].read_text(encoding="utf-8")
        body = text.split("#show: doc => article(")[1].split("  doc,\n)\n", 1)[1]
        return re.sub(r"\s+", " ", body).strip()

    convert.settings, convert.build = settings, build
    return convert


def test_a_figure_with_its_caption_and_words(typst):
    body = typst(
        '::: {#fig-a fig-alt="A \\"line\\" \\(down\\)."}\n![](/pic.svg)\n\nA *caption*.\n:::\n'
    )
    assert body == (
        '#figure([ #box(image("/pic.svg", alt: "A \\"line\\" (down).")) '
        "], caption: figure.caption(position: bottom, [A #emph[caption].]), "
        'kind: "quarto-float-fig", supplement: "Figure")<fig-a>'
    )


def test_a_table_has_its_caption_above_and_no_second_figure(typst):
    body = typst("::: {#tbl-a}\n| a | b |\n|---|--:|\n| 1 | 2 |\n\nThe caption.\n:::\n")
    assert body.count("#figure(") == 1
    assert "table.header([a], [b],)" in body
    assert "position: top, [The caption.]" in body
    assert body.endswith('kind: "quarto-float-tbl", supplement: "Table")<tbl-a>')


def test_a_table_may_be_named_in_its_caption(typst):
    body = typst("| a | b |\n|---|--:|\n| 1 | 2 |\n\n: The *caption*. {#tbl-a}\n\nSee @tbl-a.\n")
    assert body.count("#figure(") == 1
    assert "position: top, [The #emph[caption].]" in body
    assert 'supplement: "Table")<tbl-a>' in body
    assert "See #ref(<tbl-a>, supplement: [Table])." in body


def test_columns_take_the_shares_of_the_width_that_are_asked_for(typst):
    table = "| a | b |\n|---|--:|\n| 1 | [x](https://x.org) |\n\nThe caption.\n:::\n"
    body = typst('::: {#tbl-a tbl-colwidths="[20, 72.5]"}\n' + table)
    assert "columns: (20%, 72.5%), align: (auto,right,)" in body
    assert "columns: 2" in typst('::: {#tbl-a tbl-colwidths="auto"}\n' + table)


@pytest.mark.parametrize(
    ("index", "head", "row"),
    [
        (("0", "1"), "[model]", r"[a \< b \#x], [c]"),  # it only counts the rows
        (("Bay", "1"), "[name], [model]", r"[Bay], [a \< b \#x], [1], [c]"),
    ],
)
def test_a_table_in_html_is_a_table(typst, index, head, row):
    frame = (
        '<div>\n<style scoped>td {color: red}</style>\n<table border="1" class="dataframe">\n'
        f"<thead><tr><th></th><th>model</th></tr></thead>\n<tbody><tr><th>{index[0]}</th>"
        f"<td>a &lt; b #x</td></tr><tr><th>{index[1]}</th><td>c</td></tr></tbody>\n</table>\n</div>"
    )
    body = typst(f"::: {{#tbl-a}}\n```{{=html}}\n{frame}\n```\n\nThe caption.\n:::\n")
    assert f"table.header({head},)" in body  # a header that says something
    assert f"table.hline(), {row}, ) ], caption" in body
    assert "color" not in body


def test_pandoc_has_a_time_limit(typst, monkeypatch):
    monkeypatch.setattr(typeset, "PANDOC_SECONDS", 0.5)
    with pytest.raises(UserError, match=r"^Pandoc has not read .* perhaps in a.qmd:3, and take"):
        typst("# A\n\n" + "[" * 40)


def test_what_later_filters_look_for_is_found_in_a_table_as_well(typst):
    body = typst(
        "# A {#sec-a}\n\n::: {#tbl-a}\n| **a** | `b` |\n|---|---|\n| [l](https://x.org) | 1 |\n\n"
        "Words alone.\n:::\n\n"
        "::: {#tbl-b}\n| $x$ | b |\n|---|---|\n| @sec-a | ![](/pic.svg){alt='p'} |\n\nMore.\n:::\n"
    )
    assert body.count("#figure(") == body.count("#table(") == 2
    assert 'table.header([#strong[a]], [`b`],), table.hline(), [#link("https://x.org")[l]]' in body
    assert '[#math.equation(alt: "x", $x$)], [b]' in body
    assert '[#ref(<sec-a>, supplement: [Section])], [#box(image("/pic.svg", alt: "p"))]' in body


def test_a_caption_may_hold_a_reference_and_mathematics(typst):
    body = typst(
        '# A {#sec-a}\n\n::: {#fig-a fig-alt="x"}\n![](/pic.svg)\n\nSee @sec-a, $x$.\n:::\n'
    )
    assert (
        "[See #ref(<sec-a>, supplement: [Section]), "
        '#math.equation(alt: "x", $x$).]), kind: "quarto-float-fig"'
    ) in body


def test_equations_listings_and_references(typst):
    body = typst(
        'Text $$ a + b $$ {#eq-a alt="a plus b"} goes on.\n\n'
        '``` {.python #lst-a lst-cap="The *code*."}\n1\n```\n\n# Part {#sec-a}\n\n'
        "@eq-a, @Lst-a, [@sec-a; @eq-a], [-@eq-a], [see @sec-a].\n"
    )
    assert '#math.equation(block: true, numbering: equation-numbering, alt: "a plus b", [' in body
    assert "])<eq-a> goes on." in body
    assert (
        'caption: figure.caption(position: top, [The #emph[code].]), kind: "quarto-float-lst"'
        in body
    )
    assert (
        "#ref(<eq-a>, supplement: [Equation]), #ref(<lst-a>, supplement: [Listing]), "
        "#ref(<sec-a>, supplement: [Section]), #ref(<eq-a>, supplement: [Equation]), "
        "#ref(<eq-a>, supplement: []), #ref(<sec-a>, supplement: [see])."
    ) in body


def test_inline_mathematics_is_given_words(typst):
    assert typst(r"is $W \times x_t$ so") == (
        'is #math.equation(alt: "W times x sub t", $W times x_t$) so'
    )


def test_callouts_in_all_their_forms(typst):
    body = typst(
        '::: {.callout-tip title="Try *this*"}\nBody.\n:::\n\n'
        "::: callout-note\n## Head\nWords.\n:::\n"
        "\n::: {.callout-warning}\nWarm.\n:::\n\n::: {.quiet}\nQuiet.\n:::\n"
    )
    assert '#callout-box(kind: "tip", title: [ Try #emph[this] ])[ Body. ]' in body
    assert '#callout-box(kind: "note", title: [ Head ])[ Words. ]' in body
    assert '#callout-box(kind: "warning", title: [ Warning ])[ Warm. ]' in body
    assert "#quiet-line[ Quiet. ]" in body


@pytest.mark.parametrize(
    ("markdown", "words"),
    [
        ("see\n\n@fig-no here", "a.qmd:3: the reference @fig-no points to nothing"),
        ("mail a friend @karpathy", "a.qmd:1: @karpathy is no reference"),
        ("![A](/pic.svg)", "a.qmd:1: the picture /pic.svg has no alternative text"),
        ('![](no.svg){fig-alt="x"}', "a.qmd:1: the picture no.svg cannot be read"),
        ('![](https://x.y/z.svg){fig-alt="x"}', "a.qmd:1: a picture comes from this project"),
        (
            '![](look/../../../p.svg){fig-alt="x"}',
            "a.qmd:1: the picture .* lies outside",
        ),
        ('![](&#47;&#46;./p.svg){fig-alt="x"}', "the picture /../p.svg lies outside this project"),
        ('![](/link.svg){fig-alt="x"}', "a.qmd:1: the picture /link.svg lies outside"),
        ('::: {#fig-a fig-alt="x"}\n![](/pic.svg)\n:::', "a.qmd:1: fig-a has no caption"),
        (
            "::: {#fig-a layout-ncol=2}\n![](/pic.svg)\n\nx\n:::",
            "a.qmd:1: the attribute layout-ncol",
        ),
        (
            '::: {#tbl-a tbl-colwidths="[20,30,50]"}\n| a | b |\n|---|---|\n| 1 | 2 |\n\nx\n:::',
            "a.qmd:1: tbl-colwidths of tbl-a is .20,30,50., expected are 2 shares",
        ),
        ("# A {#sec-a}\n\n# B {#sec-a}", "a.qmd:1: the name sec-a is given twice"),
        ("text\n\n$$ x $$\n", "a.qmd:3: a block equation needs a name"),
        ('$$ x $$\n{#eq-a alt="y"}', "a.qmd:1: a block equation needs a name .* on one line"),
        ("$$ x $$ {#eq-a}", "a.qmd:1: a block equation needs"),
        ("is\n\n::: {.panel-tabset}\nx\n:::", "a.qmd:3: the class panel-tabset of a div"),
        ("is\n\n::: {.callout-hint}\nx\n:::", "a.qmd:3: the class callout-hint of a div"),
        ('::: {.callout-note collapse="true"}\nx\n:::', "a.qmd:1: the attribute collapse"),
        ("a [word]{.red} b", "a.qmd:1: the class red of a span"),
        ("a <b>word</b>", "a.qmd:1: raw html cannot be set"),
        ("a\n\n\\newpage\n", "a.qmd:3: raw tex cannot be set"),
        ("```{=latex}\nx\n```", "a.qmd:2: raw latex cannot be set"),
        ("``` {#lst-a .python}\n1\n```", "a.qmd:1: the listing lst-a has no caption"),
        ("| a |\n|---|\n| 1 |\n\n: Words.", "a.qmd:5: the caption of a table has no name"),
        ("| a |\n|---|\n| 1 |\n\n: {#tbl-a}", "a.qmd:5: tbl-a has no caption"),
        (r"is $\nosuch{x}$", "a.qmd:1: this TeX is not understood"),
    ],
)
def test_what_would_be_lost_or_misprinted_is_refused(typst, markdown, words):
    with pytest.raises(UserError, match=words):
        typst(markdown)


def test_a_comment_is_not_printed(typst):
    assert typst("a\n\n<!-- note\nto self -->\n\nb") == "a b"


@pytest.mark.parametrize(
    ("markdown", "words"),
    [
        ("a\n\n```{=typst}\n#no-such-function()\n```\n", "a.qmd:4: .*unknown variable: no-such-f"),
        ("# A\n\na smile \U0001f600 here", "a.qmd:3: .*could not be displayed with"),
        ("# A\n\n### Too deep", "a.qmd:3: .*skipped from heading level 1 to 3"),
    ],
)
def test_what_typst_refuses_is_told_by_line(typst, markdown, words):
    text = f"{markdown}\n\n---\ntitle: A title\n---\n"
    typst(text)
    with pytest.raises(UserError, match=words):
        to_pdf(typst.build / "submission.typ", typst.settings, numbered(text, Path("a.qmd")))


@pytest.mark.parametrize(
    ("markdown", "line"),
    [
        ("a\n\n::: {.quiet}\nb\n\n# C\n\nd", 3),
        ("a\n\n::: {.quiet}\nb\n\n::: {.quiet}\nc\n:::\n\nd", 3),
        ("::: {.quiet}\na\n:::\n\n:::: {.quiet}\n::: {.quiet}\nb\n:::\n\nc", 5),
        ("- one\n\n  ::: {.quiet}\n  two\n\nthree", 3),
        ("::: {.quiet}\na\n:::\n\n> b\n>\n> ::: {.quiet}\n> c\n\nd", 7),
        (
            '::: {.callout-note title="x"}\na\n:::\n\n::: {#fig-a fig-alt="x"}\n![](/pic.svg)\n\nx',
            5,
        ),
    ],
)
def test_a_div_that_is_left_open_is_told_by_the_line_where_it_begins(typst, markdown, line):
    with pytest.raises(UserError, match=rf"^a.qmd:{line}: a div is never closed"):
        typst(markdown)
