"""Tweets in a table: read, split, tokenized, encoded once, and a head trained on the features.

The encoder is the small random one (4 layers, 32 wide): what grows is the same with any encoder,
and MiniLM alone would take half an hour for the largest size.
"""

import csv
from pathlib import Path

import numpy as np
from transformers import DistilBertTokenizerFast

from hw4.tweets import data
from hw4.tweets.arguments import TrainConfig
from hw4.tweets.encoder import encoder_source
from hw4.tweets.features import Pooled, compute_features
from hw4.tweets.model import Head
from hw4.tweets.standin import compose
from hw4.tweets.tokens import to_dataset
from hw4.tweets.training import load_pretrained, train_one
from hw4.tweets.weights import distilbert_folder


def make(count: int, folder: Path) -> None:
    """A table of `count` tweets."""
    tweets = compose(count, seed=1)
    with (folder / data.FILE).open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(data.COLUMNS[0])
        table.writerows(zip(tweets.texts, tweets.targets.tolist(), strict=True))


def work(count: int, folder: Path) -> None:
    """From the table to a head trained for two epochs."""
    split = data.split(*data.read_course_file())
    config = TrainConfig(epochs=2)
    with distilbert_folder(encoder_source("random"), split.train.texts[:1000]) as encoder:
        tokenizer = DistilBertTokenizerFast.from_pretrained(encoder)
        parts = (split.train, split.validation, split.test)
        tokens = [ids for part in parts for ids in to_dataset(part, tokenizer, 128)["input_ids"]]
        model = load_pretrained(encoder, config)
    features = compute_features(model.distilbert, tokens)
    targets = np.concatenate([part.targets for part in parts])
    train_one(config, Head(model), Pooled(features.first), targets, np.arange(len(split.train)))
