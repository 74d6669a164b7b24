"""A simulated chain for verification tests: headers, receipts and tries made with the `rlp` and `trie` packages.

Nothing of the project's own RLP or proof code is used here, so that the verifier meets independent bytes.
"""

from dataclasses import fields
from functools import cache
from typing import Any

import rlp
from eth_abi.abi import encode as abi_encode
from eth_hash.auto import keccak
from trie import HexaryTrie

from protocol import events
from protocol.bundle import ReceiptProof

EMPTY = keccak(rlp.encode(b""))


def number(value: int) -> bytes:
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def encode_log(address: bytes, event: events.Event) -> list[Any]:
    values = [getattr(event, f.name) for f in fields(event)]  # pyright: ignore[reportArgumentType]
    pairs = list(zip(event.parameters(), values, strict=True))
    topics = [event.topic()] + [abi_encode([p.kind], [v]) for p, v in pairs if p.indexed]
    data = abi_encode([p.kind for p, _ in pairs if not p.indexed], [v for p, v in pairs if not p.indexed])
    return [address, topics, data]


@cache
def trie_of(receipts: tuple[bytes, ...]) -> HexaryTrie:
    found = HexaryTrie({})
    for index, receipt in enumerate(receipts):
        found[rlp.encode(number(index))] = receipt
    return found


class SimulatedChain:
    """Blocks of transactions; each transaction is a list of (contract name, event)."""

    def __init__(self, contracts: dict[str, bytes]) -> None:
        self.contracts = contracts
        self.blocks: list[list[list[tuple[str, events.Event]]]] = [[]]
        self.time = 1_700_000_000

    def mine(self, *emitted: tuple[str, events.Event]) -> int:
        """One block with one transaction; returns its number."""
        self.blocks.append([list(emitted)])
        return len(self.blocks) - 1

    def receipts(self, block: int) -> list[bytes]:
        out: list[bytes] = []
        for transaction in self.blocks[block]:
            logs = [encode_log(self.contracts[name], event) for name, event in transaction]
            out.append(b"\x02" + rlp.encode([b"\x01", number(21_000), bytes(256), logs]))
        return out

    def tries(self, block: int) -> HexaryTrie:
        return trie_of(tuple(self.receipts(block)))

    def headers(self) -> tuple[bytes, ...]:
        out: list[bytes] = []
        parent = bytes(32)
        for block in range(len(self.blocks)):
            root = self.tries(block).root_hash
            header = rlp.encode([
                parent, EMPTY, bytes(20), bytes(32), EMPTY, root, bytes(256), b"", number(block), number(30_000_000),
                number(21_000), number(self.time + block), b"", bytes(32), bytes(8), b"\x00"[:0], EMPTY, b"", b"", bytes(32),
            ])  # fmt: skip
            out.append(header)
            parent = keccak(header)
        return tuple(out)

    def block_hash(self, block: int) -> bytes:
        return keccak(self.headers()[block])

    def proofs(self) -> tuple[ReceiptProof, ...]:
        out: list[ReceiptProof] = []
        for block in range(len(self.blocks)):
            trie = self.tries(block)
            for index, receipt in enumerate(self.receipts(block)):
                nodes = tuple(rlp.encode(node) for node in trie.get_proof(rlp.encode(number(index))))
                out.append(ReceiptProof(block, index, receipt, nodes))
        return tuple(out)
