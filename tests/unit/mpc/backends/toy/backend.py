"""A toy that computes in the clear: every party holds every number. It proves the engine's seat for a stack, and keeps no secret.

Its facts say ``simulated``: the registry refuses it unless a test asks. Whatever crosses the committee's edge has the form that
every stack owes (an owner outside deals Shamir shares, results leave as fresh ones), so that programs, ghosts and result users
notice nothing.
"""

import asyncio
import math
import secrets
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import numpy as np

from mpc.arrays import dealing, field
from mpc.arrays.backend import Key, SineSeries, Traffic
from mpc.arrays.fixedpoint import Integers
from mpc.arrays.headroom import Headroom, headroom
from mpc.session import Session
from protocol.backends import SEMI_HONEST, BackendFacts
from protocol.errors import FormatError
from protocol.statements import MpcParameters

FACTS = BackendFacts("clear_toy", SEMI_HONEST, 3, 9, field.MODULUS, 1, 1, simulated=True)
Numbers = Any
"""The numbers themselves, as an object array of Python integers, in a task."""


def room(session: Session) -> Headroom:
    """Of three parties, whatever the committee; one that could keep no secret is refused like everywhere."""
    headroom(len(session.committee), session.threshold)
    return Headroom(len(session.committee), session.threshold, 1, 104, 62)


