"""The tweets' file is read whole, and the split is the prescribed one.

What is refused, and in which sentence, is tested with whole commands: `tests/bad_inputs`.
"""

import csv
import hashlib
import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from hw4.foundation.errors import UserError
from hw4.foundation.places import ROOT
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


def test_zip_is_read_in_memory(tmp_path):
    path = tmp_path / "Twitter.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("data/Twitter.csv", table(rows()))
    assert len(read(path)[0]) == 30
    assert not list(tmp_path.rglob("*.csv"))


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


def test_download_is_checked(tmp_path):
    served, place = written(tmp_path, table(rows()), "served.csv"), tmp_path / "new"
    url, right = served.as_uri(), hashlib.sha256(served.read_bytes()).hexdigest()
    with pytest.raises(UserError, match="nothing was written"):
        download(place, url)
    assert not place.exists()
    path = download(place, url, right)
    assert path.read_bytes() == served.read_bytes()
    assert download(place, "http://127.0.0.1:1/", right) == path  # is there already
    path.write_bytes(b"something of the user's")
    with pytest.raises(UserError, match="move it away"):
        download(place, url, right)
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
