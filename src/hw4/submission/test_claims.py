"""Planted false claims are found in every construct, by file and line; what is left out is not."""

import re
from pathlib import Path

import pypdf
import pytest

from hw4.foundation.errors import UserError
from hw4.foundation.places import ROOT
from hw4.submission.lines import Line
from hw4.submission.press import claims, render
from hw4.submission.typeset import pandoc

MARKS = ("[claim false]", "[neither True nor False", "[bound to no words]")
"""What `report/look/claims.lua` writes behind words that are not borne, as a PDF's text has it."""
HEAD = "---\ntitle: Small\n---\n\n```{python}\nlow, high = 0.5, 2\n```\n\n# A {#sec-a}\n\n"
FALSE = 'claim="`{python} low > 0.6`"'
NO, YES = 'when="`{python} low > high`"', 'when="`{python} low < high`"'
FRAME = "| a | b |\n|---|---|\n| 1 | 2 |"


@pytest.fixture
def document(project: Path):
    """A function that makes a document of a body."""

    def make(body: str) -> Path:
        path = project / "report" / "submission.qmd"
        path.write_text(HEAD + body + "\n", encoding="utf-8")
        return path

    return make


PLACES = {
    "prose": "one\ntwo [it is *large*]{%s}.",
    "nested in a claim that holds": '[so [it is *large*]{%s} that]{claim="`{python} low < 1`"}',
    "nested in a passage that stays": f"[so [it is *large*]{{%s}} that]{{{YES}}}",
    "div": "::: {%s}\nit is *large*\n:::",
    "div in a div": f":::: {{{YES}}}\n::: {{%s}}\nit is *large*\n:::\n::::",
    "callout": "::: {.callout-note %s}\nit is *large*\n:::",
    "item of a list": "- one\n- [it is *large*]{%s}",
    "item of a numbered list": "1. one\n\n   [it is *large*]{%s}",
    "definition": "Term\n\n:   [it is *large*]{%s}",
    "quotation": "> one\n> [it is *large*]{%s}",
    "table": "::: {#tbl-a}\n| a | b |\n|---|---|\n| 1 | [it is *large*]{%s} |\n\nx\n:::",
    "caption of a table": f"::: {{#tbl-a}}\n{FRAME}\n\nx [it is *large*]{{%s}}\n:::",
    "caption in one line": f"{FRAME}\n\n: x [it is *large*]{{%s}} {{#tbl-a}}",
    "caption of a figure": "::: {#fig-a fig-alt='x'}\n![](/p.svg)\n\n[it is *large*]{%s}\n:::",
    "footnote": "one^[[it is *large*]{%s}] two",
    "footnote further down": "one[^n] two\n\n[^n]: [it is *large*]{%s}",
    "heading": "## [it is *large*]{%s}",
    "strong": "**one [it is *large*]{%s}**",
    "two lines": "[it\nis *large*]{%s}",
}


