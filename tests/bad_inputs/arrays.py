"""Files of sequences: programs in place of numbers, damaged ones, and numbers that cannot be."""

import io
import os
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.bad_inputs import good
from tests.bad_inputs.case import SEQUENCES, Bad, Home

REFUSED = ("was not read", "an array of numbers was expected", "do not open it")
DAMAGED = ("is damaged", "a whole .npy file was expected", "download the course's file again")
NO_ARRAY = ("is not a NumPy array file", ".npy", "download the course's file again")
REMEDY = "use the course's file as it was downloaded"
INPUTS, TARGETS = "X_train.npy", "y_train.npy"


class Call:
    """Pickled, this is a program that calls a function when it is read."""

    def __init__(self, function: Callable, *arguments: object) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> tuple:
        return self.call


def holding(name: str, content: bytes):
    """The four files with other bytes in one of them."""
    return lambda home: good.in_folder(home.data, {**good.sequences(), name: content})


def array(name: str, value: object):
    """The four files with another array in one of them."""
    return holding(name, good.npy(value))


def hostile(call: Callable[[str], Call], protocol: int = 4, name: str = INPUTS):
    """One of the files would make a file named `ran` beside the data if it were unpickled."""

    def make(home: Home) -> None:
        items = good.objects([call(str(home.folder / "ran"))] * 24)
        good.in_folder(home.data, good.sequences())
        program = pickle.dumps(items, protocol=protocol)
        (home.data / name).write_bytes(header((24,), "|O") + program)

    return make


