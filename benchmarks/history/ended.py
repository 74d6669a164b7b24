"""A database as the coordinator leaves it after many tasks, made in bulk."""

import time
from pathlib import Path
from typing import Final

import psycopg
from yoyo import get_backend, read_migrations

from orchestrator.store.migrate import MIGRATIONS, backend_url, migrate
from protocol import ids

_STATEMENTS: Final = Path(__file__).with_name("ended.sql")
_SCHEMA: Final = "0004.roles"
"""The newest migration that the statements are written for."""
PARTIES: Final = ("hospital", "laboratory", "exchange")


def fill_old_schema(dsn: str, tasks: int) -> None:
    """Make an empty database's schema up to :data:`_SCHEMA` and put that many ended tasks into it."""
    backend = get_backend(backend_url(dsn))
    try:
        with backend.lock():
            backend.apply_migrations(
                backend.to_apply(read_migrations(str(MIGRATIONS)).filter(lambda item: item.id <= _SCHEMA))
            )
    finally:
        backend.connection.close()
    values = {
        "tasks": tasks,
        "now": int(time.time()),
        "parties": list(PARTIES),
        "party_ids": [ids.on_chain(name) for name in PARTIES],
    }
    with psycopg.connect(dsn) as connection, psycopg.ClientCursor(connection) as cursor:
        cursor.execute(_STATEMENTS.read_bytes(), values)


def make(dsn: str, tasks: int) -> None:
    """The same, brought to the current schema and analysed."""
    fill_old_schema(dsn, tasks)
    migrate(dsn)
    with psycopg.connect(dsn, autocommit=True) as connection:
        # as once their bundles have been built anew; these made-up tasks have nothing that could be
        connection.execute("UPDATE tally.bundles SET head_block = 1")
        connection.execute("DELETE FROM tally.bundles_due")
        # they ended long ago, not when a later migration brought their states along
        connection.execute(
            "UPDATE tally.task_facets f SET changed_at = to_timestamp(t.submitted_at + 60) FROM tally.tasks t"
            " WHERE t.task_id = f.task_id"
        )
        connection.execute("VACUUM ANALYZE")
