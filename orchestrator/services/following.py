"""What changed of a party's tasks, each change at least once: for those who follow them by the order of changes.

A change is seen when its transaction ends, its moment is taken before: one that took long may appear behind later ones. So a look
goes back by :data:`OVERLAP`, longer than a transaction lasts, and leaves out what this follower was told.
"""

from typing import Final

from orchestrator.services.listing import line
from orchestrator.store import facets, work
from orchestrator.store.database import Transaction
from protocol.api import TaskLine

OVERLAP: Final = 30_000_000
"""Microseconds."""
_PAGE: Final = 200
_MOST: Final = 1000


class Following:
    """A follower's place: ``at`` is the moment of the newest change it was told (microseconds), None before its first look."""

    def __init__(self, at: int | None) -> None:
        self.at = at
        self._told: Final[dict[bytes, int]] = {}

    def look(self, tx: Transaction, party: str) -> list[tuple[int, TaskLine]]:
        """Changes that it was not told, in their order, with their moments; the first look of one without a place finds none."""
        if self.at is None:
            self.at = int(work.clock(tx) * 1_000_000)
            self._new(tx, party)
            return []
        return self._new(tx, party)

    def _new(self, tx: Transaction, party: str) -> list[tuple[int, TaskLine]]:
        begun = self.at or 0
        after, found = (max(0, begun - OVERLAP), b""), list[tuple[int, TaskLine]]()
        while len(found) < _MOST:
            rows = facets.changed(tx, party, after, _PAGE)
            for row in rows:
                after = row["at"], bytes(row["task_id"])
                if self._told.get(after[1]) != after[0]:
                    self._told[after[1]] = after[0]
                    found.append((after[0], line(row)))
            if len(rows) < _PAGE:
                break
        self.at = max([begun, *(at for at, _ in found)])
        for task, at in list(self._told.items()):
            if at <= self.at - OVERLAP:
                del self._told[task]
        return found
