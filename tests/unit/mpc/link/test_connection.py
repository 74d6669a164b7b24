"""A link on in-memory transports: big messages, heartbeats, every deadline, and what is sent when it ends."""

import asyncio
from array import array
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mpc.link import tls
from mpc.link.config import LinkLimits, LinkTimeouts
from mpc.link.connection import Link
from mpc.link.errors import LinkError
from mpc.link.frames import FrameType
from tests.patience import scaled

A, B = (Ed25519PrivateKey.from_private_bytes(bytes([i]) * 32) for i in (1, 2))
TIMEOUTS = LinkTimeouts(heartbeat=5, idle=30, write=20, message=100, close=0.01)
LIMITS = LinkLimits(frame=1 << 20, message=1 << 24)


class Wire(asyncio.Transport):
    """One direction's end: hands bytes to the other side at once, or keeps them when ``stuck``."""

    def __init__(self, link: Link) -> None:
        super().__init__()
        self.link = link
        self.other: Wire | None = None
        self.stuck = False
        self.held = bytearray()
        self.closed = False

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self.high = high or 0

    def get_write_buffer_size(self) -> int:
        return len(self.held)

    def write(self, data: bytes) -> None:
        self.held += data
        if self.stuck:
            if len(self.held) > self.high:
                self.link.pause_writing()
            return
        asyncio.get_running_loop().call_soon(self.flush)

    def accept(self, count: int) -> None:
        """The kernel takes a little of what is held; asyncio asks for more as it runs low."""
        del self.held[:count]
        if len(self.held) <= self.high // 4:
            self.link.resume_writing()

    def flush(self) -> None:
        data, self.held = bytes(self.held), bytearray()
        assert self.other is not None
        at = 0
        while at < len(data) and not self.other.closed:
            room = self.other.link.get_buffer(-1)
            count = min(len(room), len(data) - at)
            room[:count] = data[at : at + count]
            self.other.link.buffer_updated(count)
            at += count

    def write_eof(self) -> None:
        asyncio.get_running_loop().call_soon(self._half_closed)

    def _half_closed(self) -> None:
        self.flush()
        assert self.other is not None
        if not self.other.closed and not self.other.link.eof_received():
            self.other.close()

    def close(self) -> None:
        if not self.closed:
            asyncio.get_running_loop().call_soon(self._gone)

    def _gone(self) -> None:
        self.flush()
        if not self.closed:
            self.closed = True
            self.link.connection_lost(None)
            assert self.other is not None
            self.other.close()

    def abort(self) -> None:
        self.close()


@dataclass
class Ends:
    a: Link
    b: Link
    errors: list[LinkError] = field(default_factory=list)


async def pair(timeouts: LinkTimeouts = TIMEOUTS) -> Ends:
    keys = [key.public_key().public_bytes_raw() for key in (A, B)]
    a = Link(tls.context(A, [keys[1]], server=True), LIMITS, timeouts, server=True, phase=lambda: "test")
    b = Link(tls.context(B, [keys[0]], server=False), LIMITS, timeouts, server=False, phase=lambda: "test")
    wires = Wire(a), Wire(b)
    wires[0].other, wires[1].other = wires[1], wires[0]
    ends = Ends(a, b)
    for link, name in ((a, "bob"), (b, "alice")):
        link.peer = name
        link.failed = ends.errors.append
    for link, wire in zip((a, b), wires, strict=True):
        link.connection_made(wire)
    await asyncio.gather(a.secured, b.secured)
    return ends


async def running(timeouts: LinkTimeouts = TIMEOUTS) -> Ends:
    """Both ends past the handshake."""
    ends = await pair(timeouts)
    for kind in (FrameType.HELLO, FrameType.ECHO, FrameType.CONFIRM, FrameType.KEYS):
        for link in (ends.a, ends.b):
            link.send(kind, b"x")
        for link in (ends.a, ends.b):
            assert await link.control(kind, 5) == b"x"
    return ends


def wire_of(link: Link) -> Wire:
    assert isinstance(link._transport, Wire)
    return link._transport


def run(test: Callable[[], Awaitable[None]]) -> Callable[[], None]:
    def wrapped() -> None:
        async def bounded() -> None:
            async with asyncio.timeout(scaled(20)):
                await test()

        asyncio.run(bounded())

    wrapped.__name__ = test.__name__
    wrapped.__doc__ = test.__doc__
    return wrapped


async def tick(link: Link, now: float) -> None:
    """Let pretended time pass: what is on the wire arrives, then the link looks at its clocks."""
    for _ in range(3):
        await asyncio.sleep(0)
    link.tick(now)


