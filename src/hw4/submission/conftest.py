"""A small project in a temporary folder, with the look of the real one."""

import shutil
from pathlib import Path

import pytest

from hw4.foundation.places import ROOT

CONFIG = """\
project:
  render: [report/submission.qmd]
  output-dir: _output
  execute-dir: project
lang: en
execute:
  echo: false
  warning: false
format:
  typst:
    pdf-standard: ua-1
    syntax-highlighting: idiomatic
    template-partials:
      - report/look/typst-template.typ
      - report/look/typst-show.typ
      - report/look/pieces.typ
      - report/look/code-window.typ
filters:
  - path: report/look/claims.lua
    at: pre-ast
  - path: report/look/arrange.lua
    at: pre-ast
  - path: report/look/quoted.lua
    at: pre-ast
  - path: report/look/pages.lua
    at: pre-ast
  - path: report/look/callouts.lua
    at: pre-ast
  - path: report/look/code-window.lua
    at: pre-ast
  - path: report/look/tables.lua
    at: pre-ast
  - report/look/math.lua
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The root of a project without documents."""
    shutil.copytree(ROOT / "report" / "look", tmp_path / "report" / "look")
    (tmp_path / "_quarto.yml").write_text(CONFIG, encoding="utf-8")
    return tmp_path
