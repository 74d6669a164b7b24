import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from chain.child import Identity, identify, is_alive
from embedded import postgres
from embedded.postgres import Postgres
from protocol.errors import UnavailableError


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="tally-test-", dir="/tmp") as name:
        Path(name).chmod(0o711)
        yield Path(name)


@pytest.fixture
def database(folder: Path) -> Iterator[Postgres]:
    found = Postgres(folder / "postgres")
    found.start()
    try:
        yield found
    finally:
        found.stop()
        found.erase()


def running(database: Postgres) -> Identity:
    assert database.pid is not None
    identity = identify(database.pid)
    assert identity is not None
    return identity


def test_start_and_stop_may_be_repeated(database: Postgres) -> None:
    before = running(database)
    database.start()
    assert running(database) == before
    database.stop()
    database.stop()
    assert not is_alive(before)
    database.start()
    with psycopg.connect(database.dsn) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_committed_rows_survive_a_kill_and_open_transactions_do_not(database: Postgres) -> None:
    connection = psycopg.connect(database.dsn)
    connection.execute("CREATE TABLE kept (value integer)")
    connection.execute("INSERT INTO kept VALUES (1)")
    connection.commit()
    connection.execute("INSERT INTO kept VALUES (2)")
    before = running(database)
    os.kill(before.pid, signal.SIGKILL)
    while is_alive(before):
        time.sleep(0.01)
    connection.close()
    assert not database.is_running()
    database.start()
    with psycopg.connect(database.dsn) as again:
        assert again.execute("SELECT value FROM kept").fetchall() == [(1,)]


def test_the_database_is_only_for_who_knows_the_password(database: Postgres) -> None:
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(database.dsn.replace(database._password(), "guess"))
    socket = Path(psycopg.conninfo.conninfo_to_dict(database.dsn)["host"])  # type: ignore[arg-type]
    assert socket.stat().st_mode & 0o077 == 0


def test_a_first_start_that_was_interrupted_begins_again(folder: Path) -> None:
    half = folder / "postgres" / "data.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    database = Postgres(folder / "postgres")
    try:
        database.start()
        with psycopg.connect(database.dsn) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        database.stop()
        database.erase()


def test_a_damaged_data_folder_is_told_with_the_servers_own_words(database: Postgres, folder: Path) -> None:
    database.stop()
    (folder / "postgres" / "data" / "postgresql.conf").write_text("no such setting\n")
    with pytest.raises(UnavailableError, match="syntax error"):
        database.start()


@pytest.mark.skipif(os.geteuid() != 0, reason="only as root the database runs as another user")
def test_programs_in_a_closed_folder_are_copied_and_no_mode_is_changed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    package = postgres._packaged_programs().parent.parent
    libraries = f"{package.name}.libs"
    shutil.copytree(package / "pginstall18", closed / package.name / "pginstall18")
    shutil.copytree(package.parent / libraries, closed / libraries)
    monkeypatch.setattr(postgres, "_packaged_programs", lambda: closed / package.name / "pginstall18" / "bin")
    monkeypatch.setattr(postgres, "_ROOT_HOME", folder / "home")
    database = Postgres(folder / "postgres")
    try:
        database.start()
        with psycopg.connect(database.dsn) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        assert len(list((folder / "home").glob("programs-*"))) == 1
        assert closed.stat().st_mode & 0o777 == 0o700
    finally:
        database.stop()
        database.erase()
