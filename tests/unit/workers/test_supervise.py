"""The child process: whatever it does, the node hears of it in time and nothing of it is left behind."""

import os
import socket
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpc.link.config import LinkLimits
from protocol.commitments import Tensor
from protocol.errors import TallyError
from protocol.statements import MpcParameters
from tests.patience import scaled, until
from workers import supervise
from workers.child_messages import LinkEnd, ModelPart, Order, Outcome, OutputShare, Peer, StepDone
from workers.pipe import Assembler, Kind, Message, decode, pieces
from workers.supervise import ChildFailed, Material, Nursery, Watch, command, run_child

ORDER = Order(
    b"\x01" * 32, "hospital", b"{}", (Peer("hospital", "127.0.0.1", 4000, b"\x02" * 32, b"say"),), (),
    b"\x03" * 32, (), (), 5, 2,
)  # fmt: skip
MATERIAL = Material(b"\x07" * 32, ())
OUTCOME = Outcome(
    b"\x09" * 32, MpcParameters("mpyc", 1, 2**104 - 17, 1, 40), b"\x0a" * 32, (OutputShare("fit.scores", Tensor((1,), 18, bytes(13))),),
    (StepDone("fit", "glm.logistic@1.0.0", 3, (("rows", 7),)),),
    (LinkEnd("exchange", b"\x04" * 32, 3, b"\x05" * 32, 4, b"\x06" * 64, b"\x07" * 64),), ("p1", "p2"), (ModelPart("fit.model", b"part"),),
)  # fmt: skip


ROOT = Path(__file__).parents[3]
DONE = b"".join(pieces([*OUTCOME.messages(), Message(Kind.DONE, b"")]))


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
    head = f"""
    import sys; sys.path.insert(0, {str(ROOT)!r})
    import os, time, json
    from workers.child_messages import Failure, Order, Outcome, Progress
    from workers.pipe import Kind, Message, Pipe, decode
    pipe = Pipe(0, os.fdopen(os.dup(1), "wb"))
    out = sys.stdout.buffer
    def order():
        pipe.read(Kind.ORDER), pipe.read(Kind.NODE_KEY)
    """
    return [sys.executable, "-P", "-c", textwrap.dedent(head) + textwrap.dedent(body)]


def test_a_run_is_ordered_watched_and_returned() -> None:
    seen = Seen()
    child = script(
        f"""
        order, key = Order.read(pipe.read(Kind.ORDER)), pipe.read(Kind.NODE_KEY)
        assert order.party == "hospital" and key == bytes([7]) * 32
        pipe.tell(Progress("connect", 1, 3).message())
        time.sleep(0.7)
        pipe.ask(Message(Kind.CONNECTED, b""))
        pipe.ask(Message(Kind.INPUT_SENT, bytes([9]) * 32))
        pipe.tell(*decode({DONE!r}))
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
        order()
        pipe.ask(Message(Kind.INPUT_SENT, bytes([9]) * 32))
        pipe.tell(Failure("link.peer_left", str(time.time()), "run.peer_lost", "exchange").message())
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
        order()
        pipe.ask(Message(Kind.INPUT_SENT, bytes([9]) * 32))
        open({str(marker)!r}, "w")
        time.sleep(5)
        """
    )
    with pytest.raises(OSError, match="No space"):
        run_child(ORDER, MATERIAL, Watch(full, lambda *_: None, lambda: False), child)
    assert not marker.exists()


