"""Two-way codecs of single values: how a field is read from JSON, written to it, described and, on chain, encoded.

Reading is as strict as :mod:`protocol.record` (nothing coerced). A codec knows its JSON Schema and, where it has one, its
Solidity type; :mod:`protocol.fields` makes records of them. In a schema a ``$ref`` may be a record type itself. Its *form* is
the constructor's name with its arguments, from which ``tools.web_records`` writes the same codec in TypeScript.
"""

import base64
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, Final, Generic, TypeAlias, TypeVar, cast

from protocol import ids
from protocol.canonical import SAFE_INTEGER
from protocol.errors import FormatError
from protocol.record import Record, parse_decimal, unprintable

T = TypeVar("T")
Schema: TypeAlias = Mapping[str, object]
Form: TypeAlias = tuple[object, ...]
_CODE = re.compile(r"[a-z][a-z0-9_.]{0,62}")
_ADDRESS = re.compile(r"0x[0-9a-f]{40}")
_NUMBER: Final = "(0|[1-9][0-9]{0,5})"
_WIDE: Final = 53  # integers wider than this travel as decimal strings


@dataclass(frozen=True, slots=True, eq=False)
class Codec(Generic[T]):
    """How one field is read from JSON (``read(value, where)``) and written to it.

    ``schema`` is its JSON Schema, ``solidity`` its type in typed data and events ("" where it has none). ``form`` names the
    constructor and its arguments, inner codecs and record types among them; it is empty where only Python reads the field.
    """

    read: Callable[[object, str], T]
    write: Callable[[T], object]
    schema: Schema = field(default_factory=dict[str, object])
    solidity: str = ""
    form: Form = ()


def integer(low: int, high: int = SAFE_INTEGER) -> Codec[int]:
    """A JSON integer within [low, high]."""
    return Codec(
        lambda value, where: Record({"value": value}, where).integer("value", low, high),
        int,
        {"type": "integer", "minimum": low, "maximum": high},
        form=("integer", low, high),
    )


def decimal(bits: int) -> Codec[int]:
    """An unsigned integer below 2^bits, as a decimal string."""
    return Codec(
        lambda value, where: parse_decimal(value, bits, where),
        str,
        {"type": "string", "pattern": "^(0|[1-9][0-9]{0,77})$", "description": f"Decimal, below 2^{bits}"},
        f"uint{bits}",
        ("decimal", bits),
    )


def uint(bits: int) -> Codec[int]:
    """A Solidity integer in typed data: a JSON integer where every value is exact in JSON, else a decimal string."""
    return decimal(bits) if bits > _WIDE else replace(integer(0, 2**bits - 1), solidity=f"uint{bits}")


def text(limit: int) -> Codec[str]:
    """One line of at most ``limit`` visible characters."""
    return Codec(
        lambda value, where: Record({"value": value}, where).text("value", limit),
        str,
        {"type": "string", "maxLength": limit},
        "string",
        ("text", limit),
    )


def lines(limit: int) -> Codec[str]:
    """A text that may have several lines, of at most ``limit`` characters."""
    return Codec(
        lambda value, where: Record({"value": value}, where).lines("value", limit),
        str,
        {"type": "string", "maxLength": limit},
        form=("lines", limit),
    )


def matching(pattern: str, code: str, expected: str, fix: str) -> Codec[str]:
    """A text that matches ``pattern`` as a whole; another one is refused with ``code``."""
    whole = re.compile(pattern)

    def read(value: object, where: str) -> str:
        if not isinstance(value, str) or not whole.fullmatch(value):
            raise FormatError(code, f"{where} {value!r} is not {expected}.", fix, field=where)
        return value

    return Codec(read, str, {"type": "string", "pattern": f"^({pattern})$"}, form=("matching", pattern, code))


def choice(allowed: Collection[str], code: str = "json.wrong_value") -> Codec[str]:
    """One of a fixed set of words; another one is refused with ``code``."""

    def read(value: object, where: str) -> str:
        if not isinstance(value, str) or value not in allowed:
            raise wrong(where, f"one of {', '.join(allowed)}", code)
        return value

    return Codec(read, str, {"type": "string", "enum": list(allowed)}, form=("choice", list(allowed), code))


def scalar(code: str) -> Codec[str | int | bool]:
    """A visible text, an integer or a boolean, as a program's parameter; anything else is refused with ``code``."""

    def read(value: object, where: str) -> str | int | bool:
        if not isinstance(value, (str, int, bool)):
            raise wrong(where, "a text, an integer or a boolean", code)
        if isinstance(value, str) and (found := unprintable(value)):
            raise wrong(where, f"a text of visible characters ({found} is none)", code)
        return value

    kinds = [{"type": kind} for kind in ("string", "integer", "boolean")]
    return Codec(read, lambda value: value, {"anyOf": kinds}, form=("scalar", code))


