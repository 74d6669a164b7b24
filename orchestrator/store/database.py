"""Connections: a bounded pool whose connections have given up every right but their role's."""

import select
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, Literal, Self, TypeAlias, cast

import psycopg
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool, PoolTimeout

from protocol.errors import RefusedError, UnavailableError

Row: TypeAlias = dict[str, Any]
Transaction: TypeAlias = psycopg.Connection[Row]
Role = Literal["tally_app", "tally_explorer"]

_ROLE_OPTIONS: dict[Role, str] = {
    "tally_app": "-c role=tally_app -c search_path=tally -c statement_timeout=15000 -c lock_timeout=5000"
    " -c idle_in_transaction_session_timeout=60000",
    "tally_explorer": "-c role=tally_explorer -c search_path=explorer -c statement_timeout=10000"
    " -c default_transaction_read_only=on -c idle_in_transaction_session_timeout=30000",
}
_ASK_EVERY = 5.0
_LISTEN = 0.5
_AGAIN = 1.0
_JOIN = 5.0
WORDS = "tally_words"
"""Name of the connection that hears of tasks, in the server's list."""
_ENGINE_LOCK = 0x7461_6C6C_7901  # "tally", 1


class Database:
    """A pool on one database; :meth:`transaction` is the only way to it."""

    def __init__(self, dsn: str, *, size: int = 8, timeout: float = 5.0, role: Role = "tally_app") -> None:
        self._pool = ConnectionPool(
            dsn,
            connection_class=psycopg.Connection[Row],
            kwargs={"row_factory": dict_row, "options": _ROLE_OPTIONS[role], "connect_timeout": 5},
            # Asked before it is given out: after a restart of the server every kept connection is dead.
            check=cast("Callable[[Transaction], None]", ConnectionPool.check_connection),
            min_size=1,
            max_size=size,
            timeout=timeout,
            max_waiting=64,
            open=False,
            name=role,
        )

    def __enter__(self) -> Self:
        self._pool.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def open(self) -> None:
        """Start connecting in the background; a database that is down is noticed by the first transaction."""
        self._pool.open()

    def close(self) -> None:
        """Close all connections."""
        self._pool.close(timeout=5)

    @contextmanager
    def transaction(self) -> Generator[Transaction]:
        """One transaction: commits at the end, rolls back on any error. Raises ``database.unavailable``."""
        try:
            with self._pool.connection() as connection:
                yield connection
        except (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout) as error:
            raise UnavailableError(
                "database.unavailable",
                "The database does not answer.",
                "Nothing was changed; try again.",
                error=type(error).__name__,
            ) from error


class Listener:
    """A connection that hears words (``NOTIFY``), and notices that the server went away."""

    def __init__(self, connection: psycopg.Connection[Row]) -> None:
        self._connection = connection
        self._asked = time.monotonic()

    def held(self) -> bool:
        """Whether the connection is alive; asks the server, and takes in the words that wait."""
        self._asked = time.monotonic()
        try:
            self._connection.execute("SELECT 1")
        except psycopg.Error:
            return False
        return True

    def listen(self, seconds: float) -> bool:
        """Wait for a word, so long at most. False when the connection is lost: at once when the server goes away."""
        try:
            ends = select.poll()  # select() takes no descriptor above 1023, and a server's connections may use those up
            ends.register(self._connection, select.POLLIN)
            heard = bool(ends.poll(1000 * seconds))
        except (psycopg.Error, OSError, ValueError):
            return False
        if heard or time.monotonic() - self._asked >= _ASK_EVERY:
            return self.held()
        return True


@contextmanager
def word_of_tasks(dsn: str, heard: Callable[[bytes | None], None]) -> Generator[None]:
    """Calls ``heard`` with the id of every task whose state is shown anew, and with None after words may have been lost.

    From a thread with a connection of its own, which is made again when the database was away.
    """
    stop = threading.Event()
    thread = threading.Thread(target=_pass_on, args=(dsn, heard, stop), name="word-of-tasks", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(_JOIN)


def _pass_on(dsn: str, heard: Callable[[bytes | None], None], stop: threading.Event) -> None:
    while not stop.is_set():
        try:
            with _connect(dsn, WORDS) as connection:
                connection.add_notify_handler(lambda word: heard(bytes.fromhex(word.payload)))
                connection.execute("LISTEN tally_tasks")
                heard(None)
                listener = Listener(connection)
                while not stop.is_set() and listener.listen(_LISTEN):
                    pass
        except psycopg.Error:
            pass  # the database is away: the waits last their time
        stop.wait(_AGAIN)


def _connect(dsn: str, name: str) -> psycopg.Connection[Row]:
    options = _ROLE_OPTIONS["tally_app"]
    return psycopg.Connection[Row].connect(
        dsn,
        autocommit=True,
        row_factory=dict_row,
        options=options,
        connect_timeout=5,
        application_name=name,
    )


@contextmanager
def engine_lock(dsn: str, heard: Callable[[], None] = lambda: None) -> Generator[Listener]:
    """Be the one engine on this database; the lock ends with the connection, so a killed engine frees it.

    ``heard`` is called for every word of new work (:func:`orchestrator.store.work.ring`).
    """
    try:
        connection = _connect(dsn, "tally_engine")
    except psycopg.OperationalError as error:
        raise UnavailableError(
            "database.unavailable", "The database does not answer.", "Check it; the engine starts again by itself."
        ) from error
    with connection:
        row = connection.execute("SELECT pg_try_advisory_lock(%s) AS won", (_ENGINE_LOCK,)).fetchone()
        if row is None or not row["won"]:
            raise RefusedError(
                "engine.second", "Another engine works on this database.", "Stop it first, or let it work."
            )
        connection.add_notify_handler(lambda _: heard())
        connection.execute("LISTEN tally_work")
        yield Listener(connection)
