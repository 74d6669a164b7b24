"""Records: a frozen dataclass whose fields carry their codecs is the one definition of a record.

``size: Annotated[int, UINT64]`` says the field's type, its JSON form and bounds, its JSON Schema and, where it has one,
its Solidity type. From that one line follow JSON in both directions (here), EIP-712 (:mod:`protocol.typed`), events
(:mod:`protocol.event`), the API's bodies and answers and their OpenAPI schemas (``orchestrator/api``), and what the client
returns. A field without a codec of its own has its type's: a nested record, ``bool``, ``X | None``, and ``tuple[X, ...]``
with :class:`Many`. A string among the annotations describes the field; :class:`Named` gives another name in JSON.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cache, partial
from types import UnionType
from typing import Annotated, Any, ClassVar, Self, TypeAlias, Union, cast, get_args, get_origin, get_type_hints

from protocol import canonical, codec
from protocol.codec import Codec, Schema
from protocol.record import Record


@dataclass(frozen=True, slots=True)
class Many:
    """Bound, and order where there is one, of a list."""

    limit: int
    sorted_by: str | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """The field's name in JSON, where Python has another."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class By:
    """A field whose form depends on an earlier field's value, by which ``codecs`` are keyed."""

    attribute: str
    codecs: Mapping[str, Codec[Any]]


@dataclass(frozen=True, slots=True)
class Field:
    """One field: Python's name, JSON's, its codec, and the rest of its annotations."""

    attribute: str
    name: str
    codec: Codec[Any]
    about: str
    marks: tuple[object, ...]
    by: By | None

    def codec_for(self, value_of: Callable[[str], Any]) -> Codec[Any]:
        """The codec beside these values of earlier fields."""
        return self.codec if self.by is None else self.by.codecs[value_of(self.by.attribute)]


class Fields:
    """Base of frozen dataclasses whose JSON form follows from their annotated fields, in their order.

    ``FORMAT`` is the record's format and version, written first, where it stands alone; ``WHERE`` is what errors call it.
    """

    __slots__ = ()
    FORMAT: ClassVar[str] = ""
    WHERE: ClassVar[str] = ""
    OPEN: ClassVar[bool] = False
    """Whether unknown fields are let through: only where a standard asks for it (RFC 9457)."""

    @classmethod
    def json_name(cls, attribute: str) -> str:
        """JSON's name of a field."""
        return attribute

    @classmethod
    def parse(cls, value: object, where: str = "") -> Self:
        """Read one JSON object; raises :class:`FormatError` ``json.*``, or what a field or the whole is refused for."""
        where = where or cls.WHERE or cls.__name__
        record = Record(value, where)
        if cls.FORMAT:
            record.const("format", cls.FORMAT)
        values: dict[str, Any] = {}
        for field in fields_of(cls):
            reader = field.codec_for(values.__getitem__)
            values[field.attribute] = reader.read(record.take(field.name), f"{where}.{field.name}")
        if not cls.OPEN:
            record.done()
        found = cls(**values)
        found.require(where)
        return found

    def require(self, where: str) -> None:
        """Rules over several fields; raises where one is broken."""

    def to_json(self) -> dict[str, object]:
        """JSON form."""
        head: dict[str, object] = {"format": self.FORMAT} if self.FORMAT else {}
        value_of = partial(getattr, self)
        return head | {
            field.name: field.codec_for(value_of).write(value_of(field.attribute)) for field in fields_of(type(self))
        }

    @classmethod
    def json_schema(cls) -> dict[str, object]:
        """JSON Schema of the object; nested records are ``$ref`` to their types."""
        properties: dict[str, object] = {"format": {"const": cls.FORMAT, "type": "string"}} if cls.FORMAT else {}
        for field in fields_of(cls):
            properties[field.name] = (
                {**field.codec.schema, "description": field.about} if field.about else field.codec.schema
            )
        return {
            "type": "object",
            "title": cls.__name__,
            "description": (cls.__doc__ or "").strip(),
            "properties": properties,
            "required": list(properties),
            "additionalProperties": cls.OPEN,
        }


class Document(Fields):
    """A record that stands alone as canonical bytes (RFC 8785) of at most ``LIMIT``."""

    __slots__ = ()
    LIMIT: ClassVar[int]

    @classmethod
    def read(cls, data: bytes) -> Self:
        """Parse canonical bytes; any other byte string is refused."""
        return cls.parse(canonical.loads(data, cls.LIMIT))

    def data(self) -> bytes:
        """Canonical bytes."""
        return canonical.dumps(self.to_json())

    def digest(self) -> bytes:
        """SHA-256 of the canonical bytes."""
        return canonical.sha256(self.data())


