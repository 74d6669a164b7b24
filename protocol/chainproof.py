"""What a block header proves: its hash, its parents down to a trusted genesis, and the receipts of its transactions.

Everything is checked from bytes: a header hashes to its child's parent hash, a receipt is in the Merkle-Patricia trie
whose root the header holds. A chain of plain headers shows only that its parts belong together; under QBFT every block
also carries its validators' seals (:mod:`protocol.qbft`), which show that the consortium agreed on it.

Sources: Ethereum yellow paper, 4.3 and appendices C and D; EIP-2718 (typed receipts), EIP-1559, EIP-4895, EIP-4844,
EIP-4788 and EIP-7685 (header fields 16 to 21).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from eth_hash.auto import keccak

from protocol import qbft, rlp
from protocol.errors import FormatError, VerificationError

_HASH: Final = 32
_HEADER_FIELDS: Final = range(15, 22)
_STATUS: Final = {b"": False, b"\x01": True}
_LEAF_FLAG = 2
_ODD_FLAG = 1
_BRANCH = 17


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
    """Read an RLP header of any fork from Frontier to Prague."""
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
    hashed = qbft.hashed_header(fields) if qbft.is_qbft(fields) else header
    return Block(
        keccak(hashed),
        rlp.text(fields[0], 32),
        rlp.number(fields[8]),
        rlp.number(fields[11]),
        rlp.text(fields[3], 32),
        rlp.text(fields[5], 32),
    )


def verify_header_chain(headers: Sequence[bytes], genesis_hash: bytes) -> tuple[Block, ...]:
    """Blocks 0 to n - 1 from their RLP headers, the first being the trusted genesis.

    Raises :class:`VerificationError` ``chain.*`` for the first header that is not its predecessor's child and, on a
    QBFT chain, when the last one or one with other validators than its predecessor is not sealed by a quorum.
    """
    if not headers:
        raise VerificationError("chain.empty", "There are no headers.", "Fetch the bundle again.")
    blocks: list[Block] = []
    consortium: qbft.Validators | None = None
    for number, header in enumerate(headers):
        block = parse_header(header)
        if block.number != number:
            raise VerificationError(
                "chain.number", f"Header {number} says it is block {block.number}.", "Fetch the headers again."
            )
        if number == 0 and block.hash != genesis_hash:
            raise VerificationError(
                "chain.genesis",
                f"The genesis block is {block.hash.hex()}, trusted is {genesis_hash.hex()}.",
                "This is another chain, or the trust file is another's.",
            )
        if number and (block.parent != blocks[-1].hash or block.timestamp < blocks[-1].timestamp):
            raise VerificationError(
                "chain.parent", f"Block {number} does not follow block {number - 1}.", "Fetch the headers again."
            )
        consortium = _follow(rlp.decode_list(header), number, consortium, last=number == len(headers) - 1)
        blocks.append(block)
    return tuple(blocks)


def _follow(
    fields: list[rlp.Item], number: int, before: qbft.Validators | None, *, last: bool
) -> qbft.Validators | None:
    """The validators of block ``number``, its seals checked where they matter; None on a chain of plain headers."""
    sealed = qbft.is_qbft(fields)
    if number and sealed != (before is not None):
        raise VerificationError(
            "chain.consensus", f"Block {number} follows another consensus than the genesis.", "Report it."
        )
    if not sealed:
        return None
    validators = qbft.validators_of(fields)
    if before is not None and (last or validators != before):
        qbft.verify_seals(fields, before)
    return validators


def verify_receipt(block: Block, index: int, receipt: bytes, nodes: Sequence[bytes]) -> Receipt:
    """The receipt of transaction ``index``, after checking its proof against the block's receipts root."""
    key = rlp.encode(index.to_bytes((index.bit_length() + 7) // 8, "big"))
    verify_trie(block.receipts_root, key, receipt, nodes)
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


def verify_trie(root: bytes, key: bytes, value: bytes, nodes: Sequence[bytes]) -> None:
    """Merkle-Patricia inclusion of ``key`` → ``value``: every node is used, in order from the root.

    Raises :class:`VerificationError` ``chain.trie`` otherwise.
    """
    path = [nibble for byte in key for nibble in (byte >> 4, byte & 15)]
    expected: rlp.Item = root
    left = list(nodes)
    while True:
        node = _resolve(expected, left)
        if len(node) == _BRANCH:
            if not path:
                return _end(node[16], value, left)
            expected = node[path.pop(0)]
            continue
        prefix, leaf = _compact(node)
        if path[: len(prefix)] != prefix:
            raise _trie_error("the key leads elsewhere")
        del path[: len(prefix)]
        if leaf:
            if path:
                raise _trie_error("the key leads elsewhere")
            return _end(node[1], value, left)
        expected = node[1]


def _resolve(expected: rlp.Item, left: list[bytes]) -> list[rlp.Item]:
    """The node behind a reference: the node itself when it has under 32 bytes, the next proof node otherwise."""
    if isinstance(expected, list):
        if len(rlp.encode(expected)) >= _HASH:
            raise _trie_error("a long node is embedded")
        node = expected
    else:
        if len(expected) != _HASH or not left or keccak(left[0]) != expected:
            raise _trie_error("a node is missing or is not the one referred to")
        node = rlp.decode_list(left.pop(0))
    if len(node) not in (2, _BRANCH):
        raise _trie_error("a node is neither branch, extension nor leaf")
    return node


def _compact(node: list[rlp.Item]) -> tuple[list[int], bool]:
    """Nibbles and leaf flag of an extension's or leaf's compact (hex-prefix) path."""
    data = rlp.text(node[0])
    flag = data[0] >> 4 if data else 16
    odd = flag & _ODD_FLAG
    if flag > (_LEAF_FLAG | _ODD_FLAG) or (not odd and data[0] & 15):
        raise _trie_error("a path is not in compact form")
    nibbles = [data[0] & 15] if odd else []
    nibbles += [nibble for byte in data[1:] for nibble in (byte >> 4, byte & 15)]
    leaf = bool(flag & _LEAF_FLAG)
    if not leaf and not nibbles:
        raise _trie_error("an extension is empty")
    return nibbles, leaf


def _end(found: rlp.Item, value: bytes, left: list[bytes]) -> None:
    if found != value or not value:
        raise _trie_error("the value is not the one given")
    if left:
        raise _trie_error("it holds nodes that are not needed")


def _log(item: rlp.Item) -> Log:
    address, topics, data = rlp.listing(item, 3)
    found = tuple(rlp.text(topic, 32) for topic in rlp.listing(topics))
    if len(found) > 4:
        raise FormatError("chain.receipt", "A log has more than four topics.", "Fetch the receipt again.")
    return Log(rlp.text(address, 20), found, rlp.text(data))


def _trie_error(reason: str) -> VerificationError:
    return VerificationError("chain.trie", f"The receipt proof does not hold: {reason}.", "Fetch the proof again.")
