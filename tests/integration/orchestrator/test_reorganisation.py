"""A chain of our own: one that really forgets (anvil goes back to a snapshot), one whose blocks take their time."""

import secrets
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from chain.anvil import Anvil, AnvilOptions
from chain.gateway import Gateway
from chain.indexer import Indexer
from chain.ports import free_port
from embedded.stack import Stack
from orchestrator.engine.indexing import IndexStore
from orchestrator.store import work
from orchestrator.store.database import Database, Transaction
from orchestrator.store.migrate import migrate
from tests.integration.orchestrator.databases import own_database
from tests.integration.orchestrator.nodes import nodes_of, statement_head
from tests.integration.orchestrator.test_current import PROJECTED
from tests.integration.orchestrator.world import World


@pytest.fixture
def forgetful(stack: Stack) -> Iterator[tuple[World, Anvil]]:
    with psycopg.connect(stack.info.database, autocommit=True) as connection:
        connection.execute("CREATE DATABASE reorganised")
    dsn = urlunsplit(urlsplit(stack.info.database)._replace(path="/reorganised"))
    with tempfile.TemporaryDirectory(prefix="tally-test-") as folder:
        options = AnvilOptions(chain_id=31_337_777, genesis_time=int(time.time()), port=free_port())
        anvil = Anvil(Path(folder) / "anvil", options)
        anvil.start()
        world = World(stack, rpc_url=anvil.url, database=dsn)
        try:
            world.prepare()
            yield world, anvil
        finally:
            world.close()
            anvil.stop()
            with psycopg.connect(stack.info.database, autocommit=True) as connection:
                connection.execute("DROP DATABASE reorganised WITH (FORCE)")


def test_a_started_task_that_the_chain_forgot_is_brought_back(forgetful: tuple[World, Anvil]) -> None:
    world, anvil = forgetful
    task = world.client("hospital").submit(world.contract())
    world.settle()
    snapshot = anvil.rpc.call("evm_snapshot")
    world.authorize(task)
    world.settle()
    client = world.client("hospital")
    assert client.task(task).state == "started"
    world.queued("hospital")

    anvil.rpc.call("evm_revert", snapshot)
    anvil.rpc.call("anvil_mine", "0x1")
    world.engine()
    world.indexer.step()
    assert client.task(task).state == "proposed"
    with world.database.transaction() as tx:
        assert work.messages_of(tx, task) == []
    world.settle()
    assert client.task(task).state == "started"
    assert [m["name"] for m in world.queued("hospital")] == ["tally.task.run"]
    with world.database.transaction() as tx:
        rows = tx.execute(
            "SELECT name, count(*) AS n FROM chain_events WHERE subject = %s GROUP BY name", (task,)
        ).fetchall()
    assert {row["name"]: row["n"] for row in rows} == {"TaskProposed": 1, "TaskStarted": 1}


SEEN = (
    b"SELECT block_number, log_index, block_hash, tx_hash, tx_index, block_time, contract, name, subject, args::text, sender"
    b" FROM chain_events ORDER BY block_number, log_index"
)
"""Everything that is kept of events but when they were seen."""


def test_an_index_read_from_block_0_equals_the_one_that_was_rolled_back_on_the_way(
    forgetful: tuple[World, Anvil], stack: Stack
) -> None:
    """Twice the chain forgets what the index had: a start with its consents, then a completion."""
    world, anvil = forgetful
    client = world.client("hospital")
    task, run = client.submit(world.contract()), secrets.token_bytes(32)
    contract = client.task(task).contract.digest()
    world.settle()
    forget(world, anvil, lambda: world.authorize(task))
    assert client.task(task).state == "started"

    def compute() -> None:
        for name, node in nodes_of(world).items():
            node.state(task, statement_head(world, task, contract, name))
            world.client(name).receipt(node.commitment(task, run))

    forget(world, anvil, compute)
    assert client.task(task).state == "completed"
    with world.database.transaction() as tx:
        followed = tx.execute(SEEN).fetchall(), projected(tx)
        relay = bytes.fromhex(world.parties["platform"].wallet.address[2:])
        (sent,) = tx.execute("SELECT DISTINCT sender FROM chain_events WHERE name = 'TaskStarted'").fetchall()
        assert bytes(sent["sender"]) == relay
    with own_database(stack, "again") as dsn:
        migrate(dsn)
        with Database(dsn, size=2) as database:
            Indexer(Gateway(world.rpc_url, world.deployment), IndexStore(database), batch=3, senders=True).catch_up()
            with database.transaction() as tx:
                again = tx.execute(SEEN).fetchall(), projected(tx)
    assert len(followed[0]) > 20
    assert again == followed


def forget(world: World, anvil: Anvil, act: Callable[[], object]) -> None:
    """Does something, lets the index see it and the chain forget it; what is asked for still happens, in other blocks."""
    snapshot = anvil.rpc.call("evm_snapshot")
    act()
    world.settle()
    with world.database.transaction() as tx:
        before = tx.execute(SEEN).fetchall()
    anvil.rpc.call("evm_revert", snapshot)
    anvil.rpc.call("anvil_mine", "0x2")
    world.engine()
    world.indexer.step()
    with world.database.transaction() as tx:
        assert len(tx.execute(SEEN).fetchall()) < len(before), "it was rolled back"
    world.settle()


def projected(tx: Transaction) -> dict[str, list[str]]:
    """Every table that follows from events."""
    return {
        table: sorted(str(row) for row in tx.execute(b"SELECT * FROM " + table.encode()).fetchall())
        for table in PROJECTED
    }


def test_commitments_that_come_together_get_into_one_block(forgetful: tuple[World, Anvil]) -> None:
    world, anvil = forgetful
    task, run = world.started(), secrets.token_bytes(32)
    contract = world.client("hospital").task(task).contract.digest()
    for name, node in nodes_of(world).items():
        node.state(task, statement_head(world, task, contract, name))
        world.client(name).receipt(node.commitment(task, run))
    anvil.rpc.call("evm_setAutomine", False)
    anvil.rpc.call("evm_setIntervalMining", 3)
    try:
        world.relaying.step()
    finally:
        anvil.rpc.call("evm_setIntervalMining", 0)
        anvil.rpc.call("evm_setAutomine", True)
    world.settle()
    assert world.client("hospital").task(task).state == "completed"
    with world.database.transaction() as tx:
        rows = tx.execute(
            "SELECT DISTINCT block_number FROM chain_events WHERE subject = %s AND name IN ('RunCommitted', 'TaskCompleted')",
            (task,),
        ).fetchall()
        jobs = [row for row in work.jobs_of(tx, task) if row["kind"] == "commit"]
    assert len(rows) == 1
    assert [(row["state"], row["attempts"]) for row in jobs] == [("done", 1)] * 3