@run
async def test_messages_larger_than_a_frame_arrive_whole_and_hash_alike() -> None:
    ends = await running()
    message = bytes(range(256)) * 20_000  # five frames
    ends.a.send_message(FrameType.MESSAGE, b"big", message)
    ends.a.send_message(FrameType.MPYC, b"big", b"other")
    assert await ends.b.inbox.receive(FrameType.MESSAGE, b"big") == message
    assert await ends.b.inbox.receive(FrameType.MPYC, b"big") == b"other"
    assert ends.a.sent.result() == ends.b.received.result()
    assert ends.a.received.result() == ends.b.sent.result()
    assert ends.a.sent.frames == 4 + 5 + 1
    assert not ends.errors


@run
async def test_heartbeats_go_out_when_quiet_and_leave_the_transcript_alone() -> None:
    ends = await running()
    before, now = ends.a.sent.result(), asyncio.get_running_loop().time()
    sent = ends.a.bytes_sent
    for step in range(1, 30):
        await tick(ends.a, now + step)
    await asyncio.sleep(0.01)
    assert ends.a.bytes_sent > sent
    assert ends.a.sent.result() == before == ends.b.received.result()
    assert not ends.errors


@run
async def test_silence_beyond_the_idle_deadline_blames_the_peer() -> None:
    ends = await running()
    wire_of(ends.b).stuck = True
    now = asyncio.get_running_loop().time()
    for step in range(30):
        await tick(ends.a, now + step)
    assert ends.a.error is None
    await tick(ends.a, now + 31)
    assert ends.a.error is not None
    assert (ends.a.error.code, ends.a.error.peer, ends.a.error.phase) == ("link.timeout", "bob", "test")
    await ends.a.lost


@run
async def test_after_an_own_long_computation_the_peer_gets_the_time_back() -> None:
    """Regression: the clocks stood still only here; bob's heartbeats wait unread in the socket."""
    ends = await running()
    now = asyncio.get_running_loop().time()
    await tick(ends.a, now + 1)
    await tick(ends.a, now + 500)
    assert ends.a.error is None
    for step in range(501, 540):
        await tick(ends.a, now + step)
    assert ends.a.error is not None
    assert ends.a.error.code == "link.timeout"
    await ends.a.lost


@run
async def test_a_message_that_never_comes_is_a_timeout_despite_heartbeats() -> None:
    ends = await running()
    wanted = ends.a.inbox.receive(FrameType.MESSAGE, b"never")
    now = asyncio.get_running_loop().time()
    for step in range(1, 103):
        ends.a._last_received = now + step  # as bob's heartbeat would
        await tick(ends.a, now + step)
    assert ends.a.error is not None
    assert ends.a.error.code == "link.timeout"
    assert "did not come" in ends.a.error.what
    assert not wanted.done()
    await ends.a.lost


@run
async def test_a_peer_that_accepts_nothing_is_a_slow_reader_and_one_that_accepts_slowly_is_not() -> None:
    ends = await running()
    wire = wire_of(ends.a)
    wire.stuck = True
    ends.a.send_message(FrameType.MESSAGE, b"x", bytes(6_000_000))
    now = asyncio.get_running_loop().time()
    for step in range(1, 100):
        ends.a._last_received = now + step
        wire.accept(10_000)  # in a second: slow, but it moves
        await tick(ends.a, now + step)
    assert ends.a.error is None
    for step in range(100, 125):
        ends.a._last_received = now + step
        await tick(ends.a, now + step)
    assert ends.a.error is not None
    assert (ends.a.error.code, ends.a.error.peer) == ("link.slow_reader", "bob")
    with pytest.raises(LinkError):
        await ends.a.drained()
    await ends.a.lost


@run
async def test_drained_waits_until_the_peer_has_room() -> None:
    ends = await running()
    wire = wire_of(ends.a)
    wire.stuck = True
    ends.a.send_message(FrameType.MESSAGE, b"x", bytes(3_000_000))
    waiting = asyncio.ensure_future(ends.a.drained())
    await asyncio.sleep(0.01)
    assert not waiting.done()
    wire.stuck = False
    wire.flush()
    ends.a.resume_writing()
    await waiting
    assert len(await ends.b.inbox.receive(FrameType.MESSAGE, b"x")) == 3_000_000


