"""Genome-wide association of three centres: three real processes over pinned TLS links, wall and CPU seconds, bytes, memory.

``python -m benchmarks association``: generated genotypes, every dosage drawn evenly from none, one, two and missing, which no genome has; what
is counted and compared does not depend on the values. Each centre has a third of the people. Counting at the centre and everything
on shares are within the figures, the drawing is not. CPU seconds are of all three parties; on a machine that has other things to do they say
more than the clock. The opened counts of one variant of a thousand are compared with what was drawn.
"""

import json
import os
import resource
import sys
import time
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from benchmarks.cost.measure import slowness
from benchmarks.engine.our_party import NAMES, config
from benchmarks.three_parties import measured_by_each
from mpc.arrays.interface import SecureArray
from mpc.backends.choice import backend_for
from mpc.backends.fast.kernels import keep_freed_memory
from mpc.programs.catalogue import find, implementation
from mpc.runtime import Session, run_session
from mpc.session import MeteredSession
from mpc.workflow.context import StepContext
from mpc.workflow.values import Genotypes, PrivateTable, Source
from protocol.variants import MISSING, NONE, ONE, TWO, ListName

_MIB: Final = 1024
_EACH: Final = 1000
"""One variant of so many is compared."""


@dataclass(frozen=True, slots=True)
class Shape:
    """``people`` of all centres together; ``group`` is the minimum group, 1 for none."""

    variants: int
    people: int
    group: int


def measured(shape: Shape) -> dict[str, Any]:
    """The figures of one association."""
    slow = slowness()
    found = measured_by_each("benchmarks.association", shape=asdict(shape))
    sampled = np.sum([one["own"] for one in found], axis=0) * np.array(found[0]["shown"])[:, None]
    return {
        **asdict(shape),
        "seconds": max(one["seconds"] for one in found),
        "cpu_seconds": round(sum(one["cpu"] for one in found), 1),
        "memory_mib": max(one["memory_mib"] for one in found),
        "megabytes": round(sum(one["megabytes"] for one in found), 1),
        "rounds": max(one["rounds"] for one in found),
        "shown_of_the_sampled": int(np.sum(found[0]["shown"])),
        "equal_to_pooled": bool(np.array_equal(sampled, found[0]["opened"])),
        "machine_slower_by": round(slow, 2),
        "load": round(os.getloadavg()[0], 1),
    }


def _drawn(rank: int, shape: Shape) -> PrivateTable:
    people = len(range(rank, shape.people, len(NAMES)))
    draw, name = np.random.default_rng((1, rank)), ListName(shape.variants, bytes(32))
    packed = np.frombuffer(draw.bytes(people * name.width), np.uint8).reshape(people, name.width)
    cases = draw.integers(0, 2, people).astype(np.float64)
    return PrivateTable(tuple(str(at) for at in range(people)), {"case": cases, "genotypes": Genotypes(name, packed)})


def _counted(table: PrivateTable, variants: int) -> list[list[int]]:
    """Counts of every sampled variant, from its codes one by one."""
    _, genotypes = table.genotypes(("genotypes",)) or ("", None)
    assert genotypes is not None
    cases, found = np.asarray(table.columns["case"]), list[list[int]]()
    for at in range(0, variants, _EACH):
        codes = genotypes.packed[:, at // 4] >> (2 * (at % 4)) & 3
        assert set(np.unique(codes)) <= {NONE, ONE, TWO, MISSING}
        found.append([int(((cases == case) & (codes == code)).sum()) for case in (0, 1) for code in (NONE, ONE, TWO)])
    return found


def _party(rank: int, order: dict[str, Any]) -> dict[str, Any]:
    shape = Shape(**order["shape"])
    table = _drawn(rank, shape)
    sources = tuple(
        Source(f"{name}-set", name, ("case", "genotypes"), table if NAMES[rank] == name else None) for name in NAMES
    )
    program = find("gwas.assoc@1.0.0")

    async def body(session: Session) -> dict[str, Any]:
        backend = backend_for(session)
        context = StepContext(
            session=MeteredSession(session), backend=backend, program=program, step="test",
            parameters=program.validate_params({"variants": shape.variants}), inputs={"tables": sources},
            minimum_group=shape.group, wanted=frozenset({"counts", "people", "shown"}),
        )  # fmt: skip
        started, cpu = time.perf_counter(), time.process_time()
        outputs = await implementation(program.program)(context)
        for value in outputs.values():
            assert isinstance(value, SecureArray)
            await value.settled()
        await backend.idle()
        figures = {
            "seconds": round(time.perf_counter() - started, 1),
            "cpu": time.process_time() - cpu,
            "memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // _MIB,
            "rounds": backend.traffic.rounds,
            "megabytes": backend.traffic.bytes_sent / 1e6,
        }
        for name in ("counts", "shown"):
            sample = outputs[name]
            assert isinstance(sample, SecureArray)
            sample = sample[np.arange(0, shape.variants, _EACH)]
            figures["opened" if name == "counts" else name] = (await backend.open(sample.shares, sample.shape)).tolist()
        await backend.idle()
        await backend.cancel()
        return {**figures, "own": _counted(table, shape.variants)}

    keep_freed_memory()  # as the process of a run does
    return run_session(config(rank, order["addresses"]), body).value


if __name__ == "__main__":
    print(json.dumps(_party(int(sys.argv[1]), json.loads(sys.argv[2]))))
