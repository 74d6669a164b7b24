"""Secure arrays among three parties at machine speed: implements :class:`mpc.arrays.backend.Backend`.

Semi-honest security with an honest majority of three; openings are checked against one cheating party. Shares are MPyC's
(Shamir, party i at point i + 1, p = 2^104 - 17), so conversion to and from MPyC's secure types costs nothing. The protocols
and what each of them costs and leaks: :mod:`~mpc.backends.fast.products`, :mod:`~mpc.backends.fast.inputs`,
:mod:`~mpc.backends.fast.opening`, :mod:`~mpc.backends.fast.comparison`, :mod:`~mpc.backends.fast.series`,
:mod:`~mpc.backends.fast.clipped`, :mod:`~mpc.backends.fast.shuffling`.

Operation numbers are drawn when an operation is issued, never when it runs: they must not depend on timing.
"""

import math
from collections.abc import Callable, Coroutine, Sequence
from types import CoroutineType
from typing import Any, Final, Literal

import numpy as np

from mpc.arrays.backend import Clip, Key, SineSeries, Traffic
from mpc.arrays.fixedpoint import Integers
from mpc.arrays.headroom import Headroom
from mpc.arrays.interface import SecureArray
from mpc.backends.fast import clipped, comparison, inputs, kernels, opening, products, shuffling
from mpc.backends.fast import series as trigonometry
from mpc.backends.fast.coins import Coins
from mpc.backends.fast.comparison import Question
from mpc.backends.fast.flow import Pending
from mpc.backends.fast.kernels import MODULUS, Planes
from mpc.backends.fast.kernels.planes import LIMB_BITS
from mpc.backends.fast.parties import PARTIES, Operation, Party
from mpc.backends.fast.series import Plan
from mpc.backends.fast.shares import FastShares, Transposed, broadcast, taken
from mpc.session import Session

HEADROOM: Final = Headroom(parties=PARTIES, threshold=1, subsets=1, mask_bits=104, length=62)
"""One uniform mask, known to one party: truncation errs by at most one unit (see :mod:`mpc.backends.fast.products`)."""


