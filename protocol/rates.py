"""How often somebody may ask: a token bucket per client. The time is given, in seconds of any clock that only goes forward."""

import math
from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

from protocol.errors import RefusedError

_MOST_CLIENTS: Final = 10_000


class Rate:
    """A token bucket per client; the least recent clients are forgotten first."""

    def __init__(self, per_minute: int) -> None:
        self._per_second: Final = per_minute / 60
        self._burst: Final = max(1.0, per_minute / 6)
        self.burst: Final = int(self._burst)
        """Requests that may come at once."""
        self.window: Final = math.ceil(self._burst / self._per_second)
        """Seconds in which an empty bucket is full again."""
        self._buckets: Final[OrderedDict[str, tuple[float, float]]] = OrderedDict()

    def take(self, client: str, now: float, cost: float = 1) -> None:
        """Count a request that costs as much as ``cost`` small ones; ``http.too_many`` when there were too many."""
        tokens = self._tokens(client, now)
        self._buckets.pop(client, None)
        # a large request takes what is left and leaves the rest owed: it waits for no more than a full bucket
        enough = tokens >= min(cost, self._burst)
        self._buckets[client] = (tokens - cost if enough else tokens, now)
        if len(self._buckets) > _MOST_CLIENTS:
            self._buckets.popitem(last=False)
        if not enough:
            wait = math.ceil((min(cost, self._burst) - tokens) / self._per_second)
            raise RefusedError(
                "http.too_many",
                "Too many requests from this address.",
                f"Wait {wait} s and try again.",
                status=429,
                retry_after=max(1, wait),
            )

    def left(self, client: str, now: float) -> tuple[int, int]:
        """How many small requests a client may send at once, and the seconds until its bucket is full."""
        tokens = self._tokens(client, now)
        return max(0, int(tokens)), math.ceil((self._burst - tokens) / self._per_second)

    def _tokens(self, client: str, now: float) -> float:
        tokens, then = self._buckets.get(client, (self._burst, now))
        return min(self._burst, tokens + (now - then) * self._per_second)


def client_of(peer: str, headers: Iterable[tuple[bytes, bytes]], proxies: int) -> str:
    """The address that the outermost of ``proxies`` trusted proxies saw; a client's own X-Forwarded-For counts for nothing."""
    if proxies == 0:
        return peer
    forwarded = next((value for name, value in reversed(list(headers)) if name == b"x-forwarded-for"), b"")
    chain = [part.strip() for part in forwarded.decode("latin-1").split(",") if part.strip()]
    return chain[-proxies] if len(chain) >= proxies else peer
