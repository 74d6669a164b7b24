"""Two-way JSON codecs: a frozen type lists its fields once and is read and written from that one list.

Reading is as strict as :mod:`protocol.record` (unknown fields refused, nothing coerced); writing goes back through
reading where it matters (:func:`protocol.statements.serialise`), so a value that could not be read is never signed.
"""

import base64
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar, Final, Generic, Self, TypeVar

from protocol import ids
from protocol.canonical import SAFE_INTEGER
from protocol.errors import FormatError
from protocol.record import Record, parse_decimal

T = TypeVar("T")
_CODE = re.compile(r"[a-z][a-z0-9_.]{0,62}")


@dataclass(frozen=True, slots=True)
class Codec(Generic[T]):
    """How one field is read from JSON (``read(value, where)``) and written to it."""

    read: Callable[[object, str], T]
    write: Callable[[T], object]


class Fields:
    """Base of frozen dataclasses whose JSON form is their ``FIELDS``, in the order of the dataclass's own fields."""

    __slots__ = ()
    FIELDS: ClassVar[tuple[tuple[str, Codec[Any]], ...]]

    @classmethod
    def read(cls, value: object, where: str) -> Self:
        """Read one JSON object; raises :class:`FormatError` ``json.*``."""
        record = Record(value, where)
        values = [codec.read(record.take(field), f"{where}.{field}") for field, codec in cls.FIELDS]
        record.done()
        return cls(*values)

    def write(self) -> dict[str, object]:
        """JSON form."""
        return {field: codec.write(getattr(self, field)) for field, codec in self.FIELDS}


def integer(low: int, high: int = SAFE_INTEGER) -> Codec[int]:
    """A JSON integer within [low, high]."""
    return Codec(lambda value, where: Record({"value": value}, where).integer("value", low, high), int)


def decimal(bits: int) -> Codec[int]:
    """An unsigned integer below 2^bits, as a decimal string."""
    return Codec(lambda value, where: parse_decimal(value, bits, where), str)


def choice(allowed: Collection[str]) -> Codec[str]:
    """One of a fixed set of words."""

    def read(value: object, where: str) -> str:
        if not isinstance(value, str) or value not in allowed:
            raise wrong(where, f"one of {', '.join(allowed)}")
        return value

    return Codec(read, str)


def raw(size: int) -> Codec[bytes]:
    """Exactly ``size`` bytes in canonical base64."""

    def read(value: object, where: str) -> bytes:
        data = Record({"value": value}, where).base64("value", size)
        if len(data) != size:
            raise wrong(where, f"base64 of {size} bytes")
        return data

    return Codec(read, lambda data: base64.b64encode(data).decode())


def optional(codec: Codec[T]) -> Codec[T | None]:
    """The codec's value, or ``null``."""
    return Codec(
        lambda value, where: None if value is None else codec.read(value, where),
        lambda value: None if value is None else codec.write(value),
    )


def objects(kind: type[Any], limit: int, *, sorted_by: str | None = None) -> Codec[tuple[Any, ...]]:
    """A list of at most ``limit`` objects of one :class:`Fields` type, strictly sorted by one of their fields."""
    item: Codec[Any] = Codec(kind.read, kind.write)

    def read(value: object, where: str) -> tuple[Any, ...]:
        found = sequence(item, limit).read(value, where)
        if sorted_by and any(getattr(a, sorted_by) >= getattr(b, sorted_by) for a, b in pairwise(found)):
            raise wrong(where, f"strictly sorted by {sorted_by}")
        return found

    return Codec(read, lambda items: [entry.write() for entry in items])


def sequence(codec: Codec[T], limit: int) -> Codec[tuple[T, ...]]:
    """A list of at most ``limit`` items, in a meaningful order."""
    return Codec(
        lambda value, where: Record({"items": value}, where).list("items", limit, codec.read),
        lambda items: [codec.write(item) for item in items],
    )


def names(limit: int) -> Codec[tuple[str, ...]]:
    """A strictly sorted list of party names."""
    return Codec(lambda value, where: Record({"names": value}, where).names("names", limit), list)


def counts(limit: int) -> Codec[tuple[tuple[str, int], ...]]:
    """An object of at most ``limit`` named counts, read as pairs sorted by name."""

    def read(value: object, where: str) -> tuple[tuple[str, int], ...]:
        found = Record({"counts": value}, where).mapping("counts", limit)
        return tuple((CODE.read(name, where), COUNT.read(found[name], f"{where}.{name}")) for name in sorted(found))

    return Codec(read, dict)


def wrong(where: str, expected: str) -> FormatError:
    """The error for a value of the wrong form."""
    return FormatError("json.wrong_value", f"{where} is not {expected}.", "Correct it.", field=where)


def _read_code(value: object, where: str) -> str:
    if not isinstance(value, str) or not _CODE.fullmatch(value):
        raise wrong(where, "a code of a-z, 0-9, '_' and '.'")
    return value


HASH: Final[Codec[bytes]] = Codec(ids.hex32, lambda value: "0x" + value.hex())
NAME: Final[Codec[str]] = Codec(ids.name, str)
PROGRAM: Final[Codec[str]] = Codec(ids.program, str)
CODE: Final[Codec[str]] = Codec(_read_code, str)
COUNT: Final = integer(0)
UINT64: Final = decimal(64)
