"""The walls between the modules stand, and every wing has the same rooms."""

import subprocess
import sys

import grimp
import pytest

from hw4.__main__ import WINGS
from tests.project import ROOT

LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"
TRAINED = ("windows", "sequences", "tweets")
ROOMS = {"result", "model", "experiment", "present"}
ROOMS_OF_THE_TRAINED = {"data", "standin", "training"}
TESTED = {"model", "experiment", "present"}
UPWARDS = {
    "model": ("data", "standin", "training", "baselines", "experiment", "result", "present"),
    "data": ("result", "standin", "training", "baselines", "experiment", "present"),
    "standin": ("training", "baselines", "experiment", "present"),
    "training": ("experiment", "present"),
    "baselines": ("experiment", "present"),
    "result": ("experiment", "present"),
    "experiment": ("present",),
}
"""What a room may not know, not even by way of another."""


def test_no_module_imports_what_it_may_not_know():
    done = subprocess.run([sys.executable, "-c", LINT], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " kept, 0 broken" in done.stdout


def rooms_of(wing: str) -> set[str]:
    """The modules of a wing by their names, tests too."""
    return {path.stem for path in (ROOT / "src" / "hw4" / wing).glob("*.py")}


@pytest.mark.parametrize("wing", WINGS)
def test_a_wing_has_the_rooms_of_the_others(wing):
    rooms = rooms_of(wing)
    assert not ROOMS - rooms
    if wing in TRAINED:
        assert not ROOMS_OF_THE_TRAINED - rooms


@pytest.mark.parametrize("wing", WINGS)
def test_a_test_stands_beside_what_it_tests(wing):
    rooms = rooms_of(wing)
    tested = {room.removeprefix("test_") for room in rooms if room.startswith("test_")}
    assert not tested - rooms
    assert not TESTED - tested
    if wing in TRAINED:
        assert {"data", "training"} <= tested


@pytest.fixture(scope="module")
def graph():
    return grimp.build_graph("hw4", cache_dir=None)


@pytest.mark.parametrize("wing", WINGS)
def test_no_room_of_a_wing_knows_one_above_it(graph, wing):
    rooms = rooms_of(wing)
    known = [
        f"{room} knows {other}"
        for room, others in UPWARDS.items()
        for other in others
        if {room, other} <= rooms
        and graph.chain_exists(f"hw4.{wing}.{room}", f"hw4.{wing}.{other}")
    ]
    assert not known
