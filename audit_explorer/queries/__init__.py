"""The explorer's records on PostgreSQL: views of the schema ``explorer`` through a role that may only read them.

The only home of psycopg here. Every statement is a ``.sql`` file beside this module.
"""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Self, TypeAlias, cast

import psycopg
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool, PoolTimeout

from audit_explorer import records
from audit_explorer.queries import decode
from audit_explorer.records import (
    EVERYTHING,
    NOBODY,
    Attestation,
    Commitment,
    Consent,
    Deployment,
    Party,
    PartyProgress,
    Reader,
    StoredBundle,
    Task,
    TaskRow,
)
from protocol import event_words, events
from protocol.errors import UnavailableError
from protocol.messages import Progress
from protocol.vocabulary import Role

Row: TypeAlias = dict[str, Any]

_HERE: Final = Path(__file__).parent
_STATEMENTS: Final = tuple(sorted(path.stem for path in _HERE.glob("*.sql")))
# the login is a member of the role and takes it; the transaction is read-only whatever the role may do
_OPTIONS: Final = (
    "-c role=tally_explorer -c search_path=explorer -c statement_timeout=10000"
    " -c default_transaction_read_only=on -c default_transaction_isolation=repeatable\\ read"
    " -c idle_in_transaction_session_timeout=30000"
)