@pytest.mark.parametrize("place", PLACES)
def test_a_false_claim_is_found_and_marked_wherever_it_stands(document, project, place):
    (project / "p.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')
    body = PLACES[place] % FALSE
    path = document(body)
    (claim,) = [claim for claim in claims(path) if claim.expression.text.startswith("low >")]
    text = (HEAD + body).split("\n")
    assert claim.expression.line.path == Path("report/submission.qmd")
    assert "low > 0.6" in text[claim.expression.line.number - 1]
    assert (claim.sentence, claim.expression.text, claim.holds) == (
        "it is large",
        "low > 0.6",
        False,
    )
    assert claim.sides == "low is 0.5"
    assert "[claim false]" in printed(path, project)
    path = document(body.replace("> 0.6", "> 0.4"))
    assert all(claim.holds for claim in claims(path))
    assert not any(mark in printed(path, project) for mark in MARKS)


def printed(document: Path, project: Path) -> str:
    pages = pypdf.PdfReader(render(document, project / "submission.pdf")).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


@pytest.mark.parametrize(
    "body",
    [
        f"[so [it]{{{FALSE}}} that]{{{NO}}}",
        f":::: {{{NO}}}\nso\n\n::: {{{FALSE}}}\nit\n:::\n::::",
        f"[it]{{{NO} {FALSE}}}",
        f"- one\n- [it]{{{NO} {FALSE}}}\n- two",
        f"| a | b |\n|---|---|\n| 1 | 2 |\n| [it[x]{{{FALSE}}}]{{{NO}}} |\n\n: c {{#tbl-a}}",
        f"one^[so [it [x]{{{FALSE}}}]{{{NO}}}] two",
    ],
)
def test_what_is_left_out_is_not_judged(document, project, body):
    path = document(body)
    assert claims(path) == []
    text = printed(path, project)
    assert not any(mark in text for mark in MARKS)
    assert "it" not in text.split()


def test_all_claims_in_their_order_with_what_they_compare(document):
    path = document(
        'a [one]{claim="`{python} 0 < low <= high * 2`"} [two]{claim="`{python} not high`"}\n\n'
        '[three]{claim="`{python} low < 0.1 or abs(high - 2) < 1e-9`"}'
    )
    found = [(it.expression.line.number, it.sentence, it.holds, it.sides) for it in claims(path)]
    assert found == [
        (11, "one", True, "low is 0.5, high * 2 is 4"),
        (11, "two", False, "high is 2"),
        (13, "three", True, "low is 0.5, abs(high - 2) is 0"),
    ]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('[a]{claim="`{python} low`"}', "11: .*low` of a claim is 0.5, expected is True or False"),
        ('x\n[a]{when="`{python} None`"}', "12: .*None` of a when is None, expected"),
        ('[a]{claim="`{python} low > nothing`"}', "11: .* failed with NameError"),
        ('x\n[a {claim="`{python} True`"}', '12: claim="…" binds no words'),
        (
            '[one]{claim="`{python} True`"}\n[two]{when="`{python} True`"}\n'
            '[three {claim="`{python} True`"}',
            '13: claim="…" binds no words',
        ),
        ('x\n[a]{claim="`{python} True`"', '12: claim="…" binds no words'),
        ('[a] {when="`{python} True`"}', '11: when="…" binds no words'),
        ('x\n\n::: {when="`{python} True`"}\na', "13: .*never closed"),
        ('`a`{claim="`{python} True`"}', "11: claim.* binds"),
        ('[a](#sec-a){claim="`{python} True`"}', "11: claim.* binds"),
        ('## B {when="`{python} True`"}', "11: when.* binds"),
        ('``` {.python claim="`{python} True`"}\n1\n```', "11: claim.* binds"),
    ],
)
def test_what_binds_nothing_is_told_by_file_and_line(document, project, body, words):
    path = document(body)
    with pytest.raises(UserError, match=rf"^report/submission.qmd:{words}"):
        claims(path)
    with pytest.raises(UserError, match=rf"^report/submission.qmd:{words}"):
        render(path, project / "submission.pdf")


def test_an_attribute_that_is_not_known_is_told(document, project):
    path = document('[a]{clam="`{python} True`"}')
    with pytest.raises(
        UserError,
        match=r"submission.qmd:11: the attribute clam of a span is not known here; write when",
    ):
        render(path, project / "submission.pdf")


@pytest.mark.parametrize(
    ("markdown", "marked"),
    [
        ('[a]{claim="False"}', "a[claim false]"),
        ('[a]{claim="0.5"}', "a[neither True nor False: 0.5]"),
        ('[a]{when="0.5"}', "a[neither True nor False: 0.5]"),
        ('[a]{claim="True"} [b]{when="True"} [c]{when="False"}', "a b"),
        ('[a]{claims="True"}', "a[unknown attribute claims]"),
        ('x [a {claim="True"} b', "[bound to no words]"),
        ('[a](#b){claim="True"}', "a[bound to no words]"),
        ('# A {when="True"}', "A[bound to no words]"),
        ('``` {.python claim="True"}\n1\n```', "[bound to no words]"),
        ("[a]{.smallcaps}", "a"),
    ],
)
@pytest.mark.parametrize("form", ["html", "typst"])
def test_quarto_which_cannot_be_stopped_prints_a_mark(markdown, marked, form):
    """Once each, in a browser as in a PDF; proof-reading finds it there."""
    look = ROOT / "report" / "look" / "claims.lua"
    arguments = [f"--lua-filter={look}", f"--to={form}", "--wrap=none"]
    printed = pandoc(arguments, [Line(markdown, Path("a.qmd"), 1)]).stdout
    text = re.sub(r'#claim-mark\("(.*?)"\)', r"[\1]", printed)
    text = re.sub(r"<[^>]*>|#smallcaps|#link\(\)|(?<=\w)\](?=\[)|\[(?=a\])|\[(?=a\[)", "", text)
    assert marked in text, printed
    assert sum(text.count(mark) for mark in ("[bound", "[claim ", "[neither", "[unknown")) == (
        "[" in marked
    )


def test_a_cell_that_has_a_label_and_shows_nothing_leaves_nothing():
    look = ROOT / "report" / "look" / "cells.lua"
    text = "::: {#numbers .cell}\n\n:::\n\n::: {#fig-a .cell}\nx\n:::"
    done = pandoc([f"--lua-filter={look}", "--to=markdown"], [Line(text, Path("a.qmd"), 1)])
    assert done.stdout == "::: {#fig-a .cell}\nx\n:::\n"
