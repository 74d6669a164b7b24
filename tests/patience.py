"""Waits that know how loaded the machine is, and say so when they end.

A deadline in a test is what a quiet machine needs; on a busy one everything takes longer by about the number of
runnable processes a core. So a deadline is stretched by that, looked at again at every poll, and the error of one that
passes says that it was time that ran out, and for what.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

_MOST: Final = 30.0


def load() -> float:
    """How many times longer than alone a process takes now: runnable processes a core, from 1 to 30."""
    cores = len(os.sched_getaffinity(0))
    running = int(Path("/proc/loadavg").read_text("ascii").split()[3].partition("/")[0])
    return min(_MOST, max(1.0, running / cores, os.getloadavg()[0] / cores))


def scaled(seconds: float) -> float:
    """What to allow now for something that takes ``seconds`` at most on a quiet machine."""
    return seconds * load()


class Patience:
    """A deadline of ``seconds`` on a quiet machine, for ``what``."""

    def __init__(self, seconds: float, what: str) -> None:
        self._began: Final = time.monotonic()
        self._seconds: Final = seconds
        self._what: Final = what
        self._most = load()

    def left(self) -> float:
        """Seconds that are left; what the machine's highest load since the beginning allows."""
        self._most = max(self._most, load())
        return max(0.0, self._began + self._seconds * self._most - time.monotonic())

    def check(self, detail: Callable[[], object] = lambda: "") -> None:
        """Raise :class:`TimeoutError` when nothing is left, with ``detail()`` of how things stand."""
        if self.left() == 0.0:
            waited = time.monotonic() - self._began
            raise TimeoutError(f"waited {waited:.0f} s at a load of {self._most:.1f} for {self._what}: {detail()}")


def until(
    seconds: float,
    what: str,
    holds: Callable[[], object],
    *,
    poll: float = 0.1,
    detail: Callable[[], object] = lambda: "",
) -> None:
    """Wait until ``holds()`` is true, looking every ``poll`` seconds; :class:`TimeoutError` says what was waited for."""
    patience = Patience(seconds, what)
    while not holds():
        patience.check(detail)
        time.sleep(poll)
