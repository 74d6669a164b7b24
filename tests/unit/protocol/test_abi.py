"""Our decoding against an independent implementation (eth_abi): the same values, and one encoding of each."""

from typing import Any

import pytest
from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from eth_utils.address import to_checksum_address
from hypothesis import given
from hypothesis import strategies as st

from protocol import abi, ids
from protocol.errors import FormatError
from protocol.events import EVENTS
from tests.unit.protocol.strategies import value_of

KINDS = sorted({part.kind for event in EVENTS for part in event.parameters()} | {"address[]", "bool[]", "uint256[]"})


@st.composite
def encoded(draw: st.DrawFn) -> tuple[list[str], list[Any], bytes]:
    kinds = draw(st.lists(st.sampled_from(KINDS), max_size=5))
    values = [draw(value_of(kind)) for kind in kinds]
    return kinds, values, encode(kinds, values)


@given(encoded())
def test_what_is_encoded_is_found_again(case: tuple[list[str], list[Any], bytes]) -> None:
    kinds, values, data = case
    found = abi.decode(kinds, data)
    assert found == values
    assert [type(value) for value in found] == [type(value) for value in values]


def oracle(kinds: list[str], data: bytes) -> list[Any] | None:
    """eth_abi's values where the bytes are their one encoding, None elsewhere."""
    try:
        values = decode(kinds, data, strict=True)
        return list(values) if encode(kinds, values) == data else None
    except (DecodingError, ValueError, OverflowError):
        return None


def ours(kinds: list[str], data: bytes) -> list[Any] | None:
    try:
        return list(abi.decode(kinds, data))
    except FormatError as error:
        assert error.code == "abi.malformed"
        return None


def lowered(value: Any) -> Any:
    """eth_abi gives addresses in lower case."""
    if isinstance(value, tuple):
        return tuple(lowered(item) for item in value)
    return value.lower() if isinstance(value, str) else value


@given(encoded(), st.data())
def test_bent_bytes_get_the_oracles_answer(case: tuple[list[str], list[Any], bytes], data: st.DataObject) -> None:
    kinds, _, body = case
    blob = bytearray(body + bytes(32))
    position = data.draw(st.integers(0, len(blob) - 1))
    blob[position] ^= data.draw(st.integers(1, 255))
    cut = data.draw(st.sampled_from([len(body), len(body) + 32, max(len(body) - 1, 0), max(len(body) - 32, 0)]))
    found, expected = ours(kinds, bytes(blob[:cut])), oracle(kinds, bytes(blob[:cut]))
    assert (found is None) == (expected is None)
    assert [lowered(value) for value in found or []] == [lowered(value) for value in expected or []]


@pytest.mark.parametrize("size", [31, 63, 95])
def test_a_length_past_the_end_is_refused_before_anything_is_built(size: int) -> None:
    data = (32).to_bytes(32, "big") + (2**255).to_bytes(32, "big") + bytes(size)
    with pytest.raises(FormatError, match=r"abi\.malformed"):
        abi.decode(["bytes32[]"], data)


@given(st.binary(min_size=20, max_size=20))
def test_checksums_are_those_of_eip_55(address: bytes) -> None:
    assert ids.checksum_address(address) == to_checksum_address(address)
