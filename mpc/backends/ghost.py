"""The arrays of a data owner outside the committee: it runs the same program on shapes, and holds no shares.

It deals its own inputs, and receives what the program opens; it computes nothing and sends nothing else. Because it issues
the same operations in the same order as the committee, both ends agree on which input or opening a message belongs to.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, Final, TypeAlias

import numpy as np

from mpc.arrays import dealing, field
from mpc.arrays.backend import Key, SineSeries, Traffic
from mpc.arrays.fixedpoint import Integers
from mpc.arrays.headroom import Headroom
from mpc.session import Session
from protocol.backends import BackendFacts
from protocol.errors import FormatError
from protocol.statements import MpcParameters

Shape: TypeAlias = tuple[int, ...]


class ShapeArithmetic:
    """The operations of a :class:`~mpc.arrays.backend.Backend` on shapes alone: a ghost's ``Shares``."""

    def __init__(self, headroom: Headroom) -> None:
        self.headroom = headroom
        self.traffic = Traffic()

    def constant(self, values: Integers) -> Shape:
        """The values' shape."""
        return values.shape

    def add(self, a: Shape, b: Shape) -> Shape:
        """Broadcast."""
        return np.broadcast_shapes(a, b)

    def subtract(self, a: Shape, b: Shape) -> Shape:
        """Broadcast."""
        return np.broadcast_shapes(a, b)

    def add_public(self, a: Shape, values: Integers) -> Shape:
        """Broadcast."""
        return np.broadcast_shapes(a, values.shape)

    def scale(self, a: Shape, factor: Integers) -> Shape:
        """Broadcast."""
        return np.broadcast_shapes(a, factor.shape)

    def public_matmul(self, left: Integers, a: Shape) -> Shape:
        """Rows of ``left``, columns of ``a``."""
        return (*left.shape[:-1], *a[1:])

    def take(self, a: Shape, key: Key) -> Shape:
        """The shape of a[key]; needs no memory for plain slices."""
        return np.broadcast_to(np.False_, a)[key].shape

    def reshape(self, a: Shape, shape: Shape) -> Shape:
        """The new shape."""
        del a
        return shape

    def transpose(self, a: Shape) -> Shape:
        """Reversed."""
        return a[::-1]

    def concatenate(self, parts: Sequence[Shape], axis: int) -> Shape:
        """Lengths along the axis add up."""
        first = list(parts[0])
        first[axis] = sum(part[axis] for part in parts)
        return tuple(first)

    def sum(self, a: Shape, axis: int | None) -> Shape:
        """Without the axis."""
        return () if axis is None else tuple(np.delete(a, axis).tolist())

    def running_sums(self, a: Shape, axis: int) -> Shape:
        """As it was."""
        del axis
        return a

    def multiply(self, a: Shape, b: Shape, shape: Shape, scale: int, shift: int, bound: int) -> Shape:
        """As declared."""
        del a, b, scale, shift, bound
        return shape

    def matmul(self, a: Shape, b: Shape, shape: Shape, scale: int, shift: int, bound: int) -> Shape:
        """As declared."""
        del a, b, scale, shift, bound
        return shape

    def truncate(self, a: Shape, shape: Shape, factor: Integers, shift: int, bound: int) -> Shape:
        """As declared."""
        del a, factor, shift, bound
        return shape

    def at_least(self, a: Shape, shape: Shape, thresholds: Integers, bits: int) -> Shape:
        """One row of bits for each threshold."""
        del a, bits
        return (thresholds.size, *shape)

    def sine_series(self, a: Shape, b: Shape | None, shape: Shape, series: SineSeries, bound: int) -> Shape:
        """As declared."""
        del a, b, series, bound
        return shape

    def shuffle(self, a: Shape, shape: Shape) -> Shape:
        """As declared."""
        del a
        return shape

    def permute(self, a: Shape, shape: Shape, by: int, order: Integers | None) -> Shape:
        """As declared."""
        del a, by, order
        return shape

    async def order(self, a: Shape, count: int, bits: int) -> Integers:
        """Any: shapes do not depend on it."""
        del a, bits
        return np.arange(count)

    def is_zero(self, a: Shape, shape: Shape, bits: int) -> Shape:
        """As declared."""
        del a, bits
        return shape


class GhostBackend(ShapeArithmetic):
    """An outside owner's end of the protocols. ``facts`` say what the committee runs on, with its ``headroom``.

    Rounds: none of its own. It sends 13 bytes per shared element to each compute party, and receives as many per opened
    element from each.
    """

    def __init__(self, session: Session, facts: BackendFacts, headroom: Headroom) -> None:
        super().__init__(headroom)
        self._session = session
        self.facts: Final = facts
        self._sending: set[asyncio.Task[None]] = set()
        self._shared = self._opens = 0

    @property
    def parameters(self) -> MpcParameters:
        """What this owner deals by, and the committee's stack."""
        facts = self.facts
        return MpcParameters(facts.name, facts.security_model, field.MODULUS, self._session.threshold, facts.kappa)

    def share(self, values: Integers | None, shape: Shape, owner: int) -> Shape:
        """Deal this owner's signed integers; others' are dealt without it."""
        self._shared += 1
        if owner == self._session.pid:
            assert values is not None
            self._start(self._deal(values, f"share/{self._shared}"))
        return shape

    async def settle(self, a: Shape) -> None:
        """Wait until what this owner has dealt so far is on its way."""
        del a
        await self.idle()

    async def open(self, a: Shape, shape: Shape) -> Integers:
        """What the committee opens, told by every compute party and checked: see :func:`dealing.opened`."""
        del a
        self._opens += 1
        shares: dict[int, field.Elements] = {}
        for party, name in enumerate(self._session.committee):
            data = await self._session.receive(name, f"open/{self._opens}")
            try:
                shares[party] = field.decode(data, shape).reshape(-1)
            except FormatError as error:
                raise self._session.refuse(name, error.what) from error
        self.traffic.elements_opened += len(shares[0])
        return dealing.opened(shares, self._session.threshold).reshape(shape)

    async def export(self, a: Shape, shape: Shape) -> bytes:
        """Nothing: this owner holds no shares."""
        del a, shape
        return b""

    def restore(self, data: bytes, shape: Shape) -> Shape:
        """Nothing to restore but the shape."""
        del data
        return shape

    async def idle(self) -> None:
        """Wait for everything that is still being sent; the first failure is raised."""
        while self._sending:
            await asyncio.gather(*self._sending)

    async def cancel(self) -> None:
        """Stop sending."""
        for task in list(self._sending):
            task.cancel()
        await asyncio.gather(*self._sending, return_exceptions=True)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._sending.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: "asyncio.Task[None]") -> None:
        if task.cancelled() or task.exception() is None:
            self._sending.discard(task)  # a failed one stays, so that idle() raises it

    async def _deal(self, values: Integers, label: str) -> None:
        session = self._session
        self.traffic.operations += 1
        shares = dealing.deal(values, len(session.committee), session.threshold)
        for name, share in zip(session.committee, shares, strict=True):
            data = field.encode(share)
            self.traffic.bytes_sent += len(data)
            await session.send(name, label, data)
