"""Finding, reading and checking the four files; each bad input has its sentence."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hw4.foundation.archive import Limits
from hw4.foundation.errors import UserError
from hw4.foundation.places import ROOT
from hw4.sequences import data, standin
from hw4.sequences.data import Sequences
from hw4.sequences.result import EXPERIMENT, Settings

SHARED = ROOT.parent / "shared" / "data" / "sequences"


def make(count=24, features=10):
    generator = np.random.default_rng(count)
    inputs = np.empty(count, dtype=object)
    for place in range(count):
        inputs[place] = generator.random((5 + place % 16, features)).astype("f4")
    return inputs, generator.random((count, 1))


def write(folder, **changed):
    """The four files in `folder`, with `changed` ones in their place (None: left out)."""
    folder.mkdir(parents=True, exist_ok=True)
    arrays = dict(zip(("X_train", "y_train"), make(30), strict=True))
    arrays.update(zip(("X_test", "y_test"), make(24), strict=True))
    arrays.update(changed)
    for name, array in arrays.items():
        if array is not None:
            np.save(folder / f"{name}.npy", array, allow_pickle=True)
    return folder


def read():
    source = data.source()
    return data.load(source, "train"), data.load(source, "test")


def zipped(folder, target, prefix=""):
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, prefix + file.name)
        archive.writestr("__MACOSX/._X_train.npy", b"\0\0")
    return target


@pytest.mark.parametrize("where", ["", "sequences", "homework5_question2_data", "Übung 2"])
def test_four_files_in_the_folder_or_one_below(folder, where):
    write(folder / where)
    origin = data.source()
    assert origin.kind == "course"
    assert origin.files[0] == (Path(where) / "X_train.npy").as_posix()
    training, test = read()
    assert (len(training), len(test)) == (30, 24)
    np.testing.assert_array_equal(training.inputs[3], make(30)[0][3])
    np.testing.assert_array_equal(training.targets, make(30)[1][:, 0])


@pytest.mark.parametrize("name", ["homework5_question2_data.zip", "Homework4_Question2_Data.ZIP"])
@pytest.mark.parametrize("prefix", ["", "homework5_question2_data/"])
def test_zipped(folder, tmp_path, name, prefix):
    zipped(write(tmp_path / "loose"), folder / name, prefix)
    assert data.source().files == (name,)
    training, test = read()
    assert (len(training), len(test)) == (30, 24)


def test_unpacked_twice_over(folder):
    write(folder / "homework5_question2_data" / "homework5_question2_data")
    assert data.source().kind == "course"
    assert len(read()[0]) == 30


def test_contents_move_the_fingerprint(folder):
    write(folder)
    before = data.source().fingerprint
    assert data.source().fingerprint == before
    write(folder, y_test=make(24)[1] + 1)
    assert data.source().fingerprint != before


@pytest.mark.parametrize("lost", ["X_train", "y_train", "X_test", "y_test"])
def test_some_files_missing(folder, tmp_path, lost):
    write(folder / "sequences", **{lost: None})
    with pytest.raises(UserError, match=rf"sequences lacks {lost}\.npy, all of .* beside"):
        data.source()
    zipped(folder / "sequences", folder / "homework5_question2_data.zip")
    with pytest.raises(UserError, match=rf"data\.zip lacks {lost}\.npy"):
        data.source()


def test_files_of_two_folders_are_not_taken_together(folder, tmp_path):
    write(folder / "homework5_question2_data" / "new")
    old = folder / "homework5_question2_data" / "lost"
    write(old, y_test=None)
    with pytest.raises(UserError, match=r"homework5_question2_data lacks y_test\.npy"):
        data.source()


@pytest.mark.parametrize("where", ["", "homework5_question2_data"])
def test_a_file_that_is_too_large_is_not_read(folder, tmp_path, monkeypatch, where):
    write(folder / where)
    largest = (folder / where / "X_train.npy").stat().st_size
    monkeypatch.setattr(data, "LIMITS", Limits(file=largest, total=4 * largest))
    assert len(read()[0]) == 30
    monkeypatch.setattr(data, "LIMITS", Limits(file=largest - 1, total=4 * largest))
    with pytest.raises(UserError, match=rf"X_train\.npy .*more than {largest - 1:,} bytes"):
        read()
    zipped(folder / where, folder / "homework5_question2_data.zip")
    with pytest.raises(UserError, match=f"at most {largest - 1:,} bytes a file"):
        read()


def test_files_vanish_between_finding_and_reading(folder):
    write(folder)
    origin = data.source()
    for file in folder.iterdir():
        file.unlink()
    with pytest.raises(UserError, match="no longer holds X_train"):
        data.load(origin, "train")


def changed(place, value):
    inputs, _ = make(30)
    inputs[place] = value
    return inputs


@pytest.mark.parametrize(
    ("targets", "sentence"),
    [
        (np.float64(3), r"y_train.*shape \(\)"),
        (np.linspace(0, 1e-200, 30), r"y_train.*the same value 0\.0"),
    ],
)
def test_targets_that_are_none(folder, targets, sentence):
    """`tests/bad_inputs` has many more."""
    write(folder, y_train=targets)
    with pytest.raises(UserError, match=sentence):
        read()


def test_sequences_of_one_length_come_as_one_array(folder):
    write(folder, X_train=np.random.default_rng(0).random((30, 6, 10)))
    training, _ = read()
    assert training.inputs[0].shape == (6, 10)
    assert set(training.lengths) == {6}


@pytest.mark.skipif(not SHARED.is_dir(), reason="the course's files are not at hand")
def test_course_files(monkeypatch):
    monkeypatch.setenv("HW4_DATA", str(SHARED))
    training, test = read()
    assert (len(training), len(test)) == (600, 200)
    assert (training.lengths.min(), training.lengths.max()) == (5, 20)
    reference = np.load(SHARED / "X_train.npy", allow_pickle=True)
    for ours, theirs in zip(training.inputs, reference, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_the_longest_and_the_most_that_are_admitted(folder, monkeypatch):
    write(folder, X_train=changed(3, np.ones((data.MAX_STEPS, 10), "f4")))
    assert max(read()[0].lengths) == data.MAX_STEPS
    monkeypatch.setattr(data, "MAX_PADDED", 30 * data.MAX_STEPS * 10)
    assert len(read()[0]) == 30
    monkeypatch.setattr(data, "MAX_PADDED", 30 * data.MAX_STEPS * 10 - 1)
    with pytest.raises(UserError, match=r"X_train.*60000 numbers when padded .*at most 59999"):
        read()


@pytest.mark.parametrize("share", [0.0, 0.01, 0.7, 1.0])
def test_a_split_that_leaves_too_few_is_refused(share):
    sequences = Sequences(*standin.make()[0]).take(np.arange(30))
    with pytest.raises(UserError, match=r"validation_share of .* change validation_share"):
        data.split(sequences, share, 0)


def test_targets_that_are_constant_in_training_are_refused_before_any_training(folder):
    targets = np.ones(30)
    order = np.random.default_rng(Settings().seed).permutation(30)
    targets[order[0]] = 2.0  # falls to validation
    write(folder, y_train=targets)
    with pytest.raises(UserError, match="All 26 sequences drawn for training have the same target"):
        EXPERIMENT.check(data.source())


def test_check_reads_the_test_set_too(folder):
    write(folder, y_test=np.full(24, np.nan))
    with pytest.raises(UserError, match="y_test"):
        EXPERIMENT.check(data.source())


def test_split_is_random_complete_disjoint_and_repeatable():
    sequences = Sequences(*standin.make()[0])
    parts = data.split(sequences, 0.15, seed=3)
    assert [len(part) for part in parts] == [680, 120]
    target_of = dict(zip(map(id, sequences.inputs), sequences.targets, strict=True))
    for part in parts:
        for sequence, target in zip(part.inputs, part.targets, strict=True):
            assert target_of.pop(id(sequence)) == target  # each once, with its own target
    assert not target_of
    again, other = (data.split(sequences, 0.15, seed)[1] for seed in (3, 4))
    np.testing.assert_array_equal(again.targets, parts[1].targets)
    assert not np.array_equal(other.targets, parts[1].targets)


@given(st.lists(st.integers(5, 12), min_size=1, max_size=6), st.integers(1, 5))
@settings(max_examples=30, deadline=None)
def test_truncation_and_padding_are_exact(lengths, steps):
    inputs = tuple(
        np.random.default_rng(length).random((length, 3)).astype("f4") for length in lengths
    )
    sequences = Sequences(inputs, np.zeros(len(inputs)))
    for cut, original in zip(sequences.first(steps).inputs, inputs, strict=True):
        np.testing.assert_array_equal(cut, original[:steps])
    for cut, original in zip(sequences.last(steps).inputs, inputs, strict=True):
        np.testing.assert_array_equal(cut, original[len(original) - steps :])
    for at in ("end", "front"):
        for row, original in zip(sequences.padded(14, at), inputs, strict=True):
            real = row[: len(original)] if at == "end" else row[14 - len(original) :]
            np.testing.assert_array_equal(real, original)
            assert np.count_nonzero(row) == np.count_nonzero(original)


def test_stand_in_is_the_same_every_time_and_like_the_course_data():
    (inputs, targets), (_, test_targets) = standin.make()
    np.testing.assert_array_equal(targets, standin.make()[0][1])
    assert {len(sequence) for sequence in inputs} == set(range(5, 21))
    assert inputs[0].shape[1] == data.FEATURES
    assert 20 < test_targets.var() / standin.NOISE_FLOOR < 200
