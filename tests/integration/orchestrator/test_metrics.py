"""What the coordinator tells a monitor, against a real database and chain: every metric that is declared, and the numbers are right."""

import signal
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from metrics.board import Board
from metrics.catalogue import BY_NAME, LOOPS, of_process
from orchestrator import measuring
from orchestrator.chain_view import GatewayView
from orchestrator.store import faults, work
from tests.integration.orchestrator.test_processes import Processes
from tests.integration.orchestrator.test_processes import processes as processes  # noqa: PLC0414 - a fixture
from tests.integration.orchestrator.world import World
from tests.unit.metrics.test_board import told

SECRETS = ("hospital", "laboratory", "exchange", "task_", "auth_", "0x")


@pytest.fixture
def board(world: World) -> Iterator[Board]:
    world.settle()
    yield measuring.engine_board(world.database, GatewayView(world.gateway).head, None)
    with world.database.transaction() as tx:
        tx.execute("DELETE FROM loops")
        tx.execute("DELETE FROM faults")


def declared(text: str, process: str, but: tuple[str, ...] = ()) -> None:
    """Every series is one of the catalogue's, every metric of the process is there, and no words are."""
    names = {metric.name for metric in of_process(process)}  # type: ignore[arg-type]
    shown: set[str] = set()
    for family in text_string_to_metric_families(text):
        name = family.name + "_total" if family.type == "counter" else family.name
        assert name in names, name
        shown.add(name)
        labels = dict(BY_NAME[name].labels)
        for sample in family.samples:
            given = {label: value for label, value in sample.labels.items() if label != "le"}
            assert set(given) == set(labels), sample
            assert all(value in labels[label] for label, value in given.items()), sample
    assert names - shown == set(but)
    values = "".join(line.partition("#")[0] for line in text.splitlines(keepends=True))
    assert not [word for word in SECRETS if word in values]


def test_the_engine_tells_every_metric_of_its_own(board: Board, world: World) -> None:
    with world.database.transaction() as tx:
        for loop in LOOPS:
            work.loop_succeeded(tx, loop)
        work.loop_failed(tx, "relay", "chain.unreachable", "hospital does not answer.")
        for _ in range(faults.MOST_TRIES):
            faults.note(tx, "relay", "7", "engine.fault", "task_ of the laboratory")
    declared(board.text().decode(), "engine")
    found = told(board)
    assert found["tally_loop_failing", (("loop", "relay"),)] == 1
    assert found["tally_loop_failing", (("loop", "index"),)] == 0
    assert found["tally_dead_letters", ()] == 1
    assert found["tally_chain_head", ()] - found["tally_chain_lag_blocks", ()] == found["tally_indexed_block", ()]


def test_what_waits_is_counted_as_the_database_has_it(board: Board, world: World) -> None:
    task = b"\x6b" * 32
    with world.database.transaction() as tx:
        tx.execute(
            "INSERT INTO tasks (task_id, contract, contract_digest, proposer, deadline, signature, submitted_at, state)"
            " VALUES (%s, '', %s, 'hospital', %s, '', 1, 'started')",
            (task, task, int(time.time()) - 2 * measuring.OVERDUE),
        )
        tx.execute(
            "INSERT INTO relay_jobs (key, kind, body, give_up_at, created_at)"
            " VALUES ('metrics', 'anchor', '', now(), now() - interval '10 minutes')"
        )
    try:
        found = told(board)
        assert found["tally_tasks_overdue", ()] == 1
        assert found["tally_tasks", (("state", "started"),)] >= 1
        assert found["tally_relay_jobs_waiting", (("kind", "anchor"),)] >= 1
        assert 600 <= found["tally_relay_oldest_seconds", ()] < 700
    finally:
        with world.database.transaction() as tx:
            tx.execute("DELETE FROM relay_jobs WHERE key = 'metrics'")
            tx.execute("DELETE FROM tasks WHERE task_id = %s", (task,))


def test_no_statement_of_a_scrape_reads_history(world: World) -> None:
    """I15: what is counted is open or recent. With sequential scans made dear every table that grows is read by an index."""
    from orchestrator.store import measures

    growing = {"tasks", "task_facets", "relay_jobs", "outbox", "webhook_messages", "anchor_versions", "log_heads"}
    statements: list[tuple[str, Any]] = []

    class Recording:
        def __init__(self, tx: object) -> None:
            self.tx = tx

        def execute(self, text: str, values: object = None) -> object:
            statements.append((text, values))
            return self.tx.execute(text, values)  # type: ignore[attr-defined]

    with world.database.transaction() as tx:
        measures.measures(Recording(tx), measuring.OVERDUE)  # type: ignore[arg-type]
        tx.execute("SET LOCAL enable_seqscan = off")
        assert len(statements) >= 5
        for text, values in statements:
            plan = "\n".join(row["QUERY PLAN"] for row in tx.execute(b"EXPLAIN " + text.encode(), values).fetchall())
            for table in growing:
                assert f"Seq Scan on {table}" not in plan, plan


@pytest.mark.slow
def test_both_processes_serve_it_at_a_port_of_their_own(processes: Processes) -> None:
    for process in ("api", "engine"):
        child = processes.start(process, TALLY_METRICS_PORT="0")
        processes.until(lambda process=process: "metrics.listening" in processes.log(process), "its port")
        port = next(
            line.split('"port": ')[1].rstrip("} \n").split(",")[0]
            for line in processes.log(process).splitlines()
            if "metrics.listening" in line
        )
        if process == "api":
            hospital = processes.client("hospital")
            hospital.health()
            host, public = (processes.folder / "ready").read_text().split()
            with pytest.raises(urllib.error.HTTPError, match="404"):
                urllib.request.urlopen(f"http://{host}:{public}/metrics", timeout=20)
        else:
            processes.until(lambda: "engine.started" in processes.log("engine"), "the engine works")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
            text = answer.read().decode()
        assert "tally_part_up" in text
        if process == "api":
            assert 'tally_api_requests_total{route="health",status="2xx"}' in text
            declared(text, "api")
        # uvicorn raises the signal once more when it has stopped in order
        assert processes.kill(child, signal.SIGTERM) == (-signal.SIGTERM if process == "api" else 0)
