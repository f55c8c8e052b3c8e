"""The walls between the modules stand: the contracts in `pyproject.toml`."""

import subprocess
import sys

from tests.project import ROOT

LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"


def test_no_module_imports_what_it_may_not_know():
    done = subprocess.run([sys.executable, "-c", LINT], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " kept, 0 broken" in done.stdout
