"""Every process of ours crashes with secrets at hand, and nothing that it wrote holds one.

Each is started as it is in production, with one function replaced by a defect that has the secrets in variables, in its
error's words and in the words of what that error arose from.
"""

import base64
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from eth_account import Account

from chain.anvil import anvil_binary
from chain.deploy import deploy
from chain.sequencer import free_port
from embedded.stack import Stack
from orchestrator.dispatch.broker import Broker, BrokerAddress, BrokerAddresses
from orchestrator.store.migrate import migrate
from protocol.messages import COLLECT_TASK, RUN_TASK
from tests.alike import some
from tests.patience import scaled, until
from tests.unit.workers.test_supervise import MATERIAL, ORDER, Seen
from tests.unit.workers.world import notice
from workers import enrol, keystore
from workers.config import NodeConfig
from workers.supervise import ChildFailed, run_child

ROOT = Path(__file__).resolve().parents[3]
PARTY = "hospital"
ROW = "52801.77041"
TOKEN = "Tallystick " + base64.urlsafe_b64encode(b"a caller's access token, signed").decode()
DEFECT = """
import json, os, sys
from pathlib import Path

def planted(*arguments, **named):
    secrets = json.loads(os.environ["PLANTED"])
    password, token, passphrase, row = (secrets[name] for name in ("password", "token", "passphrase", "row"))
    key = bytes.fromhex(secrets["key"])
    try:
        int(row)
    except ValueError as error:
        raise RuntimeError(f"{password} {token} {passphrase} {key} {key.hex()} {row} {arguments} {named}") from error

"""


@dataclass
class Place:
    """A stack with contracts and a node's folder; every process that is started writes into ``log``."""

    stack: Stack
    folder: Path
    values: dict[str, str] = field(default_factory=dict)
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def secret(self, name: str, text: str) -> str:
        path = self.folder / name
        path.touch(0o600)
        path.write_text(text)
        return str(path)

    def environment(self, **more: str) -> dict[str, str]:
        database = self.values["password"]
        return {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "PLANTED": json.dumps(self.values),
            "TALLY_DATABASE_URL_FILE": self.secret("database", self.stack.info.database),
            "TALLY_DEPLOYMENT_FILE": str(self.folder / "deployment.json"),
            "TALLY_RPC_URL": self.stack.chain.url,
            "TALLY_READY_FILE": str(self.folder / "ready"),
            "TALLY_PORT": "0",
            "PGPASSWORD": database,
            **more,
        }

    def start(self, code: str, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
        (self.folder / "ready").unlink(missing_ok=True)
        with self.log.open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-c", DEFECT + code, *arguments],
                cwd=self.folder, env=self.environment(**environment), stdout=log, stderr=log, stdin=subprocess.DEVNULL,
            )  # fmt: skip
        self.running.append(process)
        return process

    def until(self, holds: Callable[[], bool], seconds: float = 40) -> None:
        until(seconds, "the process under test", holds, detail=lambda: self.log.read_text()[-3000:])

    def said(self, event: str) -> list[dict[str, object]]:
        lines = [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]
        return [line for line in lines if line["event"] == event]

    def url(self) -> str:
        self.until((self.folder / "ready").exists)
        host, port = (self.folder / "ready").read_text().split()
        return f"http://{host}:{port}"

    def clean(self, *events: str) -> None:
        """It said what happened and where, and no secret with it, however written."""
        for event in events:
            self.until(lambda event=event: bool(self.said(event)))
        text = self.log.read_bytes()
        for name, value in self.values.items():
            for form in forms(name, value):
                assert form not in text, f"{name} in {text.decode()[-3000:]}"
        for event in events:
            failures = [line["failure"] for line in self.said(event) if "failure" in line]
            assert any("planted" in json.dumps(failure) for failure in failures), text.decode()[-3000:]


