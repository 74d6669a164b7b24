"""The demo's whole system over small data, with ways to kill each of its processes and to look at its nodes from outside."""

import json
import os
import signal
import sqlite3
import threading
from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Self

import httpx
import numpy as np
from eth_account.signers.local import LocalAccount

from chain.child import Child, Identity, identify, is_alive, read_record
from client import Coordinator
from demo.data import LABEL, Side
from demo.story import NODES
from demo.system import System
from tests.patience import scaled, until
from workers.config import NodeConfig

PARTIES: Final = tuple(sorted(role.name for role in NODES))
OWNERS: Final = ("hospital", "laboratory")
RELAY_WAIT: Final = 6
"""Seconds a node waits for the coordinator before it goes to the chain itself (node.toml's default is 15)."""
_POLL: Final = 0.02
_TAIL: Final = 25


def sides() -> dict[str, Side]:
    """80 rows each, 64 of them common: the label and two columns at the hospital, three at the laboratory."""
    rng = np.random.default_rng(17)
    patients = np.array([f"P-{number:04d}" for number in rng.permutation(9_000)[:96] + 1_000])
    values = rng.normal(50, 10, (96, 5))
    label = (values @ [1, -1, 1, 0.5, -0.5] + rng.normal(0, 5, 96) > 50).astype(np.float64)
    mine, theirs = rng.permutation(80), 16 + rng.permutation(80)
    return {
        "hospital": Side(
            tuple(patients[mine]), (LABEL, "age", "size"), np.column_stack([label[mine], values[mine, :2].round(4)])
        ),
        "laboratory": Side(tuple(patients[theirs]), ("iron", "lipase", "urea"), values[theirs, 2:].round(4)),
    }


@dataclass(frozen=True, slots=True)
class JobRow:
    """One task as a node's own disk has it."""

    stage: str
    outcome: str
    reason: str
    peer: str


