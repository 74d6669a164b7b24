"""What a run found, as it is kept in ``results.json``. Seconds are medians unless they say otherwise."""

import json
import math
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from benchmarks.engine.work import BY_KEY, MPYC_RATIO, Row, Size, Target

ENGINES = ("spu", "mpyc", "ours", "ours_plain")
FAILED = "failed: "
"""How a note begins that is no choice of ours but an engine's failure or wrong result."""


@dataclass(frozen=True, slots=True)
class Timing:
    """One engine's runs of one row. Per run: ``wire`` is what all parties sent, as the kernel counts it (above
    TCP), ``payload`` what of it is shares, ``cpu`` seconds of all parties together. ``factor``: one part in so many of the
    work was done, and all figures are multiplied."""

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
    factor: int = 1


@dataclass(frozen=True, slots=True)
class Line:
    """One row at one delay; ``notes`` says why an engine has no figure, ``local`` are seconds in the clear.

    ``measured``: when, of which commit and under which load.
    """

    key: str
    title: str
    delay_ms: float
    timings: dict[str, Timing]
    notes: dict[str, str]
    local: float | None = None
    measured: str = ""

    @property
    def failed(self) -> bool:
        """Whether an engine broke down or gave a wrong result."""
        return any(note.startswith(FAILED) for note in self.notes.values())

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
            "measured": self.measured,
        }


@dataclass(frozen=True, slots=True)
class Results:
    """A whole run. ``machine`` names hardware and versions; ``parts`` by :data:`benchmarks.engine.work.PARTS`."""

    machine: dict[str, str]
    size: Size
    lines: tuple[Line, ...]
    parts: dict[str, Any] = field(default_factory=dict)

    def line(self, key: str, delay_ms: float) -> Line | None:
        """What is kept of a row."""
        return next((line for line in self.lines if (line.key, line.delay_ms) == (key, delay_ms)), None)

    def with_line(self, new: Line) -> Self:
        """With a row measured, or measured anew, in the table's order."""
        places = list(BY_KEY)
        others = [line for line in self.lines if (line.key, line.delay_ms) != (new.key, new.delay_ms)]
        lines = sorted([*others, new], key=lambda line: (line.delay_ms, places.index(line.key)))
        return replace(self, lines=tuple(lines))

    def with_part(self, name: str, figures: dict[str, Any]) -> Self:
        """With a part measured."""
        return replace(self, parts=self.parts | {name: figures})

    def json(self, rows: dict[str, Row]) -> dict[str, Any]:
        """For ``results.json``."""
        return {
            "machine": self.machine,
            "size": self.size.sent(),
            "rows": [line.json(rows[line.key]) for line in self.lines],
            "parts": self.parts,
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
                row["measured"],
            )
            for row in found["rows"]
        )
        return cls(found["machine"], Size(**found["size"]), lines, found["parts"])


def verdict(target: Target, value: float | None) -> str:
    """``aim``, ``must``, ``missed``, or ``not measured``."""
    if value is None or math.isnan(value):
        return "not measured"
    better = (lambda limit: value >= limit) if target.kind == "ratio" else (lambda limit: value <= limit)
    if target.aim is not None and better(target.aim):
        return "aim"
    return "must" if better(target.must) else "missed"
