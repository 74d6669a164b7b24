"""A node's database moves from release to release, and never half of the way."""

import shutil
import sqlite3
from pathlib import Path

import pytest

from protocol.errors import RefusedError
from protocol.messages import RunDispatch
from workers import disk
from workers.jobs.stages import Stage
from workers.migrate import MIGRATIONS, migrate
from workers.state import State

FIRST = (MIGRATIONS / "0001.state.sql").read_text()
DISPATCH = RunDispatch(b"\x01" * 32, b"{}", (), ())


def plain(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None)


def tables(db: sqlite3.Connection) -> set[tuple[str, str]]:
    return set(db.execute("SELECT name, sql FROM sqlite_master"))


def test_numbers_are_complete_and_every_file_has_one() -> None:
    numbers = [int(path.name.split(".")[0]) for path in sorted(MIGRATIONS.iterdir())]
    assert numbers == list(range(1, len(numbers) + 1))


def test_the_first_release_is_known_by_its_tables_and_keeps_its_rows(tmp_path: Path) -> None:
    """It set no number, and called its format 1 in a fact of its own."""
    path = tmp_path / "state.sqlite"
    disk.write_private(path, b"")
    with plain(path) as old:
        old.executescript(FIRST)
        old.execute("INSERT INTO facts VALUES ('format', '1'), ('announcement', '7')")
    state = State(path)
    assert state.next_number("announcement") == 8
    assert state.add_job(DISPATCH, 100, 1)
    state.close()
    new = State(tmp_path / "new.sqlite")
    new.close()
    assert tables(plain(path)) == tables(plain(tmp_path / "new.sqlite"))
    again = State(path)
    job = again.job(DISPATCH.task)
    assert job is not None
    assert job.stage is Stage.RECEIVED
    again.close()


def test_a_database_of_a_later_release_is_refused_untouched(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite"
    State(path).close()
    with plain(path) as later:
        later.execute("PRAGMA user_version = 9999")
    before = tables(plain(path))
    with pytest.raises(RefusedError) as caught:
        State(path)
    assert caught.value.code == "state.newer"
    assert tables(plain(path)) == before


def test_a_step_that_fails_leaves_nothing_and_is_taken_again(tmp_path: Path) -> None:
    folder = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, folder)
    number = len(list(folder.iterdir())) + 1
    broken = folder / f"{number:04}.more.sql"
    broken.write_text("CREATE TABLE more (a TEXT) STRICT;\nINSERT INTO nowhere VALUES (1);\n")
    db = plain(tmp_path / "state.sqlite")
    migrate(db, tmp_path, MIGRATIONS)
    before = tables(db)
    with pytest.raises(sqlite3.OperationalError):
        migrate(db, tmp_path, folder)
    assert tables(db) == before
    broken.write_text(
        "CREATE TABLE more (a TEXT) STRICT;\n-- a comment; with a semicolon\nINSERT INTO more VALUES ('x;y');\n"
    )
    assert migrate(db, tmp_path, folder) == [broken.stem]
    assert db.execute("SELECT a FROM more").fetchall() == [("x;y",)]
    assert migrate(db, tmp_path, folder) == []
