"""Proof-reading fails for each of its reasons, and passes what has none of them."""

from types import SimpleNamespace

import pytest
import typst

from hw4.foundation.errors import UserError
from hw4.submission import check as module
from hw4.submission import rubric as rubric_module
from hw4.submission.check import Reading, check, findings
from hw4.submission.pdf import Pdf
from hw4.submission.rubric import Item, Problem, answer, rubric_table

WORDS = "The network reads a sequence step by step and keeps a state. " * 6
HEAD = """#set page(width: 6in, height: 5in)
#set text(font: "Libertinus Serif", size: 10pt)
= Homework
"""
BODY = f"""{WORDS}
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
    answers=("mean squared error {sequences.test_mse|scientific}",),
    code=("hw4.submission.check.Reading",),
)
PROBLEM = Problem(2, "Sequences", "sequences", "sec-p2", (ITEM,))
RESULTS = {
    "build": {"profile": "full"},
    "sequences": {"source": "course", "test_mse": 1.3e-4},
}


def reading(tmp_path, body=BODY, results=RESULTS, head=HEAD, problem=PROBLEM):
    source = tmp_path / "page.typ"
    source.write_text(head + body, encoding="utf-8")
    typst.compile(str(source), output=str(tmp_path / "page.pdf"), ignore_system_fonts=True)
    return Reading(Pdf(tmp_path / "page.pdf"), results, (problem,))


def changed(old, new):
    assert old in BODY
    return BODY.replace(old, new)


def test_a_good_pdf_has_no_fault(tmp_path):
    assert findings(reading(tmp_path)) == []


STAND_IN = {**RESULTS, "sequences": {"source": "stand-in", "test_mse": 1.3e-4}}
QUICK = {**RESULTS, "build": {"profile": "quick"}}


@pytest.mark.parametrize(
    ("body", "results", "expected"),
    [
        (changed("=== Task 1 <sec-p2-1>", ""), RESULTS, "there is no heading {#sec-p2-1}"),
        (changed("class Reading:", "pass"), RESULTS, "window of hw4.submission.check.Reading is"),
        (changed("1.3 × 10⁻⁴", "1.4 × 10⁻⁴"), RESULTS, "the number 1.3 × 10⁻⁴ of the rubric"),
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
        (BODY + "#pagebreak()\nend", RESULTS, "page 4 is nearly empty"),
        (changed("class Reading:", f"class Reading:  # {'x' * 90}"), RESULTS, "runs out"),
        (BODY, STAND_IN, "page 2: the mark 'stand-in data' of problem 2 is missing"),
        (BODY, STAND_IN, "page 1: the note on stand-in data is missing"),
        (changed("The test error", "stand-in data"), RESULTS, "is left over"),
        (BODY, QUICK, "page 1: the note on the quick profile is missing"),
        (BODY, QUICK, "page 2: the mark 'quick profile' is missing"),
        (BODY, {**RESULTS, "audio": {"source": "course"}}, "has the experiment 'audio', but no"),
    ],
)
def test_each_fault_is_found(tmp_path, body, results, expected):
    found = findings(reading(tmp_path, body, results))
    assert any(expected in line for line in found), found


def test_a_nearly_empty_answer_is_found(tmp_path):
    body = f"""{WORDS}
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
    assert any("is nearly empty" in line for line in findings(reading(tmp_path, body)))


def test_a_file_that_is_too_large_is_found(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "LARGEST", 1000)
    assert any("are allowed" in line for line in findings(reading(tmp_path)))


def test_a_font_that_is_not_embedded_is_found(tmp_path):
    from pypdf import PdfReader, PdfWriter

    made = reading(tmp_path).pdf.path
    writer = PdfWriter(clone_from=PdfReader(made))
    for font in writer.pages[0]["/Resources"]["/Font"].values():
        descriptor = font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"]
        for name in ("/FontFile", "/FontFile2", "/FontFile3"):
            descriptor.get_object().pop(name, None)
    writer.write(made)
    found = findings(Reading(Pdf(made), RESULTS, (PROBLEM,)))
    assert any("LibertinusSerif-Regular is not embedded" in line for line in found), found


def test_code_windows_may_show_errors(tmp_path):
    body = changed("class Reading:", "class Reading:\nValueError: shown on purpose")
    assert findings(reading(tmp_path, body)) == []


