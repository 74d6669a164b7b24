"""What the chain said, as far as a bundle proves it: headers down to the trusted genesis, receipts against headers.

Only events of the trusted contracts' addresses count. What is *not* in the bundle proves nothing: where a step needs
absence (no revocation, no key rotation) it rests on a later event that the contract emits only after checking, and says
so.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Generic, Self, TypeVar

from protocol import chainproof, events, qbft, rlp
from protocol.bundle import ReceiptProof
from protocol.errors import VerificationError
from protocol.trust import Trust

E = TypeVar("E")


@dataclass(frozen=True, slots=True)
class Found(Generic[E]):
    """One proven event and where it stands."""

    event: E
    block: int
    block_hash: bytes
    timestamp: int
    transaction: int
    position: int


@dataclass(frozen=True, slots=True)
class Keys:
    """A party's keys as they were registered at some block."""

    wallet: str
    node_signer: str
    node_key: bytes
    seal_key: bytes
    roles: int
    operator: bytes


class Ledger:
    """The proven events, in chain order."""

    def __init__(self, found: Iterable[Found[Any]], *, bound: bool) -> None:
        self.found = tuple(found)
        self.bound = bound
        """Whether more than the headers' own order binds them: validators' seals, or a head that somebody trusts."""

    @classmethod
    def read(cls, headers: tuple[bytes, ...], receipts: tuple[ReceiptProof, ...], trust: Trust) -> Self:
        """Check headers and receipts; raises :class:`VerificationError` for the first that does not hold."""
        blocks = chainproof.verify_header_chain(headers, trust.genesis_hash)
        if trust.head and trust.head != (len(blocks) - 1, blocks[-1].hash):
            raise VerificationError(
                "chain.head",
                f"The last block is {len(blocks) - 1} {blocks[-1].hash.hex()}, trusted is {trust.head[0]} "
                f"{trust.head[1].hex()}.",
                "Ask your own chain endpoint for the hash of the bundle's last block.",
            )
        contracts = {bytes.fromhex(address[2:]): name for name, address in trust.contracts}
        found: list[Found[Any]] = []
        order = [(proof.block, proof.index) for proof in receipts]
        if order != sorted(set(order)):
            raise VerificationError("bundle.receipts", "The receipts are out of order or doubled.", "Fetch it again.")
        for proof in receipts:
            if proof.block + trust.confirmations >= len(blocks):
                raise VerificationError(
                    "chain.not_final",
                    f"Block {proof.block} has fewer than {trust.confirmations} confirmations among {len(blocks)} headers.",
                    "Fetch the bundle again later.",
                )
            block = blocks[proof.block]
            receipt = chainproof.verify_receipt(block, proof.index, proof.receipt, proof.nodes)
            if not receipt.succeeded:
                raise VerificationError(
                    "chain.reverted", f"A transaction of block {proof.block} failed.", "Fetch again."
                )
            for position, log in enumerate(receipt.logs):
                if log.address in contracts:
                    event = events.decode(contracts[log.address], log.topics, log.data)
                    found.append(Found(event, block.number, block.hash, block.timestamp, proof.index, position))
        return cls(found, bound=trust.head is not None or qbft.is_qbft(rlp.decode_list(headers[-1])))

    def of(self, kind: type[E], **fields: object) -> list[Found[E]]:
        """Events of a kind whose fields have the given values."""
        return [
            item
            for item in self.found
            if isinstance(item.event, kind)
            and all(getattr(item.event, name) == value for name, value in fields.items())
        ]

    def one(self, kind: type[E], **fields: object) -> Found[E] | None:
        """The only such event, or None; two are a contradiction."""
        found = self.of(kind, **fields)
        if len(found) > 1:
            raise VerificationError("chain.event_twice", f"{kind.__name__} occurs {len(found)} times.", "Report it.")
        return found[0] if found else None

    def keys_at(self, party: bytes, block: int) -> Keys | None:
        """A party's registered keys at the end of ``block``, as far as the bundle's events tell."""
        keys: Keys | None = None
        for item in self.found:
            event = item.event
            if item.block > block or getattr(event, "party", None) != party:
                continue
            if isinstance(event, events.PartyAdmitted):
                keys = Keys(
                    event.wallet, event.node_signer, event.node_key, event.seal_key, event.roles, event.operator
                )
            elif keys and isinstance(event, events.KeysRotated):
                keys = Keys(keys.wallet, event.node_signer, event.node_key, event.seal_key, keys.roles, keys.operator)
            elif keys and isinstance(event, events.WalletChanged):
                keys = Keys(event.new_wallet, keys.node_signer, keys.node_key, keys.seal_key, keys.roles, keys.operator)
        return keys
