"""The engine as a process: one thread per loop, one engine per database, an orderly stop on SIGTERM."""

import signal
import threading
from collections.abc import Sequence
from types import FrameType
from typing import Final

import structlog

from orchestrator.engine.loop import Loop, LoopRunner
from orchestrator.services.ports import Transactions
from orchestrator.store.database import engine_lock, still_engine
from protocol.errors import RefusedError, UnavailableError

_log = structlog.get_logger()
_LOCK_PAUSE: Final = 1.0
_JOIN: Final = 15.0


class Engine:
    """Runs loops while it holds the database's engine lock; losing the lock ends it with exit code 3."""

    def __init__(self, loops: Sequence[Loop], database: Transactions, dsn: str) -> None:
        self._loops: Final = tuple(loops)
        self._database: Final = database
        self._dsn: Final = dsn
        self.stop: Final = threading.Event()

    def run(self) -> int:
        """Work until told to stop; returns the exit code."""
        while not self.stop.is_set():
            try:
                with engine_lock(self._dsn) as lock:
                    _log.info("engine.started", loops=[loop.name for loop in self._loops])
                    threads = self._threads()
                    while not self.stop.wait(_LOCK_PAUSE):
                        if not still_engine(lock):
                            _log.error("engine.lock_lost")
                            self._join(threads)
                            return 3
                    self._join(threads)
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

    def _threads(self) -> list[threading.Thread]:
        threads: list[threading.Thread] = []
        for loop in self._loops:
            runner = LoopRunner(loop, self._database, self.stop)
            thread = threading.Thread(target=runner.run, name=loop.name, daemon=True)
            thread.start()
            threads.append(thread)
        return threads

    def _join(self, threads: list[threading.Thread]) -> None:
        self.stop.set()
        for thread in threads:
            thread.join(_JOIN)
