"""Finding, reading and checking the four files; each bad input has its sentence."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hw4.foundation.errors import UserError
from hw4.foundation.places import ROOT
from hw4.sequences import data, standin
from hw4.sequences.data import Sequences

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


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HW4_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("HW4_STORE", str(tmp_path / "store"))
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


def read():
    return data.load(data.source())


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
    training, test = data.load(origin)
    assert (len(training), len(test)) == (standin.TRAINING, standin.TEST)


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


def test_the_folder_of_the_zip_is_empty(folder):
    (folder / "homework5_question2_data").mkdir()
    with pytest.raises(UserError, match="holds none of"):
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
    monkeypatch.setattr("hw4.sequences.files.MAX_BYTES", 1000)
    zipped(write(tmp_path / "loose"), folder / "homework5_question2_data.zip")
    with pytest.raises(UserError, match="is larger than"):
        read()


def test_files_vanish_between_finding_and_reading(folder):
    write(folder)
    origin = data.source()
    for file in folder.iterdir():
        file.unlink()
    with pytest.raises(UserError, match="no longer holds X_train"):
        data.load(origin)


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
