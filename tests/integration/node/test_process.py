"""The node as a process: broker in, SIGTERM and SIGKILL, nothing lost, nothing left behind, nothing leaked."""

import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from eth_account import Account

from chain.anvil import Anvil, AnvilOptions, anvil_binary
from chain.deploy import deploy
from chain.ports import free_port
from embedded.redis import Broker as RedisBroker
from orchestrator.dispatch.broker import Broker, BrokerAddress, BrokerAddresses
from protocol.contract import proposal_of, task_id_of
from protocol.errors import TallyError
from protocol.messages import COLLECT_TASK, RUN_TASK, RunDispatch
from tests.patience import scaled, until
from tests.unit.protocol import samples
from tests.unit.workers.world import notice
from workers import enrol, keystore
from workers.config import NodeConfig
from workers.node import open_node
from workers.state import State

PARTY = "hospital"


class Process:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.anvil = Anvil(folder / "anvil", AnvilOptions(31_337_078, int(time.time()) - 10, free_port()))
        self.anvil.start()
        self.redis = RedisBroker(folder / "redis")
        self.redis.start()
        self.redis.add_parties([PARTY])
        deployment = deploy(self.anvil.url, Account.create(), path=folder / "deployment.json")
        self.tasks = deployment.domain("Tasks")
        user = self.redis.party(PARTY)
        (folder / "broker").write_text(user.url)
        (folder / "broker").chmod(0o600)
        self.state = folder / "state"
        port = free_port()
        config = NodeConfig(
            PARTY, "http://127.0.0.1:9", self.anvil.url, str(folder / "broker"), user.key_prefix, str(folder / "pass"),
            Account.create().address, "127.0.0.1", port, "127.0.0.1", port,
        )  # fmt: skip
        self.keys = enrol.init(self.state, config, folder / "deployment.json", work=2**14)
        sender = BrokerAddress(self.redis.coordinator.url, user.key_prefix)
        self.broker = Broker(BrokerAddresses(sender, ((PARTY, sender),)))
        self.log = folder / "node.log"
        self.child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            code = "import sys, pathlib; from workers.service import run; run(pathlib.Path(sys.argv[1]))"
            self.child = subprocess.Popen([sys.executable, "-c", code, str(self.state)], stderr=log, stdout=log)
        self.until(lambda: b"node.started" in self.log.read_bytes().rpartition(b"node.stopped")[2])

    def until(self, holds: Callable[[], bool], seconds: float = 30) -> None:
        def ended() -> bool:
            return self.child is not None and self.child.poll() is not None

        until(seconds, "the node", lambda: ended() or holds(), detail=lambda: self.log.read_text()[-3000:])
        assert not ended(), self.log.read_text()[-3000:]

    def known(self, task: bytes) -> bool:
        state = State(self.state / "state.sqlite")
        try:
            return state.job(task) is not None
        finally:
            state.close()

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        assert self.child is not None
        self.child.send_signal(how)
        code = self.child.wait(scaled(30))
        self.child = None
        return code

    def close(self) -> None:
        if self.child is not None:
            self.child.kill()
            self.child.wait()
        self.broker.close()
        self.redis.stop()
        self.redis.erase()
        self.anvil.stop()

    def dispatch(self, purpose: str) -> RunDispatch:
        contract = samples.contract(purpose=purpose, deadline=int(time.time()) + 600)
        assert proposal_of(contract).purpose == purpose
        return RunDispatch(task_id_of(contract, self.tasks), contract.data(), (), ())


@pytest.fixture
def process() -> Iterator[Process]:
    anvil_binary()
    with tempfile.TemporaryDirectory(prefix="tally-process-") as folder:
        Path(folder).chmod(0o700)
        made = Process(Path(folder))
        try:
            yield made
        finally:
            made.close()


@pytest.mark.timeout(120)
def test_messages_survive_kills_and_restarts(process: Process) -> None:
    first, second, third = (process.dispatch(f"task {i} canary-purpose [ref 00]") for i in range(3))
    process.broker.publish(PARTY, RUN_TASK, first.to_json(), "m-1")  # before the node has ever run
    process.start()
    process.until(lambda: process.known(first.task))
    process.broker.publish(PARTY, RUN_TASK, {"format": "nonsense"}, "m-bad")
    process.broker.publish(PARTY, "tally.unknown", {"words": "canary-purpose"}, "m-unknown")
    process.broker.publish(PARTY, COLLECT_TASK, notice(first.task), "m-collect")
    process.broker.publish(PARTY, RUN_TASK, second.to_json(), "m-2")
    process.until(lambda: process.known(second.task))
    assert process.stop(signal.SIGKILL) == -signal.SIGKILL
    process.broker.publish(PARTY, RUN_TASK, third.to_json(), "m-3")
    process.start()
    process.until(lambda: process.known(third.task))
    assert process.stop() == 0
    text = process.log.read_text()
    assert "broker.message_refused" in text
    for secret in ("canary-purpose", process.keys.node_key.hex(), process.redis.party(PARTY).password):
        assert secret not in text
    for line in text.splitlines():
        if line.startswith("{"):
            json.loads(line)


@pytest.mark.timeout(60)
def test_only_one_node_may_use_a_state_folder(process: Process) -> None:
    process.start()
    with pytest.raises(TallyError, match=r"disk\.locked"), open_node(process.state):
        pytest.fail("two writers")
    assert process.stop() == 0
    with open_node(process.state) as node:
        assert node.state.unsettled() >= 1  # the announcement, owed to a coordinator that never answered


@pytest.mark.timeout(60)
def test_a_node_with_loose_files_does_not_start(process: Process) -> None:
    (process.state / "keys" / "node_key.json").chmod(0o644)
    code = "import sys, pathlib; from workers.service import run; run(pathlib.Path(sys.argv[1]))"
    done = subprocess.run(
        [sys.executable, "-c", code, str(process.state)], capture_output=True, timeout=scaled(50), check=False
    )
    assert done.returncode != 0
    assert b"disk.loose_mode" in done.stderr


def test_the_passphrase_is_drawn_outside_the_state_folder(process: Process) -> None:
    assert not (process.folder / "pass").is_relative_to(process.state)
    assert keystore.read_passphrase(process.folder / "pass", process.state)
