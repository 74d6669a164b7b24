"""Streams of events: told at once, bounded in number and time, and never held by a reader that takes nothing."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from starlette.types import Message

from orchestrator.api.streaming import Event, EventStream, Streams
from orchestrator.api.waiting import EVERY, Waiting
from protocol.errors import RefusedError, VerificationError

TASK, OTHER = b"\1" * 32, b"\2" * 32
SCOPE: dict[str, Any] = {"type": "http", "path": "/v1/events"}
LONG = 300.0


class Board:
    """What looks find: one event for each thing that was put up since."""

    def __init__(self, *said: str) -> None:
        self.said, self.told, self.looks = list(said), 0, 0
        self.over = False
        self.error: Exception | None = None

    def look(self) -> tuple[Sequence[Event], bool]:
        self.looks += 1
        if self.error is not None:
            raise self.error
        news, self.told = self.said[self.told :], len(self.said)
        return [Event("task", word, {"word": word}) for word in news], self.over


class Reader:
    """The other end of a stream: what it got, and when it goes away or takes nothing any more."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.away, self.takes = asyncio.Event(), asyncio.Event()
        self.takes.set()

    async def receive(self) -> Message:
        await self.away.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        await self.takes.wait()
        self.messages.append(message)

    @property
    def text(self) -> str:
        return b"".join(message.get("body", b"") for message in self.messages).decode()

    @property
    def ended(self) -> bool:
        return bool(self.messages) and self.messages[-1].get("more_body") is False


def streams(**changes: Any) -> Streams:
    values: dict[str, Any] = {"pause": 0.0, "beat": LONG, "patience": LONG, **changes}
    return Streams(Waiting(), **values)


def open_(
    of: Streams, board: Board, reader: Reader, *, task: bytes = TASK, seconds: float = LONG, caller: str = "one"
) -> asyncio.Future[None]:
    stream = EventStream(of, board.look, caller=caller, task=task, seconds=seconds)
    return asyncio.ensure_future(stream(SCOPE, reader.receive, reader.send))


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not holds():
            await asyncio.sleep(0.002)


def test_news_are_told_at_once_and_the_last_ends_the_stream() -> None:
    async def run() -> None:
        of, board, reader = streams(), Board("first"), Reader()
        stream = open_(of, board, reader)
        await until(lambda: "first" in reader.text)
        assert reader.messages[0]["status"] == 200
        headers = dict(reader.messages[0]["headers"])
        assert headers[b"content-type"].startswith(b"text/event-stream")
        assert b"content-length" not in headers
        board.said.append("second")
        of.waiting.ring(OTHER)  # another's
        await asyncio.sleep(0.02)
        assert "second" not in reader.text
        of.waiting.ring(TASK)
        await until(lambda: "second" in reader.text)
        board.said.append("last")
        board.over = True
        of.waiting.ring(TASK)
        await asyncio.wait_for(stream, 60)
        assert reader.ended
        assert reader.text == (
            "retry: 2000\n\n"
            'event: task\nid: first\ndata: {"word":"first"}\n\n'
            'event: task\nid: second\ndata: {"word":"second"}\n\n'
            'event: task\nid: last\ndata: {"word":"last"}\n\n'
        )
        assert of.open == {}
        assert not of.waiting._bells

    asyncio.run(run())


def test_who_follows_all_hears_of_any_task() -> None:
    async def run() -> None:
        of, board, reader = streams(), Board(), Reader()
        stream = open_(of, board, reader, task=EVERY)
        await until(lambda: board.looks == 1)
        board.said.append("news")
        of.waiting.ring(OTHER)
        await until(lambda: "news" in reader.text)
        reader.away.set()
        await asyncio.wait_for(stream, 60)
        assert of.open == {}

    asyncio.run(run())


def test_heartbeats_and_the_end_of_its_time() -> None:
    async def run() -> None:
        of, board, reader = streams(beat=0.05), Board(), Reader()
        begun = time.monotonic()
        await asyncio.wait_for(open_(of, board, reader, seconds=0.3), 60)
        assert time.monotonic() - begun >= 0.3
        assert reader.ended
        assert reader.text.count(": \n\n") >= 3
        assert "data" not in reader.text

    asyncio.run(run())


def test_attack_a_reader_that_takes_nothing_holds_its_place_for_a_while_only() -> None:
    async def run() -> None:
        of, board, reader = streams(patience=0.1), Board("much"), Reader()
        stream = open_(of, board, reader)
        await until(lambda: "much" in reader.text)
        reader.takes.clear()
        board.said.append("more")
        of.waiting.ring(TASK)
        await asyncio.wait_for(stream, 60)
        assert not reader.ended
        assert of.open == {}
        assert not of.waiting._bells

    asyncio.run(run())


def test_attack_one_caller_takes_all_places() -> None:
    async def run() -> None:
        of, board = streams(most=3, most_of_a_caller=2), Board()
        readers = [Reader() for _ in range(5)]
        held = [open_(of, board, reader) for reader in readers[:2]]
        await until(lambda: of.open == {"one": 2})
        with pytest.raises(RefusedError) as caught:
            await open_(of, board, readers[2])
        assert (caught.value.code, caught.value.details["status"]) == ("events.too_many", 429)
        assert readers[2].messages == [], "refused before anything is sent: as a problem"
        held.append(open_(of, board, readers[3], caller="two"))
        await until(lambda: of.open == {"one": 2, "two": 1})
        with pytest.raises(RefusedError, match=r"events\.too_many"):
            await open_(of, board, readers[4], caller="three")
        readers[0].away.set()
        await until(lambda: of.open == {"one": 1, "two": 1})
        of.waiting.close()  # the process ends: everybody is answered
        await asyncio.wait_for(asyncio.gather(*held), 60)
        assert readers[1].ended
        assert readers[3].ended

    asyncio.run(run())


def test_what_cannot_be_read_is_a_problem_before_the_stream_and_an_event_in_it() -> None:
    async def run() -> None:
        of, board, reader = streams(), Board(), Reader()
        board.error = VerificationError("access.missing", "No.", "Sign.")
        with pytest.raises(VerificationError):
            await open_(of, board, reader)
        assert reader.messages == []
        board.error = None
        stream = open_(of, board, reader)
        await until(lambda: bool(reader.messages))
        board.error = VerificationError("access.key_over", "It was revoked.", "Make a new one.")
        of.waiting.ring(TASK)
        await asyncio.wait_for(stream, 60)
        assert reader.ended
        assert "event: problem\ndata: " in reader.text
        assert '"code":"access.key_over"' in reader.text
        assert of.open == {}

    asyncio.run(run())


def test_looks_keep_a_pause_however_often_it_rings() -> None:
    async def run() -> None:
        of, board, reader = streams(pause=0.1), Board(), Reader()
        stream, stop = open_(of, board, reader, seconds=0.5), time.monotonic() + 0.4
        while time.monotonic() < stop:
            of.waiting.ring(TASK)
            await asyncio.sleep(0.002)
        await asyncio.wait_for(stream, 60)
        assert board.looks <= 8

    asyncio.run(run())
