"""Deadlines, restarts between any two steps, outages: nothing is lost, nothing happens twice."""

import queue
import secrets
import threading
import time
from collections.abc import Callable, Iterator

import psycopg
import pytest

from chain.errors import EndpointError
from chain.indexer import Cursor
from orchestrator.dispatch.broker import Broker, BrokerAddress, BrokerAddresses
from orchestrator.engine.indexing import IndexStore
from orchestrator.engine.loop import Loop, LoopRunner
from orchestrator.engine.process import Engine
from orchestrator.engine.publishing import Publishing
from orchestrator.engine.relaying import Relaying
from orchestrator.engine.rest import Bell
from orchestrator.services import relay
from orchestrator.services.relay import JobKind
from orchestrator.store import work
from protocol.errors import RefusedError
from tests.integration.orchestrator.nodes import nodes_of, statement_head
from tests.integration.orchestrator.world import NODES, World
from tests.patience import scaled, until


@pytest.fixture
def moved_clock(world: World) -> Iterator[World]:
    yield world
    world.clock.offset = 0


def block_time(world: World) -> int:
    block = world.gateway.endpoint.block_ref(world.gateway.head())
    assert block is not None
    return block.time


def _until_ended(world: World, task: bytes, seconds: float) -> None:
    """Turn after turn, without the pauses between tries, until the chain's own time has come."""

    def ended() -> bool:
        world.turn()
        with world.database.transaction() as tx:
            tx.execute("UPDATE attempts SET next_at = now()")
        return world.client("hospital").task(task).ended

    until(seconds, "the expiry", ended, poll=0.3)


def test_a_proposed_task_expires_with_its_reason(moved_clock: World) -> None:
    world = moved_clock
    seconds = int(scaled(6))
    task = world.client("hospital").submit(world.contract(deadline=world.clock() + seconds))
    world.settle()
    assert world.client("hospital").task(task).state == "proposed"
    world.clock.offset = seconds + 8
    _until_ended(world, task, 3 * seconds)
    status = world.client("hospital").task(task)
    assert (status.state, status.reasons[0].code) == ("expired", "run.deadline")


def test_a_started_task_expires_naming_who_did_not_commit(moved_clock: World) -> None:
    world = moved_clock
    seconds = int(scaled(6))
    task = world.client("hospital").submit(world.contract(deadline=world.clock() + seconds))
    world.settle()
    world.authorize(task)
    world.settle()
    assert world.client("hospital").task(task).state == "started"
    node = nodes_of(world)["hospital"]
    contract = world.client("hospital").task(task).contract.digest()
    node.state(task, statement_head(world, task, contract, "hospital"))
    world.client("hospital").receipt(node.commitment(task, secrets.token_bytes(32)))
    world.settle()
    world.clock.offset = seconds + 14
    _until_ended(world, task, 3 * seconds)
    status = world.client("hospital").task(task)
    assert status.state == "expired"
    assert {r.party for r in status.reasons} == {"exchange", "laboratory"}


def test_a_proposal_the_chain_refuses_fails_with_the_reason(world: World) -> None:
    contract = world.contract()
    task = world.client("hospital").submit(contract)
    with world.database.transaction() as tx:
        tx.execute("UPDATE relay_jobs SET body = %s WHERE key = %s", (broken(world, task), f"propose:{task.hex()}"))
    world.relaying.step()
    status = world.client("hospital").task(task)
    assert status.state == "failed"
    assert status.reasons[0].code == "chain.revert.BadSignature"


def broken(world: World, task: bytes) -> bytes:
    """The task's own proposal under a signature that is not the wallet's."""
    with world.database.transaction() as tx:
        row = tx.execute("SELECT body FROM relay_jobs WHERE key = %s", (f"propose:{task.hex()}",)).fetchone()
    assert row is not None
    job = relay.SignedMessage.read("propose", bytes(row["body"]))
    return relay.SignedMessage("propose", job.message, world.parties["stranger"].sign_wallet(task)).data()


