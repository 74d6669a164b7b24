"""What a holder shows of a receipt: its path in the batch, the batch's entry in the published log, a checkpoint at an anchored size."""

import threading
from dataclasses import dataclass
from pathlib import Path

from protocol import checkpoint
from protocol.checkpoint import Checkpoint, Origin
from protocol.errors import RefusedError
from protocol.merkle import MerkleTree
from protocol.messages import EntryProof
from protocol.sessions import CUT, AnswerProof
from workers.keystore import NodeKeys
from workers.log import Published, published
from workers.node import Desk
from workers.sessions.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Log:
    """Where the node's present log lies."""

    folder: Path
    origin: Origin


class Proofs:
    """Proofs from a ledger and the published log beside the node that writes it. Safe for threads."""

    def __init__(self, ledger: Ledger, log: Log, keys: NodeKeys) -> None:
        self._ledger = ledger
        self._log = log
        self._keys = keys
        self._lock = threading.Lock()
        self._published: Published | None = None
        self._tree: tuple[bytes, int, MerkleTree] | None = None

    def of(self, session: bytes, answered: int, party: str) -> bytes:
        """The proof of one answer's receipt, for an asker of its session; raises ``session.unknown``, ``session.not_asker``,
        ``session.no_answer``, ``session.not_anchored`` (with ``retry_after``) or ``session.closed_log``.
        """
        standing = self._ledger.session(session)
        standing.terms.asker(party)
        entry = self._ledger.entry_of(session, answered)
        if entry is None or not entry.anchored or entry.position is None:
            if not 1 <= answered <= standing.answers:
                raise RefusedError(
                    "session.no_answer", f"The session has no answer {answered}.", "Ask about an answer that it gave."
                )
            raise RefusedError(
                "session.not_anchored", "The receipt is not anchored yet.",
                f"Ask again in a minute; the terms give the holder {standing.terms.delay} s.", retry_after=CUT,
            )  # fmt: skip
        if entry.epoch != self._log.origin.epoch:
            raise RefusedError(
                "session.closed_log", "The receipt is in a log of this node that was closed since.",
                "Ask the holder's operator for that log, and check it with `tally session audit`.",
            )  # fmt: skip
        with self._lock:
            log, tree = (
                self._covering(entry.anchored),
                self._batch(session, entry.place, self._ledger.first_of(entry), entry.last),
            )
        head = Checkpoint(self._log.origin, entry.anchored, log.tree.root(entry.anchored))
        note = checkpoint.sign(head, self._keys.node_public, self._keys.sign)
        proof = tuple(log.tree.inclusion_proof(entry.position, entry.anchored))
        path = tree.inclusion_proof(answered - self._ledger.first_of(entry))
        shown = EntryProof(entry.position, entry.envelope, proof)
        return AnswerProof(standing.terms, shown, path, note.decode()).data()

    def _covering(self, size: int) -> Published:
        if self._published is None or self._published.size < size:
            self._published = published(self._log.folder, self._log.origin, self._keys.node_public)
        return self._published

    def _batch(self, session: bytes, place: int, first: int, last: int) -> MerkleTree:
        """The tree of a batch; the last one is kept, since askers fetch the proofs of a batch one after the other."""
        if self._tree is None or self._tree[:2] != (session, place):
            tree = MerkleTree()
            for leaf in self._ledger.leaves(session, first, last):
                tree.append_hash(leaf)
            self._tree = session, place, tree
        return self._tree[2]


def log_of(desk: Desk) -> Log:
    """The present log of a node."""
    return Log(desk.log_folder, Origin(desk.chain.deployment_id, desk.chain.chain_id, desk.party, desk.epoch))
