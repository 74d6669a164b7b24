"""The coordinator's database is copied while it works, put back elsewhere, and goes on: nothing lost that the chain knows, nothing twice."""

import hashlib
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row
from typer.testing import CliRunner

from cli.main import app
from embedded.stack import Stack
from orchestrator.store import copying
from orchestrator.store.database import Database
from orchestrator.store.migrate import migrate
from protocol.errors import TallyError
from tests.integration.orchestrator.databases import own_database
from tests.integration.orchestrator.world import World

EPHEMERAL = {"sessions", "idempotency", "loops", "access_keys"}
"""What a restoration ends on purpose."""


def everything(dsn: str) -> dict[str, list[str]]:
    with psycopg.connect(dsn, row_factory=dict_row) as connection:
        names = [row["name"] for row in connection.execute(copying._TABLES).fetchall()]
        return {
            name: sorted(str(row) for row in connection.execute(f"SELECT t::text FROM tally.{name} t").fetchall())  # type: ignore[arg-type]
            for name in names
        }


@contextmanager
def living_in(world: World, dsn: str) -> Any:
    """The world's engine on another database."""
    before, database = world.database, Database(dsn)
    database.open()
    with closing(database):
        world.database = database
        try:
            world.engine()
            yield
        finally:
            world.database = before
            world.engine()


def events_of(world: World, task: bytes) -> list[str]:
    with world.database.transaction() as tx:
        rows = tx.execute("SELECT name FROM chain_events WHERE subject = %s ORDER BY block_number, log_index", (task,))
        return [row["name"] for row in rows.fetchall()]


def test_a_task_goes_on_from_a_backup_that_is_older_than_the_chain(world: World, stack: Stack, tmp_path: Path) -> None:
    """Consents are in, the start is not; after the backup the task starts. The database is lost; the backup takes its place."""
    world.settle()
    task = world.client("hospital").submit(world.contract())
    world.settle()
    world.authorize(task)
    head = copying.backup(world.dsn, tmp_path / "backup")
    assert (tmp_path / "backup").stat().st_mode & 0o777 == 0o600
    world.settle()
    assert world.client("hospital").task(task).state == "started"
    for party in ("hospital", "laboratory", "exchange"):
        world.queued(party)
    lost = events_of(world, task)
    with own_database(stack, "put_back") as dsn:
        again = copying.restore(dsn, tmp_path / "backup")
        assert again == head
        assert migrate(dsn) == []
        with living_in(world, dsn):
            world.settle()
            assert events_of(world, task) == lost, "started once, and by nobody a second time"
            with world.database.transaction() as tx:
                row = tx.execute("SELECT state FROM tasks WHERE task_id = %s", (task,)).fetchone()
                failed = tx.execute("SELECT count(*) AS n FROM relay_jobs WHERE state = 'failed'").fetchone()
            assert row == {"state": "started"}
            assert failed == {"n": 0}
        for party in ("hospital", "laboratory", "exchange"):
            # sent again, under the same name: the node keeps what it has
            names = {message["id"] for message in world.queued(party)}
            assert names == {f"tally.task.run:{task.hex()}:{party}"}


def test_every_row_comes_back_and_what_must_end_has_ended(world: World, stack: Stack, tmp_path: Path) -> None:
    world.settle()
    with world.database.transaction() as tx:
        tx.execute(
            "INSERT INTO access_keys (key_hash, party, wallet, scopes, label, signature, made_at, not_after)"
            " VALUES (%s, 'hospital', '0x', '{read}', '', '', 1, 4000000000)",
            (hashlib.sha256(b"backup").digest(),),
        )
    try:
        copying.backup(world.dsn, tmp_path / "backup")
        before = everything(world.dsn)
    finally:
        with world.database.transaction() as tx:
            tx.execute("DELETE FROM access_keys WHERE key_hash = %s", (hashlib.sha256(b"backup").digest(),))
    assert sum(map(len, before.values())) > 100
    with own_database(stack, "every_row") as dsn:
        copying.restore(dsn, tmp_path / "backup")
        after = everything(dsn)
        for name, rows in before.items():
            if name not in EPHEMERAL:
                assert after[name] == rows, name
        assert after["sessions"] == after["idempotency"] == []
        with psycopg.connect(dsn) as connection:
            alive = connection.execute("SELECT count(*) FROM tally.access_keys WHERE revoked_at IS NULL").fetchone()
            assert alive == (0,), "a key that was revoked after the backup does not come back"
            # numbers go on where they were: none is given twice
            for table in ("relay_jobs", "webhook_messages"):
                column = "id" if table == "relay_jobs" else "number"
                connection.execute(f"SELECT nextval(pg_get_serial_sequence('tally.{table}', '{column}'))")  # type: ignore[arg-type]
        with pytest.raises(TallyError, match=r"restore\.not_empty"):
            copying.restore(dsn, tmp_path / "backup")


def test_attack_a_byte_of_a_row_is_changed(world: World, stack: Stack, tmp_path: Path) -> None:
    copying.backup(world.dsn, tmp_path / "backup")
    data = (tmp_path / "backup").read_bytes()
    at = data.index(b"hospital")
    (tmp_path / "changed").write_bytes(data[:at] + b"j" + data[at + 1 :])
    with own_database(stack, "changed") as dsn:
        with pytest.raises(TallyError, match=r"backup\.altered"):
            copying.restore(dsn, tmp_path / "changed")
        with psycopg.connect(dsn) as connection:
            assert connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = 'tally'").fetchone() is None


def test_the_commands(world: World, stack: Stack, tmp_path: Path) -> None:
    url = tmp_path / "url"
    url.touch(0o600)
    url.write_text(world.dsn)
    done = CliRunner().invoke(app, ["coordinator", "backup", str(tmp_path / "file"), str(url)])
    assert "indexed to block" in done.output, done.output
    again = CliRunner().invoke(app, ["coordinator", "backup", str(tmp_path / "file"), str(url)])
    assert isinstance(again.exception, TallyError)
    with own_database(stack, "commands") as dsn:
        url.write_text(dsn)
        done = CliRunner().invoke(app, ["coordinator", "restore", str(tmp_path / "file"), str(url)])
        assert "rows are back" in done.output, done.output
