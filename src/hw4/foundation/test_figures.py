"""Figures are drawn once for what they show and kept as SVG and PNG."""

import subprocess
import sys
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest

from hw4.foundation import figures
from hw4.foundation.figures import (
    confusion_map,
    figure,
    heat_map,
    labelled_level,
    labelled_line,
    new_figure,
)
from hw4.foundation.files import DataSource

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


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_names_of_lines_stand_apart_in_the_order_of_their_ends(scale):
    from matplotlib.text import Text

    made, axes = new_figure(width=3, height=2)
    ends = {"c": 0.30, "a": 0.1, "b": 0.302, "cut": 0.9}
    for name, end in ends.items():
        labelled_line(axes, [1, 2, 3], [1.0, end, np.nan if name == "cut" else end], name, "k")
    labelled_line(axes, [1, 2, 3], [np.nan] * 3, "nothing", "k")
    labelled_level(axes, 0.301, "mean")
    axes.set_yscale(scale)
    figures._part_labels(made)
    made.draw_without_rendering()
    # Without the thin lines, which an annotation's own extent takes in.
    middles = {
        text.get_text(): Text.get_window_extent(text).get_points()[:, 1].mean()
        for text in axes.texts
    }
    names = sorted(middles, key=middles.get)
    assert names == ["a", "c", "mean", "b", "cut"]
    for below, above in pairwise(names):
        assert middles[above] - middles[below] > made.dpi / 72 * 10
    # One that has room stays where its line ends.
    assert middles["cut"] == pytest.approx(axes.transData.transform((2, 0.9))[1], abs=2)


def test_a_heat_map_has_each_value_in_its_cell_legible_on_its_shade():
    _, axes = new_figure()
    heat_map(axes, [[0.1, 0.9], [0.5, 0.2]], ["r", "s"], ["x", "y"], bold=(0, 1))
    cells = {text.get_position(): text for text in axes.texts}
    assert {place: text.get_text() for place, text in cells.items()} == {
        (0, 0): "0.1",
        (1, 0): "0.9",
        (0, 1): "0.5",
        (1, 1): "0.2",
    }
    assert [text.get_text() for text in axes.texts if text.get_fontweight() == "bold"] == ["0.9"]
    assert cells[0, 0].get_color() != cells[1, 0].get_color()
    assert [label.get_text() for label in axes.get_yticklabels()] == ["r", "s"]
    heat_map(new_figure()[1], [[0.5, 0.5]], ["r"], ["x", "y"])  # all the same


def test_a_confusion_matrix_is_shaded_by_row_and_admits_a_class_that_is_not_there():
    _, axes = new_figure()
    confusion_map(axes, [[1500, 500], [0, 0]], ["New Bay", "Hung"])
    assert [text.get_text() for text in axes.texts] == ["1,500", "500", "0", "0"]
    assert axes.images[0].get_array().tolist() == [[0.75, 0.25], [0, 0]]
    assert axes.get_xlabel() == "predicted"
