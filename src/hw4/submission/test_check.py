"""Proof-reading fails for each of its reasons, and passes what has none of them."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import typst

from hw4.foundation.errors import UserError
from hw4.submission import check as module
from hw4.submission import faults as faults_module
from hw4.submission import numbers, renderer
from hw4.submission import rubric as rubric_module
from hw4.submission.check import check
from hw4.submission.claims import Claim
from hw4.submission.documents import Expression, read_document
from hw4.submission.faults import FAULTS, NOTES
from hw4.submission.lines import Line
from hw4.submission.pdf import Pdf
from hw4.submission.reading import Reading
from hw4.submission.rubric import Item, Problem, worths

WORDS = "The network reads a sequence step by step and keeps a state. " * 6
HEAD = """#set document(title: "Homework")
#set page(width: 6in, height: 5in)
#set text(font: "Libertinus Serif", size: 10pt)
= Homework
"""
FRONT = f"""{WORDS}
#table(columns: 3, table.header[Item][Answer][Page],
  [1], [mean squared error 1.3 × 10⁻⁴], link(<sec-p2-1>)[2])
"""
BODY = f"""{FRONT}
#pagebreak()
== Problem 2 <sec-p2>
{WORDS}
=== Task 1 <sec-p2-1>
{WORDS} The test error is 1.3 × 10⁻⁴.
```python
class Reading:
```
#pagebreak()
== Reproducibility <sec-reproducibility>
{WORDS}
"""
ITEM = Item(
    number="1",
    title="a vanilla RNN",
    points=4,
    section="sec-p2-1",
    code=("hw4.submission.reading.Reading",),
)
PROBLEM = Problem(2, "Sequences", "sequences", "sec-p2", (ITEM,))
UA = ("ua-1",)
RESULTS = {
    "build": {"profile": "full"},
    "sequences": {"source": "course", "test_mse": 1.3e-4},
}


def reading(tmp_path, body=BODY, results=RESULTS, problem=PROBLEM, left_out=(), standards=UA):
    source = tmp_path / "page.typ"
    source.write_text(HEAD + body, encoding="utf-8")
    typst.compile(
        str(source),
        output=str(tmp_path / "page.pdf"),
        ignore_system_fonts=True,
        pdf_standards=list(standards),
    )
    return Reading(Pdf(tmp_path / "page.pdf"), results, (problem,), left_out)


def faults(reading):
    return [line for look in FAULTS for line in look(reading)]


def changed(old, new):
    assert old in BODY
    return BODY.replace(old, new)


def test_a_good_pdf_has_no_fault(tmp_path):
    assert faults(reading(tmp_path)) == []


STAND_IN = {**RESULTS, "sequences": {"source": "stand-in", "test_mse": 1.3e-4}}
QUICK = {**RESULTS, "build": {"profile": "quick"}}


@pytest.mark.parametrize(
    ("body", "results", "expected"),
    [
        (
            changed("=== Task 1 <sec-p2-1>", "").replace("link(<sec-p2-1>)", ""),
            RESULTS,
            "there is no heading {#sec-p2-1}",
        ),
        (changed("class Reading:", "pass"), RESULTS, "window of hw4.submission.reading.Reading is"),
        (
            changed("is 1.3 × 10⁻⁴", "is 11.3 × 10⁻⁴"),
            RESULTS,
            "number 1.3 × 10⁻⁴ of its answer on page 1 does not stand in",
        ),
        (changed("link(<sec-p2-1>)[2]", "[2]"), RESULTS, "problem 2, 1 (a vanilla RNN): no row of"),
        (changed("The test error", "See \\?\\@fig-x. The error"), RESULTS, "unresolved reference"),
        (changed("The test", "Traceback (most recent call last): The"), RESULTS, "a traceback"),
        (changed("The test error", "ValueError: no. Test"), RESULTS, "an error text"),
        (changed("The test error", "UserWarning: the test"), RESULTS, "a warning text"),
        (
            changed("The test error", "The nan error"),
            RESULTS,
            "set it in backticks): sequence step",
        ),
        (changed("The test error", "\\{python\\} x"), RESULTS, "was not computed"),
        (changed("The test error", "[It]\\{claim=“False”\\} x"), RESULTS, "is never closed"),
        (changed("The test error", "| a | \\ |\\-\\-\\-|---| x"), RESULTS, "came out as text"),
        (BODY + "#pagebreak()\nend", RESULTS, "page 4 is nearly empty"),
        (changed("class Reading:", f"class Reading:  # {'x' * 90}"), RESULTS, "runs out"),
        (BODY, STAND_IN, "page 2: the mark 'stand-in data' of problem 2 is missing"),
        (BODY, STAND_IN, "page 1: the note on stand-in data is missing"),
        (changed("The test error", "stand-in data"), RESULTS, "is left over"),
        (BODY, QUICK, "page 1: the note on the quick profile is missing"),
        (BODY, QUICK, "page 2: the mark 'quick profile' is missing"),
    ],
)
def test_each_fault_is_found(tmp_path, body, results, expected):
    found = faults(reading(tmp_path, body, results))
    assert any(expected in line for line in found), found


def test_a_nearly_empty_answer_is_found(tmp_path):
    body = f"""{FRONT}
