"""Starts, watches and ends MPC children: every wait has a deadline, and nothing of one is left behind.

A child leads a process group of its own; whatever happens, the group is killed before :func:`run_child` returns.
"""

import os
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final, cast

from mpc.workflow import digest
from protocol.errors import FormatError, TallyError
from workers.child_messages import Failure, Order, Outcome, Progress
from workers.pipe import Assembler, Kind, Message, pieces

_ROOT: Final = Path(__file__).resolve().parents[1]
_PASSED_ON: Final = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "TALLYSTICK_KERNELS")
_READ: Final = 1 << 20
_RUN_BYTES: Final = 32
_OVERTIME: Final = 5.0
"""Seconds after the order's own limit: the child reports its deadline itself, with the peer that it waited for."""
_GRACE: Final = 1.0


class ChildFailed(TallyError):
    """The run failed in the child: ``reason`` is a code of protocol.reasons, ``peer`` the party blamed or ""."""

    def __init__(self, code: str, what: str, reason: str, peer: str, chinese: str = "") -> None:
        super().__init__(code, what, "See this node's log for the task.", reason=reason, peer=peer)
        self.reason: Final = reason
        self.peer: Final = peer
        self.chinese: Final = chinese


@dataclass(frozen=True, slots=True)
class Watch:
    """What the node does while the child runs. ``input_sent`` must have stored the fact when it returns."""

    input_sent: Callable[[bytes], None]
    progress: Callable[[str, int, int], None]
    stopping: Callable[[], bool]
    idle: Callable[[], None] = lambda: None
    """Called several times a second while the child says nothing."""
    arrivals: Callable[[socket.socket], None] = lambda _: None
    """Told where connections for the child go, once there is a child."""
    commit: Callable[[], bool] = lambda: True
    """All links stand: whether the run goes on. After True it is not put aside."""
    put_aside: Callable[[], bool] = lambda: False
    """Whether the run is to leave its slot; asked several times a second."""


@dataclass(frozen=True, slots=True)
class Material:
    """The secrets of one run, kept out of every printout: the node key, (schema, rows) per own data set, kept models."""

    node_key: bytes = field(repr=False)
    tables: Sequence[tuple[bytes, bytes]] = field(repr=False)
    models: Sequence[bytes] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Child:
    """A child process, and the socket over which it gets connections that its node's door has accepted."""

    process: "subprocess.Popen[bytes]"
    arrivals: socket.socket

    @property
    def running(self) -> bool:
        """Whether it has not ended by itself."""
        return self.process.poll() is None

    def end(self) -> None:
        """Kill the child's whole group and close its pipes."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        with suppress(BrokenPipeError):
            cast("IO[bytes]", self.process.stdin).close()
        cast("IO[bytes]", self.process.stdout).close()
        self.arrivals.close()
        self.process.wait()


def command(arrivals: int) -> list[str]:
    """The child's command line: the parent's process id and the descriptor of its arrivals are all it says."""
    return [sys.executable, "-P", "-m", "workers.child", str(os.getpid()), str(arrivals)]


def start_child(argv: Sequence[str] | None = None) -> Child:
    """A child in a process group of its own that waits for its order; it ends with the thread that started it."""
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    environment |= {"PYTHONPATH": str(_ROOT), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setblocking(False)  # a child that takes no connections must not block the node
    with theirs:
        process = subprocess.Popen(
            argv or command(theirs.fileno()), stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, cwd="/",
            start_new_session=True, close_fds=True, pass_fds=(theirs.fileno(),),
        )  # fmt: skip
    return Child(process, ours)


class Nursery:
    """Starts all children of a node, and keeps one started ahead: its imports are done when an order comes, which saves a
    run its first seconds.

    Still one process per run and party: a child gets one order and ends. One whose code has changed on disk since it was
    started is not used. Children are started by one thread that lives until :meth:`close`, for the kernel ends a child
    with the thread that started it; the other calls may come from any thread.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="nursery")
        self._lock = threading.Lock()
        self._ahead: Child | None = None
        self._code = b""

    def prepare(self) -> None:
        """Start the next child when none waits."""
        with self._lock:
            if self._ahead is None or not self._ahead.running:
                self._drop()
                self._code = digest.snapshot()
                self._ahead = self._start()

    def run(self, order: Order, material: Material, watch: Watch) -> Outcome:
        """As :func:`run_child`, in the waiting child where there is one."""
        with self._lock:
            child, self._ahead = self._ahead, None
            if child is not None and (not child.running or self._code != digest.snapshot()):
                child.end()
                child = None
            child = child or self._start()
        return run_child(order, material, watch, child=child)

    def close(self) -> None:
        """End the waiting child; children that run end with this node's process at the latest."""
        with self._lock:
            self._drop()
        self._thread.shutdown(wait=False)

    def _start(self) -> Child:
        return self._thread.submit(start_child).result()

    def _drop(self) -> None:
        if self._ahead is not None:
            self._ahead.end()
            self._ahead = None


