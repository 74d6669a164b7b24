"""``python -m benchmarks history``: what the coordinator costs after many tasks have ended, at rest and when it is asked.

Two systems, each with its own chain, database and processes, hold few and many ended tasks (``ended.sql``, made in bulk).
*At rest* nobody asks anything: CPU time of all database processes, as the kernel counts it (proc(5)), by the time measured.
*Asked* is the client's time for a page of ``GET /v1/tasks`` over loopback, median and best of :data:`_ASKED`; the best is what
other work on the machine does not blur.
"""

import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import psycopg
import structlog

from benchmarks.history import ended
from demo.data import split
from demo.story import NODES
from demo.system import System
from embedded.stack import Stack

FEW_AND_MANY: Final = (100, 10_000)
WATCHED: Final = 30.0
_ASKED: Final = 60
_SETTLE: Final = 15.0
_TICKS: Final = os.sysconf("SC_CLK_TCK")


def measured(counts: tuple[int, ...], seconds: float) -> dict[str, Any]:
    """The figures of a system with each of so many ended tasks, watched so many seconds at rest."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    machine = (
        f"{time.strftime('%Y-%m-%d %H:%M UTC', time.gmtime())}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.2f}"
    )
    return {"machine": machine, "rows": [one(count, seconds) for count in counts]}


def one(count: int, seconds: float) -> dict[str, Any]:
    """One system with so many ended tasks."""
    with tempfile.TemporaryDirectory(prefix="tally-bench-") as folder:
        Path(folder).chmod(0o711)
        state = Path(folder) / "state"
        state.mkdir(mode=0o711)
        with Stack(state / "stack", [role.name for role in NODES]) as stack:
            ended.make(stack.info.database, count)
        system = System(state, dict(zip(("hospital", "laboratory"), split(), strict=True)))
        try:
            with system:
                time.sleep(_SETTLE)
                at_rest = database_cpu(system.stack.info.database, seconds)
                asked = page_seconds(system)
        finally:
            system.erase()
    return {
        "ended_tasks": count,
        "database_cpu_percent_at_rest": round(at_rest * 100, 2),
        "tasks_page_ms": round(statistics.median(asked) * 1000, 1),
        "tasks_page_best_ms": round(min(asked) * 1000, 1),
    }


def page_seconds(system: System) -> list[float]:
    """Times of many requests for the newest page of a party's tasks."""
    found: list[float] = []
    with system.client("hospital") as client:
        for _ in range(_ASKED):
            begun = time.perf_counter()
            client.tasks(limit=50)
            found.append(time.perf_counter() - begun)
    return found


def database_cpu(dsn: str, seconds: float) -> float:
    """CPU seconds of the database's processes in a second."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        before, begun = _spent(connection), time.monotonic()
        time.sleep(seconds)
        after, took = _spent(connection), time.monotonic() - begun
    # One that was not there before spent all of its time within.
    return sum(spent - before.get(pid, 0.0) for pid, spent in after.items()) / took


def _spent(connection: psycopg.Connection[Any]) -> dict[int, float]:
    rows = connection.execute("SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()").fetchall()
    found: dict[int, float] = {}
    for (pid,) in rows:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        # utime and stime are fields 14 and 15; the first here is the third.
        found[pid] = sum(int(value) for value in fields[11:13]) / _TICKS
    return found
