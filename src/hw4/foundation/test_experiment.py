"""Stored results: computed once, again when anything that counts changed, never half."""

import platform
import shutil
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pytest

from hw4.foundation import experiment as module
from hw4.foundation.compute import THREADS, Device
from hw4.foundation.errors import UserError
from hw4.foundation.experiment import Experiment, Made, Outcome, Work
from hw4.foundation.files import DataSource
from hw4.foundation.store import CHECKSUMS, NUMBERS, TENSORS, to_plain
from hw4.foundation.work import Selection


@dataclass(frozen=True)
class Settings:
    seed: int = 1
    factor: float = 2.0

    @classmethod
    def quick(cls):
        return cls(factor=1.0)


@dataclass(frozen=True)
class Score:
    name: str
    values: tuple[float, ...]


@dataclass(frozen=True)
class Result:
    total: float
    scores: dict[str, Score]
    missing: float | None = None

    def report(self):
        return {"total": self.total}


calls: list[str] = []


def run(settings, work):
    def square(value):
        calls.append(f"square {value}")
        return Outcome(Score("s", (value**2,)), {"weights": np.full(3, value, np.float32)})

    with work.bar(2, "squares") as bar:
        parts = []
        for value in (3.0, settings.factor):
            parts.append(work.part(f"square/{value}", value, Score, lambda: square(value)))  # noqa: B023
            bar.update()
    calls.append("run")
    total = np.float32(sum(part.result.values[0] for part in parts))
    return Outcome(
        Result(total, {"a": parts[0].result}), {"w": parts[1].tensors["weights"] * np.float32(2)}
    )


def make(**changes) -> Experiment:
    toy = Experiment(
        name="toy",
        title="Problem 0",
        settings=Settings,
        result=Result,
        source=lambda: DataSource("course", "f00", ("toy.csv",)),
        libraries=("numpy",),
    )
    return replace(toy, **changes)


@pytest.fixture(autouse=True)
def clean(places, monkeypatch):
    calls.clear()
    monkeypatch.setattr(module, "code_digests", lambda name: {"hw4.toy": "1"})
    monkeypatch.setitem(sys.modules, "hw4.toy.experiment", sys.modules[__name__])
    return places


def test_a_result_is_computed_once_and_read_back_as_it_was():
    assert make().ensure() is True
    assert make().ensure() is False
    assert calls == ["square 3.0", "square 2.0", "run"]
    result = make().stored()
    assert result == Result(13.0, {"a": Score("s", (9.0,))})
    np.testing.assert_array_equal(make().tensors()["w"], np.full(3, 4.0, np.float32))


@pytest.mark.parametrize(
    "change",
    [
        {"source": lambda: DataSource("course", "f01")},
        {"source": lambda: DataSource("stand-in", "f00")},
        {"libraries": ("numpy", "filelock")},
        {"circumstances": lambda: "with weights"},
        {"settings": lambda: Settings(seed=2)},
    ],
)
def test_whatever_can_change_a_number_makes_a_new_result(change, monkeypatch):
    make().ensure()
    assert make(**change).ensure() is True
    assert make().ensure() is False
    monkeypatch.setattr(module, "code_digests", lambda name: {"hw4.toy": "2"})
    calls.clear()
    assert make().ensure() is True
    assert calls == ["square 3.0", "square 2.0", "run"]


def test_a_change_of_settings_repeats_only_the_parts_it_concerns():
    make().ensure()
    calls.clear()
    make(settings=lambda: Settings(factor=5.0)).ensure()
    assert calls == ["square 5.0", "run"]


def test_the_quick_profile_has_results_of_its_own(monkeypatch):
    make().ensure()
    monkeypatch.setenv("HW4_PROFILE", "quick")
    assert make().ensure() is True
    assert make().stored().total == 10.0
    monkeypatch.setenv("HW4_PROFILE", "quikc")
    with pytest.raises(UserError, match="quikc"):
        make().stored()


def test_a_wrong_setting_or_device_is_said_before_anything_is_computed(monkeypatch):
    with pytest.raises(UserError, match="factor of Settings is 'x', expected was a number"):
        make(settings=lambda: Settings(factor="x")).ensure()
    monkeypatch.setenv("HW4_DEVICE", "gpu")
    with pytest.raises(UserError, match="HW4_DEVICE is 'gpu'"):
        make().stored()
    assert calls == []


