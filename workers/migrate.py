"""The node's database over releases: numbered SQL files, each applied once, whole or not at all.

SQLite keeps the number of the last one in its header (``PRAGMA user_version``), inside the same transaction as the change.
A file that a release has shipped is never edited: the next change is the next number.
"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from protocol.errors import RefusedError

MIGRATIONS: Final = Path(__file__).parent / "migrations"
_FIRST: Final = 1
"""What a database without a number is, if it has tables: the first release did not number it."""


def migrate(db: sqlite3.Connection, where: Path, folder: Path = MIGRATIONS) -> list[str]:
    """Bring ``db`` (in autocommit) to this release; returns the names applied.

    Raises ``state.newer`` for a database that a later release wrote: nothing in it is touched.
    """
    steps = {int(path.name.split(".", 1)[0]): path for path in sorted(folder.glob("*.sql"))}
    latest = max(steps)
    found = _version(db)
    if found > latest:
        raise RefusedError(
            "state.newer",
            f"{where} was written by a later release (format {found}); this one knows up to {latest}.",
            "Start the later release again, or restore the folder from the backup taken before the update.",
        )
    applied: list[str] = []
    for number in range(found + 1, latest + 1):
        _apply(db, steps[number], number)
        applied.append(steps[number].stem)
    return applied


def _version(db: sqlite3.Connection) -> int:
    number = int(db.execute("PRAGMA user_version").fetchone()[0])
    if number == 0 and db.execute("SELECT 1 FROM sqlite_master WHERE name = 'facts'").fetchone():
        return _FIRST
    return number


def _apply(db: sqlite3.Connection, path: Path, number: int) -> None:
    db.execute("BEGIN IMMEDIATE")
    try:
        for statement in _statements(path.read_text("utf-8")):
            db.execute(statement)
        # A pragma takes no parameters; the number is a file's.
        db.execute(f"PRAGMA user_version = {number:d}")
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def _statements(text: str) -> Iterator[str]:
    """One statement at a time: ``executescript`` would commit the transaction that is open."""
    statement = ""
    for line in text.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
