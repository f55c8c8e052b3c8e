"""Figures are drawn once for what they show and kept as SVG and PNG."""

import subprocess
import sys
from dataclasses import dataclass

import pytest

from hw4.foundation import figures
from hw4.foundation.course_files import DataSource
from hw4.foundation.figures import figure, new_figure

drawn = []


@dataclass
class Toy:
    """An experiment as far as figures know one."""

    kind: str = "course"

    def source(self) -> DataSource:
        return DataSource(self.kind, "f")


toy = Toy()


@figure("toy-line", toy)
def line(values: tuple[float, ...], color: str = "k"):
    drawn.append(values)
    made, axes = new_figure(width=3, height=2)
    axes.plot(values, color=color)
    axes.set_xlabel("Epoch")
    return made


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    drawn.clear()
    monkeypatch.setattr(figures, "figures_folder", lambda: tmp_path)
    return tmp_path


def test_a_figure_is_drawn_once_and_shown_as_svg(folder):
    first, second = line((1.0, 2.0)), line((1.0, 2.0))
    assert len(drawn) == 1
    assert first == second
    shown = first._repr_mimebundle_()["image/svg+xml"]
    assert shown.startswith("<?xml")
    assert ">Epoch</text>" in shown  # text stays text
    assert (folder / "toy-line.png").read_bytes()[:4] == b"\x89PNG"


def test_other_values_draw_it_again():
    line((1.0, 2.0))
    line((1.0, 3.0))
    line((1.0, 3.0), color="r")
    assert len(drawn) == 3


def test_other_code_draws_it_again(monkeypatch):
    line((1.0, 2.0))
    monkeypatch.setattr(figures, "code_fingerprint", lambda module: "changed")
    line((1.0, 2.0))
    assert len(drawn) == 2


def test_a_file_that_shows_no_result_says_so_in_its_name(folder, monkeypatch):
    line((1.0, 2.0))
    monkeypatch.setattr(toy, "kind", "stand-in")
    line((1.0, 2.0))
    monkeypatch.setenv("HW4_PROFILE", "quick")
    line((1.0, 2.0))
    names = sorted(path.name for path in folder.glob("*.png"))
    assert names == ["toy-line-stand-in-quick.png", "toy-line-stand-in.png", "toy-line.png"]


@pytest.mark.parametrize("harm", ["cut", "changed", "no png"])
def test_a_spoiled_file_is_drawn_again(folder, harm):
    svg = line((1.0, 2.0)).svg
    file = folder / "toy-line.svg"
    if harm == "cut":
        file.write_bytes(file.read_bytes()[:100])
    elif harm == "changed":
        file.write_text(file.read_text().replace("Epoch", "Epos"))
    else:
        file.with_suffix(".png").unlink()
    assert line((1.0, 2.0)).svg == svg
    assert len(drawn) == 2


def test_the_same_figure_is_the_same_file(folder):
    first = line((1.0, 2.0)).svg
    (folder / "toy-line.svg").unlink()
    assert line((1.0, 2.0)).svg == first


def test_a_kept_figure_does_not_import_matplotlib(folder):
    script = f"""
import sys
from pathlib import Path
from hw4.foundation import figures
figures.figures_folder = lambda: Path({str(folder)!r})
from hw4.foundation.test_figures import line
line((1.0, 2.0))
print("matplotlib" in sys.modules)
"""
    runs = [
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
        for _ in range(2)
    ]
    assert [run.stdout.strip() for run in runs] == ["True", "False"]