@pytest.fixture
def rendered(tmp_path, monkeypatch):
    """A project whose renderer has just made a PDF: Quarto, beside the document."""
    made = tmp_path / "report" / "submission.pdf"
    made.parent.mkdir()
    reading(tmp_path).pdf.path.rename(made)
    final = tmp_path / "_output" / "submission.pdf"
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "submission_pdf", lambda: final)
    monkeypatch.setattr(module, "quarto_pdf", lambda: made)
    monkeypatch.setattr(module, "rubric", lambda: (PROBLEM,))
    monkeypatch.setattr(module, "read_results", lambda: RESULTS)
    monkeypatch.setenv("QUARTO_PROJECT_OUTPUT_FILES", str(made))
    return SimpleNamespace(made=made, final=final, folder=tmp_path)


def test_a_good_pdf_is_summed_up_by_problem_and_handed_out(rendered, capsys):
    assert check() == 0
    told = capsys.readouterr().out
    assert "Problem 2: 4 points answered, page 2, the course's data" in told
    assert "The submission is _output/submission.pdf." in told
    assert rendered.final.read_bytes() == rendered.made.read_bytes()


def test_a_pdf_that_fails_is_put_aside_and_the_last_good_one_stays(rendered, capsys):
    assert check() == 0
    good = rendered.final.read_bytes()
    reading(rendered.folder, changed("The test", "nan")).pdf.path.replace(rendered.made)
    bad = rendered.made.read_bytes()
    assert check() == 1
    assert rendered.final.read_bytes() == good
    assert rendered.final.with_name("submission-rejected.pdf").read_bytes() == bad
    assert not rendered.made.exists()
    assert "is as it was" in capsys.readouterr().out


def test_a_first_pdf_that_fails_is_not_left_where_a_good_one_belongs(rendered):
    reading(rendered.folder, changed("The test", "nan")).pdf.path.replace(rendered.made)
    assert check() == 1
    assert not rendered.final.exists() and not rendered.made.exists()


def test_what_quarto_made_earlier_does_not_outlive_what_the_press_makes(rendered, monkeypatch):
    candidate = rendered.folder / ".submission-1.pdf"
    candidate.write_bytes(rendered.made.read_bytes())
    monkeypatch.setenv("QUARTO_PROJECT_OUTPUT_FILES", str(candidate))
    assert check() == 0
    assert candidate.exists() and not rendered.made.exists()


def test_half_a_pdf_is_one_sentence(rendered):
    rendered.made.write_bytes(rendered.made.read_bytes()[:500])
    with pytest.raises(UserError, match="is no whole PDF"):
        check()


def test_an_answer_takes_the_first_template_that_has_all_its_numbers():
    item = Item("1", "t", 1, "s", ("test {a.test|percent:0}", "validation {a.0.validation}"))
    assert answer(item, {"a": {"test": 0.912}}).text == "test 91 %"
    assert answer(item, {"a": {"test": 0.912}}).numbers == ("91 %",)
    assert answer(item, {"a": [{"validation": "good"}]}).text == "validation good"
    with pytest.raises(UserError, match="no answer of item 1"):
        answer(item, {"a": {"test": None}})


def test_an_item_that_no_heading_answers_is_named():
    text = "# Problem 2 {#sec-p2}\n\n## Task 1 {#sec-p2-1}\n"
    rubric_module._see_sections((PROBLEM,), text)
    with pytest.raises(UserError, match=r"problem 2, 1 is to be answered under {#sec-p2-1}"):
        rubric_module._see_sections((PROBLEM,), text.replace("p2-1", "p2-10"))


def test_the_rubric_table_has_every_item_and_a_link_to_its_page():
    text = rubric_table(RESULTS, (PROBLEM,))._repr_markdown_()
    assert "| 1 | a vanilla RNN: mean squared error 1.3 × 10⁻⁴ | 4 |" in text
    assert "#link(<sec-p2-1>)" in text


def test_a_rubric_with_a_wrong_field_is_one_sentence(tmp_path, monkeypatch):
    file = tmp_path / "rubric.yml"
    file.write_text("- number: 1\n  titel: x\n")
    monkeypatch.setattr(rubric_module, "RUBRIC", file)
    rubric_module.rubric.cache_clear()
    with pytest.raises(UserError, match="titel"):
        rubric_module.rubric()
    rubric_module.rubric.cache_clear()
