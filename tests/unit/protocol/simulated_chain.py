"""A simulated chain for verification tests: headers, receipts, states and tries made with the `rlp` and `trie` packages.

Blocks may have gaps: what stands between two simulated blocks leaves nothing but their numbers. Nothing of the project's own RLP or proof code is used here, so that the verifier meets independent bytes.
"""

import hashlib
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, is_dataclass
from functools import cache, cached_property, lru_cache
from typing import Any

import rlp
from eth_abi.abi import encode as abi_encode
from eth_hash.auto import keccak
from trie import HexaryTrie

from protocol import ancestry, events, registers
from protocol.ancestry import Ancestor, Descent, Window
from protocol.bundle import ReceiptProof
from protocol.registers import Register
from protocol.trust import CONTRACTS
from protocol.vocabulary import TaskState

EMPTY = keccak(rlp.encode(b""))
STRANGER = b"\x99" * 20
CODES = {name: keccak(f"code of {name}".encode()) for name in CONTRACTS}


def number(value: int) -> bytes:
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def plain(value: Any) -> Any:
    """A struct of an event as the tuple that `eth_abi` takes."""
    return tuple(getattr(value, f.name) for f in fields(value)) if is_dataclass(value) else value


@lru_cache(maxsize=4096)
def encode_log(address: bytes, event: events.Event) -> list[Any]:
    values = [plain(getattr(event, f.name)) for f in fields(event)]  # pyright: ignore[reportArgumentType]
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


@dataclass(frozen=True)
class Built:
    """A simulated block: its header, and the tries of its state."""

    number: int
    header: bytes
    accounts: HexaryTrie
    storage: dict[bytes, HexaryTrie]

    @cached_property
    def hash(self) -> bytes:
        return keccak(self.header)

    def account(self, address: bytes) -> tuple[bytes, ...]:
        return proof_nodes(self.accounts, keccak(address))

    def slot(self, address: bytes, slot: int) -> tuple[bytes, ...]:
        if self.storage[address].root_hash == EMPTY:
            return ()
        return proof_nodes(self.storage[address], keccak(slot.to_bytes(32, "big")))


def proof_nodes(trie: HexaryTrie, key: bytes) -> tuple[bytes, ...]:
    """A proof as nodes give it: those under 32 bytes are part of their parent."""
    nodes = [rlp.encode(node) for node in trie.get_proof(key)]
    return tuple(node for place, node in enumerate(nodes) if place == 0 or len(node) >= 32)


def stored(word: bytes) -> bytes:
    return rlp.encode(word.lstrip(b"\0"))


NO_CONSENSUS = (b"", bytes(32))
"""Extra data and mix hash of a chain whose blocks say nothing of validators."""


def header_of(
    parent: bytes,
    number_: int,
    time: int,
    state_root: bytes,
    receipts_root: bytes,
    *,
    extra: bytes = b"",
    mix: bytes = bytes(32),
) -> bytes:
    """An Osaka header."""
    return rlp.encode([
        parent, EMPTY, bytes(20), state_root, EMPTY, receipts_root, bytes(256), b"", number(number_), number(30_000_000),
        number(21_000), number(time), extra, mix, bytes(8), b"", EMPTY, b"", b"", bytes(32), hashlib.sha256().digest(),
    ])  # fmt: skip


def place(key: bytes, slot: int) -> int:
    """Where a mapping's value begins (Solidity's layout, written down here once more)."""
    return int.from_bytes(keccak(key.rjust(32, b"\0") + slot.to_bytes(32, "big")), "big")


def words(start: int, *values: bytes | int) -> dict[int, bytes]:
    """Consecutive words of a struct."""
    return {
        start + n: v.to_bytes(32, "big") if isinstance(v, int) else v.rjust(32, b"\0") for n, v in enumerate(values)
    }


def packed(*fields: tuple[int, int]) -> int:
    """Small fields (value, bytes) of one word, the first at its low end."""
    word = shift = 0
    for value, size in fields:
        word |= value << shift
        shift += 8 * size
    return word


