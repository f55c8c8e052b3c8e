"""The one door to the network: each step in a process of its own, ended when its time is up.

A look-up or a connection that hangs cannot hold up a build then, whatever library asks.
"""

import hashlib
import subprocess
import sys

_READ = """
import sys, urllib.request as request
with request.urlopen(sys.argv[1]) as answer:
    sys.stdout.buffer.write(answer.read(int(sys.argv[2])))
"""


class Unreachable(Exception):
    """Something could not be fetched; the text is a clause that says why."""


def run(program: str, *arguments: str, seconds: float) -> bytes:
    """What the Python `program` writes to standard output within `seconds`; else Unreachable."""
    command = [sys.executable, "-c", program, *arguments]
    try:
        done = subprocess.run(command, timeout=seconds, capture_output=True)
    except subprocess.TimeoutExpired:
        raise Unreachable(f"it took more than {seconds:g} seconds") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["it failed"]
        raise Unreachable(said[-1].rpartition("Error: ")[2].strip("<>"))
    return done.stdout


def download(url: str, sha256: str, seconds: float, largest: int) -> bytes:
    """The file at `url`; Unreachable if it does not come in time or is not the published one."""
    content = run(_READ, url, str(largest + 1), seconds=seconds)
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise Unreachable(
            f"what came has sha256 {found[:12]}… and {len(content):,} bytes, the published file "
            f"has {sha256[:12]}…"
        )
    return content
