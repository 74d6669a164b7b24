"""Server-sent events (WHATWG HTML, 9.2): a stream tells what was found whenever something happened, and ends in time.

A stream holds neither a thread nor a connection to the database while it waits. Its place is one of few, for its process and for its
caller; it ends with its life, with its reader, with its reader's right to read, and when its reader takes nothing for a while.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from orchestrator.api import problems
from orchestrator.api.waiting import Waiting
from protocol import canonical
from protocol.errors import RefusedError, TallyError

LONGEST: Final = 600
"""Seconds that a stream lasts at most; its reader comes back with ``Last-Event-ID``."""
MEDIA_TYPE: Final = "text/event-stream"
_RETRY: Final = b"retry: 2000\n\n"
_HEADERS: Final = {"cache-control": "no-store", "x-accel-buffering": "no"}


@dataclass(frozen=True, slots=True)
class Event:
    """``name`` says what ``data`` (JSON) is; whoever comes back with ``id`` is told what came after. "" leaves the last id as it was."""

    name: str
    id: str
    data: object

    def text(self) -> bytes:
        """As it stands in the stream; canonical JSON has no line ends."""
        mark = f"id: {self.id}\n" if self.id else ""
        return f"event: {self.name}\n{mark}data: ".encode() + canonical.dumps(self.data) + b"\n\n"


Look = Callable[[], tuple[Sequence[Event], bool]]
"""What is new, and whether that was the last."""


@dataclass(slots=True)
class Streams:
    """The places of one process; times in seconds."""

    waiting: Waiting
    most: int = 64
    most_of_a_caller: int = 4
    beat: float = 15.0
    """Between two lines at most: proxies and readers learn that the stream is alive."""
    pause: float = 0.5
    """Between two looks at least."""
    patience: float = 10.0
    """For a reader that takes nothing."""
    open: Counter[str] = field(default_factory=Counter[str])

    @contextmanager
    def place(self, caller: str) -> Generator[None]:
        """One of the caller's and of the process's places; ``events.too_many`` when there is none."""
        if self.open[caller] >= self.most_of_a_caller or self.open.total() >= self.most:
            raise RefusedError(
                "events.too_many",
                f"{caller} or all readers together follow as many streams as there are places.",
                "Close one, or ask for the list again and again.",
                status=429,
                retry_after=30,
            )
        self.open[caller] += 1
        try:
            yield
        finally:
            self.open[caller] -= 1
            self.open += Counter()  # drops who has none


class EventStream(Response):
    """Tells what ``look`` finds, at first and whenever something happened to ``task`` (to any: ``b""``), for ``seconds`` at most."""

    def __init__(self, streams: Streams, look: Look, *, caller: str, task: bytes, seconds: float) -> None:
        super().__init__(media_type=MEDIA_TYPE, headers=_HEADERS)
        del self.headers["content-length"]
        self._streams: Final = streams
        self._look: Final = look
        self._caller: Final = caller
        self._task: Final = task
        self._seconds: Final = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer; raises what the first look is refused for, before anything is sent."""
        with self._streams.place(self._caller), self._streams.waiting.hear(self._task) as bell:
            found = await run_in_threadpool(self._look)
            gone = asyncio.ensure_future(_gone(receive))
            try:
                with suppress(TimeoutError):  # nobody takes what is sent: the server closes what was left open
                    await self._told(scope, send, bell, gone, found)
            finally:
                gone.cancel()

    async def _told(
        self,
        scope: Scope,
        send: Send,
        bell: asyncio.Event,
        gone: asyncio.Future[None],
        found: tuple[Sequence[Event], bool],
    ) -> None:
        loop, streams = asyncio.get_running_loop(), self._streams
        stop = loop.time() + self._seconds
        await self._sent(send, {"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        await self._sent(send, {"type": "http.response.body", "body": _RETRY, "more_body": True})
        while not gone.done():
            events, over = found
            text = b"".join(event.text() for event in events) or b": \n\n"
            over = over or streams.waiting.closed or loop.time() >= stop
            await self._sent(send, {"type": "http.response.body", "body": text, "more_body": not over})
            if over:
                return
            ring = asyncio.ensure_future(bell.wait())
            left = max(0.0, stop - loop.time())
            await asyncio.wait({ring, gone}, timeout=min(streams.beat, left), return_when=asyncio.FIRST_COMPLETED)
            ring.cancel()
            await asyncio.wait({gone}, timeout=min(streams.pause, left))
            bell.clear()
            found = await run_in_threadpool(self._again, scope["path"])

    def _again(self, path: str) -> tuple[Sequence[Event], bool]:
        try:
            return self._look()
        except TallyError as error:  # the reader's right has ended, or the database is away
            return [Event("problem", "", json.loads(json.dumps(problems.document(error, path))))], True

    async def _sent(self, send: Send, message: dict[str, object]) -> None:
        await asyncio.wait_for(send(message), self._streams.patience)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
