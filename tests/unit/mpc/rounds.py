"""Rounds of a real run by a clock of its own: every message takes one tick, computing takes none, so the clock shows how many
messages waited for each other.
"""

import asyncio
import selectors
from typing import Any, Final

from tests.unit.mpc.simulation import Wire

TICK: Final = 2.0**-12
"""Of the loop's seconds; exact in binary."""


class _Jumping(selectors.DefaultSelector):
    """Where nothing is ready it lets the time pass that was to be waited."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> Any:
        """What is ready now."""
        found = super().select(timeout if timeout is None else 0)
        if not found and timeout is not None:
            self.now += max(timeout, 0)
        return found


class TickingLoop(asyncio.SelectorEventLoop):
    """A loop whose seconds pass only while everybody waits."""

    def __init__(self) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        """Seconds of this loop."""
        return self._jumping.now


class SlowWire(Wire):
    """Delivers a tick later."""

    def put(self, sender: int, receiver: int, label: Any, data: bytes) -> None:
        asyncio.get_running_loop().call_later(TICK, super().put, sender, receiver, label, data)


def ticks() -> float:
    """Rounds so far."""
    return asyncio.get_running_loop().time() / TICK