class Storage:
    """What the contracts keep of their events, as far as evidence reads it."""

    def __init__(self) -> None:
        self.periods: dict[bytes, int] = {}
        self.started: dict[bytes, int] = {}
        self.commitments: dict[bytes, int] = {}

    def writes(self, event: events.Event, block: int) -> tuple[str, dict[int, bytes]] | None:
        match event:
            case events.PartyAdmitted() | events.KeysRotated():
                return "PartyRegistry", self._period(event, block)
            case events.DataSetRegistered():
                start = place(event.version.to_bytes(32, "big"), place(event.data_set, 0))
                rows = event.rows + (event.data_level << 64)
                return "DataSets", words(
                    start, event.owner, event.schema_hash, event.input_root, rows, event.legal_basis, 1
                )
            case events.ProgramPublished():
                flags = packed(
                    (0, 1), (event.committee, 1), (event.protection_level, 1), (event.security_model, 1),
                    (event.min_parties, 1), (event.max_parties, 1), (event.output_kind, 1), (1, 1), (1, 1), (event.serial, 8),
                )  # fmt: skip
                return "Programs", words(place(event.program, 2), event.publisher, event.code_digest, flags)
            case events.EnginePublished():
                flags = packed((1, 1), (0, 6), (1, 1), (1, 1), (event.serial, 8))
                return "Programs", words(place(event.engine, 2), event.publisher, event.code_digest, flags)
            case events.SuccessorDeclared():
                return "Programs", words(place(event.older, 3), event.newer)
            case events.SuccessorApproved():
                return "Programs", words(place(event.newer, place(event.older, 4)), event.approvals)
            case events.AuthorizationSubmitted():
                wallet = packed((int(event.wallet, 16), 20), (event.signed.max_uses, 4), (event.signed.max_uses, 4))
                return "Consents", words(place(event.authorization, 0), event.owner, wallet, 1)
            case events.TaskStarted():
                self.started[event.task] = event.started_at
                return "Tasks", self._task(event.task, TaskState.STARTED)
            case events.RunCommitted():
                self.commitments[event.task] = self.commitments.get(event.task, 0) + 1
                return "Tasks", self._task(event.task, TaskState.STARTED)
            case events.UsesReserved():
                return "Tasks", words(place(event.task, 3) + 1, packed((0, 8), (event.number, 4)))
            case events.TaskDisputed():
                return "Tasks", self._task(event.task, TaskState.DISPUTED)
            case events.TaskCompleted():
                return "Tasks", self._task(event.task, TaskState.COMPLETED)
            case events.TaskAborted():
                return "Tasks", self._task(event.task, TaskState.REFUSED if event.kind == 1 else TaskState.ABORTED)
            case events.TaskExpired():
                return "Tasks", self._task(event.task, TaskState.EXPIRED)
            case events.Anchored():
                log = place(event.epoch.to_bytes(32, "big"), place(event.party, 1))
                anchored = place(event.size.to_bytes(32, "big"), log + 3)
                return "Anchors", words(anchored, event.root, event.key_period)
            case _:
                return None

    def _task(self, task: bytes, state: TaskState) -> dict[int, bytes]:
        commitments = self.commitments.get(task, 0)
        return words(
            place(task, 3), packed((state, 1), (0, 3), (commitments, 1), (0, 16), (self.started.get(task, 0), 8))
        )

    def _period(self, event: events.PartyAdmitted | events.KeysRotated, block: int) -> dict[int, bytes]:
        length = place(event.party, 2)
        index = self.periods.get(event.party, 0)
        self.periods[event.party] = index + 1
        start = int.from_bytes(keccak(length.to_bytes(32, "big")), "big") + 3 * index
        signer = packed((block, 8), (int(event.node_signer, 16), 20))
        return words(length, index + 1) | words(start, signer, event.node_key, event.seal_key)


_NODES: dict[bytes, bytes] = {}
"""The nodes of all tries, by their hashes."""


