"""Numbers as words, and names from outside."""

import json
import math
import string
import subprocess

import pypandoc
import pytest
import typst

from hw4.foundation import words
from hw4.foundation.errors import UserError
from hw4.foundation.progress import say


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (words.number(-1234.567), "−1,234.57"),
        (words.number(math.nan), "–"),
        (words.significant(0.0034567), "0.0035"),
        (words.significant(1234.5), "1,200"),
        (words.significant(0.0996, 2), "0.10"),
        (words.significant(0), "0"),
        (words.significant(-0.05, 1), "−0.05"),
        (words.scientific(1.3e-4), "1.3 × 10⁻⁴"),
        (words.scientific(-2.04e12, 2), "−2.04 × 10¹²"),
        (words.scientific(0), "0"),
        (words.percent(0.8737), "87.4 %"),
        (words.count(3521), "3,521"),
        (words.count_word(5), "five"),
        (words.count_word(12), "12"),
        (words.times(26.3), "26 times"),
        (words.times(1.44), "1.4 times"),
        (words.duration(0.84), "0.8 s"),
        (words.duration(42), "42 s"),
        (words.duration(200), "3 min 20 s"),
        (words.duration(119.9), "2 min"),
        (words.plus_minus(1.234, 0.04), "1.23 ± 0.04"),
        (words.listing(["a"]), "a"),
        (words.listing(["a", "b"]), "a and b"),
        (words.listing(["a", "b", "c"]), "a, b, and c"),
    ],
)
def test_numbers_read_as_people_write_them(shown, expected):
    assert shown == expected


def test_a_comparison_follows_the_numbers():
    assert words.compare(1, 2) == "lower than"
    assert words.compare(2, 1) == "higher than"
    assert words.compare(1.0, 1.01) == "about equal to"
    assert words.compare(1.0, 1.01, tolerance=0.001, below="below") == "below"


HOSTILE = (
    '#eval(read("/etc/passwd"))',
    '`#read("x")`{=typst}',
    "$x$ *b* _i_ [a](b) @sec-x <b> ![](../x.png) {{< include x >}} `{python} 1`",
    "a|b^c~d~'\"\\\\ -- ... https://x.org x@y.org &#47; \\newline",
    "```{=typst}",
    "::: {.x}",
    "1. one",
    "# head",
    "=SUM(A1)",
    "  ",
)


def pandoc(markdown: str) -> str:
    command = [pypandoc.get_pandoc_path(), "--from=markdown", "--to=json"]
    return subprocess.run(
        command, input=markdown, capture_output=True, text=True, check=True
    ).stdout


@pytest.mark.parametrize("name", [*HOSTILE, string.punctuation])
def test_nothing_in_a_name_is_markup(name):
    (block,) = json.loads(pandoc(words.named(name)))["blocks"]
    assert block["t"] == "Para"
    assert {inline["t"] for inline in block["c"]} <= {"Str", "Space"}
    shown = "".join(inline.get("c", " ") for inline in block["c"])
    assert shown.replace("\xa0", " ") == (words.plain(name) if name.strip() else "(no name)")


def test_a_name_in_an_attribute_stays_in_it():
    name = 'a" .class b="c'
    (block,) = json.loads(pandoc(f'![x](y.png){{fig-alt="{words.named(name)}"}}'))["blocks"]
    assert name in json.dumps(block).replace("\\\\", "").replace('\\"', '"')


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Bildschirmfoto 2025\u202f10.png", "Bildschirmfoto 2025 10.png"),
        ("a\nError: forged", r"a\nError: forged"),
        ("\x1b[31mred\x07", r"\x1b[31mred\x07"),
        ("\udcff.jpg", r"\udcff.jpg"),
        ("abc\u202egnp.exe", r"abc\u202egnp.exe"),
        ("cafe\u0301", "café"),
        ("", "(no name)"),
        ("x" * 100 + ".jpeg", "x" * 40 + "…" + "x" * 15 + ".jpeg"),
    ],
)
def test_a_plain_name_is_one_line_that_prints(name, shown):
    assert words.plain(name) == shown
    assert words.plain(name).isprintable()


def test_letters_that_the_fonts_lack_are_replaced():
    assert words.named("窗户 Fenster 😀") == "□□ Fenster □"
    assert words.named("Größe Ωмир") == "Größe Ωмир"


@pytest.mark.parametrize("font", ["Libertinus Serif", "DejaVu Sans Mono"])
def test_every_letter_that_is_let_through_can_be_set(font):
    letters = [it for it in sorted(words.IN_FONTS) if it.isprintable()]
    lines = " ".join(f"\\u{{{ord(it):x}}}" for it in letters if not it.isspace())
    source = f'#set document(title: "x")\n#set text(lang: "en", font: "{font}")\n{lines}\n'
    _, warnings = typst.compile_with_warnings(
        source.encode(), ignore_system_fonts=True, pdf_standards=["ua-1"]
    )
    assert warnings == []
    with pytest.raises(typst.TypstError):  # as a letter that no font has would be refused
        typst.compile(
            source.replace("#set text", "\\u{7a97} #set text").encode(),
            ignore_system_fonts=True,
            pdf_standards=["ua-1"],
        )


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1"])
def test_no_cell_begins_a_formula(cell):
    assert words.spreadsheet(cell) == f"'{cell}"


def test_other_cells_stay_as_they_are():
    assert [words.spreadsheet(it) for it in ("1.jpg", "a=b", "", "_-x")] == [
        "1.jpg",
        "a=b",
        "",
        "_-x",
    ]


def test_no_message_steers_the_terminal_or_forges_a_line(capsys):
    said = str(UserError("x\x1b[2J cannot be read\nError: all is well", "second line"))
    assert said == r"x\x1b[2J cannot be read\nError: all is well" + "\nsecond line"
    say("x\x1b[2J\rError: y\n")
    assert capsys.readouterr().out == r"x\x1b[2J\rError: y\n" + "\n"
