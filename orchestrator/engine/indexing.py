"""The chain's events into the database: block by block, each with everything it causes, in one transaction."""

from collections.abc import Sequence
from typing import Final

import structlog

from chain.events import Logged
from chain.indexer import Cursor
from logs.context import about
from orchestrator.services import projection
from orchestrator.services.ports import Transactions
from orchestrator.store import faults, index, work

_log = structlog.get_logger()
_REVIVAL: Final = 3600


class IndexStore:
    """:class:`chain.indexer.CursorStore` on our database."""

    def __init__(self, database: Transactions) -> None:
        self._database: Final = database

    def cursors(self) -> Sequence[Cursor]:
        """Kept cursors, newest first."""
        with self._database.transaction() as tx:
            return [Cursor(number, block_hash) for number, block_hash in index.cursors(tx)]

    def advance(self, cursor: Cursor, events: Sequence[Logged]) -> None:
        """Keep events, what follows from them and the cursor."""
        with self._database.transaction() as tx:
            for event in events:
                projection.apply(tx, event)
            index.add_cursor(tx, cursor.number, cursor.hash)
        for event in events:
            task = getattr(event.event, "task", None)
            with about(task if isinstance(task, bytes) else None):
                _log.info("chain.event", name=event.name, id=event.id)

    def rollback(self, to: Cursor | None) -> None:
        """Forget everything after ``to``, and ask again for what the chain has forgotten."""
        above = -1 if to is None else to.number
        with self._database.transaction() as tx:
            gone = index.roll_back(tx, above)
            revived = work.revive_jobs(tx, above, _REVIVAL)
            work.forget_attempts(tx)
            faults.forget(tx)
        _log.warning("chain.rolled_back", above=above, events=gone, jobs_revived=revived)
