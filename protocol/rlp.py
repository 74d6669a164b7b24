"""Strict decoding of RLP (Ethereum yellow paper, appendix B): one byte string per value, nothing left over.

The ``rlp`` package accepts some malformed input with errors of several kinds; evidence needs one answer for each.
"""

from collections.abc import Sequence
from typing import Final, TypeAlias

from protocol.errors import FormatError

Item: TypeAlias = "bytes | list[Item]"
_MAX_DEPTH: Final = 8


def decode(data: bytes) -> Item:
    """The item that ``data`` encodes; raises :class:`FormatError` ``rlp.malformed`` for any other byte string."""
    item, end = _item(data, 0, len(data), 0)
    if end != len(data):
        raise _malformed("bytes are left over")
    return item


def decode_list(data: bytes) -> list[Item]:
    """A top-level list."""
    item = decode(data)
    if isinstance(item, bytes):
        raise _malformed("it is no list")
    return item


def encode(item: "bytes | Sequence[object]") -> bytes:
    """The encoding of bytes and nested sequences of bytes."""
    if isinstance(item, bytes):
        return item if len(item) == 1 and item[0] < 0x80 else _head(len(item), 0x80) + item
    body = b"".join(encode(part) for part in item)  # pyright: ignore[reportArgumentType]
    return _head(len(body), 0xC0) + body


def text(item: Item, size: int | None = None) -> bytes:
    """A byte string, of exactly ``size`` bytes when given."""
    if not isinstance(item, bytes) or (size is not None and len(item) != size):
        raise _malformed(f"a field is no byte string{'' if size is None else f' of {size} bytes'}")
    return item


def listing(item: Item, size: int | None = None) -> list[Item]:
    """A list, of exactly ``size`` items when given."""
    if isinstance(item, bytes) or (size is not None and len(item) != size):
        raise _malformed(f"a field is no list{'' if size is None else f' of {size} items'}")
    return item


def number(item: Item, bits: int = 64) -> int:
    """An unsigned integer below 2^bits without leading zeros."""
    data = text(item)
    if data[:1] == b"\0" or len(data) > bits // 8:
        raise _malformed("a field is no canonical integer")
    return int.from_bytes(data, "big")


def _item(data: bytes, start: int, limit: int, depth: int) -> tuple[Item, int]:
    if start >= limit:
        raise _malformed("it ends early")
    prefix = data[start]
    if prefix < 0x80:
        return data[start : start + 1], start + 1
    if prefix < 0xC0:
        low, end = _payload(data, start, limit, prefix - 0x80)
        if end - low == 1 and data[low] < 0x80:
            raise _malformed("a single byte is not written as itself")
        return data[low:end], end
    low, end = _payload(data, start, limit, prefix - 0xC0)
    if depth == _MAX_DEPTH:
        raise _malformed("lists are nested too deeply")
    items: list[Item] = []
    while low < end:
        item, low = _item(data, low, end, depth + 1)
        items.append(item)
    return items, end


def _payload(data: bytes, start: int, limit: int, length: int) -> tuple[int, int]:
    """Where the payload behind the prefix at ``start`` begins and ends."""
    low = start + 1
    if length > 55:
        width = length - 55
        digits = data[low : low + width]
        low += width
        length = int.from_bytes(digits, "big")
        if low > limit or digits[:1] == b"\0" or length <= 55:
            raise _malformed("a length is not in its shortest form")
    if low + length > limit:
        raise _malformed("it ends early")
    return low, low + length


def _head(length: int, offset: int) -> bytes:
    if length <= 55:
        return bytes([offset + length])
    digits = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([offset + 55 + len(digits)]) + digits


def _malformed(reason: str) -> FormatError:
    return FormatError("rlp.malformed", f"This is not canonical RLP: {reason}.", "Fetch the block data again.")
