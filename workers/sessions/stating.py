"""What the node states of its sessions: that one opened, its receipts in batches, its end; each once in the log, and then anchored.

One look (:meth:`Stating.tick`) goes through all sessions for which something is left to do. What the log is to say is signed and kept in the
ledger before the log gets it, so a kill in between repeats nothing. Receipts of a minute are put into batches when the minute is over,
in all sessions at once: the anchor that they wait for is one a minute.
"""

from typing import Final

import structlog

from protocol import dsse, merkle
from protocol.canonical import sha256
from protocol.errors import TallyError
from protocol.sessions import BATCH_MOST, CUT, ReceiptBatch, SessionEnded
from workers.anchoring import Anchoring
from workers.node import Node
from workers.sessions.ledger import Entry, Ledger, Pace, Standing, over, place

_log = structlog.get_logger()
_MOST: Final = 64
"""Batches of one session at one look: the rest follows at the next."""


class Stating:
    """The sessions' part of a running node; a node that never opened one has nothing here."""

    def __init__(self, node: Node, anchoring: Anchoring) -> None:
        self._node = node
        self._anchoring = anchoring
        self._ledger: Ledger | None = None

    def close(self) -> None:
        """Close the ledger."""
        if self._ledger is not None:
            self._ledger.close()
            self._ledger = None

    def pace(self) -> Pace:
        """How its answers and their anchors keep pace; nothing where the node has no sessions."""
        ledger = self._ledger
        return Pace() if ledger is None else ledger.pace(self._node.clock())

    def tick(self) -> None:
        """State what is due, and note what is anchored. One thread calls it."""
        if self._ledger is None:
            if not place(self._node.folder).exists():
                return
            self._ledger = Ledger(self._node.folder)
        for standing in self._ledger.sessions(unfinished=True):
            try:
                state_due(self._node, self._ledger, standing)
                self._note_anchors(self._ledger, standing)
            except TallyError as error:  # one session that fails keeps no other from its batches
                _log.error("session.not_stated", code=error.code, session=standing.session.hex())

    def _note_anchors(self, ledger: Ledger, standing: Standing) -> None:
        epoch = self._node.evidence.epoch
        for entry in ledger.open_entries(standing.session):
            if entry.epoch != epoch or entry.position is None:
                continue
            size = entry.position + 1
            if self._anchoring.covers(size):
                ledger.anchored(entry, self._anchoring.anchor_for(size)[1])
                if entry.kind == SessionEnded.KIND:
                    ledger.finish(standing.session, self._node.clock())
            else:
                self._anchoring.want(size)


def state_due(node: Node, ledger: Ledger, standing: Standing) -> None:
    """Log what is due of one session: its opening, batches of receipts, its end, in this order."""
    _log_kept(node, ledger, standing.session)
    now = node.clock()
    why = over(standing, now)
    if not standing.ended and why is not None:
        ledger.end(standing.session, why)
        standing = ledger.session(standing.session)
    for _ in range(_MOST):
        waiting = ledger.waiting(standing.session)
        if waiting is None:
            break
        first, oldest = waiting
        # no answer was kept after the end was noted, so what is counted here is all there ever will be
        answers = ledger.session(standing.session).answers
        if not standing.ended and oldest // CUT == now // CUT and answers - first + 1 < BATCH_MOST:
            return
        _add(node, ledger, _batch(node, ledger, standing.session, first, min(answers, first + BATCH_MOST - 1)))
        _log_kept(node, ledger, standing.session)
    else:
        return
    last = ledger.last_entry(standing.session)
    if standing.ended and last.kind != SessionEnded.KIND:
        batches = last.place
        answers = ledger.session(standing.session).answers
        hashed = _stated(last) if batches else None
        said = SessionEnded(standing.session, node.party, standing.ended, answers, batches, hashed, now)
        _add(node, ledger, said)
        _log_kept(node, ledger, standing.session)
        _log.info("session.ended", session=standing.session.hex(), reason=standing.ended, answers=answers)


def _batch(node: Node, ledger: Ledger, session: bytes, first: int, last: int) -> ReceiptBatch:
    before = ledger.last_entry(session)
    root = merkle.root_of(ledger.leaves(session, first, last))
    previous = _stated(before) if before.place else None
    return ReceiptBatch(session, node.party, before.place + 1, first, last, root, previous, node.clock())


def _add(node: Node, ledger: Ledger, said: ReceiptBatch | SessionEnded) -> None:
    last = said.last if isinstance(said, ReceiptBatch) else said.answers
    ledger.add_entry(said.session, said.KIND, last, _signed(node, said.serialise()))


def _log_kept(node: Node, ledger: Ledger, session: bytes) -> None:
    """Log what is kept and not in this epoch's log. What an epoch had that was closed before an anchor covered it is logged anew."""
    epoch = node.evidence.epoch
    for entry in ledger.open_entries(session):
        if entry.position is not None and entry.epoch == epoch:
            continue
        envelope = entry.envelope
        if dsse.parse(envelope).keyid != dsse.key_id(node.keys.node_public):  # keys were rotated since
            envelope = _signed(node, dsse.parse(envelope).payload)
        position = node.evidence.log_beside_tasks(session, entry.kind, envelope)
        ledger.logged(entry, envelope, epoch, position)


def _signed(node: Node, payload: bytes) -> bytes:
    return dsse.sign(payload, node.keys.node_public, node.keys.sign)


def _stated(entry: Entry) -> bytes:
    """SHA-256 of a statement, whatever key signed it."""
    return sha256(dsse.parse(entry.envelope).payload)
