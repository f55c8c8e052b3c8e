"""The table of tweets: columns, labels, encodings, and too little of something."""

import os

from tests.bad_inputs import good
from tests.bad_inputs.case import DATA, EVERYTHING, TWEETS, Bad, Home

CSV = "Twitter.csv"
AGAIN = "download the file again"
COLUMNS = "expected tweet_text,claim or text,label"


def holding(content: bytes):
    """A Twitter.csv of these bytes."""
    return lambda home: good.in_folder(home.data, {CSV: content})


def ending(*rows: tuple[str, ...]):
    """A good table with these rows at its end; the first of them is line 52."""
    return holding(good.table([*good.rows(), *rows]))


def is_folder(home: Home) -> None:
    (home.data / CSV).mkdir()


def endless(home: Home) -> None:
    (home.data / CSV).symlink_to("/dev/zero")


GOOD = good.table(good.rows())
CASES = (
    Bad("empty", holding(b""), CSV, "the columns (none)", COLUMNS, "the file is empty", TWEETS),
    Bad(
        "a pipe",
        lambda home: os.mkfifo(home.data / CSV),
        *(CSV, "not a regular file", "a readable file was expected", "take it away", TWEETS),
    ),
    Bad(
        "a device that never ends",
        endless,
        *(CSV, "not a regular file", "a readable file was expected", "take it away", TWEETS),
    ),
    Bad(
        "other columns",
        holding(good.table(good.rows(), ("tweet", "class"))),
        *(CSV, "found the columns tweet, class", COLUMNS, "rename them", TWEETS),
    ),
    Bad(
        "no line of columns",
        holding(GOOD.partition(b"\r\n")[2]),
        *(CSV, "found the columns fever", COLUMNS, "rename them", TWEETS),
    ),
    Bad(
        "semicolons",
        holding(good.table(good.rows(), delimiter=";")),
        *(CSV, "found the columns tweet_text;claim", COLUMNS, "commas between", TWEETS),
    ),
    Bad(
        "columns that would steer a terminal",
        holding(b'"tweet\x1b[2J\r\n",claim\r\n'),
        *(CSV, r"found the columns tweet\x1b[2J", COLUMNS, "rename them", TWEETS),
    ),
    Bad(
        "JSON",
        holding(b'[{"tweet_text": "x", "claim": 1}]\n'),
        *(CSV, "found the columns [{", COLUMNS, "rename them", TWEETS),
    ),
    Bad(
        "the page of a log-in",
        holding(b"<!DOCTYPE html>\n<title>Log in</title>\n"),
        *(CSV, "found the columns <!DOCTYPE html>", COLUMNS, "rename them", TWEETS),
    ),
    Bad(
        "a workbook renamed",
        holding(b"PK\x03\x04\x14\x00\x06\x00\x08\x00\xff\xd8" + bytes(60)),
        *(f"{CSV}, line 1", "not UTF-8", "save the file as UTF-8", "download it again", TWEETS),
    ),
    Bad(
        "a label 2",
        ending(("a tweet", "2")),
        *(f"{CSV}, line 52", "the label '2'", "expected 0 or 1", "correct that line", TWEETS),
    ),
    Bad(
        "a label 2, found before the other problems are trained",
        ending(("a tweet", "2")),
        *(f"{CSV}, line 52", "the label '2'", "expected 0 or 1", "correct that line", EVERYTHING),
    ),
    Bad(
        "a label in words",
        ending(("a tweet", "claim")),
        *(f"{CSV}, line 52", "the label 'claim'", "expected 0 or 1", "correct that line", DATA),
    ),
    Bad(
        "a label missing",
        ending(("a tweet", "")),
        *(f"{CSV}, line 52", "the label ''", "expected 0 or 1", "correct that line", TWEETS),
    ),
    Bad(
        "a comma without quotes",
        holding(GOOD + b"fever, they say,1\r\n"),
        *(f"{CSV}, line 52", "found 3 fields", "the header has 2", "quote texts", TWEETS),
    ),
    Bad(
        "a line of one field",
        holding(GOOD + b"fever\r\n"),
        *(f"{CSV}, line 52", "found 1 field", "the header has 2", "quote texts", TWEETS),
    ),
    Bad(
        "a quote left open",
        holding(GOOD + b'"never closed,1\r\n'),
        *(CSV, "unexpected end of data", "a readable CSV file", AGAIN, TWEETS),
    ),
    Bad(
        "letters after a quote",
        holding(GOOD + b'"closed" too early,1\r\n'),
        *(CSV, "expected after", "a readable CSV file", AGAIN, TWEETS),
    ),
    Bad(
        "a tweet as long as a book",
        ending(("word " * 40_000, "1")),
        *(CSV, "field larger than", "a readable CSV file", AGAIN, TWEETS),
    ),
    Bad(
        "Latin-1",
        holding(GOOD + "café,1\r\n".encode("latin-1")),
        *(f"{CSV}, line 52", "not UTF-8", "save the file as UTF-8", "download it again", TWEETS),
    ),
    Bad(
        "UTF-16",
        holding(GOOD.decode().encode("utf-16")),
        *(f"{CSV}, line 1", "not UTF-8", "save the file as UTF-8", "download it again", TWEETS),
    ),
    Bad(
        "NUL characters",
        holding(GOOD + b"a\0b,1\r\n"),
        *(CSV, "found NUL characters", "expected text", AGAIN, TWEETS),
    ),
    Bad(
        "only class 1",
        holding(good.table(good.rows(zeros=0))),
        *(CSV, "0 tweets of class 0", "at least 7", "use the whole file", TWEETS),
    ),
    Bad(
        "six of a class",
        holding(good.table(good.rows(ones=6))),
        *(CSV, "6 tweets of class 1", "at least 7", "use the whole file", TWEETS),
    ),
    Bad(
        "nothing but columns",
        holding(good.table([])),
        *(CSV, "0 tweets of class 0", "at least 7", "use the whole file", TWEETS),
    ),
    Bad(
        "tweets without text",
        holding(good.table([(" ", label) for _, label in good.rows()])),
        *(CSV, "0 tweets of class 0", "at least 7", "use the whole file", TWEETS),
    ),
    Bad(
        "two tweets, again and again",
        holding(good.table([("yes", "1"), ("no", "0")] * 40)),
        *(
            CSV,
            "0 different training tweets of class 0",
            "at least 7 different",
            "use the whole file",
        ),
        TWEETS,
    ),
    Bad(
        "a folder named as the file",
        is_folder,
        *(CSV, "not a regular file", "a readable file was expected", "download", TWEETS),
    ),
)
