"""The door to the network: within a time, only what was published."""

import hashlib
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from hw4.foundation import fetch

CONTENT = b"text,label\n" * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/missing":
            self.send_error(404)
            return
        self.send_response(200)
        self.end_headers()
        if self.path == "/slow":
            time.sleep(5)
        self.wfile.write(CONTENT)

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def server():
    served = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=served.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{served.server_port}"
    served.shutdown()


def test_a_published_file_comes_whole(server):
    assert fetch.download(f"{server}/x", SHA256, seconds=20, largest=10**6) == CONTENT


@pytest.mark.parametrize(
    ("path", "sha256", "largest", "reason"),
    [
        ("/x", "0" * 64, 10**6, r"what came has sha256 .{12}… and 11,000 bytes"),
        ("/x", SHA256, 100, "101 bytes"),
        ("/missing", SHA256, 10**6, "404"),
    ],
)
def test_what_is_not_it_is_refused(server, path, sha256, largest, reason):
    with pytest.raises(fetch.Unreachable, match=reason):
        fetch.download(server + path, sha256, seconds=20, largest=largest)


def test_a_server_that_hangs_is_given_up():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        with pytest.raises(fetch.Unreachable, match=r"it took more than 0\.5 seconds"):
            port = silent.getsockname()[1]
            fetch.download(f"http://127.0.0.1:{port}/", SHA256, seconds=0.5, largest=10)
        assert time.monotonic() - began < 5


def test_a_program_that_fails_is_told_by_its_last_line():
    with pytest.raises(fetch.Unreachable, match=r"^no such model$"):
        fetch.run("raise ValueError('no such model')", seconds=20)
    assert fetch.run("import sys; print(sys.argv[1:])", "a b", "'c'", seconds=20) == (
        b"['a b', \"'c'\"]\n"
    )
