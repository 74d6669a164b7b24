"""What one link has yet to send: hashed, encrypted and written in order, only as fast as the peer accepts it.

Hashing and encryption go slice by slice as the peer makes room, so that the peer works on the first slices of a long
message while the last ones wait here, by reference.
"""

import asyncio
import ssl
from collections import deque
from typing import Final

from mpc.link.frames import FrameType
from mpc.link.transcript import DirectionHash

Piece = bytes | bytearray | memoryview
COPIED_BYTES: Final = 64 * 1024
"""A frame of at most this size is copied, a larger one's payload is kept by reference until it has left."""
_SLICE_BYTES: Final = 128 * 1024
_HIGH_WATER: Final = 256 * 1024


class Sender:
    """``tls`` writes to ``outgoing``; ``transcript`` counts a frame when it is put and hashes it as it leaves."""

    def __init__(self, tls: ssl.SSLObject, outgoing: ssl.MemoryBIO, transcript: DirectionHash) -> None:
        self._tls = tls
        self._outgoing = outgoing
        self._transcript = transcript
        self._transport: asyncio.Transport | None = None
        self._queue: deque[tuple[memoryview, bool]] = deque()
        self._waiters: list[asyncio.Future[None]] = []
        self._taken = 0
        self.queued = 0
        self.paused = False

    def connect(self, transport: asyncio.Transport) -> None:
        """TCP stands."""
        transport.set_write_buffer_limits(high=_HIGH_WATER)
        self._transport = transport

    def disconnect(self) -> None:
        """TCP is gone."""
        self._transport = None

    @property
    def pending(self) -> int:
        """Bytes that the kernel has not taken yet."""
        held = self._transport.get_write_buffer_size() if self._transport is not None else 0
        return self.queued + held

    @property
    def accepted(self) -> int:
        """Bytes that the kernel has taken."""
        return self._taken - self.pending

    def put(self, kind: FrameType, head: bytes, payload: Piece, size: int) -> None:
        """Take one frame of ``size`` bytes and write what there is room for. Raises ``ssl.SSLError``."""
        hashed = self._transcript.add(kind)
        self._taken += size
        if size <= COPIED_BYTES and not self._queue and not self.paused and self._transport is not None:
            self._write(head + payload if payload else head, hashed=hashed)
            if self._waiters:
                self.wake()
            return
        self.queued += size
        if size <= COPIED_BYTES:
            self._queue.append((memoryview(head + payload if payload else head), hashed))
        else:
            cut = COPIED_BYTES - len(head)
            whole = memoryview(payload)
            self._queue.append((memoryview(head + whole[:cut]), hashed))
            self._queue.append((whole[cut:], hashed))
        self.pump()

    def pump(self) -> None:
        """Write as much as there is room for. Raises ``ssl.SSLError``."""
        while self._queue and not self.paused and self._transport is not None:
            piece, hashed = self._queue[0]
            if len(piece) > _SLICE_BYTES:
                self._queue[0] = (piece[_SLICE_BYTES:], hashed)
                piece = piece[:_SLICE_BYTES]
            else:
                self._queue.popleft()
            self.queued -= len(piece)
            self._write(piece, hashed=hashed)
        if not self._queue:
            self.wake()

    def _write(self, piece: Piece, *, hashed: bool) -> None:
        if hashed:
            self._transcript.update(piece)
        done = self._tls.write(piece)
        while done < len(piece):
            done += self._tls.write(memoryview(piece)[done:])
        self.flush()

    def flush(self) -> None:
        """Hand TCP what TLS has made."""
        if self._transport is not None and self._outgoing.pending:
            self._transport.write(self._outgoing.read())

    def drop(self) -> None:
        """Forget what waits: the stream is broken."""
        self._queue.clear()
        self.queued = 0

    async def drained(self) -> None:
        """Until nothing waits here, or :meth:`wake`."""
        if self._queue:
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiters.append(waiter)
            await waiter

    def wake(self) -> None:
        """Let everybody who waits look again."""
        if self._waiters:
            waiters, self._waiters = self._waiters, []
            for waiter in waiters:
                if not waiter.done():
                    waiter.set_result(None)
