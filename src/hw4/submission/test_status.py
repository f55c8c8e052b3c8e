"""Why something would be computed again is said by name, and nothing is computed for it."""

from types import SimpleNamespace

import pytest

from hw4.submission.status import differences, status

PARTS = {
    "profile": "full",
    "code": {"hw4.sequences.model": "a", "hw4.foundation": "b"},
    "settings": {"hidden_sizes": [16, 32], "schedule": {"epochs": 60}},
    "source": {"kind": "course", "fingerprint": "f1", "files": ["X_train.npy"]},
    "versions": {"python": "3.11.7", "torch": "2.14.1"},
    "circumstances": {"weights": "none"},
}
LATEST = {
    "made": {"seconds": 35.6, "finished": "2026-11-24T13:45:23+00:00"},
    "state": PARTS,
}


def experiment(is_stored=False, latest=LATEST, parts=PARTS):
    return SimpleNamespace(
        title="Problem 2: sequences",
        is_stored=lambda: is_stored,
        latest=lambda: latest,
        state=lambda: parts,
    )


def test_what_is_stored_is_said_with_its_time():
    assert list(status(experiment(is_stored=True))) == [
        "Problem 2: sequences: stored (36 s on 2026-11-24 at 13:45 UTC)"
    ]


def test_the_first_time_there_is_nothing_to_compare_with():
    assert list(status(experiment(latest=None))) == [
        "Problem 2: sequences: to be computed, nothing is stored yet"
    ]


@pytest.mark.parametrize(
    ("part", "change", "expected"),
    [
        ("code", {"hw4.sequences.model": "c"}, "src/hw4/sequences/model.py"),
        ("code", {"hw4.foundation": "c"}, "src/hw4/foundation/__init__.py"),
        ("code", {"hw4.sequences.model": None}, "src/hw4/sequences/model.py"),
        ("settings", {"hidden_sizes": [16]}, "the setting hidden_sizes: [16, 32] is now [16]"),
        ("settings", {"schedule": {"epochs": 20}}, "the setting schedule.epochs: 60 is now 20"),
        ("versions", {"torch": "2.15.0"}, "the version of torch: 2.14.1 is now 2.15.0"),
        ("source", {"fingerprint": "f2"}, "the data (X_train.npy)"),
        (
            "source",
            {"kind": "stand-in", "fingerprint": "s", "files": []},
            "the data: course is now stand-in (X_train.npy)",
        ),
        ("circumstances", {"weights": "wheel"}, "what it finds here (weights): none is now wheel"),
    ],
)
def test_each_change_is_named(part, change, expected):
    changed = {**PARTS, part: {**PARTS[part], **change}}
    assert list(differences(PARTS, changed)) == [expected]
    assert list(status(experiment(parts=changed))) == [
        "Problem 2: sequences: to be computed again; the last time: "
        "36 s on 2026-11-24 at 13:45 UTC",
        f"  changed: {expected}",
    ]


def test_many_files_are_counted():
    code = {f"hw4.a{n}": "x" for n in range(20)}
    found = list(differences({**PARTS, "code": {}}, {**PARTS, "code": code}))
    assert len(found) == 9 and found[-1] == "12 more files of code"


def test_a_damaged_result_is_not_blamed_on_a_change():
    assert list(status(experiment()))[1].endswith("damaged, or was taken away")
