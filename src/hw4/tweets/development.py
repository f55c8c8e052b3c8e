"""Training and validation tweets, encoded: all that is known before the test tweets are opened."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn
from transformers import DistilBertForSequenceClassification, DistilBertTokenizerFast

from hw4.foundation.experiment import Outcome, Work
from hw4.foundation.scores import f1_macro
from hw4.tweets.arguments import TrainConfig
from hw4.tweets.data import Tweets
from hw4.tweets.features import Features, StoredLayer, compute_features, compute_layer
from hw4.tweets.model import Head, UpperLayers
from hw4.tweets.result import Settings
from hw4.tweets.tokens import Tokens, to_dataset
from hw4.tweets.training import (
    draw,
    load_pretrained,
    run_heads,
    train_upper_layers,
    upper_probabilities,
)
from hw4.tweets.variant import Epoch


class Encoded:
    """Tweets as every classifier wants them: texts, tokens and the frozen encoder's outputs.

    Attributes:
        whole_lengths: (tweets,) tokens before cutting.
        seconds: that the encoder took; None where its outputs were stored.
    """

    def __init__(self, tweets: Tweets, settings: Settings, work: Work, folder: Path):
        tokenizer = DistilBertTokenizerFast.from_pretrained(folder)
        dataset = to_dataset(tweets, tokenizer, settings.max_length)
        self.tweets, self.tokens = tweets, Tokens.of(dataset)
        self.whole_lengths = np.array(dataset["whole_length"])
        self._work, self._folder, self._common = work, folder, settings.common
        self._unfrozen = settings.unfrozen.unfreeze_layers
        self._features: Features | None = None
        self._layer: StoredLayer | None = None

    @property
    def features(self) -> Features:
        """Pooled outputs."""
        if self._features is None:
            self.encode()
        return self._features

    @property
    def layer(self) -> StoredLayer:
        """The output of the last layer that stays frozen, kept in memory alone.

        It is hundreds of megabytes, of no use once the trainings are stored.
        """
        features = self.features  # whose computing keeps the layer, too
        if self._layer is None:
            encoder, keep = self._encoder()
            with self._work.bar(len(self.tokens), "lower layers, once over all tweets") as bar:
                self._layer = compute_layer(
                    encoder, self.tokens, keep, features, self._work.device, bar.update
                )
        return self._layer

    def encode(self) -> tuple[Features, float]:
        """Run the frozen encoder once; its outputs and the seconds it took."""
        encoder, keep = self._encoder()
        began = time.perf_counter()
        with self._work.bar(len(self.tokens), "frozen encoder, once over all tweets") as bar:
            self._features, self._layer = compute_features(
                encoder, self.tokens, self._work.device, keep, bar.update
            )
        return self._features, time.perf_counter() - began

    def take(self, features: Features) -> None:
        """Use outputs that were stored."""
        self._features = features

    def _encoder(self):
        encoder = load_pretrained(self._folder, self._common).distilbert.to(self._work.device)
        return encoder, max(0, encoder.config.n_layers - self._unfrozen)


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


@dataclass(frozen=True)
class Training:
    """A training's record; probabilities of class 1 are stored beside it.

    Attributes:
        epochs: only of unfrozen layers that were judged on the validation tweets.
    """

    seconds: float
    trained_parameters: int
    epochs: tuple[Epoch, ...] = ()


@dataclass(frozen=True)
class Development:
    """What searches, trainings and selection are given.

    Attributes:
        common: what every stored part depends on, besides its own settings.
        folder: of the pre-trained model.
        train, validation: places of the tweets in `encoded`.
        folds: the validation tweets, then the training tweets in parts, stratified.
    """

    settings: Settings
    work: Work
    common: tuple
    folder: Path
    encoded: Encoded
    facts: EncoderFacts
    train: np.ndarray
    validation: np.ndarray
    folds: tuple[np.ndarray, ...]

    @property
    def tweets(self) -> Tweets:
        return self.encoded.tweets

    @property
    def targets(self) -> np.ndarray:
        return self.encoded.tweets.targets

    def without(self, fold: int | None) -> np.ndarray:
        """The tweets that a training sees: all but those of a fold, or all."""
        everything = np.arange(len(self.tweets))
        return everything if fold is None else np.setdiff1d(everything, self.folds[fold])


def develop(
    settings: Settings,
    work: Work,
    encoder_identity: tuple,
    folder: Path,
    train: Tweets,
    validation: Tweets,
) -> Development:
    """Tokenize and encode training and validation tweets, or read what is stored of it."""
    common = (encoder_identity, settings.tweets, settings.stand_in, settings.common)
    encoded = Encoded(train + validation, settings, work, folder)

    def compute() -> Outcome[EncoderFacts]:
        features, seconds = encoded.encode()
        model = load_pretrained(folder, settings.common).distilbert
        facts = EncoderFacts(
            seconds=seconds,
            layers=model.config.n_layers,
            heads=model.config.n_heads,
            hidden_size=model.config.dim,
            vocabulary=model.config.vocab_size,
            parameters=sum(parameter.numel() for parameter in model.parameters()),
        )
        return Outcome(facts, {"first": features.first, "means": features.means})

    outcome = work.part("features", common, EncoderFacts, compute)
    encoded.take(Features(outcome.tensors["first"], outcome.tensors["means"]))
    places = np.arange(len(train)), np.arange(len(train), len(train) + len(validation))
    return Development(
        settings=settings,
        work=work,
        common=common,
        folder=folder,
        encoded=encoded,
        facts=outcome.result,
        train=places[0],
        validation=places[1],
        folds=make_folds(encoded.tweets.targets, *places, settings.folds, settings.seed),
    )


def make_folds(
    targets: np.ndarray, train: np.ndarray, validation: np.ndarray, count: int, seed: int
) -> tuple[np.ndarray, ...]:
    """The validation tweets, and the training tweets in `count` - 1 parts, stratified by class."""
    from sklearn.model_selection import StratifiedKFold

    if count < 3:
        return (validation, train)[:count]
    parts = StratifiedKFold(count - 1, shuffle=True, random_state=seed)
    return (validation, *(train[idx] for _, idx in parts.split(train, targets[train])))


def train_heads(
    dev: Development, wanted: Sequence[tuple[TrainConfig, int | None]]
) -> list[Outcome[Training]]:
    """Heads of one pooling, each trained on all tweets but those of a fold (None for no fold).

    Those that are not stored yet run through joblib, side by side, and are stored one by one, so
    that a build that is stopped goes on where it was. Beside each record stand its `probabilities`
    for all tweets, and its weights if it is trained on all.
    """
    found = {i: dev.work.stored(*_place(dev, one), Training) for i, one in enumerate(wanted)}
    missing = [i for i, outcome in found.items() if outcome is None]
    if missing:
        pooling = wanted[0][0].pooling
        head = Head(load_pretrained(dev.folder, wanted[0][0]))
        many = [(wanted[i][0], dev.without(wanted[i][1])) for i in missing]
        pooled = dev.encoded.features.pooled(pooling)
        with dev.work.bar(len(missing), f"{len(missing)} heads, pooling {pooling}") as bar:
            runs = run_heads(many, head, pooled, dev.targets, dev.settings.jobs)
            for i, run in zip(missing, runs, strict=True):
                tensors = {"probabilities": run.probabilities}
                if wanted[i][1] is None:
                    tensors |= run.weights
                size = sum(array.size for array in run.weights.values())
                outcome = Outcome(Training(run.seconds, size), tensors)
                found[i] = dev.work.part(*_place(dev, wanted[i]), Training, lambda o=outcome: o)
                bar.update(1)
    return [found[i] for i in range(len(wanted))]


def train_upper(dev: Development, config: TrainConfig, fold: int | None) -> Outcome[Training]:
    """The last layers with their head, trained on all tweets but those of a fold.

    Stored as the heads are; for the fold of the validation tweets, each epoch is judged on them.
    """

    def compute() -> Outcome[Training]:
        model = load_pretrained(dev.folder, config)
        layer, device = dev.encoded.layer, dev.work.device
        idx = dev.without(fold)
        losses: list[float] = []
        epochs: list[Epoch] = []
        label = f"last {config.unfreeze_layers} layers, tweets of {config.epochs} epochs"
        drawn = len(draw(config, dev.targets, idx, np.random.default_rng(0)))
        with dev.work.bar(config.epochs * drawn, label) as bar:

            def on_step(count: int, loss: float) -> None:
                losses.append(loss)
                bar.note(f"loss {np.mean(losses[-50:]):.3f}")
                bar.update(count)

            def on_epoch() -> None:
                if fold == 0:
                    on = upper_probabilities(config, model, layer, dev.validation, device)
                    value = f1_macro(dev.targets[dev.validation], on > 0.5)
                    epochs.append(Epoch(float(np.mean(losses)), value))
                losses.clear()

            began = time.perf_counter()
            train_upper_layers(config, model, layer, dev.targets, idx, device, on_epoch, on_step)
            seconds = time.perf_counter() - began
        tensors = {}
        if fold is None:
            state = trained_part(model, config).state_dict()
            tensors = {name: tensor.numpy() for name, tensor in state.items()}
        else:
            held_out = np.full(len(dev.tweets), np.nan, dtype=np.float32)
            judged = dev.folds[fold]
            held_out[judged] = upper_probabilities(config, model, layer, judged, device)
            tensors = {"probabilities": held_out}
        size = sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
        return Outcome(Training(seconds, size, tuple(epochs)), tensors)

    return dev.work.part(*_place(dev, (config, fold)), Training, compute)


def trained_part(model: DistilBertForSequenceClassification, config: TrainConfig) -> nn.Module:
    """What a training moves of a model: the head, or the last layers with it."""
    if config.unfreeze_layers:
        return UpperLayers(model, config.unfreeze_layers, config.pooling)
    return Head(model)


def restored(
    dev: Development, config: TrainConfig, weights: dict[str, np.ndarray]
) -> DistilBertForSequenceClassification:
    """The whole model with the weights that a training brought."""
    model = load_pretrained(dev.folder, config)
    part = trained_part(model, config)
    part.load_state_dict({name: torch.from_numpy(weights[name]) for name in part.state_dict()})
    return model


def _place(dev: Development, wanted: tuple[TrainConfig, int | None]) -> tuple[str, tuple]:
    config, fold = wanted
    name = "upper layers" if config.unfreeze_layers else "head"
    return name, (dev.common, dev.settings.folds, config, fold)
