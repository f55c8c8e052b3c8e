"""Finding, reading and checking the four files; each bad input has its sentence."""

import io
import os
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


def test_nothing_there_is_the_stand_in(folder):
    origin = data.source()
    assert origin.is_stand_in


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


def test_the_folder_of_the_zip_is_empty(folder):
    (folder / "homework5_question2_data").mkdir()
    with pytest.raises(UserError, match="lacks X_train"):
        data.source()


def test_no_zip_at_all(folder):
    (folder / "homework5_question2_data.zip").write_bytes(b"<html>log in</html>")
    with pytest.raises(UserError, match=r"cannot be read as a zip .*download it again"):
        data.source()


def test_a_zip_with_damaged_contents(folder, tmp_path):
    target = zipped(write(tmp_path / "loose"), folder / "homework5_question2_data.zip")
    content = bytearray(target.read_bytes())
    content[300:320] = bytes(20)
    target.write_bytes(content)
    with pytest.raises(UserError, match=r"data\.zip/X_test\.npy (is damaged|cannot be read)"):
        read()


def test_a_zip_that_unfolds_to_too_much(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(data, "LIMITS", Limits(file=1000, total=4000))
    zipped(write(tmp_path / "loose"), folder / "homework5_question2_data.zip")
    with pytest.raises(UserError, match="at most 1,000 bytes a file"):
        read()


@pytest.mark.parametrize("where", ["", "homework5_question2_data"])
def test_a_loose_file_that_is_too_large_is_not_read(folder, monkeypatch, where):
    write(folder / where)
    largest = (folder / where / "X_train.npy").stat().st_size
    monkeypatch.setattr(data, "LIMITS", Limits(file=largest, total=4 * largest))
    assert len(read()[0]) == 30
    monkeypatch.setattr(data, "LIMITS", Limits(file=largest - 1, total=4 * largest))
    with pytest.raises(UserError, match=rf"X_train\.npy .*more than {largest - 1:,} bytes"):
        read()


def test_a_pipe_in_place_of_a_file_is_refused(folder):
    write(folder, X_train=None)
    os.mkfifo(folder / "X_train.npy")
    with pytest.raises(UserError, match=r"X_train\.npy .*not a regular file"):
        read()


def test_files_vanish_between_finding_and_reading(folder):
    write(folder)
    origin = data.source()
    for file in folder.iterdir():
        file.unlink()
    with pytest.raises(UserError, match="no longer holds X_train"):
        data.load(origin, "train")


def test_hostile_file_in_place_of_the_sequences(folder, tmp_path):
    class Shell:
        def __reduce__(self):
            return (Path(tmp_path / "ran").touch, ())

    hostile = np.empty(30, dtype=object)
    hostile[:] = [Shell()] * 30
    write(folder, X_train=hostile)
    with pytest.raises(UserError, match=r"X_train\.npy was not read, because it asks for builtins"):
        read()
    assert not (tmp_path / "ran").exists()


def changed(place, value):
    inputs, _ = make(30)
    inputs[place] = value
    return inputs


def with_nan(place, step):
    inputs, _ = make(30)
    inputs[place][step, 4] = np.nan
    return inputs


BAD = {
    "width": (
        {"X_train": changed(17, np.zeros((7, 9), "f4"))},
        r"X_train\.npy: sequence 17 .*shape \(7, 9\), \(length, 10\) was expected",
    ),
    "flat": ({"X_train": changed(2, np.zeros(10, "f4"))}, r"sequence 2 .*shape \(10,\)"),
    "NaN": ({"X_train": with_nan(4, 3)}, r"sequence 4 .*NaN or infinity at step 3"),
    "infinite": (
        {"X_train": changed(0, np.full((5, 10), np.inf, "f4"))},
        r"sequence 0 .*NaN or infinity at step 0",
    ),
    "empty": ({"X_train": changed(6, np.zeros((0, 10), "f4"))}, r"sequence 6 .*is empty"),
    "counts": ({"y_train": make(29)[1]}, r"y_train.* 29 values and .*X_train.* 30 sequences"),
    "few": ({"X_test": make(3)[0]}, r"X_test\.npy holds 3 sequences, at least 20"),
    "no sequences": ({"X_train": np.zeros((30, 10))}, r"shape \(30, 10\), a list of sequences"),
    "two targets": ({"y_train": np.zeros((30, 2))}, r"y_train.*shape \(30, 2\)"),
    "one number": ({"y_train": np.float64(3)}, r"y_train.*shape \(\)"),
    "target NaN": (
        {"y_train": np.where(np.arange(30) == 5, np.nan, 1.0)},
        r"y_train\.npy holds NaN or infinity at place 5",
    ),
    "constant": ({"y_train": np.ones((30, 1))}, r"y_train\.npy holds the same value 1\.0"),
    "too long": (
        {"X_train": changed(3, np.zeros((data.MAX_STEPS + 1, 10), "f4"))},
        r"sequence 3 .*has 201 steps, at most 200",
    ),
    "beyond a network": (
        {"X_train": changed(3, np.full((5, 10), 1e13, "f4"))},
        r"sequence 3 .*a number beyond ±1e\+12 at step 0",
    ),
    "spread too small": ({"y_train": np.linspace(0, 1e-200, 30)}, r"y_train.*the same value 0\.0"),
    "words": ({"y_train": np.array(["a"] * 30)}, r"y_train\.npy was not read.*type <U1"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_contents_have_their_sentence(folder, case):
    files, sentence = BAD[case]
    write(folder, **files)
    with pytest.raises(UserError, match=sentence) as caught:
        read()
    assert str(caught.value).endswith(".")


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


def test_padded_to_too_many_numbers(folder, monkeypatch):
    write(folder)
    monkeypatch.setattr(data, "MAX_PADDED", 30 * 20 * 10)
    assert len(read()[0]) == 30
    monkeypatch.setattr(data, "MAX_PADDED", 30 * 20 * 10 - 1)
    with pytest.raises(UserError, match=r"X_train.*6000 numbers when padded .*at most 5999"):
        read()


def test_longest_sequence_that_is_admitted(folder):
    write(folder, X_train=changed(3, np.ones((data.MAX_STEPS, 10), "f4")))
    assert max(read()[0].lengths) == data.MAX_STEPS


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


def test_sequences_are_taken_with_their_targets():
    sequences = Sequences(*standin.make()[1])
    taken = sequences.take(np.array([7, 3]))
    assert taken.inputs[0] is sequences.inputs[7]
    assert taken.targets.tolist() == sequences.targets[[7, 3]].tolist()


def test_the_parts_are_disjoint():
    sequences = Sequences(*standin.make()[0])
    parts = data.split(sequences, 0.15, seed=3)
    seen = [{sequence.tobytes() for sequence in part.inputs} for part in parts]
    assert not seen[0] & seen[1]
    assert len(seen[0] | seen[1]) == len(sequences)
    for part in parts:  # each sequence keeps its target
        for sequence, target in zip(part.inputs, part.targets, strict=True):
            assert target == sequences.targets[part_of(sequences, sequence)]


def part_of(sequences, wanted):
    return next(i for i, sequence in enumerate(sequences.inputs) if sequence is wanted)


def test_split_is_random_complete_and_repeatable():
    sequences = Sequences(*standin.make()[0])
    training, validation = data.split(sequences, 0.15, seed=3)
    assert (len(training), len(validation)) == (680, 120)
    both = np.concatenate([training.targets, validation.targets])
    np.testing.assert_array_equal(np.sort(both), np.sort(sequences.targets))
    again = data.split(sequences, 0.15, seed=3)[1]
    np.testing.assert_array_equal(again.targets, validation.targets)
    other = data.split(sequences, 0.15, seed=4)[1]
    assert not np.array_equal(other.targets, validation.targets)


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


def test_a_file_of_nothing_but_bytes(folder):
    write(folder)
    (folder / "y_test.npy").write_bytes(io.BytesIO(b"not numbers").read())
    with pytest.raises(UserError, match=r"y_test\.npy is not a NumPy array file"):
        read()
