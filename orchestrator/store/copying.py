"""The coordinator's database as one file, and back: every table as of one moment, by PostgreSQL's own COPY.

Taken while everything runs (one repeatable-read snapshot), put back into a database without tables, by the schema's owner. Needs no program
but this one, and no server of the same release. Not in it: logins, keys, the broker's state; it is not encrypted, and holds contracts'
words and webhooks' secrets: the file is its user's alone (0600), and wherever it is kept must be, too.

What was ended after the backup must not come back: a restoration ends all sessions and revokes all access keys. What parties handed in
since then is lost here and kept by them (`tally node resend`); what the chain says is read from where the index was.
"""

import hashlib
import io
import os
import tarfile
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, LiteralString, Self

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from yoyo import get_backend, read_migrations

from orchestrator.store import migrate
from orchestrator.store.database import Row, engine_lock
from protocol import canonical
from protocol.errors import FormatError, RefusedError, UnavailableError
from protocol.record import Record

FORMAT: Final = "tallystick/coordinator-backup/v1"
_HEAD: Final = "backup.json"
_MOST: Final = 1000
_LIMIT: Final = 1 << 22
_CHUNK: Final = 1 << 20
# views and generated columns follow; a table comes after those that it points to
_TABLES: Final = """
    WITH RECURSIVE own AS (
        SELECT c.oid, c.relname::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = 'tally' AND c.relkind = 'r'
    ), depth AS (
        SELECT oid, name, 0 AS level FROM own
        UNION
        SELECT o.oid, o.name, d.level + 1 FROM depth d JOIN pg_constraint k ON k.confrelid = d.oid AND k.contype = 'f'
        AND k.conrelid <> k.confrelid JOIN own o ON o.oid = k.conrelid WHERE d.level < 50
    )
    SELECT name, max(level) AS level, (SELECT array_agg(a.attname::text ORDER BY a.attnum) FROM pg_attribute a
        WHERE a.attrelid = depth.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '') AS columns
    FROM depth GROUP BY oid, name ORDER BY 2, 1
"""
# a copied identity column does not move its sequence
_SEQUENCES: Final = """
    SELECT c.relname::text AS name, a.attname::text AS attribute, pg_get_serial_sequence('tally.' || quote_ident(c.relname), a.attname) AS sequence
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'tally' AND a.attidentity <> ''
"""
_ENDED: Final[tuple[LiteralString, ...]] = (
    "DELETE FROM tally.sessions",
    "UPDATE tally.access_keys SET revoked_at = coalesce(revoked_at, extract(epoch FROM now())::bigint)",
    "DELETE FROM tally.idempotency",
    "DELETE FROM tally.loops",
)


@dataclass(frozen=True, slots=True)
class Table:
    """One table's part: columns in their order, rows as COPY writes them."""

    name: str
    columns: tuple[str, ...]
    rows: int
    sha256: bytes


@dataclass(frozen=True, slots=True)
class Head:
    """What a backup is of: the deployment, the time (unix seconds), the block up to which it had read, the schema."""

    deployment: bytes
    taken: int
    block: int
    migrations: tuple[str, ...]
    tables: tuple[Table, ...]

    def data(self) -> bytes:
        """Canonical bytes."""
        return canonical.dumps(
            {
                "format": FORMAT, "deployment": "0x" + self.deployment.hex(), "taken": self.taken, "block": self.block,
                "migrations": list(self.migrations),
                "tables": [
                    {"name": t.name, "columns": list(t.columns), "rows": t.rows, "sha256": "0x" + t.sha256.hex()}
                    for t in self.tables
                ],
            }
        )  # fmt: skip

    @classmethod
    def read(cls, data: bytes) -> Self:
        """Parse canonical bytes."""
        record = Record(canonical.loads(data, _LIMIT), _HEAD)
        record.const("format", FORMAT)
        found = cls(
            record.hex32("deployment"), record.integer("taken", 0, 2**53), record.integer("block", 0, 2**53),
            record.list("migrations", _MOST, _text), record.list("tables", _MOST, _table),
        )  # fmt: skip
        record.done()
        return found


def backup(dsn: str, target: Path) -> Head:
    """Write every table to the new file ``target`` (0600), as of one moment; the coordinator goes on meanwhile."""
    descriptor = _created(target)
    try:
        with os.fdopen(descriptor, "wb") as file, _connected(dsn) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            with connection.transaction(), tarfile.open(fileobj=file, mode="w") as archive:
                head = _copied(connection, archive, target.parent)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return head


def restore(dsn: str, source: Path) -> Head:
    """Put a backup back with the owner's login; all or nothing. Raises ``restore.not_empty`` where there are tables already."""
    with _connected(dsn) as connection:
        if connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = 'tally'").fetchone():
            raise RefusedError(
                "restore.not_empty", "The database has Tallystick's tables already.", "Make an empty database and name its URL."
            )  # fmt: skip
    try:
        with tarfile.open(source, mode="r:") as archive:
            members = {member.name: member for member in archive if member.isreg()}
            if _HEAD not in members:
                raise _altered(_HEAD)
            head = Head.read(_opened(archive, members[_HEAD]).read(_LIMIT))
            for table in head.tables:
                _compare(archive, members, table)
            _build(dsn, head)
            with engine_lock(dsn), _connected(dsn) as connection, connection.transaction():
                _filled(connection, archive, members, head)
    except (tarfile.TarError, EOFError) as error:
        raise _altered(type(error).__name__) from error
    return head


