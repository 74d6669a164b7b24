"""Bloom filters of block headers: what a block has certainly no log of (Ethereum yellow paper, section 4.4.3, ``M3:2048``).

An address sets three of 2,048 bits, by the first three pairs of bytes of its Keccak-256. Where one of them is not set, no
contract of that address logged anything in the block; where all are, one may have.
"""

from collections.abc import Iterable
from functools import cache

from eth_hash.auto import keccak


@cache
def bits(address: str) -> int:
    """The bits that a log of this contract (0x…) sets."""
    digest = keccak(bytes.fromhex(address[2:]))
    found = 0
    for place in (0, 2, 4):
        found |= 1 << (int.from_bytes(digest[place : place + 2], "big") & 2047)
    return found


def may_have_logs(bloom: int, addresses: Iterable[str]) -> bool:
    """Whether a block with this filter may hold a log of one of the contracts."""
    return any(bloom & (wanted := bits(address)) == wanted for address in addresses)
