"""What all trainings of problem 3 share: split, word pieces, outputs of the frozen encoder."""

import time
from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from transformers import DistilBertModel, DistilBertTokenizerFast

from hw4.foundation.course_files import DataSource
from hw4.foundation.experiment import Outcome, Work
from hw4.tweets import data, standin
from hw4.tweets.arguments import build_parser
from hw4.tweets.data import Split
from hw4.tweets.encoder import EncoderSource
from hw4.tweets.features import Features, StoredLayer, compute_features, compute_lower_layers
from hw4.tweets.finetune import load_pretrained
from hw4.tweets.records import Lengths
from hw4.tweets.result import Settings
from hw4.tweets.tokens import Tokens, to_dataset

BIN = 4


@dataclass(frozen=True)
class Ready:
    """All that trainings share.

    Attributes:
        common: what every stored part depends on, besides its own settings.
        folder: of the pre-trained model.
        tokens: of training, validation and test tweets, one after the other.
        labels: in the same order.
        indices: the places of the parts in that order, by name.
    """

    settings: Settings
    work: Work
    common: tuple
    folder: Path
    tokenizer: DistilBertTokenizerFast
    split: Split
    tokens: Tokens
    labels: np.ndarray
    indices: dict[str, np.ndarray]
    lengths: Lengths

    @property
    def train(self) -> np.ndarray:
        """Training tweets."""
        return self.indices["training"]

    @property
    def validation(self) -> np.ndarray:
        """Validation tweets."""
        return self.indices["validation"]

    @property
    def test(self) -> np.ndarray:
        """Test tweets."""
        return self.indices["test"]

    @property
    def fit(self) -> np.ndarray:
        """Training and validation tweets: what a final training sees."""
        return np.concatenate([self.train, self.validation])

    def arguments(self, line: list[str]) -> Namespace:
        """The arguments that `line` stands for, with the build's seed and length."""
        always = ["--seed", str(self.settings.seed), "--max_length", str(self.settings.max_length)]
        return build_parser().parse_args([*always, *line])

    def encoder(self) -> DistilBertModel:
        """The frozen encoder, on the device that computes."""
        model = load_pretrained(self.folder, self.arguments([]))
        return model.distilbert.to(self.work.device).eval()


def read_split(settings: Settings, found: DataSource) -> Split:
    """The course's tweets or the stand-in's, split.

    Raises:
        UserError: the course's file is not as expected.
    """
    if found.is_stand_in:
        tweets, empty = standin.compose(settings.stand_in, settings.seed), 0
    else:
        tweets, empty = data.read_course_file()
    if settings.tweets is not None:
        tweets = data.subset(tweets, settings.tweets)
    return data.split(tweets, empty)


def make_ready(
    settings: Settings, work: Work, encoder: EncoderSource, split: Split, folder: Path
) -> Ready:
    """Tokenize the parts of the split."""
    tokenizer = DistilBertTokenizerFast.from_pretrained(folder)
    parts = {"training": split.train, "validation": split.validation, "test": split.test}
    datasets = [to_dataset(part, tokenizer, settings.max_length) for part in parts.values()]
    ends = np.cumsum([len(part) for part in parts.values()])
    whole = np.concatenate([np.asarray(dataset["whole_length"]) for dataset in datasets])
    return Ready(
        settings=settings,
        work=work,
        common=(
            encoder.identity,
            settings.tweets,
            settings.stand_in,
            settings.max_length,
            settings.seed,
        ),
        folder=folder,
        tokenizer=tokenizer,
        split=split,
        tokens=Tokens.of(*datasets),
        labels=np.concatenate([part.labels for part in parts.values()]),
        indices={
            name: np.arange(end - len(part), end)
            for (name, part), end in zip(parts.items(), ends, strict=True)
        },
        lengths=_lengths(whole, settings.max_length),
    )


def _lengths(whole: np.ndarray, max_length: int) -> Lengths:
    edges = np.arange(0, whole.max() + BIN + 1, BIN)
    return Lengths(
        edges=tuple(edges.tolist()),
        counts=tuple(np.histogram(whole, edges)[0].tolist()),
        median=float(np.median(whole)),
        longest=int(whole.max()),
        max_length=max_length,
        cut=int((whole > max_length).sum()),
    )


@dataclass(frozen=True)
class EncoderFacts:
    """What is known after the encoder's run.

    Attributes:
        seconds: of running it once over all tweets.
        parameters: without the head.
    """

    seconds: float
    layers: int
    heads: int
    hidden_size: int
    vocabulary: int
    parameters: int


class LowerLayers:
    """The output of the last layer that stays frozen, computed when it is first asked for.

    It is kept in memory alone: hundreds of megabytes, of no use once the trainings are stored.
    """

    def __init__(self, ready: Ready, keep_layer: int):
        self.keep_layer = keep_layer
        self.stored: StoredLayer | None = None
        self._ready = ready

    def get(self) -> StoredLayer:
        """The output for all tweets."""
        if self.stored is None:
            ready = self._ready
            with ready.work.bar(len(ready.tokens), "lower layers, once over all tweets") as bar:
                self.stored = compute_lower_layers(
                    ready.encoder(), ready.tokens, self.keep_layer, ready.work.device, bar.update
                )
        return self.stored


def run_encoder(ready: Ready) -> tuple[EncoderFacts, Features, LowerLayers]:
    """The frozen encoder's outputs for all tweets, from the store if they are there."""
    encoder = ready.encoder()
    depth = encoder.config.n_layers
    lower = LowerLayers(ready, max(0, depth - ready.settings.unfreezing.layers))

    def compute() -> Outcome[EncoderFacts]:
        began = time.perf_counter()
        with ready.work.bar(len(ready.tokens), "frozen encoder, once over all tweets") as bar:
            features, lower.stored = compute_features(
                encoder, ready.tokens, ready.work.device, lower.keep_layer, bar.update
            )
        facts = EncoderFacts(
            seconds=time.perf_counter() - began,
            layers=depth,
            heads=encoder.config.n_heads,
            hidden_size=encoder.config.dim,
            vocabulary=encoder.config.vocab_size,
            parameters=sum(parameter.numel() for parameter in encoder.parameters()),
        )
        return Outcome(facts, {"first": features.first, "means": features.means})

    outcome = ready.work.part("features", ready.common, EncoderFacts, compute)
    return outcome.result, Features(outcome.tensors["first"], outcome.tensors["means"]), lower
