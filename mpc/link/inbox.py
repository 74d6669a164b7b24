"""Messages of one link on their way to whoever waits for them: reassembled from frames, first in first out per label.

MPyC's messages and the programs' have different frame types and therefore never share a label.
"""

import asyncio
import io
from collections import deque
from collections.abc import Callable
from typing import Final

from mpc.link.config import LinkLimits
from mpc.link.errors import MalformedError
from mpc.link.frames import Frame, FrameType, prefix

_PREFIX: Final = 2
_Key = tuple[FrameType, bytes]


def split(label: bytes, message: bytes | memoryview, limits: LinkLimits) -> list[tuple[bytes, memoryview]]:
    """The (prefix, piece) pairs of the frames that carry ``message``: one, unless it exceeds a frame."""
    room = limits.frame - _PREFIX - len(label)
    view = memoryview(message)
    pieces = [view[at : at + room] for at in range(0, len(view), room)] or [view]
    last = len(pieces) - 1
    return [(prefix(label, more=i < last), piece) for i, piece in enumerate(pieces)]


class Arrival(asyncio.Future[bytes]):
    """A message that comes later. A task may await it as any future; :meth:`tell` saves a turn of the event loop."""

    _told: Callable[[], None] | None = None

    def tell(self, callback: Callable[[], None]) -> None:
        """Call once when the message is there, in the turn of the loop that read it; only before that, and once."""
        self._told = callback

    def arrived(self, message: bytes) -> Callable[[], None] | None:
        """The message is there; returns whom to tell."""
        self.set_result(message)
        told, self._told = self._told, None
        return told


class Inbox:
    """Where one link's data frames end; bounded, so that a peer cannot fill this party's memory."""

    def __init__(self, loop: asyncio.AbstractEventLoop, limits: LinkLimits) -> None:
        self._loop = loop
        self._limits = limits
        self._ready: dict[_Key, deque[bytes]] = {}
        self._waiting: dict[_Key, deque[Arrival]] = {}
        self._partial: dict[_Key, io.BytesIO] = {}
        self._since: dict[Arrival, float] = {}
        self._told: deque[Callable[[], None]] = deque()
        self._held = 0
        self._count = 0

    def receive(self, kind: FrameType, label: bytes) -> Arrival:
        """A future for the next message with this label, done already when the message has come before."""
        future = Arrival(loop=self._loop)
        key = (kind, label)
        ready = self._ready.get(key)
        if ready is None:
            self._waiting.setdefault(key, deque()).append(future)
            self._since[future] = self._loop.time()
            return future
        message = ready.popleft()
        if not ready:
            del self._ready[key]
        self._held -= len(message)
        self._count -= 1
        future.set_result(message)
        return future

    def oldest_wait(self) -> float | None:
        """Since when (loop time) the longest unanswered :meth:`receive` waits."""
        while self._since:
            future, since = next(iter(self._since.items()))  # insertion order: the first is the oldest
            if not future.done():
                return since
            del self._since[future]
        return None

    def frame(self, frame: Frame[FrameType]) -> None:
        """Take one data frame; delivers the message when this was its last piece."""
        key = (frame.kind, frame.label)
        message = frame.payload
        self._account(len(message))
        if frame.more or key in self._partial:
            whole = self._assemble(key, frame)
            if whole is None:
                return
            message = whole
        self._deliver(key, message)

    def tell(self) -> None:
        """Call whoever asked to be told of what has come; after the frames of one read, so that no frame waits for a computation.

        What a callback raises goes to the loop's exception handler, as for every other callback: the peer has no part in it.
        """
        while self._told:
            callback = self._told.popleft()
            try:
                callback()
            except Exception as error:  # noqa: BLE001 - handed on
                self._loop.call_exception_handler({"message": "a receiver of a message failed", "exception": error})

    def _account(self, size: int) -> None:
        self._held += size
        count = self._count + len(self._ready) + len(self._partial)
        if self._held > self._limits.inbox or count > self._limits.messages:
            raise MalformedError("link.flooded", f"{count} messages, {self._held} bytes that nobody waits for.")

    def _assemble(self, key: _Key, frame: Frame[FrameType]) -> bytes | None:
        """The message of which this frame is a piece, if it is the last one."""
        partial = self._partial.setdefault(key, io.BytesIO())
        partial.write(frame.payload)
        if partial.tell() > self._limits.message:
            raise MalformedError("link.flooded", f"A message exceeds {self._limits.message} bytes.")
        return None if frame.more else self._partial.pop(key).getvalue()

    def _deliver(self, key: _Key, message: bytes) -> None:
        waiting = self._waiting.get(key)
        while waiting:
            future = waiting.popleft()
            if not waiting:
                del self._waiting[key]
            self._since.pop(future, None)
            if not future.done():
                self._held -= len(message)
                told = future.arrived(message)
                if told is not None:
                    self._told.append(told)
                return
        self._ready.setdefault(key, deque()).append(message)
        self._count += 1
