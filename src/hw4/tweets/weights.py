"""Pre-trained encoders as folders that `DistilBertForSequenceClassification` loads from."""

import json
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

import torch
from filelock import FileLock, Timeout
from safetensors.torch import load_file
from torch import Tensor
from transformers import DistilBertConfig, DistilBertModel, DistilBertTokenizerFast
from transformers.utils import logging as transformers_logging

from hw4.foundation.errors import UserError
from hw4.foundation.places import store_folder
from hw4.tweets.encoder import (
    CONFIG,
    VOCABULARIES,
    WEIGHTS,
    WHEEL,
    WHEEL_SHA256,
    EncoderSource,
    sha256_of,
)

RANDOM_WORDS = 2000
_SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
_SIZES = {
    "vocab_size": "vocab_size",
    "max_position_embeddings": "max_position_embeddings",
    "num_hidden_layers": "n_layers",
    "num_attention_heads": "n_heads",
    "hidden_size": "dim",
    "intermediate_size": "hidden_dim",
    "hidden_act": "activation",
    "hidden_dropout_prob": "dropout",
    "attention_probs_dropout_prob": "attention_dropout",
}
"""BERT's names in a configuration, and DistilBERT's for the same things."""
_BLOCK = {
    "attention.self.query": "attention.q_lin",
    "attention.self.key": "attention.k_lin",
    "attention.self.value": "attention.v_lin",
    "attention.output.dense": "attention.out_lin",
    "attention.output.LayerNorm": "sa_layer_norm",
    "intermediate.dense": "ffn.lin1",
    "output.dense": "ffn.lin2",
    "output.LayerNorm": "output_layer_norm",
}
"""BERT's names within a layer, and DistilBERT's for the same things."""


@contextmanager
def distilbert_folder(
    source: EncoderSource, texts: Sequence[str] = (), seed: int = 0
) -> Iterator[Path]:
    """A folder of DistilBERT files that `from_pretrained` reads, there while the context lasts.

    Args:
        source: where the encoder comes from.
        texts: for random weights, what the vocabulary is made of.
        seed: for random weights.

    Raises:
        UserError: the weights are damaged, or not those of a BERT or DistilBERT.
    """
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    with scratch_folder(store_folder() / "tweets") as folder:
        if source.kind == "random":
            write_random(folder, texts, seed)
        elif _is_bert(source):
            if source.kind == "wheel":
                check_published(Path(source.folder) / WEIGHTS)
            write_from_bert(Path(source.folder), folder)
        else:
            folder = Path(source.folder)
            check_loads(folder)
        yield folder


@contextmanager
def scratch_folder(parent: Path) -> Iterator[Path]:
    """A folder for as long as the context lasts; what killed processes left there is removed.

    Whoever lives holds a lock on their own.
    """
    parent.mkdir(parents=True, exist_ok=True)
    for left in parent.glob("encoder-*.lock"):
        with suppress(Timeout, OSError), FileLock(left, timeout=0):
            shutil.rmtree(left.with_suffix(""), ignore_errors=True)
            left.unlink()
    folder = parent / f"encoder-{uuid4().hex}"
    lock = folder.with_suffix(".lock")
    with FileLock(lock):
        folder.mkdir()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            lock.unlink(missing_ok=True)


def check_loads(folder: Path) -> None:
    """See that transformers finds a whole DistilBERT in `folder`.

    Raises:
        UserError: a file is damaged, or weights are missing (it would draw them at random).
    """
    try:
        DistilBertTokenizerFast.from_pretrained(folder)
        _, loading = DistilBertModel.from_pretrained(folder, output_loading_info=True)
        if loading["missing_keys"]:
            raise KeyError(f"no {sorted(loading['missing_keys'])[0]}")
    except Exception as error:  # transformers has an error of its own for each fault
        raise UserError(
            f"{folder} cannot be loaded as a DistilBERT ({_first_line(error)}), whole {CONFIG}, "
            f"{WEIGHTS} and vocab.txt were expected: install or copy the model again."
        ) from error


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def check_published(weights: Path, expected: str = WHEEL_SHA256) -> None:
    """See that the wheel's weights are the published ones.

    Raises:
        UserError: they are not.
    """
    found = sha256_of(weights)
    if found != expected:
        raise UserError(
            f"{weights} has sha256 {found[:12]}…, but the published weights have "
            f"{expected[:12]}…: install {WHEEL} again."
        )


