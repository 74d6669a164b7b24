"""The MPC child process: one party's side of one run, in a process of its own (``python -m workers.child``).

It imports mpyc, which keeps process-global state and reads ``sys.argv``; it holds the run's keys and rows in memory
only; it ends with its node, by the kernel (PR_SET_PDEATHSIG) and by the closed pipe.

Its life is *open → serve → close*. It opens: loads its order and inputs, makes the links, asks whether to go on (the node
may put the run aside until then), agrees the run id, says INPUT_SENT and waits for the node to have that on disk. It
serves: a task runs its workflow once. It closes: countersigns the links and hands the outcome over.
"""

import asyncio
import ctypes
import os
import resource
import signal
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Self

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from logs.configuration import configure
from mpc.backends.fast.kernels import keep_freed_memory
from mpc.runtime import (
    LinkError,
    LinkTimeouts,
    LinkTranscript,
    PeerConfig,
    Session,
    SessionConfig,
    SessionError,
    prepare,
    run_session,
)
from mpc.workflow.digest import ENGINE, engine_digest
from mpc.workflow.graph import Workflow
from mpc.workflow.runner import WorkflowResult, run_workflow
from mpc.workflow.values import PrivateTable
from protocol import canonical, commitments, data_faults
from protocol.backends import threshold_of
from protocol.contract import TaskContract
from protocol.errors import RangeError, TallyError
from protocol.programs import Language
from workers import fitting
from workers.child_messages import (
    Failure,
    LinkEnd,
    ModelPart,
    Order,
    Outcome,
    OutputShare,
    Peer,
    Progress,
    StepDone,
)
from workers.own_rows import private_table
from workers.pipe import Kind, Message, Pipe
from workers.sources.schema import Schema
from workers.sources.table import Table

_log = structlog.get_logger()
_PR_SET_PDEATHSIG: Final = 1
_LANGUAGES: Final[tuple[Language, Language]] = ("en", "zh")
_SELDOM: Final = 0.5
"""Seconds between two reports within a phase."""


_PLAN_SECONDS: Final = 3.0
"""Processor seconds that a plan may take before a run."""


class NoRoom(TallyError):
    """A step has no room for tables of the registered sizes, by its program's own plan."""

    def __init__(self, step: str, error: TallyError) -> None:
        super().__init__(error.code, f"Step {step}: {error.what}", error.fix)


class _TooLong(BaseException):
    """A plan took longer than it may; no error of a program's, which would be taken for one that says nothing."""


class Seldom:
    """Progress for the node: a phase's beginning and end, and in between no more than the node passes on."""

    def __init__(self, pipe: Pipe, clock: Callable[[], float] = time.monotonic) -> None:
        self._pipe = pipe
        self._clock = clock
        self._phase = ""
        self._last = 0.0

    def progress(self, phase: str, step: int, total: int) -> None:
        """Counts only: what a program computes on never comes here."""
        now = self._clock()
        if phase != self._phase or step == total or now - self._last >= _SELDOM:
            self._phase, self._last = phase, now
            self._pipe.tell(Progress(phase, step, total).message())


def main() -> int:
    """Run the order on standard input; 0 when the run is done, 1 when it failed (and the node was told why)."""
    _end_with_parent(int(sys.argv[1]))
    arrivals = socket.socket(fileno=int(sys.argv[2]))
    arrivals.setblocking(False)
    sys.argv = sys.argv[:1]
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # a stray print anywhere must not look like a message
    pipe = Pipe(0, os.fdopen(os.dup(1), "wb"))
    os.dup2(2, 1)
    configure("mpc")
    keep_freed_memory()
    prepare()  # while the order is not there yet
    try:
        outcome = _Task.load(pipe, arrivals).run()
    except TallyError as error:
        pipe.tell(_failure(error).message())
        return 1
    except Exception as error:  # noqa: BLE001 - the node must hear of it: the type only, a message may hold values
        _log.exception("run.program_failed")
        pipe.tell(Failure("run.program_failed", type(error).__name__, "run.program_failed").message())
        return 1
    _log.info("run.ended", steps=len(outcome.steps))
    pipe.tell(*outcome.messages(), Message(Kind.DONE, b""))
    return 0