def _copied(connection: "psycopg.Connection[Row]", archive: tarfile.TarFile, beside: Path) -> Head:
    bound = connection.execute("SELECT deployment_id FROM tally.deployment").fetchone()
    block = connection.execute("SELECT coalesce(max(block_number), 0) AS n FROM tally.chain_cursors").fetchone()
    applied = connection.execute("SELECT migration_id FROM public._yoyo_migration ORDER BY migration_id").fetchall()
    tables: list[Table] = []
    for found in connection.execute(_TABLES).fetchall():
        columns = tuple(found["columns"])
        with tempfile.TemporaryFile(dir=beside) as part:
            digest, size = hashlib.sha256(), 0
            with connection.cursor() as cursor:
                with cursor.copy(
                    sql.SQL("COPY tally.{} ({}) TO STDOUT").format(*_names(found["name"], columns))
                ) as rows:
                    for data in rows:
                        digest.update(data)
                        size += part.write(data)
                count = cursor.rowcount
            part.seek(0)
            _put(archive, found["name"], part, size)
        tables.append(Table(found["name"], columns, count, digest.digest()))
    head = Head(
        bytes(32) if bound is None else bytes(bound["deployment_id"]), int(time.time()), 0 if block is None else block["n"],
        tuple(row["migration_id"] for row in applied), tuple(tables),
    )  # fmt: skip
    _put(archive, _HEAD, io.BytesIO(head.data()), len(head.data()))
    return head


def _build(dsn: str, head: Head) -> None:
    """The schema as it was: the backup's own migrations; `tally coordinator migrate` brings it up to date afterwards."""
    known = read_migrations(str(migrate.MIGRATIONS))
    wanted = known.filter(lambda migration: migration.id in head.migrations)
    if {migration.id for migration in wanted} != set(head.migrations):
        raise RefusedError(
            "restore.later_release", "The backup is of a later release than this one.", "Restore it with that release."
        )
    backend = get_backend(migrate.backend_url(dsn))
    try:
        with backend.lock():
            backend.apply_migrations(backend.to_apply(wanted))
    finally:
        backend.connection.close()


def _filled(
    connection: "psycopg.Connection[Row]", archive: tarfile.TarFile, members: dict[str, tarfile.TarInfo], head: Head
) -> None:
    known = {row["name"]: tuple(row["columns"]) for row in connection.execute(_TABLES).fetchall()}
    if known != {table.name: table.columns for table in head.tables}:
        raise _altered("tables")
    names = sql.SQL(", ").join(sql.Identifier("tally", name) for name in known)
    connection.execute(sql.SQL("TRUNCATE {}").format(names))
    for table in head.tables:
        with connection.cursor() as cursor:
            text = sql.SQL("COPY tally.{} ({}) FROM STDIN").format(*_names(table.name, table.columns))
            with cursor.copy(text) as rows:
                file = _opened(archive, members[table.name])
                while data := file.read(_CHUNK):
                    rows.write(data)
            if cursor.rowcount != table.rows:
                raise _altered(table.name)
    for found in connection.execute(_SEQUENCES).fetchall():
        connection.execute(
            sql.SQL("SELECT setval(%s, (SELECT coalesce(max({}), 0) + 1 FROM tally.{}), false)").format(
                sql.Identifier(found["attribute"]), sql.Identifier(found["name"])
            ),
            (found["sequence"],),
        )
    for statement in _ENDED:
        connection.execute(statement)


def _compare(archive: tarfile.TarFile, members: dict[str, tarfile.TarInfo], table: Table) -> None:
    if table.name not in members:
        raise _altered(table.name)
    digest, file = hashlib.sha256(), _opened(archive, members[table.name])
    while data := file.read(_CHUNK):
        digest.update(data)
    if digest.digest() != table.sha256:
        raise _altered(table.name)


@contextmanager
def _connected(dsn: str) -> "Generator[psycopg.Connection[Row]]":
    try:
        connection = psycopg.Connection[Row].connect(dsn, row_factory=dict_row, connect_timeout=5)
    except psycopg.OperationalError as error:
        raise UnavailableError("database.unavailable", "The database does not answer.", "Check its URL.") from error
    with connection:
        yield connection


def _created(target: Path) -> int:
    try:
        return os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except FileExistsError as error:
        raise RefusedError("backup.exists", f"{target} exists.", "Name a new file.") from error


def _names(table: str, columns: tuple[str, ...]) -> tuple[sql.Identifier, sql.Composed]:
    return sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))


def _opened(archive: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    file = archive.extractfile(member)
    if file is None:
        raise _altered(member.name)
    return file


def _put(archive: tarfile.TarFile, name: str, data: IO[bytes], size: int) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    archive.addfile(member, data)


def _text(value: object, where: str) -> str:
    if not isinstance(value, str) or len(value) > 200:
        raise FormatError("backup.altered", f"{where} is no name.", "Take another backup.")
    return value


def _table(value: object, where: str) -> Table:
    record = Record(value, where)
    found = Table(
        record.text("name", 63), record.list("columns", _MOST, _text), record.integer("rows", 0, 2**53), record.hex32("sha256")
    )  # fmt: skip
    record.done()
    return found


def _altered(where: str) -> FormatError:
    return FormatError("backup.altered", f"The backup is not as it was written ({where}).", "Take another backup.")
