"""The child process: whatever it does, the node hears of it in time and nothing of it is left behind."""

import os
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from protocol import canonical
from protocol.commitments import Tensor
from protocol.errors import TallyError
from protocol.statements import MpcParameters
from tests.patience import until
from workers import supervise
from workers.child_messages import LinkEnd, ModelPart, Order, Outcome, OutputShare, Peer, StepDone
from workers.supervise import ChildAhead, ChildFailed, Material, Watch, command, run_child

ORDER = Order(
    b"\x01" * 32, "hospital", b"{}", (Peer("hospital", "127.0.0.1", 4000, b"\x02" * 32),), (), "127.0.0.1", 0,
    b"\x03" * 32, (), (), 5, 2,
)  # fmt: skip
MATERIAL = Material(b"\x07" * 32, ())
OUTCOME = Outcome(
    b"\x09" * 32, MpcParameters("mpyc", 1, 2**104 - 17, 1, 40), b"\x0a" * 32, (OutputShare("fit.scores", Tensor((1,), 18, bytes(13))),),
    (StepDone("fit", "glm.logistic@1.0.0", 3, (("rows", 7),)),),
    (LinkEnd("exchange", b"\x04" * 32, 3, b"\x05" * 32, 4, b"\x06" * 64, b"\x07" * 64),), ("p1", "p2"), (ModelPart("fit.model", b"part"),),
)  # fmt: skip


class Seen:
    def __init__(self) -> None:
        self.runs: list[bytes] = []
        self.progress: list[tuple[str, int, int]] = []
        self.idle = 0
        self.stop = False

    def watch(self) -> Watch:
        def idle() -> None:
            self.idle += 1

        return Watch(self.runs.append, lambda *step: self.progress.append(step), lambda: self.stop, idle)


def script(body: str) -> list[str]:
    head = """
    import sys, os, time, json
    out = sys.stdout
    def tell(**event):
        out.write(json.dumps(event, sort_keys=True, separators=(",", ":")) + "\\n"); out.flush()
    def frame():
        size = int.from_bytes(sys.stdin.buffer.read(8), "big"); return sys.stdin.buffer.read(size)
    """
    return [sys.executable, "-c", textwrap.dedent(head) + textwrap.dedent(body)]


def test_a_run_is_ordered_watched_and_returned() -> None:
    seen = Seen()
    done = canonical.dumps({"event": "done", "outcome": OUTCOME.to_json()}).decode()
    child = script(
        f"""
        order, key = json.loads(frame()), frame()
        assert order["party"] == "hospital" and key == bytes([7]) * 32
        tell(event="progress", phase="connect", step=1, total=3)
        time.sleep(0.7)
        tell(event="input_sent", run="0x" + "09" * 32)
        assert sys.stdin.buffer.readline() == b"go\\n"
        out.write({done!r} + "\\n"); out.flush()
        """
    )
    assert run_child(ORDER, MATERIAL, seen.watch(), child) == OUTCOME
    assert seen.runs == [b"\x09" * 32]
    assert seen.progress == [("connect", 1, 3)]
    assert seen.idle >= 3, "what waits to be said is said while the child is silent"


def test_the_child_does_not_go_on_before_the_fact_is_stored() -> None:
    order: list[str] = []

    def store(run: bytes) -> None:
        time.sleep(0.2)
        order.append("stored")

    child = script(
        """
        frame(); frame()
        tell(event="input_sent", run="0x" + "09" * 32)
        sys.stdin.buffer.readline()
        tell(event="failed", code="link.peer_left", what=str(time.time()), reason="run.peer_lost", peer="exchange")
        """
    )
    with pytest.raises(ChildFailed) as caught:
        run_child(ORDER, MATERIAL, Watch(store, lambda *_: None, lambda: False), child)
    assert order == ["stored"]
    assert (caught.value.code, caught.value.reason, caught.value.peer) == (
        "link.peer_left",
        "run.peer_lost",
        "exchange",
    )


def test_if_storing_fails_the_child_never_gets_the_word(tmp_path: Path) -> None:
    marker = tmp_path / "went_on"

    def full(run: bytes) -> None:
        raise OSError(28, "No space left on device")

    child = script(
        f"""
        frame(); frame()
        tell(event="input_sent", run="0x" + "09" * 32)
        if sys.stdin.buffer.readline() == b"go\\n": open({str(marker)!r}, "w")
        time.sleep(5)
        """
    )
    with pytest.raises(OSError, match="No space"):
        run_child(ORDER, MATERIAL, Watch(full, lambda *_: None, lambda: False), child)
    assert not marker.exists()


