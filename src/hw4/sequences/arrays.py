"""Read a .npy file without running anything that is in it.

The course saved its sequences as an array of objects, and such a file is a pickle: a small program
that may call any function on the machine that reads it. `numpy.load(allow_pickle=True)` runs it.
Here the program is first checked step by step, then run by an unpickler whose only functions are
our own three below; they write down what NumPy's functions of the same names are told to build.
The arrays are built from that at the end.
"""

import io
import math
import pickle
import pickletools
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hw4.foundation.errors import UserError

MAX_BYTES = 512 * 2**20
"""More than 2,000 times the course's largest file; what is larger is something else."""
MAGIC = b"\x93NUMPY"
MAX_AXES = 32
"""Of an array; the course's have two."""
SHOWN = 40
"""Letters of a word from a file that a message quotes at most."""
REMEDY = "download the course's file again and put it there"

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
    version = np.lib.format.read_magic(stream)
    if version == (1, 0):
        shape, fortran_order, dtype = np.lib.format.read_array_header_1_0(stream)
    else:
        shape, fortran_order, dtype = np.lib.format.read_array_header_2_0(stream)
    body = content[stream.tell() :]
    if dtype.hasobject:
        array = _unpickle(body)
        if array.shape != shape:
            raise ValueError(f"header says {shape}, contents {array.shape}")
        return array
    return _numbers(shape, dtype, fortran_order, body)


def _unpickle(body: bytes) -> np.ndarray:
    for opcode, argument, _ in pickletools.genops(body):
        if opcode.name not in OPCODES:
            raise Refused(f"holds a pickle with the step {opcode.name}")
        if "PUT" in opcode.name and argument > len(body):
            raise Refused("holds a pickle that asks for more memory than it can need")
    noted = _Unpickler(io.BytesIO(body)).load()
    if not isinstance(noted, _NotedArray):
        raise Refused(f"holds a {type(noted).__name__}")
    return noted.build(len(body))


class _Unpickler(pickle.Unpickler):
    """Knows the names that NumPy writes for an array, old and new, and no other name."""

    def find_class(self, module: str, name: str) -> object:
        core = module.replace("numpy.core", "numpy._core", 1)
        match core, name:
            case "numpy._core.multiarray", "_reconstruct":
                return _Call(_reconstruct)
            case "numpy._core.numeric", "_frombuffer":
                return _Call(_frombuffer)
            case "numpy", "ndarray":
                return "ndarray"
            case "numpy", "dtype":
                return _Call(_NotedType)
            case "_codecs", "encode":  # how protocols 0 to 2 write bytes
                return _Call(_latin1)
        raise Refused(f"asks for {_shown(f'{module}.{name}')}, a program of its own")


class _Call:
    """A function that a pickle can call and cannot change: there is nowhere to set an attribute."""

    __slots__ = ("_function",)

    def __init__(self, function) -> None:
        object.__setattr__(self, "_function", function)

    def __setattr__(self, name: str, value: object) -> None:
        raise Refused("tries to change a function")

    def __call__(self, *arguments: object) -> object:
        return self._function(*arguments)


def _reconstruct(kind: object, shape: object, code: object) -> "_NotedArray":
    """NumPy's empty array to be filled in a later step; it always writes these arguments."""
    if (kind, shape, code) != ("ndarray", (0,), b"b"):
        raise Refused("builds an array in a way NumPy does not")
    return _NotedArray()


def _frombuffer(data: object, kind: object, shape: object, order: object) -> "_NotedArray":
    array = _NotedArray()
    array.__setstate__((1, shape, kind, order == "F", data))
    return array


def _latin1(text: object, encoding: object) -> bytes:
    if not isinstance(text, str) or encoding != "latin1":
        raise Refused("encodes text in a way NumPy does not")
    return text.encode("latin1")


class _NotedType:
    """The arguments of a `numpy.dtype`: a code such as `f4`, then the byte order."""

    __slots__ = ("code", "order")

    def __init__(self, code: object, align: object = False, copy: object = True) -> None:
        if not isinstance(code, str) or not (code[:1] in "fiubO" and code[1:].isdecimal()):
            raise Refused(f"holds values of the type {_shown(code)}")
        self.code, self.order = code, "="

    def __setstate__(self, state: object) -> None:
        if not isinstance(state, tuple) or len(state) < 2 or state[1] not in ("<", ">", "|", "="):
            raise Refused("describes a type in a way NumPy does not")
        self.order = state[1]

    def build(self) -> np.dtype:
        return np.dtype(self.order + self.code if self.code[0] != "O" else "O")


@dataclass(slots=True, eq=False)
class _NotedArray:
    """What a pickle says about one array."""

    state: tuple = ()

    def __setstate__(self, state: object) -> None:
        if not isinstance(state, tuple) or len(state) != 5 or not isinstance(state[2], _NotedType):
            raise Refused("fills an array in a way NumPy does not")
        self.state = state

    def build(self, budget: int) -> np.ndarray:
        """The array; of objects, with the arrays in it built as well.

        Args:
            budget: bytes of numbers it may hold at most, those of the file: a pickle can name
                one array many times over.
        """
        _, shape, kind, fortran_order, data = self.state
        if kind.code[0] != "O":
            return _numbers(shape, kind.build(), fortran_order, data)
        if not isinstance(data, list) or len(data) != _count(shape):
            raise Refused("fills an array of objects with something else")
        built = np.empty(len(data), dtype=object)
        for place, item in enumerate(data):
            if not isinstance(item, _NotedArray) or item.state[2].code[0] == "O":
                raise Refused(f"holds a {_name(item)} where an array of numbers belongs")
            built[place] = item.build(budget)
            budget -= built[place].nbytes
            if budget < 0:
                raise Refused("unfolds to more numbers than the file has room for")
        return built.reshape(shape)


def _name(item: object) -> str:
    return "nested array" if isinstance(item, _NotedArray) else type(item).__name__


def _shown(word: object) -> str:
    """A word from a file, short and on one line; anything else by its type.

    What a file holds may be built of itself many times over, and then has no end when printed.
    """
    if not isinstance(word, str):
        return f"a {type(word).__name__}"
    letters = "".join(letter if letter.isprintable() else "?" for letter in word[:SHOWN])
    return letters + ("…" if len(word) > SHOWN else "")


def _count(shape: object) -> int:
    """How many numbers an array of this shape has; bounds first, arithmetic after."""
    if not isinstance(shape, tuple) or len(shape) > MAX_AXES:
        raise Refused("gives an array a shape that no array has")
    if not all(type(size) is int and size >= 0 for size in shape):
        raise Refused("gives an array a shape that no array has")
    if max(shape, default=0) > MAX_BYTES:
        raise ValueError("more numbers than a file has room for")
    return math.prod(shape)


def _numbers(shape: object, dtype: np.dtype, fortran_order: object, data: object) -> np.ndarray:
    """The array of numbers in `data`, whose length must be what `shape` needs, to the byte."""
    if dtype.kind not in "fiub":
        is_plain = dtype.names is None and dtype.subdtype is None
        raise Refused(f"holds values of the type {_shown(str(dtype) if is_plain else dtype.kind)}")
    size = _count(shape) * dtype.itemsize
    if not isinstance(data, bytes | bytearray) or len(data) != size:
        found = len(data) if isinstance(data, bytes | bytearray) else type(data).__name__
        raise ValueError(f"{size} bytes expected, {found} found")
    flat = np.frombuffer(data, dtype=dtype)
    return flat.reshape(shape, order="F" if fortran_order else "C")
