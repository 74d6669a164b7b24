"""Messages of one link on their way to whoever waits for them: reassembled from frames, first in first out per label.

A data frame's payload is ``flags u8 ‖ label length u8 ‖ label ‖ piece``; flag 1 says that more pieces follow. MPyC's
messages and the programs' have different frame types and therefore never share a label.
"""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import Final

from workers.mpc.link.config import LinkLimits
from workers.mpc.link.errors import MalformedError
from workers.mpc.link.frames import Frame, FrameType

MORE: Final = 1
_PREFIX: Final = 2
MAX_LABEL: Final = 255


def split(label: bytes, message: bytes, limits: LinkLimits) -> list[tuple[bytes, memoryview]]:
    """The (prefix, piece) pairs of the frames that carry ``message``: one, unless it exceeds a frame."""
    room = limits.frame - _PREFIX - len(label)
    view = memoryview(message)
    pieces = [view[at : at + room] for at in range(0, len(view), room)] or [view]
    last = len(pieces) - 1
    return [(bytes((MORE if i < last else 0, len(label))) + label, piece) for i, piece in enumerate(pieces)]


@dataclass(slots=True)
class _Slot:
    ready: deque[bytes] = field(default_factory=deque[bytes])
    waiting: deque["asyncio.Future[bytes]"] = field(default_factory=deque["asyncio.Future[bytes]"])
    partial: bytearray | None = None

    @property
    def empty(self) -> bool:
        return not self.ready and not self.waiting and self.partial is None


class Inbox:
    """Where one link's data frames end; bounded, so that a peer cannot fill this party's memory."""

    def __init__(self, loop: asyncio.AbstractEventLoop, limits: LinkLimits) -> None:
        self._loop = loop
        self._limits = limits
        self._slots: dict[tuple[FrameType, bytes], _Slot] = {}
        self._since: dict[asyncio.Future[bytes], float] = {}
        self._held = 0
        self._count = 0

    def receive(self, kind: FrameType, label: bytes) -> "asyncio.Future[bytes]":
        """A future for the next message with this label, done already when the message has come before."""
        future: asyncio.Future[bytes] = self._loop.create_future()
        slot = self._slots.setdefault((kind, label), _Slot())
        if slot.ready:
            message = slot.ready.popleft()
            self._held -= len(message)
            self._count -= 1
            future.set_result(message)
            self._drop_if_empty((kind, label), slot)
        else:
            slot.waiting.append(future)
            self._since[future] = self._loop.time()
        return future

    def oldest_wait(self) -> float | None:
        """Since when (loop time) the longest unanswered :meth:`receive` waits."""
        while self._since:
            future, since = next(iter(self._since.items()))  # insertion order: the first is the oldest
            if not future.done():
                return since
            del self._since[future]
        return None

    def frame(self, frame: Frame) -> None:
        """Take one data frame; delivers the message when this was its last piece."""
        payload = frame.payload
        if len(payload) < _PREFIX or payload[0] > MORE or len(payload) < _PREFIX + payload[1]:
            raise MalformedError("link.malformed_frame", "A data frame has no well-formed label.")
        start = _PREFIX + payload[1]
        key = (frame.kind, bytes(payload[_PREFIX:start]))
        slot = self._slots.setdefault(key, _Slot())
        self._account(len(payload) - start)
        if payload[0] & MORE or slot.partial is not None:
            slot.partial = slot.partial if slot.partial is not None else bytearray()
            slot.partial += memoryview(payload)[start:]
            if len(slot.partial) > self._limits.message:
                raise MalformedError("link.flooded", f"A message exceeds {self._limits.message} bytes.")
            if payload[0] & MORE:
                return
            message, slot.partial = bytes(slot.partial), None
        else:
            message = bytes(memoryview(payload)[start:])
        self._deliver(key, slot, message)

    def _account(self, size: int) -> None:
        self._held += size
        count = self._count + len(self._slots)
        if self._held > self._limits.inbox or count > self._limits.messages:
            raise MalformedError("link.flooded", f"{count} messages, {self._held} bytes that nobody waits for.")

    def _deliver(self, key: tuple[FrameType, bytes], slot: _Slot, message: bytes) -> None:
        while slot.waiting:
            future = slot.waiting.popleft()
            self._since.pop(future, None)
            if not future.done():
                self._held -= len(message)
                future.set_result(message)
                self._drop_if_empty(key, slot)
                return
        slot.ready.append(message)
        self._count += 1

    def _drop_if_empty(self, key: tuple[FrameType, bytes], slot: _Slot) -> None:
        if slot.empty:
            del self._slots[key]
