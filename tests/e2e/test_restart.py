"""Stopping leaves no process; starting again on the same state brings the same task back. Runs last."""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx
import pytest

from chain.child import Identity, identify, is_alive
from chain.endpoint import Endpoint
from demo.system import System
from protocol import ids
from protocol.verify import verify
from tests.e2e.conftest import Run
from tests.patience import scaled, until

_ROLES = ("api", "engine", "explorer", "node-hospital", "node-laboratory", "node-exchange")


def _mentioning(state: Path) -> dict[int, str]:
    """Processes, other than this one, that have the state's path in their command line or environment."""
    found: dict[int, str] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid() or identify(int(entry.name)) is None:
            continue
        command, said = b"", b""
        # another user's environment may be closed to us (PostgreSQL's): its command line names the folder anyway
        with suppress(FileNotFoundError, ProcessLookupError, PermissionError):
            said = command = (entry / "cmdline").read_bytes()
            said += (entry / "environ").read_bytes()
        if os.fsencode(str(state)) in said:
            found[int(entry.name)] = command.replace(b"\0", b" ").decode("utf-8", "replace")
    return found


def _descendants(of: int) -> set[int]:
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int(
                    (entry / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()[1]
                )
            except (FileNotFoundError, ProcessLookupError):
                continue
    found, new = set[int](), {of}
    while new:
        new = {pid for pid, parent in parents.items() if parent in new} - found
        found |= new
    return found


def _started_more(state: Path, party: str, than: int) -> bool:
    return _starts(state)[party] > than


@dataclass(frozen=True)
class Stopped:
    """The stopped system, and what was there before."""

    run: Run
    processes: tuple[Identity, ...]
    commands: dict[int, str]
    head: int
    head_hash: bytes
    blocks: tuple[bytes, ...]
    starts: dict[str, int]


def _starts(state: Path) -> dict[str, int]:
    """How often each node says that it has started."""
    logs = {party: state / "logs" / f"node-{party}.log" for party in ("hospital", "laboratory", "exchange")}
    return {party: log.read_text("utf-8").count('"node.started"') for party, log in logs.items()}


@pytest.fixture(scope="module")
def stopped(run: Run) -> Stopped:
    system = run.system
    endpoint = Endpoint(system.rpc_url)
    head = endpoint.head()
    blocks = tuple(ref.hash for ref in map(endpoint.block_ref, range(head + 1)) if ref is not None)
    commands = _mentioning(system.state)
    roots = [child.pid for child in system.children.values()]
    pids = {*commands, *(pid for root in roots for pid in _descendants(root)), *roots}
    processes = tuple(found for found in map(identify, sorted(pids)) if found is not None)
    system.stop()
    return Stopped(run, processes, commands, head, blocks[-1], blocks, _starts(system.state))


@pytest.fixture(scope="module")
def again(stopped: Stopped) -> Iterator[System]:
    """A second system over the same state, as `tally up` makes it: without the owners' tables."""
    with System(stopped.run.system.state) as system:
        system.start_explorer()
        yield system


def test_no_process_is_left(stopped: Stopped) -> None:
    seen = " ".join(stopped.commands.values())
    for word in (
        "postgres",
        "redis-server",
        "devnet_front",
        "coordinator api",
        "coordinator engine",
        "explorer",
        "node run",
    ):
        assert word in seen, f"{word} was not seen before: this test would not see it left over"
    assert len(stopped.processes) >= 10
    left = [item for item in stopped.processes if is_alive(item)]
    assert [stopped.commands.get(item.pid, item.pid) for item in left] == []
    assert _mentioning(stopped.run.system.state) == {}


def test_no_record_and_no_open_port_is_left(stopped: Stopped) -> None:
    state = stopped.run.system.state
    assert list((state / "pids").iterdir()) == []
    assert list((state / "stack").rglob("*.pid")) == []
    ports = json.loads((state / "ports.json").read_text())
    assert {"api", "explorer", *(f"link-{party}" for party in ("hospital", "laboratory", "exchange"))} <= set(ports)
    for name, port in ports.items():
        with socket.socket() as client:
            client.settimeout(2)
            assert client.connect_ex(("127.0.0.1", port)) != 0, f"something still listens on {name}'s port"


def test_the_same_chain_comes_back(stopped: Stopped, again: System) -> None:
    endpoint = Endpoint(again.rpc_url)
    assert [ref.hash for ref in map(endpoint.block_ref, range(stopped.head + 1)) if ref is not None] == list(
        stopped.blocks
    )
    assert again.rpc_url == stopped.run.system.rpc_url


def test_the_same_task_is_completed_and_its_evidence_verifies(stopped: Stopped, again: System) -> None:
    run = stopped.run
    assert set(again.children) == set(_ROLES)
    with again.client("hospital", run.accounts["hospital"]) as client:
        status = client.task(run.task)
        assert (status.state, status.contract) == ("completed", run.status.contract)
        assert len(client.sealed(run.task, "hospital")) == 24
    with again.client("regulator", run.accounts["regulator"]) as client:
        evidence = client.evidence(run.task)
    assert evidence == run.evidence
    report = verify(evidence, run.trust)
    assert [step.outcome for step in report.steps] == ["holds"] * 9 + ["nothing"]
    page = httpx.get(f"{again.explorer_url}/en/tasks/{ids.prefixed('task', run.task)}", timeout=scaled(30))
    assert page.status_code == 200
    assert ids.prefixed("task", run.task) in page.text


def test_the_nodes_came_back_with_their_results(stopped: Stopped, again: System) -> None:
    """Each node runs again and says that it started once more, and the result's file is the one that was there."""
    for role in _ROLES:
        assert again.children[role].exit_code() is None, role
    for party, before in stopped.starts.items():
        assert before >= 1, party
        # a node is a process that starts by itself: its port may answer to nobody yet
        more = partial(_started_more, again.state, party, before)
        until(60, f"{party} to start", more, poll=0.2)
        assert _starts(again.state)[party] == before + 1, party
    folder = again.node_folder("hospital") / "results" / stopped.run.task.hex()
    assert json.loads((folder / "result.json").read_text())["result_hash"] == stopped.run.joint.result_hash
