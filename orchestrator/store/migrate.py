"""Numbered SQL migrations through yoyo; run by ``tally coordinator migrate`` with the owner's login."""

from pathlib import Path
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from yoyo import get_backend, read_migrations

MIGRATIONS: Final = Path(__file__).parent / "migrations"


def migrate(dsn: str) -> list[str]:
    """Apply what is missing, each migration in its own transaction; returns the ids applied."""
    parts = urlsplit(dsn)
    # yoyo's own tables stay in `public` even where a login named `tally` would find the schema of its name first.
    query = "&".join(part for part in (parts.query, "schema=public") if part)
    backend = get_backend(urlunsplit(parts._replace(scheme="postgresql+psycopg", query=query)))
    try:
        with backend.lock():
            pending = backend.to_apply(read_migrations(str(MIGRATIONS)))
            applied = [migration.id for migration in pending]
            backend.apply_migrations(pending)
    finally:
        backend.connection.close()
    return applied
