"""How the engine's loops rest: woken by a bell, and the longer nothing happens, the less often they look by themselves."""

import threading
from typing import Final

_SHARE: Final = 0.1
"""Of the time that nothing has happened: whatever a loop finds late, it finds at most a tenth later than it could."""


class Bell:
    """Wakes every loop that rests. A ring between a loop's look and its rest is not lost: the loop says what it had heard."""

    def __init__(self) -> None:
        self._condition: Final = threading.Condition()
        self._rings = 0

    @property
    def rings(self) -> int:
        """How often it was rung."""
        return self._rings

    def ring(self) -> None:
        """There may be work."""
        with self._condition:
            self._rings += 1
            self._condition.notify_all()

    def wait(self, heard: int, seconds: float) -> bool:
        """Until it was rung more often than ``heard``, or so long; whether it was."""
        with self._condition:
            return self._condition.wait_for(lambda: self._rings != heard, seconds)


def pause(shortest: float, longest: float, quiet: float) -> float:
    """Seconds to rest after ``quiet`` seconds in which nothing happened."""
    return max(shortest, min(longest, quiet * _SHARE))
