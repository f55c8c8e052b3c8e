"""Tweets in a table: read, split, tokenized, encoded once, and a head trained on the features.

The encoder is the small random one (4 layers, 32 wide): what grows is the same with any encoder,
and MiniLM alone would take half an hour for the largest size.
"""

import csv
from pathlib import Path

from transformers import DistilBertTokenizerFast

from hw4.tweets import data
from hw4.tweets.arguments import build_parser
from hw4.tweets.encoder import encoder_source
from hw4.tweets.features import compute_features
from hw4.tweets.finetune import load_pretrained
from hw4.tweets.heads import HeadData, run_trial
from hw4.tweets.model import Head
from hw4.tweets.standin import compose
from hw4.tweets.tokens import Tokens, to_dataset
from hw4.tweets.weights import distilbert_folder


def make(count: int, folder: Path) -> None:
    """A table of `count` tweets."""
    tweets = compose(count, seed=1)
    with (folder / data.FILE).open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(data.COLUMNS[0])
        table.writerows(zip(tweets.texts, tweets.labels.tolist(), strict=True))


def work(count: int, folder: Path) -> None:
    """From the table to a head trained for two epochs."""
    tweets, empty = data.read_course_file()
    split = data.split(tweets, empty)
    args = build_parser().parse_args(["--epochs", "2", "--batch_size", "64"])
    with distilbert_folder(encoder_source("random"), split.train.texts[:1000]) as encoder:
        tokenizer = DistilBertTokenizerFast.from_pretrained(encoder)
        parts = (split.train, split.validation, split.test)
        tokens = Tokens.of(*(to_dataset(part, tokenizer, 128) for part in parts))
        model = load_pretrained(encoder, args)
    features, _ = compute_features(model.distilbert, tokens)
    first, rest = len(split.train), len(split.train) + len(split.validation)
    heads = HeadData(
        features.first[:first],
        split.train.labels,
        features.first[first:rest],
        split.validation.labels,
    )
    run_trial(args, Head(model), heads)
