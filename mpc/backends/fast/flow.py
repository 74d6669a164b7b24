"""Values that arrive later, without a task for each: protocols run at once as far as what has come allows.

A run does hundreds of short rounds one after the other, and an asyncio task for every operation would cost more than the
operation. Here a coroutine is driven by whoever brings what it waits for: by its caller until its first wait, then by the
link when the message is there, or by the future or :class:`Pending` it stands on. Only futures of the running loop and :class:`Pending` values may be
awaited inside.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Generator, Iterable, Sequence
from typing import Any, Final, Generic, TypeVar, cast

from mpc.link.inbox import Arrival

T = TypeVar("T")
_AT_ONCE: Final = 3


class Pending(Generic[T]):
    """A value that is there already, or the error in its place, or neither yet."""

    __slots__ = ("_done", "_error", "_value", "_waiting")

    def __init__(self) -> None:
        self._done = False
        self._value: T | None = None
        self._error: BaseException | None = None
        self._waiting: list[Callable[[], None]] = []

    @property
    def done(self) -> bool:
        """Whether :meth:`get` may be called."""
        return self._done

    def get(self) -> T:
        """The value; a failed computation raises its error here."""
        if self._error is not None:
            raise self._error
        assert self._done, "not there yet"
        return cast("T", self._value)

    def when_done(self, callback: Callable[[], None]) -> None:
        """Call once when done; only before that."""
        self._waiting.append(callback)

    async def value(self) -> T:
        """The value, waited for in a task of the running loop."""
        if not self.done:
            arrived = asyncio.get_running_loop().create_future()
            self.when_done(lambda: None if arrived.done() else arrived.set_result(None))
            await arrived
        return self.get()

    def __await__(self) -> "Generator[Pending[T], None, T]":
        """Inside a :class:`Flow` only."""
        if not self.done:
            yield self
        return self.get()

    def settle(self, value: T | None, error: BaseException | None) -> list[Callable[[], None]]:
        """Become done; returns who is to be called now."""
        self._value, self._error, self._done = value, error, True
        waiting, self._waiting = self._waiting, []
        return waiting


class Flow:
    """Runs protocols and remembers those that wait, so that a failed run leaves none behind."""

    def __init__(self) -> None:
        self._running: dict[Pending[Any], Coroutine[Any, Any, Any]] = {}
        self._called: deque[Callable[[], None]] = deque()
        self._calling = False
        self._failed: BaseException | None = None

    def start(self, work: Coroutine[Any, Any, T], into: "Pending[T]") -> None:
        """Run ``work`` up to its first wait; its value or error will be in ``into``."""
        self._running[into] = work
        self._step(work, into)

    def apply(self, function: Callable[..., T], inputs: "Sequence[Pending[Any]]", into: "Pending[T]") -> None:
        """Local work: done at once when all inputs are there, else when they have arrived."""
        if all(item.done for item in inputs):
            self._settle(into, function(*[item.get() for item in inputs]), None)
        else:
            self.start(_when_ready(function, inputs), into)

    async def in_turn(self, works: "Iterable[Coroutine[Any, Any, T]]") -> list[T]:
        """The results in order; at most :data:`_AT_ONCE` run at a time, so that what they hold stays bounded."""
        found: list[T] = []
        running: deque[Pending[T]] = deque()
        for work in works:
            if len(running) == _AT_ONCE:
                found.append(await running.popleft())
            pending: Pending[T] = Pending()
            running.append(pending)
            self.start(work, pending)
        found += [await pending for pending in running]
        return found

    async def idle(self) -> None:
        """Wait for everything that still runs: peers may need messages that it sends. The first failure is raised."""
        while self._running:
            await next(iter(self._running)).value()
        if self._failed is not None:
            raise self._failed

    async def cancel(self) -> None:
        """Stop everything that still runs."""
        running, self._running = self._running, {}
        for into, work in running.items():
            work.close()
            self._settle(into, None, asyncio.CancelledError())

    def _step(self, work: Coroutine[Any, Any, Any], into: "Pending[Any]") -> None:
        if into.done:  # cancelled meanwhile
            return
        try:
            awaited: Any = work.send(None)
        except StopIteration as end:
            self._running.pop(into, None)
            self._settle(into, end.value, None)
        except BaseException as error:
            self._running.pop(into, None)
            self._failed = self._failed or error
            self._settle(into, None, error)
            if not isinstance(error, Exception | asyncio.CancelledError):
                raise
        else:
            self._park(work, into, awaited)

    def _park(self, work: Coroutine[Any, Any, Any], into: "Pending[Any]", awaited: Any) -> None:  # noqa: ANN401
        if isinstance(awaited, Pending):
            awaited.when_done(lambda: self._step(work, into))
        elif isinstance(awaited, Arrival):
            awaited._asyncio_future_blocking = False  # noqa: SLF001 - as below
            awaited.tell(lambda: self._step(work, into))
        elif awaited is None:  # asyncio.sleep(0)
            asyncio.get_running_loop().call_soon(self._step, work, into)
        else:
            awaited._asyncio_future_blocking = False  # noqa: SLF001 - the protocol between futures and whoever drives them
            awaited.add_done_callback(lambda _: self._step(work, into))

    def _settle(self, into: "Pending[Any]", value: Any, error: BaseException | None) -> None:  # noqa: ANN401
        """Call whoever waited; in a queue, because chains of results may be longer than Python's stack."""
        self._called.extend(into.settle(value, error))
        if self._calling:
            return
        self._calling = True
        try:
            while self._called:
                self._called.popleft()()
        finally:
            self._calling = False


async def _when_ready(function: Callable[..., T], inputs: "Sequence[Pending[Any]]") -> T:
    return function(*[await item for item in inputs])
