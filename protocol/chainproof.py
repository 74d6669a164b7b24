"""What a block header proves: its hash, and the receipts of its transactions.

Everything is checked from bytes. How one header proves earlier ones is :mod:`protocol.ancestry`, what makes a header
final :mod:`protocol.qbft`.

Sources: Ethereum yellow paper, 4.3 and appendices C and D; EIP-2718 (typed receipts), EIP-1559, EIP-4895, EIP-4844,
EIP-4788 and EIP-7685 (header fields 16 to 21).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from eth_hash.auto import keccak

from protocol import qbft, rlp, trie
from protocol.errors import FormatError

_HEADER_FIELDS: Final = range(15, 22)
_STATUS: Final = {b"": False, b"\x01": True}


@dataclass(frozen=True, slots=True)
class Block:
    """The facts of one header that evidence needs; ``hash`` is the block's hash."""

    hash: bytes
    parent: bytes
    number: int
    timestamp: int
    state_root: bytes
    receipts_root: bytes


@dataclass(frozen=True, slots=True)
class Log:
    """One event log as the receipt holds it; ``address`` has 20 bytes, each topic 32."""

    address: bytes
    topics: tuple[bytes, ...]
    data: bytes


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a transaction left behind."""

    kind: int
    succeeded: bool
    logs: tuple[Log, ...]


def parse_header(header: bytes) -> Block:
    """Read an RLP header of any fork from Frontier to Osaka."""
    fields = rlp.decode_list(header)
    if len(fields) not in _HEADER_FIELDS:
        raise FormatError("chain.header", f"A header has {len(fields)} fields, not 15 to 21.", "Fetch it again.")
    sizes = {0: 32, 1: 32, 2: 20, 3: 32, 4: 32, 5: 32, 6: 256, 13: 32, 14: 8, 16: 32, 19: 32, 20: 32}
    for position, field in enumerate(fields):
        if position in sizes:
            rlp.text(field, sizes[position])
        elif position == 12:  # extra data: free bytes
            rlp.text(field)
        else:
            rlp.number(field, 256)
    return Block(
        keccak(qbft.hashed_header(fields) if qbft.is_qbft(fields) else header),
        rlp.text(fields[0], 32),
        rlp.number(fields[8]),
        rlp.number(fields[11]),
        rlp.text(fields[3], 32),
        rlp.text(fields[5], 32),
    )


def hashed_form(header: bytes) -> bytes:
    """The bytes that a header's hash is of: under QBFT without round and seals, otherwise the header itself."""
    fields = rlp.decode_list(header)
    return qbft.hashed_header(fields) if qbft.is_qbft(fields) else header


def verify_receipt(block: Block, index: int, receipt: bytes, nodes: Sequence[bytes]) -> Receipt:
    """The receipt of transaction ``index``, after checking its proof against the block's receipts root."""
    key = rlp.encode(index.to_bytes((index.bit_length() + 7) // 8, "big"))
    trie.verify(block.receipts_root, key, receipt, nodes)
    return parse_receipt(receipt)


def parse_receipt(data: bytes) -> Receipt:
    """Read a receipt, typed (EIP-2718) or legacy; those of before Byzantium are refused."""
    kind = data[0] if data and data[0] < 0x80 else 0
    if kind == 0 and data[:1] == b"\0":
        raise FormatError("chain.receipt", "Type 0 receipts have no type byte.", "Fetch the receipt again.")
    status, gas, bloom, logs = rlp.listing(rlp.decode(data[1:] if kind else data), 4)
    rlp.number(gas, 256)
    rlp.text(bloom, 256)
    if not isinstance(status, bytes) or status not in _STATUS:
        raise FormatError("chain.receipt", "The receipt has no status.", "Fetch the receipt again.")
    return Receipt(kind, _STATUS[status], tuple(_log(item) for item in rlp.listing(logs)))


def _log(item: rlp.Item) -> Log:
    address, topics, data = rlp.listing(item, 3)
    found = tuple(rlp.text(topic, 32) for topic in rlp.listing(topics))
    if len(found) > 4:
        raise FormatError("chain.receipt", "A log has more than four topics.", "Fetch the receipt again.")
    return Log(rlp.text(address, 20), found, rlp.text(data))
