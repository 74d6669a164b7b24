"""Starts, watches and ends the MPC child: every wait has a deadline, and nothing of it is left behind.

The child leads a process group of its own; whatever happens, the group is killed before :func:`run_child` returns.
"""

import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final, cast

from mpc.workflow import digest
from protocol import canonical, ids
from protocol.errors import FormatError, TallyError
from protocol.record import Record
from workers.child_messages import GO, MAX_LINE, Order, Outcome, write_frame

_ROOT: Final = Path(__file__).resolve().parents[1]
_PASSED_ON: Final = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "TALLYSTICK_KERNELS")
_READ: Final = 1 << 20
_OVERTIME: Final = 5.0
"""Seconds after the order's own limit: the child reports its deadline itself, with the peer that it waited for."""
_GRACE: Final = 1.0


class ChildFailed(TallyError):
    """The run failed in the child: ``reason`` is a code of protocol.reasons, ``peer`` the party blamed or ""."""

    def __init__(self, code: str, what: str, reason: str, peer: str) -> None:
        super().__init__(code, what, "See this node's log for the task.", reason=reason, peer=peer)
        self.reason: Final = reason
        self.peer: Final = peer


@dataclass(frozen=True, slots=True)
class Watch:
    """What the node does while the child runs. ``input_sent`` must have stored the fact when it returns."""

    input_sent: Callable[[bytes], None]
    progress: Callable[[str, int, int], None]
    stopping: Callable[[], bool]
    idle: Callable[[], None] = lambda: None
    """Called several times a second while the child says nothing."""


@dataclass(frozen=True, slots=True)
class Material:
    """The secrets of one run, kept out of every printout: the node key, (schema, rows) per own data set, kept models."""

    node_key: bytes = field(repr=False)
    tables: Sequence[tuple[bytes, bytes]] = field(repr=False)
    models: Sequence[bytes] = field(default=(), repr=False)


def command() -> list[str]:
    """The child's command line: the parent's process id is all it says."""
    return [sys.executable, "-P", "-m", "workers.child", str(os.getpid())]


def start_child(argv: Sequence[str] | None = None) -> "subprocess.Popen[bytes]":
    """A child in a process group of its own that waits for its order; it ends with the thread that started it."""
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    environment |= {"PYTHONPATH": str(_ROOT), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    return subprocess.Popen(
        argv or command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, cwd="/",
        start_new_session=True, close_fds=True,
    )  # fmt: skip


def end_child(process: "subprocess.Popen[bytes]") -> None:
    """Kill the child's whole group and close its pipes."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    with suppress(BrokenPipeError):
        cast("IO[bytes]", process.stdin).close()
    cast("IO[bytes]", process.stdout).close()
    process.wait()


class ChildAhead:
    """Keeps one child started ahead: its imports are done when an order comes, which saves a run its first seconds.

    Still one process per task and party: a child gets one order and ends. One whose code has changed on disk since it
    was started is not used. :meth:`prepare`, :meth:`run` and :meth:`close` belong to one thread, whose end ends the child.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._code = b""

    def prepare(self) -> None:
        """Start the next child when none waits."""
        if self._process is None or self._process.poll() is not None:
            self.close()
            self._code = digest.snapshot()
            self._process = start_child()

    def run(self, order: Order, material: Material, watch: Watch) -> Outcome:
        """As :func:`run_child`, in the waiting child where there is one."""
        process, self._process = self._process, None
        if process is not None and (process.poll() is not None or self._code != digest.snapshot()):
            end_child(process)
            process = None
        return run_child(order, material, watch, process=process)

    def close(self) -> None:
        """End the waiting child."""
        if self._process is not None:
            end_child(self._process)
            self._process = None


def run_child(
    order: Order,
    material: Material,
    watch: Watch,
    argv: Sequence[str] | None = None,
    process: "subprocess.Popen[bytes] | None" = None,
) -> Outcome:
    """Run the order in a child process (``process``: one that already waits) and return what it computed.

    Raises :class:`ChildFailed`: the child's own reason, ``run.interrupted`` when the node is stopping or the child died,
    ``run.deadline`` when it did not end in time.
    """
    child = process or start_child(argv)
    try:
        return _Run(child, order, material, watch).result()
    finally:
        end_child(child)


class _Run:
    def __init__(self, process: "subprocess.Popen[bytes]", order: Order, material: Material, watch: Watch) -> None:
        self._process = process
        self._watch = watch
        self._stdin = cast("IO[bytes]", process.stdin)
        self._until = time.monotonic() + order.total + _OVERTIME
        # a child that reads nothing must not block the node: the order is written beside the reading of events
        self._writer = threading.Thread(target=self._write, args=(order.data(), material), daemon=True)

    def result(self) -> Outcome:
        self._writer.start()
        for event in self._events():
            record = Record(event, "event")
            kind = record.text("event", 20)
            if kind == "progress":
                phase, step, total = (
                    record.text("phase", 63),
                    record.integer("step", 0, 2**31),
                    record.integer("total", 0, 2**31),
                )
                self._watch.progress(phase, step, total)
            elif kind == "input_sent":
                self._writer.join()
                self._watch.input_sent(record.hex32("run"))
                with suppress(BrokenPipeError):
                    self._stdin.write(GO)
                    self._stdin.flush()
            elif kind == "failed":
                code, what = record.text("code", 63), record.text("what", 2000)
                reason, peer = record.text("reason", 63), record.text("peer", 63)
                raise ChildFailed(code, what, reason, ids.name(peer) if peer else "")
            elif kind == "done":
                return Outcome.parse(record.take("outcome"))
            else:
                raise FormatError("child.event", "The child sent an unknown event.", "Report this.")
        raise ChildFailed("child.died", f"The MPC process {self._ended()}.", "run.interrupted", "")

    def _ended(self) -> str:
        try:
            return f"ended with status {self._process.wait(timeout=_GRACE)}"
        except subprocess.TimeoutExpired:
            return "closed its pipe and went on"  # it is killed by run_child

    def _write(self, order: bytes, material: Material) -> None:
        with suppress(BrokenPipeError, ValueError):
            write_frame(cast("Any", self._stdin), order)
            write_frame(cast("Any", self._stdin), material.node_key)
            for schema, rows in material.tables:
                write_frame(cast("Any", self._stdin), schema)
                write_frame(cast("Any", self._stdin), rows)
            for part in material.models:
                write_frame(cast("Any", self._stdin), part)
            self._stdin.flush()

    def _events(self) -> Any:  # noqa: ANN401 - an iterator of parsed JSON
        descriptor = cast("IO[bytes]", self._process.stdout).fileno()
        os.set_blocking(descriptor, False)
        pending = bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(descriptor, selectors.EVENT_READ)
            while True:
                if self._watch.stopping():
                    raise ChildFailed("node.stopping", "This node is shutting down.", "run.interrupted", "")
                if time.monotonic() > self._until:
                    raise ChildFailed("child.deadline", "The MPC process did not end in time.", "run.deadline", "")
                self._watch.idle()
                if not selector.select(timeout=0.2):
                    continue
                data = os.read(descriptor, _READ)
                if not data:
                    return
                pending += data
                if len(pending) > MAX_LINE:
                    raise FormatError("child.line", "The child sent an endless line.", "Report this.")
                if b"\n" in data:
                    *lines, rest = pending.split(b"\n")
                    pending = bytearray(rest)
                    for line in lines:
                        yield canonical.loads(bytes(line), MAX_LINE)