def forms(name: str, value: str) -> list[bytes]:
    if name != "key":
        return [value.encode(), base64.b64encode(value.encode())]
    key = bytes.fromhex(value)
    # repr of bytes is searched for without its quotes, and as JSON escapes it
    written = repr(key)[2:-1]
    return [value.encode(), base64.b64encode(key), written.encode(), json.dumps(written)[1:-1].encode()]


@pytest.fixture(scope="module")
def prepared() -> Iterator[Place]:
    with Stack.temporary([PARTY]) as stack:
        folder = stack.state_dir / "test"
        folder.mkdir(mode=0o700)
        migrate(stack.info.database)
        deploy(stack.chain.url, Account.create(), path=folder / "deployment.json")
        place = Place(stack, folder)
        user = stack.info.parties[PARTY]
        port = free_port()
        config = NodeConfig(
            PARTY, "http://127.0.0.1:9", stack.chain.url, place.secret("broker", user.url), user.key_prefix,
            str(folder / "pass"), Account.create().address, "127.0.0.1", port, "127.0.0.1", port,
        )  # fmt: skip
        keys = enrol.init(folder / "node", config, folder / "deployment.json", work=2**14)
        place.values.update(
            password=stack.info.database.partition("@")[0].rpartition(":")[2],
            broker=user.password,
            token=TOKEN,
            passphrase=keystore.read_passphrase(folder / "pass", folder / "node").hex(),
            written=(folder / "pass").read_text().strip(),
            key=keys.node_key.hex(),
            row=ROW,
        )
        yield place


@pytest.fixture
def place(prepared: Place) -> Iterator[Place]:
    try:
        yield prepared
    finally:
        for process in prepared.running:
            process.kill()
            process.wait()
        prepared.running.clear()


def test_the_api(place: Place) -> None:
    place.start(
        "from orchestrator.store import work; work.loops = planted\n"
        "from cli import main; sys.argv[1:] = ['coordinator', 'api']; main.main()"
    )
    answer = httpx.get(f"{place.url()}/v1/health", headers={"authorization": TOKEN})
    assert answer.status_code == 500
    assert not [value for value in place.values.values() if value in answer.text]
    place.clean("api.crash", "library.log")


def test_the_engine(place: Place) -> None:
    key, brokers = (
        "0x" + secrets.token_hex(32),
        {"url": place.stack.info.coordinator.url, "key_prefix": "party.{party}:"},
    )
    place.start(
        "from orchestrator.store import work; work.due_jobs = planted\n"
        "from cli import main; sys.argv[1:] = ['coordinator', 'engine']; main.main()",
        TALLY_SIGNER_KEY_FILE=place.secret("signer", key),
        TALLY_BROKERS_FILE=place.secret("brokers", json.dumps({"default": brokers, "parties": {}})),
    )
    place.clean("engine.step_crashed")
    assert key[2:] not in place.log.read_text()


def test_the_node_with_a_loop_and_a_message_that_fail(place: Place) -> None:
    user = place.stack.info.parties[PARTY]
    sender = BrokerAddress(place.stack.info.coordinator.url, user.key_prefix)
    broker = Broker(BrokerAddresses(sender, ((PARTY, sender),)))
    place.start(
        "from workers.outbox import Outbox; Outbox.deliver = planted\n"
        "from workers.jobs.machine import Machine; Machine.collect = planted\n"
        "from cli import main; main.main()",
        "node", "run", "--state", str(place.folder / "node"),
    )  # fmt: skip
    place.until(lambda: bool(place.said("node.started")))
    broker.publish(PARTY, COLLECT_TASK, {**notice(b"\x01" * 32), "row": ROW}, "m-1")
    broker.publish(PARTY, RUN_TASK, {"format": TOKEN, "row": ROW}, "m-2")
    broker.publish(PARTY, "tally.unknown", {"token": TOKEN, "row": ROW}, "m-3")
    broker.close()
    place.until(lambda: bool(place.said("broker.message_refused")))
    place.clean("node.loop_defect", "library.log")
    libraries = place.said("library.log")
    assert all("place" in line for line in libraries), libraries
    assert any("celery" in str(line["library"]) and "failure" in line for line in libraries), libraries


