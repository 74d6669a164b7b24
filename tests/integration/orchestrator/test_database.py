"""What each role may do, and what the database refuses."""

import contextlib

import psycopg
import psycopg.sql
import pytest

from orchestrator import bootstrap
from orchestrator.store import faults, index, work
from orchestrator.store.database import Database, Transaction, engine_lock
from orchestrator.store.migrate import migrate
from protocol.errors import RefusedError, UnavailableError
from tests.integration.orchestrator.world import World

VIEWS = (
    "authorizations", "bundles", "chain_cursor", "commitments", "deployment", "events", "names", "progress",
    "result_attestations", "tasks",
)  # fmt: skip
HIDDEN = (
    "sealed_shares",
    "relay_jobs",
    "outbox",
    "idempotency",
    "receipts",
    "authorizations",
    "log_evidence",
    "enrolments",
)


def test_migrations_are_done_once(world: World) -> None:
    assert migrate(world.dsn) == []


def test_the_explorer_reads_its_views_and_nothing_else(world: World) -> None:
    with Database(world.dsn, role="tally_explorer", size=1) as database:
        for view in VIEWS:
            with database.transaction() as tx:
                tx.execute(psycopg.sql.SQL("SELECT * FROM explorer.{} LIMIT 1").format(psycopg.sql.Identifier(view)))
        for table in HIDDEN:
            with pytest.raises(psycopg.errors.InsufficientPrivilege), database.transaction() as tx:
                tx.execute(psycopg.sql.SQL("SELECT * FROM tally.{}").format(psycopg.sql.Identifier(table)))
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction), database.transaction() as tx:
            tx.execute("CREATE TABLE explorer.mine (a int)")


@pytest.mark.parametrize(
    "statement", ["CREATE TABLE tally.mine (a int)", "DROP TABLE tally.tasks", "CREATE ROLE mine", "CREATE SCHEMA mine"]
)
def test_the_application_has_no_ddl(world: World, statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege), world.database.transaction() as tx:
        tx.execute(statement)


def test_connections_that_the_server_closed_are_not_given_out(world: World) -> None:
    """A restart of the server ends every kept connection: nobody's next request may pay for that."""
    with Database(world.dsn, size=3) as database, contextlib.ExitStack() as held:
        pids = [_pid(held.enter_context(database.transaction())) for _ in range(3)]
        held.close()
        with psycopg.connect(world.dsn, autocommit=True) as admin:
            for pid in pids:
                admin.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
        for _ in range(6):
            with database.transaction() as tx:
                assert _pid(tx) not in pids


def _pid(tx: Transaction) -> int:
    return tx.info.backend_pid


def test_a_database_of_another_deployment_is_refused(world: World) -> None:
    with world.database.transaction() as tx:
        assert not index.bind_deployment(tx, b"\1" * 32, 1, b"\2" * 32)
    bootstrap.bind(world.database, world.deployment)


def test_attack_a_party_with_many_jobs_keeps_no_other_waiting(world: World) -> None:
    """Jobs are taken in turns between parties: another's first one is among those that are done next."""

    class UndoneError(Exception):
        pass

    with contextlib.suppress(UndoneError), world.database.transaction() as tx:
        for number in range(120):
            party = "flooder" if number < 119 else "other"
            work.add_job(tx, key=f"flood:{number}", kind="revoke", task_id=None, party=party, body=b"", seconds=60)
        # beside what else waits in this database
        due = [row["key"] for row in work.due_jobs(tx) if row["key"].startswith("flood:")]
        assert "flood:119" in due[:2]
        mine = [int(key.partition(":")[2]) for key in due if key != "flood:119"]
        assert mine == list(range(len(mine))), "a party's own are in their order"
        raise UndoneError


def test_a_database_that_is_down_says_so() -> None:
    database = Database("postgresql://nobody@127.0.0.1:1/none", size=1, timeout=0.3)
    with database, pytest.raises(UnavailableError, match=r"database\.unavailable"), database.transaction():
        pytest.fail("there is no database")


def test_the_engine_lock_is_one(world: World) -> None:
    with engine_lock(world.dsn) as first:
        assert first.held()
        with pytest.raises(RefusedError, match=r"engine\.second"), engine_lock(world.dsn):
            pytest.fail("two engines")
    with engine_lock(world.dsn) as again:
        assert again.held()
    assert not again.held()


def test_a_job_that_failed_for_lack_of_time_is_asked_for_again_as_it_is(world: World) -> None:
    """A contract's verdict stands until the words change; anything else does not."""
    with world.database.transaction() as tx, tx.transaction(force_rollback=True):

        def ask(body: bytes = b"{}") -> bool:
            return work.add_job(tx, key="k", kind="anchor", task_id=None, party=None, body=body, seconds=60)

        assert ask()
        assert not ask()
        row = work.job(tx, "k")
        assert row is not None
        work.job_failed(tx, row["id"], ("chain.refused", "The node syncs.", "Wait."))
        faults.note(tx, work.RELAY, str(row["id"]), "engine.fault", "")
        assert ask()
        again = work.job(tx, "k")
        assert again is not None
        assert (again["state"], again["code"]) == ("waiting", None)
        work.job_failed(tx, row["id"], ("chain.revert.Expired", "Too late.", "Sign a new one."))
        assert not ask()
        assert ask(b'{"other":1}')


def test_what_a_node_refuses_is_no_dead_letter_however_often(world: World) -> None:
    with world.database.transaction() as tx, tx.transaction(force_rollback=True):
        for _ in range(3 * faults.MOST_TRIES):
            assert not faults.note(tx, "start", "one", "chain.refused", "syncing", for_good=False)["dead"]
        assert faults.count_dead(tx) == 0
        tries = tx.execute(
            "SELECT next_at < now() + interval '1 hour' AS soon FROM faults WHERE item = 'one'"
        ).fetchone()
        assert tries == {"soon": True}
        assert faults.note(tx, "start", "one", "engine.fault", "KeyError")["dead"]
