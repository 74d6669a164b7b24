"""A session as a holder's node logs it, in memory: terms, receipts, batches, end, and the log with its checkpoint."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from protocol import checkpoint, dsse, merkle
from protocol.canonical import sha256
from protocol.checkpoint import Checkpoint, Origin
from protocol.logged import LogStatement
from protocol.messages import EntryProof
from protocol.programs import Words
from protocol.sessions import AnswerProof, AnswerReceipt, ReceiptBatch, SessionEnded, SessionOpened
from protocol.verify_receipt import AnchoredHead
from tests.unit.protocol.test_sessions import KEY, NOW, PUBLIC, SESSION, TERMS, envelope, receipt, tree

ORIGIN = Origin(b"\x02" * 32, 31_337, "bank", 0)
SOURCE = Words("the test", "测试")
SIZES = (3, 1, 6)
"""Answers by batch."""


def opened() -> SessionOpened:
    return SessionOpened(SESSION, "bank", NOW)


def batches(sizes: Sequence[int] = SIZES) -> list[ReceiptBatch]:
    """Contiguous batches, each naming the one before."""
    found: list[ReceiptBatch] = []
    for size in sizes:
        first = found[-1].last + 1 if found else 1
        previous = sha256(found[-1].serialise()) if found else None
        last = first + size - 1
        root = tree(first, last).root()
        found.append(ReceiptBatch(SESSION, "bank", len(found) + 1, first, last, root, previous, NOW + 60))
    return found


def ended(of: Sequence[ReceiptBatch], **changes: Any) -> SessionEnded:
    last = sha256(of[-1].serialise()) if of else None
    return replace(
        SessionEnded(SESSION, "bank", "over", of[-1].last if of else 0, len(of), last, TERMS.ends), **changes
    )


def signed(said: LogStatement) -> bytes:
    return dsse.sign(said.serialise(), PUBLIC, KEY.sign)


@dataclass
class Sealed:
    """A log of one session, and what is shown of it."""

    entries: list[bytes] = field(default_factory=list)

    @classmethod
    def of(cls, said: Sequence[LogStatement]) -> "Sealed":
        return cls([signed(it) for it in said])

    @property
    def log(self) -> merkle.MerkleTree:
        return merkle.MerkleTree(merkle.leaf_hash(entry) for entry in self.entries)

    def note(self) -> str:
        head = Checkpoint(ORIGIN, len(self.entries), self.log.root())
        return checkpoint.sign(head, PUBLIC, KEY.sign).decode()

    def proof(self, answered: int, at: int, batch: ReceiptBatch) -> AnswerProof:
        """What a holder shows: ``at`` is the batch's position."""
        shown = EntryProof(at, self.entries[at], self.log.inclusion_proof(at))
        path = tree(batch.first, batch.last).inclusion_proof(answered - batch.first)
        return AnswerProof(TERMS, shown, path, self.note())


@dataclass(frozen=True)
class Known:
    """What a reader knows of registry and anchors."""

    root: bytes | None
    time: int | None = NOW + 120
    keys: tuple[bytes, ...] = (PUBLIC,)
    source: Words = SOURCE

    def node_keys(self, party: str) -> tuple[bytes, ...]:
        return self.keys if party == "bank" else ()

    def anchored(self, origin: Origin, size: int, after: int, until: int) -> AnchoredHead | None:
        return None if self.root is None else AnchoredHead(self.root, self.time)


def story() -> tuple[Sealed, AnswerProof, AnswerReceipt, bytes]:
    """A true one: the log, the proof of answer 6, its receipt, the receipt's envelope."""
    made = batches()
    log = Sealed.of([opened(), *made, ended(made)])
    return log, log.proof(6, 3, made[2]), receipt(6), envelope(receipt(6))
