"""Requests that wait for a task's end instead of asking again and again: woken by the database's word, bounded in number and time."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from typing import Final, TypeVar

from starlette.concurrency import run_in_threadpool

T = TypeVar("T")
MOST_SECONDS: Final = 20
"""Longest wait of one request, below what proxies usually allow."""
EVERY: Final = b""
"""In a task's place: any task."""
_MOST: Final = 64
_MOST_OF_A_CALLER: Final = 4
_Bell = tuple[asyncio.AbstractEventLoop, asyncio.Event]


class Waiting:
    """The waits of one process. They hold no thread; one that is beyond its caller's or the process's share is no wait.

    A ring is a hint: what a request answers is always looked up, and a lost ring only makes it wait its time.
    """

    def __init__(self, most: int = _MOST, most_of_a_caller: int = _MOST_OF_A_CALLER) -> None:
        self._most: Final = most
        self._most_of_a_caller: Final = most_of_a_caller
        self._bells: Final[defaultdict[bytes, set[_Bell]]] = defaultdict(set)
        self._callers: Final[Counter[str]] = Counter()
        self._closed = False

    async def until(
        self, done: Callable[[T], bool], look: Callable[[], T], *, task: bytes, caller: str, seconds: float
    ) -> T:
        """What ``look`` finds once that is ``done``, or after so many seconds; ``look`` runs in a thread."""
        loop = asyncio.get_running_loop()
        stop = loop.time() + seconds
        with self._place(task, caller, seconds) as rung:
            while True:
                found = await run_in_threadpool(look)
                left = stop - loop.time()
                if rung is None or done(found) or left <= 0 or self._closed:
                    return found
                with suppress(TimeoutError):
                    await asyncio.wait_for(rung.wait(), left)
                rung.clear()

    def ring(self, task: bytes | None) -> None:
        """Something happened to a task, or to any (None). From any thread."""
        names = [task, EVERY] if task is not None else list(self._bells)
        chosen = [self._bells.get(name, set()) for name in names]
        for loop, event in [bell for bells in chosen for bell in set(bells)]:
            with suppress(RuntimeError):  # its loop has ended, and with it the wait
                loop.call_soon_threadsafe(event.set)

    @property
    def closed(self) -> bool:
        """Whether the process ends."""
        return self._closed

    @contextmanager
    def hear(self, task: bytes) -> Generator[asyncio.Event]:
        """What is set whenever something happens to a task, or to any (:data:`EVERY`)."""
        bell = asyncio.get_running_loop(), asyncio.Event()
        self._bells[task].add(bell)
        try:
            yield bell[1]
        finally:
            self._bells[task].discard(bell)
            if not self._bells[task]:
                del self._bells[task]

    def close(self) -> None:
        """Answer everybody now: the process ends."""
        self._closed = True
        self.ring(None)

    @contextmanager
    def _place(self, task: bytes, caller: str, seconds: float) -> Generator[asyncio.Event | None]:
        full = self._callers[caller] >= self._most_of_a_caller or self._callers.total() >= self._most
        if seconds <= 0 or full or self._closed:
            yield None
            return
        self._callers[caller] += 1
        try:
            with self.hear(task) as rung:
                yield rung
        finally:
            self._callers[caller] -= 1
            if not self._callers[caller]:
                del self._callers[caller]
