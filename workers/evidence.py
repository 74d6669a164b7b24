"""What the node states about its tasks: signed, logged and owed to the coordinator, once each.

The log is the truth; the index of entries by task in the state database is rebuilt from it when it is behind, so a kill
between log and database repeats no statement.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from protocol import dsse, log_entries, statements
from protocol.errors import VerificationError
from protocol.messages import EntryProof, LogEvidence
from workers.keystore import NodeKeys
from workers.log import EvidenceLog
from workers.state import State

S = TypeVar("S", bound=statements.Statement)


@dataclass(frozen=True, slots=True)
class Stated(Generic[S]):
    """A statement in the log."""

    position: int
    envelope: bytes
    statement: S


class Evidence:
    """The node's statements. Safe for threads."""

    def __init__(self, party: str, log: EvidenceLog, state: State, keys: NodeKeys) -> None:
        self.party: Final = party
        self._log = log
        self._state = state
        self._keys = keys
        self._lock = threading.RLock()
        if state.indexed(self.epoch) > log.size:
            raise VerificationError(
                "log.lost_entries",
                f"The log of epoch {self.epoch} has {log.size} entries, {state.indexed(self.epoch)} were stated.",
                "Restore the log folder from its backup; if it is lost, open a new epoch (`tally node new-epoch`).",
            )
        for position in range(state.indexed(self.epoch), log.size):
            self._take_up(position)

    def _take_up(self, position: int) -> None:
        """An entry that a kill left in the log alone: it is indexed, and a statement is owed, as if it had been made now.

        What rests on it waits for it: a sealed share is taken only after the release statement that names it.
        """
        envelope = self._log.entry(position)
        about, kind, time = _place(envelope)
        with self._state.transaction():
            self._state.index_entry(self.epoch, position, about, kind)
            if time is not None:
                self._state.post(envelope, about, "envelope", time)

    @property
    def epoch(self) -> int:
        """The log's epoch."""
        return self._log.origin.epoch

    def head(self) -> tuple[int, bytes]:
        """Size and root of the log now."""
        with self._lock:
            return self._log.size, self._log.root()

    def root(self, size: int) -> bytes:
        """Root of the first ``size`` entries."""
        with self._lock:
            return self._log.root(size)

    def once(
        self, task: bytes, kind: type[S], make: Callable[[], S], same: Callable[[S], bool] = lambda _: True
    ) -> Stated[S]:
        """The task's statement of this kind for which ``same`` holds; made, signed and logged when there is none."""
        with self._lock:
            for found in self.all(task, kind):
                if same(found.statement):
                    return found
            statement = make()
            if statement.task != task or statement.party != self.party:
                raise VerificationError("evidence.other_task", "The statement is for another task.", "Report this.")
            envelope = dsse.sign_statement(statement, self._keys.node_public, self._keys.sign)
            position = self._log.append([envelope])
            with self._state.transaction():
                self._state.index_entry(self.epoch, position, task, kind.KIND)
                self._state.post(envelope, task, "envelope", statement.time)
            return Stated(position, envelope, statement)

    def all(self, task: bytes, kind: type[S]) -> list[Stated[S]]:
        """The task's statements of one kind, in log order."""
        with self._lock:
            entries = [p for p, name in self._state.entries_of(self.epoch, task) if name == kind.KIND]
            return [self._read(position, kind) for position in entries]

    def log_openings(self) -> int | None:
        """Log what the owner's command stated of opened rows, once for each request; the log's new size, None when nothing was owed."""
        logged = None
        for request, envelope in self._state.owed_openings():
            with self._lock:
                if known := self._state.entries_of(self.epoch, request):  # killed before it was noted
                    self._state.opening_logged(request, self._log.entry(known[0][0]))
                elif dsse.parse(envelope).keyid != dsse.key_id(self._keys.node_public):
                    self._state.forget_opening(request)  # keys were rotated since: the command signs anew
                    continue
                else:
                    dsse.open_envelope(envelope, self._keys.node_public)
                    position = self._log.append([envelope])
                    with self._state.transaction():
                        self._state.index_entry(self.epoch, position, *_place(envelope)[:2])
                        self._state.opening_logged(request, envelope)
                logged = self._log.size
        return logged

    def log_beside_tasks(self, about: bytes, kind: str, envelope: bytes) -> int:
        """Position of an envelope that is about no task: appended now, or found where a kill came between log and note.

        Whoever calls logs what is about the same one after the other and notes each: only the last entry can be unknown to it.
        """
        with self._lock:
            known = self._state.entries_of(self.epoch, about)
            if known and self._log.entry(known[-1][0]) == envelope:
                return known[-1][0]
            position = self._log.append([envelope])
            self._state.index_entry(self.epoch, position, about, kind)
            return position

    def consistency(self, old: int, new: int) -> tuple[bytes, ...]:
        """RFC 9162 proof between two sizes."""
        with self._lock:
            return self._log.consistency(old, new)

    def require(self, size: int, root: bytes) -> None:
        """Refuse to go on when the chain holds a root that this log does not extend (I6)."""
        with self._lock:
            self._log.require(size, root)

    def publish(self) -> None:
        """Write tiles and checkpoint."""
        with self._lock:
            self._log.publish()

    def bundle(self, task: bytes, size: int, earlier: list[tuple[int, bytes]]) -> LogEvidence:
        """A task's entries below ``size`` with proofs, and that the log extends each (size, root) of ``earlier``."""
        with self._lock:
            entries = tuple(
                EntryProof(position, self._log.entry(position), self._log.inclusion(position, size))
                for position, _ in self._state.entries_of(self.epoch, task)
                if position < size
            )
            consistency: dict[int, tuple[int, bytes, tuple[bytes, ...]]] = {}
            for old, root in earlier:
                self._log.require(old, root)
                consistency[old] = (old, root, self._log.consistency(old, size))
            return LogEvidence(
                task, self.party, self.epoch, size, self._log.root(size), self._log.checkpoint(size).decode(), entries,
                tuple(consistency[old] for old in sorted(consistency)),
            )  # fmt: skip

    def _read(self, position: int, kind: type[S]) -> Stated[S]:
        envelope = self._log.entry(position)
        statement = dsse.open_statement(envelope, self._keys.node_public)
        if not isinstance(statement, kind):
            raise VerificationError("evidence.index", "The log's index is wrong.", "Remove state.sqlite's log_index.")
        return Stated(position, envelope, statement)


def _place(envelope: bytes) -> tuple[bytes, str, int | None]:
    return log_entries.place(dsse.parse(envelope).payload)
