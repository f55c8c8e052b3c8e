"""The filters of the look: page links, quotations, sections left out, listings at the end."""

import pypandoc
import pytest

from hw4.foundation.places import ROOT

LOOK = ROOT / "report" / "look"
TABLE = """\
| Item | Page |
|:-----|-----:|
| one  | [](#sec-one){.page} |
| two  | [](#sec-two){.page} |
"""
DOCUMENT = f"""\
{TABLE}
# One {{#sec-one}}

First.

::: {{.code-window path="src/a.py"}}
```python
a = 1
```
:::

# Two {{#sec-two}}

Second.

## Inside {{#sec-inside}}

Third.

# Three {{#sec-three}}

Fourth.
"""


def converted(markdown, *filters, to="typst", **metadata):
    header = "".join(f"{name}: {value}\n" for name, value in metadata.items())
    return pypandoc.convert_text(
        f"---\n{header}---\n\n{markdown}" if header else markdown,
        to,
        "markdown",
        extra_args=["--wrap=none"],
        filters=[str(LOOK / f"{name}.lua") for name in filters],
    )


def test_a_page_link_is_a_page_number_in_typst_and_the_name_of_its_heading_elsewhere():
    typst = converted(DOCUMENT, "pages")
    assert "#link(<sec-one>)[#context counter(page).at(<sec-one>).first()]" in typst
    html = converted(DOCUMENT.replace("# Two", "# Q2: Two"), "pages", to="html")
    assert '<a href="#sec-one" class="page">One</a>' in html
    assert '<a href="#sec-two" class="page">Q2</a>' in html


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("It says [nan *and* inf]{.quoted}.", "#quote(quotes: false)[nan #emph[and] inf]."),
        ("::: {.quoted}\nnan\n:::", "#quote(block: true, quotes: false)["),
    ],
)
def test_quoted_words_are_tagged_as_a_quotation(markdown, expected):
    assert expected in converted(markdown, "quoted")


def test_a_section_that_is_left_out_goes_with_its_rows():
    text = converted(DOCUMENT, "arrange", to="plain", **{"leave-out": "[sec-two]"})
    assert "First." in text and "Fourth." in text
    assert "Second." not in text and "Third." not in text
    assert "one" in text and "two " not in text


def test_a_smaller_section_can_be_left_out_of_a_larger_one():
    text = converted(DOCUMENT, "arrange", to="plain", **{"leave-out": "[sec-inside]"})
    assert "Second." in text and "Third." not in text and "Fourth." in text


def test_listings_move_to_a_section_of_their_own_and_are_linked_where_they_were():
    typst = converted(DOCUMENT, "arrange", "pages", "code-window", **{"code-windows": "appendix"})
    assert "src/a.py" in typst and "#link(<code-1>)" in typst
    assert typst.index("Fourth.") < typst.index("Listings") < typst.index("#code-window(")
    assert typst.index("<code-1>", typst.index("Listings")) < typst.index("#code-window(")


def test_on_the_screen_the_link_to_a_listing_leads_to_it():
    html = converted(DOCUMENT, "arrange", "pages", to="html", **{"code-windows": "appendix"})
    link, target, code = map(html.index, ('href="#code-1"', 'id="code-1"', 'class="code-window"'))
    assert link < target < code


LIST = """
# One {#sec-one}

::: {#tbl-here}
| a |
|---|
| b |

C
:::

# Two {#sec-two}

::: {#fig-gone}
x
:::

# Three {#sec-three}

| Part | Made |
|------|------|
| one | [@fig-gone `a`]{.if-there}, [@tbl-here `b`]{.if-there}, [@fig-gone `c`]{.if-there} |
| two | [@fig-gone `d`]{.if-there} |
| three | |
"""


@pytest.mark.parametrize(
    ("left", "rows"),
    [
        ("[sec-two]", ["one @tbl-here b", "three"]),
        (
            "[]",
            ["one @fig-gone a, @tbl-here b, @fig-gone c", "two @fig-gone d", "three"],
        ),
    ],
)
def test_items_that_refer_to_what_is_not_there_go_and_rows_of_nothing_else(left, rows):
    text = converted(LIST, "arrange", to="plain", **{"leave-out": left})
    found = [" ".join(row.split()) for row in text.split("Made")[1].splitlines()]
    found = [row for row in found if row and not set(row) <= set("- ")]
    assert found == [" ".join(row.split()) for row in rows]


def test_without_settings_nothing_moves():
    assert converted(DOCUMENT, "arrange") == converted(DOCUMENT)
    stay = converted(DOCUMENT, "arrange", **{"code-windows": "in place", "leave-out": "[]"})
    assert stay == converted(DOCUMENT)


def test_on_the_screen_pictures_have_their_text_and_windows_their_file_once():
    figure = '::: {#fig-a fig-alt="Five \\"dots\\"."}\n![](a.svg)\n\nCaption.\n:::\n'
    assert 'alt="Five &quot;dots&quot;."' in converted(figure, "screen", to="html")
    html = converted(DOCUMENT, "screen", "code-window", to="html")
    assert html.count("<code>src/a.py</code>") == 1
    assert converted(figure + DOCUMENT, "screen") == converted(figure + DOCUMENT)


def test_callouts_are_left_to_quarto_on_the_screen():
    callout = '::: {.callout-warning title="Mind"}\nThis.\n:::\n'
    assert converted(callout, "callouts", to="html") == converted(callout, to="html")
    assert "#callout-box" in converted(callout, "callouts")