def header(shape: tuple, kind: str) -> bytes:
    """The beginning of a .npy file that says this of what follows."""
    stream = io.BytesIO()
    facts = {"descr": kind, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(stream, facts)
    return stream.getvalue()


def spoilt(place: int, change: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """The good sequences with one changed."""
    items = good.ragged()
    items[place] = change(items[place])
    return good.objects(items)


def set_to(value: float) -> Callable[[np.ndarray], np.ndarray]:
    """Step 3 changed to `value`."""

    def change(sequence: np.ndarray) -> np.ndarray:
        sequence = sequence.astype("f8")
        sequence[3, 4] = value
        return sequence

    return change


def targets(place: int, value: float) -> np.ndarray:
    values = np.random.default_rng(1).random((24, 1))
    values[place] = value
    return values


def is_folder(home: Home) -> None:
    good.in_folder(home.data, {**good.sequences(), INPUTS: None})
    (home.data / INPUTS).mkdir()


def leads_nowhere(home: Home) -> None:
    good.in_folder(home.data, {**good.sequences(), INPUTS: None})
    (home.data / INPUTS).symlink_to("gone.npy")


def built(shape_of: bytes) -> bytes:
    """A pickle of an array of nothing whose shape is what these steps leave on the stack."""
    empty = b"cnumpy._core.multiarray\n_reconstruct\ncnumpy\nndarray\n(I0\ntC\x01b\x87R"
    kind = b"cnumpy\ndtype\n(X\x02\x00\x00\x00O8tR"
    return empty + b"(I1\n" + shape_of + kind + b"I00\n]tb."


LARGE = b"(" + 100_000 * b"I99999999999\n" + b"t"
NESTED = b"(t" + b"".join(b"q%ch%c\x86" % (number, number) for number in range(1, 43))
FORGED = built(b"(t").replace(b"X\x02\x00\x00\x00O8", b"X\x17\x00\x00\x00f4\nError: all is well!!")
CUT = good.npy(good.objects(good.ragged()))
CASES = (
    Bad(
        "a pickle that runs a command",
        hostile(lambda trace: Call(os.system, f"touch {trace}")),
        *(INPUTS, *REFUSED, SEQUENCES),
    ),
    Bad(
        "the same in the oldest protocol",
        hostile(lambda trace: Call(os.system, f"touch {trace}"), protocol=0),
        *(INPUTS, *REFUSED, SEQUENCES),
    ),
    Bad(
        "a pickle that evaluates Python",
        hostile(lambda trace: Call(eval, f"open({trace!r}, 'w')"), protocol=2),
        *(INPUTS, *REFUSED, SEQUENCES),
    ),
    Bad(
        "a pickle that opens a file, among the targets",
        hostile(lambda trace: Call(io.open, trace, "w"), name="y_test.npy"),
        *("y_test.npy", *REFUSED, SEQUENCES),
    ),
    Bad(
        "a pickle that makes a file by way of pathlib",
        hostile(lambda trace: Call(Path.touch, Path(trace))),
        *(INPUTS, *REFUSED, SEQUENCES),
    ),
    Bad(
        "a pickle that calls numpy.load",
        hostile(lambda trace: Call(np.load, trace)),
        *(INPUTS, *REFUSED, SEQUENCES),
    ),
    Bad(
        "a pickle that names one array many times",
        array(INPUTS, good.objects([np.zeros((900, 10), "f4")] * 24)),
        *(INPUTS, "unfolds to more numbers", REFUSED[1], REFUSED[2], SEQUENCES),
    ),
    Bad(
        "text in place of sequences",
        array(INPUTS, good.objects(["words"] * 24)),
        *(INPUTS, "holds a str", REFUSED[1], REFUSED[2], SEQUENCES),
    ),
    Bad(
        "arrays in arrays in arrays",
        array(INPUTS, good.objects([good.objects(good.ragged(2))] * 24)),
        *(INPUTS, "holds a nested array", REFUSED[1], REFUSED[2], SEQUENCES),
    ),
    Bad("cut short", holding(INPUTS, CUT[:900]), INPUTS, *DAMAGED, SEQUENCES),
    Bad("spliced from two", holding(INPUTS, CUT[:700] + CUT[900:]), INPUTS, *DAMAGED, SEQUENCES),
    Bad(
        "a header that promises too much",
        holding(TARGETS, header((10**12,), "<f8") + bytes(80)),
        *(TARGETS, *DAMAGED, SEQUENCES),
    ),
    Bad(
        "a header that is a program",
        holding(TARGETS, b"\x93NUMPY\x01\x00\x20\x00__import__('os').getcwd()     \n" + bytes(80)),
        *(TARGETS, *DAMAGED, SEQUENCES),
    ),
    Bad("empty", holding(TARGETS, b""), TARGETS, *NO_ARRAY, SEQUENCES),
    Bad("the page of a log-in", holding(INPUTS, b"<!DOCTYPE html>"), INPUTS, *NO_ARRAY, SEQUENCES),
    Bad("an .npz", holding(INPUTS, b"PK\x03\x04" + bytes(40)), INPUTS, *NO_ARRAY, SEQUENCES),
    Bad(
        "dates",
        array(TARGETS, np.zeros(24, "M8[s]")),
        *(TARGETS, "of the type datetime64", REFUSED[1], REFUSED[2], SEQUENCES),
    ),
    Bad(
        "complex numbers",
        array(TARGETS, np.zeros(24, "c16")),
        *(TARGETS, "of the type complex128", REFUSED[1], REFUSED[2], SEQUENCES),
    ),
    Bad(
        "words as targets",
        array(TARGETS, np.array(["high"] * 24)),
        *(TARGETS, "of the type <U4", REFUSED[1], REFUSED[2], SEQUENCES),
    ),
    Bad(
        "a folder named as a file",
        is_folder,
        *(INPUTS, "not a regular file", "a readable file was expected", "download it again"),
        SEQUENCES,
    ),
    Bad(
        "a link to a file that is gone",
        leads_nowhere,
        *(INPUTS, "No such file", "a readable file was expected", "download it again", SEQUENCES),
    ),
    Bad(
        "nine features in one sequence",
        array(INPUTS, spoilt(17, lambda sequence: sequence[:, :9])),
        *(INPUTS, "sequence 17", "(length, 10) was expected", REMEDY, SEQUENCES),
    ),
    Bad(
        "a sequence without steps",
        array(INPUTS, spoilt(6, lambda sequence: sequence[:0])),
        *(INPUTS, "sequence 6", "at least one step", REMEDY, SEQUENCES),
    ),
    Bad(
        "a sequence that is flat",
        array(INPUTS, spoilt(2, lambda sequence: sequence[0])),
        *(INPUTS, "sequence 2 (counted from 0) has the shape (10,)", "was expected", REMEDY),
        SEQUENCES,
    ),
    Bad(
        "NaN",
        array(INPUTS, spoilt(4, set_to(np.nan))),
        *(INPUTS, "sequence 4 (counted from 0) holds NaN", "at step 3, finite", REMEDY, SEQUENCES),
    ),
    Bad(
        "infinity",
        array(INPUTS, spoilt(4, set_to(-np.inf))),
        *(INPUTS, "infinity at step 3", "finite numbers were expected", REMEDY, SEQUENCES),
    ),
    Bad(
        "a number too large for a network",
        array(INPUTS, spoilt(4, set_to(1e300))),
        *(INPUTS, "at step 3", "numbers were expected", REMEDY, SEQUENCES),
    ),
    Bad(
        "three sequences",
        array("X_test.npy", good.objects(good.ragged(3))),
        *("X_test.npy", "holds 3 sequences", "at least 20", REMEDY, SEQUENCES),
    ),
    Bad(
        "no sequences but a table",
        array(INPUTS, np.zeros((24, 10))),
        *(INPUTS, "the shape (24, 10)", "a list of sequences", REMEDY, SEQUENCES),
    ),
    Bad(
        "a target too few",
        array(TARGETS, np.random.default_rng(1).random((23, 1))),
        *(TARGETS, "holds 23 values", "as many", REMEDY, SEQUENCES),
    ),
    Bad(
        "two targets a sequence",
        array(TARGETS, np.zeros((24, 2))),
        *(TARGETS, "the shape (24, 2)", "one number a sequence", REMEDY, SEQUENCES),
    ),
    Bad(
        "a target that is NaN",
        array(TARGETS, targets(5, np.nan)),
        *(TARGETS, "NaN or infinity at place 5", "finite numbers", REMEDY, SEQUENCES),
    ),
    Bad(
        "a target too large for a network",
        array(TARGETS, targets(5, -1e200)),
        *(TARGETS, "at place 5", "numbers were expected", REMEDY, SEQUENCES),
    ),
    Bad(
        "targets that are all the same",
        array(TARGETS, np.ones((24, 1))),
        *(TARGETS, "the same value 1.0", "to tell apart", REMEDY, SEQUENCES),
    ),
    Bad(
        "a shape of a hundred thousand large numbers",
        holding(INPUTS, header((24,), "|O") + built(shape_of=LARGE)),
        *(INPUTS, *DAMAGED, SEQUENCES),
    ),
    Bad(
        "a shape that holds itself a million million times",
        holding(INPUTS, header((24,), "|O") + built(shape_of=NESTED)),
        *(INPUTS, "a shape that no array has", REFUSED[1], REFUSED[2], SEQUENCES),
    ),
    Bad(
        "a type with a line break that forges a second message",
        holding(INPUTS, header((24,), "|O") + FORGED),
        *(INPUTS, "f4\\nError: all is well", REFUSED[1], REFUSED[2], SEQUENCES),
    ),
    Bad(
        "a sequence of two hundred and one steps",
        array(INPUTS, spoilt(4, lambda sequence: np.ones((201, 10), "f4"))),
        *(INPUTS, "sequence 4 (counted from 0) has 201 steps", "at most 200", REMEDY, SEQUENCES),
    ),
    Bad(
        "an input beyond the range of a network's squares",
        array(INPUTS, spoilt(4, set_to(1e13))),
        *(INPUTS, "a number beyond ±1e+12 at step 3", "numbers were expected", REMEDY, SEQUENCES),
    ),
)
