"""The coordinator: its real services, loops and tables, with a database whose clock is the simulation's.

One connection holds one long transaction that is never committed: each transaction of the code under test is a savepoint in it, so a
schedule leaves nothing behind and costs no flush. ``now()`` and ``clock_timestamp()`` are found in a schema of the simulation's own before
PostgreSQL's, and the tables' defaults are told to use them.
"""

import hashlib
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Self, TypeVar, cast
from unittest.mock import patch

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from chain.indexer import Indexer
from orchestrator.api import problems
from orchestrator.engine import relaying
from orchestrator.engine.indexing import IndexStore
from orchestrator.engine.publishing import Publishing
from orchestrator.engine.relaying import Relaying
from orchestrator.engine.starting import Starting
from orchestrator.services import consent, submission
from orchestrator.services.domains import Domains
from orchestrator.services.preflight import Bounds
from orchestrator.services.receiving import Receiving
from orchestrator.services.sending import Sending
from orchestrator.store import receipts, tasks
from orchestrator.store.database import Row, Transaction
from protocol import canonical
from protocol.api import Problem, ReceiptOutcome
from protocol.catalogue import Audience
from protocol.contract import TaskContract
from protocol.credentials import SealedCredentials
from protocol.errors import RefusedError, TallyError, UnavailableError
from protocol.messages import PostedReceipt, SealedShare, SignedAuthorization
from protocol.plans import unknown
from protocol.typed import Abort, Revocation, RevocationOfAll
from tests.simulation.faults.chain import SimulatedGateway, Way
from tests.simulation.faults.process import Clock, Killed, Process

T = TypeVar("T")
R = TypeVar("R")
PATH: Final = "simulated_clock, tally, pg_catalog"
_CLOCK: Final = """
CREATE SCHEMA IF NOT EXISTS simulated_clock;
GRANT USAGE ON SCHEMA simulated_clock TO PUBLIC;
CREATE OR REPLACE FUNCTION simulated_clock.now() RETURNS timestamptz LANGUAGE sql STABLE
  AS $$ SELECT pg_catalog.to_timestamp(pg_catalog.current_setting('simulated.now')::pg_catalog.float8) $$;
CREATE OR REPLACE FUNCTION simulated_clock.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
  AS $$ SELECT simulated_clock.now() $$;
"""
_DEFAULTS: Final = """
SELECT c.relname, a.attname, pg_get_expr(d.adbin, d.adrelid) AS expression FROM pg_attrdef d
JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum JOIN pg_class c ON c.oid = d.adrelid
JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'tally'
AND pg_get_expr(d.adbin, d.adrelid) IN ('now()', 'clock_timestamp()')
"""


def prepare(dsn: str) -> int:
    """Have a migrated database take its time from the simulation; how many defaults were changed."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(_CLOCK)
        found = connection.execute(_DEFAULTS).fetchall()
        for table, column, expression in found:
            words = sql.SQL("ALTER TABLE tally.{} ALTER COLUMN {} SET DEFAULT simulated_clock.{}")
            connection.execute(words.format(sql.Identifier(table), sql.Identifier(column), sql.SQL(expression)))
    return len(found)


class Store:
    """The database as one connection. :meth:`history` gives a clean one for each schedule."""

    def __init__(self, dsn: str) -> None:
        self.connection: Final = psycopg.Connection[Row].connect(
            dsn,
            row_factory=dict_row,
            options=f"-c role=tally_app -c search_path={PATH.replace(' ', '')} -c simulated.now=0",
        )

    @contextmanager
    def history(self) -> Generator[None]:
        """Everything inside is forgotten at its end."""
        with self.connection.transaction(force_rollback=True):
            yield

    def close(self) -> None:
        """Close it."""
        self.connection.close()


@dataclass
class Database:
    """:class:`orchestrator.services.ports.Transactions` of one process. ``away``: the server does not answer; ``unsaid``: it commits
    the next transaction that writes, and nobody hears of it.
    """

    store: Store
    clock: Clock
    process: Process
    shared: "Shared"

    @contextmanager
    def transaction(self) -> Generator[Transaction]:
        """One transaction, with what may befall it."""
        self.process.require_alive()
        if self.shared.away:
            raise _unavailable()
        connection = self.store.connection
        with connection.transaction():
            connection.execute("SELECT set_config('simulated.now', %s, false)", (str(self.clock.now),))
            yield connection
            hit = self.process.before()
        self.process.after(hit)
        if self.shared.unsaid:
            self.shared.unsaid -= 1
            raise _unavailable()


@dataclass
class Shared:
    """How the server is, for all its clients."""

    away: bool = False
    unsaid: int = 0


def _unavailable() -> UnavailableError:
    return UnavailableError("database.unavailable", "The simulated server is away.", "Try again.")


class _InOrder:
    """Stands for the thread pool of the relay: one after the other, so that a schedule is one history."""

    def __init__(self, *_: object) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def map(self, act: Callable[[T], R], items: Iterable[T]) -> Iterable[R]:
        """As the pool's."""
        return map(act, items)