@run
async def test_what_waits_is_hashed_as_it_leaves_and_the_peer_hears_the_same() -> None:
    ends = await running()
    wire = wire_of(ends.a)
    wire.stuck = True
    before = ends.a.sent.result()
    message = bytearray(range(256)) * 4000
    ends.a.send_message(FrameType.MPYC, b"x", message)
    ends.a.send(FrameType.HEARTBEAT)
    assert ends.a.sent.frames == before.frames + 1
    wire.stuck = False
    wire.flush()
    ends.a.resume_writing()
    await ends.a.drained()
    received = await ends.b.inbox.receive(FrameType.MPYC, b"x")
    assert received == message
    assert type(received) is bytes
    assert ends.b.received.result() == ends.a.sent.result() != before


@run
async def test_a_receiver_that_fails_is_no_fault_of_the_link() -> None:
    ends, seen = await running(), list[object]()
    asyncio.get_running_loop().set_exception_handler(lambda _, context: seen.append(context["exception"]))
    error, wait = ValueError("a bug"), ends.b.inbox.receive(FrameType.MPYC, b"x")

    def fail() -> None:
        raise error

    wait.tell(fail)
    ends.a.send_message(FrameType.MPYC, b"x", b"1")
    assert await wait == b"1"
    ends.a.send_message(FrameType.MPYC, b"x", b"2")
    assert await ends.b.inbox.receive(FrameType.MPYC, b"x") == b"2"
    assert (ends.b.error, seen) == (None, [error])


@run
async def test_any_contiguous_buffer_can_be_sent() -> None:
    ends = await running()
    words = array("Q", range(20_000))
    for label, data in (b"a", bytes(words)), (b"b", memoryview(words)), (b"c", bytearray(words)):
        ends.a.send_message(FrameType.MPYC, label, data)
        assert await ends.b.inbox.receive(FrameType.MPYC, label) == bytes(words)


@run
async def test_a_failing_link_tells_the_peer_whom_it_blames() -> None:
    ends = await running()
    ends.a.fail("link.bad_payload", "It sent nonsense.")
    await asyncio.gather(ends.a.lost, ends.b.lost)
    assert [error.code for error in ends.errors] == ["link.bad_payload", "link.peer_aborted"]
    assert ends.errors[1].details["cause"] == "link.bad_payload"
    assert ends.errors[1].details["blamed"] == "bob"
    with pytest.raises(LinkError):
        ends.b.send(FrameType.MESSAGE, b"\x00\x00")


@run
async def test_closing_before_the_end_is_leaving_and_after_the_end_is_not() -> None:
    ends = await running()
    ends.a.close()
    await ends.b.lost
    assert [error.code for error in ends.errors] == ["link.peer_left"]

    ends = await running()
    for kind in (FrameType.FIN, FrameType.COUNTERSIGN):
        for link in (ends.a, ends.b):
            link.send(kind, b"x")
        for link in (ends.a, ends.b):
            await link.control(kind, 5)
    assert ends.a.complete
    ends.a.close()
    await ends.b.lost
    assert not ends.errors


@run
async def test_nothing_may_follow_fin_but_the_countersignature() -> None:
    ends = await running()
    ends.a.send(FrameType.FIN, b"x")
    ends.a.send_message(FrameType.MESSAGE, b"late", b"x")
    await asyncio.gather(ends.a.lost, ends.b.lost)
    assert ends.b.error is not None
    assert ends.b.error.code == "link.unexpected_frame"


@run
async def test_waiting_for_a_control_frame_has_a_deadline() -> None:
    ends = await pair()
    with pytest.raises(LinkError) as caught:
        await ends.a.control(FrameType.HELLO, 0.01)
    assert (caught.value.code, caught.value.peer) == ("link.timeout", "bob")
    await ends.a.lost


@run
async def test_giving_up_during_the_tls_handshake_leaves_nothing_behind() -> None:
    """Regression: a cancelled wait cancels the future that the handshake sets later."""
    key = B.public_key().public_bytes_raw()
    link = Link(tls.context(A, [key], server=True), LIMITS, TIMEOUTS, server=True, phase=lambda: "test")
    context = tls.context(B, [A.public_key().public_bytes_raw()], server=False)
    other = Link(context, LIMITS, TIMEOUTS, server=False, phase=lambda: "test")
    wires = Wire(link), Wire(other)
    wires[0].other, wires[1].other = wires[1], wires[0]
    link.connection_made(wires[0])
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await link.secured
    other.connection_made(wires[1])
    await other.secured
    await asyncio.sleep(0.01)
    link.close()
    other.close()
    await asyncio.gather(link.lost, other.lost)
    assert link.error is None
