"""One loop of the engine: a step again and again, surviving whatever a database, broker or chain does.

A failing step is logged, noted in the database when that is possible, and tried again after a growing pause. Steps keep
nothing in memory that matters: killing the process between any two of them loses nothing.

A step that did something wakes the other loops, since it may have made work for them; the API wakes them through the
database (:func:`orchestrator.store.work.ring`). Looking by themselves, ever less often, is for what nobody announces: a
transaction that somebody else sent, and what was put off.
"""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog

from orchestrator.engine.rest import Bell, pause
from orchestrator.services.ports import Transactions
from orchestrator.store import work
from protocol.errors import TallyError

_log = structlog.get_logger()
_LONGEST_PAUSE: Final = 30.0
_NOTE_EVERY: Final = 15.0


@dataclass(frozen=True, slots=True)
class Loop:
    """``step`` does a bounded piece of work and says whether there was any.

    ``interval`` and ``longest`` bound the pause in seconds: the first just after something happened, the second when
    nothing has for long. ``longest`` 0: always ``interval``, and the bell does not wake it.
    """

    name: str
    step: Callable[[], bool]
    interval: float
    longest: float = 0.0


class LoopRunner:
    """Runs one loop until ``stop`` is set; no error of a step ends it."""

    def __init__(
        self,
        loop: Loop,
        database: Transactions,
        stop: threading.Event,
        bell: Bell,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._loop: Final = loop
        self._database: Final = database
        self._stop: Final = stop
        self._bell: Final = bell
        self._clock: Final = clock
        self._failures = 0
        self._active = clock()
        self._noted = clock() - _NOTE_EVERY

    def run(self) -> None:
        """Go round until told to stop."""
        while not self._stop.is_set():
            heard = self._bell.rings
            self._rest(heard, self.turn())
        _log.info("engine.loop_stopped", loop=self._loop.name)

    def turn(self) -> float:
        """One step; returns the pause before the next."""
        try:
            busy = self._loop.step()
        except TallyError as error:
            return self._failed(error.code, error.what)
        except Exception as error:  # noqa: BLE001 - see the class; it is logged with its trace and retried
            # A loop that dies silently would stall every task: say it loudly, keep going.
            _log.exception("engine.step_crashed", loop=self._loop.name)
            return self._failed("engine.crash", f"{type(error).__name__} in {self._loop.name}")
        if self._failures:
            _log.info("engine.step_recovered", loop=self._loop.name, failures=self._failures)
        self._note_success(self._failures > 0)
        self._failures = 0
        if busy:
            self._active = self._clock()
            self._bell.ring()
            return 0.0
        return pause(self._loop.interval, self._loop.longest, self._clock() - self._active)

    def _rest(self, heard: int, seconds: float) -> None:
        if self._failures or not self._loop.longest:
            # what just failed fails no less because somebody has more work for it
            self._stop.wait(seconds)
        elif seconds and self._bell.wait(heard, seconds):
            self._active = self._clock()

    def _failed(self, code: str, what: str) -> float:
        self._failures += 1
        seconds = min(_LONGEST_PAUSE, 0.2 * 2 ** min(self._failures, 12)) * random.uniform(0.8, 1.2)  # noqa: S311
        _log.warning(
            "engine.step_failed",
            loop=self._loop.name,
            code=code,
            what=what,
            failures=self._failures,
            pause=round(seconds, 2),
        )
        self._note(lambda tx: work.loop_failed(tx, self._loop.name, code, what))
        return seconds

    def _note_success(self, recovered: bool) -> None:
        if recovered or self._clock() - self._noted >= _NOTE_EVERY:
            self._noted = self._clock()
            self._note(lambda tx: work.loop_succeeded(tx, self._loop.name))

    def _note(self, write: Callable[..., None]) -> None:
        try:
            with self._database.transaction() as tx:
                write(tx)
        except TallyError as error:
            _log.warning("engine.note_failed", loop=self._loop.name, code=error.code)
