"""Problem 3's grid on stored features, against the full frozen model run at every step."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from benchmarks.harness import Row, at_least, side_by_side
from hw4.foundation.scores import f1_macro
from hw4.tweets.arguments import Grid, TrainConfig
from hw4.tweets.data import Tweets
from hw4.tweets.encoder import encoder_source
from hw4.tweets.features import Pooled, compute_features
from hw4.tweets.model import Head
from hw4.tweets.standin import compose
from hw4.tweets.tokens import padded, to_dataset
from hw4.tweets.training import fit, load_pretrained, run_heads
from hw4.tweets.weights import distilbert_folder

GRID = Grid(weight_decay=(0.01, 0.3), epochs=(4, 8), batch_size=(16,))
TRAIN, VALIDATION = 48, 24
REPEATS = 3
TOLERANCE = 1e-3


class Live:
    """First-token features of a batch, by running the whole frozen encoder whenever asked."""

    def __init__(self, encoder: torch.nn.Module, tokens: list[list[int]]):
        self.encoder, self.tokens = encoder, tokens
        self.lengths = np.ones(len(tokens), dtype=int)

    def pooled(self, pooling: str) -> np.ndarray:
        return np.empty((len(self.tokens), 0), dtype=np.float32)  # no head is standardized here

    def batch(self, idx: np.ndarray) -> tuple[torch.Tensor]:
        input_ids, mask = padded([self.tokens[i] for i in idx])
        with torch.no_grad():
            return (self.encoder(input_ids=input_ids, attention_mask=mask)[0][:, 0],)


def rows() -> Iterator[Row]:
    """24 settings on a few tweets; the more tweets and settings, the larger the ratio."""
    torch.set_num_threads(1)  # heads train on one core, so the full model gets one as well
    tweets = _both_classes()
    source = encoder_source("nearest")
    with distilbert_folder(source, tweets.texts) as folder:
        tokens = _tokens(folder, tweets)
        many = GRID.configs(TrainConfig())
        scores: dict[str, list[float]] = {}

        def stored() -> None:
            scores["stored"] = _on_stored_features(folder, tokens, tweets, many)

        def live() -> None:
            scores["live"] = _with_full_model(folder, tokens, tweets, many)

        ours, other = side_by_side(stored, live, repeats=REPEATS, warm_up=0)
    difference = np.abs(np.subtract(scores["stored"], scores["live"])).max()
    if difference > TOLERANCE:
        raise SystemExit(f"The two grids differ by {difference:.1e} in F1-macro.")
    yield at_least(
        20,
        f"grid of {len(many)} heads on {TRAIN} tweets ({source.name})",
        ours,
        other,
        f"largest difference in validation F1-macro {difference:.0e}",
    )


def _both_classes() -> Tweets:
    """Composed tweets with a third of class 0, so that a few are enough."""
    pool = compose(600, seed=1)
    per_class = [np.flatnonzero(pool.targets == label) for label in (0, 1)]
    count = TRAIN + VALIDATION
    chosen = np.concatenate([per_class[0][: count // 3], per_class[1][: count - count // 3]])
    return pool.take(np.random.default_rng(1).permutation(chosen))


def _tokens(folder: Path, tweets: Tweets) -> list[list[int]]:
    from transformers import DistilBertTokenizerFast

    tokenizer = DistilBertTokenizerFast.from_pretrained(folder)
    return to_dataset(tweets, tokenizer, 128)["input_ids"][:]


def _on_stored_features(
    folder: Path, tokens: list[list[int]], tweets: Tweets, many: list[TrainConfig]
) -> list[float]:
    model = load_pretrained(folder, many[0])
    features = compute_features(model.distilbert, tokens)
    train, validation = np.arange(TRAIN), tweets.targets[TRAIN:]
    wanted = [(config, train) for config in many]
    runs = run_heads(wanted, Head(model), Pooled(features.first), tweets.targets, jobs=1)
    return [f1_macro(validation, run.tensors["probabilities"][TRAIN:] > 0.5) for run in runs]


def _with_full_model(
    folder: Path, tokens: list[list[int]], tweets: Tweets, many: list[TrainConfig]
) -> list[float]:
    found = []
    for config in many:
        model = load_pretrained(folder, config)
        live, head = Live(model.distilbert, tokens), Head(model)
        fit(config, head, live, tweets.targets, np.arange(TRAIN))
        with torch.no_grad():
            logits = head(*live.batch(np.arange(TRAIN, TRAIN + VALIDATION)))
        found.append(f1_macro(tweets.targets[TRAIN:], logits.argmax(dim=1).numpy()))
    return found
