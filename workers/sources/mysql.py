"""MySQL and MariaDB as a source: one SELECT in a read-only consistent snapshot, streamed as the server's own texts.

What the owner declares must be a statement by itself (EXPLAIN takes it) and a table within another (FROM takes it): together
only one SELECT is both, and nothing in it can write, not even a file. The protocol is left without several statements in one and without
files that the server asks for.
"""

import itertools
import ssl
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any, Final
from urllib.parse import parse_qsl, unquote

import pyarrow as pa
import pymysql
from pymysql.constants import FIELD_TYPE as FIELD
from pymysql.converters import encoders
from pymysql.cursors import SSCursor

from protocol.errors import FormatError
from workers.sources import database
from workers.sources.database import ENDS, Address, need_tls_word
from workers.sources.problems import Problems
from workers.sources.reading import FileForm
from workers.sources.texts_of_database import DAY, NUMBER, OTHER, POINT, TEXT, TIME, TRUTH, WHOLE, Stored

_BINARY: Final = 63
"""The character set's number of what is no text."""
_FAMILIES: Final = {
    FIELD.TINY: WHOLE, FIELD.SHORT: WHOLE, FIELD.INT24: WHOLE, FIELD.LONG: WHOLE, FIELD.LONGLONG: WHOLE, FIELD.YEAR: WHOLE,
    FIELD.NEWDECIMAL: NUMBER, FIELD.DECIMAL: NUMBER, FIELD.DOUBLE: NUMBER, FIELD.DATE: DAY, FIELD.NEWDATE: DAY,
    FIELD.DATETIME: TIME, FIELD.TIMESTAMP: POINT, FIELD.STRING: TEXT, FIELD.VAR_STRING: TEXT, FIELD.VARCHAR: TEXT,
    FIELD.ENUM: TEXT, FIELD.SET: TEXT, FIELD.BLOB: TEXT, FIELD.TINY_BLOB: TEXT, FIELD.MEDIUM_BLOB: TEXT, FIELD.LONG_BLOB: TEXT,
}  # fmt: skip
"""By the protocol's type; texts and bytes share theirs. FLOAT is none: the server sends six of its seven digits."""
_NAMES: Final[dict[int, str]] = {
    number: name.lower() for name, number in vars(FIELD).items() if isinstance(number, int) and name != "CHAR"
}
_REASONS: Final = {1044, 1045, 1049, 1130, 1698, 2003, 2006, 2013, 2026, 3159}
"""Errors of connecting: their sentences name the server and the user."""
_SPEAKING: Final = {
    1046,
    1051,
    1052,
    1054,
    1060,
    1064,
    1103,
    1109,
    1142,
    1143,
    1146,
    1248,
    1305,
    1327,
    1792,
    3024,
    1969,
}
"""Errors whose sentences name the query's own words, never values."""
_MODES: Final = {"disabled": "", "disable": "", "required": "require", "require": "require", "verify_ca": "ca", "verify-ca": "ca", "verify_identity": "full", "verify-full": "full"}  # fmt: skip


@contextmanager
def session(address: Address, form: FileForm, problems: Problems) -> Generator["Snapshot"]:
    """An open snapshot; every failure of the server is noted and raised as ``DataError``."""
    arguments = _arguments(address)
    stopped: tuple[str, str] | None = None
    try:
        with closing(pymysql.connect(**arguments)) as connection:
            yield Snapshot(connection, form)
    except (pymysql.Error, OSError, UnicodeError) as error:
        stopped = _told(error)
    if stopped is not None:
        problems.add(stopped[0], detail=stopped[1])
        problems.stop_if_any()


