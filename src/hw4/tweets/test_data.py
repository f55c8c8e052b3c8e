"""The tweets' file: every bad input has its sentence, and the split is the prescribed one."""

import csv
import hashlib
import io
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hw4.foundation.archive import Limits
from hw4.foundation.errors import UserError
from hw4.foundation.places import ROOT
from hw4.tweets import data
from hw4.tweets.data import Tweets, download, read, source, split, subset, wording
from hw4.tweets.standin import compose

REAL = ROOT.parent / "shared" / "data" / "tweets" / "Twitter.csv"


def table(rows: list[tuple[str, str]], header: tuple[str, str] = ("tweet_text", "claim")) -> bytes:
    stream = io.StringIO()
    csv.writer(stream).writerows([header, *rows])
    return stream.getvalue().encode()


def rows(ones: int = 20, zeros: int = 10) -> list[tuple[str, str]]:
    return [(f"tweet {i}, with a comma", "1") for i in range(ones)] + [
        (f'other {i} "quoted"', "0") for i in range(zeros)
    ]


def written(folder: Path, content: bytes, name: str = "Twitter.csv") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("header", [("tweet_text", "claim"), ("text", "label"), ("Text", "LABEL")])
def test_reads_both_pairs_of_columns(tmp_path, header):
    tweets, empty = read(written(tmp_path, table(rows(), header)))
    assert len(tweets) == 30 and empty == 0
    assert tweets.texts[0] == "tweet 0, with a comma" and tweets.texts[-1] == 'other 9 "quoted"'
    assert tweets.targets.tolist() == [1] * 20 + [0] * 10


def test_line_breaks_in_a_tweet_and_further_columns_are_kept_apart(tmp_path):
    content = "id,text,label\r\n" + "".join(f'{i},"two\nlines {i}",{i % 2}\r\n' for i in range(20))
    tweets, _ = read(written(tmp_path, content.encode("utf-8-sig")))
    assert tweets.texts[3] == "two\nlines 3" and tweets.targets[3] == 1


def test_tweets_without_text_are_left_out_and_counted(tmp_path):
    tweets, empty = read(written(tmp_path, table([*rows(), ("", "1"), ("  \n", "0")])))
    assert len(tweets) == 30 and empty == 2


BAD = {
    "no header": (b"", "(none)"),
    "other columns": (table(rows(), ("tweet", "class")), "found the columns tweet, class"),
    "label 2": (table([*rows(), ("x", "2")]), "line 32: found the label '2'"),
    "label yes": (table([*rows(), ("x", "yes")]), "found the label 'yes'"),
    "no label": (table([*rows(), ("x", "")]), "found the label ''"),
    "latin-1": (table(rows()) + "café,1\r\n".encode("latin-1"), "line 32: found bytes"),
    "utf-16": (table(rows()).decode().encode("utf-16"), "not UTF-8"),
    "NUL": (table(rows()) + b"a\0b,1\r\n", "NUL"),
    "too many fields": (table(rows()) + b"a,b,1\r\n", "line 32: found 3 fields"),
    "a quote left open": (table(rows()) + b'"never closed,1\r\n', "not a readable CSV"),
    "only class 1": (table(rows(zeros=0)), "found 0 tweets of class 0"),
    "six of class 0": (table(rows(zeros=6)), "found 6 tweets of class 0"),
    "only a header": (table([]), "found 0 tweets of class 0"),
}


@pytest.mark.parametrize("kind", BAD)
def test_bad_table_has_one_sentence(tmp_path, kind):
    content, expected = BAD[kind]
    path = written(tmp_path, content)
    with pytest.raises(UserError) as error:
        read(path)
    said = str(error.value)
    assert str(path) in said and expected in said and "\n" not in said


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_with_a_sentence(tmp_path_factory, content):
    path = written(tmp_path_factory.mktemp("fuzz"), b"text,label\n" + content)
    with pytest.raises(UserError):
        read(path)