class PostgresRecords:
    """:class:`audit_explorer.records.Records` over a bounded pool; use it as a context manager."""

    def __init__(self, dsn: str, size: int = 4, timeout: float = 5.0) -> None:
        self._sql: Final = {name: (_HERE / f"{name}.sql").read_text("utf-8").encode() for name in _STATEMENTS}
        self._pool = ConnectionPool(
            dsn,
            connection_class=psycopg.Connection[Row],
            kwargs={"row_factory": dict_row, "options": _OPTIONS, "connect_timeout": 5},
            check=cast("Callable[[psycopg.Connection[Row]], None]", ConnectionPool.check_connection),
            min_size=1,
            max_size=size,
            timeout=timeout,
            max_waiting=64,
            open=False,
            name="explorer",
        )

    def __enter__(self) -> Self:
        self._pool.open()
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.close(timeout=5)

    def deployment(self) -> Deployment | None:
        """The chain that is followed."""
        with self._reading(NOBODY) as connection:
            rows = self._all(connection, "deployment")
        if not rows:
            return None
        row = rows[0]
        block = None if row["block_number"] is None else int(row["block_number"])
        return Deployment(bytes(row["deployment_id"]), int(row["chain_id"]), bytes(row["genesis_hash"]), block)

    def reads_all(self, party: str) -> bool:
        """Whether a party is a regulator in office."""
        with self._reading(EVERYTHING) as connection:
            rows = self._all(connection, "roles", party=party)
        return bool(rows) and bool(rows[0]["active"]) and bool(int(rows[0]["roles"]) & Role.REGULATOR)

    def rows(self, reader: Reader, statement: str, **values: object) -> list[records.Row]:
        """What a page's own statement finds."""
        with self._reading(reader) as connection:
            return list[records.Row](self._all(connection, statement, **values))

    def task(self, reader: Reader, task: bytes) -> Task | None:
        """One task's whole page, from one snapshot of the database."""
        with self._reading(reader) as connection:
            found = self._all(connection, "task", task=task)
            if not found:
                return None
            return self._task(connection, found[0])

    def bundle(self, reader: Reader, task: bytes) -> StoredBundle | None:
        """What is known of a stored bundle."""
        with self._reading(reader) as connection:
            rows = self._all(connection, "bundle", task=task)
        if not rows:
            return None
        return StoredBundle(tuple(rows[0]["outcomes"]), int(rows[0]["size"]), bytes(rows[0]["sha256"]))

    def _task(self, connection: psycopg.Connection[Row], row: Row) -> Task:
        task = bytes(row["task_id"])
        rows = self._all(connection, "events", task=task)
        read = [decode.read(row) for row in rows]
        told = [event for event in read if event is not None]
        mentioned = sorted({found for event in told for found in event_words.ids_in(event)})
        senders = sorted({bytes(row["sender"]) for row in rows if row["sender"] is not None})
        wallets = self._all(connection, "wallets", wallets=senders) if senders else []
        names = decode.Names(self._all(connection, "names", ids=mentioned), wallets)
        proposal = next((event.proposal for event in told if isinstance(event, events.TaskProposed)), None)
        started = next((event for event in told if isinstance(event, events.TaskStarted)), None)
        consumed = () if started is None else started.authorizations
        committed = {event.party: event for event in told if isinstance(event, events.RunCommitted)}
        return Task(
            row=_row(row),
            contract_digest=bytes(row["contract_digest"]),
            level=None if proposal is None else proposal.protection_level,
            committee=() if proposal is None else tuple(names.party(item) for item in proposal.compute_parties),
            programs=() if proposal is None else tuple(names.program(item) for item in proposal.programs),
            engine=None if proposal is None else names.engine(proposal.engine),
            data_sets=() if proposal is None else proposal.data_sets,
            result_users=() if proposal is None else tuple(names.party(item) for item in proposal.result_users),
            auditors=() if proposal is None else tuple(names.party(item) for item in proposal.auditors),
            reviewer=None
            if proposal is None or proposal.reviewer in event_words.ABSENT
            else names.party(proposal.reviewer),
            review="none" if row["review"] is None else str(row["review"]),
            run=None if row["run_id"] is None else bytes(row["run_id"]),
            started_at=None if row["started_at"] is None else int(row["started_at"]),
            reason=decode.reason(told, row["failed_code"], names),
            events=tuple(decode.record(*item, names) for item in zip(rows, read, strict=True)),
            progress=tuple(_progress(item) for item in self._all(connection, "progress", task=task)),
            commitments=tuple(
                _commitment(item, committed.get(bytes(item["party_id"])))
                for item in self._all(connection, "commitments", task=task)
            ),
            consents=tuple(
                Consent(
                    bytes(item["digest"]),
                    _party(item["owner_id"], item["owner"]),
                    int(item["uses_left"]),
                    item["revoked"],
                )
                for item in self._all(connection, "consents", consumed=list(consumed))
            ),
            attestations=tuple(
                Attestation(
                    _party(item["user_id"], item["result_user"]), bytes(item["result_hash"]), item["block_number"]
                )
                for item in self._all(connection, "attestations", task=task)
            ),
        )

    def _all(self, connection: psycopg.Connection[Row], statement: str, **values: object) -> list[Row]:
        return connection.execute(self._sql[statement], values).fetchall()

    @contextmanager
    def _reading(self, reader: Reader) -> Generator[psycopg.Connection[Row]]:
        try:
            with self._pool.connection() as connection:
                self._all(connection, "reader", reader=reader)  # for this transaction alone
                yield connection
        except (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout) as error:
            raise UnavailableError(
                "explorer.database", "The database does not answer.", "Check it and try again."
            ) from error


def _party(found: bytes, name: str | None) -> Party:
    return Party(bytes(found), name)


def _row(row: Row) -> TaskRow:
    return TaskRow(
        bytes(row["task_id"]),
        row["state"],
        int(row["submitted_at"]),
        int(row["deadline"]),
        row["proposer"],
        row["bundle"],
    )


def _progress(row: Row) -> PartyProgress:
    said = Progress.read(bytes(row["payload"]))
    return PartyProgress(
        str(row["party"]), said.state, said.phase, said.step, said.total, said.percent, said.eta, said.note, said.peer,
        int(row["received_at"]),
    )  # fmt: skip


def _commitment(row: Row, event: events.RunCommitted | None) -> Commitment:
    more = (b"", b"", ()) if event is None else (event.input_root, event.output_shares, event.links)
    return Commitment(
        _party(row["party_id"], row["party"]),
        bytes(row["run_id"]),
        int(row["log_size"]),
        bytes(row["log_root"]),
        int(row["block_number"]),
        *more,
    )
