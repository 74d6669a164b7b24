"""One link: TLS over one TCP connection, frames in order, heartbeats, deadlines, and one error when it ends badly.

TLS runs on memory buffers (``ssl.SSLObject``) rather than through asyncio's own TLS transport: that one does not tell
how much a slow peer has yet to accept, and hides which handshake failure happened.
"""

import asyncio
import contextlib
import re
import ssl
from collections import deque
from collections.abc import Callable
from typing import Final, cast

from mpc.link import tls
from mpc.link.config import LinkLimits, LinkTimeouts
from mpc.link.errors import LinkError, MalformedError
from mpc.link.frames import DATA, HANDSHAKE, LINK, RECORD_BYTES, Frame, FrameReader, FrameType, header, prefix
from mpc.link.inbox import Inbox, split
from mpc.link.sender import Piece, Sender
from mpc.link.transcript import DirectionHash
from mpc.link.wire import Reader, text

_READ_BYTES: Final = 256 * 1024
MIN_DRAIN: Final = 64 * 1024
"""A peer that accepts less than this, and not all that waits for it, within ``timeouts.write`` counts as stalled."""
UNKNOWN: Final = "unknown"
_WORD: Final = re.compile(r"[a-z0-9._-]{1,63}")
_ORDER: Final = (*HANDSHAKE, FrameType.FIN, FrameType.COUNTERSIGN)


