"""The reader of .npy files: what NumPy writes is read, and nothing in a file is ever run."""

import io
import os
import pickle
import struct
import time

import numpy as np
import pytest

from hw4.foundation.errors import UserError
from hw4.sequences.arrays import read_array


def saved(array, **kwargs):
    stream = io.BytesIO()
    np.save(stream, array, **kwargs)
    return stream.getvalue()


def of_objects(*items):
    array = np.empty(len(items), dtype=object)
    array[:] = items
    return array


def pickled(program, shape=(1,)):
    """A .npy file of objects whose pickle is `program`."""
    stream = io.BytesIO()
    header = {"descr": "|O", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(stream, header)
    return stream.getvalue() + program


RAGGED = of_objects(*(np.random.default_rng(n).random((n, 10)).astype("f4") for n in (3, 1, 7)))


def same(read, expected):
    assert read.shape == expected.shape
    for ours, theirs in zip(read, expected, strict=True):
        assert ours.dtype == theirs.dtype
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("core", [b"numpy._core", b"numpy.core"])
def test_every_protocol_and_both_names_of_numpy(protocol, core):
    program = pickle.dumps(RAGGED, protocol=protocol)
    if core == b"numpy.core":  # as NumPy 1 wrote it: shorter by one letter
        if protocol < 4:
            program = program.replace(b"numpy._core", core)
        else:
            program = pickle.dumps(RAGGED, protocol=3).replace(b"numpy._core", core)
    same(read_array(pickled(program, (3,)), "X.npy"), RAGGED)


def test_what_numpy_saves_is_what_is_read():
    same(read_array(saved(RAGGED), "X.npy"), RAGGED)
    numbers = np.arange(12.0).reshape(4, 3)
    same(read_array(saved(numbers), "y.npy"), numbers)
    same(read_array(saved(np.asfortranarray(numbers)), "y.npy"), numbers)


@pytest.mark.parametrize("dtype", ["<f4", ">f8", "<i2", "|u1", "|b1", "<f2"])
def test_number_types_and_byte_orders(dtype):
    items = of_objects(np.arange(6).reshape(3, 2).astype(dtype), np.zeros((1, 2), dtype))
    same(read_array(saved(items), "X.npy"), items)
    turned = of_objects(np.asfortranarray(items[0]))
    same(read_array(saved(turned), "X.npy"), turned)


@pytest.mark.parametrize("protocol", [2, 5])
def test_columns_first_in_every_protocol(protocol):
    items = of_objects(np.asfortranarray(np.arange(6.0).reshape(3, 2)), np.arange(4.0)[:, None])
    same(read_array(pickled(pickle.dumps(items, protocol), (2,)), "X.npy"), items)


class Shell:
    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("protocol", range(6))
def test_a_hostile_pickle_is_refused_and_never_run(tmp_path, protocol):
    trace = tmp_path / "ran"
    for function, arguments in (
        (os.system, (f"touch {trace}",)),
        (eval, (f"open({str(trace)!r}, 'w')",)),
        (io.open, (str(trace), "w")),
    ):
        program = pickle.dumps(of_objects(Shell(function, *arguments)), protocol=protocol)
        with pytest.raises(UserError, match=r"X\.npy was not read, because it .*asks for"):
            read_array(pickled(program), "X.npy")
        assert not trace.exists()


def test_numpy_functions_other_than_reconstruction_are_refused():
    for name in (b"numpy\nload", b"numpy.core.multiarray\nfromfile", b"numpy\nmemmap"):
        with pytest.raises(UserError, match="asks for numpy"):
            read_array(pickled(b"c" + name + b"\n."), "X.npy")


def test_steps_that_no_array_needs_are_refused():
    persistent = b"Pname\n."
    extension = b"\x82\x01."
    instance = b"(ios\nsystem\n."
    for program in (persistent, extension, instance):
        with pytest.raises(UserError, match="with the step"):
            read_array(pickled(program), "X.npy")


def test_the_functions_a_pickle_sees_cannot_be_changed():
    state = b"N}U" + b"\x01xU\x01ys\x86b."
    program = b"cnumpy\ndtype\n" + state
    with pytest.raises(UserError):
        read_array(pickled(program), "X.npy")
    slots = b"(cnumpy\ndtype\nX\x09\x00\x00\x00_functionNb."
    with pytest.raises(UserError):
        read_array(pickled(slots), "X.npy")
    same(read_array(saved(RAGGED), "X.npy"), RAGGED)


def test_a_small_file_cannot_ask_for_much_memory():
    far = b"\x80\x02]r" + struct.pack("<I", 2**31) + b"."
    with pytest.raises(UserError, match="more memory"):
        read_array(pickled(far), "X.npy")
    one = np.zeros((1000, 10), "f4")
    with pytest.raises(UserError, match="unfolds to more numbers"):
        read_array(saved(of_objects(*[one] * 50)), "X.npy")
    header = saved(np.zeros(3)).replace(b"(3,)", b"(9999999999,)")[:80]
    with pytest.raises(UserError, match="damaged"):
        read_array(header, "y.npy")


def shaped(steps):
    """A file with an array whose shape is what these steps of a pickle leave on the stack."""
    empty = b"cnumpy._core.multiarray\n_reconstruct\ncnumpy\nndarray\n(I0\ntC\x01b\x87R"
    kind = b"cnumpy\ndtype\n(X\x02\x00\x00\x00O8tR"
    return pickled(empty + b"(I1\n" + steps + kind + b"I00\n]tb.")


@pytest.mark.parametrize(
    "steps",
    [
        b"(" + 100_000 * b"I99999999999\n" + b"t",  # a product of a million digits
        b"(" + 30 * b"I999999999999\n" + b"t",
        b"(t" + b"".join(b"q%ch%c\x86" % (n, n) for n in range(1, 60)),  # 2^59 of itself
        b"(" + 65 * b"I1\n" + b"t",
        b"(I-1\nt",
        b"(I1\nI0\nI-1\nt",
        b"I3\n",
        b"(X\x01\x00\x00\x003t",
    ],
)
def test_a_shape_that_none_has_is_refused_at_once(steps):
    began = time.monotonic()
    with pytest.raises(UserError, match=r"a shape that no array has|is damaged"):
        read_array(shaped(steps), "X.npy")
    assert time.monotonic() - began < 5


def test_a_message_quotes_a_file_short_and_on_one_line():
    forged = b"f4\nError: all is well\x1b[2J" + 300 * b"!"
    kind = b"cnumpy\ndtype\n(X" + struct.pack("<I", len(forged)) + forged + b"tR."
    module = b"cos\x1b[2J\nsystem" + 300 * b"!" + b"\n."
    for program in (kind, module):
        with pytest.raises(UserError) as caught:
            read_array(pickled(program), "X.npy")
        assert len(str(caught.value)) < 250
        assert str(caught.value).isprintable()
    fields = np.zeros(2, [("a" * 300, "f4")])
    with pytest.raises(UserError, match="of the type V,"):
        read_array(saved(fields), "X.npy")


def test_a_header_of_another_shape_than_the_contents_is_damaged():
    with pytest.raises(UserError, match="damaged"):
        read_array(pickled(pickle.dumps(RAGGED), (2,)), "X.npy")


def test_other_contents_are_refused():
    for item in ("text", None, 3, [1.0, 2.0], of_objects(np.zeros(2)), np.array(["a"])):
        with pytest.raises(UserError, match=r"X\.npy"):
            read_array(saved(of_objects(item)), "X.npy")
    for array in (np.array(["a", "b"]), np.zeros(2, "M8[s]"), np.zeros(2, [("a", "f4")])):
        with pytest.raises(UserError, match="holds values of the type"):
            read_array(saved(array), "y.npy")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"<html>", b"\x93NUMP"])
def test_no_npy_file_at_all(content):
    with pytest.raises(UserError, match=r"X\.npy is not a NumPy array file"):
        read_array(content, "X.npy")
