"""One compute party of a measured case: ``python -m benchmarks.cost.party '<json>'``; prints one JSON line per step.

Memory of a step is the whole process's resident high-water mark, reset when the step begins.
"""

import json
import sys
import time
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from benchmarks.cost.cases import COMMITTEE, horizontal, vertical
from protocol.contract import Step
from workers.mpc.link.config import LinkTimeouts, PeerConfig, SessionConfig
from workers.mpc.programs import runner
from workers.mpc.runtime import Session, run_session


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


def main() -> None:
    spec = json.loads(sys.argv[1])
    made = vertical if spec["layout"] == "aligned" else horizontal
    case = next(c for c in made(spec["rows"], spec["columns"]) if c.name == spec["case"])
    parties = tuple(
        PeerConfig(name, "127.0.0.1", port, node_key(name).public_key().public_bytes_raw())
        for name, port in zip(COMMITTEE, spec["ports"], strict=True)
    )
    config = SessionConfig(
        task=sha256(json.dumps(spec["ports"]).encode()).digest(),
        name=spec["name"],
        parties=parties,
        bind_host="127.0.0.1",
        bind_port=spec["ports"][COMMITTEE.index(spec["name"])],
        node_private_key=node_key(spec["name"]),
        program_digest=bytes(32),
        timeouts=LinkTimeouts(total=spec["total"]),
    )
    tables, workflow = case.tables(spec["name"]), case.workflow
    original = runner.Run.step

    async def measured(self: Any, step: Step) -> runner.StepRecord:  # noqa: ANN401
        reset_peak()
        traffic = self._backend.traffic
        sent, rounds, failure = self._sent(), traffic.rounds, traffic.failure
        started = time.perf_counter()
        record = await original(self, step)
        found = {
            "step": step.id,
            "program": step.program,
            "seconds": time.perf_counter() - started,
            "traffic": self._sent() - sent,
            "memory": resident("VmHWM"),
            "rounds": traffic.rounds - rounds,
            "failure": traffic.failure - failure,
        }
        print(json.dumps(found), flush=True)
        return record

    runner.Run.step = measured

    async def program(session: Session) -> runner.WorkflowResult:
        return await runner.run_workflow(session, workflow, tables, deadline=spec["total"])

    run_session(config, program)


if __name__ == "__main__":
    main()