class FastBackend:
    """One party's end of the protocols."""

    def __init__(self, session: Session) -> None:
        self._party = Party(session)
        self._flow = self._party.flow
        self._coins = Coins(self._party)
        self.runtime: Final = session.mpc
        self.pid: Final = self._party.pid
        self.parties: Final = PARTIES
        self.headroom = HEADROOM
        self.traffic: Traffic = self._party.traffic
        self._shared = self._opens = 0

    @property
    def name(self) -> Literal["fast"]:
        """For run statements."""
        return "fast"

    # -- linear, local -------------------------------------------------------------------------------------------

    def constant(self, values: Integers) -> FastShares:
        """Constant polynomials."""
        return _known(kernels.from_int64(np.asarray(values)))

    def add(self, a: FastShares, b: FastShares) -> FastShares:
        """A + b."""
        return self._local(lambda x, y: kernels.add(*_alike(x, y)), a, b)

    def subtract(self, a: FastShares, b: FastShares) -> FastShares:
        """A - b."""
        return self._local(lambda x, y: kernels.sub(*_alike(x, y)), a, b)

    def add_public(self, a: FastShares, values: Integers) -> FastShares:
        """A + values."""
        if np.ndim(values) == 0:
            return self._local(lambda x: kernels.add_scalar(x, int(values)), a)
        wide = kernels.from_int64(values)
        return self._local(lambda x: kernels.add(*_alike(x, wide)), a)

    def scale(self, a: FastShares, factor: Integers) -> FastShares:
        """A · factor."""
        return self._local(lambda x: _scaled(x, factor), a)

    def public_matmul(self, left: Integers, a: FastShares) -> FastShares:
        """Left @ a."""
        wide = kernels.from_int64(left)
        return self._local(lambda x: kernels.matmul(wide, x), a)

    def take(self, a: FastShares, key: Key) -> FastShares:
        """a[key]; slices of rows are kept at the matrix, with their packed layouts."""
        if isinstance(key, slice) and a.done and not isinstance(a, Transposed) and a.get().ndim == 3:
            start, stop, step = key.indices(a.get().shape[1])
            if step == 1:
                return a.rows(start, stop, a.get().shape[1], lambda: self._local(lambda x: taken(x, key), a))
        return self._local(lambda x: taken(x, key), a)

    def reshape(self, a: FastShares, shape: tuple[int, ...]) -> FastShares:
        """a.reshape(shape)."""
        return self._local(lambda x: x.reshape(2, *shape), a)

    def transpose(self, a: FastShares) -> FastShares:
        """a.T, which shares the packed layouts of a."""
        return a.of if isinstance(a, Transposed) else Transposed(a)

    def concatenate(self, parts: Sequence[FastShares], axis: int) -> FastShares:
        """Join along an axis."""
        place = axis + 1 if axis >= 0 else axis
        return self._local(lambda *planes: np.concatenate(planes, axis=place), *parts)

    def sum(self, a: FastShares, axis: int | None) -> FastShares:
        """Sum over one axis or all."""
        return self._local(lambda x: kernels.sum_axis(x, axis), a)

    # -- protocols -----------------------------------------------------------------------------------------------

    def multiply(
        self, a: FastShares, b: FastShares, shape: tuple[int, ...], scale: int, shift: int, bound: int
    ) -> FastShares:
        """See :mod:`~mpc.backends.fast.products`."""
        return self._reduced(
            (a, b),
            lambda: kernels.mul(broadcast(a.get(), shape), broadcast(b.get(), shape)),
            shape,
            scale,
            shift,
            bound,
        )

    def matmul(
        self, a: FastShares, b: FastShares, shape: tuple[int, ...], scale: int, shift: int, bound: int
    ) -> FastShares:
        """See :mod:`~mpc.backends.fast.products`."""
        return self._reduced((a, b), lambda: a.times(b), shape, scale, shift, bound)

    def matmul_add(
        self,
        a: FastShares,
        b: FastShares,
        c: FastShares,
        shape: tuple[int, ...],
        scale: int,
        factor: Integers,
        shift: int,
        bound: int,
    ) -> FastShares:
        """See :mod:`~mpc.backends.fast.products`: a share of degree 1 is one of degree 2, too."""

        def local() -> Planes:
            return kernels.add(kernels.mul_scalar(a.times(b), scale), broadcast(_scaled(c.get(), factor), shape))

        return self._reduced((a, b, c), local, shape, 1, shift, bound)

    def truncate(self, a: FastShares, shape: tuple[int, ...], factor: Integers, shift: int, bound: int) -> FastShares:
        """See :mod:`~mpc.backends.fast.products`."""
        if np.size(factor) == 1:
            only = int(np.asarray(factor).reshape(()))
            return self._reduced((a,), lambda: broadcast(a.get(), shape), shape, only, shift, bound)
        return self._reduced((a,), lambda: _scaled(broadcast(a.get(), shape), factor), shape, 1, shift, bound)

    def at_least(self, a: FastShares, shape: tuple[int, ...], thresholds: Integers, bits: int) -> FastShares:
        """See :mod:`~mpc.backends.fast.comparison`."""
        asked = np.ascontiguousarray(thresholds, dtype=np.int64).reshape(-1)
        if not asked.size:
            return self.constant(np.zeros((0, *shape), dtype=np.int64))
        return self._compared(a, Question(bits, asked), shape, (asked.size, *shape))

    def sine_series(
        self, a: FastShares, b: FastShares | None, shape: tuple[int, ...], series: SineSeries, bound: int
    ) -> FastShares:
        """See :mod:`~mpc.backends.fast.series`."""
        plan = Plan(series, bound)
        operations = trigonometry.charge(self._party, math.prod(shape), plan)

        async def run() -> Planes:
            await (a if b is None else a.base)
            if b is not None:
                await b.base
            local = a.get() if b is None else a.times(b)
            return (await trigonometry.evaluated(self._party, operations, local.reshape(2, -1), plan)).reshape(
                2, *shape
            )

        return self._started(run())

    def clipped_series(
        self, a: FastShares, b: FastShares, shape: tuple[int, ...], series: SineSeries, clip: Clip, bound: int
    ) -> FastShares:
        """See :mod:`~mpc.backends.fast.clipped`."""
        plan = clipped.Plan(Plan(series, bound), clip)
        operations = clipped.charge(self._party, math.prod(shape), plan)

        async def run() -> Planes:
            await a.base
            await b.base
            return (await clipped.evaluated(self._party, operations, a.times(b).reshape(2, -1), plan)).reshape(
                2, *shape
            )

        return self._started(run())

    def shuffle(self, a: FastShares, shape: tuple[int, ...]) -> FastShares:
        """See :mod:`~mpc.backends.fast.shuffling`."""
        operation, rows = self._party.operation(), shape[0]
        self.traffic.rounds += 3

        async def run() -> Planes:
            own = (await a).reshape(2, rows, math.prod(shape[1:]))
            return (await shuffling.shuffled(self._party, operation, own)).reshape(2, *shape)

        return self._started(run())

    def is_zero(self, a: FastShares, shape: tuple[int, ...], bits: int) -> FastShares:
        """See :mod:`~mpc.backends.fast.comparison`."""
        return self._compared(a, Question(bits, None), shape, shape)

    # -- edges ---------------------------------------------------------------------------------------------------

    async def settle(self, a: FastShares) -> None:
        """Wait."""
        await a.value()

    def share(self, values: Integers | None, shape: tuple[int, ...], owner: int) -> FastShares:
        """See :mod:`~mpc.backends.fast.inputs`."""
        self._shared += 1
        if owner >= PARTIES:
            operation = self._party.operation()
            self.traffic.rounds += 2
            return self._started(inputs.from_outside(self._party, operation, self._coins, self._shared, shape, owner))
        count = math.prod(shape)
        operations = self._party.operations(count)
        self.traffic.rounds += 1
        flat = None if values is None else np.ascontiguousarray(values).reshape(-1)
        return self._started(self._dealt(operations, flat, shape, owner))

    def open(self, a: FastShares, shape: tuple[int, ...]) -> "CoroutineType[Any, Any, Integers]":
        """See :mod:`~mpc.backends.fast.opening`."""
        self._opens += 1
        result: Pending[Integers] = Pending()
        self._flow.start(self._opened(self._party.operations(math.prod(shape)), self._opens, a, shape), result)
        return result.value()

    async def export(self, a: FastShares, shape: tuple[int, ...]) -> bytes:
        """See :func:`mpc.backends.fast.opening.exported`."""
        result: Pending[bytes] = Pending()
        self._flow.start(self._exported(self._party.operation(), a, shape), result)
        return await result.value()

    def restore(self, data: bytes, shape: tuple[int, ...]) -> FastShares:
        """The shares that :meth:`export` gave this party in an earlier run; ``FormatError`` when they are none."""
        return _known(kernels.unpack(data, shape))

    async def idle(self) -> None:
        """Wait for everything that still runs: peers may need messages that it sends."""
        await self._flow.idle()

    async def cancel(self) -> None:
        """Stop everything that still runs."""
        await self._flow.cancel()

    def to_mpyc(self, array: SecureArray) -> Any:  # noqa: ANN401
        """The same shares as MPyC's ``SecFxp(44, 18, p)`` array; needs MPyC's ``sec_param`` at most 40."""
        kind = self.runtime.SecFxp(44, 18, p=MODULUS)
        planes = kernels.canonical(array.rescaled(18).shares.get())
        shares = planes[0].astype(object) + (planes[1].astype(object) << LIMB_BITS)
        return kind.array(kind.field.array(shares, check=False), shape=array.shape, integral=False)

    async def from_mpyc(
        self,
        array: Any,  # noqa: ANN401
        limit: float,
    ) -> SecureArray:
        """An MPyC ``SecFxp(44, 18, p)`` array as a secure array with a declared limit."""
        value = (await self.runtime.gather(array)).value % MODULUS
        low = (value & ((1 << LIMB_BITS) - 1)).astype(np.uint64)
        planes = np.stack([low, (value >> LIMB_BITS).astype(np.uint64)])
        return SecureArray(self, _known(planes), array.shape, 18, int(limit * 2**18) + 1)

    # -- inside --------------------------------------------------------------------------------------------------

    def _local(self, function: Callable[..., Planes], *inputs: FastShares) -> FastShares:
        result = FastShares()
        self._flow.apply(function, inputs, result)
        return result

    def _started(self, work: Coroutine[Any, Any, Planes]) -> FastShares:
        result = FastShares()
        self._flow.start(work, result)
        return result

    def _reduced(
        self,
        factors: tuple[FastShares, ...],
        local: Callable[[], Planes],
        shape: tuple[int, ...],
        scale: int,
        shift: int,
        bound: int,
    ) -> FastShares:
        count = math.prod(shape)
        products.charge(self._party, count, shift, bound)
        operations = self._party.operations(count)
        return self._started(self._product(operations, factors, local, shape, scale, shift, bound))

    async def _product(
        self,
        operations: list[Operation],
        factors: tuple[FastShares, ...],
        local: Callable[[], Planes],
        shape: tuple[int, ...],
        scale: int,
        shift: int,
        bound: int,
    ) -> Planes:
        for factor in factors:
            await factor.base
        offset = products.offset_for(bound, shift)
        flat = local().reshape(2, -1)
        return (await products.reduced(self._party, operations, flat, scale, shift, offset)).reshape(2, *shape)

    def _compared(
        self, a: FastShares, question: Question, shape: tuple[int, ...], result: tuple[int, ...]
    ) -> FastShares:
        operations = comparison.charge(self._party, math.prod(shape), question)

        async def run() -> Planes:
            flat = (await a).reshape(2, -1)
            return (await comparison.answered(self._party, operations, flat, question)).reshape(2, *result)

        return self._started(run())

    async def _dealt(
        self, operations: list[Operation], values: Integers | None, shape: tuple[int, ...], owner: int
    ) -> Planes:
        parts = await inputs.dealt(self._party, operations, values, math.prod(shape), owner)
        whole = parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)
        return whole.reshape(2, *shape)

    async def _opened(
        self, operations: list[Operation], number: int, a: FastShares, shape: tuple[int, ...]
    ) -> Integers:
        own = (await a).reshape(2, -1)
        await opening.told_outside(self._party, number, own)
        return (await opening.opened(self._party, operations, own)).reshape(shape)

    async def _exported(self, operation: Operation, a: FastShares, shape: tuple[int, ...]) -> bytes:
        own = (await a).reshape(2, math.prod(shape))
        return await opening.exported(operation, self._coins, own, self.pid + 1)


def _known(planes: Planes) -> FastShares:
    shares = FastShares()
    shares.settle(planes, None)
    return shares


def _alike(x: Planes, y: Planes) -> tuple[Planes, Planes]:
    if x.shape == y.shape:
        return x, y
    shape = np.broadcast_shapes(x.shape[1:], y.shape[1:])
    return broadcast(x, shape), broadcast(y, shape)


def _scaled(planes: Planes, factor: Integers) -> Planes:
    if np.ndim(factor) == 0:
        return kernels.mul_scalar(planes, int(factor))
    return kernels.mul(*_alike(planes, kernels.from_int64(np.asarray(factor))))