def zipped(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/"), content)
    return path


def test_zip_is_read_in_memory(tmp_path):
    path = zipped(tmp_path / "Twitter.zip", **{"data__Twitter.csv": table(rows())})
    assert len(read(path)[0]) == 30
    assert [entry.name for entry in tmp_path.iterdir()] == ["data", "Twitter.zip"] or not (
        tmp_path / "Twitter.csv"
    ).exists()


def test_bad_zips_have_sentences(tmp_path, monkeypatch):
    broken = written(tmp_path, b"PK\x03\x04 broken", "Twitter.zip")
    with pytest.raises(UserError, match="cannot be read as a zip"):
        read(broken)
    two = zipped(tmp_path / "two.zip", **{"a.csv": b"", "b.csv": b""})
    with pytest.raises(UserError, match="found 2 CSV files"):
        read(two)
    monkeypatch.setattr(data, "LIMITS", Limits(file=10, total=10))
    large = zipped(tmp_path / "large.zip", **{"a.csv": table(rows())})
    with pytest.raises(UserError, match="looks like a zip bomb"):
        read(large)
    with pytest.raises(UserError, match="more than 10 bytes"):
        read(written(tmp_path, table(rows())))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_ways_of_packing_that_unpack_without_limit_are_refused(tmp_path, method):
    path = tmp_path / "Twitter.zip"
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("Twitter.csv", table(rows()))
    with pytest.raises(UserError, match="stored or deflated was expected"):
        read(path)


def test_source_is_the_file_or_the_stand_in(places):
    assert source().is_stand_in
    written(places / "data", table(rows()))
    found = source()
    assert found.kind == "course" and found.files == ("Twitter.csv",)
    written(places / "data", table(rows(ones=21)))
    assert source().fingerprint != found.fingerprint


def test_split_is_the_prescribed_one():
    from sklearn.model_selection import train_test_split

    tweets = compose(400, seed=1)
    parts = split(tweets)
    train, rest = train_test_split(
        range(400), test_size=0.3, stratify=tweets.targets, random_state=42
    )
    validation, test = train_test_split(
        rest, test_size=0.5, stratify=tweets.targets[rest], random_state=42
    )
    assert parts.test.texts == tweets.take(test).texts
    assert parts.validation.texts == tweets.take(validation).texts
    assert parts.train.texts == tweets.take(train).texts
    assert parts.duplicates == 0


def test_no_text_is_in_two_parts():
    tweets = compose(200, seed=2)
    shouted = Tweets(tuple(text.upper() + " " for text in tweets.texts), tweets.targets)
    parts = split(tweets + shouted, empty=3)
    seen = [{wording(text) for text in part.texts} for part in _parts(parts)]
    assert not (seen[0] & seen[1] or seen[0] & seen[2] or seen[1] & seen[2])
    assert len(parts.test) == 60 and parts.empty == 3
    assert sum(map(len, _parts(parts))) + parts.duplicates == 400


def test_copies_under_other_accounts_links_and_punctuation_are_the_same_tweet():
    text = "RT @WHO: garlic does NOT cure #COVID19 &amp; never did https://t.co/abc"
    copy = "rt @someone garlic does not cure #covid19, never did! http://x.y/z"
    assert wording(text) == wording(copy)
    assert wording(text) != wording(text.replace("NOT", ""))
    assert wording("😷") == "😷" != wording("🙏")


@pytest.mark.parametrize("seed", range(3))
def test_every_tweet_is_in_one_part_and_the_classes_in_each(seed):
    tweets = compose(300, seed=seed)
    parts = split(tweets)
    texts = [text for part in _parts(parts) for text in part.texts]
    assert sorted(texts) == sorted(tweets.texts)
    target_of = dict(zip(tweets.texts, tweets.targets.tolist(), strict=True))
    share = (tweets.targets == 0).mean()
    for part, size in zip(_parts(parts), (210, 45, 45), strict=True):
        assert len(part) == size and abs((part.targets == 0).mean() - share) < 0.02
        assert [target_of[text] for text in part.texts] == part.targets.tolist()


def _parts(parts):
    return parts.train, parts.validation, parts.test


def test_subset_keeps_the_proportion():
    tweets = compose(1000, seed=5)
    small = subset(tweets, 200)
    assert abs(len(small) - 200) <= 1
    assert abs(small.targets.mean() - tweets.targets.mean()) < 0.01
    assert subset(tweets, 5000) is tweets


@pytest.mark.skipif(not REAL.is_file(), reason="the course's tweets are not in ../shared")
def test_the_course_file():
    tweets, empty = read(REAL)
    assert len(tweets) > 8000 and empty == 0 and 0.87 < tweets.targets.mean() < 0.88


@pytest.fixture
def server():
    """An HTTP server that answers every GET with `server.content`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(self.server.content)

        def log_message(self, *_):
            pass

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.content = table(rows())
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield running
    running.shutdown()


def test_download_is_checked(server, tmp_path):
    url = f"http://127.0.0.1:{server.server_port}/Twitter.csv"
    with pytest.raises(UserError, match="nothing was written"):
        download(tmp_path / "new", url)
    assert not (tmp_path / "new").exists()
    right = hashlib.sha256(server.content).hexdigest()
    path = download(tmp_path / "new", url, right)
    assert path.read_bytes() == server.content
    assert download(tmp_path / "new", "http://127.0.0.1:1/", right) == path  # is there already
    path.write_bytes(b"something of the user's")
    with pytest.raises(UserError, match="move it away"):
        download(tmp_path / "new", url, right)
    assert path.read_bytes() == b"something of the user's"


def test_download_without_network_says_so(tmp_path):
    with pytest.raises(UserError, match="could not be fetched"):
        download(tmp_path, "http://127.0.0.1:1/Twitter.csv")
    assert not list(tmp_path.glob("*.csv"))


def test_stand_in_is_noisy_unbalanced_and_the_same_twice():
    tweets = compose(600, seed=42)
    again = compose(600, seed=42)
    assert tweets.texts == again.texts and np.array_equal(tweets.targets, again.targets)
    assert len(set(tweets.texts)) == 600
    assert 0.08 < (tweets.targets == 0).mean() < 0.2
    everything = " ".join(tweets.texts)
    assert all(mark in everything for mark in ("@", "#", "https://t.co/", "&amp;", "😷", "RT @"))
    words = [
        {word for text, one in zip(tweets.texts, tweets.targets, strict=True) if one == label
         for word in text.lower().split() if word.isalpha()}
        for label in (0, 1)
    ]  # fmt: skip
    often = {w for w in words[1] if everything.lower().split().count(w) > 40}
    assert len(often & words[0]) / len(often) > 0.9
