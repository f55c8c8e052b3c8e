"""The hub: whole files in its cache, and no build that waits for it."""

import hashlib
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from huggingface_hub import constants

from hw4.foundation import fetch, hub


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """An empty cache; the network may be asked."""
    monkeypatch.setenv("HW4_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    return tmp_path / "hub"


def put(cache, content: bytes, named_after: bytes):
    """A file in the cache as the hub's client puts it: a link to a blob named after its sha256."""
    repository = cache / "models--some--model"
    blob = repository / "blobs" / hashlib.sha256(named_after).hexdigest()
    file = repository / "snapshots" / "abc" / "model.safetensors"
    for folder in (blob.parent, file.parent, repository / "refs"):
        folder.mkdir(parents=True)
    blob.write_bytes(content)
    file.symlink_to(blob)
    (repository / "refs" / "main").write_text("abc")
    return file


def test_a_file_in_the_cache_is_found_if_it_is_whole(cache):
    assert hub.cached("some/model", "model.safetensors") is None
    file = put(cache, b"weights", named_after=b"weights")
    assert hub.cached("some/model", "model.safetensors") == file
    assert hub.cached("some/model", "config.json") is None
    file.resolve().write_bytes(b"weig")
    assert hub.cached("some/model", "model.safetensors") is None


class Hub(BaseHTTPRequestHandler):
    """A hub that takes questions and never answers, or stops before the first byte of a file."""

    answers = False

    def do_HEAD(self):
        if not self.answers:
            time.sleep(30)
        self.send_response(200)
        self.send_header("ETag", '"abc"')
        self.send_header("X-Repo-Commit", "abc")
        self.send_header("Content-Length", "7")
        self.end_headers()

    def do_GET(self):
        time.sleep(30)

    def log_message(self, *_):
        pass


def download() -> float:
    """How long a download took."""
    began = time.monotonic()
    hub.download("wing", {"some/model": ["model.safetensors"]}, seconds=2)
    return time.monotonic() - began


@pytest.mark.parametrize("answers", [False, True], ids=["never answers", "answers, then stops"])
def test_a_hub_that_hangs_is_given_up_within_seconds(answers, monkeypatch, capsys):
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Hub", (Hub,), {"answers": answers}))
    server.daemon_threads, server.block_on_close = True, False
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setattr(hub, "ANSWER_SECONDS", 2.0)
    assert download() < 10
    told = capsys.readouterr().out
    assert ("wing: fetching some/model" in told) == answers
    assert "it took more than 2 seconds); the build goes on" in told
    server.shutdown()


def test_a_hub_that_cannot_be_reached_is_one_line(monkeypatch, capsys):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1")
    assert download() < 10
    assert capsys.readouterr().out.count("\n") == 1


def test_the_network_is_not_asked_where_a_flag_forbids_it_or_nothing_is_wanted(monkeypatch):
    monkeypatch.setattr(fetch, "run", lambda *_, **__: pytest.fail("asked the network"))
    hub.download("wing", {}, seconds=2)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    download()
