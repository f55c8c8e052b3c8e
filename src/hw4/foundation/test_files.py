"""The course's files: found in the data folder and fingerprinted."""

import os

import pytest

from hw4.foundation import files
from hw4.foundation.errors import UserError
from hw4.foundation.files import DataSource, find, fingerprint, say_unused


def test_a_file_is_found_in_any_case_and_one_folder_down(places):
    (places / "data" / "tweets").mkdir()
    (places / "data" / "tweets" / "twitter.CSV").write_text("x")
    assert find("missing.csv", "Twitter.csv") == places / "data" / "tweets" / "twitter.CSV"
    assert find("missing.csv") is None
    deep = places / "data" / "tweets" / "deeper"
    deep.mkdir()
    (deep / "deep.csv").write_text("x")
    assert find("deep.csv") is None, "a photograph's folder is not searched"


def test_macos_leftovers_are_passed_over(places):
    (places / "data" / "__MACOSX").mkdir()
    (places / "data" / "__MACOSX" / "Twitter.csv").write_text("x")
    assert find("Twitter.csv") is None


def test_a_data_folder_that_is_not_there_is_an_error(places, monkeypatch):
    monkeypatch.setenv("HW4_DATA", str(places / "dta"))
    with pytest.raises(UserError, match=r"dta.*not a folder"):
        find("Twitter.csv")


def test_the_fingerprint_follows_contents_not_times(places):
    file = places / "data" / "a b ü.csv"
    file.write_text("one")
    first = fingerprint(file)
    os.utime(file, (1, 1))
    assert fingerprint(file) == first
    file.write_text("two")
    assert fingerprint(file) != first
    file.write_text("one")
    assert fingerprint(file) == first


def test_a_change_is_seen_even_if_size_and_mtime_stay(places):
    file = places / "data" / "a.csv"
    file.write_text("one")
    os.utime(file, ns=(10**18, 10**18))
    first = fingerprint(file)
    file.write_text("two")
    os.utime(file, ns=(10**18, 10**18))
    assert fingerprint(file) != first


def test_a_folder_counts_by_names_and_contents(places):
    folder = places / "data" / "set"
    (folder / "A").mkdir(parents=True)
    (folder / "A" / "1.jpg").write_text("x")
    first = fingerprint(folder)
    (folder / "A" / "1.jpg").rename(folder / "A" / "2.jpg")
    assert fingerprint(folder) != first


def test_an_unchanged_file_is_read_once(places, monkeypatch):
    file = places / "data" / "large.zip"
    file.write_text("x" * 1000)
    first = fingerprint(file)
    monkeypatch.setattr(files.hashlib, "file_digest", None)
    assert fingerprint(file) == first


def test_a_spoiled_memory_of_hashes_does_no_harm(places):
    file = places / "data" / "a.csv"
    file.write_text("one")
    first = fingerprint(file)
    for spoiled in ("", "[]", '{"x": 1', "null"):
        (places / "store" / "fingerprints.json").write_text(spoiled)
        assert fingerprint(file) == first


def test_what_no_problem_uses_is_named(places, capsys):
    for name in ("README.md", ".hidden", "Twitter.csv", "Tweets.csv"):
        (places / "data" / name).write_text("x")
    (places / "data" / "Sequences").mkdir()
    sources = [
        DataSource("course", "1", ("twitter.csv",)),
        DataSource("course", "2", ("sequences/X_train.npy", "sequences/y_train.npy")),
        DataSource("stand-in", "3", ("windows_train_set.zip",)),
    ]
    say_unused(sources)
    assert "No problem uses Tweets.csv in " in capsys.readouterr().out
    (places / "data" / "Tweets.csv").unlink()
    say_unused(sources)
    assert capsys.readouterr().out == ""
