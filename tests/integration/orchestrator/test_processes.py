"""The two processes as an operator runs them, killed with SIGKILL in the middle."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from client import Coordinator
from tests.integration.orchestrator.world import NODES, KeySigner, World
from tests.patience import scaled, until

_PROJECT = Path(__file__).resolve().parents[3]
_COMMAND = [sys.executable, "-c", "from cli.coordinator import app; app()"]


@dataclass
class Processes:
    """Starts and kills; every child ends with the fixture."""

    world: World
    folder: Path

    def __post_init__(self) -> None:
        self.running: list[subprocess.Popen[bytes]] = []
        self.clients: list[Coordinator] = []
        broker = self.world.stack.info.coordinator
        self.secret("database", self.world.dsn)
        self.secret("key", "0x" + bytes(self.world.parties["platform"].wallet.key).hex())
        addresses = {"default": {"url": broker.url, "key_prefix": "party.{party}:"}, "parties": {}}
        self.secret("brokers", json.dumps(addresses))
        self.world.deployment.save(self.folder / "deployment.json")

    def secret(self, name: str, text: str) -> None:
        path = self.folder / name
        path.touch(0o600)
        path.write_text(text)

    def start(self, process: str, **more: str) -> subprocess.Popen[bytes]:
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(_PROJECT),
            "TALLY_DATABASE_URL_FILE": str(self.folder / "database"),
            "TALLY_DEPLOYMENT_FILE": str(self.folder / "deployment.json"),
            "TALLY_RPC_URL": self.world.rpc_url,
            "TALLY_PORT": "0",
            "TALLY_SHORTEST_NOTICE": "0",
            "TALLY_READY_FILE": str(self.folder / "ready"),
            "TALLY_STATE_DIR": str(self.folder / "engine"),
            "TALLY_SIGNER_KEY_FILE": str(self.folder / "key"),
            "TALLY_BROKERS_FILE": str(self.folder / "brokers"),
            "TALLY_INTERVAL": "0.1",
            **more,
        }
        log = (self.folder / f"{process}.log").open("ab")
        child = subprocess.Popen([*_COMMAND, process], cwd=_PROJECT, env=environment, stdout=log, stderr=log)
        log.close()
        self.running.append(child)
        return child

    def kill(self, child: subprocess.Popen[bytes], number: int = signal.SIGKILL) -> int:
        child.send_signal(number)
        return child.wait(scaled(20))

    def log(self, process: str) -> str:
        return (self.folder / f"{process}.log").read_text()

    def client(self, name: str) -> Coordinator:
        self.until((self.folder / "ready").exists, "the API listens")
        host, port = (self.folder / "ready").read_text().split()
        signer = KeySigner(self.world.parties[name].wallet)
        made = Coordinator(f"http://{host}:{port}", party=name, signer=signer, domains=self.world.domain_map())
        self.clients.append(made)
        return made

    def until(self, holds: Callable[[], bool], what: str, seconds: float = 30.0) -> None:
        until(seconds, what, holds, detail=lambda: self.log("engine")[-3000:])


@pytest.fixture
def processes(world: World, tmp_path: Path) -> Iterator[Processes]:
    world.settle()
    made = Processes(world, tmp_path)
    try:
        yield made
    finally:
        for client in made.clients:
            client.close()
        for child in made.running:
            if child.poll() is None:
                child.kill()
                child.wait(scaled(20))


@pytest.mark.slow
def test_kill_9_between_steps_loses_nothing_and_repeats_nothing(processes: Processes, world: World) -> None:
    for party in NODES:
        world.queued(party)
    processes.start("api")
    engine = processes.start("engine")
    hospital, laboratory = processes.client("hospital"), processes.client("laboratory")
    task = hospital.submit(world.contract())
    processes.until(lambda: hospital.task(task).state == "proposed", "proposed")
    processes.kill(engine)

    for client in (hospital, laboratory):
        for request in client.authorizations(task):
            if request.owner == client.party:
                client.authorize(task, client.sign(*client.asked(task, request)))
    assert hospital.task(task).state == "proposed"
    engine = processes.start("engine")
    processes.until(lambda: bool(world_jobs(world, task)), "an authorization is relayed")
    processes.kill(engine)
    engine = processes.start("engine")
    processes.until(lambda: hospital.task(task).state == "started", "started")
    processes.kill(engine)
    engine = processes.start("engine")
    processes.until(lambda: published(world, task) == 3, "published")

    assert processes.kill(engine, signal.SIGTERM) == 0
    for party in NODES:
        assert {(m["name"], m["id"]) for m in world.queued(party)} == {
            ("tally.task.run", f"tally.task.run:{task.hex()}:{party}")
        }
    with world.database.transaction() as tx:
        rows = tx.execute(
            "SELECT name, count(*) AS n FROM chain_events WHERE subject = %s GROUP BY name", (task,)
        ).fetchall()
    assert {row["name"]: row["n"] for row in rows} == {"TaskProposed": 1, "TaskStarted": 1}
    secrets = (world.dsn, world.stack.info.coordinator.password, bytes(world.parties["platform"].wallet.key).hex())
    for process in ("api", "engine"):
        assert all(secret not in processes.log(process) for secret in secrets)


def world_jobs(world: World, task: bytes) -> list[str]:
    with world.database.transaction() as tx:
        rows = tx.execute(
            "SELECT key FROM relay_jobs WHERE task_id = %s AND kind = 'submit' AND state = 'done'", (task,)
        ).fetchall()
    return [row["key"] for row in rows]


def published(world: World, task: bytes) -> int:
    with world.database.transaction() as tx:
        row = tx.execute(
            "SELECT count(*) AS n FROM outbox WHERE task_id = %s AND published_at IS NOT NULL", (task,)
        ).fetchone()
    assert row is not None
    return row["n"]


def test_a_second_engine_waits_for_the_first(processes: Processes) -> None:
    first = processes.start("engine")
    processes.until(lambda: "engine.started" in processes.log("engine"), "the first works")
    second = processes.start("engine")
    processes.until(lambda: "engine.waiting_for_lock" in processes.log("engine"), "the second waits")
    processes.kill(first)
    processes.until(lambda: processes.log("engine").count("engine.started") == 2, "the second takes over")
    assert processes.kill(second, signal.SIGTERM) == 0


def test_missing_settings_and_open_secrets_are_said_plainly(processes: Processes) -> None:
    (processes.folder / "key").chmod(0o644)
    child = processes.start("engine")
    assert child.wait(scaled(30)) != 0
    assert "secret.open" in processes.log("engine")
