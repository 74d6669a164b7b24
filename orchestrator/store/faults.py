"""Items that the engine's loops fail to do by the items' own fault, and the dead letters among them.

A loop's statement for what is due leaves out the items that :data:`faults` puts off or gives up, so that they hold up
nobody: ``NOT EXISTS (SELECT FROM faults f WHERE f.loop = … AND f.item = … AND (f.dead OR f.next_at > now()))``.
"""

from collections.abc import Callable
from typing import Final

import psycopg

from orchestrator.store.database import Row, Transaction
from protocol.errors import TallyError, UnavailableError

MOST_TRIES: Final = 8
"""After so many tries, some ten minutes, an item is a dead letter."""
_FIRST_PAUSE: Final = 5.0
_MOST_CAUSE: Final = 300


def note(tx: Transaction, loop: str, item: str, code: str, cause: str, *, for_good: bool = True) -> Row:
    """One more failed try; returns ``tries`` and whether the item is ``dead`` from now on: never unless ``for_good``."""
    row = tx.execute(
        "INSERT INTO faults (loop, item, tries, next_at, dead, code, cause)"
        " VALUES (%(loop)s, %(item)s, 1, now() + make_interval(secs => %(pause)s), %(good)s AND %(most)s <= 1,"
        " %(code)s, %(cause)s)"
        " ON CONFLICT (loop, item) DO UPDATE SET tries = faults.tries + 1,"
        " dead = %(good)s AND faults.tries + 1 >= %(most)s,"
        " next_at = now() + make_interval(secs => %(pause)s * 2 ^ least(faults.tries, %(most)s)), code = excluded.code,"
        " cause = excluded.cause, last_at = now() RETURNING tries, dead",
        {
            "loop": loop,
            "item": item,
            "pause": _FIRST_PAUSE,
            "most": MOST_TRIES,
            "good": for_good,
            "code": code,
            "cause": cause,
        },
    ).fetchone()
    assert row is not None
    return row


def note_event(tx: Transaction, loop: str, at: tuple[int, int], code: str, cause: str) -> None:
    """An event could not be read or projected: a dead letter at once, since trying again alone would not follow the chain's order.

    What the event is about is not known from here on (:func:`orchestrator.store.current.not_known`).
    """
    tx.execute(
        "INSERT INTO faults (loop, item, tries, next_at, dead, code, cause, block_number, log_index, contract, subject)"
        " SELECT %(loop)s, %(block)s || '-' || %(log)s, 1, now(), true, %(code)s, %(cause)s, block_number, log_index,"
        " contract, subject FROM chain_events WHERE block_number = %(block)s AND log_index = %(log)s"
        " ON CONFLICT (loop, item) DO UPDATE SET tries = faults.tries + 1, code = excluded.code, cause = excluded.cause,"
        " last_at = now()",
        {"loop": loop, "block": at[0], "log": at[1], "code": code, "cause": cause},
    )


def forgive(tx: Transaction, loop: str, item: str) -> None:
    """The item was done."""
    tx.execute("DELETE FROM faults WHERE loop = %s AND item = %s", (loop, item))


def forgive_events(tx: Transaction) -> None:
    """All events are projected anew."""
    tx.execute("DELETE FROM faults WHERE block_number IS NOT NULL")


def dead(tx: Transaction, limit: int = 1000) -> list[Row]:
    """Dead letters, the newest first."""
    return tx.execute(
        "SELECT loop, item, tries, code, cause, extract(epoch FROM last_at)::bigint AS last_at FROM faults"
        " WHERE dead ORDER BY last_at DESC LIMIT %s",
        (limit,),
    ).fetchall()


def count_dead(tx: Transaction) -> int:
    """How many dead letters there are."""
    row = tx.execute("SELECT count(*) AS n FROM faults WHERE dead").fetchone()
    return 0 if row is None else row["n"]


def rearm(tx: Transaction, loop: str | None = None, item: str | None = None) -> int:
    """Have dead letters tried again, as if they had never failed: all, a loop's or one; returns how many.

    Not those of events: they follow from all events before them, so the index is rebuilt instead.
    """
    return tx.execute(
        "DELETE FROM faults WHERE dead AND block_number IS NULL AND (%(loop)s::text IS NULL OR loop = %(loop)s)"
        " AND (%(item)s::text IS NULL OR item = %(item)s)",
        {"loop": loop, "item": item},
    ).rowcount


def forget(tx: Transaction) -> None:
    """Try everything again at once: what failed failed on a chain that is gone."""
    tx.execute("DELETE FROM faults WHERE block_number IS NULL")


def isolated(tx: Transaction, act: Callable[[], None]) -> Exception | None:
    """Do something in a savepoint; what it failed by, undone, unless the database is what failed: that is raised."""
    try:
        with tx.transaction():
            act()
    except (psycopg.OperationalError, psycopg.InterfaceError, UnavailableError):
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, it is this item's, and the caller notes it
        return error
    return None


def cause_of(error: Exception) -> tuple[str, str]:
    """(code, cause) of a fault. Only our own errors' words are kept: others may hold what they stumbled over."""
    if isinstance(error, TallyError):
        return error.code, error.what[:_MOST_CAUSE]
    return "engine.fault", type(error).__name__
