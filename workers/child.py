"""The MPC child process: one party's side of one run, in a process of its own (``python -m workers.child``).

It imports mpyc, which keeps process-global state and reads ``sys.argv``; it holds the run's keys and rows in memory
only; it ends with its node, by the kernel (PR_SET_PDEATHSIG) and by the closed pipe. Before anything of the inputs leaves
it, it says ``input_sent`` and waits for the node to have that on disk.
"""

import asyncio
import ctypes
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, BinaryIO, Final

import numpy as np
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
from mpc.workflow.graph import Workflow
from mpc.workflow.runner import WorkflowResult, run_workflow
from mpc.workflow.values import PrivateTable
from protocol import canonical, commitments
from protocol.backends import threshold_of
from protocol.contract import TaskContract
from protocol.errors import RangeError, TallyError
from workers.child_messages import GO, LinkEnd, ModelPart, Order, Outcome, OutputShare, Peer, StepDone, read_frame
from workers.sources.schema import Schema
from workers.sources.table import Table

_log = structlog.get_logger()
_PR_SET_PDEATHSIG: Final = 1
_SELDOM: Final = 0.5
"""Seconds between two reports within a phase."""


class Pipe:
    """Events to the node, and its word to go on."""

    def __init__(self, incoming: BinaryIO, outgoing: BinaryIO) -> None:
        self._incoming = incoming
        self._outgoing = outgoing
        self._lock = threading.Lock()

    def tell(self, event: str, **fields: object) -> None:
        """One line to the node."""
        with self._lock:
            self._outgoing.write(canonical.dumps({"event": event, **fields}) + b"\n")
            self._outgoing.flush()

    def wait_for_go(self) -> None:
        """Block until the node says so; a closed pipe ends this process at once."""
        if self._incoming.readline(len(GO)) != GO:
            os._exit(1)

    def end_when_closed(self) -> None:
        """From now on the node says nothing more: when the pipe closes, the node is gone, and so is this process."""
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        self._incoming.read(1)
        os._exit(1)


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
            self._pipe.tell("progress", phase=phase[:63], step=step, total=total)


def main() -> int:
    """Run the order on standard input; 0 when the run is done, 1 when it failed (and the node was told why)."""
    _end_with_parent(int(sys.argv[1]))
    sys.argv = sys.argv[:1]
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # a stray print anywhere must not look like an event
    pipe = Pipe(sys.stdin.buffer, os.fdopen(os.dup(1), "wb"))
    os.dup2(2, 1)
    configure("mpc")
    keep_freed_memory()
    prepare()  # while the order is not there yet
    try:
        order = Order.read(read_frame(sys.stdin.buffer))
        key = Ed25519PrivateKey.from_private_bytes(read_frame(sys.stdin.buffer))
        tables = {name: _read_table(sys.stdin.buffer) for name in order.data_sets}
        models = {name: read_frame(sys.stdin.buffer) for name in order.models}
        outcome = _run(order, key, tables, models, pipe)
    except TallyError as error:
        pipe.tell("failed", **_failure(error))
        return 1
    except Exception as error:  # noqa: BLE001 - the node must hear of it: the type only, a message may hold values
        _log.exception("run.program_failed")
        pipe.tell("failed", code="run.program_failed", what=type(error).__name__, peer="", reason="run.program_failed")
        return 1
    pipe.tell("done", outcome=outcome.to_json())
    return 0


def _run(
    order: Order, key: Ed25519PrivateKey, tables: dict[str, PrivateTable], models: dict[str, bytes], pipe: Pipe
) -> Outcome:
    workflow = Workflow.of(TaskContract.read(order.contract))
    config = SessionConfig(
        task=order.task,
        name=order.party,
        parties=tuple(_peer(peer) for peer in order.committee),
        owners=tuple(_peer(peer) for peer in order.owners),
        bind_host=order.bind_host,
        bind_port=order.bind_port,
        node_private_key=key,
        program_digest=order.programs,
        threshold=threshold_of(len(order.committee)),
        timeouts=LinkTimeouts(connect=order.connect, total=order.total),
    )

    async def program(session: Session) -> WorkflowResult:
        pipe.tell("input_sent", run="0x" + session.run_id.hex())
        await asyncio.get_running_loop().run_in_executor(None, pipe.wait_for_go)
        pipe.end_when_closed()
        return await run_workflow(session, workflow, tables, deadline=order.total, models=models)

    found = run_session(config, program, on_progress=Seldom(pipe).progress)
    return Outcome(
        found.run_id,
        found.value.mpc,
        found.value.engine,
        tuple(
            OutputShare(output.name, commitments.Tensor(output.shape, output.fraction_bits, output.data))
            for output in found.value.outputs
        ),
        tuple(StepDone(s.step, s.program, s.milliseconds, s.disclosed) for s in found.value.steps),
        tuple(sorted((_link(item, order.party) for item in found.transcripts), key=lambda link: link.peer)),
        found.value.alignment,
        tuple(ModelPart(source, part) for source, part in found.value.kept),
    )


def _read_table(stream: BinaryIO) -> PrivateTable:
    schema = Schema.parse(canonical.parse(read_frame(stream)))
    table = Table.restore(schema, read_frame(stream))
    identifier = schema.identifier
    ids = table.texts(identifier) if identifier else [str(i) for i in range(table.rows)]
    columns: dict[str, Any] = {}
    for column in schema.columns:
        array = table.array(column.name)
        if column.numeric:
            numbers = array.cast("float64").to_numpy(zero_copy_only=False) / 10.0**column.scale
            columns[column.name] = numbers  # nulls become NaN, which programs refuse
        else:
            columns[column.name] = np.array(table.texts(column.name), dtype=object)
    return PrivateTable(tuple(str(value) for value in ids), columns)


def _link(item: LinkTranscript, party: str) -> LinkEnd:
    low = item.low == party
    sent, received = (item.low_to_high, item.high_to_low) if low else (item.high_to_low, item.low_to_high)
    mine, theirs = (item.low_signature, item.high_signature) if low else (item.high_signature, item.low_signature)
    return LinkEnd(item.peer_of(party), sent.sha256, sent.frames, received.sha256, received.frames, mine, theirs)


def _failure(error: TallyError) -> dict[str, object]:
    if isinstance(error, LinkError):
        return {"code": error.code, "what": error.what, "peer": error.peer, "reason": error.reason}
    reason = "run.input_range" if isinstance(error, RangeError) else "run.program_failed"
    if (isinstance(error, SessionError) and error.code == "session.deadline") or error.code == "workflow.deadline":
        reason = "run.deadline"
    return {"code": error.code, "what": error.what, "peer": "", "reason": reason}


def _peer(peer: Peer) -> PeerConfig:
    return PeerConfig(peer.name, peer.host, peer.port, peer.node_key)


def _end_with_parent(parent: int) -> None:
    """SIGKILL from the kernel when the node's thread that started us ends; and at once when it already has."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
