"""QBFT finality: a synthetic consortium seals blocks, and every way to seal one wrongly is refused."""

from typing import Any

import pytest
import rlp as oracle
from eth_hash.auto import keccak
from eth_keys.datatypes import PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol import chainproof, finality
from protocol.errors import FormatError, TallyError, VerificationError
from protocol.qbft import MIX_HASH

KEYS = [PrivateKey(bytes([i + 1]) * 32) for i in range(7)]
VANITY = bytes(32)


def address(key: PrivateKey) -> bytes:
    return key.public_key.to_canonical_address()


def extra_data(validators: list[PrivateKey], round_number: int, seals: list[bytes]) -> bytes:
    return oracle.encode([VANITY, [address(key) for key in validators], [], round_number, seals])


def fields_of(parent: bytes, height: int, extra: bytes) -> list[bytes]:
    def number(value: int) -> bytes:
        return value.to_bytes((value.bit_length() + 7) // 8, "big")

    return [
        parent, bytes(32), bytes(20), bytes(32), bytes(32), bytes(32), bytes(256), b"\x01", number(height),
        number(30_000_000), b"", number(1000 + height), extra, MIX_HASH, bytes(8), b"",
    ]  # fmt: skip


def block_hash(parent: bytes, height: int, validators: list[PrivateKey]) -> bytes:
    """Besu's on-chain hash, written down independently: round 0, no seals."""
    return keccak(oracle.encode(fields_of(parent, height, extra_data(validators, 0, []))))


def sealed(
    parent: bytes, height: int, validators: list[PrivateKey], signers: list[PrivateKey], round_number: int = 0
) -> bytes:
    digest = keccak(oracle.encode(fields_of(parent, height, extra_data(validators, round_number, []))))
    seals = [key.sign_msg_hash(digest).to_bytes() for key in signers]
    return oracle.encode(fields_of(parent, height, extra_data(validators, round_number, seals)))


FOUR = KEYS[:4]
GENESIS = oracle.encode(fields_of(bytes(32), 0, extra_data(FOUR, 0, [])))
GENESIS_HASH = block_hash(bytes(32), 0, FOUR)
ONE_HASH = block_hash(GENESIS_HASH, 1, FOUR)


def test_hash_leaves_out_round_and_seals() -> None:
    block = chainproof.parse_header(sealed(GENESIS_HASH, 1, FOUR, FOUR[:3], round_number=2))
    assert block.hash == ONE_HASH
    assert block.number == 1


def final(headers: list[bytes], genesis: bytes = GENESIS_HASH) -> bool:
    return finality.verify(headers, chainproof.parse_header(headers[-1]), genesis)


@pytest.mark.parametrize("signers", [FOUR[:3], FOUR[1:], FOUR, [FOUR[3], FOUR[0], FOUR[2]]])
def test_a_quorum_makes_a_head_final(signers: list[PrivateKey]) -> None:
    assert final([GENESIS, sealed(GENESIS_HASH, 1, FOUR, signers, round_number=1)])
    assert final([GENESIS, sealed(b"\7" * 32, 9_000_000, FOUR, signers)]), "blocks between are not needed"


@pytest.mark.parametrize(
    "signers",
    [[], FOUR[:2], [FOUR[0], FOUR[0], FOUR[1]], [*FOUR[:2], KEYS[5]], [*FOUR[:3], KEYS[5]], [*FOUR[:3], FOUR[0]]],
)
def test_too_few_doubled_or_foreign_seals_are_refused(signers: list[PrivateKey]) -> None:
    with pytest.raises(VerificationError, match=r"chain\.seals"):
        final([GENESIS, sealed(GENESIS_HASH, 1, FOUR, signers)])


def test_seals_of_another_round_or_block_are_refused() -> None:
    fields: list[Any] = oracle.decode(sealed(GENESIS_HASH, 1, FOUR, FOUR, round_number=1))
    extra: list[Any] = oracle.decode(fields[12])
    extra[3] = b"\x02"
    fields[12] = oracle.encode(extra)
    with pytest.raises(VerificationError, match=r"chain\.seals"):
        final([GENESIS, oracle.encode(fields)])
    fields = oracle.decode(sealed(GENESIS_HASH, 1, FOUR, FOUR))
    fields[3] = b"\7" * 32  # another state under the same seals
    with pytest.raises(VerificationError, match=r"chain\.seals"):
        final([GENESIS, oracle.encode(fields)])


def test_the_seals_must_be_the_head_s_own() -> None:
    one, two = (sealed(GENESIS_HASH, number, FOUR, FOUR) for number in (1, 2))
    head = chainproof.parse_header(two)
    assert finality.verify([GENESIS, two], head, GENESIS_HASH)
    for headers in ([GENESIS, one], [GENESIS]):
        with pytest.raises(VerificationError, match=r"chain\.seals"):
            finality.verify(headers, head, GENESIS_HASH)
    with pytest.raises(VerificationError, match=r"chain\.empty"):
        finality.verify([], head, GENESIS_HASH)


def test_another_genesis_is_refused() -> None:
    one = sealed(GENESIS_HASH, 1, FOUR, FOUR)
    with pytest.raises(VerificationError, match=r"chain\.genesis"):
        final([GENESIS, one], bytes(32))
    with pytest.raises(VerificationError, match=r"chain\.genesis"):
        final([one, one], chainproof.parse_header(one).hash)


def test_a_change_of_validators_needs_members_of_the_old_set() -> None:
    five = KEYS[:5]
    change = sealed(b"\1" * 32, 2, five, five[1:])
    assert final([GENESIS, change])
    assert final([GENESIS, change, sealed(b"\2" * 32, 30, five, five[1:])])
    # without seals a change is refused even when a later block is sealed by the new set
    with pytest.raises(VerificationError, match=r"chain\.seals"):
        final([GENESIS, sealed(b"\1" * 32, 2, five, []), sealed(b"\2" * 32, 30, five, five)])
    # a usurping set with only one member of the old one (as many as may be faulty) is refused
    usurpers = [FOUR[3], *KEYS[4:7]]
    with pytest.raises(VerificationError, match=r"chain\.seals"):
        final([GENESIS, sealed(b"\1" * 32, 2, usurpers, usurpers)])


def test_a_set_that_changed_whole_is_reached_over_the_sets_between() -> None:
    first, middle, last = KEYS[:4], KEYS[1:5], KEYS[3:7]
    headers = [sealed(b"\1" * 32, 50, middle, middle), sealed(b"\2" * 32, 90, last, last)]
    with pytest.raises(VerificationError, match=r"chain\.seals"):
        final([GENESIS, headers[1]])
    assert final([GENESIS, *headers])
    with pytest.raises(VerificationError, match=r"chain\.validators"):
        final([GENESIS, headers[0], sealed(b"\2" * 32, 50, last, last)])
    with pytest.raises(VerificationError, match="changes no validator"):
        final([GENESIS, sealed(b"\1" * 32, 20, first, first), *headers])


def test_a_chain_cannot_leave_its_consensus() -> None:
    fields: list[Any] = oracle.decode(sealed(GENESIS_HASH, 1, FOUR, []))
    fields[13] = bytes(32)
    plain = oracle.encode(fields)
    with pytest.raises(VerificationError, match=r"chain\.consensus"):
        final([GENESIS, plain])
    fields = oracle.decode(GENESIS)
    fields[13] = bytes(32)
    unsealed = oracle.encode(fields)
    head = chainproof.parse_header(plain)
    assert not finality.verify([unsealed], head, keccak(unsealed))
    with pytest.raises(VerificationError, match=r"chain\.consensus"):
        finality.verify([unsealed, plain], head, keccak(unsealed))


def with_extra(extra: list[Any]) -> bytes:
    return oracle.encode(fields_of(bytes(32), 0, oracle.encode(extra)))


SEALED = sealed(GENESIS_HASH, 1, FOUR, FOUR[:3], round_number=1)
BLOCK = chainproof.parse_header(SEALED)


@given(st.integers(0, len(SEALED) - 1), st.integers(1, 255))
@settings(max_examples=60)
def test_one_changed_byte_is_refused(index: int, mask: int) -> None:
    changed = bytearray(SEALED)
    changed[index] ^= mask
    with pytest.raises(TallyError):
        finality.verify([GENESIS, bytes(changed)], chainproof.parse_header(SEALED), GENESIS_HASH)


def test_malformed_extra_data_is_refused() -> None:
    good: list[Any] = oracle.decode(extra_data(FOUR, 0, []))
    cases: list[tuple[int, Any]] = [(0, bytes(31)), (1, [bytes(19)]), (2, b"x"), (3, b"\0"), (4, b"x")]
    for position, bad in cases:
        changed = [*good[:position], bad, *good[position + 1 :]]
        header = with_extra(changed)
        with pytest.raises(FormatError):  # some fail when the header is read, some when its validators are
            finality.verify([header], BLOCK, chainproof.parse_header(header).hash)
    for validators in ([], [bytes(20)] * 2):
        header = with_extra([good[0], validators, *good[2:]])
        with pytest.raises(VerificationError, match="validators are none or doubled"):
            finality.verify([header], BLOCK, chainproof.parse_header(header).hash)
    one = oracle.decode(SEALED)
    extra: list[Any] = oracle.decode(one[12])
    for seal in (bytes(64), b"\x01" * 64 + b"\x09", bytes(65), b"\xff" * 65):
        extra[4] = [seal, *extra[4][1:]]
        one[12] = oracle.encode(extra)
        with pytest.raises(TallyError):
            finality.verify([GENESIS, oracle.encode(one)], BLOCK, GENESIS_HASH)