def write_from_bert(bert: Path, folder: Path) -> None:
    """Write the BERT in `bert` into `folder` as a DistilBERT that computes the same.

    A BERT whose token types are all 0 is a DistilBERT: the embedding of type 0 is a constant that
    is added at every position, so it goes into the position embeddings.

    Raises:
        UserError: a weight is missing, or has a shape of its own.
    """
    facts = json.loads((bert / CONFIG).read_text(encoding="utf-8"))
    if lacking := [name for name in _SIZES if name not in facts]:
        raise UserError(
            f"{bert / CONFIG} lacks {', '.join(lacking)}, the sizes of a BERT were expected: "
            "install or copy the model again."
        )
    try:
        config = DistilBertConfig(**{ours: facts[theirs] for theirs, ours in _SIZES.items()})
        state = load_file(bert / WEIGHTS)
        model = DistilBertModel(config)
        model.load_state_dict(_as_distilbert(state, config.n_layers))
    except Exception as error:  # transformers and torch have an error of their own for each fault
        raise UserError(
            f"{bert / WEIGHTS} does not hold the BERT that {CONFIG} beside it describes "
            f"({_first_line(error)}): install or copy the model again."
        ) from error
    model.save_pretrained(folder)
    for name in VOCABULARIES:
        if (bert / name).is_file():
            shutil.copy(bert / name, folder / name)
    _write_tokenizer_config(folder, facts["max_position_embeddings"])


def _as_distilbert(state: dict[str, Tensor], layers: int) -> dict[str, Tensor]:
    """BERT's weights under DistilBERT's names."""
    state = {name.removeprefix("bert."): tensor for name, tensor in state.items()}
    type_zero = state["embeddings.token_type_embeddings.weight"][0]
    found = {
        "embeddings.word_embeddings.weight": state["embeddings.word_embeddings.weight"],
        "embeddings.position_embeddings.weight": (
            state["embeddings.position_embeddings.weight"] + type_zero
        ),
    }
    pairs = [("embeddings.LayerNorm", "embeddings.LayerNorm")]
    for layer in range(layers):
        pairs += [
            (f"encoder.layer.{layer}.{theirs}", f"transformer.layer.{layer}.{ours}")
            for theirs, ours in _BLOCK.items()
        ]
    for theirs, ours in pairs:
        for kind in ("weight", "bias"):
            found[f"{ours}.{kind}"] = state[f"{theirs}.{kind}"]
    return found


def write_random(folder: Path, texts: Sequence[str], seed: int) -> None:
    """Write a small DistilBERT with random weights, and a vocabulary of the words in `texts`."""
    counts = Counter(word for text in texts for word in text.lower().split() if word.isalnum())
    characters = [chr(code) for code in range(33, 127) if not chr(code).isupper()]
    pieces = [*characters, *(f"##{character}" for character in characters)]
    words = [word for word, _ in counts.most_common(RANDOM_WORDS)]
    vocabulary = list(dict.fromkeys([*_SPECIAL, *pieces, *words]))
    config = DistilBertConfig(
        vocab_size=len(vocabulary),
        max_position_embeddings=512,
        n_layers=4,
        n_heads=2,
        dim=32,
        hidden_dim=64,
    )
    torch.manual_seed(seed)
    DistilBertModel(config).save_pretrained(folder)
    (folder / "vocab.txt").write_text("\n".join(vocabulary) + "\n", encoding="utf-8")
    _write_tokenizer_config(folder, 512)


def _write_tokenizer_config(folder: Path, longest: int) -> None:
    config = {
        "tokenizer_class": DistilBertTokenizerFast.__name__,
        "do_lower_case": True,
        "model_max_length": longest,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config), encoding="utf-8")


def _is_bert(source: EncoderSource) -> bool:
    config = json.loads((Path(source.folder) / CONFIG).read_text(encoding="utf-8"))
    return config["model_type"] == "bert"