def raw(size: int) -> Codec[bytes]:
    """Exactly ``size`` bytes in canonical base64."""

    def read(value: object, where: str) -> bytes:
        data = Record({"value": value}, where).base64("value", size)
        if len(data) != size:
            raise wrong(where, f"base64 of {size} bytes")
        return data

    return Codec(
        read,
        _base64,
        {**_BASE64, "minLength": 4 * -(-size // 3), "maxLength": 4 * -(-size // 3), "description": f"{size} bytes"},
        form=("raw", size),
    )


def blob(limit: int) -> Codec[bytes]:
    """At most ``limit`` bytes in canonical base64."""
    return Codec(
        lambda value, where: Record({"value": value}, where).base64("value", limit),
        _base64,
        {**_BASE64, "maxLength": 4 * (limit // 3 + 1)},
        form=("blob", limit),
    )


def hexadecimal(limit: int) -> Codec[bytes]:
    """At most ``limit`` bytes as 0x and lower-case hex."""
    return Codec(
        lambda value, where: Record({"value": value}, where).hex_bytes("value", limit),
        _hex,
        {"type": "string", "pattern": "^0x([0-9a-f]{2})*$", "maxLength": 2 + 2 * limit},
        form=("hexadecimal", limit),
    )


def prefixed(prefix: str) -> Codec[bytes]:
    """32 bytes in the form that ids have in the API: ``task_<64 hex>``."""
    return Codec(
        lambda value, _where: ids.unprefixed(prefix, value),
        lambda value: ids.prefixed(prefix, value),
        {"type": "string", "pattern": f"^{prefix}_[0-9a-f]{{64}}$"},
        form=("prefixed", prefix),
    )


def optional(codec: Codec[T]) -> Codec[T | None]:
    """The codec's value, or ``null``."""
    return Codec(
        lambda value, where: None if value is None else codec.read(value, where),
        lambda value: None if value is None else codec.write(value),
        {"anyOf": [codec.schema, {"type": "null"}]},
        form=("optional", codec),
    )


def or_empty(codec: Codec[str]) -> Codec[str]:
    """The codec's text, or "" for none."""
    return Codec(
        lambda value, where: "" if value == "" else codec.read(value, where),
        codec.write,
        {"anyOf": [codec.schema, {"const": "", "type": "string"}]},
        form=("orEmpty", codec),
    )


def record(kind: type[Any]) -> Codec[Any]:
    """A nested object of one type with ``parse`` and ``to_json``."""
    return Codec(kind.parse, kind.to_json, {"$ref": kind}, form=("record", kind))


def json_object() -> Codec[Mapping[str, object]]:
    """Any JSON object, as it is."""

    def read(value: object, where: str) -> Mapping[str, object]:
        if not isinstance(value, dict):
            raise wrong(where, "a JSON object")
        return cast("Mapping[str, object]", value)

    return Codec(read, dict, {"type": "object"}, form=("jsonObject",))


def embedded(kind: type[Any], limit: int) -> Codec[Any]:
    """A document of its own inside this one: base64 of its canonical bytes, at most ``limit``."""
    inner = blob(limit)
    return Codec(
        lambda value, where: kind.read(inner.read(value, where)),
        lambda value: _base64(value.data()),
        {**inner.schema, "contentMediaType": "application/json", "contentSchema": {"$ref": kind}},
    )


def objects(kind: type[Any], limit: int, *, sorted_by: str | None = None) -> Codec[tuple[Any, ...]]:
    """A list of at most ``limit`` objects of one record type, strictly sorted by one of their fields."""
    return sequence(record(kind), limit, sorted_by=sorted_by)


def sequence(codec: Codec[T], limit: int, *, sorted_by: str | None = None) -> Codec[tuple[T, ...]]:
    """A list of at most ``limit`` items, in a meaningful order or strictly sorted by one of their fields."""

    def read(value: object, where: str) -> tuple[T, ...]:
        found = Record({"items": value}, where).list("items", limit, codec.read)
        if sorted_by and any(getattr(a, sorted_by) >= getattr(b, sorted_by) for a, b in pairwise(found)):
            raise wrong(where, f"strictly sorted by {sorted_by}")
        return found

    return Codec(
        read,
        lambda items: [codec.write(item) for item in items],
        {"type": "array", "items": codec.schema, "maxItems": limit},
        f"{codec.solidity}[]" if codec.solidity else "",
        ("sequence", codec, limit, sorted_by),
    )


def sorted_texts(codec: Codec[str], limit: int) -> Codec[tuple[str, ...]]:
    """A strictly sorted list of texts."""
    return Codec(
        lambda value, where: Record({"names": value}, where).names("names", limit, codec.read),
        list,
        {"type": "array", "items": codec.schema, "maxItems": limit, "uniqueItems": True},
        form=("sortedTexts", codec, limit),
    )


def names(limit: int) -> Codec[tuple[str, ...]]:
    """A strictly sorted list of party names."""
    return sorted_texts(NAME, limit)


def entries(key: Codec[str], codec: Codec[T], limit: int) -> Codec[tuple[tuple[str, T], ...]]:
    """An object of at most ``limit`` named values, held as pairs sorted by name."""

    def read(value: object, where: str) -> tuple[tuple[str, T], ...]:
        found = Record({"value": value}, where).mapping("value", limit)
        return tuple((key.read(name, where), codec.read(found[name], f"{where}.{name}")) for name in sorted(found))

    return Codec(
        read,
        lambda items: {name: codec.write(value) for name, value in items},
        {
            "type": "object",
            "propertyNames": key.schema,
            "additionalProperties": codec.schema,
            "maxProperties": limit,
        },
        form=("entries", key, codec, limit),
    )


def members(**codecs: Codec[Any]) -> Codec[tuple[Any, ...]]:
    """An object with exactly these fields, held as a tuple of their values."""

    def read(value: object, where: str) -> tuple[Any, ...]:
        record = Record(value, where)
        found = tuple(codec.read(record.take(name), f"{where}.{name}") for name, codec in codecs.items())
        record.done()
        return found

    return Codec(
        read,
        lambda values: {name: codec.write(value) for (name, codec), value in zip(codecs.items(), values, strict=True)},
        {
            "type": "object",
            "properties": {name: codec.schema for name, codec in codecs.items()},
            "required": list(codecs),
            "additionalProperties": False,
        },
        form=("members", codecs),
    )


def counts(limit: int) -> Codec[tuple[tuple[str, int], ...]]:
    """An object of at most ``limit`` named counts, held as pairs sorted by name."""
    return entries(CODE, COUNT, limit)


def wrong(where: str, expected: str, code: str = "json.wrong_value") -> FormatError:
    """The error for a value of the wrong form."""
    return FormatError(code, f"{where} is not {expected}.", "Correct it.", field=where)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _hex(data: bytes) -> str:
    return "0x" + data.hex()


def _read_code(value: object, where: str) -> str:
    if not isinstance(value, str) or not _CODE.fullmatch(value):
        raise wrong(where, "a code of a-z, 0-9, '_' and '.'")
    return value


def _read_key(value: object, _where: str) -> str:
    return str(value)


_BASE64: Final[Schema] = {"type": "string", "contentEncoding": "base64"}
HASH: Final[Codec[bytes]] = Codec(
    ids.hex32, _hex, {"type": "string", "pattern": "^0x[0-9a-f]{64}$"}, "bytes32", ("hash",)
)


def _named(read: Callable[[object, str], str], pattern: str) -> Codec[str]:
    """One of the kinds of names in :mod:`protocol.ids`, whose pattern this is."""
    return Codec(read, str, {"type": "string", "pattern": f"^{pattern}$"}, form=("matching", pattern, "id.malformed"))


NAME: Final = _named(ids.name, "[a-z0-9-]{1,63}")
REFERENCE: Final = _named(ids.reference, "[a-z0-9-]{1,30}-[0-9a-f]{32}")
PROGRAM: Final = _named(ids.program, rf"[a-z0-9_.]{{1,63}}@{_NUMBER}\.{_NUMBER}\.{_NUMBER}")
COLUMN: Final = _named(ids.column, "[a-z0-9_]{1,63}")
ADDRESS: Final = replace(
    matching(_ADDRESS.pattern, "id.not_address", "a lower-case 0x address", "Send 0x and 40 hex digits."),
    form=("address",),
)
CODE: Final[Codec[str]] = Codec(
    _read_code,
    str,
    {"type": "string", "pattern": f"^{_CODE.pattern}$"},
    form=("matching", _CODE.pattern, "json.wrong_value"),
)
BOOLEAN: Final[Codec[bool]] = Codec(
    lambda value, where: Record({"value": value}, where).boolean("value"),
    bool,
    {"type": "boolean"},
    "bool",
    ("boolean",),
)
COUNT: Final = integer(0)
UINT32: Final = uint(32)
UINT64: Final = uint(64)
UINT256: Final = uint(256)
KEY: Final[Codec[str]] = Codec(_read_key, str, {"type": "string", "minLength": 1, "maxLength": 63}, form=("key",))
"""A free key of an object; its length is checked with the object."""
