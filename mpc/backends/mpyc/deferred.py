"""Values that arrive later: local work waits for its inputs, never the program that issued it."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from mpc.arrays.field import Elements


class Deferred:
    """One party's shares of an array: there already, or the task that computes them."""

    __slots__ = ("_task", "_value")

    def __init__(self, value: Elements | None = None, task: "asyncio.Task[Elements] | None" = None) -> None:
        self._value = value
        self._task = task

    @property
    def ready(self) -> Elements | None:
        """The value if it is there, without waiting; a failed computation raises its error here."""
        if self._value is None and self._task is not None and self._task.done():
            self._value, self._task = self._task.result(), None
        return self._value

    async def value(self) -> Elements:
        """The value, waited for."""
        found = self.ready
        if found is None:
            assert self._task is not None
            found = await asyncio.shield(self._task)
        return found


class Spawner:
    """Starts computations and remembers them, so that a failed run leaves none behind."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[Elements]] = set()

    def start(self, work: Coroutine[Any, Any, Elements]) -> Deferred:
        """Run ``work`` on the loop; its error reaches whoever waits for the result."""
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._finished)
        return Deferred(task=task)

    def apply(self, function: Callable[..., Elements], inputs: Sequence[Deferred]) -> Deferred:
        """Local work: done at once when all inputs are there, else when they arrive."""
        values = [item.ready for item in inputs]
        if all(value is not None for value in values):
            return Deferred(function(*values))
        return self.start(self._when_ready(function, inputs))

    async def idle(self) -> None:
        """Wait for everything that still runs: peers may need messages that it sends."""
        while self._running:
            await asyncio.gather(*self._running)

    async def cancel(self) -> None:
        """Stop everything that still runs."""
        running = list(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _when_ready(self, function: Callable[..., Elements], inputs: Sequence[Deferred]) -> Elements:
        return function(*[await item.value() for item in inputs])

    def _finished(self, task: "asyncio.Task[Elements]") -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # marks it as seen: every waiter gets it, and the loop need not print it too
