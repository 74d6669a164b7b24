"""Values that arrive later: eager start, order, errors, cancelling, chains longer than the stack."""

import asyncio
import sys

import pytest

from mpc.backends.fast.flow import Flow, Pending
from mpc.link.config import LinkLimits
from mpc.link.frames import Frame, FrameType
from mpc.link.inbox import Inbox

LONG = 5000


def there(value: int) -> Pending[int]:
    pending: Pending[int] = Pending()
    pending.settle(value, None)
    return pending


def test_work_runs_at_once_as_far_as_its_inputs_are_there() -> None:
    async def body() -> None:
        flow, steps, later = Flow(), [], asyncio.get_running_loop().create_future()

        async def work() -> int:
            steps.append("began")
            steps.append(await later)
            return await there(5)

        result: Pending[int] = Pending()
        flow.start(work(), result)
        assert steps == ["began"]
        assert not result.done
        later.set_result("came")
        assert await result.value() == 5
        assert steps == ["began", "came"]

    asyncio.run(body())


def test_local_work_on_values_that_are_there_needs_no_loop() -> None:
    flow, result = Flow(), Pending[int]()
    flow.apply(lambda a, b: a + b, [there(2), there(3)], result)
    assert result.get() == 5


def test_a_chain_longer_than_the_stack_settles() -> None:
    async def body() -> int:
        flow, first = Flow(), Pending[int]()
        last = first
        for _ in range(LONG):
            following: Pending[int] = Pending()
            flow.apply(lambda x: x + 1, [last], following)
            last = following

        async def work() -> int:
            await asyncio.sleep(0)
            return 0

        flow.start(work(), first)
        return await last.value()

    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(1000)
    try:
        assert asyncio.run(body()) == LONG
    finally:
        sys.setrecursionlimit(limit)


def test_an_error_reaches_every_waiter_and_idle() -> None:
    async def body() -> None:
        flow, failing, after = Flow(), Pending[int](), Pending[int]()

        async def work() -> int:
            await asyncio.sleep(0)
            raise ValueError("no")

        flow.start(work(), failing)
        flow.apply(lambda x: x, [failing], after)
        for pending in (failing, after):
            with pytest.raises(ValueError, match="no"):
                await pending.value()
        with pytest.raises(ValueError, match="no"):
            await flow.idle()

    asyncio.run(body())


def test_idle_waits_for_what_nobody_else_waits_for() -> None:
    async def body() -> list[int]:
        flow, seen = Flow(), []

        async def work() -> int:
            await asyncio.sleep(0)
            await asyncio.get_running_loop().run_in_executor(None, seen.append, 1)
            return 0

        flow.start(work(), Pending())
        await flow.idle()
        return seen

    assert asyncio.run(body()) == [1]


def test_cancelling_stops_what_waits_and_a_late_message_does_no_harm() -> None:
    async def body() -> None:
        flow, stuck, closed = Flow(), asyncio.get_running_loop().create_future(), []

        async def work() -> int:
            try:
                return await stuck
            finally:
                closed.append(True)

        result: Pending[int] = Pending()
        flow.start(work(), result)
        await flow.cancel()
        assert closed == [True]
        with pytest.raises(asyncio.CancelledError):
            await result.value()
        stuck.set_result(1)
        await asyncio.sleep(0)
        await flow.idle()

    asyncio.run(body())


def test_work_goes_on_in_the_turn_in_which_its_message_came_unless_it_was_cancelled() -> None:
    async def body() -> None:
        loop = asyncio.get_running_loop()
        inbox, flow = Inbox(loop, LinkLimits()), Flow()
        for cancelled in (False, True):
            steps: list[bytes] = []

            async def work(steps: list[bytes] = steps) -> None:
                steps.append(await inbox.receive(FrameType.MPYC, b"x"))

            result: Pending[None] = Pending()
            flow.start(work(), result)
            if cancelled:
                await flow.cancel()
            inbox.frame(Frame(FrameType.MPYC, b"1", b"x"))
            inbox.tell()
            assert steps == ([] if cancelled else [b"1"])
            assert result.done

    asyncio.run(body())