def test_a_fresh_engine_after_every_single_step(world: World) -> None:
    """As if the engine were killed after each step: every step starts with a new one that knows nothing."""
    for party in NODES:
        world.queued(party)
    task = world.client("hospital").submit(world.contract())
    steps = ("index", "relay", "start", "publish")

    def one(step: str) -> None:
        world.engine()
        match step:
            case "index":
                world.indexer.catch_up()
            case "relay":
                world.relaying.step()
            case "start":
                world.starting.start_step()
            case _:
                world.publishing.step()

    for step in steps * 2:
        one(step)
    world.authorize(task)
    for step in steps * 4:
        one(step)
    assert world.client("hospital").task(task).state == "started"
    for party in NODES:
        assert [m["name"] for m in world.queued(party)] == ["tally.task.run"]
    with world.database.transaction() as tx:
        rows = tx.execute(
            "SELECT name, count(*) AS n FROM chain_events WHERE subject = %s GROUP BY name", (task,)
        ).fetchall()
    assert {row["name"]: row["n"] for row in rows} == {"TaskProposed": 1, "TaskStarted": 1}


class DyingSender:
    """Brings the effect about, then dies before anybody can note it: kill -9 between block and database."""

    def __init__(self, world: World) -> None:
        self._world = world

    def perform(self, kind: JobKind, body: bytes) -> int:
        self._world.sending.perform(kind, body)
        raise EndpointError("test.killed", "Killed.", "Start again.")

    def stands(self, block: int) -> bool:
        raise AssertionError("it was killed before")


def test_an_effect_that_was_never_noted_is_found_again(world: World) -> None:
    task = world.client("hospital").submit(world.contract())
    dying = Relaying(world.database, DyingSender(world))
    with pytest.raises(EndpointError):
        dying.step()
    with world.database.transaction() as tx:
        tx.execute("UPDATE relay_jobs SET next_at = now() WHERE state = 'waiting'")
    world.settle()
    assert world.client("hospital").task(task).state == "proposed"
    with world.database.transaction() as tx:
        found = work.job(tx, f"propose:{task.hex()}")
    assert found is not None
    assert found["state"] == "done"


def test_a_commitment_relayed_twice_is_done_once(world: World) -> None:
    task, run = world.started(), secrets.token_bytes(32)
    contract = world.client("hospital").task(task).contract.digest()
    for name, node in nodes_of(world).items():
        node.state(task, statement_head(world, task, contract, name))
        world.client(name).receipt(node.commitment(task, run))
    world.settle()
    with world.database.transaction() as tx:
        tx.execute(
            "UPDATE relay_jobs SET state = 'waiting', finished_at = NULL, done_block = NULL, next_at = now()"
            " WHERE task_id = %s AND kind = 'commit'",
            (task,),
        )
    world.relaying.step()
    with world.database.transaction() as tx:
        jobs = [row for row in work.jobs_of(tx, task) if row["kind"] == "commit"]
    assert [job["state"] for job in jobs] == ["done"] * 3
    assert world.client("hospital").task(task).state == "completed"


def test_a_broker_that_is_down_keeps_messages_for_later(world: World) -> None:
    for party in NODES:
        world.queued(party)
    task = world.client("hospital").submit(world.contract())
    world.settle()
    world.authorize(task)
    for _ in range(3):
        world.indexer.catch_up()
        world.relaying.step()
        world.starting.start_step()
    nowhere = Broker(BrokerAddresses(BrokerAddress("redis+socket:///nonexistent/redis.sock", "party.{party}:"), ()))
    assert Publishing(world.database, nowhere).step()
    nowhere.close()
    assert world.queued("hospital") == []
    with world.database.transaction() as tx:
        messages = work.messages_of(tx, task)
        tx.execute("UPDATE outbox SET next_at = now()")
    assert all(row["published_at"] is None and row["attempts"] == 1 for row in messages)
    world.settle()
    assert [m["name"] for m in world.queued("hospital")] == ["tally.task.run"]