#pagebreak()
== Problem 2 <sec-p2>
{WORDS}
#pagebreak()
=== Task 1 <sec-p2-1>
The error is 1.3 × 10⁻⁴.
```python
class Reading:
```
"""
    assert any("is nearly empty" in line for line in faults(reading(tmp_path, body)))


def test_a_file_that_is_too_large_is_found(tmp_path, monkeypatch):
    monkeypatch.setattr(faults_module, "LARGEST", 1000)
    assert any("are allowed" in line for line in faults(reading(tmp_path)))


def test_a_font_that_is_not_embedded_is_found(tmp_path):
    from pypdf import PdfReader, PdfWriter

    reading(tmp_path)
    made = tmp_path / "page.pdf"
    writer = PdfWriter(clone_from=PdfReader(made))
    for font in writer.pages[0]["/Resources"]["/Font"].values():
        descriptor = font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"]
        for name in ("/FontFile", "/FontFile2", "/FontFile3"):
            descriptor.get_object().pop(name, None)
    writer.write(made)
    found = faults(Reading(Pdf(made), RESULTS, (PROBLEM,)))
    assert any("rule PDFUA1-FONT-EMBEDDING-001" in line for line in found), found


def test_code_windows_may_show_errors(tmp_path):
    body = changed("class Reading:", "class Reading:\nValueError: shown on purpose")
    assert faults(reading(tmp_path, body)) == []


def test_quotations_may_say_anything(tmp_path):
    quoted = changed("The test error", "#quote(quotes: false)[nan, ValueError: no] The test error")
    assert faults(reading(tmp_path, quoted)) == []


def test_a_file_that_breaks_pdf_ua_is_found(tmp_path):
    found = faults(reading(tmp_path, standards=()))
    assert any("the file is not PDF/UA-1, rule" in line for line in found), found


def test_a_file_that_is_pdf_a_as_well_is_checked_for_it(tmp_path):
    assert faults(reading(tmp_path, standards=("ua-1", "a-3a"))) == []


def test_what_the_header_leaves_out_is_not_missed_unless_it_has_points(tmp_path):
    without = f"{WORDS}\n#pagebreak()\n== Reproducibility <sec-reproducibility>\n{WORDS}"
    extra = Problem(2, "S", "sequences", "sec-p2", (Item("1", "a vanilla RNN", 0, "sec-p2-1"),))
    left = ("sec-p2",)
    assert faults(reading(tmp_path, without, problem=extra, left_out=left)) == []
    found = faults(reading(tmp_path, without, problem=extra))
    assert any("name sec-p2 below leave-out in the header" in line for line in found), found
    found = faults(reading(tmp_path, without, left_out=left))
    assert any("is worth 4 points and left out" in line for line in found), found


def test_listings_may_stand_in_a_section_of_their_own(tmp_path):
    code = "```python\nclass Reading:\n```"
    apart = changed(code, "") + f"#pagebreak()\n== Listings <sec-listings>\n{WORDS}\n{code}"
    assert faults(reading(tmp_path, apart)) == []


CLAIMED = changed("The test error", "It falls \\[claim false\\]. The test error")


@pytest.fixture
def claims(monkeypatch):
    """What the evaluation of the documents finds, in place of it."""
    found = []
    monkeypatch.setattr(faults_module, "claims", lambda document: found)
    return found


def claim(holds, sides="gain is -0.1"):
    line = Line("", Path("report/_2-sequences.qmd"), 7)
    return Claim(Expression("gain > 0", line, "claim"), holds, sides, "It falls.")


@pytest.mark.parametrize(("results", "stops"), [(RESULTS, True), (STAND_IN, False), (QUICK, False)])
def test_a_false_claim_stops_a_submission_and_no_trial(tmp_path, claims, results, stops):
    claims.append(claim(False))
    made = reading(tmp_path, CLAIMED, results)
    line = (
        "report/_2-sequences.qmd:7: the numbers do not bear “It falls.”: gain > 0 is False "
        "(gain is -0.1)"
    )
    assert (line in faults(made)) == stops
    assert (line in [note for look in NOTES for note in look(made)]) != stops


def test_what_is_neither_true_nor_false_always_stops(tmp_path, monkeypatch):
    def fails(document):
        raise UserError("a.qmd:7: nan, expected is True or False")

    monkeypatch.setattr(faults_module, "claims", fails)
    marked = CLAIMED.replace("claim false", "neither True nor False: nan")
    made = reading(tmp_path, marked, QUICK)
    assert "a.qmd:7: nan, expected is True or False" in faults(made)
    assert [note for look in NOTES for note in look(made)] == []


def test_a_mark_that_no_claim_explains_is_a_fault(tmp_path, claims):
    claims.append(claim(True))
    assert any("no document says why now" in it for it in faults(reading(tmp_path, CLAIMED)))


def test_a_claim_that_compares_no_names_has_no_empty_brackets(tmp_path, claims):
    claims.append(claim(False, sides=""))
    assert any(it.endswith("gain > 0 is False") for it in faults(reading(tmp_path, CLAIMED)))


def test_a_typed_number_that_equals_a_live_one_is_noted(tmp_path, monkeypatch):
    """With the expression to write in its place; what is typed by chance is not looked up."""
    lines = "```{python}\nerror, count = 1.3e-4, 20\n```\n\n1.3 × 10⁻⁴, 1.4 × 10⁻⁴, 20.\n"
    (tmp_path / "a.qmd").write_text(lines, encoding="utf-8")
    for room in (faults_module, numbers):
        monkeypatch.setattr(room, "ROOT", tmp_path)
    parts = tuple(read_document(tmp_path / "a.qmd", tmp_path)[1])
    (note,) = [it for look in NOTES for it in look(replace(reading(tmp_path), parts=parts))]
    assert note == "a.qmd:5: 1.3 × 10⁻⁴ is typed, and `{python} scientific(error)` prints the same"


@pytest.fixture
def rendered(tmp_path, monkeypatch):
    """A project whose renderer has just made a PDF: Quarto, beside the document."""
    made = tmp_path / "report" / "submission.pdf"
    made.parent.mkdir()
    reading(tmp_path)
    (tmp_path / "page.pdf").rename(made)
    final = tmp_path / "_output" / "submission.pdf"
    for room in (module, renderer):
        monkeypatch.setattr(room, "ROOT", tmp_path)
    monkeypatch.setattr(module, "submission_pdf", lambda: final)
    monkeypatch.setattr(module, "quarto_pdf", lambda: made)
    monkeypatch.setattr(module, "quarto_words", lambda: ["quarto", "render"])
    monkeypatch.setattr(module, "rubric", lambda: (PROBLEM,))
    monkeypatch.setattr(module, "read_results", lambda: RESULTS)
    (tmp_path / "report" / "submission.qmd").write_text("Words.\n")
    monkeypatch.setattr(module, "DOCUMENT", tmp_path / "report" / "submission.qmd")
    monkeypatch.setenv("QUARTO_PROJECT_OUTPUT_FILES", str(made))
    return SimpleNamespace(made=made, final=final, folder=tmp_path)


def test_a_good_pdf_is_summed_up_by_problem_and_handed_out(rendered, capsys):
    content = rendered.made.read_bytes()
    assert check() == 0
    told = capsys.readouterr().out
    assert "Problem 2: 4 points answered, page 2, the course's data" in told
    assert "The submission is _output/submission.pdf." in told
    assert rendered.final.read_bytes() == content
    assert not rendered.made.exists()  # one name is left


@pytest.mark.parametrize("words", [[], ["deno", "quarto.js", "preview"]])
def test_a_preview_goes_on_showing_what_it_has_made(rendered, monkeypatch, words):
    monkeypatch.setattr(module, "quarto_words", lambda: words)
    assert check() == 0
    assert rendered.final.read_bytes() == rendered.made.read_bytes()


def test_a_pdf_that_fails_is_put_aside_and_the_last_good_one_stays(rendered, capsys):
    assert check() == 0
    good = rendered.final.read_bytes()
    reading(rendered.folder, changed("The test", "nan"))
    (rendered.folder / "page.pdf").replace(rendered.made)
    bad = rendered.made.read_bytes()
    assert check() == 1
    assert rendered.final.read_bytes() == good
    assert rendered.final.with_name("submission-rejected.pdf").read_bytes() == bad
    assert not rendered.made.exists()
    assert "is as it was" in capsys.readouterr().out


def test_a_first_pdf_that_fails_is_not_left_where_a_good_one_belongs(rendered):
    reading(rendered.folder, changed("The test", "nan"))
    (rendered.folder / "page.pdf").replace(rendered.made)
    assert check() == 1
    assert not rendered.final.exists() and not rendered.made.exists()


def test_half_a_pdf_is_put_aside_as_well(rendered):
    rendered.made.write_bytes(rendered.made.read_bytes()[:500])
    with pytest.raises(UserError, match="is no whole PDF"):
        check()
    assert rendered.final.with_name("submission-rejected.pdf").exists()


def test_points_stand_by_problem_and_by_item(monkeypatch):
    bonus = Item("Q7", "more", 2, "sec-p2-7", bonus=True)
    monkeypatch.setattr(
        rubric_module, "rubric", lambda: (Problem(2, "Sequences", "sequences", "s", (ITEM, bonus)),)
    )
    assert worths() == {2: "4 + 2", (2, "1"): 4, (2, "Q7"): "+2"}


PAGE = f"""<!DOCTYPE html><html><head><title>x</title></head><body>
<table><tr><th>Item</th><th>Answer</th><th>Page</th></tr>
<tr><td>1</td><td>mean squared error 1.3 × 10⁻⁴</td>
<td><a href="#sec-p2-1">here</a></td></tr></table>
<section id="sec-p2"><h1>Problem 2</h1>{WORDS}
<section id="sec-p2-1"><h2>Task 1</h2><p>{WORDS} The test error is 1.3 × 10⁻⁴.</p>
<pre><code>class Reading:
ValueError: shown on purpose</code></pre><img src="a.svg" alt="dots">
<p class="quoted">nan</p></section></section></body></html>
"""


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("", "", None),
        ('id="sec-p2-1"', "", "there is no heading {#sec-p2-1}"),
        ('href="#sec-p2-1"', 'href="#sec-x"', "no row of the table in"),
        ("class Reading:", "pass", "the code window of"),
        ('class="quoted"', "", "a value that is no number"),
        ("<p>The", "<p>ValueError: no. The", None),
        ("The network", "UserWarning: the network", "a warning text"),
        (' alt="dots"', "", "the picture a.svg has no alternative text"),
    ],
)
def test_html_is_read_for_what_it_can_be_read_for(
    rendered, monkeypatch, capsys, old, new, expected
):
    page = rendered.folder / "report" / "submission.html"
    page.write_text(PAGE.replace(old, new) if old else PAGE, encoding="utf-8")
    monkeypatch.setenv("QUARTO_PROJECT_OUTPUT_FILES", str(page))
    assert check() == (1 if expected else 0)
    told = capsys.readouterr().out
    assert "submission.html was read for answers, code, claims and errors" in told
    assert expected is None or expected in told
    assert page.exists() and not rendered.final.exists()


def test_a_part_by_itself_is_not_proof_read(rendered, monkeypatch, capsys):
    monkeypatch.setenv("QUARTO_PROJECT_OUTPUT_FILES", "report/_2-sequences.pdf")
    assert check() == 0
    assert "a part by itself" in capsys.readouterr().out


def test_what_is_neither_pdf_nor_html_is_refused(rendered, monkeypatch):
    monkeypatch.setenv("QUARTO_PROJECT_OUTPUT_FILES", "report/submission.docx")
    with pytest.raises(UserError, match=r"submission\.docx cannot be proof-read.*--to typst"):
        check()


def test_a_name_that_a_user_gave_is_the_submission(rendered, monkeypatch, capsys):
    rendered.made.rename(rendered.folder / "tom.pdf")
    monkeypatch.setenv("QUARTO_PROJECT_OUTPUT_FILES", "tom.pdf")
    assert check() == 0
    assert "The submission is tom.pdf." in capsys.readouterr().out
    assert (rendered.folder / "tom.pdf").exists() and not rendered.final.exists()
