"""A party of measured cases: ``python -m benchmarks.cost.party NAME`` or, for all owners outside the committee, ``outside``.

Reads one JSON object a line: a case's key and the committee's ports. Each case runs in a fork of its own, after everything is
imported: the fork answers with one JSON line per step, then with an empty one. Outside owners answer with the empty line only.

Memory of a step is the whole process's resident high-water mark, begun again with the step; freed memory stays in the
process, as in a real run's child.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from benchmarks.cost.cases import COMMITTEE, Case, case_of
from mpc.backends.fast.kernels import keep_freed_memory
from mpc.link.config import LinkTimeouts, PeerConfig, SessionConfig
from mpc.programs.catalogue import CATALOGUE, implementation
from mpc.runtime import Session, prepare, run_session
from mpc.workflow import runner
from mpc.workflow.digest import ENGINE
from protocol.contract import Step

TOTAL = 600.0


def node_key(name: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(sha256(b"cost " + name.encode()).digest())


def resident(field: str) -> int:
    """VmRSS or VmHWM in bytes."""
    with Path("/proc/self/status").open() as status:
        line = next(line for line in status if line.startswith(field))
    return 1024 * int(line.split()[1])


def reset_peak() -> None:
    """Begin VmHWM again (proc(5), clear_refs)."""
    Path("/proc/self/clear_refs").write_text("5")


def session_config(name: str, ports: list[int], outside: tuple[str, ...] = ()) -> SessionConfig:
    """Of a party at its port of this machine, or of an owner ``outside`` the committee."""

    def peer(name: str, host: str, port: int) -> PeerConfig:
        return PeerConfig(name, host, port, node_key(name).public_key().public_bytes_raw())

    computes = name in COMMITTEE
    return SessionConfig(
        task=sha256(json.dumps(ports).encode()).digest(),
        name=name,
        parties=tuple(peer(name, "127.0.0.1", port) for name, port in zip(COMMITTEE, ports, strict=True)),
        owners=tuple(peer(name, "", 0) for name in outside),
        bind_host="127.0.0.1" if computes else "",
        bind_port=ports[COMMITTEE.index(name)] if computes else 0,
        node_private_key=node_key(name),
        program_digest=bytes(32),
        engine=ENGINE,
        engine_digest=bytes(32),
        timeouts=LinkTimeouts(connect=60.0, message=120.0, total=TOTAL),
    )


def measured_steps(tell: Callable[[dict[str, Any]], None]) -> None:
    """Have the runner measure its steps."""
    original = runner.Run.step

    async def measured(self: Any, step: Step) -> runner.StepRecord:  # noqa: ANN401
        reset_peak()
        before = resident("VmRSS")
        traffic = self._backend.traffic
        sent, rounds, failure = self._sent(), traffic.rounds, traffic.failure
        started, cpu = time.perf_counter(), time.process_time()
        record = await original(self, step)
        await self._backend.idle()  # what nobody waited for belongs to this step too
        tell({
            "step": step.id, "program": step.program, "wall": time.perf_counter() - started,
            "cpu": time.process_time() - cpu, "traffic": self._sent() - sent, "memory": resident("VmHWM"),
            "before": before, "rounds": traffic.rounds - rounds, "failure": traffic.failure - failure,
        })  # fmt: skip
        return record

    runner.Run.step = measured  # type: ignore[method-assign]


def run(case: Case, name: str, ports: list[int]) -> None:
    tables, workflow = case.tables(name), case.workflow

    async def program(session: Session) -> runner.WorkflowResult:
        return await runner.run_workflow(session, workflow, tables, deadline=TOTAL)

    run_session(session_config(name, ports, case.outside), program)


def tell(found: dict[str, Any]) -> None:
    os.write(1, json.dumps(found).encode() + b"\n")


def work(case: Case, name: str, ports: list[int]) -> None:
    """In the fork."""
    keep_freed_memory()
    if name == "outside":
        with ThreadPoolExecutor(len(case.outside)) as pool:
            list(pool.map(lambda owner: run(case, owner, ports), case.outside))
        return
    measured_steps(tell)
    run(case, name, ports)


def main() -> None:
    name = sys.argv[1]
    if name != "outside":
        prepare()
    for program in CATALOGUE:
        implementation(program)
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            try:
                work(case_of(tuple(order["case"])), name, order["ports"])
            except BaseException as error:  # noqa: BLE001 - all of them are the answer
                tell({"error": f"{type(error).__name__}: {error}"})
            os._exit(0)
        os.waitpid(child, 0)
        os.write(1, b"\n")


if __name__ == "__main__":
    main()
