"""What a run found, as it is kept in ``results.json``. Seconds are medians unless they say otherwise."""

import json
import math
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from benchmarks.engine.work import MPYC_RATIO, Row, Size, Target

ENGINES = ("spu", "mpyc", "ours", "ours_plain")


@dataclass(frozen=True, slots=True)
class Timing:
    """One engine's runs of one row. Per run: ``wire`` is what all parties sent, as the kernel counts it (above
    TCP), ``payload`` what of it is shares, ``cpu`` seconds of all parties together."""

    median: float
    least: float
    most: float
    runs: int
    wire: float
    cpu: float | None = None
    payload: float | None = None
    rounds: float | None = None
    error: float | None = None
    backend: str = ""
    more: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Line:
    """One row at one delay; ``notes`` says why an engine has no figure, ``local`` are seconds in the clear."""

    key: str
    title: str
    delay_ms: float
    timings: dict[str, Timing]
    notes: dict[str, str]
    local: float | None = None

    def seconds(self, engine: str) -> float | None:
        """The engine's median."""
        timing = self.timings.get(engine)
        return timing.median if timing is not None else None

    def ratio(self, engine: str) -> float | None:
        """How many times as fast as ``engine`` ours is, TLS and transcripts included."""
        theirs, ours = self.seconds(engine), self.seconds("ours")
        return theirs / ours if theirs is not None and ours else None

    def value(self, target: Target, engine: str = "spu") -> float | None:
        """What is held against a target."""
        ours = self.seconds("ours")
        if target.kind == "ratio":
            return self.ratio(engine)
        if target.kind == "local":
            return ours / self.local if ours is not None and self.local else None
        return ours

    def json(self, row: Row) -> dict[str, Any]:
        """The issue's fields, and everything behind them."""
        target = row.delayed if self.delay_ms else row.target
        return {
            "key": self.key,
            "work": self.title,
            "delay_ms": self.delay_ms,
            **{f"{engine}_s": self.seconds(engine) for engine in ENGINES},
            "local_s": self.local,
            "ratio_spu": self.ratio("spu"),
            "ratio_mpyc": self.ratio("mpyc"),
            "bytes": {engine: timing.wire for engine, timing in self.timings.items()},
            "error": {engine: timing.error for engine, timing in self.timings.items()},
            "target": None if target is None else asdict(target),
            "reached": None if target is None else verdict(target, self.value(target)),
            "reached_mpyc": None if self.ratio("mpyc") is None else verdict(MPYC_RATIO, self.ratio("mpyc")),
            "timings": {engine: asdict(timing) for engine, timing in self.timings.items()},
            "notes": self.notes,
        }


@dataclass(frozen=True, slots=True)
class Results:
    """A whole run. ``machine`` names hardware and versions."""

    machine: dict[str, str]
    size: Size
    lines: tuple[Line, ...]

    def json(self, rows: dict[str, Row]) -> dict[str, Any]:
        """For ``results.json``."""
        return {
            "machine": self.machine,
            "size": self.size.sent(),
            "rows": [line.json(rows[line.key]) for line in self.lines],
        }

    @classmethod
    def read(cls, path: Path) -> Self:
        """The run that ``results.json`` keeps; the report is made from it again after a change of words."""
        found = json.loads(path.read_text())
        lines = tuple(
            Line(
                row["key"],
                row["work"],
                row["delay_ms"],
                {engine: Timing(**timing) for engine, timing in row["timings"].items()},
                row["notes"],
                row["local_s"],
            )
            for row in found["rows"]
        )
        return cls(found["machine"], Size(**found["size"]), lines)


def verdict(target: Target, value: float | None) -> str:
    """``aim``, ``must``, ``missed``, or ``not measured``."""
    if value is None or math.isnan(value):
        return "not measured"
    better = (lambda limit: value >= limit) if target.kind == "ratio" else (lambda limit: value <= limit)
    if target.aim is not None and better(target.aim):
        return "aim"
    return "must" if better(target.must) else "missed"
