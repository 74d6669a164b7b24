"""Numbered SQL migrations through yoyo; run by ``tally coordinator migrate`` with the owner's login."""

from pathlib import Path
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from yoyo import get_backend, read_migrations

from orchestrator.store.database import Transaction

MIGRATIONS: Final = Path(__file__).parent / "migrations"


def backend_url(dsn: str) -> str:
    """The database's URL as yoyo wants it."""
    parts = urlsplit(dsn)
    # yoyo's own tables stay in `public` even where a login named `tally` would find the schema of its name first.
    query = "&".join(part for part in (parts.query, "schema=public") if part)
    return urlunsplit(parts._replace(scheme="postgresql+psycopg", query=query))


def migrate(dsn: str) -> list[str]:
    """Apply what is missing, each migration in its own transaction; returns the ids applied."""
    backend = get_backend(backend_url(dsn))
    try:
        with backend.lock():
            pending = backend.to_apply(read_migrations(str(MIGRATIONS)))
            applied = [migration.id for migration in pending]
            backend.apply_migrations(pending)
    finally:
        backend.connection.close()
    return applied


def missing(tx: Transaction) -> list[str]:
    """Ids of the migrations that this software has and the database has not."""
    rows = tx.execute("SELECT migration_id FROM public._yoyo_migration").fetchall()
    applied = {row["migration_id"] for row in rows}
    return sorted(path.stem for path in MIGRATIONS.glob("*.sql") if path.stem not in applied)
