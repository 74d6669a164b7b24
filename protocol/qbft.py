"""QBFT blocks of Besu and GoQuorum: what their hash covers, and the validators' seals that make them final.

A block's hash leaves out the round and the seals, so these bytes prove nothing by themselves; the seals are therefore
checked: distinct validators of the block, a quorum of ceil(2n/3), each over the block with its round. The last block's
seals cover every block before it through the parent hashes; when the validator set changes on the way, enough of the
old set (more than a third) must have sealed as well: one honest member of it has then accepted the change.

Sources: Besu's QbftExtraDataCodec and BftBlockHashing; EIP-650 (Istanbul BFT); https://entethalliance.github.io/client-spec/qbft_spec.html
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from eth_hash.auto import keccak

from protocol import rlp, secp256k1
from protocol.errors import FormatError, VerificationError

MIX_HASH: Final = bytes.fromhex("63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365")
"""``ctical byzantine fault tolerance``: how a header says that it is one of QBFT."""

_EXTRA: Final = 12
_MIX: Final = 13
_NUMBER: Final = 8


@dataclass(frozen=True, slots=True)
class Validators:
    """The validator addresses of one block, 20 bytes each."""

    addresses: frozenset[bytes]

    @property
    def quorum(self) -> int:
        """Seals that make a block final: ceil(2n/3)."""
        return -(-2 * len(self.addresses) // 3)

    @property
    def faulty(self) -> int:
        """Validators that may be faulty without breaking agreement: fewer than a third."""
        return (len(self.addresses) - 1) // 3


def is_qbft(fields: Sequence[rlp.Item]) -> bool:
    """Whether a header's mix hash names QBFT."""
    return fields[_MIX] == MIX_HASH


def hashed_header(fields: Sequence[rlp.Item]) -> bytes:
    """The bytes whose keccak256 is the block hash: round 0 and no seals in the extra data."""
    vanity, validators, votes, _, _ = _extra(fields)
    return _with_extra(fields, [vanity, validators, votes, b"", []])


def validators_of(fields: Sequence[rlp.Item]) -> Validators:
    """The validators that a header lists."""
    addresses = [rlp.text(address, 20) for address in rlp.listing(_extra(fields)[1])]
    found = Validators(frozenset(addresses))
    if not addresses or len(found.addresses) != len(addresses):
        raise _error(rlp.number(fields[_NUMBER]), "its validators are none or doubled")
    return found


def verify_seals(fields: Sequence[rlp.Item], before: Validators) -> None:
    """Check a block's seals against its own validators and those of the block before it.

    Raises :class:`VerificationError` ``chain.seals`` unless the block is final.
    """
    vanity, listed, votes, round_number, seals = _extra(fields)
    validators = validators_of(fields)
    number = rlp.number(fields[_NUMBER])
    sealed = keccak(_with_extra(fields, [vanity, listed, votes, round_number, []]))
    signers = [_signer(rlp.text(seal, 65), sealed, number) for seal in rlp.listing(seals)]
    distinct = frozenset(signers)
    if len(distinct) != len(signers) or not distinct <= validators.addresses:
        raise _error(number, "a seal is doubled or no validator's")
    if len(distinct) < validators.quorum:
        raise _error(number, f"{len(distinct)} of {len(validators.addresses)} validators sealed it")
    if len(distinct & before.addresses) <= before.faulty:
        raise _error(number, "too few of the validators before it sealed the change of validators")


def _extra(fields: Sequence[rlp.Item]) -> list[rlp.Item]:
    extra = rlp.listing(rlp.decode(rlp.text(fields[_EXTRA])), 5)
    rlp.text(extra[0], 32)
    rlp.listing(extra[2])
    rlp.number(extra[3], 32)
    rlp.listing(extra[4])
    return extra


def _with_extra(fields: Sequence[rlp.Item], extra: list[rlp.Item]) -> bytes:
    return rlp.encode([*fields[:_EXTRA], rlp.encode(extra), *fields[_EXTRA + 1 :]])


def _signer(seal: bytes, digest: bytes, number: int) -> bytes:
    r, s = int.from_bytes(seal[:32], "big"), int.from_bytes(seal[32:64], "big")
    try:
        return secp256k1.signer(digest, r, s, seal[64])
    except VerificationError as error:
        raise FormatError("chain.seal", f"A seal of block {number} is no signature.", "Fetch it again.") from error


def _error(number: int, reason: str) -> VerificationError:
    return VerificationError(
        "chain.seals", f"Block {number} is not final: {reason}.", "Fetch the headers again from another validator."
    )
