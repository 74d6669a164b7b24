"""`tally node doctor` beside a running node on a real chain and broker: it says what is well, and each thing that is broken."""

import json
import shutil
import signal
import sqlite3
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typer.testing import CliRunner

from chain.anvil import anvil_binary
from cli.main import app
from protocol import dsse
from protocol.checkup import Finding
from protocol.messages import ANNOUNCEMENT_TYPE, Announcement
from tests.integration.node.test_process import Process
from workers import disk, doctor
from workers.chain_gateway import GatewayView
from workers.chain_view import LogFacts, PartyFacts
from workers.config import NodeConfig
from workers.slots.knock import knock
from workers.state import State


@pytest.fixture(scope="module")
def process() -> Iterator[Process]:
    anvil_binary()
    with tempfile.TemporaryDirectory(prefix="tally-doctor-") as folder:
        Path(folder).chmod(0o700)
        made = Process(Path(folder))
        try:
            made.start()
            yield made
        finally:
            made.close()


def examined(folder: Path) -> dict[str, Finding]:
    return {found.check: found for found in doctor.examine(folder)}


def test_each_check_speaks_for_itself_beside_a_running_node(process: Process) -> None:
    found = examined(process.state)
    assert {name for name, one in found.items() if not one.well} == {"registry", "coordinator", "engine"}, found
    assert {
        "settings",
        "keys",
        "state",
        "chain",
        "contracts",
        "broker",
        "disk",
        "memory",
        "kernels",
        "door",
        "programs",
    } <= {name for name, one in found.items() if one.well} | {"memory"}
    for one in found.values():
        assert one.what.english
        assert one.well or one.fix.english, one
    process.until(lambda: process.child is not None and process.child.poll() is None)


def test_the_command_says_it_in_both_languages_with_a_status(process: Process) -> None:
    done = CliRunner().invoke(app, ["node", "doctor", "--state", str(process.state)])
    assert done.exit_code == 1
    assert "FAIL registry: The chain holds no party hospital." in done.output
    chinese = CliRunner().invoke(app, ["node", "doctor", "--state", str(process.state), "--lang", "zh"])
    assert "链上没有参与方hospital" in chinese.output
    for secret in (process.keys.node_key.hex(), process.redis.party("hospital").password):
        assert secret not in done.output + chinese.output


def copied(process: Process, to: Path) -> Path:
    """The node's folder as it lies there, for something in it to be broken."""
    shutil.copytree(process.state, to / "state")
    (to / "state").chmod(0o700)
    return to / "state"


def other_code(folder: Path) -> None:
    deployment = json.loads((folder / "deployment.json").read_text())
    deployment["runtime_code_hashes"]["Tasks"] = "0x" + "11" * 32
    disk.write_private(folder / "deployment.json", json.dumps(deployment).encode())


def changed(folder: Path, **values: str) -> None:
    config = NodeConfig.load(folder)
    for name, value in values.items():
        object.__setattr__(config, name, value)
    config.save(folder)


def no_chain(folder: Path) -> None:
    changed(folder, rpc_url="http://127.0.0.1:1")


def other_login(folder: Path) -> None:
    file = Path(NodeConfig.load(folder).broker_url_file)
    wrong = folder.parent / "wrong"
    disk.write_private(wrong, file.read_bytes().replace(b":", b":x", 2).replace(b"redis:x", b"redis:"))
    changed(folder, broker_url_file=str(wrong))


def later_release(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "state.sqlite")) as db:
        db.execute("PRAGMA user_version = 999")


def loose(folder: Path) -> None:
    (folder / "keys" / "node_key.json").chmod(0o644)


def other_passphrase(folder: Path) -> None:
    other = folder.parent / "other"
    disk.write_private(other, b"z" * 40)
    changed(folder, passphrase_file=str(other))


BREAKS: dict[str, tuple[Callable[[Path], None], str]] = {
    "other code": (other_code, "chain"),
    "no chain": (no_chain, "chain"),
    "other login": (other_login, "broker"),
    "later release": (later_release, "state"),
    "loose mode": (loose, "settings and keys"),
    "other passphrase": (other_passphrase, "settings and keys"),
}


@pytest.mark.parametrize("broken", sorted(BREAKS))
def test_what_is_broken_is_named(process: Process, tmp_path: Path, broken: str) -> None:
    folder = copied(process, tmp_path)
    spoil, check = BREAKS[broken]
    spoil(folder)
    found = examined(folder)
    assert not found[check].well
    assert found[check].fix.english


def test_a_door_that_presents_another_key_is_not_its_peers(process: Process) -> None:
    """What a proxy in between, or a stranger at an abandoned address, looks like."""
    config = NodeConfig.load(process.state)
    own = Ed25519PrivateKey.generate()
    place = config.advertise_host, config.advertise_port
    assert knock(own, process.keys.node_public, *place) == "answers"
    assert knock(own, own.public_key().public_bytes_raw(), *place) == "other_key"
    assert knock(own, process.keys.node_public, "127.0.0.1", 1) == "silent"


@pytest.fixture
def coordinator() -> Iterator[tuple[str, dict[str, str]]]:
    """An answer of a coordinator whose clock can be set."""
    told = {"date": formatdate(usegmt=True)}

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response_only(200)
            self.send_header("date", told["date"])
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            pass

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", told
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_coordinator_with_another_time_is_said(
    process: Process, tmp_path: Path, coordinator: tuple[str, dict[str, str]]
) -> None:
    folder, (url, told) = copied(process, tmp_path), coordinator
    changed(folder, coordinator_url=url)
    assert examined(folder)["clock (coordinator)"].well
    told["date"] = formatdate(0, usegmt=True)
    found = examined(folder)
    assert found["coordinator"].well
    assert not found["clock (coordinator)"].well


def test_a_folder_that_knows_less_than_the_chain_is_said(
    process: Process, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The attack of an old backup: its party signed more than this folder holds."""
    folder = copied(process, tmp_path)
    monkeypatch.setattr(GatewayView, "log", lambda *_: LogFacts(0, 7, b"\x01" * 32, ()))
    found = examined(folder)["log"]
    assert not found.well
    assert "7" in found.what.english
    assert "tally node new-epoch" in found.fix.english


def test_peers_are_those_whose_address_the_registered_key_signed(
    process: Process, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The laboratory is played by this node's own door; a made-up address, signed by whom it may be, is not even tried."""
    folder = copied(process, tmp_path)
    config, stranger = NodeConfig.load(folder), Ed25519PrivateKey.generate()
    keys = {
        "laboratory": (process.keys.node_private(), process.keys.node_public),
        "exchange": (stranger, stranger.public_key().public_bytes_raw()),
        "forged": (stranger, process.keys.node_public),
    }
    with closing(State(folder / "state.sqlite")) as state:
        for name, (key, _) in keys.items():
            said = Announcement(name, config.advertise_host, config.advertise_port, 1, "e@1.0.0", bytes(32))
            public = key.public_key().public_bytes_raw()
            state.announce(name, 1, dsse.sign(said.data(), public, key.sign, ANNOUNCEMENT_TYPE))
    address = process.keys.signer_address
    monkeypatch.setattr(
        GatewayView,
        "party",
        lambda _self, name, _at: (
            PartyFacts(address, address, keys[name][1], bytes(32), b"", 0, active=True) if name in keys else None
        ),
    )
    found = {name: one.well for name, one in examined(folder).items() if name.startswith("peer")}
    assert found == {"peer laboratory": True, "peer exchange": False}


def test_zz_the_node_was_not_disturbed(process: Process) -> None:
    assert process.stop(signal.SIGTERM) == 0
