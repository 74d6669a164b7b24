"""Who looked at evidence through the API: counted by reader, kind and day, so that no reader can make it grow at will."""

from typing import Final, Literal

from orchestrator.store.database import Row, Transaction

What = Literal["bundle", "contract", "path", "shares"]
KEPT: Final = 400
"""Days for which a look is shown."""


def note(tx: Transaction, task_id: bytes, reader: str, what: What, now: int) -> None:
    """One more look; in the transaction that reads what is looked at."""
    tx.execute(
        "INSERT INTO looks (task_id, day, reader, what, looks, last_at)"
        " VALUES (%(task)s, (to_timestamp(%(now)s) AT TIME ZONE 'UTC')::date, %(reader)s, %(what)s, 1, %(now)s)"
        " ON CONFLICT (task_id, day, reader, what) DO UPDATE SET looks = looks.looks + 1,"
        " last_at = greatest(looks.last_at, excluded.last_at)",
        {"task": task_id, "reader": reader, "what": what, "now": now},
    )


def of(tx: Transaction, task_id: bytes) -> list[Row]:
    """Who looked at a task's evidence, the newest fifty lines first."""
    return tx.execute(
        "SELECT reader, what, looks, last_at FROM looks WHERE task_id = %s ORDER BY day DESC, last_at DESC, reader, what LIMIT 50",
        (task_id,),
    ).fetchall()


def forget(tx: Transaction, days: int = KEPT) -> int:
    """Drop looks of days that are over for so long; returns how many rows."""
    return tx.execute("DELETE FROM looks WHERE day < (now() AT TIME ZONE 'UTC')::date - %s::integer", (days,)).rowcount