def run_child(
    order: Order,
    material: Material,
    watch: Watch,
    argv: Sequence[str] | None = None,
    child: Child | None = None,
) -> Outcome:
    """Run the order in a child process (``child``: one that already waits) and return what it computed.

    Raises :class:`ChildFailed`: the child's own reason, ``run.interrupted`` when the node is stopping, the run was put aside
    or the child died, ``run.deadline`` when it did not end in time.
    """
    child = child or start_child(argv)
    try:
        watch.arrivals(child.arrivals)
        return _Run(child.process, order, material, watch).result()
    finally:
        child.end()


class _Run:
    def __init__(self, process: "subprocess.Popen[bytes]", order: Order, material: Material, watch: Watch) -> None:
        self._process = process
        self._watch = watch
        self._stdin = cast("IO[bytes]", process.stdin)
        self._until = time.monotonic() + order.total + _OVERTIME
        # a child that reads nothing must not block the node: the order is written beside the reading of messages
        self._writer = threading.Thread(target=self._write, args=(order.data(), material), daemon=True)

    def result(self) -> Outcome:
        self._writer.start()
        parts: list[Message] = []
        for message in self._messages():
            match message.kind:
                case Kind.PROGRESS:
                    said = Progress.read(message.data)
                    self._watch.progress(said.phase, said.step, said.total)
                case Kind.CONNECTED:
                    if not self._watch.commit():
                        raise _put_aside()
                    self._go()
                case Kind.INPUT_SENT if len(message.data) == _RUN_BYTES:
                    self._watch.input_sent(message.data)
                    self._go()
                case Kind.FAILED:
                    failure = Failure.read(message.data)
                    raise ChildFailed(failure.code, failure.what, failure.reason, failure.peer, failure.chinese)
                case Kind.OUTCOME | Kind.SHARE | Kind.MODEL_PART | Kind.ALIGNMENT:
                    parts.append(message)
                case Kind.DONE:
                    return Outcome.of(parts)
                case _:
                    raise FormatError("child.message", f"The child sent a wrong {message.kind.name}.", "Report this.")
        raise ChildFailed("child.died", f"The MPC process {self._ended()}.", "run.interrupted", "")

    def _go(self) -> None:
        self._writer.join()
        self._send([Message(Kind.GO, b"")])

    def _ended(self) -> str:
        try:
            return f"ended with status {self._process.wait(timeout=_GRACE)}"
        except subprocess.TimeoutExpired:
            return "closed its pipe and went on"  # it is killed by run_child

    def _write(self, order: bytes, material: Material) -> None:
        messages = [Message(Kind.ORDER, order), Message(Kind.NODE_KEY, material.node_key)]
        for schema, rows in material.tables:
            messages += [Message(Kind.SCHEMA, schema), Message(Kind.ROWS, rows)]
        self._send(messages + [Message(Kind.MODEL, part) for part in material.models])

    def _send(self, messages: Sequence[Message]) -> None:
        with suppress(BrokenPipeError, ValueError):
            for piece in pieces(messages):
                self._stdin.write(piece)
            self._stdin.flush()

    def _messages(self) -> Iterator[Message]:
        descriptor = cast("IO[bytes]", self._process.stdout).fileno()
        os.set_blocking(descriptor, False)
        assembler = Assembler()
        with selectors.DefaultSelector() as selector:
            selector.register(descriptor, selectors.EVENT_READ)
            while True:
                if self._watch.stopping():
                    raise ChildFailed("node.stopping", "This node is shutting down.", "run.interrupted", "")
                if self._watch.put_aside():
                    raise _put_aside()
                if time.monotonic() > self._until:
                    raise ChildFailed("child.deadline", "The MPC process did not end in time.", "run.deadline", "")
                self._watch.idle()
                if not selector.select(timeout=0.2):
                    continue
                data = os.read(descriptor, _READ)
                if not data:
                    return
                yield from assembler.feed(data)


def _put_aside() -> ChildFailed:
    return ChildFailed("node.put_aside", "A party of the run was not ready after all.", "run.interrupted", "")
