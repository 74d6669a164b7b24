"""PostgreSQL as a source: one SELECT in a read-only, repeatable-read transaction, streamed as the server's own texts.

The server itself checks that what the owner declares is one SELECT: as a cursor it must be one, and a second statement is refused by
the protocol. Only then is it set into COPY, which streams without a round trip per batch; a text that is one whole SELECT cannot close
the bracket around it.
"""

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, LiteralString, cast

import psycopg
import pyarrow as pa
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from pyarrow import csv as arrow_csv

from protocol.errors import FormatError
from workers.sources import database
from workers.sources.database import ENDS, Address, need_tls_word
from workers.sources.problems import Problems
from workers.sources.reading import FileForm
from workers.sources.texts_of_database import DAY, NUMBER, OTHER, POINT, TEXT, TIME, TRUTH, WHOLE, Stored

_FAMILIES: Final = {
    "bool": TRUTH, "int2": WHOLE, "int4": WHOLE, "int8": WHOLE, "numeric": NUMBER, "float4": NUMBER, "float8": NUMBER,
    "date": DAY, "timestamp": TIME, "timestamptz": POINT, "text": TEXT, "varchar": TEXT, "bpchar": TEXT, "name": TEXT,
    "uuid": TEXT, "citext": TEXT,
}  # fmt: skip
"""By the type's name in the catalogue. An enumeration is text, a domain comes as its base type; all else is refused by name."""
_SPEAKING: Final = ("42", "25", "0A", "26")
"""Classes of SQLSTATE whose messages name the query's own words, never values."""


@contextmanager
def session(address: Address, form: FileForm, problems: Problems) -> Generator["Snapshot"]:
    """An open snapshot; every failure of the server is noted and raised as ``DataError``."""
    try:
        options = conninfo_to_dict(address.url)
    except psycopg.Error:
        # its message may quote the URL
        raise FormatError(
            "source.url", "The URL is none that PostgreSQL's library understands.", "Correct its options."
        ) from None
    # a list of hosts may stand in the URL's options, too
    hosts = [host for key in ("host", "hostaddr") for host in str(options.get(key) or "").split(",")]
    need_tls_word(hosts, "sslmode", options.get("sslmode"))
    stopped: tuple[str, str] | None = None
    try:
        with psycopg.connect(**_options(options)) as connection:
            connection.read_only = True
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            yield Snapshot(connection, form)
            connection.rollback()
    except psycopg.errors.QueryCanceled:
        stopped = "broken_off", "it took too long"
    except psycopg.OperationalError as error:
        stopped = (
            ("connect" if error.sqlstate is None or error.sqlstate[:2] in ("28", "3D", "08") else "broken_off"),
            _word(error),
        )
    except psycopg.Error as error:
        stopped = ("query" if (error.sqlstate or "")[:2] in _SPEAKING else "broken_off"), _word(error)
    if stopped is not None:
        problems.add(stopped[0], detail=stopped[1])
        problems.stop_if_any()


class Snapshot:
    """What one transaction sees of the declared table or query."""

    def __init__(self, connection: "psycopg.Connection[Any]", form: FileForm) -> None:
        self._connection: Final = connection
        # the owner's own SELECT, or a table's name whose parts the driver quotes
        self._query: Final = (
            sql.SQL(cast("LiteralString", form.query.rstrip(ENDS)))
            if form.query
            else sql.SQL("SELECT * FROM {}").format(sql.Identifier(*form.table.split(".")))
        )

    def columns(self) -> list[tuple[str, Stored]]:
        """Names and stored types, after the server has found the query to be one SELECT."""
        with psycopg.RawCursor(self._connection) as cursor:
            # parameters, even none, make it the protocol that takes one statement only
            cursor.execute(
                sql.SQL("DECLARE tallystick NO SCROLL CURSOR FOR\n{}\n").format(self._query), [], prepare=True
            )
            cursor.execute("FETCH FORWARD 0 FROM tallystick")
            found = cursor.description or []
            cursor.execute(
                "SELECT oid::bigint, typname::text, typtype = 'e' FROM pg_catalog.pg_type WHERE oid = ANY($1::oid[])",
                [[column.type_code for column in found]],
            )
            types = {number: (name, is_enum) for number, name, is_enum in cursor.fetchall()}
            cursor.execute("CLOSE tallystick")
        return [(column.name, _stored(*types[column.type_code], column.scale)) for column in found]

    def rows(self, names: Sequence[str], most: int) -> Iterator[list[Any]]:
        """The columns' texts as Arrow strings, null for NULL."""
        chosen = sql.SQL(", ").join(sql.Identifier(name) for name in names)
        copy = sql.SQL("COPY (SELECT {} FROM (\n{}\n) AS tallystick LIMIT {}) TO STDOUT (FORMAT csv)").format(
            chosen, self._query, sql.Literal(most)
        )
        with psycopg.Cursor(self._connection) as cursor, cursor.copy(copy) as stream:
            batch: list[bytes] = []
            for row in stream:
                batch.append(bytes(row))
                if len(batch) == database.BATCH:
                    yield _parsed(batch, len(names))
                    batch.clear()
            if batch:
                yield _parsed(batch, len(names))


def _options(options: dict[str, Any]) -> dict[str, Any]:
    """The URL's options with deadlines, and with the server's ways of writing values set."""
    said = {
        "statement_timeout": database.STATEMENT * 1000, "lock_timeout": 60_000, "idle_in_transaction_session_timeout": 600_000,
        "datestyle": "ISO", "extra_float_digits": 1,
    }  # fmt: skip
    ours = " ".join(f"-c {name}={value}" for name, value in said.items())
    return options | {
        "connect_timeout": database.CONNECT, "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3,
        "tcp_user_timeout": 60_000, "application_name": "tallystick", "client_encoding": "UTF8",
        "options": f"{options.get('options', '')} {ours}".strip(),
    }  # fmt: skip


def _stored(name: str, is_enum: bool, scale: int | None) -> Stored:
    if is_enum:
        return Stored(TEXT, name)
    if name == "numeric" and scale == 0:
        return Stored(WHOLE, name)
    return Stored(_FAMILIES.get(name, OTHER), f"array of {name[1:]}" if name.startswith("_") else name)


def _parsed(rows: list[bytes], width: int) -> list[Any]:
    """Whole rows of the server's CSV: an empty cell is NULL, an empty text is quoted."""
    names = [str(place) for place in range(width)]
    data = b"".join(rows)
    table = arrow_csv.read_csv(
        pa.BufferReader(data),
        arrow_csv.ReadOptions(use_threads=False, block_size=len(data) + 1, column_names=names),
        arrow_csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
        arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), null_values=[""], strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )  # fmt: skip
    return [column.combine_chunks() for column in table.columns]


def _word(error: psycopg.Error) -> str:
    """What may be shown of a refusal: its code, and its sentence where that names only the query's words or the server."""
    state = error.sqlstate or ""
    if not state:
        return " ".join(str(error).split())[:300]
    shown = state[:2] in (*_SPEAKING, "28", "3D", "57")
    return f"{state} {error.diag.message_primary or ''}"[:300].strip() if shown else state
