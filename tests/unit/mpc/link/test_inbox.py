"""Messages to whoever waits: order, labels, pieces, and bounds."""

import asyncio
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpc.link.config import LinkLimits
from mpc.link.errors import MalformedError
from mpc.link.frames import MORE, Frame, FrameType
from mpc.link.inbox import Inbox, split

LIMITS = LinkLimits(frame=64, message=500, inbox=1000, messages=10)


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    made = asyncio.new_event_loop()
    yield made
    made.close()


def deliver(inbox: Inbox, kind: FrameType, label: bytes, message: bytes) -> None:
    for head, piece in split(label, message, LIMITS):
        assert len(head) + len(piece) <= LIMITS.frame
        inbox.frame(Frame(kind, bytes(piece), label, more=head[0] == MORE))


@given(message=st.binary(max_size=400), label=st.binary(max_size=20), early=st.booleans())
def test_messages_of_any_size_arrive_whole(
    loop: asyncio.AbstractEventLoop, message: bytes, label: bytes, early: bool
) -> None:
    inbox = Inbox(loop, LIMITS)
    future = inbox.receive(FrameType.MESSAGE, label) if early else None
    deliver(inbox, FrameType.MESSAGE, label, message)
    future = future or inbox.receive(FrameType.MESSAGE, label)
    assert future.result() == message
    assert inbox.oldest_wait() is None
    assert not inbox._ready
    assert not inbox._waiting
    assert not inbox._partial
    assert inbox._held == 0


def test_labels_and_kinds_do_not_mix_and_order_is_kept(loop: asyncio.AbstractEventLoop) -> None:
    inbox = Inbox(loop, LIMITS)
    waits = inbox.receive(FrameType.MPYC, b"x")
    deliver(inbox, FrameType.MESSAGE, b"x", b"1")
    deliver(inbox, FrameType.MESSAGE, b"x", b"2")
    deliver(inbox, FrameType.MESSAGE, b"y", b"3")
    assert not waits.done()
    assert inbox.receive(FrameType.MESSAGE, b"x").result() == b"1"
    assert inbox.receive(FrameType.MESSAGE, b"x").result() == b"2"
    assert inbox.receive(FrameType.MESSAGE, b"y").result() == b"3"
    deliver(inbox, FrameType.MPYC, b"x", b"4")
    assert waits.result() == b"4"


def test_waits_are_served_in_order_and_cancelled_ones_skipped(loop: asyncio.AbstractEventLoop) -> None:
    inbox = Inbox(loop, LIMITS)
    first, second, third = (inbox.receive(FrameType.MESSAGE, b"x") for _ in range(3))
    first.cancel()
    assert inbox.oldest_wait() is not None
    deliver(inbox, FrameType.MESSAGE, b"x", b"1")
    deliver(inbox, FrameType.MESSAGE, b"x", b"2")
    assert (second.result(), third.result()) == (b"1", b"2")
    assert inbox.oldest_wait() is None


def test_a_message_of_one_frame_is_handed_on_without_a_copy(loop: asyncio.AbstractEventLoop) -> None:
    inbox, message = Inbox(loop, LIMITS), bytes(range(50))
    inbox.frame(Frame(FrameType.MESSAGE, message, b"x"))
    assert inbox.receive(FrameType.MESSAGE, b"x").result() is message


def flood_with_bytes(inbox: Inbox) -> None:
    for i in range(9):
        deliver(inbox, FrameType.MESSAGE, b"%d" % i, bytes(300))


def flood_with_messages(inbox: Inbox) -> None:
    for _ in range(20):
        deliver(inbox, FrameType.MESSAGE, b"x", b"")


def flood_with_labels(inbox: Inbox) -> None:
    for i in range(20):
        inbox.frame(Frame(FrameType.MESSAGE, b"", bytes([i]), more=True))


def flood_with_pieces(inbox: Inbox) -> None:
    for _ in range(20):
        inbox.frame(Frame(FrameType.MESSAGE, bytes(60), b"x", more=True))


def flood_with_one_message(inbox: Inbox) -> None:
    deliver(inbox, FrameType.MESSAGE, b"x", bytes(501))


@pytest.mark.parametrize(
    "flood", [flood_with_bytes, flood_with_messages, flood_with_labels, flood_with_pieces, flood_with_one_message]
)
def test_a_flood_is_refused(loop: asyncio.AbstractEventLoop, flood: Callable[[Inbox], None]) -> None:
    with pytest.raises(MalformedError) as caught:
        flood(Inbox(loop, LIMITS))
    assert caught.value.code == "link.flooded"


def test_who_asks_is_told_once_and_only_when_the_frames_of_a_read_are_all_taken(
    loop: asyncio.AbstractEventLoop,
) -> None:
    inbox, told = Inbox(loop, LIMITS), list[bytes]()
    for label in (b"x", b"y"):
        wait = inbox.receive(FrameType.MPYC, label)
        wait.tell(lambda wait=wait: told.append(wait.result()))
    deliver(inbox, FrameType.MPYC, b"y", b"2")
    deliver(inbox, FrameType.MPYC, b"x", b"1")
    assert not told
    inbox.tell()
    assert told == [b"2", b"1"]
    inbox.tell()
    assert told == [b"2", b"1"]


def test_a_receiver_that_is_told_may_wait_for_the_next_message(loop: asyncio.AbstractEventLoop) -> None:
    inbox, told = Inbox(loop, LIMITS), list[bytes]()

    def wait() -> None:
        arrival = inbox.receive(FrameType.MPYC, b"x")
        arrival.tell(lambda: (told.append(arrival.result()), wait()))

    wait()
    for message in (b"1", b"2"):
        deliver(inbox, FrameType.MPYC, b"x", message)
        inbox.tell()
    assert told == [b"1", b"2"]


def test_a_task_awaits_an_arrival_as_any_future(loop: asyncio.AbstractEventLoop) -> None:
    inbox = Inbox(loop, LIMITS)

    async def body() -> bytes:
        loop.call_soon(deliver, inbox, FrameType.MPYC, b"x", b"1")
        return await inbox.receive(FrameType.MPYC, b"x")

    assert loop.run_until_complete(body()) == b"1"


def test_what_a_receiver_raises_goes_to_the_loop_and_the_next_one_is_told(loop: asyncio.AbstractEventLoop) -> None:
    inbox, told, seen = Inbox(loop, LIMITS), list[bytes](), list[object]()
    loop.set_exception_handler(lambda _, context: seen.append(context["exception"]))
    broken, fine = inbox.receive(FrameType.MPYC, b"x"), inbox.receive(FrameType.MPYC, b"y")
    error = ValueError("a bug")

    def fail() -> None:
        raise error

    broken.tell(fail)
    fine.tell(lambda: told.append(fine.result()))
    for label in (b"x", b"y"):
        deliver(inbox, FrameType.MPYC, label, b"1")
    inbox.tell()
    assert (seen, told) == ([error], [b"1"])