class Link(asyncio.BufferedProtocol):
    """The connection to one peer. ``peer`` is ``unknown`` until the handshake has proved who it is.

    ``phase`` asks the session where it stands, ``failed`` is told the first error, once. ``preamble`` is sent before TLS.
    """

    def __init__(
        self,
        context: ssl.SSLContext,
        limits: LinkLimits,
        timeouts: LinkTimeouts,
        *,
        server: bool,
        phase: Callable[[], str],
        preamble: bytes = b"",
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._preamble = preamble
        self._limits = limits
        self._timeouts = timeouts
        self._server = server
        self._phase = phase
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=server)
        self._cipher_text = memoryview(bytearray(_READ_BYTES))
        self._transport: asyncio.Transport | None = None
        self._stage = 0
        self._control: deque[Frame[FrameType]] = deque()
        self._control_waiter: asyncio.Future[None] | None = None
        self._last_received = self._last_sent = self._last_tick = self._loop.time()
        self._drain_mark = (self._loop.time(), 0)
        self.peer = UNKNOWN
        self.peer_key = b""
        self.error: LinkError | None = None
        self.failed: Callable[[LinkError], None] = lambda _: None
        self.inbox = Inbox(self._loop, limits)
        self.sent = DirectionHash()
        self.received = DirectionHash()
        self._reader = FrameReader(limits, self.received, LINK)
        self._sender = Sender(self._tls, self._outgoing, self.sent)
        self.bytes_sent = 0
        self.bytes_received = 0
        self._closing = False
        self._up = False
        self.secured: asyncio.Future[None] = self._loop.create_future()
        self.secured.add_done_callback(lambda done: done.cancelled() or done.exception())  # looked at, or not needed
        self.lost: asyncio.Future[None] = self._loop.create_future()

    # --- what the session uses

    def send(self, kind: FrameType, payload: bytes = b"") -> None:
        """Queue one frame; returns at once."""
        self._send(kind, header(kind, len(payload)), payload)

    def send_message(self, kind: FrameType, label: bytes, message: Piece) -> None:
        """Queue one labelled message, split into frames where it exceeds one; returns at once.

        ``message`` is contiguous; it must not change until :meth:`drained` has returned.
        """
        if not isinstance(message, bytes):
            message = memoryview(message).cast("B")
        size = 2 + len(label) + len(message)
        if size <= self._limits.frame:
            self._send(kind, header(kind, size) + prefix(label, more=False), message)
            return
        for head, piece in split(label, message, self._limits):
            self._send(kind, header(kind, len(head) + len(piece)) + head, piece)

    def _send(self, kind: FrameType, head: bytes, payload: Piece) -> None:
        if self.error is not None:
            raise self.error
        self._write(kind, head, payload)

    async def drained(self) -> None:
        """Wait until the peer has accepted enough that more may be queued."""
        if self.error is None:
            await self._sender.drained()
        if self.error is not None:
            raise self.error

    async def control(self, kind: FrameType, timeout: float) -> bytes:
        """The next handshake or closing frame, which must be of this kind (the order is fixed, so it is)."""
        deadline = self._loop.time() + timeout
        while not self._control:
            if self.error is not None:
                raise self.error
            self._control_waiter = self._loop.create_future()
            try:
                async with asyncio.timeout_at(deadline):
                    await self._control_waiter
            except TimeoutError:
                self.fail("link.timeout", f"No {kind.name} frame within {timeout:g} s.")
        frame = self._control.popleft()
        if frame.kind is not kind:
            self.fail("link.unexpected_frame", f"A {frame.kind.name} frame came in place of {kind.name}.")
            raise cast("LinkError", self.error)
        return frame.payload

    def fail(self, code: str, what: str, **details: str) -> None:
        """End the link with an error; only the first counts. The peer is told why, then the connection closes."""
        if self.error is not None or self._closing or self.complete:
            return
        self.error = LinkError(code, self.peer, self._phase(), what, **details)
        if self._up:
            self._tell_abort(code, self.peer)
        self.close()
        self._wake_all()
        self.failed(self.error)

    def abort(self, code: str, blamed: str) -> None:
        """End a healthy link because the run is over elsewhere: tell the peer why and who is blamed, then close."""
        if self.error is None and not self._closing:
            self._tell_abort(code, blamed)
            self.close()

    def close(self) -> None:
        """Flush and close; what has not left after ``timeouts.close`` is dropped."""
        if self._closing:
            return
        self._closing = True
        self._loop.call_later(self._timeouts.close, self._drop)
        if self._transport is not None and not self._sender.queued:
            self._end(self._transport)

    def _end(self, transport: asyncio.Transport) -> None:
        """All is written. Keep taking what the peer still sends: a reset would destroy what it has yet to read, the reason too."""
        if not self._up:
            transport.close()
            return
        with contextlib.suppress(ssl.SSLError):
            self._tls.unwrap()  # sends close_notify; the peer's own is not waited for
        self._sender.flush()
        with contextlib.suppress(OSError):  # the peer is gone already
            transport.write_eof()

    @property
    def complete(self) -> bool:
        """Whether the peer has sent everything it owes, its countersignature included."""
        return self._stage == len(_ORDER)

    def tick(self, now: float) -> None:
        """Called every second or so: send a heartbeat when quiet, fail when the peer is silent or does not read."""
        gap = now - self._last_tick
        self._last_tick = now
        if gap > self._timeouts.heartbeat:
            # this party's own loop was busy: what the peer sent meanwhile is still unread
            self._last_received = min(self._last_received + gap, now)
            self._mark_drain(now)
        if self.error is not None or self._closing:
            return
        if now - self._last_sent >= self._timeouts.heartbeat:
            self.send(FrameType.HEARTBEAT)
        silent = now - self._last_received
        waits = self.inbox.oldest_wait()
        if silent > self._timeouts.idle:
            self.fail("link.timeout", f"Nothing came for {silent:.0f} s, not even a heartbeat.")
        elif waits is not None and now - waits > self._timeouts.message:
            self.fail("link.timeout", f"A message that the program waits for did not come in {now - waits:.0f} s.")
        else:
            self._check_drain(now)

    # --- asyncio.BufferedProtocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """TCP stands: start TLS."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(self._preamble)
        self._sender.connect(self._transport)
        self._handshake()

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - asyncio's signature
        """Where the next cipher text goes."""
        return self._cipher_text

    def buffer_updated(self, nbytes: int) -> None:
        """Cipher text came."""
        if self._closing:
            return
        self._last_received = self._loop.time()
        self._incoming.write(self._cipher_text[:nbytes])
        if not self._up:
            self._handshake()
        if self._up:
            self._read()
            self.inbox.tell()

    def eof_received(self) -> bool:
        """The peer closed TCP; what it means is decided in :meth:`connection_lost`."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """TCP is gone: normal after :meth:`close`, else the peer left."""
        self._transport = None
        self._sender.disconnect()
        if not self.secured.done():
            self.secured.set_exception(exc or ConnectionResetError("closed during the TLS handshake"))
        if not self.lost.done():
            self.lost.set_result(None)
        self.fail("link.peer_left", "The connection ended without a word.")
        self._wake_all()

    def pause_writing(self) -> None:
        """The kernel and asyncio hold enough."""
        self._sender.paused = True

    def resume_writing(self) -> None:
        """There is room again."""
        self._sender.paused = False
        self._pump()

    # --- TLS

    def _handshake(self) -> None:
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            self._sender.flush()
            return
        except ssl.SSLError as error:
            self._sender.flush()  # the alert, so that the peer learns why
            if not self.secured.done():
                self.secured.set_exception(error)
            self.close()
            return
        self._sender.flush()
        self.peer_key = tls.peer_key(self._tls)
        self._up = True
        if not self.secured.done():  # cancelled when whoever waited for it gave up
            self.secured.set_result(None)

    def _read(self) -> None:
        try:
            while self._incoming.pending and self.error is None and not self._closing:
                self._read_records()
        except ssl.SSLZeroReturnError:
            self._end_of_stream()
        except ssl.SSLError as error:
            if self._stage == 0 and "ALERT" in str(error.reason):  # TLS 1.3: the server checks after the client is done
                self.fail("link.bad_certificate", f"The peer refused this node's certificate: {error.reason}.")
            else:
                self.fail("link.tls", f"The TLS stream broke: {error.reason}.")
        except MalformedError as error:
            self.fail(error.code, error.what)

    def _read_records(self) -> None:
        """Decrypt what fits into the reader's buffer, then take its frames; what ended the stream comes after them."""
        room, have = self._reader.buffer(), 0
        ended: ssl.SSLError | None = None
        try:
            while self._incoming.pending and len(room) - have >= RECORD_BYTES:
                count = cast("int", self._tls.read(RECORD_BYTES, room[have:]))
                if not count:
                    raise ssl.SSLZeroReturnError
                have += count
        except ssl.SSLWantReadError:
            pass  # the rest of the record has yet to come
        except ssl.SSLError as error:
            ended = error
        self.bytes_received += have
        for frame in self._reader.filled(have):
            self._dispatch(frame)
        if ended is not None:
            raise ended

    def _end_of_stream(self) -> None:
        if self._reader.inside_frame:
            self.fail("link.truncated", "The peer closed its stream in the middle of a frame.")
        else:
            self.fail("link.peer_left", "The peer closed the link before the run was over.")
        self.close()

    # --- frames

    def _dispatch(self, frame: Frame[FrameType]) -> None:
        if frame.kind is FrameType.HEARTBEAT:
            return
        if frame.kind is FrameType.ABORT:
            cause, blamed = _parse_abort(frame.payload)
            self.fail("link.peer_aborted", f"The peer gave up: {cause}, blaming {blamed}.", cause=cause, blamed=blamed)
            return
        expected = _ORDER[self._stage] if self._stage < len(_ORDER) else None
        if frame.kind in DATA and expected is FrameType.FIN:
            self.inbox.frame(frame)
        elif frame.kind is expected:
            self._stage += 1
            self._control.append(frame)
            if self._control_waiter is not None and not self._control_waiter.done():
                self._control_waiter.set_result(None)
        else:
            wanted = expected.name if expected is not None else "nothing"
            raise MalformedError("link.unexpected_frame", f"A {frame.kind.name} frame came where {wanted} was due.")

    def _tell_abort(self, code: str, blamed: str) -> None:
        payload = text(code) + text(blamed)
        self._write(FrameType.ABORT, header(FrameType.ABORT, len(payload)), payload)

    # --- writing

    def _write(self, kind: FrameType, head: bytes, payload: Piece) -> None:
        size = len(head) + len(payload)
        self._last_sent = self._loop.time()
        self.bytes_sent += size
        try:
            self._sender.put(kind, head, payload, size)
        except ssl.SSLError as error:
            self._broken(error)
        if self._sender.queued > self._limits.outbox:
            self.fail("link.slow_reader", f"{self._sender.queued} bytes wait for the peer.")

    def _pump(self) -> None:
        try:
            self._sender.pump()
        except ssl.SSLError as error:
            self._broken(error)
        if self._closing and self._transport is not None and not self._sender.queued:
            self._end(self._transport)

    def _broken(self, error: ssl.SSLError) -> None:
        self._sender.drop()
        self.fail("link.tls", f"The TLS stream broke: {error.reason}.")

    def _mark_drain(self, now: float) -> None:
        self._drain_mark = (now, self._sender.accepted + min(self._sender.pending, MIN_DRAIN))

    def _check_drain(self, now: float) -> None:
        since, goal = self._drain_mark
        pending = self._sender.pending
        if not pending or self._sender.accepted >= goal:
            self._mark_drain(now)
        elif now - since > self._timeouts.write:
            self.fail("link.slow_reader", f"{pending} bytes wait for the peer since {now - since:.0f} s.")

    def _drop(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _wake_all(self) -> None:
        self._sender.wake()
        if self._control_waiter is not None and not self._control_waiter.done():
            self._control_waiter.set_result(None)


def _parse_abort(payload: bytes) -> tuple[str, str]:
    reader = Reader(payload, "ABORT")
    words = reader.text(), reader.text()
    reader.end()
    if not all(_WORD.fullmatch(word) for word in words):
        raise MalformedError("link.malformed_frame", "ABORT names no code and party.")
    return words