@pytest.mark.parametrize(
    ("body", "code", "reason"),
    [
        ("frame(); os._exit(3)", "child.died", "run.interrupted"),
        ("import signal; os.kill(os.getpid(), signal.SIGKILL)", "child.died", "run.interrupted"),
        ("time.sleep(60)", "child.deadline", "run.deadline"),
        ("frame(); frame(); os.close(1); time.sleep(60)", "child.died", "run.interrupted"),
    ],
)
def test_a_child_that_dies_or_hangs_is_noticed(
    body: str, code: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.supervise._OVERTIME", -1.0)
    with pytest.raises(ChildFailed) as caught:
        run_child(ORDER, MATERIAL, Seen().watch(), script(body))
    assert (caught.value.code, caught.value.reason) == (code, reason)


@pytest.mark.parametrize(
    "line", ["not json", '{"event":"surprise"}', '{"event":"input_sent","run":"0x00"}', '{ "event":"done"}', "[1]"]
)
def test_nonsense_from_the_child_is_refused(line: str) -> None:
    child = script(f"frame(); frame(); out.write({line!r} + chr(10)); out.flush(); time.sleep(5)")
    with pytest.raises(TallyError, match=r"^(json|child|id)\."):
        run_child(ORDER, MATERIAL, Seen().watch(), child)


def test_an_endless_line_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.supervise.MAX_LINE", 100_000)
    with pytest.raises(TallyError, match=r"child\.line"):
        run_child(ORDER, MATERIAL, Seen().watch(), script("while True: out.write('x' * 65536)"))


def test_a_stopping_node_ends_its_child_and_its_grandchildren(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    seen = Seen()
    child = script(
        f"""
        import subprocess
        grandchild = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        open({str(pid_file)!r}, "w").write(str(grandchild.pid))
        time.sleep(60)
        """
    )

    def stop() -> None:
        while not pid_file.exists() or not pid_file.read_text():
            time.sleep(0.02)
        seen.stop = True

    threading.Thread(target=stop, daemon=True).start()
    with pytest.raises(ChildFailed, match=r"node\.stopping"):
        run_child(ORDER, MATERIAL, seen.watch(), child)
    pid = int(pid_file.read_text())
    for _ in range(100):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            break
        if state in "ZX":
            break
        time.sleep(0.02)
    else:
        pytest.fail("the grandchild is still running")


def test_a_child_that_reads_nothing_does_not_block_the_node() -> None:
    big = Material(b"\x07" * 32, ((b"{}", bytes(4 << 20)),))
    started = time.monotonic()
    child = script('tell(event="failed", code="child.full", what="", reason="run.program_failed", peer="")')
    with pytest.raises(ChildFailed, match=r"child\.full"):
        run_child(ORDER, big, Seen().watch(), child)
    assert time.monotonic() - started < 10


def test_nothing_secret_is_in_the_command_line_or_environment() -> None:
    assert command()[1:] == ["-P", "-m", "workers.child", str(os.getpid())]
    body = """
    frame(); frame()
    tell(event="failed", code="env", what=json.dumps([sorted(os.environ), sys.argv]), reason="run.program_failed", peer="")
    """
    os.environ["TALLY_SECRET_FOR_TEST"] = "1"
    try:
        with pytest.raises(ChildFailed) as caught:
            run_child(ORDER, MATERIAL, Seen().watch(), script(body))
    finally:
        del os.environ["TALLY_SECRET_FOR_TEST"]
    assert "TALLY" not in caught.value.what
    assert (b"\x07" * 32).hex() not in repr(MATERIAL)
    assert "tables" not in repr(MATERIAL)


def test_the_order_and_outcome_formats_round_trip() -> None:
    assert Order.read(ORDER.data()) == ORDER
    assert Outcome.parse(canonical.loads(canonical.dumps(OUTCOME.to_json()), 1 << 20)) == OUTCOME


def waiting(monkeypatch: pytest.MonkeyPatch, folder: Path) -> ChildAhead:
    """A keeper of children that write their process id down and answer one order."""
    done = canonical.dumps({"event": "done", "outcome": OUTCOME.to_json()}).decode()
    body = f"""
    open({str(folder)!r} + "/" + str(os.getpid()), "w").close()
    frame(), frame()
    out.write({done!r} + "\\n"); out.flush()
    """
    monkeypatch.setattr(supervise, "command", lambda: script(body))
    return ChildAhead()


def started(folder: Path, count: int) -> list[str]:
    until(10, f"{count} children", lambda: len(list(folder.iterdir())) >= count, poll=0.01)
    return sorted(path.name for path in folder.iterdir())


def test_the_waiting_child_takes_the_order_and_only_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ahead = waiting(monkeypatch, tmp_path)
    ahead.prepare()
    ahead.prepare()
    (first,) = started(tmp_path, 1)
    assert ahead.run(ORDER, MATERIAL, Seen().watch()) == OUTCOME
    assert started(tmp_path, 1) == [first]
    assert not Path(f"/proc/{first}").exists()
    assert ahead.run(ORDER, MATERIAL, Seen().watch()) == OUTCOME
    assert len(started(tmp_path, 2)) == 2


def test_a_waiting_child_of_older_code_or_a_dead_one_is_not_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ahead = waiting(monkeypatch, tmp_path)
    ahead.prepare()
    (first,) = started(tmp_path, 1)
    monkeypatch.setattr(supervise.digest, "snapshot", lambda: b"another digest")
    assert ahead.run(ORDER, MATERIAL, Seen().watch()) == OUTCOME
    before = started(tmp_path, 2)
    assert len(before) == 2
    assert not Path(f"/proc/{first}").exists()
    ahead.prepare()
    (third,) = set(started(tmp_path, 3)) - set(before)
    os.kill(int(third), 9)
    os.waitid(os.P_PID, int(third), os.WEXITED | os.WNOWAIT)
    assert ahead.run(ORDER, MATERIAL, Seen().watch()) == OUTCOME


def test_closing_ends_the_waiting_child(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ahead = waiting(monkeypatch, tmp_path)
    ahead.prepare()
    (pid,) = started(tmp_path, 1)
    ahead.close()
    ahead.close()
    assert not Path(f"/proc/{pid}").exists()
