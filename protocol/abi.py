"""Strict decoding of what an event log holds: value types, arrays and structs of them ("Contract ABI Specification").

Every sequence of values has one accepted encoding: clean padding, tails in order and without gaps, nothing left over.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, TypeAlias

from protocol.errors import FormatError
from protocol.ids import checksum_address

Value: TypeAlias = bytes | int | bool | str | tuple["Value", ...]
_WORD: Final = 32


def decode(kinds: Sequence[str], data: bytes) -> list[Value]:
    """The values of the given kinds: ``bytes32``, ``address`` (EIP-55), ``bool``, ``uint…``, ``[]`` of them (tuples), and
    structs as ``(kind,…)``, which hold at least one array (tuples too).

    Raises :class:`FormatError` ``abi.malformed`` for any bytes but the values' own encoding.
    """
    found, end = _struct(kinds, data, 0)
    if end != len(data):
        raise _malformed("bytes are left over")
    return found


def _struct(kinds: Sequence[str], data: bytes, start: int) -> tuple[list[Value], int]:
    """Values whose heads begin at ``start``, and where the last tail ends."""
    found: list[Value] = []
    end = start + _WORD * len(kinds)
    for position, kind in enumerate(kinds):
        word = _word(data, start + _WORD * position)
        if not kind.endswith(("[]", ")")):
            found.append(_value(kind, word))
            continue
        if int.from_bytes(word, "big") != end - start:
            raise _malformed("a tail is not where the one before it ends")
        if kind.endswith(")"):
            inner, end = _struct(kind[1:-1].split(","), data, end)
            found.append(tuple(inner))
            continue
        count, begin = int.from_bytes(_word(data, end), "big"), end + _WORD
        end = begin + _WORD * count
        if end > len(data):
            raise _malformed("it ends early")
        found.append(tuple(_value(kind[:-2], _word(data, at)) for at in range(begin, end, _WORD)))
    return found, end


def _word(data: bytes, start: int) -> bytes:
    if start + _WORD > len(data):
        raise _malformed("it ends early")
    return data[start : start + _WORD]


def _value(kind: str, word: bytes) -> Value:
    if kind == "bytes32":
        return word
    number = int.from_bytes(word, "big")
    bits, plain = _KINDS[kind] if kind in _KINDS else (int(kind.removeprefix("uint")), int)
    if number >> bits:
        raise _malformed(f"a value is no {kind}")
    return plain(number)


def _address(number: int) -> str:
    return checksum_address(number.to_bytes(20, "big"))


_KINDS: Final[Mapping[str, tuple[int, Callable[[int], Value]]]] = MappingProxyType(
    {"bool": (1, bool), "address": (160, _address)}
)


def _malformed(reason: str) -> FormatError:
    return FormatError("abi.malformed", f"This is not canonical ABI encoding: {reason}.", "Fetch the receipt again.")