class Snapshot:
    """What one transaction sees of the declared table or query."""

    def __init__(self, connection: "pymysql.Connection[Any]", form: FileForm) -> None:
        self._connection: Final = connection
        self._query: Final = form.query.rstrip(ENDS) or f"SELECT * FROM {'.'.join(map(_quoted, form.table.split('.')))}"  # noqa: S608 - quoted
        maria = "MariaDB" in connection.get_server_info()
        for statement in (
            f"SET SESSION max_statement_time = {database.STATEMENT}"
            if maria
            else f"SET SESSION max_execution_time = {database.STATEMENT * 1000}",
            "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
            "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
        ):
            self._do(statement)

    def columns(self) -> list[tuple[str, Stored]]:
        """Names and stored types, after the server has found the query to be one SELECT."""
        self._do(f"EXPLAIN {self._query}")
        with self._connection.cursor(SSCursor) as cursor:
            cursor.execute(f"SELECT * FROM (\n{self._query}\n) AS tallystick LIMIT 0")  # noqa: S608 - the owner's own SELECT
            fields = cursor._result.fields  # noqa: SLF001 # pyright: ignore - the character set stands nowhere else
            return [(field.name, _stored(field.type_code, field.charsetnr, field.length)) for field in fields]

    def rows(self, names: Sequence[str], most: int) -> Iterator[list[Any]]:
        """The columns' texts as Arrow strings, null for NULL."""
        chosen = ", ".join(map(_quoted, names))
        with self._connection.cursor(SSCursor) as cursor:
            cursor.execute(f"SELECT {chosen} FROM (\n{self._query}\n) AS tallystick LIMIT {most}")  # noqa: S608 - as above
            while rows := list(itertools.islice(cursor, database.BATCH)):
                yield [pa.array(cells, pa.string()) for cells in zip(*rows, strict=True)]

    def _do(self, statement: str) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute(statement)


def _arguments(address: Address) -> dict[str, Any]:
    """Connection arguments from the URL: its word about TLS, deadlines, texts as they are sent."""
    parts, options = address.parts, dict(parse_qsl(address.parts.query))
    mode = options.pop("ssl-mode", None)
    kind = None if mode is None else _MODES.get(mode.lower(), "?")
    files = {key: options.pop(key, None) for key in ("ssl-ca", "ssl-cert", "ssl-key")}
    socket = options.pop("socket", None)
    need_tls_word([parts.hostname or ""], "ssl-mode", mode)
    if kind == "?" or options:
        raise FormatError(
            "source.url", f"The URL has an unknown option or word: {', '.join(options) or 'ssl-mode'}.",
            f"Known are ssl-mode ({', '.join(_MODES)}), ssl-ca, ssl-cert, ssl-key and socket.",
        )  # fmt: skip
    found: dict[str, Any] = {
        "host": parts.hostname or "localhost", "port": parts.port or 3306, "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""), "database": unquote(parts.path.lstrip("/")) or None,
        "charset": "utf8mb4", "conv": dict(encoders), "local_infile": False, "autocommit": False,
        "connect_timeout": database.CONNECT, "read_timeout": 600, "write_timeout": 60,
    }  # fmt: skip
    if socket:
        found["unix_socket"] = socket
    if kind == "":
        found["ssl_disabled"] = True
    elif kind is not None:
        found["ssl"] = _context(kind, files)
    return found


def _context(kind: str, files: dict[str, str | None]) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=files["ssl-ca"])
        context.check_hostname = kind == "full"
        if kind == "require":
            context.verify_mode = ssl.CERT_NONE
        if files["ssl-cert"]:
            context.load_cert_chain(files["ssl-cert"], files["ssl-key"])
    except OSError as error:
        raise FormatError(
            "source.url", "A certificate that the URL names cannot be read.", "Correct ssl-ca, ssl-cert or ssl-key."
        ) from error
    return context


def _stored(kind: int, charset: int, length: int) -> Stored:
    family, name = _FAMILIES.get(kind, OTHER), _NAMES.get(kind, str(kind))
    if family == TEXT and charset == _BINARY:
        return Stored(OTHER, "binary")
    if kind == FIELD.TINY and length == 1:
        return Stored(TRUTH, "tinyint(1)")  # what BOOLEAN is here
    return Stored(family, name)


def _quoted(name: str) -> str:
    """A name as MySQL quotes it."""
    return "`" + name.replace("`", "``") + "`"


def _told(error: Exception) -> tuple[str, str]:
    """Which problem an error is, and what may be shown of it: its number, and its sentence where that names no values."""
    if not isinstance(error, pymysql.Error):
        return "broken_off", type(error).__name__
    number = error.args[0] if error.args and isinstance(error.args[0], int) else 0
    sentence = str(error.args[1])[:300] if len(error.args) > 1 else ""
    if number in _REASONS or not number:
        return "connect", f"{number} {sentence}".strip()
    if number in _SPEAKING:
        return ("broken_off" if number in (1969, 3024) else "query"), f"{number} {sentence}"
    return "query" if isinstance(error, pymysql.ProgrammingError) else "broken_off", str(number)