@dataclass(frozen=True, eq=False)
class Tip:
    """A chain up to a block, and the roots of its state; the same object for all chains that begin so."""

    built: tuple[Built, ...]
    storage: dict[bytes, bytes]
    history: bytes
    accounts: bytes


@cache
def no_block(contracts: tuple[tuple[bytes, bytes], ...]) -> Tip:
    accounts = HexaryTrie(_NODES)
    accounts[keccak(STRANGER)] = rlp.encode([b"\1", b"\7", EMPTY, keccak(b"")])
    return Tip((), {address: EMPTY for address, _ in contracts}, EMPTY, accounts.root_hash)


@lru_cache(maxsize=4096)
def following(
    tip: Tip,
    height: int,
    receipts: tuple[bytes, ...],
    written: tuple[tuple[bytes, int, bytes], ...],
    time: int,
    contracts: tuple[tuple[bytes, bytes], ...],
    consensus: tuple[bytes, bytes] = NO_CONSENSUS,
) -> Tip:
    """The chain with one more block, with ``consensus`` in its header (extra data, mix hash): chains that begin alike are built once as far as they are alike."""
    storage = {address: HexaryTrie(_NODES, root) for address, root in tip.storage.items()}
    history, accounts = HexaryTrie(_NODES, tip.history), HexaryTrie(_NODES, tip.accounts)
    for address, slot, word in written:
        key = keccak(slot.to_bytes(32, "big"))
        if any(word):
            storage[address][key] = stored(word)
        elif key in storage[address]:
            del storage[address][key]
    for address, code in contracts:
        if not tip.built or storage[address].root_hash != tip.storage[address]:
            accounts[keccak(address)] = rlp.encode([b"\1", b"", storage[address].root_hash, code])
    if tip.built:
        *older, parent = tip.built
        oldest, before = height - ancestry.WINDOW, parent.number - ancestry.WINDOW
        kept = {block.number % ancestry.WINDOW for block in tip.built if block.number >= oldest}
        for block in older:  # the blocks between have written over those that leave the window
            if before <= block.number < oldest and block.number % ancestry.WINDOW not in kept:
                del history[history_key(block)]
        if parent.number >= oldest:
            history[history_key(parent)] = stored(parent.hash)
    accounts[keccak(ancestry.HISTORY)] = rlp.encode([b"\1", b"", history.root_hash, ancestry.HISTORY_CODE])
    above = tip.built[-1].hash if tip.built else bytes(32)
    header = header_of(
        above,
        height,
        time + height,
        accounts.root_hash,
        trie_of(receipts).root_hash,
        extra=consensus[0],
        mix=consensus[1],
    )
    roots = {address: trie.root_hash for address, trie in storage.items()}
    one = Built(height, header, accounts, {**storage, ancestry.HISTORY: history})
    return Tip((*tip.built, one), roots, history.root_hash, accounts.root_hash)


def history_key(block: Built) -> bytes:
    return keccak((block.number % ancestry.WINDOW).to_bytes(32, "big"))


def build(
    blocks: tuple[tuple[int, tuple[bytes, ...]], ...],
    time: int,
    contracts: tuple[tuple[bytes, bytes], ...] = (),
    written: tuple[tuple[tuple[bytes, int, bytes], ...], ...] | None = None,
    consensus: tuple[bytes, bytes] = NO_CONSENSUS,
) -> tuple[Built, ...]:
    """Headers and states of the given blocks; those between are there in their numbers only.

    ``contracts`` are addresses with their code hashes, ``written`` the words (address, slot, word) of each block.
    """
    tip = no_block(contracts)
    for position, (height, receipts) in enumerate(blocks):
        tip = following(tip, height, receipts, written[position] if written else (), time, contracts, consensus)
    return tip.built


def descent(blocks: Sequence[Built]) -> Descent:
    """The last of ``blocks`` as head, and the others below it, each proven by the nearest base that can."""
    head, left = blocks[-1], list(reversed(blocks[:-1]))
    base, windows = head, list[Window]()
    while left:
        inside = [block for block in left if block.number >= base.number - ancestry.WINDOW]
        left = left[len(inside) :]
        windows.append(window(base, inside))
        base = inside[-1]
    return Descent(head.header, tuple(windows))


