"""What a terminal gets to see of names that somebody else chose."""

import os
import subprocess
import sys

import pytest

ODD = (
    b"\xff\xfe.csv",
    "Fenster ü 窗户 😀.csv".encode(),
    b"\x1b]0;owned\x07\x1b[2J.csv",
    b"two\nError: lines.csv",
    "right\u202eto left.csv".encode(),
)


@pytest.mark.parametrize("encoding", ["ascii", "ascii:strict", "utf-8:strict", "latin-1:strict"])
def test_odd_names_are_said_on_any_terminal(tmp_path, encoding):
    data = tmp_path / "data"
    (data / "windows_train_set").mkdir(parents=True)
    for name in ODD:
        with open(os.path.join(os.fsencode(data), name), "wb"):  # noqa: PTH118, PTH123
            pass
    done = subprocess.run(
        [sys.executable, "-m", "hw4", "data"],
        env={
            **os.environ,
            "HW4_DATA": str(data),
            "HW4_STORE": str(tmp_path / "store"),
            "PYTHONIOENCODING": encoding,
        },
        capture_output=True,
    )
    assert done.returncode == 1  # there is no test set
    assert b"Traceback" not in done.stderr
    assert done.stderr.count(b"\n") == done.stderr.count(b"Error: ") == 1
    said = done.stdout + done.stderr
    assert not [byte for byte in said if byte < 32 and byte != 10]
    assert not [line for line in said.splitlines() if line.startswith(b"Error: lines")]


def test_an_odd_data_folder_is_named_in_one_line(tmp_path):
    folder = os.path.join(os.fsencode(tmp_path), b"\x1b[31m\xff\nError: x")  # noqa: PTH118
    done = subprocess.run(
        [sys.executable, "-m", "hw4", "train"],
        env={**os.environb, b"HW4_DATA": folder, b"HW4_STORE": os.fsencode(tmp_path / "s")},
        capture_output=True,
    )
    assert done.returncode == 1
    assert done.stderr.startswith(b"Error: HW4_DATA names ")
    assert done.stderr.count(b"\n") == 1
    assert rb"\x1b[31m\udcff\nError: x" in done.stderr
