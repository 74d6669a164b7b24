"""One loop of the engine: a step again and again, surviving whatever a database, broker or chain does.

A failing step is logged, noted in the database when that is possible, and tried again after a growing pause. Steps keep
nothing in memory that matters: killing the process between any two of them loses nothing.
"""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog

from orchestrator.services.ports import Transactions
from orchestrator.store import work
from protocol.errors import TallyError

_log = structlog.get_logger()
_LONGEST_PAUSE: Final = 30.0
_NOTE_EVERY: Final = 50


@dataclass(frozen=True, slots=True)
class Loop:
    """``step`` does a bounded piece of work and says whether there was any; ``interval`` is the idle pause in seconds."""

    name: str
    step: Callable[[], bool]
    interval: float


class LoopRunner:
    """Runs one loop until ``stop`` is set; no error of a step ends it."""

    def __init__(self, loop: Loop, database: Transactions, stop: threading.Event) -> None:
        self._loop: Final = loop
        self._database: Final = database
        self._stop: Final = stop
        self._failures = 0
        self._since_note = _NOTE_EVERY

    def run(self) -> None:
        """Go round until told to stop."""
        while not self._stop.is_set():
            self._stop.wait(self.turn())
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
        return 0.0 if busy else self._loop.interval

    def _failed(self, code: str, what: str) -> float:
        self._failures += 1
        pause = min(_LONGEST_PAUSE, 0.2 * 2 ** min(self._failures, 12)) * random.uniform(0.8, 1.2)  # noqa: S311
        _log.warning(
            "engine.step_failed",
            loop=self._loop.name,
            code=code,
            what=what,
            failures=self._failures,
            pause=round(pause, 2),
        )
        self._note(lambda tx: work.loop_failed(tx, self._loop.name, code, what))
        return pause

    def _note_success(self, recovered: bool) -> None:
        self._since_note += 1
        if recovered or self._since_note >= _NOTE_EVERY:
            self._since_note = 0
            self._note(lambda tx: work.loop_succeeded(tx, self._loop.name))

    def _note(self, write: Callable[..., None]) -> None:
        try:
            with self._database.transaction() as tx:
                write(tx)
        except TallyError as error:
            _log.warning("engine.note_failed", loop=self._loop.name, code=error.code)