def window(base: Built, inside: Sequence[Built]) -> Window:
    found = [Ancestor(b.header, base.slot(ancestry.HISTORY, b.number % ancestry.WINDOW)) for b in inside]
    return Window(base.account(ancestry.HISTORY), tuple(found))


class SimulatedChain:
    """Blocks of transactions; each transaction is a list of (contract name, event); a name that is none is a stranger's."""

    def __init__(self, contracts: dict[str, bytes], consensus: tuple[bytes, bytes] = NO_CONSENSUS) -> None:
        self.contracts = contracts
        self.consensus = consensus
        self.blocks: list[list[list[tuple[str, events.Event]]]] = [[]]
        self.numbers = [0]
        self.time = 1_700_000_000
        self.failed: set[int] = set()
        """Blocks whose transactions failed and left logs all the same, as no chain would let them."""

    @property
    def height(self) -> int:
        return self.numbers[-1]

    def mine(self, *emitted: tuple[str, events.Event], after: int = 1) -> int:
        """A block with one transaction, ``after`` blocks after the last one; returns its number."""
        self.blocks.append([list(emitted)])
        self.numbers.append(self.height + after)
        return self.height

    def built(self) -> tuple[Built, ...]:
        receipts = [tuple(self.receipts(index)) for index in range(len(self.blocks))]
        contracts = tuple((address, CODES[name]) for name, address in self.contracts.items())
        numbered = tuple(zip(self.numbers, receipts, strict=True))
        return build(numbered, self.time, contracts, self._written(), self.consensus)

    def _written(self) -> tuple[tuple[tuple[bytes, int, bytes], ...], ...]:
        storage = Storage()
        out: list[tuple[tuple[bytes, int, bytes], ...]] = []
        for number_, transactions in zip(self.numbers, self.blocks, strict=True):
            found: list[tuple[bytes, int, bytes]] = []
            for name, event in itertools.chain.from_iterable(transactions):
                if (writes := storage.writes(event, number_)) and writes[0] == name:
                    found += [(self.contracts[name], slot, word) for slot, word in writes[1].items()]
            out.append(tuple(found))
        return tuple(out)

    def registers(self, wanted: Iterable[registers.Slot]) -> dict[str, Register]:
        """Proofs of the given slots in the newest block's state."""
        head, by_contract = self.built()[-1], {name: list[int]() for name in self.contracts}
        for name, slot in wanted:
            by_contract[name].append(slot)
        return {
            name: Register(
                head.account(self.contracts[name]),
                tuple((slot, head.slot(self.contracts[name], slot)) for slot in sorted(set(slots))),
            )
            for name, slots in by_contract.items()
        }

    def receipts(self, index: int) -> list[bytes]:
        out: list[bytes] = []
        for transaction in self.blocks[index]:
            logs = [encode_log(self.contracts.get(name, STRANGER), event) for name, event in transaction]
            status = b"" if self.numbers[index] in self.failed else b"\x01"
            out.append(b"\x02" + rlp.encode([status, number(21_000), bytes(256), logs]))
        return out

    def block_hash(self, block: int) -> bytes:
        return self.built()[self.numbers.index(block)].hash

    def descent(self, first: int = 1) -> Descent:
        """From the newest block down to all others from ``first`` on."""
        return descent([block for block in self.built() if block.number >= first])

    def genesis(self) -> bytes:
        return self.built()[0].header

    def proofs(self, first: int = 1) -> tuple[ReceiptProof, ...]:
        out: list[ReceiptProof] = []
        for position, block in enumerate(self.numbers):
            if block < first:
                continue
            receipts = tuple(self.receipts(position))
            for index, receipt in enumerate(receipts):
                nodes = proof_nodes(trie_of(receipts), rlp.encode(number(index)))
                out.append(ReceiptProof(block, index, receipt, nodes))
        return tuple(out)
