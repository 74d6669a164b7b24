"""Events of the contracts: how a frozen type says what a log holds, and how logs are decoded by it, offline.

The types themselves are generated from the compiled contracts' ABI (:mod:`protocol.events`). Fields have the ABI's names in
snake case and its order; hashes and ids are 32 bytes, addresses checksummed strings (EIP-55), arrays tuples. In JSON, as the
index keeps them, hashes are 0x hex and integers decimal strings, whatever their size.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Final, Self, TypeAlias

from eth_hash.auto import keccak

from protocol import abi, codec
from protocol.codec import Codec
from protocol.errors import FormatError
from protocol.fields import Field, Fields, fields_of
from protocol.ids import checksum_address
from protocol.typed import camel

INDEXED: Final = "indexed"
"""Marks a parameter that is a topic."""
MANY: Final = 2**16
"""More items than a log can hold."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One event parameter: Solidity type, name as in the ABI, and whether it is a topic."""

    kind: str
    name: str
    indexed: bool


class Struct(Fields):
    """Base of the structs in events, which hold an array each; arrays and values only."""

    __slots__ = ()

    @classmethod
    def solidity(cls) -> str:
        """``(kind,…)``."""
        return f"({','.join(field.codec.solidity for field in fields_of(cls))})"


class Event(Fields):
    """Base of all events; ``CONTRACTS`` is who emits it."""

    __slots__ = ()
    CONTRACTS: ClassVar[tuple[str, ...]]

    @classmethod
    def parameters(cls) -> tuple[Parameter, ...]:
        """The declaration's parameters in order."""
        return tuple(
            Parameter(_solidity(field), camel(field.attribute.rstrip("_")), INDEXED in field.marks)
            for field in fields_of(cls)
        )

    @classmethod
    def of(cls, values: Iterable[Any]) -> Self:
        """The event of its parameters' values in order, structs as tuples."""
        kinds = [_struct(field) for field in fields_of(cls)]
        return cls(*(kind(*value) if kind else value for kind, value in zip(kinds, values, strict=True)))

    @classmethod
    def signature(cls) -> str:
        """``Name(type,…)``."""
        return f"{cls.__name__}({','.join(parameter.kind for parameter in cls.parameters())})"

    @classmethod
    def topic(cls) -> bytes:
        """keccak256 of the signature: the log's first topic."""
        return keccak(cls.signature().encode())


def _struct(field: Field) -> type[Struct] | None:
    kind = field.codec.schema.get("$ref")
    return kind if isinstance(kind, type) and issubclass(kind, Struct) else None


def _solidity(field: Field) -> str:
    kind = _struct(field)
    return kind.solidity() if kind else field.codec.solidity


def decoder(known: Sequence[type[Event]]) -> Callable[[str, Sequence[bytes], bytes], Event]:
    """A function ``(contract by name, topics, data) -> event`` of one of the types.

    It raises :class:`FormatError` ``event.*`` for unknown events and for any bytes but the ABI's own encoding.
    """
    by_topic = {(contract, event.topic()): event for event in known for contract in event.CONTRACTS}

    def decode(contract: str, topics: Sequence[bytes], data: bytes) -> Event:
        event = by_topic.get((contract, topics[0])) if topics else None
        if event is None:
            raise FormatError(
                "event.unknown", f"{contract} has no such event.", "Update the software.", contract=contract
            )
        parameters = event.parameters()
        indexed = [parameter.kind for parameter in parameters if parameter.indexed]
        plain = [parameter.kind for parameter in parameters if not parameter.indexed]
        # every indexed parameter of ours is a value type: its topic is its ABI encoding; a topic too many is left over
        from_topics = iter(_values(event, indexed, b"".join(topics[1:])))
        from_data = iter(_values(event, plain, data))
        return event.of(next(from_topics if parameter.indexed else from_data) for parameter in parameters)

    return decode


def reader(known: Sequence[type[Event]]) -> Callable[[str, object], Event]:
    """A function ``(name, arguments in JSON) -> event``: the other way of :meth:`Event.to_json`."""
    by_name: Mapping[str, type[Event]] = {event.__name__: event for event in known}

    def read(name: str, arguments: object) -> Event:
        if name not in by_name:
            raise FormatError("event.unknown", f"There is no event {name}.", "Update the software.")
        return by_name[name].parse(arguments)

    return read


def _values(event: type[Event], kinds: Sequence[str], data: bytes) -> list[Any]:
    try:
        return list(abi.decode(kinds, data))
    except FormatError as error:
        raise FormatError(
            "event.malformed", f"A log is no {event.__name__} event.", "Fetch the receipt again."
        ) from error


def _read_address(value: object, where: str) -> str:
    if isinstance(value, str) and len(value) == 42 and value.startswith("0x"):
        try:
            if checksum_address(bytes.fromhex(value[2:])) == value:
                return value
        except ValueError:
            pass
    raise codec.wrong(where, "a checksummed address")


Bytes32: TypeAlias = Annotated[bytes, codec.HASH]
Address: TypeAlias = Annotated[
    str, Codec(_read_address, str, {"type": "string", "pattern": "^0x[0-9a-fA-F]{40}$"}, "address")
]
Bool: TypeAlias = Annotated[bool, codec.BOOLEAN]
Uint8: TypeAlias = Annotated[int, codec.decimal(8)]
Uint16: TypeAlias = Annotated[int, codec.decimal(16)]
Uint32: TypeAlias = Annotated[int, codec.decimal(32)]
Uint64: TypeAlias = Annotated[int, codec.decimal(64)]
Uint256: TypeAlias = Annotated[int, codec.decimal(256)]
