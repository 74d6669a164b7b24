"""Waking the node's loops: each rests by itself, and a ring is for all of them."""

import threading
from typing import Final, Literal

LoopName = Literal["settle", "run", "deliver"]


class Wake:
    """One event for each loop, so that none takes another's. A ring between a loop's look and its rest is not lost."""

    def __init__(self) -> None:
        self._events: Final[dict[LoopName, threading.Event]] = {
            name: threading.Event() for name in ("settle", "run", "deliver")
        }

    def set(self) -> None:
        """There may be work: every loop looks now, instead of at its next tick."""
        for event in self._events.values():
            event.set()

    def rest(self, loop: LoopName, seconds: float) -> None:
        """Until the next ring, or so long."""
        event = self._events[loop]
        event.wait(seconds)
        event.clear()