def test_what_is_fetched_before_computing_is_part_of_the_key():
    fetched = []
    found = make(prepare=lambda: fetched.append("weights"), circumstances=lambda: len(fetched))
    assert found.ensure() is True
    assert found.is_stored()
    assert found.ensure() is False and len(fetched) == 1


def test_the_time_of_parts_from_an_earlier_build_counts(monkeypatch):
    def score():
        time.sleep(0.05)
        return Outcome(Score("s", (1.0,)))

    def run(settings, work):
        work.part("slow", 1, Score, score)
        return Outcome(Result(1.0, {}))

    monkeypatch.setattr(f"{__name__}.run", run)
    make().ensure()
    monkeypatch.setattr(f"{__name__}.time.sleep", lambda seconds: pytest.fail("computed again"))
    again = make(circumstances=lambda: "with weights")
    again.ensure()
    assert again.made().seconds >= 0.05


def test_a_part_that_is_asked_for_twice_takes_its_time_once(monkeypatch):
    read_back = []

    def run(settings, work):
        for _ in range(3):
            work.part("features", 1, Score, lambda: Outcome(Score("s", (1.0,))))
            read_back.append(work.seconds_read_back)
        return Outcome(Result(1.0, {}))

    monkeypatch.setattr(f"{__name__}.run", run)
    make().ensure()
    assert read_back == [0.0, 0.0, 0.0]
    make(circumstances=lambda: "with weights").ensure()
    assert read_back[3] > 0 and read_back[3:] == [read_back[3]] * 3


def test_no_result_is_an_error_that_says_what_to_run():
    with pytest.raises(UserError, match="python -m hw4 train toy"):
        make().stored()


