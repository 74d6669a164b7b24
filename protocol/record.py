"""Strict reading of JSON objects into frozen types: unknown fields are refused, nothing is coerced (I11)."""

import base64
import binascii
import itertools
import re
import unicodedata
from collections.abc import Callable
from typing import TypeVar, cast

from protocol import ids
from protocol.errors import FormatError

T = TypeVar("T")
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,77}")
_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode's categories of control and format characters (zero-width and bidirectional ones are among these), surrogates,
private use, unassigned, line and paragraph separators: with them a text can look like another (Unicode TR 36, TR 9)."""


class Record:
    """One JSON object being read; call the typed readers, then :meth:`done`."""

    def __init__(self, value: object, where: str) -> None:
        if not isinstance(value, dict):
            raise FormatError("json.not_object", f"{where} is not a JSON object.", "Send an object.", field=where)
        self._left = dict(cast("dict[str, object]", value))
        self.where = where

    def take(self, key: str) -> object:
        """The raw value of a required field."""
        if key not in self._left:
            raise FormatError(
                "json.missing_field", f"{self.where} lacks the field {key!r}.", "Add it.", field=f"{self.where}.{key}"
            )
        return self._left.pop(key)

    def has(self, key: str) -> bool:
        """Whether an optional field is there and not yet read."""
        return key in self._left

    def text(self, key: str, limit: int = 2000) -> str:
        """A string of at most ``limit`` characters on one line: nothing in it hides, turns round or breaks what stands beside it."""
        value = self.take(key)
        if not isinstance(value, str) or len(value) > limit:
            raise self._wrong(key, f"a text of at most {limit} characters")
        if found := unprintable(value):
            raise self._wrong(key, f"one line of visible characters ({found} is none)")
        return value

    def lines(self, key: str, limit: int) -> str:
        """A string of at most ``limit`` characters that may have several lines, for formats that are lines (signed notes)."""
        value = self.take(key)
        if not isinstance(value, str) or len(value) > limit:
            raise self._wrong(key, f"a text of at most {limit} characters")
        if found := unprintable(value.replace("\n", "")):
            raise self._wrong(key, f"lines of visible characters ({found} is none)")
        return value

    def const(self, key: str, expected: str) -> None:
        """A field that has one allowed value (formats and kinds)."""
        if self.take(key) != expected:
            raise self._wrong(key, repr(expected))

    def integer(self, key: str, low: int, high: int) -> int:
        """A JSON integer within [low, high]."""
        value = self.take(key)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise self._wrong(key, f"an integer from {low} to {high}")
        return value

    def decimal(self, key: str, bits: int) -> int:
        """An unsigned integer below 2^bits, written as a decimal string."""
        return parse_decimal(self.take(key), bits, f"{self.where}.{key}")

    def boolean(self, key: str) -> bool:
        """``true`` or ``false``."""
        value = self.take(key)
        if not isinstance(value, bool):
            raise self._wrong(key, "true or false")
        return value

    def hex32(self, key: str) -> bytes:
        """32 bytes as 0x and lower-case hex."""
        return ids.hex32(self.take(key), f"{self.where}.{key}")

    def hex_bytes(self, key: str, limit: int) -> bytes:
        """At most ``limit`` bytes as 0x and lower-case hex."""
        value = self.take(key)
        if not isinstance(value, str) or not re.fullmatch(r"0x([0-9a-f]{2})*", value) or len(value) > 2 + 2 * limit:
            raise self._wrong(key, f"0x and lower-case hex of at most {limit} bytes")
        return bytes.fromhex(value[2:])

    def base64(self, key: str, limit: int) -> bytes:
        """At most ``limit`` bytes in canonical base64 (RFC 4648 section 4)."""
        value = self.take(key)
        if not isinstance(value, str) or len(value) > 4 * (limit // 3 + 1):
            raise self._wrong(key, f"base64 of at most {limit} bytes")
        try:
            data = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError) as error:
            raise self._wrong(key, "base64") from error
        if base64.b64encode(data).decode() != value or len(data) > limit:
            raise self._wrong(key, f"canonical base64 of at most {limit} bytes")
        return data

    def list(self, key: str, limit: int, read: Callable[[object, str], T]) -> tuple[T, ...]:
        """A list of at most ``limit`` items, each read by ``read(item, where)``."""
        value = self.take(key)
        if not isinstance(value, list) or len(cast("list[object]", value)) > limit:
            raise self._wrong(key, f"a list of at most {limit} items")
        items = cast("list[object]", value)
        return tuple(read(item, f"{self.where}.{key}[{i}]") for i, item in enumerate(items))

    def mapping(self, key: str, limit: int) -> dict[str, object]:
        """A JSON object with free keys (each 1 to 63 characters), for parameters and step inputs."""
        value = self.take(key)
        if not isinstance(value, dict) or len(cast("dict[str, object]", value)) > limit:
            raise self._wrong(key, f"an object of at most {limit} fields")
        found = cast("dict[str, object]", value)
        if not all(0 < len(name) <= 63 and not unprintable(name) for name in found):
            raise self._wrong(key, "an object whose names have 1 to 63 visible characters")
        return found

    def mapping_of_text(self, key: str, limit: int) -> dict[str, str]:
        """A JSON object of at most ``limit`` texts under free keys."""
        value = self.take(key)
        if not isinstance(value, dict) or len(cast("dict[str, object]", value)) > limit:
            raise self._wrong(key, f"an object of at most {limit} fields")
        found = cast("dict[str, object]", value)
        if not all(isinstance(text, str) for text in found.values()):
            raise self._wrong(key, "an object of texts")
        return cast("dict[str, str]", found)

    def names(self, key: str, limit: int, read: Callable[[object, str], str] = ids.name) -> tuple[str, ...]:
        """A strictly sorted list of names."""
        found = self.list(key, limit, read)
        if any(a >= b for a, b in itertools.pairwise(found)):
            raise self._wrong(key, "strictly sorted, without duplicates")
        return found

    def done(self) -> None:
        """Refuse whatever was not read."""
        if self._left:
            unknown = sorted(self._left)
            raise FormatError(
                "json.unknown_field",
                f"{self.where} has unknown fields: {', '.join(unknown)}.",
                "Remove them.",
                field=f"{self.where}.{unknown[0]}",
            )

    def _wrong(self, key: str, expected: str) -> FormatError:
        return FormatError(
            "json.wrong_value", f"{self.where}.{key} is not {expected}.", "Correct it.", field=f"{self.where}.{key}"
        )


def unprintable(text: str) -> str:
    """The first character that a line people read must not have, as ``U+202E``; empty when there is none."""
    return next((f"U+{ord(c):04X}" for c in text if unicodedata.category(c) in _UNPRINTABLE), "")


def parse_decimal(value: object, bits: int, where: str) -> int:
    """An unsigned integer below 2^bits from its canonical decimal string."""
    if isinstance(value, str) and _DECIMAL.fullmatch(value) and int(value) < 2**bits:
        return int(value)
    raise FormatError(
        "json.wrong_value", f"{where} is not an unsigned decimal string below 2^{bits}.", "Correct it.", field=where
    )


def text_item(value: object, where: str) -> str:
    """A list item that is a string of at most 2,000 characters."""
    if not isinstance(value, str) or len(value) > 2000:
        raise FormatError("json.wrong_value", f"{where} is not a text.", "Correct it.", field=where)
    return value
