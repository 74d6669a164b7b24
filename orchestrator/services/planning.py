"""Plans for preflight: whether a task's programs have room for its tables, within what strangers may cost the coordinator.

The coordinator runs no programs. A process of its own does, on shapes, with time and memory bounded by the kernel
(:mod:`mpc.plan`); one at a time for everybody, each caller within a budget of seconds, and no question twice. Beyond that nothing
is said: every node plans again before it takes part. The process stands by between questions, so that a submission does not
wait for its start.
"""

import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

import structlog

from chain.asking import StandBy
from protocol.canonical import sha256
from protocol.errors import TallyError
from protocol.plans import SECONDS, PlanAnswer, PlanQuestion, unknown

_log = structlog.get_logger()
_REMEMBERED: Final = 512
_CALLERS: Final = 10_000
_WAIT: Final = 5.0
"""Seconds that a caller waits for another's plan to end."""
_BURST: Final = 60.0
_REFILL: Final = 0.05
"""Seconds of planning that a caller may use at once, and gains in each second."""
Ask = Callable[[bytes], bytes | None]


class InAChild:
    """Asks a process of its own; a loaded machine gets four times the processor's seconds."""

    def __init__(self) -> None:
        self._child: Final = StandBy([sys.executable, "-P", "-m", "mpc.plan", "--stand-by"], PlanAnswer.LIMIT)

    def __call__(self, question: bytes) -> bytes | None:
        """The answer, None where there was none in time."""
        return self._child.ask(question, 4.0 * SECONDS)

    def close(self) -> None:
        """End the process."""
        self._child.close()


class Planner:
    """Answers questions of authenticated callers."""

    def __init__(self, child: Ask | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._child: Final = InAChild()
        self._ask: Final = self._child if child is None else child
        self._clock: Final = clock
        self._lock: Final = threading.Lock()
        self._one: Final = threading.BoundedSemaphore(1)
        self._known: Final[OrderedDict[bytes, PlanAnswer]] = OrderedDict()
        self._budgets: Final[OrderedDict[str, tuple[float, float]]] = OrderedDict()
        self._asking: Final[set[str]] = set()

    def close(self) -> None:
        """End what stands by; the next question would start it again."""
        with self._one:
            self._child.close()

    def answer(self, question: PlanQuestion, caller: str) -> PlanAnswer:
        """What is known or can be found out; ``plan.busy`` and ``plan.budget`` are answers like others."""
        data = question.data()
        key = sha256(data)
        with self._lock:
            if (known := self._known.get(key)) is not None:
                self._known.move_to_end(key)
                return known
            if caller in self._asking:
                return unknown("plan.busy")
            if self._left(caller) <= 0:
                return unknown("plan.budget")
            self._asking.add(caller)
        try:
            return self._planned(key, data, caller)
        finally:
            with self._lock:
                self._asking.discard(caller)

    def _planned(self, key: bytes, data: bytes, caller: str) -> PlanAnswer:
        if not self._one.acquire(timeout=_WAIT):
            return unknown("plan.busy")
        began = self._clock()
        try:
            found = _read(self._ask(data))
        finally:
            self._one.release()
            with self._lock:
                self._budgets[caller] = self._left(caller) - (self._clock() - began), self._clock()
                if len(self._budgets) > _CALLERS:
                    self._budgets.popitem(last=False)
        if found.outcome == "unknown":
            _log.info("plan.unknown", code=found.code)
        with self._lock:
            self._known[key] = found
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return found

    def _left(self, caller: str) -> float:
        left, then = self._budgets.get(caller, (_BURST, self._clock()))
        return min(_BURST, left + (self._clock() - then) * _REFILL)


def _read(data: bytes | None) -> PlanAnswer:
    try:
        return unknown("plan.too_long") if data is None else PlanAnswer.read(data)
    except TallyError:
        return unknown("plan.no_answer")
