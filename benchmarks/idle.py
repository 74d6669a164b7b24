"""``python -m benchmarks idle``: what a running ``make up`` costs while nobody asks anything of it.

Per process, CPU time as the kernel counts it (proc(5): utime, stime and those of children it has waited for) over the measured
time, and lines that any log gained. Children that have no record file of their own (PostgreSQL's workers, the MPC process
that a node keeps ready) count towards the process that started them, so nothing is left out.
"""

import json
import os
import platform
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from chain.child import Identity, is_alive, read_record
from protocol.errors import UnavailableError

RESULTS: Final = Path(__file__).with_name("results_idle.json")
CPU_LIMIT: Final = 1.0
"""Percent of one core that a process may take."""
LINES_LIMIT: Final = 1.0
"""Log lines a minute that a process may write: fewer than this."""
_SUPERVISOR: Final = "supervisor"


@dataclass(frozen=True, slots=True)
class Sample:
    """One look: CPU seconds per process id, and lines per log."""

    seconds: float
    cpu: dict[int, float]
    lines: dict[Path, int]


def measure(state: Path, seconds: float, *, write: bool) -> int:
    """Measure the system whose ``up.pid`` is in ``state``; prints the figures, returns 1 when one is above its limit."""
    figures = measured(state, seconds)
    text = json.dumps(figures, indent=1)
    print(text)
    if write:
        RESULTS.write_text(text + "\n")
    return 0 if figures["within_limits"] else 1


def measured(state: Path, seconds: float) -> dict[str, Any]:
    """The figures."""
    owner = read_record(state / "up.pid")
    if owner is None or not is_alive(owner):
        raise UnavailableError("idle.not_running", f"No system runs in {state}.", "Start it with `make up`.")
    names = {owner.pid: _SUPERVISOR} | {
        found.pid: path.stem for path in records(state) if (found := _alive(path)) is not None
    }
    before = sample(owner.pid, state)
    time.sleep(seconds)
    after = sample(owner.pid, state)
    took = after.seconds - before.seconds
    owners = {pid: _named_above(pid, names) for pid in after.cpu}
    cpu = dict.fromkeys(names.values(), 0.0)
    for pid, name in owners.items():
        # one that was not there before spent all of its time within the measured one
        cpu[name] += after.cpu[pid] - before.cpu.get(pid, 0.0)
    lines = {
        str(path.relative_to(state)): (count - before.lines.get(path, 0)) * 60 / took
        for path, count in after.lines.items()
    }
    percent = {name: round(spent * 100 / took, 2) for name, spent in cpu.items()}
    return {
        "seconds": round(took, 1),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "cpu_percent": dict(sorted(percent.items())),
        "cpu_percent_together": round(sum(cpu.values()) * 100 / took, 2),
        "log_lines_a_minute": {path: round(rate, 2) for path, rate in sorted(lines.items())},
        "came_and_went": sorted(_named_above(pid, names) for pid in before.cpu.keys() ^ after.cpu.keys()),
        "within_limits": max(percent.values()) < CPU_LIMIT and max(lines.values(), default=0.0) < LINES_LIMIT,
    }


def sample(root: int, state: Path) -> Sample:
    """One look at ``root``, everything below it, and every log below ``state``."""
    ticks = os.sysconf("SC_CLK_TCK")
    found: dict[int, list[str]] = {}
    for place in Path("/proc").glob("[0-9]*"):
        fields = _stat(int(place.name))
        if fields is not None:
            found[int(place.name)] = fields
    below, grown = {root}, True
    while grown:
        more = {pid for pid, fields in found.items() if int(fields[1]) in below} - below
        below |= more
        grown = bool(more)
    # utime, stime, cutime, cstime are fields 14 to 17; the first here is the third
    cpu = {pid: sum(int(value) for value in found[pid][11:15]) / ticks for pid in below if pid in found}
    return Sample(time.monotonic(), cpu, {path: path.read_bytes().count(b"\n") for path in state.rglob("*.log")})


def records(state: Path) -> list[Path]:
    """Files that name a process: of the system's own processes, and of the stack below it."""
    return [*(state / "demo" / "pids").iterdir(), *(state / "demo" / "stack").glob("*/*.pid")]


def _alive(path: Path) -> Identity | None:
    found = read_record(path)
    return found if found is not None and is_alive(found) else None


def _named_above(pid: int, names: dict[int, str]) -> str:
    while pid not in names:
        fields = _stat(pid)
        if fields is None:
            return _SUPERVISOR
        pid = int(fields[1])
    return names[pid]


def _stat(pid: int) -> list[str] | None:
    """Fields of ``/proc/PID/stat`` from the third on: the second, a name, may hold spaces and parentheses."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
