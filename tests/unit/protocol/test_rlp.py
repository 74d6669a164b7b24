"""RLP: the yellow paper's examples, the ``rlp`` package as oracle, and only one byte string per value."""

from typing import Any

import pytest
import rlp as oracle
from hypothesis import given
from hypothesis import strategies as st

from protocol import rlp
from protocol.errors import FormatError

items = st.recursive(st.binary(max_size=70), lambda inner: st.lists(inner, max_size=5), max_leaves=12)


@pytest.mark.parametrize(
    ("item", "encoded"),
    [
        (b"dog", "83646f67"),
        ([b"cat", b"dog"], "c88363617483646f67"),
        (b"", "80"),
        ([], "c0"),
        (b"\x00", "00"),
        (b"\x0f", "0f"),
        (b"\x04\x00", "820400"),
        ([[], [[]], [[], [[]]]], "c7c0c1c0c3c0c1c0"),
        (
            b"Lorem ipsum dolor sit amet, consectetur adipisicing elit",
            "b838" + b"Lorem ipsum dolor sit amet, consectetur adipisicing elit".hex(),
        ),
    ],
)
def test_examples(item: Any, encoded: str) -> None:
    assert rlp.encode(item).hex() == encoded
    assert rlp.decode(bytes.fromhex(encoded)) == item


def depth(item: Any) -> int:
    return 1 + max((depth(part) for part in item), default=0) if isinstance(item, list) else 0


@given(items)
def test_the_rlp_package_agrees(item: Any) -> None:
    assert rlp.encode(item) == oracle.encode(item)
    if depth(item) <= 8:
        assert rlp.decode(oracle.encode(item)) == item
    else:
        with pytest.raises(FormatError, match="nested"):
            rlp.decode(oracle.encode(item))


@given(st.binary(max_size=80))
def test_one_byte_string_per_value(data: bytes) -> None:
    try:
        item = rlp.decode(data)
    except FormatError:
        return
    assert rlp.encode(item) == data


@pytest.mark.parametrize(
    "data",
    [
        "",
        "8100",
        "817f",
        "b800",
        "b80100",
        "b90038" + "00" * 56,
        "83646f",
        "c883636174",
        "8080",
        "c0c0",
        "bfffffffffffffffff",
        "f800",
    ],
)
def test_malformed(data: str) -> None:
    with pytest.raises(FormatError, match=r"rlp\.malformed"):
        rlp.decode(bytes.fromhex(data))


def test_depth_is_bounded() -> None:
    item: Any = []
    for _ in range(8):
        item = [item]
    assert rlp.decode(oracle.encode(item[0])) == item[0]
    with pytest.raises(FormatError, match="nested"):
        rlp.decode(oracle.encode(item))


def test_typed_readers() -> None:
    assert rlp.number(b"\x04\x00") == 1024
    assert rlp.number(b"") == 0
    for bad in (b"\x00", b"\x00\x01", bytes([1]) * 9, []):
        with pytest.raises(FormatError):
            rlp.number(bad)
    with pytest.raises(FormatError):
        rlp.text([], 0)
    with pytest.raises(FormatError):
        rlp.text(b"abc", 2)
    with pytest.raises(FormatError):
        rlp.listing(b"")
    with pytest.raises(FormatError):
        rlp.listing([b""], 2)
    with pytest.raises(FormatError):
        rlp.decode_list(b"\x80")
