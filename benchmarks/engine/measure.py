"""A run: every engine's processes side by side, one row after the other, repeats interleaved between the engines."""

import contextlib
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

import numpy as np

from benchmarks.engine import machine, network, processes, spu_environment
from benchmarks.engine.processes import FailedError, Group
from benchmarks.engine.results import FAILED, Line, Results, Timing
from benchmarks.engine.work import BY_KEY, Row, Size

T = TypeVar("T")
_LONG = 3.0
"""A first run longer than this (seconds) counts; a shorter one only warms up."""
_AFFORDED = 90.0
"""Seconds for one engine's repeats of one row: runs that take longer are fewer; tables state the number."""
_MOST = 21
_SPEND = 2.0
"""Short rows are repeated more often, until so many seconds are spent on them."""
NO_EXPONENTIAL = "not run: MPyC has no exponential"
NOT_DELAYED = "not run with a delay: its seconds are computing, a delay would add little"


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run. ``delays`` in seconds, one way; ``patience``: seconds after which an answer is given up."""

    size: Size
    size_name: str
    rows: Sequence[str]
    delays: Sequence[float]
    engines: Sequence[str]
    repeats: int
    patience: float = 300.0
    install_spu: bool = True

    @property
    def quick(self) -> bool:
        """Whether only that everything works is to be seen."""
        return self.size_name == "quick"


class Station:
    """One engine at one delay: started when first needed, started anew after a failure."""

    def __init__(self, engine: str, delay: float, patience: float) -> None:
        self.engine = engine
        self._delay = delay
        self._patience = patience
        self._stack = contextlib.ExitStack()
        self._group: Group | None = None

    def group(self) -> Group:
        """The running processes."""
        if self._group is None:
            addresses = self._stack.enter_context(network.addresses(self._delay))
            with processes.ENDING.held():
                self._group = self._stack.enter_context(_STARTS[self.engine](addresses, self._patience))
        return self._group

    def close(self) -> None:
        """End the processes and the proxy."""
        self._stack.close()
        self._group = None


_STARTS: dict[str, Callable[[list[list[str]], float], Group]] = {
    "spu": processes.spu,
    "mpyc": processes.mpyc,
    "ours": lambda addresses, patience: processes.ours(addresses, patience, plain=False),
    "ours_plain": lambda addresses, patience: processes.ours(addresses, patience, plain=True),
}


def run(plan: Plan, results: Results, keep: Callable[[Results], None], *, resume: bool) -> Results:
    """Measure rows into ``results``, told to ``keep`` after every row; what an engine cannot do is noted in its row.

    ``resume``: rows that are there and did not fail are left as they are.
    """
    missing = _missing_spu(plan)
    todo = [(delay, key) for delay in plan.delays for key in plan.rows]
    if resume:
        todo = [(delay, key) for delay, key in todo if _unfinished(results.line(key, delay * 1e3))]
    began, done = time.monotonic(), 0
    for delay in plan.delays:
        with _stations(plan, delay, missing) as stations:
            for key in [key for at, key in todo if at == delay]:
                done += 1
                title = BY_KEY[key].title(plan.size)
                print(f"[{done}/{len(todo)}, {_minutes(began)}] {delay * 1e3:g} ms  {title}", flush=True)
                results = results.with_line(_row(BY_KEY[key], plan, delay, stations, missing))
                keep(results)
    print(f"rows done: {_minutes(began)}", flush=True)
    return results


def _unfinished(line: Line | None) -> bool:
    return line is None or line.failed


def _minutes(began: float) -> str:
    return f"{(time.monotonic() - began) / 60:.1f} min"


def _missing_spu(plan: Plan) -> str | None:
    """Why there is no SPU, if so."""
    if "spu" not in plan.engines:
        return "not asked for"
    if not plan.install_spu and not spu_environment.present():
        return "not installed"
    try:
        spu_environment.python()
    except spu_environment.UnavailableError as error:
        print(error, flush=True)
        return str(error)
    return None


@contextlib.contextmanager
def _stations(plan: Plan, delay: float, missing: str | None) -> Generator[list[Station]]:
    names = [name for name in plan.engines if (name != "spu" or missing is None) and (name != "mpyc" or not delay)]
    stations = [Station(name, delay, plan.patience) for name in names]
    try:
        yield stations
    finally:
        for station in stations:
            station.close()


def _row(row: Row, plan: Plan, delay: float, stations: Sequence[Station], missing: str | None) -> Line:
    title, measured = row.title(plan.size), machine.stamp()
    notes = _notes(row, plan, delay, missing)
    local = local_fit(row.key, plan.size) if row.family == "horizontal" else None
    found = {name: _with_error(timing, local) for name, timing in _timed(row, plan, stations, notes).items()}
    timings = {name: timing for name, timing in found.items() if right(row, name, timing, notes)}
    for name, timing in timings.items():
        print(f"    {name:10} {timing.median:10.4f} s  ({timing.runs} runs)", flush=True)
    for name, note in notes.items():
        print(f"    {name:10} {note}", flush=True)
    return Line(row.key, title, delay * 1e3, timings, notes, None if local is None else local["seconds"], measured)


def right(row: Row, engine: str, timing: Timing, notes: dict[str, str]) -> bool:
    """Whether the result is right; a wrong one has no seconds, only a note."""
    limit = row.errors[0 if engine.startswith("ours") else 1]
    if timing.error is not None and timing.error <= limit:
        return True
    notes[engine] = f"{FAILED}wrong result, error {timing.error} where {limit:g} is allowed"
    return False


def _notes(row: Row, plan: Plan, delay: float, missing: str | None) -> dict[str, str]:
    notes: dict[str, str] = {}
    if "spu" in row.peers and missing is not None:
        notes["spu"] = missing
    if "mpyc" in plan.engines and not delay and row.family == "logistic" and "mpyc" not in row.peers:
        notes["mpyc"] = NO_EXPONENTIAL
    if "mpyc" in plan.engines and delay and "mpyc" in row.peers:
        notes["mpyc"] = NOT_DELAYED
    return notes


def _timed(row: Row, plan: Plan, stations: Sequence[Station], notes: dict[str, str]) -> dict[str, Timing]:
    """Interleaved repeats of everybody who does this row."""
    taking = [s for s in stations if s.engine in row.peers or s.engine.startswith("ours")]
    wanted = {s.engine: plan.repeats for s in taking}
    factors = {s.engine: row.mpyc_part if s.engine == "mpyc" and not plan.quick else 1 for s in taking}
    seconds: dict[str, list[float]] = {s.engine: [] for s in taking}
    before: dict[str, dict[str, float]] = {}
    backends: dict[str, str] = {}

    def attempt(station: Station, action: Callable[[Group], T]) -> T | None:
        if station.engine in notes:
            return None
        try:
            return action(station.group())
        except (FailedError, OSError) as error:
            notes[station.engine] = f"{FAILED}{error}"
            station.close()
            return None

    for station in taking:
        attempt(station, lambda _: None)  # all engines that are not running yet start side by side
    for station in taking:
        prepare = partial(Group.prepare, row=row.key, size=plan.size.part(factors[station.engine]))
        backends[station.engine] = attempt(station, prepare) or ""
        before[station.engine] = attempt(station, Group.counters) or {}
        first = attempt(station, Group.run)
        if first is not None and (first > _LONG or wanted[station.engine] == 1):
            seconds[station.engine].append(first)
            wanted[station.engine] = min(wanted[station.engine], _affordable(first))
        elif first is not None:
            before[station.engine] = attempt(station, Group.counters) or {}
    spend = time.monotonic() + (0 if plan.quick else _SPEND)
    while any(_more(seconds[s.engine], wanted[s.engine], spend) for s in taking if s.engine not in notes):
        for station in taking:
            if _more(seconds[station.engine], wanted[station.engine], spend):
                found = attempt(station, Group.run)
                if found is not None:
                    seconds[station.engine].append(found)
    timings: dict[str, Timing] = {}
    for station in taking:
        own = seconds[station.engine]
        after = attempt(station, Group.counters)
        outcome = attempt(station, lambda group: group.ask("error"))
        if outcome is not None and after is not None and own:
            timing = _timing(own, before[station.engine], after, _merged(outcome), factors[station.engine])
            timings[station.engine] = replace(timing, backend=backends[station.engine])
    return timings


def _affordable(first: float) -> int:
    return 1 if first > _AFFORDED else max(2, int(_AFFORDED / first))


def _more(own: list[float], wanted: int, spend: float) -> bool:
    """Whether this engine runs again: as often as wanted, and on while the row is short."""
    if len(own) < wanted:
        return True
    return wanted > 1 and len(own) < _MOST and time.monotonic() < spend and statistics.median(own) < _SPEND / 10


def _merged(outcome: list[dict[str, Any]]) -> dict[str, Any]:
    """All parties' words on one result: the largest error, the highest peak; owners' orders of rows must agree."""
    found = dict(outcome[0])
    for key in {"error", "peak"} & found.keys():
        values = [one[key] for one in outcome]
        found[key] = max(values) if not any(np.isnan(values)) else float("nan")
    if len({one["order"] for one in outcome if "order" in one}) > 1:
        found["error"] = float("nan")
    found.pop("order", None)
    return found


def _timing(
    own: list[float], before: dict[str, float], after: dict[str, float], outcome: dict[str, Any], factor: int
) -> Timing:
    sent = {key: (value - before[key]) / len(own) * factor for key, value in after.items()}
    error = outcome.pop("error", None)
    return Timing(
        statistics.median(own) * factor, min(own) * factor, max(own) * factor, len(own),
        sent["wire"], sent.get("cpu"), sent.get("payload"), sent.get("rounds"),
        error, more=outcome, factor=factor,
    )  # fmt: skip


def local_fit(key: str, size: Size) -> dict[str, Any]:
    """scikit-learn on the pooled rows, in a process of its own: seconds and coefficients."""
    command = [sys.executable, "-m", "benchmarks.engine.local", key, json.dumps(size.sent())]
    done = subprocess.run(command, cwd=processes.ROOT, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _with_error(timing: Timing, local: dict[str, Any] | None) -> Timing:
    """Where the result is a model: its coefficients against scikit-learn's."""
    if local is None:
        return timing
    more = dict(timing.more)
    found = np.asarray(more.pop("coefficients"))
    return replace(timing, error=float(np.abs(found - np.asarray(local["coefficients"])).max()), more=more)
