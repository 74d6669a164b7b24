"""A chain of our own: one that really forgets (anvil goes back to a snapshot), one whose blocks take their time."""

import secrets
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from chain.anvil import Anvil, AnvilOptions
from chain.ports import free_port
from embedded.stack import Stack
from orchestrator.store import work
from tests.integration.orchestrator.nodes import nodes_of, statement_head
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
