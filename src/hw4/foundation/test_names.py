"""Names from outside are text and nothing else."""

import json
import string
import subprocess

import pypandoc
import pytest
import typst

from hw4.foundation import names
from hw4.foundation.errors import UserError
from hw4.foundation.progress import say

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
    (block,) = json.loads(pandoc(names.named(name)))["blocks"]
    assert block["t"] == "Para"
    assert {inline["t"] for inline in block["c"]} <= {"Str", "Space"}
    shown = "".join(inline.get("c", " ") for inline in block["c"])
    assert shown.replace("\xa0", " ") == (names.plain(name) if name.strip() else "(no name)")


def test_a_name_in_an_attribute_stays_in_it():
    name = 'a" .class b="c'
    (block,) = json.loads(pandoc(f'![x](y.png){{fig-alt="{names.named(name)}"}}'))["blocks"]
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
    assert names.plain(name) == shown
    assert names.plain(name).isprintable()


def test_letters_that_the_fonts_lack_are_replaced():
    assert names.named("窗户 Fenster 😀") == "□□ Fenster □"
    assert names.named("Größe Ωмир") == "Größe Ωмир"


@pytest.mark.parametrize("font", ["Libertinus Serif", "DejaVu Sans Mono"])
def test_every_letter_that_is_let_through_can_be_set(font):
    letters = [it for it in sorted(names.IN_FONTS) if it.isprintable()]
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
    assert names.spreadsheet(cell) == f"'{cell}"


def test_other_cells_stay_as_they_are():
    assert [names.spreadsheet(it) for it in ("1.jpg", "a=b", "", "_-x")] == [
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