@pytest.mark.parametrize(
    ("body", "code", "reason"),
    [
        ("pipe.read(Kind.ORDER); os._exit(3)", "child.died", "run.interrupted"),
        ("import signal; os.kill(os.getpid(), signal.SIGKILL)", "child.died", "run.interrupted"),
        ("time.sleep(60)", "child.deadline", "run.deadline"),
        ("order(); pipe._outgoing.close(); os.close(1); time.sleep(60)", "child.died", "run.interrupted"),
    ],
)
def test_a_child_that_dies_or_hangs_is_noticed(
    body: str, code: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.supervise._OVERTIME", -1.0 if code == "child.deadline" else 30.0)
    with pytest.raises(ChildFailed) as caught:
        run_child(ORDER, MATERIAL, Seen().watch(), script(body))
    assert (caught.value.code, caught.value.reason) == (code, reason)


@pytest.mark.parametrize(
    "message",
    [
        "out.write(b'not a message at all'); out.flush()",
        "pipe.tell(Message(Kind.GO, b''))",
        "pipe.tell(Message(Kind.INPUT_SENT, bytes(31)))",
        "pipe.tell(Message(Kind.DONE, b''))",
        "pipe.tell(Message(Kind.OUTCOME, b'{}'), Message(Kind.DONE, b''))",
        "pipe.tell(Message(Kind.PROGRESS, b'12'))",
        "pipe.tell(Message(Kind.FAILED, b'[1]'))",
    ],
)
def test_nonsense_from_the_child_is_refused(message: str) -> None:
    with pytest.raises(TallyError, match=r"^(json|child|id)\."):
        run_child(ORDER, MATERIAL, Seen().watch(), script(f"order(); {message}; time.sleep(5)"))


def test_an_endless_message_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.pipe.MAX_MESSAGE", 1_000_000)
    with pytest.raises(TallyError, match=r"child\.message"):
        run_child(ORDER, MATERIAL, Seen().watch(), script("order(); pipe.tell(Message(Kind.SHARE, bytes(1 << 21)))"))


@pytest.mark.parametrize("when", ["before its links stand", "when it asks"])
def test_a_run_is_put_aside_before_it_commits(when: str, tmp_path: Path) -> None:
    marker = tmp_path / "went_on"
    child = script(
        f"""
        order()
        if {when == "when it asks"!r}:
            pipe.ask(Message(Kind.CONNECTED, b""))
            open({str(marker)!r}, "w")
        time.sleep(60)
        """
    )
    watch = replace(Seen().watch(), commit=lambda: False, put_aside=lambda: when != "when it asks")
    with pytest.raises(ChildFailed, match=r"node\.put_aside"):
        run_child(ORDER, MATERIAL, watch, child)
    assert not marker.exists()


def test_connections_reach_the_child(monkeypatch: pytest.MonkeyPatch) -> None:
    child = script(
        """
        import socket
        arrivals = socket.socket(fileno=int(sys.argv[1]))
        order()
        (fd,) = socket.recv_fds(arrivals, 1, 1)[1]
        said = socket.socket(fileno=fd).recv(100).decode()
        pipe.tell(Failure("heard", said, "run.program_failed").message())
        """
    )
    monkeypatch.setattr(supervise, "command", lambda descriptor: [*child, str(descriptor)])
    near, far = socket.socketpair()

    def arrivals(door: socket.socket) -> None:
        with far:
            socket.send_fds(door, [b"\0"], [far.fileno()])

    with near:
        near.send(b"hello")
        with pytest.raises(ChildFailed, match=r"heard: hello"):
            run_child(ORDER, MATERIAL, replace(Seen().watch(), arrivals=arrivals))


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

    def ended() -> bool:
        try:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
        except FileNotFoundError:
            return True

    until(2, "the grandchild's end", ended, poll=0.02)


def test_a_child_that_reads_nothing_does_not_block_the_node() -> None:
    big = Material(b"\x07" * 32, ((b"{}", bytes(4 << 20)),))
    started = time.monotonic()
    child = script('pipe.tell(Failure("child.full", "", "run.program_failed").message())')
    with pytest.raises(ChildFailed, match=r"child\.full"):
        run_child(ORDER, big, Seen().watch(), child)
    assert time.monotonic() - started < scaled(10)


def test_nothing_secret_is_in_the_command_line_or_environment() -> None:
    assert command(7)[1:] == ["-P", "-m", "workers.child", str(os.getpid()), "7"]
    body = """
    order()
    pipe.tell(Failure("env", json.dumps([sorted(os.environ), sys.argv]), "run.program_failed").message())
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
    assert Outcome.of(OUTCOME.messages()) == OUTCOME
    older = replace(OUTCOME, transcript=1)
    assert Outcome.of(older.messages()) == older != OUTCOME
    assert b"child-outcome/v1" in older.messages()[0].data
    assert Outcome.of(decode(b"".join(pieces(OUTCOME.messages())))) == OUTCOME


def test_an_outcome_with_parts_missing_or_moved_is_refused() -> None:
    messages = OUTCOME.messages()
    for i in range(len(messages)):
        with pytest.raises(TallyError, match=r"^child\.outcome"):
            Outcome.of(messages[:i] + messages[i + 1 :])
        with pytest.raises(TallyError, match=r"^child\.outcome"):
            Outcome.of([*messages, messages[i]])
    with pytest.raises(TallyError, match=r"^child\.outcome"):
        Outcome.of([messages[0], *reversed(messages[1:])])


@given(st.lists(st.tuples(st.sampled_from(Kind), st.binary(max_size=300)), max_size=8), st.integers(1, 97))
def test_messages_survive_any_cut_of_the_stream(said: list[tuple[Kind, bytes]], size: int) -> None:
    stream = b"".join(pieces(Message(*item) for item in said))
    assembler = Assembler()
    found = [message for i in range(0, len(stream), size) for message in assembler.feed(stream[i : i + size])]
    assembler.end()
    assert found == [Message(*item) for item in said]


def test_a_message_longer_than_a_frame_goes_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.pipe._LIMITS", LinkLimits(frame=1000))
    stream = b"".join(pieces([Message(Kind.ROWS, bytes(range(256)) * 40)]))
    assert decode(stream) == [Message(Kind.ROWS, bytes(range(256)) * 40)]
    with pytest.raises(TallyError, match=r"child\.message"):
        decode(stream[:-1])


@pytest.fixture
def nursery() -> Iterator[Nursery]:
    made = Nursery()
    yield made
    made.close()


def waiting(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Children that write their process id down and answer one order."""
    body = f"""
    open({str(folder)!r} + "/" + str(os.getpid()), "w").close()
    order()
    pipe.tell(*decode({DONE!r}))
    """
    monkeypatch.setattr(supervise, "command", lambda _: script(body))


def started(folder: Path, count: int) -> list[str]:
    until(10, f"{count} children", lambda: len(list(folder.iterdir())) >= count, poll=0.01)
    return sorted(path.name for path in folder.iterdir())


def test_the_waiting_child_takes_the_order_and_only_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, nursery: Nursery
) -> None:
    waiting(monkeypatch, tmp_path)
    nursery.prepare()
    nursery.prepare()
    (first,) = started(tmp_path, 1)
    assert nursery.run(ORDER, MATERIAL, Seen().watch()) == OUTCOME
    assert started(tmp_path, 1) == [first]
    assert not Path(f"/proc/{first}").exists()
    assert nursery.run(ORDER, MATERIAL, Seen().watch()) == OUTCOME
    assert len(started(tmp_path, 2)) == 2


def test_a_waiting_child_of_older_code_or_a_dead_one_is_not_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, nursery: Nursery
) -> None:
    waiting(monkeypatch, tmp_path)
    nursery.prepare()
    (first,) = started(tmp_path, 1)
    monkeypatch.setattr(supervise.digest, "snapshot", lambda: b"another digest")
    assert nursery.run(ORDER, MATERIAL, Seen().watch()) == OUTCOME
    before = started(tmp_path, 2)
    assert len(before) == 2
    assert not Path(f"/proc/{first}").exists()
    nursery.prepare()
    (third,) = set(started(tmp_path, 3)) - set(before)
    os.kill(int(third), 9)
    os.waitid(os.P_PID, int(third), os.WEXITED | os.WNOWAIT)
    assert nursery.run(ORDER, MATERIAL, Seen().watch()) == OUTCOME


def test_closing_ends_the_waiting_child(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, nursery: Nursery) -> None:
    waiting(monkeypatch, tmp_path)
    nursery.prepare()
    (pid,) = started(tmp_path, 1)
    nursery.close()
    nursery.close()
    assert not Path(f"/proc/{pid}").exists()
