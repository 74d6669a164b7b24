"""What the generated bindings are made of: typed calls and errors, and their ABI encoding. Events: protocol.events.

Encoding is eth_abi's, behind a strict check of every value: eth_abi pads a short ``bytes32`` and takes ``True`` for
1, and nothing that is signed or hashed may be coerced. Source: Solidity documentation, "Contract ABI Specification".
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any, Final, Generic, TypeAlias, TypeVar

from eth_abi.abi import decode, encode
from eth_hash.auto import keccak
from eth_utils.address import is_checksum_address, to_checksum_address

from protocol.errors import FormatError

T_co = TypeVar("T_co", covariant=True)
# No checksum to check (EIP-55). eth_utils' is_address takes wrong checksums too.
_LOWER_ADDRESS = re.compile(r"0x[0-9a-f]{40}")


@dataclass(frozen=True, slots=True)
class ArrayOf:
    """``kind[]``; a tuple in Python."""

    kind: "Kind"


@dataclass(frozen=True, slots=True)
class Struct:
    """A Solidity struct and the frozen dataclass it becomes, field by field."""

    cls: type
    kinds: tuple["Kind", ...]


Kind: TypeAlias = str | ArrayOf | Struct
"""A parameter's type: an elementary one by name, an array, or a struct."""


@dataclass(frozen=True, slots=True)
class Read(Generic[T_co]):
    """A call that changes nothing; ``result`` turns the returned bytes into the value."""

    contract: str
    function: str
    data: bytes
    result: Callable[[bytes], T_co]


@dataclass(frozen=True, slots=True)
class Write:
    """A call to be sent as a transaction."""

    contract: str
    function: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Function:
    """A function's signature; builds the calls."""

    contract: str
    name: str
    inputs: tuple[Kind, ...]
    outputs: tuple[Kind, ...]

    @property
    def selector(self) -> bytes:
        """The first four bytes of the signature's keccak256."""
        return keccak(signature(self.name, self.inputs).encode())[:4]

    def write(self, *arguments: object) -> Write:
        """The call with its arguments encoded; FormatError when one does not fit its type."""
        return Write(self.contract, self.name, self._data(arguments))

    def read(self, *arguments: object) -> Read[Any]:
        """As :meth:`write`; the result is a value, or a tuple when the function returns several."""
        return Read(self.contract, self.name, self._data(arguments), self._result)

    def _data(self, arguments: Sequence[object]) -> bytes:
        where = f"{self.contract}.{self.name}"
        lowered = [_lower(kind, value, where) for kind, value in zip(self.inputs, arguments, strict=True)]
        return self.selector + encode([text(kind) for kind in self.inputs], lowered)

    def _result(self, data: bytes) -> object:
        raw = decode([text(kind) for kind in self.outputs], data)
        values = tuple(_lift(kind, value) for kind, value in zip(self.outputs, raw, strict=True))
        return values[0] if len(values) == 1 else values


@dataclass(frozen=True, slots=True)
class ErrorSpec:
    """A custom error: its name, and each argument's name and type."""

    name: str
    parameters: tuple[tuple[str, Kind], ...]

    @property
    def selector(self) -> bytes:
        """The first four bytes of the signature's keccak256."""
        return keccak(signature(self.name, tuple(kind for _, kind in self.parameters)).encode())[:4]

    def decode(self, data: bytes) -> dict[str, object]:
        """The arguments by name, from the revert data after the selector."""
        raw = decode([text(kind) for _, kind in self.parameters], data)
        return {name: _lift(kind, value) for (name, kind), value in zip(self.parameters, raw, strict=True)}


def errors_by_selector(*specs: ErrorSpec) -> Mapping[bytes, ErrorSpec]:
    """The look-up table of a contract's errors."""
    return MappingProxyType({spec.selector: spec for spec in specs})


def signature(name: str, kinds: Sequence[Kind]) -> str:
    """The canonical signature, such as ``note(bytes32,uint64)``."""
    return f"{name}({','.join(text(kind) for kind in kinds)})"


def text(kind: Kind) -> str:
    """The canonical name of a type; a struct is a tuple."""
    match kind:
        case ArrayOf(element):
            return f"{text(element)}[]"
        case Struct(_, kinds):
            return f"({','.join(text(field) for field in kinds)})"
        case _:
            return kind


def _lower(kind: Kind, value: object, where: str) -> object:
    match kind:
        case ArrayOf(element) if isinstance(value, tuple | list):
            return [_lower(element, item, where) for item in value]
        case Struct(cls, kinds) if type(value) is cls:
            values = (getattr(value, field.name) for field in fields(cls))
            return tuple(_lower(field, item, where) for field, item in zip(kinds, values, strict=True))
        case str() if _fits(kind, value):
            return value
        case _:
            # The value stays out of the message: it may be a share's neighbour or a signature.
            raise FormatError(
                "chain.argument", f"{where}: a {type(value).__name__} is not a {text(kind)}.", "Pass the exact type."
            )


def _fits(kind: str, value: object) -> bool:
    if kind == "bool":
        return isinstance(value, bool)
    if kind.startswith("uint"):
        return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << int(kind[4:])
    if kind == "bytes":
        return isinstance(value, bytes)
    if kind.startswith("bytes"):
        return isinstance(value, bytes) and len(value) == int(kind[5:])
    if kind == "address":
        return isinstance(value, str) and (is_checksum_address(value) or _LOWER_ADDRESS.fullmatch(value) is not None)
    return kind == "string" and isinstance(value, str)


def _lift(kind: Kind, raw: object) -> object:
    match kind:
        case ArrayOf(element) if isinstance(raw, tuple | list):
            return tuple(_lift(element, item) for item in raw)
        case Struct(cls, kinds) if isinstance(raw, tuple | list):
            return cls(*(_lift(field, item) for field, item in zip(kinds, raw, strict=True)))
        case "address" if isinstance(raw, str):
            return to_checksum_address(raw)
        case _:
            return raw


BUILT_IN_ERRORS: Final = errors_by_selector(
    ErrorSpec("Error", (("reason", "string"),)), ErrorSpec("Panic", (("reason", "uint256"),))
)
"""What Solidity itself reverts with: ``require`` with a text, and a failed check of its own (overflow, bounds)."""
