"""How far a run is, how long the rest may take, and telling it seldom enough: counts and times, never values."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

from mpc.programs.catalogue import find
from protocol.contract import TaskContract
from protocol.errors import TallyError

INTERVAL: Final = 0.5
"""Seconds between two reports of one node."""
_LEAST_PART: Final = 0.05
_LEAST_SECONDS: Final = 1.0
_SLACK: Final = 1.25
_USUAL_ROWS: Final = 10_000
Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Point:
    """Where a run stands: ``step`` of ``total`` within ``phase``, percent of the whole, seconds left (0: not known)."""

    phase: str
    step: int
    total: int
    percent: int
    eta: int


def weights(contract: TaskContract, rows: int) -> tuple[tuple[str, float], ...]:
    """The contract's steps with the seconds that their programs' descriptors state: their proportions are what counts.

    ``rows`` as this party knows them, 0 when it holds none. A step whose cost cannot be told weighs as one second.
    """
    columns = sum(len(item.columns) for item in contract.inputs)
    owners = len({item.owner for item in contract.inputs})
    found: list[tuple[str, float]] = []
    for step in contract.steps:
        try:
            seconds = find(step.program).seconds_at(rows or _USUAL_ROWS, columns, owners, dict(step.parameters))
        except TallyError:
            seconds = 1.0
        found.append((step.id, max(seconds, 1e-3)))
    return tuple(found)


class Estimate:
    """Percent never falls. Seconds left follow from the pace so far and never rise: when the rest turns out longer than
    was said before, they are not known until the two meet again.
    """

    def __init__(self, steps: Sequence[tuple[str, float]], clock: Clock = time.monotonic) -> None:
        whole = sum(weight for _, weight in steps) or 1.0
        self._parts: dict[str, tuple[float, float]] = {}
        before = 0.0
        for name, weight in steps:
            self._parts[name] = (before / whole, weight / whole)
            before += weight
        self._clock = clock
        self._began: float | None = None
        self._done = 0.0
        self._said = float("inf")

    def at(self, phase: str, step: int, total: int) -> Point:
        """The run has reached this point now."""
        part = self._parts.get(phase)
        if part is not None:
            if self._began is None:
                self._began = self._clock()
            before, size = part
            inside = min(step / total, 1.0) if total else 0.0
            self._done = max(self._done, min(before + size * inside, 1.0))
        return Point(phase, step, total, int(100 * self._done + 1e-6), self._left())

    def _left(self) -> int:
        elapsed = 0.0 if self._began is None else self._clock() - self._began
        if elapsed < _LEAST_SECONDS or self._done < _LEAST_PART:
            return 0
        left = elapsed * (1 - self._done) / self._done
        if left > self._said * _SLACK + 1:
            return 0
        self._said = min(self._said, left)
        return ceil(self._said)


class Reporter:
    """Passes reports on at most every :data:`INTERVAL` seconds; of those that come faster the last is kept, not lost."""

    def __init__(self, say: Callable[[Point], None], estimate: Estimate, clock: Clock = time.monotonic) -> None:
        self._say = say
        self._estimate = estimate
        self._clock = clock
        self._last = float("-inf")
        self._kept: Point | None = None

    def report(self, phase: str, step: int, total: int) -> None:
        """The run has reached this point now."""
        self._kept = self._estimate.at(phase, step, total)
        self.flush()

    def flush(self) -> None:
        """Say what waits, when it is time."""
        now = self._clock()
        if self._kept is not None and now - self._last >= INTERVAL:
            kept, self._kept, self._last = self._kept, None, now
            self._say(kept)
