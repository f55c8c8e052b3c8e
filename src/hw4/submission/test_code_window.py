"""Code windows show the source as it stands, number it truly, and are whole in the PDF."""

import io
import re
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hw4.foundation.errors import UserError
from hw4.foundation.places import ROOT
from hw4.submission.code_window import code, excerpt, window

LOOK = ROOT / "report" / "look"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder with a package `toy`; importing `toy.nets` would fail."""
    package = tmp_path / "toy"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "nets.py").write_text(
        textwrap.dedent('''\
            import nothing_of_this_name

            if True:
                SIZE = 3


            @decorated(
                1
            )
            class Net:
                """Ends a fence ``` early, if it may."""

                def forward(self, x):
                    """Run it."""
                    return x  # € – ∂

                async def later(self):
                    def inner(): ...
                    return inner


            def one(): ...


            def two(): ...


            # something stands between
            def three(): ...


            def three():
                return "the later definition counts"
            ''')
    )
    return tmp_path


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("toy.nets.Net", 7, 19),
        ("toy.nets.Net.forward", 13, 15),
        ("toy.nets.Net.later", 17, 19),
        ("toy.nets.Net.later.inner", 18, 18),
        ("toy.nets.SIZE", 4, 4),
        ("toy.nets.three", 32, 33),
    ],
)
def test_lines_are_those_of_the_file_decorators_included(source, name, first, last):
    part = excerpt(name, source)
    file = (source / "toy" / "nets.py").read_text().split("\n")
    assert (part.path, part.first, part.last) == ("src/toy/nets.py", first, last)
    assert part.code == "\n".join(file[first - 1 : last])


def test_the_source_is_parsed_and_never_imported(source, monkeypatch):
    monkeypatch.syspath_prepend(source)
    window("toy.nets.Net", source=source)
    assert "toy" not in sys.modules


def test_neighbors_become_one_part_and_others_are_parted(source):
    assert window("toy.nets.two", "toy.nets.one", source=source).count("startFrom") == 1
    apart = window("toy.nets.three", "toy.nets.Net.forward", "toy.nets.one", source=source)
    assert re.findall(r'startFrom="(\d+)"', apart) == ["7", "13", "22", "32"]
    once = window("toy.nets.Net", "toy.nets.Net.forward", source=source)
    assert re.findall(r'startFrom="(\d+)"', once) == ["7"]


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("toy.nets.Nett", "toy.nets.Net"),
        ("toy.nets.Net.forwards", "toy.nets.Net.forward"),
        ("toy.network.Net", "toy.nets.Net"),
        ("Net", "toy.nets.Net"),
        ("toy.nets", "did you mean toy.nets."),
        ("nothing", "correct the name"),
        ("../toy/nets.one", "toy.nets.one"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest(source, name, advice):
    with pytest.raises(UserError, match=re.escape(advice)) as caught:
        window(name, source=source)
    assert f"code({name!r})" in str(caught.value)


def test_a_window_shows_one_file_and_needs_a_name(source):
    (source / "toy" / "other.py").write_text("def far(): ...\n")
    with pytest.raises(UserError, match="one file"):
        window("toy.nets.one", "toy.other.far", source=source)
    with pytest.raises(UserError, match="without a name"):
        window(source=source)


def test_a_file_that_is_not_python_is_named(source):
    (source / "toy" / "broken.py").write_text("def half(:\n")
    with pytest.raises(UserError, match=r"broken\.py"):
        window("toy.broken.half", source=source)


@pytest.fixture
def explained(tmp_path) -> Path:
    (tmp_path / "deep.py").write_text(
        textwrap.dedent('''\
            class Net:
                """A network
                of two layers. It is small.

                Attributes:
                    size: of them.
                """

                size = 3

                def forward(self, x):
                    r"""Run it

                    Args:
                        x: what.
                    """
                    return x

                def short(self):
                    """One sentence."""

                def last(self):
                    \'\'\'Two sentences. No more.\'\'\'
            ''')
    )
    return tmp_path


def test_a_docstring_is_cut_to_its_first_sentence_and_numbers_stay_true(explained):
    shown = window("deep.Net", source=explained)
    assert re.findall(r'startFrom="(\d+)"', shown) == ["1", "8", "17"]
    assert shown.count(".continues") == 2
    blocks = re.findall(r"```.*?\n(.*?)\n```", shown, re.DOTALL)
    assert blocks[0].endswith('"""A network\n    of two layers. ⋯"""')
    assert blocks[1].endswith('def forward(self, x):\n        r"""Run it ⋯"""')
    assert blocks[2].startswith("        return x\n")
    assert '"""One sentence."""' in blocks[2]
    assert blocks[2].endswith("        '''Two sentences. ⋯'''")


def test_a_full_docstring_is_shown_where_it_is_asked_for(explained):
    shown = window("deep.Net", source=explained, docstring="full")
    assert (explained / "deep.py").read_text().strip() in shown
    with pytest.raises(UserError, match="docstring='long': write one of 'short' and 'full'"):
        window("deep.Net", source=explained, docstring="long")


def test_a_method_stands_below_the_line_of_its_class(source):
    shown = window("toy.nets.Net.forward", source=source)
    blocks = re.findall(r"```.*?\n(.*?)\n```", shown, re.DOTALL)
    assert blocks[0] == "@decorated(\n    1\n)\nclass Net:"
    assert blocks[1].startswith("    def forward")
    assert shown.count("class Net") == window("toy.nets.Net", source=source).count("class Net")
    assert "def later" not in window("toy.nets.Net.later.inner", source=source)


def test_a_cut_docstring_leaves_one_range_of_lines(explained):
    (page,) = pdf_pages(typst_of(window("deep.Net", source=explained)))
    assert "lines 1–23" in page and page.count("⋯") == 3
    assert squeezed("17        return x") in squeezed(page)


# ---- the way to the PDF


def typst_of(markdown: str) -> str:
    import pypandoc

    return pypandoc.convert_text(
        markdown, "typst", "markdown", filters=[str(LOOK / "code-window.lua")]
    )


def document(body: str) -> bytes:
    """A Typst document of US letter pages with the windows' definitions, `body` between."""
    return (
        (LOOK / "code-window.typ").read_text(encoding="utf-8")
        + '#set document(title: "t")\n#set page("us-letter", margin: 1in)\n'
        + '#set text(font: "Libertinus Serif", size: 11pt)\n#set par(justify: true)\n'
        # what templates do to every block of code
        + "#show raw: set text(size: 0.86em)\n"
        + "#show raw.where(block: true): set block(fill: luma(230), inset: 8pt, radius: 2pt)\n"
        + body
    ).encode()


def pdf_pages(body: str) -> list[str]:
    import pypdf
    import typst

    pdf = typst.compile(document(body), pdf_standards=["ua-1"])
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def test_the_pdf_has_every_character_and_the_true_numbers(source, capsys):
    code("hw4.submission.code_window.excerpt", docstring="full")
    (page,) = pdf_pages(typst_of(capsys.readouterr().out))
    part = excerpt("hw4.submission.code_window.excerpt")
    assert f"lines {part.first}–{part.last}" in page
    assert "src/hw4/submission/code_window.py" in page
    for number, line in enumerate(part.code.split("\n"), start=part.first):
        assert squeezed(f"{number}{line}") in squeezed(page)


def test_difficult_characters_arrive(source):
    (page,) = pdf_pages(typst_of(window("toy.nets.Net", source=source)))
    assert "fence ``` early" in page
    assert "€ – ∂" in page


