"""The two settings of the document's header that proof-reading knows."""

from pathlib import Path

import pytest

from hw4.foundation.errors import UserError
from hw4.submission.lines import Line
from hw4.submission.reading import left_out_by


def header(text):
    return [Line(line, Path("a.qmd"), n) for n, line in enumerate(text.split("\n"), 2)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("title: x", ()),
        ("code-windows: in place\nleave-out: []", ()),
        ("leave-out:\n  - sec-a\n  - sec-b", ("sec-a", "sec-b")),
        ("code-windows: appendix", ()),
    ],
)
def test_settings_are_read_from_the_header(text, expected):
    assert left_out_by(header(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("title: x\nleave-out: sec-a", "a.qmd:3: leave-out is 'sec-a', expected a list"),
        ("leave-out: [1]", "a.qmd:2: leave-out is [1]"),
        ("code-windows: end", "a.qmd:2: code-windows is 'end', expected 'in place' or 'appendix'"),
    ],
)
def test_a_wrong_setting_is_one_sentence_with_file_and_line(text, expected):
    with pytest.raises(UserError) as caught:
        left_out_by(header(text))
    assert expected in str(caught.value)
