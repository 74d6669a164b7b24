"""Waits: a ring ends them at once, time ends them anyway, and nobody takes more than a share."""

import asyncio
import threading
import time

from orchestrator.api.waiting import Waiting

TASK, OTHER = b"\1" * 32, b"\2" * 32
LONG = 300.0


class Board:
    """What a look finds, and how often it was looked at."""

    def __init__(self) -> None:
        self.ended = False
        self.looks = 0

    def look(self) -> bool:
        self.looks += 1
        return self.ended


async def until(waiting: Waiting, board: Board, seconds: float, *, task: bytes = TASK, caller: str = "one") -> bool:
    return await waiting.until(lambda found: found, board.look, task=task, caller=caller, seconds=seconds)


async def looked(board: Board, times: int = 1) -> None:
    while board.looks < times:
        await asyncio.sleep(0.005)


def test_what_has_ended_is_answered_at_once_and_what_has_not_after_its_time() -> None:
    async def run() -> None:
        board, begun = Board(), time.monotonic()
        assert not await until(Waiting(), board, 0.2)
        assert time.monotonic() - begun >= 0.2
        assert board.looks == 2  # the second after the time: what came with the last moment counts
        board.ended = True
        assert await until(Waiting(), board, LONG)

    asyncio.run(run())


def test_a_ring_from_another_thread_wakes_those_who_wait_for_this_task_only() -> None:
    async def run() -> None:
        waiting, board, other = Waiting(), Board(), Board()
        asked = asyncio.ensure_future(until(waiting, board, LONG))
        besides = asyncio.ensure_future(until(waiting, other, LONG, task=OTHER))
        await looked(board)
        await looked(other)
        waiting.ring(TASK)  # a false alarm: it looks, and goes on waiting
        await looked(board, 2)
        board.ended = True
        threading.Thread(target=waiting.ring, args=(TASK,)).start()
        assert await asyncio.wait_for(asked, 60)
        assert other.looks == 1
        waiting.ring(None)
        await looked(other, 2)
        waiting.close()
        assert not await asyncio.wait_for(besides, 60)
        assert not await asyncio.wait_for(until(waiting, other, LONG), 60)

    asyncio.run(run())


def test_a_ring_between_the_look_and_the_wait_is_not_lost() -> None:
    async def run() -> None:
        waiting, looks = Waiting(), [False, True]

        def look() -> bool:
            waiting.ring(TASK)  # the task ends right after it was looked at
            return looks.pop(0)

        found = waiting.until(lambda ended: ended, look, task=TASK, caller="one", seconds=LONG)
        assert await asyncio.wait_for(found, 60)

    asyncio.run(run())


def test_beyond_a_callers_share_and_the_process_share_there_is_no_waiting() -> None:
    async def run() -> None:
        waiting, board = Waiting(most=3, most_of_a_caller=2), Board()
        held = [asyncio.ensure_future(until(waiting, board, LONG, caller=caller)) for caller in ("one", "one", "two")]
        await looked(board, 3)
        for caller in ("one", "three"):
            assert not await asyncio.wait_for(until(waiting, board, LONG, caller=caller), 60)
        board.ended = True
        waiting.ring(TASK)
        assert await asyncio.wait_for(asyncio.gather(*held), 60) == [True] * 3
        board.ended = False
        again = asyncio.ensure_future(until(waiting, board, LONG, caller="one"))  # the places are free again
        await asyncio.sleep(0.05)
        assert not again.done()
        again.cancel()
        await asyncio.wait([again])
        assert not waiting._bells
        assert not waiting._callers

    asyncio.run(run())


def test_a_wait_whose_loop_ended_is_no_hindrance() -> None:
    waiting, board = Waiting(), Board()

    async def given_up() -> None:
        asked = asyncio.ensure_future(until(waiting, board, LONG))
        await looked(board)
        waiting._bells[OTHER].add((asyncio.get_running_loop(), asyncio.Event()))
        asked.cancel()
        await asyncio.wait([asked])

    asyncio.run(given_up())
    waiting.ring(OTHER)
    waiting.ring(None)