@pytest.mark.parametrize("file", [NUMBERS, TENSORS, CHECKSUMS])
@pytest.mark.parametrize("harm", ["cut", "emptied", "flipped", "gone"])
def test_a_damaged_entry_is_noticed_said_and_computed_again(places, capsys, file, harm):
    make().ensure()
    before = make().stored()
    entry = next((places / "store" / "toy").glob("[0-9a-f]*"))
    content = bytearray((entry / file).read_bytes())
    if harm == "cut":
        (entry / file).write_bytes(content[: len(content) // 2])
    elif harm == "emptied":
        (entry / file).write_bytes(b"")
    elif harm == "gone":
        (entry / file).unlink()
    else:
        content[len(content) // 2] ^= 4
        (entry / file).write_bytes(content)
    calls.clear()
    assert make().ensure() is True
    assert "damaged" in capsys.readouterr().out
    assert calls == ["run"]  # the parts were sound
    assert make().stored() == before


def test_a_full_disk_leaves_no_half_entry(places, monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("hw4.foundation.store.os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        make().ensure()
    left = [path for path in (places / "store" / "toy").rglob("*") if path.name != "lock"]
    assert [path.name for path in left] == ["parts"]


def test_two_builds_at_once_compute_once(capsys):
    threads = [threading.Thread(target=make().ensure) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert calls.count("run") == 1


def test_a_killed_build_keeps_its_finished_parts(places):
    script = f"""
import os, sys
sys.path.insert(0, {str(places)!r})
from hw4.foundation import test_experiment as t
from hw4.foundation import experiment
experiment.code_digests = lambda name: {{"hw4.toy": "1"}}
from hw4.foundation.experiment import Outcome
def run(settings, work):
    work.part("square/3.0", 3.0, t.Score, lambda: Outcome(t.Score("s", (9.0,)), {{}}))
    os.kill(os.getpid(), 9)
t.run = run
sys.modules["hw4.toy.experiment"] = t
t.make().ensure()
"""
    killed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert killed.returncode == -9, killed.stderr
    assert make().ensure() is True
    assert calls == ["square 2.0", "run"]


def test_the_device_is_provenance_and_no_reason_to_train_again(monkeypatch):
    assert make().ensure() is True
    monkeypatch.setattr(module, "device", lambda: module.Device("cuda", "a GPU that was added"))
    assert make().ensure() is False
    assert make().made().device.kind == "cpu"


def test_another_name_of_a_file_is_no_reason_to_train_again():
    make().ensure()
    renamed = make(source=lambda: DataSource("course", "f00", ("renamed/toy.csv",)))
    assert renamed.ensure() is False


def test_an_experiment_runs_on_a_fixed_number_of_threads(monkeypatch):
    import torch

    before, seen = torch.get_num_threads(), []
    monkeypatch.setattr(
        f"{__name__}.run",
        lambda settings, work: seen.append(torch.get_num_threads()) or Outcome(Result(1.0, {})),
    )
    torch.set_num_threads(3)
    try:
        make().ensure()
    finally:
        torch.set_num_threads(before)
    assert seen == [THREADS]


def work(basis="b"):
    return Work("toy", DataSource("course", "f00"), Device("cpu", "x"), basis)


def test_a_part_can_be_looked_for_without_computing_it():
    assert work().stored("a", 1, Score) is None
    work().part("a", 1, Score, lambda: Outcome(Score("s", (1.0,)), {"t": np.ones(2)}))
    found = work().stored("a", 1, Score)
    assert found.result == Score("s", (1.0,))
    np.testing.assert_array_equal(found.tensors["t"], np.ones(2))
    assert work().stored("a", 2, Score) is work().stored("b", 1, Score) is None
    assert work("other").stored("a", 1, Score) is None


def test_the_test_set_opens_once_after_the_selection_is_written():
    loaded = []
    now = work()
    sealed = now.seal(lambda: loaded.append("test") or "test set")
    with pytest.raises(RuntimeError, match="after the selection"):
        sealed.open(Selection({"rate": 0.1}, 0.9, "accuracy"))
    assert loaded == []
    selection = now.select({"rate": 0.1}, 0.9, "accuracy")
    with pytest.raises(RuntimeError, match="after the selection"):
        sealed.open(replace(selection, choice={"rate": 0.2}))
    assert sealed.open(selection) == "test set"
    with pytest.raises(RuntimeError, match="opens once"):
        sealed.open(selection)
    with pytest.raises(RuntimeError, match="opens once"):
        now.seal(lambda: "again").open(selection)
    assert loaded == ["test"]


def test_a_selection_that_is_gone_from_the_store_opens_nothing(places):
    now = work()
    selection = now.select({"rate": 0.1}, 0.9, "accuracy")
    shutil.rmtree(places / "store" / "toy" / "parts")
    with pytest.raises(RuntimeError, match="after the selection"):
        now.seal(lambda: "test set").open(selection)


def test_nothing_is_selected_once_the_test_set_is_open():
    now = work()
    now.seal(lambda: "test set").open(now.select({"rate": 0.1}, 0.9, "accuracy"))
    with pytest.raises(RuntimeError, match="is open"):
        now.select({"rate": 0.2}, 0.95, "accuracy", name="afterthought")


def test_the_same_choice_keeps_the_time_of_its_first_writing():
    first = work().select({"rates": (0.1, np.float32(0.5))}, np.float64(0.9), "accuracy")
    assert first.choice == {"rates": [0.1, 0.5]}
    assert work().select({"rates": (0.1, 0.5)}, 0.9, "accuracy") == first
    assert work().select({"rates": (0.1, 0.6)}, 0.9, "accuracy").choice["rates"] == [0.1, 0.6]


def test_what_a_key_is_made_of_is_stored_with_the_result():
    assert make().latest() is None
    make().ensure()
    other = make(source=lambda: DataSource("course", "f01", ("toy.csv",)))
    assert not other.is_stored()
    assert (
        other.latest()["state"]
        == to_plain(make().state())
        == {
            "name": "toy",
            "profile": "full",
            "code": {"hw4.toy": "1"},
            "settings": {"seed": 1, "factor": 2.0},
            "source": {"kind": "course", "fingerprint": "f00", "files": ["toy.csv"]},
            "versions": {"python": platform.python_version(), "numpy": np.__version__},
            "circumstances": None,
        }
    )


def test_the_latest_result_is_that_of_the_same_profile(monkeypatch):
    make().ensure()
    monkeypatch.setenv("HW4_PROFILE", "quick")
    assert make().latest() is None
    make().ensure()
    assert make().latest()["state"]["settings"]["factor"] == 1.0


def test_the_latest_is_the_one_that_was_finished_last(monkeypatch):
    for seed, finished in enumerate(("2026-01-02", "2026-01-03", "2026-01-01")):
        monkeypatch.setattr(module, "Made", partial(Made, finished=finished))
        make(settings=partial(Settings, seed=seed)).ensure()
    assert make().latest()["made"]["finished"] == "2026-01-03"
