"""Lists of tasks: what a reader asks for, as facets; and what waits for the reader's own word."""

from dataclasses import dataclass
from typing import Final

from orchestrator.services import consent
from orchestrator.services.ports import Constants
from orchestrator.store import facets, tasks
from orchestrator.store.database import Row, Transaction
from orchestrator.store.facets import Facet, Kind, Position
from protocol.api import TaskLine
from protocol.errors import TallyError

_FOREVER: Final = 2**62


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which tasks: those that have all that is not None, submitted from ``since`` on and before ``until`` (unix time)."""

    state: str | None = None
    part: str | None = None
    party: str | None = None
    program: str | None = None
    data_set: str | None = None
    since: int = 0
    until: int | None = None

    def facets(self) -> set[Facet]:
        """As they are kept."""
        named: dict[Kind, str | None] = {
            "state": self.state, "part": self.part, "party": self.party, "program": self.program, "data_set": self.data_set,
        }  # fmt: skip
        return {(kind, value) for kind, value in named.items() if value is not None}


def page(
    tx: Transaction,
    party: str,
    wanted: Wanted,
    before: Position | None,
    limit: int,
    also: frozenset[Facet] = frozenset(),
) -> tuple[list[Row], Position | None]:
    """A party's tasks, newest first, and where the next page begins, None after the last one."""
    until = _FOREVER if wanted.until is None else wanted.until
    rows = facets.visible(tx, party, before, limit + 1, facets=wanted.facets() | also, since=wanted.since, until=until)
    last = rows[limit - 1] if len(rows) > limit else None
    return rows[:limit], None if last is None else (last["submitted_at"], bytes(last["task_id"]))


def waiting(
    tx: Transaction, chain: Constants, party: str, wanted: Wanted, before: Position | None, limit: int, now: int
) -> tuple[list[Row], Position | None]:
    """As :func:`page`, of tasks that wait for the party's consent: proposed ones that use data of its own without a word from it.

    So many of its proposed tasks are looked at for a page, which may therefore hold fewer.
    """
    rows, more = page(tx, party, wanted, before, limit, frozenset({("part", "owner"), ("state", "proposed")}))
    return [row for row in rows if _asked(tx, chain, party, bytes(row["task_id"]), now)], more


def line(row: Row) -> TaskLine:
    """A row of a list as the API tells it."""
    return TaskLine(
        task=bytes(row["task_id"]),
        state=row["state"],
        review=row["review"] or "none",
        proposer=row["proposer"],
        deadline=row["deadline"],
        submitted_at=row["submitted_at"],
        parts=tuple(row["parts"]),
    )


def _asked(tx: Transaction, chain: Constants, party: str, task: bytes, now: int) -> bool:
    row = tasks.get(tx, task)
    try:
        return row is not None and any(
            ask.owner == party and ask.status == "asked" for ask in consent.asks(tx, chain, row, now)
        )
    except TallyError:
        return True  # why it cannot be told is said on the task's own page
