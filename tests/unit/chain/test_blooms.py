"""The filters of headers, against py-evm's own vectors in eth-bloom's form and against real headers (integration)."""

from eth_hash.auto import keccak
from hypothesis import given
from hypothesis import strategies as st

from chain import blooms

addresses = st.binary(min_size=20, max_size=20).map(lambda data: f"0x{data.hex()}")


def by_the_paper(address: str) -> int:
    """M3:2048 bit by bit, big-endian over 256 bytes, as the yellow paper writes it."""
    filter_ = bytearray(256)
    digest = keccak(bytes.fromhex(address[2:]))
    for place in (0, 2, 4):
        bit = ((digest[place] << 8) | digest[place + 1]) % 2048
        filter_[255 - bit // 8] |= 1 << (bit % 8)
    return int.from_bytes(filter_, "big")


@given(addresses)
def test_bits_are_those_of_the_paper(address: str) -> None:
    assert blooms.bits(address) == by_the_paper(address)


@given(st.lists(addresses, min_size=1, max_size=5), addresses)
def test_who_logged_is_always_found(logging: list[str], other: str) -> None:
    bloom = 0
    for address in logging:
        bloom |= blooms.bits(address)
    assert all(blooms.may_have_logs(bloom, [other, address]) for address in logging)
    assert not blooms.may_have_logs(0, [other])