@pytest.mark.parametrize("empty", [(), range(0, 179, 2)])
def test_a_long_window_repeats_its_title_on_every_page(source, empty):
    """And an empty line takes as much room as any other."""
    body = "\n".join("" if i in empty else f"    x_{i} = {i}" for i in range(180))
    (source / "toy" / "long.py").write_text(f"def long():\n{body}\n")
    pages = pdf_pages("#v(7in)\n" + typst_of(window("toy.long.long", source=source)))
    assert len(pages) == 4
    assert all("src/toy/long.py" in page and "lines 1–181" in page for page in pages)
    assert ["(continued)" in page for page in pages] == [False, True, True, True]
    assert squeezed("181x_179=179") in squeezed(pages[-1])


def test_a_short_window_stays_in_one_piece(source):
    pages = pdf_pages("#v(8.3in)\n" + typst_of(window("toy.nets.Net", source=source)))
    assert "src/toy/nets.py" not in pages[0]
    assert "lines 7–19" in pages[1]


def test_long_lines_wrap_inside_the_frame(source):
    import typst

    text = "word " * 60
    (source / "toy" / "wide.py").write_text(
        f'def wide():\n    a = "{text}"\n    b = "{"x" * 400}"  # {"y" * 200}\n'
    )
    body = typst_of(window("toy.wide.wide", source=source))
    (page,) = pdf_pages(body)
    assert squeezed(page).count("word") == 60
    assert "x" * 400 in squeezed(page)
    assert "y" * 200 in squeezed(page)
    image = Image.open(io.BytesIO(typst.compile(document(body), format="png", ppi=72)))
    pixels = np.asarray(image.convert("L"))
    assert pixels[:, : 72 - 1].min() == 255
    assert pixels[:, -72 + 1 :].min() == 255


def listing(shown: str) -> str:
    """A listing as Quarto writes it, caption on top."""
    caption = "figure.caption(position: top, [What it does])"
    return f'#figure([{shown}], caption: {caption}, kind: "quarto-float-lst", supplement: [L])'


def test_a_long_listing_with_a_caption_crosses_the_page(source):
    body = "\n".join(f"    x_{i} = {i}" for i in range(60))
    (source / "toy" / "long.py").write_text(f"def long():\n{body}\n")
    shown = typst_of(window("toy.long.long", source=source))
    first, second = pdf_pages("#v(6in)\n" + listing(shown))
    assert "What it does" in first
    assert "lines 1–61" in first
    assert "(continued)" in second


def test_a_caption_stays_with_a_short_listing(source):
    shown = typst_of(window("toy.nets.Net", source=source))
    first, second = pdf_pages("#v(8.3in)\n" + listing(shown))
    assert "What it does" not in first
    assert "What it does" in second


def test_other_content_in_a_window_stops_the_build():
    with pytest.raises(RuntimeError, match="code blocks only"):
        typst_of('::: {.code-window path="a.py"}\nprose\n:::\n')