class ClearToy:
    """One party's end; implements :class:`mpc.arrays.backend.Backend`."""

    def __init__(self, session: Session) -> None:
        self.headroom = room(session)
        self.facts = FACTS
        self.traffic = Traffic()
        self.pid = session.pid
        self._session = session
        self._running: set[asyncio.Task[Any]] = set()
        self._issued = self._shared = self._opens = 0

    @property
    def parameters(self) -> MpcParameters:
        return MpcParameters(FACTS.name, FACTS.security_model, field.MODULUS, self._session.threshold, FACTS.kappa)

    # -- local -----------------------------------------------------------------------------------------------------

    def constant(self, values: Integers) -> Numbers:
        return self._made(lambda: values)

    def add(self, a: Numbers, b: Numbers) -> Numbers:
        return self._made(lambda x, y: x + y, a, b)

    def subtract(self, a: Numbers, b: Numbers) -> Numbers:
        return self._made(lambda x, y: x - y, a, b)

    def add_public(self, a: Numbers, values: Integers) -> Numbers:
        return self._made(lambda x: x + _whole(values), a)

    def scale(self, a: Numbers, factor: Integers) -> Numbers:
        return self._made(lambda x: x * _whole(factor), a)

    def public_matmul(self, left: Integers, a: Numbers) -> Numbers:
        return self._made(lambda x: _whole(left) @ x, a)

    def take(self, a: Numbers, key: Key) -> Numbers:
        return self._made(lambda x: x[key], a)

    def reshape(self, a: Numbers, shape: tuple[int, ...]) -> Numbers:
        return self._made(lambda x: x.reshape(shape), a)

    def transpose(self, a: Numbers) -> Numbers:
        return self._made(lambda x: x.T, a)

    def concatenate(self, parts: Sequence[Numbers], axis: int) -> Numbers:
        return self._made(lambda *arrays: np.concatenate(arrays, axis=axis), *parts)

    def sum(self, a: Numbers, axis: int | None) -> Numbers:
        return self._made(lambda x: x.sum(axis=axis), a)

    def running_sums(self, a: Numbers, axis: int) -> Numbers:
        return self._made(lambda x: x.cumsum(axis=axis), a)

    def multiply(self, a: Numbers, b: Numbers, shape: tuple[int, ...], scale: int, shift: int, bound: int) -> Numbers:
        del bound
        return self._made(lambda x, y: np.broadcast_to(x * y * scale >> shift, shape), a, b)

    def matmul(self, a: Numbers, b: Numbers, shape: tuple[int, ...], scale: int, shift: int, bound: int) -> Numbers:
        del shape, bound
        return self._made(lambda x, y: _whole(x @ y) * scale >> shift, a, b)

    def truncate(self, a: Numbers, shape: tuple[int, ...], factor: Integers, shift: int, bound: int) -> Numbers:
        del bound
        return self._made(lambda x: np.broadcast_to(x * _whole(factor) >> shift, shape), a)

    def at_least(self, a: Numbers, shape: tuple[int, ...], thresholds: Integers, bits: int) -> Numbers:
        del bits
        asked = _whole(thresholds).reshape(-1, *(1,) * len(shape))
        return self._made(lambda x: (x[None] >= asked) * 1, a)

    def is_zero(self, a: Numbers, shape: tuple[int, ...], bits: int) -> Numbers:
        del shape, bits
        return self._made(lambda x: (x == 0) * 1, a)

    def sine_series(
        self, a: Numbers, b: Numbers | None, shape: tuple[int, ...], series: SineSeries, bound: int
    ) -> Numbers:
        del bound

        def waves(*factors: Any) -> Any:
            z = factors[0] if b is None else _whole(factors[0] @ factors[1])
            angle = 2 * np.pi * _whole(z % (1 << series.period_bits)).astype(np.float64) / 2**series.period_bits
            total = sum(c * np.sin(k * angle) for k, c in enumerate(series.coefficients, start=1))
            return np.rint(np.ldexp(np.broadcast_to(np.asarray(total), shape), series.fraction_bits)).astype(np.int64)

        return self._made(waves, *((a,) if b is None else (a, b)))

    def shuffle(self, a: Numbers, shape: tuple[int, ...]) -> Numbers:
        seed = self._seed()

        async def run() -> Any:
            order = np.random.default_rng(int.from_bytes(await seed, "big")).permutation(shape[0])
            return (await a)[order]

        return self._started(run())

    def permute(self, a: Numbers, shape: tuple[int, ...], by: int, order: Integers | None) -> Numbers:
        own = None if order is None else order.astype(np.int64)
        told = self.share(own, shape[:1], by)
        return self._made(lambda x, found: x[_whole(found).astype(np.int64)], a, told)

    async def order(self, a: Numbers, count: int, bits: int) -> Integers:
        del bits
        return np.argsort(await a).reshape(count)

    # -- edges -----------------------------------------------------------------------------------------------------

    def share(self, values: Integers | None, shape: tuple[int, ...], owner: int) -> Numbers:
        self._shared += 1
        label, names = self._label(), self._session.names

        async def inside() -> Any:
            if owner == self.pid:
                await self._tell(label, field.encode(_elements(values)))
                return _whole(values)
            return _signed(self._read(names[owner], await self._session.receive(names[owner], label), shape))

        async def outside(number: int) -> Any:
            data = await self._session.receive(names[owner], f"share/{number}")
            shares = await self._gathered(label, self._read(names[owner], data, shape).reshape(-1))
            if not dealing.consistent(shares, self._session.threshold):
                raise self._session.refuse(names[owner], "its input shares lie on no common polynomial")
            return _signed(dealing.recombine(shares, 0)).reshape(shape)

        return self._started(inside() if owner < len(self._session.committee) else outside(self._shared))

    async def settle(self, a: Numbers) -> None:
        await a

    async def open(self, a: Numbers, shape: tuple[int, ...]) -> Integers:
        self._opens += 1
        label, number = self._label(), self._opens
        own = _elements(await a).reshape(-1)
        for name in self._session.names[len(self._session.committee) :]:
            await self._send(name, f"open/{number}", field.encode(own))
        self.traffic.elements_opened += own.size
        return dealing.opened(await self._gathered(label, own), self._session.threshold).reshape(shape)

    async def export(self, a: Numbers, shape: tuple[int, ...]) -> bytes:
        seed = self._seed()
        slopes = dealing.weights(await seed, math.prod(shape)).reshape(shape)
        return field.encode(_elements(await a + slopes * (self.pid + 1)))

    def restore(self, data: bytes, shape: tuple[int, ...]) -> Numbers:
        own, label = field.decode(data, shape).reshape(-1), self._label()

        async def run() -> Any:
            return _signed(dealing.recombine(await self._gathered(label, own), 0)).reshape(shape)

        return self._started(run())

    async def idle(self) -> None:
        while self._running:
            await asyncio.gather(*self._running)

    async def cancel(self) -> None:
        for task in list(self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    def _made(self, function: Callable[..., Any], *inputs: Numbers) -> Numbers:
        async def run() -> Any:
            return _whole(function(*[await item for item in inputs]))

        return self._started(run())

    def _started(self, work: Coroutine[Any, Any, Any]) -> Numbers:
        self.traffic.operations += 1
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(
            lambda done: None if done.cancelled() or done.exception() else self._running.discard(done)
        )
        return task

    def _label(self) -> str:
        self._issued += 1
        return f"toy/{self._issued}"

    def _seed(self) -> Numbers:
        """Sixteen bytes that the first party draws for all."""
        label, first = self._label(), self._session.names[0]

        async def run() -> bytes:
            if self.pid:
                return await self._session.receive(first, label)
            drawn = secrets.token_bytes(16)
            await self._tell(label, drawn)
            return drawn

        return self._started(run())

    async def _tell(self, label: str, data: bytes) -> None:
        for name in self._others():
            await self._send(name, label, data)

    async def _send(self, name: str, label: str, data: bytes) -> None:
        self.traffic.bytes_sent += len(data)
        await self._session.send(name, label, data)

    async def _gathered(self, label: str, own: field.Elements) -> dict[int, field.Elements]:
        """Everyone's flat elements."""
        await self._tell(label, field.encode(own))
        found = {self.pid: own}
        for name in self._others():
            data = await self._session.receive(name, label)
            found[self._session.names.index(name)] = self._read(name, data, own.shape)
        return found

    def _others(self) -> list[str]:
        return [name for place, name in enumerate(self._session.committee) if place != self.pid]

    def _read(self, name: str, data: bytes, shape: tuple[int, ...]) -> field.Elements:
        try:
            return field.decode(data, shape)
        except FormatError as error:
            raise self._session.refuse(name, error.what) from error


def _elements(values: Any) -> field.Elements:
    return _whole(_whole(values) % field.MODULUS)


def _signed(values: field.Elements) -> Any:
    return _whole(field.signed(values))


def _whole(values: Any) -> Any:
    """As Python integers, which never overflow."""
    return field.objects(np.asarray(values))