@dataclass(frozen=True, slots=True)
class _Task:
    """A run that answers one question, its contract's workflow, and closes."""

    pipe: Pipe
    order: Order
    key: Ed25519PrivateKey = field(repr=False)
    tables: dict[str, PrivateTable] = field(repr=False)
    models: dict[str, bytes] = field(repr=False)
    arrivals: socket.socket

    @classmethod
    def load(cls, pipe: Pipe, arrivals: socket.socket) -> Self:
        """The order and what belongs to it, from the node."""
        order = Order.read(pipe.read(Kind.ORDER))
        structlog.contextvars.bind_contextvars(task=order.task.hex())  # one process, one run: every line is about it
        key = Ed25519PrivateKey.from_private_bytes(pipe.read(Kind.NODE_KEY))
        tables = {name: _read_table(pipe) for name in order.data_sets}
        models = {name: pipe.read(Kind.MODEL) for name in order.models}
        return cls(pipe, order, key, tables, models, arrivals)

    def run(self) -> Outcome:
        """Open, serve, close."""
        self._require_room()
        _log.info("run.begun", parties=len(self.order.committee) + len(self.order.owners))
        found = run_session(
            self._config(), self._serve, on_progress=Seldom(self.pipe).progress, on_connected=self._connected
        )
        return Outcome(
            found.run_id,
            found.value.mpc,
            found.value.engine,
            tuple(
                OutputShare(output.name, commitments.Tensor(output.shape, output.fraction_bits, output.data))
                for output in found.value.outputs
            ),
            tuple(StepDone(s.step, s.program, s.milliseconds, s.disclosed) for s in found.value.steps),
            tuple(sorted((_link(item, self.order.party) for item in found.transcripts), key=lambda link: link.peer)),
            found.value.alignment,
            tuple(ModelPart(source, part) for source, part in found.value.kept),
        )

    def _require_room(self) -> None:
        """Refuse what the programs have no room for, or this node no memory, by public sizes alone, before any peer hears of it; a
        plan that takes long is left to the run.
        """
        if not self.order.rows:
            return
        signal.signal(signal.SIGVTALRM, _too_long)
        signal.setitimer(signal.ITIMER_VIRTUAL, _PLAN_SECONDS)
        try:
            contract = TaskContract.read(self.order.contract)
            found = fitting.room(contract, dict(self.order.rows), self.models, self.order.memory)
        except _TooLong:
            _log.info("plan.too_long")
            return
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        if found.refusal is not None:
            raise NoRoom(found.step, found.refusal)

    async def _connected(self) -> None:
        await _ask(self.pipe, Message(Kind.CONNECTED, b""))

    async def _serve(self, session: Session) -> WorkflowResult:
        await _ask(self.pipe, Message(Kind.INPUT_SENT, session.run_id))
        self.pipe.end_when_closed()
        workflow = Workflow.of(TaskContract.read(self.order.contract))
        return await run_workflow(session, workflow, self.tables, deadline=self.order.total, models=self.models)

    def _config(self) -> SessionConfig:
        order = self.order
        return SessionConfig(
            task=order.task,
            name=order.party,
            parties=tuple(_peer(peer) for peer in order.committee),
            owners=tuple(_peer(peer) for peer in order.owners),
            bind_host="",
            bind_port=0,
            node_private_key=self.key,
            program_digest=order.programs,
            engine=ENGINE,
            engine_digest=engine_digest(),
            threshold=threshold_of(len(order.committee)),
            timeouts=LinkTimeouts(connect=order.connect, total=order.total),
            arrivals=self.arrivals,
            preambles={peer.name: peer.preamble for peer in (*order.committee, *order.owners)},
        )


async def _ask(pipe: Pipe, message: Message) -> None:
    """Heartbeats go on while the node is asked."""
    await asyncio.get_running_loop().run_in_executor(None, pipe.ask, message)


def _read_table(pipe: Pipe) -> PrivateTable:
    schema = Schema.parse(canonical.parse(pipe.read(Kind.SCHEMA)))
    return private_table(Table.restore(schema, pipe.read(Kind.ROWS)))


def _link(item: LinkTranscript, party: str) -> LinkEnd:
    low = item.low == party
    sent, received = (item.low_to_high, item.high_to_low) if low else (item.high_to_low, item.low_to_high)
    mine, theirs = (item.low_signature, item.high_signature) if low else (item.high_signature, item.low_signature)
    return LinkEnd(item.peer_of(party), sent.digest, sent.frames, received.digest, received.frames, mine, theirs)


def _failure(error: TallyError) -> Failure:
    if isinstance(error, LinkError):
        return Failure(error.code, error.what, error.reason, error.peer)
    if isinstance(error, NoRoom):
        return Failure(error.code, error.what, "check.does_not_fit")
    reason = "run.input_range" if isinstance(error, RangeError) else "run.program_failed"
    if (isinstance(error, SessionError) and error.code == "session.deadline") or error.code == "workflow.deadline":
        reason = "run.deadline"
    english, chinese = (
        data_faults.said(error.code, error.what, error.fix, error.details, language) for language in _LANGUAGES
    )
    return Failure(error.code, english, reason, chinese=chinese if error.code in data_faults.RULES else "")


def _peer(peer: Peer) -> PeerConfig:
    return PeerConfig(peer.name, peer.host, peer.port, peer.node_key)


def _too_long(number: int, frame: object) -> None:
    del number, frame
    raise _TooLong


def _end_with_parent(parent: int) -> None:
    """SIGKILL from the kernel when the node's thread that started us ends; and at once when it already has."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
