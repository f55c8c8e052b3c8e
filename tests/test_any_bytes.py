"""Whatever bytes a file holds, it is read or refused with a sentence, and nothing else happens."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.any_bytes import KINDS, READERS, Edit, attempt, folders, spoil

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL", "ignore::ResourceWarning")
EDITS = st.builds(
    Edit, st.sampled_from(KINDS), st.integers(0, 2**20), st.binary(min_size=1, max_size=12)
)


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=30, deadline=None)
@given(content=st.binary(max_size=400))
def test_random_bytes(name, content):
    with TemporaryDirectory() as folder, folders(Path(folder)) as place:
        attempt(READERS[name], content, place)


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=30, deadline=None)
@given(
    edits=st.lists(EDITS, min_size=1, max_size=5), which=st.integers(0, 9), other=st.integers(0, 9)
)
def test_spoilt_files(name, edits, which, other):
    bases = READERS[name].bases
    content = spoil(bases[which % len(bases)], edits, bases[other % len(bases)])
    with TemporaryDirectory() as folder, folders(Path(folder)) as place:
        attempt(READERS[name], content, place)


@pytest.mark.parametrize("name", READERS)
def test_good_files_are_read(name, tmp_path):
    """Otherwise the other two tests would see refusals alone."""
    for base in READERS[name].bases:
        with folders(tmp_path) as place:
            assert attempt(READERS[name], base, place) == "read"
