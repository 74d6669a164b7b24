"""The engine as a process: one thread per loop, one engine per database, an orderly stop on SIGTERM."""

import signal
import threading
from collections.abc import Sequence
from types import FrameType
from typing import Final

import structlog

from orchestrator.engine.loop import Loop, LoopRunner
from orchestrator.engine.rest import Bell
from orchestrator.services.ports import Transactions
from orchestrator.store.database import Listener, engine_lock
from protocol.errors import RefusedError, UnavailableError

_log = structlog.get_logger()
_LOCK_PAUSE: Final = 1.0
_LISTEN: Final = 0.2
"""Seconds after which listening looks whether it should stop."""
_JOIN: Final = 15.0


class Engine:
    """Runs loops while it holds the database's engine lock; losing the lock ends it with exit code 3."""

    def __init__(self, loops: Sequence[Loop], database: Transactions, dsn: str) -> None:
        self._loops: Final = tuple(loops)
        self._database: Final = database
        self._dsn: Final = dsn
        self.stop: Final = threading.Event()
        self._bell: Final = Bell()

    def run(self) -> int:
        """Work until told to stop; returns the exit code."""
        while not self.stop.is_set():
            try:
                with engine_lock(self._dsn, self._bell.ring) as lock:
                    _log.info("engine.started", loops=[loop.name for loop in self._loops])
                    threads = self._threads()
                    held = self._listen(lock)
                    if not held:
                        _log.error("engine.lock_lost")
                    self._join(threads)
                    if not held:
                        return 3
            except (UnavailableError, RefusedError) as error:
                _log.warning("engine.waiting_for_lock", code=error.code, what=error.what)
                self.stop.wait(_LOCK_PAUSE)
        _log.info("engine.stopped")
        return 0

    def handle_signals(self) -> None:
        """Stop orderly on SIGTERM and SIGINT."""

        def end(number: int, _frame: FrameType | None) -> None:
            _log.info("engine.signal", number=number)
            self.stop.set()

        signal.signal(signal.SIGTERM, end)
        signal.signal(signal.SIGINT, end)

    def _listen(self, lock: Listener) -> bool:
        """Pass on the database's word of new work until told to stop; False when the lock is lost."""
        while not self.stop.is_set():
            if not lock.listen(_LISTEN):
                return False
        return True

    def _threads(self) -> list[threading.Thread]:
        threads: list[threading.Thread] = []
        for loop in self._loops:
            runner = LoopRunner(loop, self._database, self.stop, self._bell)
            thread = threading.Thread(target=runner.run, name=loop.name, daemon=True)
            thread.start()
            threads.append(thread)
        return threads

    def _join(self, threads: list[threading.Thread]) -> None:
        self.stop.set()
        self._bell.ring()
        for thread in threads:
            thread.join(_JOIN)