class Cluster(System):
    """The system with its programs remembered, so that each can be killed and brought back alone."""

    def __init__(self, state: Path) -> None:
        super().__init__(state, sides(), work=2**14)
        self._accounts: dict[str, LocalAccount] = {}
        self._offsets: dict[str, int] = {}
        self._starting = threading.Lock()
        self._stopping = threading.Event()
        self._supervisor = threading.Thread(target=self.supervise, daemon=True)

    def run(self, name: str, arguments: tuple[str, ...], **environment: str) -> Any:
        if name == "api":
            environment["TALLY_SHORTEST_NOTICE"] = "0"  # deadlines of seconds, so that tests can see them pass
        self._offsets[name] = len(self.log(name))
        return super().run(name, arguments, **environment)

    def start_node(self, party: str) -> None:
        folder = self.node_folder(party)
        replace(NodeConfig.load(folder), relay_wait=RELAY_WAIT, connect_wait=10).save(folder)
        super().start_node(party)

    def wallet_account(self, party: str) -> LocalAccount:
        if party not in self._accounts:  # opening a keystore takes a second
            self._accounts[party] = super().wallet_account(party)
        return self._accounts[party]

    # processes

    def pids(self, victim: str) -> list[Identity]:
        """The processes behind a victim's name: ``child-PARTY`` is the MPC child of that party's node."""
        stack = self.stack.state_dir
        if victim.startswith("child-"):
            return mpc_children(self.children[f"node-{victim.removeprefix('child-')}"].pid)
        records = {
            "front": stack / "chain" / "front.pid",
            "anvil": stack / "chain" / "anvil.pid",
            "postgres": stack / "postgres" / "postgres.pid",
            "redis": stack / "broker" / "redis.pid",
        }
        found = read_record(records.get(victim, self.state / "pids" / victim))
        return [] if found is None else [found]

    def kill(self, victim: str) -> None:
        """``kill -9``, and wait until it is gone."""
        found = self.pids(victim)
        assert found, f"there is no {victim} to kill"
        for process in found:
            os.kill(process.pid, signal.SIGKILL)
        until(10, f"{victim} to be gone", lambda: not any(is_alive(process) for process in found))

    @contextmanager
    def frozen(self, victim: str) -> Generator[None]:
        """Stopped, not dead: holds the others at a stage for as long as a test needs."""
        found = self.pids(victim)
        assert found, f"there is no {victim} to freeze"
        for process in found:
            os.kill(process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for process in found:
                if is_alive(process):
                    os.kill(process.pid, signal.SIGCONT)

    def end(self, name: str) -> None:
        """An orderly stop of one of our own processes."""
        self.children[name].stop(scaled(20))

    def revive(self) -> None:
        """Start again whatever does not run, as `tally up` does."""
        with self._starting:
            for name in self.dead():
                self._offsets[name] = len(self.log(name))
            self.heal()
        until(60, "the API to answer", self.api_answers)

    def supervise(self) -> None:
        """As the compose file's restart policy: what ended by its own decision (exit code above 0) is started again."""
        while not self._stopping.wait(0.5):
            with self._starting:
                for name, child in list(self.children.items()):
                    if (child.exit_code() or 0) > 0:
                        self._offsets[name] = len(self.log(name))
                        self.children[name] = Child.start(child.program)

    def start(self) -> None:
        super().start()
        self._supervisor.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._supervisor.is_alive():
            self._supervisor.join()
        super().stop()

    def api_answers(self) -> bool:
        """Whether the API answers."""
        try:
            return httpx.get(f"{self.api_url}/v1/health", timeout=scaled(5), trust_env=False).is_success
        except httpx.HTTPError:
            return False

    def ready(self) -> bool:
        """Whether every living node has opened its state and begun to work."""
        living = [name for name in self.children if name.startswith("node-") and name not in self.dead()]
        return all("node.started" in self.recent_log(name) for name in living)

    def dead(self) -> list[str]:
        """Names of our own processes that ended."""
        return [name for name, child in self.children.items() if child.exit_code() is not None]

    # looking at the nodes' disks

    def job(self, party: str, task: bytes) -> JobRow | None:
        """A task at a node."""
        rows = self.query(party, "SELECT stage, outcome, reason, peer FROM jobs WHERE task = ?", task)
        return JobRow(*rows[0]) if rows else None

    def stage(self, party: str, task: bytes) -> str:
        """A task's stage at a node; "" while the node knows nothing of it."""
        found = self.job(party, task)
        return "" if found is None else found.stage

    def stages(self, task: bytes) -> dict[str, str]:
        """A task's stage at each node."""
        return {party: self.stage(party, task) for party in PARTIES}

    def statements(self, party: str, task: bytes) -> list[str]:
        """Kinds of the statements that a node's log holds about a task."""
        rows = self.query(party, "SELECT kind FROM log_index WHERE task = ? ORDER BY position", task)
        return [row[0] for row in rows]

    def query(self, party: str, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Read from a node's state database, beside the node and without a right to write; nothing while it has none."""
        path = self.node_folder(party) / "state.sqlite"
        try:
            with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=scaled(5))) as connection:
                return connection.execute(statement, values).fetchall()
        except sqlite3.OperationalError:  # not made yet, or just being recovered: whoever waits for rows asks again
            return []

    # clients and logs

    @contextmanager
    def client(self, party: str, account: LocalAccount | None = None) -> Generator[Coordinator]:
        """The coordinator's client with the party's wallet, opened once."""
        with super().client(party, account or self.wallet_account(party)) as found:
            yield found

    def log(self, name: str) -> str:
        """All that one of our own processes has logged."""
        path = self.state / "logs" / f"{name}.log"
        return path.read_text("utf-8", "replace") if path.exists() else ""

    def dead_letters(self, task: bytes) -> list[str]:
        """What the engine gave up for good of a task: its loop and the error's code."""
        return [
            f"{line['loop']}: {line['code']}"
            for line in self._engine_lines(task)
            if line.get("event") == "engine.dead_letter"
        ]

    def engine_error(self, task: bytes) -> str:
        """The engine's newest line about a try of a task's item that failed; "" when none did."""
        failed = [line for line in self._engine_lines(task) if line.get("event") == "engine.item_failed"]
        return json.dumps(failed[-1]) if failed else ""

    def _engine_lines(self, task: bytes) -> list[dict[str, Any]]:
        lines = (line for line in self.log("engine").splitlines() if task.hex() in line and line.startswith("{"))
        return [json.loads(line) for line in lines if line.endswith("}")]

    def recent_log(self, name: str) -> str:
        """What one of our own processes has logged since its last start."""
        return self.log(name)[self._offsets[name] :]

    def tails(self) -> str:
        """The last lines of every log, for a failed test's report."""
        stack = self.stack.state_dir
        paths = sorted([*(self.state / "logs").glob("*.log"), *stack.glob("*/*.log")])
        parts = [f"== {path.name}\n" + "\n".join(_last_lines(path)) for path in paths]
        return "\n".join(parts)


class ChildWatch:
    """Watches for MPC children of nodes while it is open: a test that expects none would miss one that ended."""

    def __init__(self, cluster: Cluster, parties: Sequence[str]) -> None:
        self._parents: Final = [cluster.children[f"node-{party}"].pid for party in parties]
        self._stop: Final = threading.Event()
        self._thread: Final = threading.Thread(target=self._look, daemon=True)
        self.seen: Final[set[Identity]] = set()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._stop.wait(_POLL):
            for pid in self._parents:
                self.seen.update(mpc_children(pid))


def mpc_children(parent: int) -> list[Identity]:
    """Living MPC processes of a node, by the parent's process id in their command line."""
    wanted = f"\0workers.child\0{parent}\0".encode()
    found: list[Identity] = []
    for path in Path("/proc").iterdir():
        if path.name.isdecimal():
            try:
                command = (path / "cmdline").read_bytes()
            except OSError:
                continue
            if wanted in command and (process := identify(int(path.name))) is not None:
                found.append(process)
    return found


def _last_lines(path: Path) -> list[str]:
    text = path.read_bytes()[-20_000:].decode("utf-8", "replace")
    return [line[:600] for line in text.splitlines()[-_TAIL:]]
