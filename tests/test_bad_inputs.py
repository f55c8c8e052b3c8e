"""Every bad input ends in one sentence, a status of 1, and nothing else."""

import pytest

from tests.bad_inputs.runner import run
from tests.bad_inputs.table import TABLE

ROWS = [
    pytest.param(case, id=f"{kind}: {case.name}") for kind, cases in TABLE.items() for case in cases
]


def test_the_table_is_long_and_names_no_case_twice():
    assert len(ROWS) >= 60
    assert len({row.id for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("case", ROWS)
def test_it_ends_in_one_sentence_and_nothing_else(case, tmp_path):
    ending = run(case, tmp_path)
    assert ending.status == 1
    assert ending.said.startswith("Error: ")
    assert ending.said.count("\n") == 1 and ending.said.rstrip()[-1] in ".?", ending.said
    for words in case.words:
        assert words
        assert words.replace("{folder}", str(tmp_path)) in ending.said
    assert "Traceback" not in ending.said + ending.printed
    assert not ending.started
    assert not ending.outside
    assert not ending.lost
    assert not ending.left