@dataclass
class Message:
    """One message in a simulated queue."""

    name: str
    body: dict[str, object]
    message_id: str


class SimulatedBroker:
    """Queues, one for each party: first in, first out, until somebody interferes. What is confirmed stays over a restart."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.away = False
        self.queues: dict[str, list[Message]] = {}
        self.lost = 0
        self.said: list[bytes] = []

    def publish(self, party: str, name: str, message: dict[str, object], message_id: str) -> None:
        """See :class:`orchestrator.services.ports.Publisher`."""
        if self.away:
            raise UnavailableError("broker.unavailable", "The simulated broker is away.", "Wait.")
        with self.process.effect():
            self.queues.setdefault(party, []).append(Message(name, message, message_id))
            self.said.append(canonical.dumps(message))


BOUNDS: Final = Bounds("platform", shortest_notice=0)


@dataclass
class Coordinator:
    """API and engine over one database. A process that died is started again with :meth:`restart`."""

    store: Store
    clock: Clock
    api: Process
    engine: Process
    api_way: Way
    engine_way: Way
    broker: SimulatedBroker
    shared: Shared = field(default_factory=Shared)
    failures: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        """Both processes start."""
        self.domains = Domains.of(self.api_way.chain.deployment)
        self.api_database = Database(self.store, self.clock, self.api, self.shared)
        self.chain = SimulatedGateway(self.api_way)
        self.start_engine()

    def start_engine(self) -> None:
        """A new engine: nothing of the one before is kept."""
        self.engine.alive = True
        database = self.database = Database(self.store, self.clock, self.engine, self.shared)
        gateway = SimulatedGateway(self.engine_way)
        sending = Sending(cast("Any", gateway))
        self.loops: dict[str, Callable[[], object]] = {
            "index": Indexer(cast("Any", gateway), IndexStore(database), senders=True).catch_up,
            "relay": Relaying(database, sending).step,
            "start": (starting := Starting(database, sending, gateway, self.engine_clock)).start_step,
            "expire": starting.expire_step,
            "publish": Publishing(database, self.broker).step,
        }

    def engine_clock(self) -> int:
        """The engine's."""
        return self.clock.now + self.engine.skew

    def step(self, loop: str) -> bool:
        """One step of a loop, as :class:`orchestrator.engine.loop.LoopRunner` survives it."""
        if not self.engine.alive:
            return False
        try:
            with patch.object(relaying, "ThreadPoolExecutor", _InOrder):
                return bool(self.loops[loop]())
        except Killed:
            return False
        except TallyError as error:
            self.failures.append(f"{loop} {error.code}")
            return False

    # the API, as its routes call the services

    def call(self, act: Callable[[Transaction, int], T]) -> T:
        """One request in one transaction; what the caller hears when the process dies is nothing."""
        if not self.api.alive:
            raise UnavailableError("coordinator.unreachable", "The simulated API does not run.", "Wait.")
        try:
            with self.api_database.transaction() as tx:
                answer = act(tx, self.clock.now + self.api.skew)
        except Killed as error:
            raise UnavailableError("coordinator.unreachable", "The simulated API died.", "Wait.") from error
        return answer

    def submit(self, contract: TaskContract, signature: bytes) -> bytes:
        """See ``POST /v1/tasks``."""

        def act(tx: Transaction, now: int) -> bytes:
            accepted = submission.signed(tx, self.chain, self.domains, contract, signature)
            planned = unknown("plan.not_asked")
            return submission.submit(
                tx, self.chain, self.domains, BOUNDS, contract=contract, signature=accepted, now=now, planned=planned
            )

        return self.call(act)

    def asked(self, task: bytes, owner: str) -> list[consent.Ask]:
        """What an owner is asked."""

        def act(tx: Transaction, now: int) -> list[consent.Ask]:
            row = tasks.get(tx, task)
            return [] if row is None else [ask for ask in consent.asks(tx, self.chain, row, now) if ask.owner == owner]

        return self.call(act)

    def authorize(self, task: bytes, signed: SignedAuthorization) -> bytes:
        """See ``POST /v1/tasks/{id}/authorizations``."""

        def act(tx: Transaction, now: int) -> bytes:
            word = consent.owner_signed(tx, self.chain, self.domains, signed)
            return consent.accept(tx, self.chain, self.domains, task, word, now)

        return self.call(act)

    def stand(self, signed: SignedAuthorization) -> bytes:
        """A standing authorization."""

        def act(tx: Transaction, now: int) -> bytes:
            return consent.accept_standing(
                tx, self.domains, consent.owner_signed(tx, self.chain, self.domains, signed), now
            )

        return self.call(act)

    def revoke(self, message: Revocation, signature: bytes) -> None:
        """A revocation."""

        def act(tx: Transaction, _now: int) -> None:
            consent.revoke(tx, message, consent.owners_word(tx, self.chain, self.domains, message, signature))

        self.call(act)

    def revoke_all(self, message: RevocationOfAll, signature: bytes) -> None:
        """A revocation of everything up to a number."""

        def act(tx: Transaction, _now: int) -> None:
            consent.revoke_all(tx, message, consent.owners_word(tx, self.chain, self.domains, message, signature))

        self.call(act)

    def refuse(self, message: Abort, signature: bytes) -> None:
        """A refusal."""

        def act(tx: Transaction, now: int) -> None:
            consent.refuse(tx, message, consent.partys_word(tx, self.chain, self.domains, message, signature), now)

        self.call(act)

    def withdraw(self, message: Abort, signature: bytes) -> None:
        """A withdrawal."""

        def act(tx: Transaction, now: int) -> None:
            word = submission.proposers_word(tx, self.chain, self.domains, message, signature)
            submission.withdraw(tx, message, word, now)

        self.call(act)

    def rows(self, statement: str, *values: object) -> list[Row]:
        """What the tables hold, for whoever looks on; never in a schedule's own course."""
        return self.store.connection.execute(cast("Any", statement), values).fetchall()


