"""The typed codec that replaces pickle between parties: closed set of types, one encoding each, bounded.

Values: ``None``, ``bool``, ``int`` (at most :data:`MAX_INT_BYTES`), ``bytes``, ``list`` and ``tuple`` of values,
:class:`FieldArray`, and numpy arrays of the integer types in :data:`DTYPES`. Everything is little-endian. Field
elements are fixed-width and below the field's order; a message says which field it means and is refused when another
is expected. Nothing received is ever imported, called or evaluated.
"""

import struct
from dataclasses import dataclass
from math import prod
from typing import Any, Final, TypeAlias, cast

import numpy as np
import numpy.typing as npt

MAX_DEPTH: Final = 8
MAX_INT_BYTES: Final = 4096
MAX_DIMENSIONS: Final = 8
DTYPES: Final = ("|b1", "|i1", "<i2", "<i4", "<i8", "|u1", "<u2", "<u4", "<u8")

_NONE, _FALSE, _TRUE, _INT, _BYTES, _LIST, _TUPLE, _FIELD, _NUMPY = range(9)

Objects: TypeAlias = npt.NDArray[np.object_]


class CodecError(Exception):
    """Bytes that are no value of the codec, or a value that has no encoding; ``what`` says which rule it broke."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what: Final = what


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """A finite field: modulus (for an extension field its polynomial's integer form), order and extension degree."""

    modulus: int
    order: int
    degree: int = 1

    @property
    def width(self) -> int:
        """Bytes per element."""
        return ((self.order - 1).bit_length() + 7) // 8

    @property
    def header(self) -> bytes:
        """The field's identity on the wire."""
        size = (self.modulus.bit_length() + 7) // 8
        return self.degree.to_bytes(2, "little") + size.to_bytes(2, "little") + self.modulus.to_bytes(size, "little")


@dataclass(frozen=True, slots=True, eq=False)
class FieldArray:
    """Elements of ``field`` as an object array of integers in ``range(field.order)``, of any shape."""

    field: FieldSpec
    values: Objects


def encode(value: object) -> bytes:
    """The one encoding of ``value``; raises :class:`CodecError` for a type outside the closed set."""
    pieces: list[bytes] = []
    _encode(value, pieces, MAX_DEPTH)
    return b"".join(pieces)


def decode(data: bytes, field: FieldSpec | None = None) -> object:
    """The value that ``data`` encodes, with nothing left over; field arrays only of ``field``.

    Raises :class:`CodecError` and nothing else, whatever the bytes are.
    """
    reader = _Reader(data)
    value = _decode(reader, field, MAX_DEPTH)
    reader.end()
    return value


def encode_elements(values: list[Any] | Objects, field: FieldSpec) -> bytes:
    """A message of field elements (integers, or objects with ``__int__``): :func:`decode_elements` reads it."""
    array = values if isinstance(values, np.ndarray) else None
    shape = array.shape if array is not None else (len(values),)
    flat: list[Any] = array.ravel().tolist() if array is not None else cast("list[Any]", values)
    return _field_header(field, shape) + _elements(flat, field)


def decode_elements(data: bytes, field: FieldSpec, count: int) -> list[int]:
    """Exactly ``count`` elements of ``field`` in one dimension; anything else raises :class:`CodecError`."""
    head = _field_header(field, (count,))
    if data[: len(head)] != head or len(data) != len(head) + count * field.width:
        raise CodecError(f"This is not a message of {count} elements of the expected field.")
    return _read_elements(memoryview(data)[len(head) :], field)


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = memoryview(data)
        self._at = 0

    @property
    def left(self) -> int:
        return len(self._data) - self._at

    def take(self, count: int) -> memoryview:
        if count > self.left:
            raise CodecError(f"{count} bytes are announced, {self.left} are there.")
        piece = self._data[self._at : self._at + count]
        self._at += count
        return piece

    def uint(self, width: int) -> int:
        return int.from_bytes(self.take(width), "little")

    def end(self) -> None:
        if self.left:
            raise CodecError(f"{self.left} bytes follow the value.")


def _encode(value: object, pieces: list[bytes], depth: int) -> None:
    match value:
        case None:
            pieces.append(bytes((_NONE,)))
        case bool():
            pieces.append(bytes((_TRUE if value else _FALSE,)))
        case int():
            pieces.append(_encode_int(value))
        case bytes():
            pieces.append(bytes((_BYTES,)) + len(value).to_bytes(4, "little") + value)
        case list() | tuple():
            _encode_sequence(cast("list[object] | tuple[object, ...]", value), pieces, depth)
        case FieldArray():
            pieces.append(_field_header(value.field, value.values.shape))
            pieces.append(_elements(value.values.ravel().tolist(), value.field))
        case np.ndarray():
            pieces.append(_encode_numpy(cast("npt.NDArray[Any]", value)))
        case _:
            raise CodecError(f"{type(value).__name__} is not a type that parties exchange.")


def _encode_int(value: int) -> bytes:
    size = (value.bit_length() + 8) // 8  # room for the sign bit
    if size > MAX_INT_BYTES:
        raise CodecError(f"An integer of {size} bytes; the limit is {MAX_INT_BYTES}.")
    return bytes((_INT,)) + size.to_bytes(2, "little") + value.to_bytes(size, "little", signed=True)


def _encode_sequence(value: list[object] | tuple[object, ...], pieces: list[bytes], depth: int) -> None:
    if depth == 0:
        raise CodecError(f"Lists are nested deeper than {MAX_DEPTH}.")
    pieces.append(bytes((_LIST if isinstance(value, list) else _TUPLE,)) + len(value).to_bytes(4, "little"))
    for item in value:
        _encode(item, pieces, depth - 1)


def _encode_numpy(value: npt.NDArray[Any]) -> bytes:
    array = value.astype(value.dtype.newbyteorder("<"), copy=False)
    if array.dtype.str not in DTYPES:
        raise CodecError(f"Arrays of {value.dtype} are not exchanged.")
    return bytes((_NUMPY, DTYPES.index(array.dtype.str))) + _shape(array.shape) + array.tobytes()


def _shape(shape: tuple[int, ...]) -> bytes:
    if len(shape) > MAX_DIMENSIONS:
        raise CodecError(f"{len(shape)} dimensions; the limit is {MAX_DIMENSIONS}.")
    return bytes((len(shape),)) + b"".join(size.to_bytes(4, "little") for size in shape)


def _field_header(field: FieldSpec, shape: tuple[int, ...]) -> bytes:
    return bytes((_FIELD,)) + field.header + _shape(shape)


def _elements(values: list[Any], field: FieldSpec) -> bytes:
    width = field.width
    try:
        if field.degree > 1 or set(map(type, values)) - {int}:
            values = list(map(int, values))
        data = b"".join([value.to_bytes(width, "little") for value in values])
    except (OverflowError, TypeError, ValueError) as error:
        raise CodecError("A value to send is no element of the field.") from error
    if values and max(values) >= field.order:
        raise CodecError("A value to send is not reduced.")
    return data


def _read_elements(data: memoryview, field: FieldSpec) -> list[int]:
    read = int.from_bytes
    values = [read(item, "little") for (item,) in struct.iter_unpack(f"{field.width}s", data)]
    if values and max(values) >= field.order:
        raise CodecError("A received value is not below the field's order.")
    return values


def _decode(reader: _Reader, field: FieldSpec | None, depth: int) -> object:
    tag = reader.uint(1)
    match tag:
        case 0:
            return None
        case 1 | 2:
            return tag == _TRUE
        case 3:
            return _decode_int(reader)
        case 4:
            return bytes(reader.take(reader.uint(4)))
        case 5 | 6:
            items = _decode_sequence(reader, field, depth)
            return items if tag == _LIST else tuple(items)
        case 7:
            return _decode_field(reader, field)
        case 8:
            return _decode_numpy(reader)
        case _:
            raise CodecError(f"There is no type {tag}.")


def _decode_int(reader: _Reader) -> int:
    size = reader.uint(2)
    if not 0 < size <= MAX_INT_BYTES:
        raise CodecError(f"An integer of {size} bytes.")
    value = int.from_bytes(reader.take(size), "little", signed=True)
    if (value.bit_length() + 8) // 8 != size:
        raise CodecError("An integer is not in its shortest form.")
    return value


def _decode_sequence(reader: _Reader, field: FieldSpec | None, depth: int) -> list[object]:
    if depth == 0:
        raise CodecError(f"Lists are nested deeper than {MAX_DEPTH}.")
    count = reader.uint(4)
    if count > reader.left:  # every item takes at least a byte
        raise CodecError(f"A list of {count} items in {reader.left} bytes.")
    return [_decode(reader, field, depth - 1) for _ in range(count)]


def _decode_shape(reader: _Reader, width: int) -> tuple[int, ...]:
    dimensions = reader.uint(1)
    if dimensions > MAX_DIMENSIONS:
        raise CodecError(f"{dimensions} dimensions; the limit is {MAX_DIMENSIONS}.")
    shape = tuple(reader.uint(4) for _ in range(dimensions))
    if prod(shape) * width > reader.left:
        raise CodecError(f"An array of shape {shape} in {reader.left} bytes.")
    return shape


def _decode_field(reader: _Reader, field: FieldSpec | None) -> FieldArray:
    degree = reader.uint(2)
    modulus = int.from_bytes(reader.take(reader.uint(2)), "little")
    if field is None or (degree, modulus) != (field.degree, field.modulus):
        raise CodecError("The elements are of another field than expected.")
    shape = _decode_shape(reader, field.width)
    count = prod(shape)
    values = np.empty(count, dtype=object)
    values[:] = _read_elements(reader.take(count * field.width), field)
    return FieldArray(field, values.reshape(shape))


def _decode_numpy(reader: _Reader) -> npt.NDArray[Any]:
    index = reader.uint(1)
    if index >= len(DTYPES):
        raise CodecError(f"There is no array type {index}.")
    dtype = np.dtype(DTYPES[index])
    shape = _decode_shape(reader, dtype.itemsize)
    raw = bytes(reader.take(prod(shape) * dtype.itemsize))
    if dtype.kind == "b" and raw.strip(b"\0\1"):
        raise CodecError("A truth value is neither 0 nor 1.")
    return np.frombuffer(raw, dtype=dtype).reshape(shape).copy()
