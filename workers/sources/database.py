"""A table or query of an owner's database, read once in one read-only snapshot, as a file is read once.

The URL stands in a file of mode 0600, never in the schema, so a password is in nothing that is stored, logged, committed to or shown.
What the server says is shown only where it speaks of the query's own words: other messages can quote values.

A database keeps its rows in no order, so they are sorted here: by their ids, or else by all their cells. The same rows are
the same table then, however the server keeps them.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import SplitResult, urlsplit

import pyarrow as pa

from protocol.errors import FormatError
from protocol.limits import LIMITS
from workers import disk
from workers.sources import header, texts_of_database
from workers.sources.arrow import give_back, pc
from workers.sources.finished import finished
from workers.sources.problems import Listener, Problems
from workers.sources.reading import FileForm
from workers.sources.schema import Schema
from workers.sources.table import Table
from workers.sources.texts_of_database import Stored

CONNECT: Final = 15
"""Seconds to reach the server."""
STATEMENT: Final = 3600
"""Seconds for the whole reading, told to the server."""
BATCH: Final = 1 << 15
ENDS: Final = "; \t\r\n"
"""What may stand behind a query and means nothing."""
_URL_BYTES: Final = 4096
_LOCAL: Final = ("", "localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Address:
    """A database's URL; its password is in no text of this object."""

    url: str = field(repr=False)
    parts: SplitResult = field(repr=False)


class Session(Protocol):
    """An open snapshot of one database."""

    def columns(self) -> list[tuple[str, Stored]]:
        """Names and stored types of what is read."""
        ...

    def rows(self, names: Sequence[str], most: int) -> Iterator[list[Any]]:
        """Arrow string arrays of the columns called ``names``, batch by batch; at most so many rows."""
        ...


def read(path: Path, schema: Schema, listener: Listener) -> Table:
    """The table that the schema names in the database of the ``.url`` file; raises ``DataError`` with all problems."""
    problems = Problems("database", path, listener)
    chunks: list[list[Any]] = [[] for _ in schema.columns]
    count = 0
    with opened(path, schema.form, problems) as session:
        columns = session.columns()
        names = [name for name, _ in columns]
        places = header.positions(names, schema, problems, 0)
        problems.stop_if_any()
        kinds = [columns[place][1] for place in places]
        for column, kind in zip(schema.columns, kinds, strict=True):
            texts_of_database.check(column, kind, problems)
        problems.stop_if_any()
        for batch in session.rows([names[place] for place in places], LIMITS.psi_ids + 1):
            for column, kind, cells, parts in zip(schema.columns, kinds, batch, chunks, strict=True):
                parts.append(texts_of_database.typed(column, kind, cells, lambda i, n=count: n + i + 1, problems))
            count += len(batch[0])
            if count > LIMITS.psi_ids:
                problems.add("too_large")
                break
    if not count:
        problems.add("empty")
    problems.stop_if_any()
    table = finished(schema, chunks, lambda i: i + 1, problems)
    return Table(schema, _sorted(schema, table.arrays))


def opened(path: Path, form: FileForm, problems: Problems) -> AbstractContextManager[Session]:
    """A snapshot of the database that the URL file names; each of its failures is a problem of this source."""
    # a driver is loaded only where a database is read
    if not form.table and not form.query:
        raise FormatError(
            "source.place", f"{path.name} names a database, and no part of it is declared.",
            'Declare `table = "…"` or `query = "SELECT …"` under [file].',
        )  # fmt: skip
    address = _address(path)
    scheme = address.parts.scheme
    if scheme in ("postgresql", "postgres"):
        from workers.sources import postgresql  # noqa: PLC0415

        return postgresql.session(address, form, problems)
    if scheme in ("mysql", "mariadb"):
        from workers.sources import mysql  # noqa: PLC0415

        return mysql.session(address, form, problems)
    raise _no_url(path)


def need_tls_word(hosts: Iterable[str], key: str, word: object) -> None:
    """Refuse servers on other machines when the URL does not say how the connection is protected; a socket is of this one."""
    if not word and not all(host in _LOCAL or host.startswith(("/", "@")) for host in hosts):
        raise FormatError(
            "source.tls",
            f"The database is on another machine, and its URL does not say `{key}`.",
            f"Add ?{key}=verify-full (checks the server's certificate and name), or another word that you mean.",
        )


def _address(path: Path) -> Address:
    try:
        url = disk.read_private(path, _URL_BYTES).decode("utf-8").strip()
        parts = urlsplit(url)
        _ = parts.port  # raises for what is no number
    except ValueError:
        raise _no_url(path) from None  # the cause would quote the URL
    if "\n" in url or not parts.netloc + parts.query:
        raise _no_url(path)
    return Address(url, parts)


def _no_url(path: Path) -> FormatError:
    return FormatError(
        "source.url", f"{path.name} holds no URL of a database.",
        "Write one line: postgresql://user:password@host:5432/database?sslmode=verify-full, or mysql://… with ssl-mode; "
        "in a password, write @ : / as %40 %3A %2F.",
    )  # fmt: skip


def _sorted(schema: Schema, arrays: tuple[Any, ...]) -> tuple[Any, ...]:
    """The rows by their ids, or by all their cells: a database has no order of its own."""
    at = schema.names.index(schema.identifier) if schema.identifier else -1
    if at >= 0:
        order = pc.sort_indices(arrays[at])
    else:
        keys = [(f"{place}", "ascending") for place in range(len(arrays))]
        table = pa.table(list(arrays), names=[name for name, _ in keys])
        order = pc.sort_indices(table, sort_keys=keys)
    found: list[Any] = []
    for array in arrays:
        found.append(array.take(order))
        give_back()
    return tuple(found)