class NodePort:
    """:class:`workers.node.CoordinatorPort` of one node: its requests, and what the wire does to them."""

    def __init__(self, coordinator: Coordinator, process: Process) -> None:
        self._coordinator: Final = coordinator
        self._process: Final = process
        self.cut = False
        self.lose_answer = False
        self.posted: list[PostedReceipt] = []
        self.on_post: Callable[[str, PostedReceipt], None] = lambda _party, _item: None

    def receipts(self, items: Sequence[PostedReceipt]) -> tuple[ReceiptOutcome, ...]:
        """See the protocol; so below."""
        self._reach()
        with self._process.effect():
            outcomes = tuple(self._taken(item) for item in items)
        self._answer()
        return outcomes

    def _taken(self, item: PostedReceipt) -> ReceiptOutcome:
        """As the route does it: each receipt on its own."""
        coordinator, party = self._coordinator, self._process.name
        body = canonical.dumps(item.to_json())
        digest = hashlib.sha256(body).digest()
        self.posted.append(item)
        self.on_post(party, item)

        def act(tx: Transaction, now: int) -> bool:
            return Receiving(tx, coordinator.chain, coordinator.domains, now, party).accept(item.body, body, digest)

        try:
            return ReceiptOutcome(digest, coordinator.call(act))
        except UnavailableError:
            raise
        except TallyError as error:
            return ReceiptOutcome(digest, False, Problem.parse(problems.document(error, "/v1/receipts")))

    def announcements(self) -> dict[str, bytes]:
        self._reach()
        party = self._process.name
        return self._coordinator.call(lambda tx, _now: receipts.announcements_for(tx, party))

    def task(self, task: bytes) -> Any:
        self._reach()
        row = self._coordinator.call(lambda tx, _now: tasks.get(tx, task))
        if row is None:
            raise RefusedError("task.unknown", "There is no such task.", "Check the id.", status=404)

        class Status:
            contract = TaskContract.read(bytes(row["contract"]))

        return Status

    def sealed(self, task: bytes, user: str) -> tuple[SealedShare, ...]:
        self._reach()
        rows = self._coordinator.call(lambda tx, _now: receipts.sealed_for(tx, task, user))
        return tuple(SealedShare(task, row["party"], user, bytes(row["output"]), bytes(row["sealed"])) for row in rows)

    def credentials(self) -> SealedCredentials:
        raise RefusedError("credentials.none", "The simulated broker asks for none.", "Go on.", status=404)

    def register_data_set(self, envelope: bytes, audience: Audience | None = None) -> object:
        raise NotImplementedError

    def _reach(self) -> None:
        self._process.require_alive()
        if self.cut:
            raise UnavailableError("coordinator.unreachable", "The simulated wire is cut.", "Wait.")

    def _answer(self) -> None:
        if self.lose_answer:
            self.lose_answer = False
            raise UnavailableError("coordinator.unreachable", "The simulated answer was lost.", "Wait.")
