import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import psycopg
import pytest
import redis

from chain.child import Account, Identity, is_alive, read_record
from embedded.places import reachable
from embedded.redis import Broker
from embedded.stack import Stack
from protocol.errors import RefusedError
from tests.patience import scaled, until

ROOT = Path(__file__).resolve().parents[3]
PARTIES = ("hospital", "lab")
OWNER = """
import sys, time
from pathlib import Path
from embedded.stack import Stack
from logs.configuration import configure
configure("test")
stack = Stack(Path(sys.argv[1]), ["hospital"]).start()
print(stack.info.database, flush=True)
time.sleep(600)
"""


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with Stack.temporary(PARTIES) as found:
        yield found


@pytest.fixture
def state() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="tally-test-") as name:
        yield Path(name)
        Stack(Path(name)).erase()


def processes(state: Path) -> list[Identity]:
    found = [read_record(path) for path in state.glob("*/*.pid")]
    return [identity for identity in found if identity is not None]


def python_for_everyone() -> str:
    """Ours may be in root's closed home, where another user cannot run it: then the system's, if it is as new."""
    wanted = f"{sys.version_info.major}.{sys.version_info.minor}"
    for candidate in (sys.executable, shutil.which(f"python{wanted}", path="/usr/bin")):
        if candidate is None or not reachable(Path(candidate).resolve(), Account(65534, 65534)):
            continue
        # Debian's 3.11.2 needs a package that ours does not have.
        environment = {"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
        probe = [candidate, "-c", "import embedded.stack"]
        if subprocess.run(probe, env=environment, capture_output=True, check=False).returncode == 0:
            return candidate
    pytest.skip("no Python with our packages that another user can run")


def wait_until_gone(identities: list[Identity]) -> None:
    until(20, f"{identities} to end", lambda: not any(is_alive(each) for each in identities), poll=0.02)


def test_everything_answers(stack: Stack) -> None:
    info = stack.info
    with psycopg.connect(info.database) as connection:
        assert connection.execute("SHOW server_encoding").fetchone() == ("UTF8",)
        assert connection.execute("SELECT current_database()").fetchone() == ("tally",)
    with info.coordinator.connect() as client:
        assert client.ping()
    assert stack.chain.chain_id > 0
    assert info.database not in repr(info)
    assert info.coordinator.password not in repr(info)


def test_kills_of_all_three_lose_nothing_and_change_no_address(stack: Stack) -> None:
    info = stack.info
    with psycopg.connect(info.database) as connection:
        connection.execute("CREATE TABLE kept (value integer)")
        connection.execute("INSERT INTO kept VALUES (7)")
    with info.parties["lab"].connect() as client:
        client.rpush("party.lab:queue", "message")
    stack.chain.mine(3)
    running = processes(stack.state_dir)
    assert len(running) == 4
    for identity in running:
        os.kill(identity.pid, signal.SIGKILL)
    wait_until_gone(running)
    healed: set[str] = set()
    # a process of several threads may be gone and not yet reaped: then it is started at the next look
    until(20, "all three to be healed", lambda: healed.update(stack.heal()) or len(healed) == 3, detail=lambda: healed)
    assert stack.info == info
    with psycopg.connect(info.database) as connection:
        assert connection.execute("SELECT value FROM kept").fetchall() == [(7,)]
        connection.execute("DROP TABLE kept")
    with info.parties["lab"].connect() as client:
        assert client.lpop("party.lab:queue") == b"message"
    assert stack.heal() == ()


def written(folder: Path) -> dict[Path, tuple[int, int]]:
    """Every file that we, and not a server, write below the state directory: which file it is and when it was written."""
    servers = {"data", "appendonlydir", "socket", "anvil-states"}
    found = [path for path in folder.rglob("*") if path.is_file() and not servers & set(path.parts)]
    return {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in found if path.suffix != ".log"}


def test_healing_what_is_well_changes_nothing(stack: Stack) -> None:
    """ACL LOAD disconnects every client: two hundred heals neither load nor write, and a party stays connected."""
    own = {"cmdstat_info", "cmdstat_auth", "cmdstat_client", "cmdstat_hello"}  # what asking itself issues

    def issued() -> dict[str, int]:
        with stack.broker._user("admin", "").connect() as admin:
            stats = admin.info("commandstats")
            return {name: value["calls"] for name, value in stats.items() if name not in own}

    party = stack.info.parties["lab"]
    with redis.Redis(
        unix_socket_path=str(party.socket), username=party.name, password=party.password,
        single_connection_client=True, retry=None,
    ) as client:  # fmt: skip
        connection = client.connection
        assert connection is not None
        client.get("party.lab:x")
        with stack.broker._user("admin", "").connect() as admin:
            identity = next(item["id"] for item in admin.client_list() if item["user"] == "party-lab")
        before, files = issued(), written(stack.state_dir)
        for _ in range(200):
            assert stack.heal() == ()
        assert issued() == before
        assert written(stack.state_dir) == files
        with stack.broker._user("admin", "").connect() as admin:
            assert [item["id"] for item in admin.client_list() if item["user"] == "party-lab"] == [identity]
        client.get("party.lab:x")


def test_a_new_party_is_loaded_once_and_a_restart_has_everybody(state: Path) -> None:
    broker = Broker(state / "broker")
    broker.add_parties(["lab"])
    broker.start()
    try:
        loads = []
        for names in (["lab"], ["lab", "hospital"], ["hospital"], ["lab", "hospital"]):
            broker.add_parties(names)
            with broker._user("admin", "").connect() as admin:
                loads.append(admin.info("commandstats").get("cmdstat_acl", {"calls": 0})["calls"])
        assert loads == [0, 1, 1, 1]
        broker.stop()
        broker.start()
        broker.add_parties(["lab", "hospital"])
        for name in ("lab", "hospital"):
            with broker.party(name).connect() as client:
                assert client.ping()
    finally:
        broker.stop()
        broker.erase()


def test_a_load_that_failed_is_made_up_for(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broker = Broker(state / "broker")
    broker.start()
    try:
        with monkeypatch.context() as broken:
            broken.setattr(redis.Redis, "acl_load", lambda _: (_ for _ in ()).throw(redis.ConnectionError("away")))
            with pytest.raises(redis.ConnectionError):
                broker.add_parties(["lab"])
        broker.add_parties(["lab"])
        with broker.party("lab").connect() as client:
            assert client.ping()
    finally:
        broker.stop()
        broker.erase()


def test_a_relative_state_directory_works(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(state)
    with Stack(Path("inner"), ["hospital"]) as stack:
        monkeypatch.chdir("/")
        with psycopg.connect(stack.info.database) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    stack.erase()
    assert not (state / "inner").exists()


def test_a_second_owner_is_told_who_the_first_is(stack: Stack) -> None:
    with pytest.raises(RefusedError, match=str(os.getpid())):
        Stack(stack.state_dir).start()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_runs_on_when_the_owner_is_killed_and_the_next_start_has_everything(
    state: Path, number: signal.Signals
) -> None:
    owner = subprocess.Popen([sys.executable, "-c", OWNER, str(state)], cwd=ROOT, stdout=subprocess.PIPE)
    assert owner.stdout is not None
    with owner:
        dsn = owner.stdout.readline().decode().strip()
        with psycopg.connect(dsn) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS value")
        running = processes(state)
        assert len(running) == 4
        owner.send_signal(number)
        owner.wait(scaled(20))
    wait_until_gone(running)
    with Stack(state, ["hospital"]) as again:
        assert again.info.database == dsn
        with psycopg.connect(dsn) as connection:
            assert connection.execute("SELECT value FROM kept").fetchall() == [(7,)]


def test_long_state_paths_get_short_sockets(state: Path) -> None:
    deep = state / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True, mode=0o755)
    with Stack(deep, ["hospital"]) as stack:
        sockets = [stack.broker.socket]
        assert all(len(os.fsencode(path)) <= 107 for path in sockets)
        with psycopg.connect(stack.info.database) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        folder = stack.broker.socket.parent
        assert folder.stat().st_mode & 0o777 == 0o700
    stack.erase()
    assert not folder.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to run the stack as another user")
def test_it_works_without_root(state: Path) -> None:
    home = state / "home"
    home.mkdir()
    state.chmod(0o755)
    os.chown(home, 65534, 65534)
    script = OWNER.replace("time.sleep(600)", "stack.stop()")
    done = subprocess.run(
        [python_for_everyone(), "-c", script, str(home / "state")],
        cwd=ROOT,
        user=65534,
        group=65534,
        extra_groups=[],
        env={"HOME": str(home), "PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
        capture_output=True,
        check=False,
        timeout=scaled(60),
    )
    assert done.returncode == 0, done.stderr.decode()


@pytest.mark.skipif(os.geteuid() != 0, reason="only as root the database runs as another user")
def test_below_a_closed_home_the_data_are_elsewhere_and_no_mode_is_changed(state: Path) -> None:
    home = state / "home"
    home.mkdir(mode=0o700)
    stack = Stack(home / "state", ["hospital"])
    try:
        with stack:
            elsewhere = Path((home / "state" / "postgres" / "data-is-in").read_text())
            assert (elsewhere / "data" / "PG_VERSION").exists()
            with psycopg.connect(stack.info.database) as connection:
                connection.execute("CREATE TABLE kept AS SELECT 7 AS value")
        assert home.stat().st_mode & 0o777 == 0o700
        with stack, psycopg.connect(stack.info.database) as connection:
            assert connection.execute("SELECT value FROM kept").fetchall() == [(7,)]
    finally:
        stack.erase()
    assert not elsewhere.exists()


def test_parties_may_be_added_while_the_broker_runs(stack: Stack) -> None:
    before = stack.broker.party("lab").password
    stack.broker.add_parties(["bank"])
    with stack.broker.party("bank").connect() as client:
        assert client.set("party.bank:x", "1")
    assert stack.broker.party("lab").password == before


def test_a_party_reaches_its_own_keys_only(stack: Stack) -> None:
    with stack.info.parties["hospital"].connect() as client:
        assert client.set("party.hospital:x", "1")
        denied = [
            lambda: client.get("party.lab:x"),
            lambda: client.set("party.hospitals:x", "1"),
            lambda: client.rpush("x", "1"),
            lambda: client.publish("party.lab:channel", "x"),
            lambda: client.keys("*"),
            client.scan,
            client.randomkey,
            client.flushall,
            client.config_get,
            client.acl_list,
            client.client_list,
            client.script_flush,
            partial(client.eval, "return 1", 0),
            partial(client.execute_command, "MONITOR"),
            client.register_script("return redis.call('get', 'party.lab:x')"),
            lambda: client.debug_object("party.hospital:x"),
        ]
        for action in denied:
            with pytest.raises(redis.exceptions.ResponseError, match=r"permission|can't access"):
                action()


def test_without_a_password_nothing_is_answered(stack: Stack) -> None:
    with (
        redis.Redis(unix_socket_path=str(stack.broker.socket), protocol=2) as client,
        pytest.raises(redis.exceptions.AuthenticationError),
    ):
        client.ping()
    folder = stack.broker.socket.parent
    assert folder.stat().st_mode & 0o077 == 0


def test_secrets_are_in_files_of_their_owner_only(stack: Stack) -> None:
    secret = [stack.info.coordinator.password, stack.info.database.split(":")[2].split("@")[0]]
    for path in stack.state_dir.rglob("*"):
        if path.is_file() and "data" not in path.relative_to(stack.state_dir).parts:
            content = path.read_bytes()
            if any(one.encode() in content for one in secret):
                assert path.stat().st_mode & 0o077 == 0, path