def test_a_reorganisation_takes_dispatches_back_and_asks_again(world: World) -> None:
    """The chain forgets proposal and start: rows and messages go, relay jobs wait again, and a new start dispatches anew."""
    task = world.started()
    with world.database.transaction() as tx:
        row = tx.execute("SELECT min(block_number) AS first FROM chain_events WHERE subject = %s", (task,)).fetchone()
        assert row is not None
        cursors = tx.execute("SELECT block_number, block_hash FROM chain_cursors ORDER BY 1").fetchall()
    below = [c for c in cursors if c["block_number"] < row["first"]]
    to = Cursor(below[-1]["block_number"], bytes(below[-1]["block_hash"])) if below else None
    IndexStore(world.database).rollback(to)
    status = world.client("hospital").task(task)
    assert status.state == "submitted"
    with world.database.transaction() as tx:
        assert work.messages_of(tx, task) == []
        revived = [row["state"] for row in work.jobs_of(tx, task)]
    assert set(revived) == {"waiting"}
    # Here the chain did not really forget: reading on finds the same events, and the jobs find their effects.
    world.settle()
    assert world.client("hospital").task(task).state == "started"
    with world.database.transaction() as tx:
        assert len(work.messages_of(tx, task)) == 3
        assert {row["state"] for row in work.jobs_of(tx, task)} == {"done"}


def test_a_loop_survives_what_its_step_throws_and_says_so(world: World) -> None:
    outcomes: list[Exception | None] = [RuntimeError("bug"), RefusedError("test.no", "No.", "Wait."), None]

    def step() -> bool:
        outcome = outcomes.pop(0)
        if outcome is not None:
            raise outcome
        return False

    runner = LoopRunner(Loop("test", step, 0.5), world.database, threading.Event(), Bell())
    pauses = [runner.turn(), runner.turn()]
    assert all(pause > 0 for pause in pauses)
    with world.database.transaction() as tx:
        noted = {row["name"]: row for row in work.loops(tx)}["test"]
    assert noted["code"] == "test.no"
    assert runner.turn() == 0.5
    with world.database.transaction() as tx:
        noted = {row["name"]: row for row in work.loops(tx)}["test"]
        assert noted["code"] is None
        tx.execute("DELETE FROM loops WHERE name = 'test'")


def engine_with(world: World, step: Callable[[], bool]) -> tuple[Engine, threading.Thread, list[int]]:
    """A running engine whose one loop would look by itself only every minute."""
    engine = Engine([Loop("test", step, 60.0, 60.0)], world.database, world.dsn)
    codes: list[int] = []
    thread = threading.Thread(target=lambda: codes.append(engine.run()), daemon=True)
    thread.start()
    return engine, thread, codes


def looks() -> tuple[Callable[[], bool], "queue.Queue[float]"]:
    times: queue.Queue[float] = queue.Queue()

    def step() -> bool:
        times.put(time.monotonic())
        return False

    return step, times


def test_what_the_api_asks_of_the_chain_wakes_the_engine_and_quiet_does_not(world: World) -> None:
    step, times = looks()
    engine, thread, codes = engine_with(world, step)
    try:
        times.get(timeout=scaled(20))
        with pytest.raises(queue.Empty):
            times.get(timeout=2)
        world.client("hospital").submit(world.contract())
        times.get(timeout=scaled(20))
    finally:
        engine.stop.set()
        thread.join(scaled(30))
    assert codes == [0]
    with world.database.transaction() as tx:
        tx.execute("DELETE FROM loops WHERE name = 'test'")


def test_a_lost_lock_ends_the_engine_at_once(world: World) -> None:
    step, times = looks()
    engine, thread, codes = engine_with(world, step)
    try:
        times.get(timeout=scaled(20))
        begun = time.monotonic()
        with psycopg.connect(world.dsn, autocommit=True) as connection:
            connection.execute("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'")
        thread.join(scaled(30))
        assert codes == [3]
        assert time.monotonic() - begun < scaled(10)
    finally:
        engine.stop.set()
        thread.join(scaled(30))
    with world.database.transaction() as tx:
        tx.execute("DELETE FROM loops WHERE name = 'test'")