def test_the_mpc_child(place: Place, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    code = DEFECT + "from workers import child; child._Task.run = planted; sys.exit(child.main())"
    monkeypatch.setattr("workers.supervise._PASSED_ON", ("PATH", "PLANTED"))
    monkeypatch.setenv("PLANTED", json.dumps(place.values))
    argv = [sys.executable, "-P", "-c", code, str(os.getpid())]
    monkeypatch.setattr("workers.supervise.command", lambda arrivals: [*argv, str(arrivals)])
    with pytest.raises(ChildFailed) as failed:
        run_child(ORDER, MATERIAL, Seen().watch())
    place.log.write_text(capfd.readouterr().err + str(failed.value))
    place.clean("run.program_failed")


def test_the_explorer(place: Place) -> None:
    place.start(
        "from audit_explorer.queries import PostgresRecords; PostgresRecords.rows = planted\n"
        "from cli import main; sys.argv[1:] = ['explorer']; main.main()"
    )
    answer = httpx.get(f"{place.url()}/en/blocks/1?id={ROW}", headers={"authorization": TOKEN})
    assert answer.status_code == 500
    place.clean("explorer.failed", "library.log")


def test_the_development_chain(place: Place) -> None:
    folder = place.folder / "chain"
    folder.mkdir(exist_ok=True)
    place.start(
        "from chain import devnet_front; devnet_front.Sequencer.read = planted\n"
        "devnet_front.serve(Path(sys.argv[1]), 0)",
        str(folder),
        TALLY_ANVIL=str(anvil_binary()),
    )
    place.until((folder / "front.json").exists)
    port = json.loads((folder / "front.json").read_text())["port"]
    with pytest.raises(httpx.HTTPError):
        httpx.post(
            f"http://127.0.0.1:{port}", json={"jsonrpc": "2.0", "id": 1, "method": "eth_call", "params": [ROW]},
            headers={"authorization": TOKEN},
        )  # fmt: skip
    place.clean("devnet.request_crashed")


def test_the_supervisor(place: Place) -> None:
    (place.folder / "state").mkdir(exist_ok=True)
    place.start(
        "from demo import background\n"
        "class System:\n"
        "    explorer_url = api_url = rpc_url = ''\n"
        "    state = Path()\n"
        "    def __init__(self, *_, **__): pass\n"
        "    def __enter__(self): return self\n"
        "    def __exit__(self, *_): pass\n"
        "    def start_explorer(self, **_): pass\n"
        "    def start_nodes(self): pass\n"
        "    heal = planted\n"
        "background.System, background._LOOK = System, 0.1\n"
        "background.telling.write_settings = lambda _: None\n"
        "background._serve()"
    ).wait(scaled(30))
    place.clean("process.crashed")


@pytest.mark.parametrize("end", some(["raise", "thread", "unraisable"], always=(1,)))
def test_a_command_however_it_ends(place: Place, end: str) -> None:
    ways = {
        "raise": ("background.stop = planted", "process.crashed"),
        "thread": ("background.stop = threaded", "process.thread_crashed"),
        "unraisable": ("background.stop = dropped", "process.unraisable"),
    }
    replaced, event = ways[end]
    place.start(
        "import threading\n"
        "from demo import background\n"
        "def threaded():\n"
        "    thread = threading.Thread(target=planted); thread.start(); thread.join()\n"
        "class Dropped:\n"
        "    __del__ = planted\n"
        "def dropped():\n"
        "    Dropped()\n"
        f"{replaced}\n"
        "from cli import main; sys.argv[1:] = ['down']; main.main()"
    ).wait(scaled(30))
    place.clean(event)
