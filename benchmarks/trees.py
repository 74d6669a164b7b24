"""Boosted trees of two owners' columns: three real processes over pinned TLS links, wall and CPU seconds, bytes, memory.

``python -m benchmarks trees``: a made-up table unless a CSV file is named, whose last column is the label (the first, if it has no
name, counts its rows). Three quarters of the rows train, the others are scored. Sharing the answers, which is done once, is measured
apart from growing the trees. CPU seconds are of all three parties; on a machine that has other things to do they say more than the clock.
"""

import cProfile
import csv
import io
import json
import os
import pstats
import resource
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
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
from mpc.workflow.values import Aligned, AlignedTable, Floats, Label

_TRAIN: Final = 0.75
_MIB: Final = 1024


@dataclass(frozen=True, slots=True)
class Shape:
    """``table`` is ``made`` with so many rows and columns, or a file, which has its own."""

    table: str
    rows: int
    columns: int
    bins: int
    trees: int
    depth: int


def measured(shape: Shape, *, profile: bool = False) -> dict[str, Any]:
    """The figures of one training; ``auc`` of the rows that did not train."""
    slow = slowness()
    found = measured_by_each("benchmarks.trees", shape=asdict(shape), profile=profile)
    largest = {
        name: max(one[name] for one in found) for name in ("sharing_seconds", "growing_seconds", "memory_mib", "rounds")
    }
    together = {name: round(sum(one[name] for one in found), 2) for name in ("sharing_cpu", "growing_cpu", "megabytes")}
    return {
        **found[0]["table"], **largest, **together, "auc": found[0]["auc"], "machine_slower_by": round(slow, 2),
        "load": round(os.getloadavg()[0], 1),
    }  # fmt: skip


def _table(shape: Shape) -> tuple[Floats, Floats]:
    """Columns and label, in a random order of rows."""
    draw = np.random.default_rng(1)
    if shape.table == "made":
        columns = draw.normal(size=(shape.rows, shape.columns))
        signal = columns[:, 0] - columns[:, 1] + columns[:, 2] * columns[:, -1] + draw.normal(size=shape.rows)
        return columns, (signal > 1).astype(np.float64)
    with Path(shape.table).open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    values = np.array(rows, dtype=np.float64)[:, int(not header[0]) :]
    values = values[draw.permutation(len(values))]
    return values[:, :-1], values[:, -1]


class _Timed(MeteredSession):
    """Notes when the answers are shared: the step's first progress."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.shared: tuple[float, float] | None = None

    def progress(self, phase: str, step: int, total: int) -> None:
        del phase, step, total
        self.shared = self.shared or (time.perf_counter(), time.process_time())


def _party(rank: int, order: dict[str, Any]) -> dict[str, Any]:
    shape = Shape(**order["shape"])
    values, target = _table(shape)
    names, half = tuple(f"x{at}" for at in range(values.shape[1])), values.shape[1] // 2
    tables = tuple(
        AlignedTable(f"{owner}-set", owner, names[part], values[:, part].copy() if NAMES[rank] == owner else None)
        for owner, part in ((NAMES[0], slice(0, half)), (NAMES[1], slice(half, None)))
    )
    given = Label(NAMES[0], "labels", "y", len(target), target if rank == 0 else None)
    del values
    program = find("tree.boost@1.0.0")
    parameters = {
        "bins": shape.bins, "trees": shape.trees, "depth": shape.depth, "train_fraction": repr(_TRAIN), "limit": "1000000",
    }  # fmt: skip

    async def body(session: Session) -> dict[str, Any]:
        timed = _Timed(session)
        backend = backend_for(session)
        context = StepContext(
            session=timed, backend=backend, program=program, step="trees", parameters=program.validate_params(parameters),
            inputs={"features": (Aligned(len(target), tables),), "label": (given,)}, minimum_group=0,
            wanted=frozenset({"split_columns", "split_bounds", "leaf_values", "start", "scores"}),
        )  # fmt: skip
        started, cpu = time.perf_counter(), time.process_time()
        profile = cProfile.Profile() if order["profile"] and rank == 0 else None
        if profile is not None:
            profile.enable()
        outputs = await implementation(program.program)(context)
        for value in outputs.values():
            assert isinstance(value, SecureArray)
            await value.settled()
        if profile is not None:
            profile.disable()
            text = io.StringIO()
            pstats.Stats(profile, stream=text).sort_stats("tottime").print_stats(25)
            print(text.getvalue(), file=sys.stderr)
        ended, spent = time.perf_counter(), time.process_time()
        assert timed.shared is not None
        scores = outputs["scores"]
        assert isinstance(scores, SecureArray)
        opened = await backend.open(scores.shares, scores.shape)
        test = target[len(target) - len(opened) :]
        await backend.idle()
        await backend.cancel()
        return {
            "table": {**asdict(shape), "rows": len(target), "columns": len(names)},
            "sharing_seconds": round(timed.shared[0] - started, 2),
            "growing_seconds": round(ended - timed.shared[0], 2),
            "sharing_cpu": timed.shared[1] - cpu,
            "growing_cpu": spent - timed.shared[1],
            "memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // _MIB,
            "rounds": backend.traffic.rounds,
            "megabytes": backend.traffic.bytes_sent / 1e6,
            "auc": _auc(opened.astype(np.float64), test),
        }

    keep_freed_memory()  # as the process of a run does
    return run_session(config(rank, order["addresses"]), body).value


def _auc(scores: Floats, labels: Floats) -> float:
    """Of Mann and Whitney, ties counted half."""
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    ones = labels.sum()
    return float((ranks[labels == 1].sum() - ones * (ones + 1) / 2) / (ones * (len(labels) - ones)))


if __name__ == "__main__":
    print(json.dumps(_party(int(sys.argv[1]), json.loads(sys.argv[2]))))