@cache
def fields_of(kind: type[Fields]) -> tuple[Field, ...]:
    """A record's fields in order; raises :class:`TypeError` for a field that has no codec."""
    hints = get_type_hints(kind, include_extras=True)
    return tuple(_field(kind, item.name, hints[item.name]) for item in fields(cast("Any", kind)))


def schemas(kinds: Iterable[type[Fields]], prefix: str) -> dict[str, object]:
    """JSON Schemas, by name, of records and of all that they refer to; ``prefix`` goes before a name in ``$ref``."""
    found: dict[str, tuple[type[Fields], object]] = {}
    waiting = list(kinds)
    while waiting:
        kind = waiting.pop()
        known = found.get(kind.__name__)
        if known is None:
            plain, nested = resolved(kind.json_schema(), prefix)
            found[kind.__name__] = kind, plain
            waiting += nested
        elif known[0] is not kind:
            raise TypeError(f"two records are called {kind.__name__}")
    return {name: schema for name, (_, schema) in sorted(found.items())}


def resolved(schema: Schema, prefix: str) -> tuple[dict[str, object], list[type[Fields]]]:
    """A schema with names for its record types, and these types."""
    nested: list[type[Fields]] = []

    def walk(value: object) -> object:
        if isinstance(value, type):
            nested.append(value)
            return prefix + value.__name__
        if isinstance(value, Mapping):
            return {key: walk(item) for key, item in cast("Mapping[str, object]", value).items()}
        return [walk(item) for item in cast("list[object]", value)] if isinstance(value, list) else value

    return cast("dict[str, object]", walk(schema)), nested


def _field(kind: type[Fields], attribute: str, hint: object) -> Field:
    found = _codec(hint)
    if found is None:
        raise TypeError(f"{kind.__name__}.{attribute} has no codec")
    marks = tuple(_marks(hint))
    name = next((mark.name for mark in marks if isinstance(mark, Named)), kind.json_name(attribute))
    about = next((mark for mark in marks if isinstance(mark, str)), "")
    return Field(attribute, name, found, about, marks, next((mark for mark in marks if isinstance(mark, By)), None))


def _marks(hint: object) -> Iterator[object]:
    return iter(cast("tuple[object, ...]", getattr(hint, "__metadata__", ())))


def _codec(hint: object) -> Codec[Any] | None:
    """The codec that an annotation names or that its type has."""
    marks = tuple(_marks(hint))
    for mark in reversed(marks):
        if isinstance(mark, Codec):
            return cast("Codec[Any]", mark)
        if isinstance(mark, By):
            return _any_of(mark.codecs.values())
    plain = get_args(hint)[0] if marks else hint
    origin, inner = get_origin(plain), get_args(plain)
    if origin in (Union, UnionType) and len(inner) == 2 and type(None) in inner:
        item = _codec(next(part for part in inner if part is not type(None)))
        return None if item is None else codec.optional(item)
    many = next((mark for mark in marks if isinstance(mark, Many)), None)
    if origin is tuple and many is not None:
        item = _codec(inner[0])
        return None if item is None else codec.sequence(item, many.limit, sorted_by=many.sorted_by)
    if isinstance(plain, type) and hasattr(plain, "parse"):
        return codec.record(plain)
    return codec.BOOLEAN if plain is bool else None


def _any_of(codecs: Collection[Codec[Any]]) -> Codec[Any]:
    """Describes what :class:`By` chooses from; the choice itself is made where the record is read and written."""

    def unused(*_: object) -> Any:  # noqa: ANN401 - never returns
        raise TypeError("the codec depends on another field")

    return Codec(unused, unused, {"anyOf": [codec.schema for codec in codecs]})


Hash: TypeAlias = Annotated[bytes, codec.HASH]
Name: TypeAlias = Annotated[str, codec.NAME]
Reference: TypeAlias = Annotated[str, codec.REFERENCE]
Program: TypeAlias = Annotated[str, codec.PROGRAM]
Column: TypeAlias = Annotated[str, codec.COLUMN]
Code: TypeAlias = Annotated[str, codec.CODE]
Count: TypeAlias = Annotated[int, codec.COUNT]
Uint64: TypeAlias = Annotated[int, codec.UINT64]
Address: TypeAlias = Annotated[str, codec.ADDRESS]
Signature: TypeAlias = Annotated[bytes, codec.hexadecimal(4096)]
"""A wallet's signature; a contract's (EIP-1271) may be long."""
