"""Read a .npy file without running anything that is in it.

The course saved its sequences as an array of objects, and such a file is a pickle: a small program
that may call any function on the machine that reads it. `numpy.load(allow_pickle=True)` runs it.
Here the program is first checked step by step, then run by an unpickler that calls nothing: what
it is told to do is noted. The arrays are built from the notes at the end, if they are those that
NumPy writes.
"""

import io
import pickle
import pickletools
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hw4.foundation.errors import UserError

MAGIC = b"\x93NUMPY"
SHOWN = 40
"""Letters of a word from a file that a message quotes at most."""
REMEDY = "download the course's file again and put it there"
NAMES = {
    "numpy._core.multiarray._reconstruct",  # an empty array, filled in a later step
    "numpy._core.numeric._frombuffer",  # the same at once, since protocol 5
    "numpy.ndarray",
    "numpy.dtype",
    "_codecs.encode",  # how protocols 0 to 2 write bytes
}
"""What the pickle of an array asks for; NumPy 1 says `core` where NumPy 2 says `_core`."""
_OPCODES = """
    PROTO FRAME STOP MARK POP_MARK NONE NEWTRUE NEWFALSE BININT BININT1 BININT2 INT LONG LONG1
    SHORT_BINBYTES BINBYTES BINBYTES8 BYTEARRAY8 SHORT_BINUNICODE BINUNICODE BINUNICODE8 UNICODE
    EMPTY_TUPLE TUPLE TUPLE1 TUPLE2 TUPLE3 EMPTY_LIST LIST APPEND APPENDS
    GET BINGET LONG_BINGET PUT BINPUT LONG_BINPUT MEMOIZE GLOBAL STACK_GLOBAL REDUCE BUILD
"""
OPCODES = frozenset(_OPCODES.split())
"""The steps of a pickle that an array of arrays needs."""


class Refused(Exception):
    """What a file holds that an array never does; the text completes "it ..."."""


def read_array(content: bytes, path: Path | str) -> np.ndarray:
    """The array in a .npy file: of numbers, or of objects that are arrays of numbers.

    Args:
        content: the file's bytes.
        path: where they are from, for the messages.

    Raises:
        UserError: not a .npy file, damaged, or something else than arrays of numbers is in it.
    """
    if not content.startswith(MAGIC):
        raise UserError(f"{path} is not a NumPy array file (.npy): {REMEDY}.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd headers; what comes of them is checked
            return _read(content)
    except Refused as refusal:
        raise UserError(
            f"{path} was not read, because it {refusal}, while an array of numbers was expected: "
            f"do not open it with other programs, and {REMEDY}."
        ) from None
    except Exception as error:  # hostile bytes can make any step fail in its own way
        raise UserError(
            f"{path} is damaged ({type(error).__name__} while reading it), a whole .npy file was "
            f"expected: {REMEDY}."
        ) from error


def _read(content: bytes) -> np.ndarray:
    stream = io.BytesIO(content)
    if np.lib.format.read_magic(stream) == (1, 0):
        shape, is_fortran, dtype = np.lib.format.read_array_header_1_0(stream)
    else:
        shape, is_fortran, dtype = np.lib.format.read_array_header_2_0(stream)
    body = content[stream.tell() :]
    if not dtype.hasobject:
        return _numbers(shape, dtype, is_fortran, body)
    array = _objects(_noted(body), len(body))
    if array.shape != shape:
        raise ValueError(f"header says {shape}, contents {array.shape}")
    return array


@dataclass(slots=True, eq=False)
class Note:
    """What a pickle asks for, by name; how it would call it; what it would fill it with."""

    name: str
    arguments: tuple | None = None
    state: object = None

    def __call__(self, *arguments: object) -> "Note":
        return Note(self.name, arguments)

    def __setstate__(self, state: object) -> None:  # so that no step can set an attribute
        self.state = state


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Note:
        wanted = f"{module.replace('numpy.core', 'numpy._core', 1)}.{name}"
        if wanted not in NAMES:
            raise Refused(f"asks for {_shown(f'{module}.{name}')}, a program of its own")
        return Note(name)


def _noted(body: bytes) -> object:
    for opcode, argument, _ in pickletools.genops(body):
        if opcode.name not in OPCODES:
            raise Refused(f"holds a pickle with the step {opcode.name}")
        if "PUT" in opcode.name and argument > len(body):
            raise Refused("holds a pickle that asks for more memory than it can need")
    return _Unpickler(io.BytesIO(body)).load()


def _objects(note: object, budget: int) -> np.ndarray:
    """The array of objects that is noted, with the arrays in it built as well.

    Args:
        budget: bytes of numbers that it may hold, those of the file: a pickle can name one array
            many times over.
    """
    shape, dtype, _, items = _array(note)
    if dtype.kind != "O" or not isinstance(items, list):
        raise Refused("fills an array of objects with something else")
    built = np.empty(len(items), dtype=object)
    for place, item in enumerate(items):
        shape_in, dtype, *rest = _array(item)
        if dtype.kind == "O":
            raise Refused("holds a nested array where an array of numbers belongs")
        built[place] = _numbers(shape_in, dtype, *rest)
        budget -= built[place].nbytes
        if budget < 0:
            raise Refused("unfolds to more numbers than the file has room for")
    return built.reshape(_sizes(shape))


def _array(note: object) -> tuple[object, np.dtype, bool, object]:
    """Shape, type, whether columns come first, and contents of an array that is noted."""
    match note:
        case Note("_reconstruct", (Note("ndarray", None), (0,), _), (_, shape, kind, order, data)):
            return shape, _dtype(kind), bool(order), data
        case Note("_frombuffer", (data, kind, shape, order)):
            return shape, _dtype(kind), order == "F", data
        case Note():
            raise Refused("builds an array in a way NumPy does not")
    raise Refused(f"holds a {type(note).__name__} where an array belongs")


def _dtype(note: object) -> np.dtype:
    match note:
        case Note("dtype", (code, *_), None | (_, "<" | ">" | "|" | "=", *_) as state):
            if not isinstance(code, str) or not re.fullmatch("[fiubO][0-9]{0,2}", code):
                raise Refused(f"holds values of the type {_shown(code)}")
            return np.dtype("O" if code[0] == "O" else (state[1] if state else "=") + code)
    raise Refused("describes a type in a way NumPy does not")


def _numbers(shape: object, dtype: np.dtype, is_fortran: bool, data: object) -> np.ndarray:
    """The array of numbers in `data`, which must be as long as `shape` needs, to the byte."""
    match data:
        case Note("encode", (str(text), "latin1")):
            data = text.encode("latin1")
    if dtype.kind not in "fiub":
        is_plain = dtype.names is None and dtype.subdtype is None
        raise Refused(f"holds values of the type {_shown(str(dtype) if is_plain else dtype.kind)}")
    return np.frombuffer(data, dtype).reshape(_sizes(shape), order="F" if is_fortran else "C")


def _sizes(shape: Sequence[object]) -> Sequence[int]:
    """A shape that leaves nothing to be inferred; NumPy sees whether as many numbers are there."""
    if not all(type(size) is int and size >= 0 for size in shape):
        raise Refused("gives an array a shape that no array has")
    return shape


def _shown(word: object) -> str:
    """A word from a file, short; anything else by its type.

    What a file holds may be built of itself many times over, and then has no end when printed.
    """
    if not isinstance(word, str):
        return f"a {type(word).__name__}"
    return word[:SHOWN] + ("…" if len(word) > SHOWN else "")
