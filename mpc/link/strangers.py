"""Half-open connections: bounded, and whoever has waited longest makes room for the next.

Anybody can open connections to a port and say nothing. A bound that turns *new* ones away lets 64 of them lock everybody
out for as long as they re-dial; here an honest peer loses its place only if more connections than the bound arrive within
the few milliseconds that it needs to show its key. One address has half of the places at most.
"""

from collections.abc import Callable
from typing import Final

MOST: Final = 64
MOST_OF_ADDRESS: Final = 32


class Stranger:
    """One connection that has shown nothing yet; ``close`` ends it."""

    __slots__ = ("address", "close")

    def __init__(self, address: str, close: Callable[[], object]) -> None:
        self.address: Final = address
        self.close: Final = close


class Strangers:
    """All of a port's."""

    def __init__(self) -> None:
        self._held: dict[Stranger, None] = {}  # in the order in which they came
        self.evicted = 0

    def __len__(self) -> int:
        """How many there are."""
        return len(self._held)

    def enter(self, address: str, close: Callable[[], object]) -> Stranger:
        """Takes another one in; the oldest of its address ("": not known), or of all, is closed where there is no room."""
        of_address = [held for held in self._held if address and held.address == address]
        if len(of_address) >= MOST_OF_ADDRESS:
            self._evict(of_address[0])
        elif len(self._held) >= MOST:
            self._evict(next(iter(self._held)))
        made = Stranger(address, close)
        self._held[made] = None
        return made

    def leave(self, stranger: Stranger) -> None:
        """It is known now, or gone. One that was evicted has left already."""
        self._held.pop(stranger, None)

    def _evict(self, stranger: Stranger) -> None:
        self.evicted += 1
        del self._held[stranger]
        stranger.close()
