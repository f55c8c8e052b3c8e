"""Ways into the program that are not `python -m hw4` of the project's own environment."""

import os
import subprocess
import sys

import pytest

from hw4.__main__ import OUTERMOST, experiments
from hw4.foundation import fetch
from hw4.foundation.places import ROOT


@pytest.mark.parametrize("folder", [ROOT, ROOT / "report", "/"])
def test_a_python_without_the_package_is_told_what_to_do(folder):
    """As Quarto runs the steps of a build when it has found another Python than ours."""
    program = ROOT / "src" / "hw4" / "__main__.py"
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(program), "train"],  # without site-packages
        cwd=folder,
        env={**os.environ, "QUARTO_PROJECT_ROOT": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr.startswith(f"Error: {sys.executable} does not have what this project needs")
    assert f"run `make report` once in {ROOT}, which sets up its environment" in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


def test_a_step_that_quarto_ends_says_that_it_was_interrupted():
    """After Ctrl-C Quarto ends its steps, which have heard the same Ctrl-C, by a signal."""
    program = (
        "import os, signal, time\n"
        "from hw4 import __main__ as program\n"
        "def _check(options):\n"
        "    os.kill(os.getpid(), signal.SIGTERM), os.kill(os.getpid(), signal.SIGINT)\n"
        "    time.sleep(60)\n"
        "program._check = _check\n"
        "program.main(['check'])\n"
    )
    # Another test may have run a command in this process, which then passes for the outermost.
    outermost = {key: value for key, value in os.environ.items() if key != OUTERMOST}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=outermost | {"QUARTO_PROJECT_OUTPUT_DIR": str(ROOT)},
        capture_output=True,
        text=True,
        start_new_session=True,  # without a terminal that would get the line
    )
    assert done.returncode == 130
    assert done.stdout.startswith("Interrupted; ") and done.stdout.count("\n") == 1
    assert done.stderr == ""


def test_no_key_waits_on_a_network(tmp_path, monkeypatch):
    """Only what trains may fetch; a warm build asks what is here."""
    monkeypatch.setenv("HW4_STORE", str(tmp_path))
    monkeypatch.setattr(fetch, "run", lambda *_, **__: pytest.fail("something was fetched"))
    assert not any(experiment.is_stored() for experiment in experiments())
