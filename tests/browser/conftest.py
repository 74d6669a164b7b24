"""A browser and a seeded database for the explorer's browser tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from embedded.postgres import Postgres
from orchestrator.store.migrate import migrate


@pytest.fixture(scope="module")
def dsn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The connection string of a migrated embedded PostgreSQL."""
    folder: Path = tmp_path_factory.mktemp("postgres")
    server = Postgres(folder / "server")
    server.start()
    try:
        migrate(server.dsn)
        yield server.dsn
    finally:
        server.stop()
        server.erase()
