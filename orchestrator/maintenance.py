"""What an operator does to the coordinator's database by hand."""

from orchestrator.services import projection
from orchestrator.store import credentials, faults
from orchestrator.store.database import Database, Row, engine_lock
from protocol import ids
from protocol.errors import RefusedError


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


def reissue(dsn: str, party: str) -> None:
    """Have the engine issue new broker credentials to a party; those that it has end as the new ones are made."""
    with Database(dsn, size=1) as database, database.transaction() as tx:
        if not credentials.drop(tx, ids.name(party, "party")):
            raise RefusedError(
                "credentials.none",
                f"No broker credentials are issued to {party}.",
                "Check its name, and that it is active.",
            )
