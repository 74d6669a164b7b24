"""What an operator does to the coordinator's database by hand."""

from orchestrator.services import projection
from orchestrator.store import faults
from orchestrator.store.database import Database, Row, engine_lock


def rebuild(dsn: str) -> int:
    """Derive versions and current state anew from the kept events, in one transaction; returns how many there were.

    Holds the engine's lock meanwhile: ``engine.second`` when an engine works.
    """
    with engine_lock(dsn), Database(dsn, size=1) as database, database.transaction() as tx:
        return projection.rebuild(tx)


def dead_letters(dsn: str) -> list[Row]:
    """What the engine gave up by the item's own fault."""
    with Database(dsn, size=1) as database, database.transaction() as tx:
        return faults.dead(tx)


def rearm(dsn: str, loop: str | None, item: str | None) -> int:
    """Have dead letters tried again: all, a loop's or one; returns how many."""
    with Database(dsn, size=1) as database, database.transaction() as tx:
        return faults.rearm(tx, loop, item)
