"""Secure arrays among three parties at machine speed: implements :class:`mpc.arrays.backend.Backend`.

Shares are MPyC's (Shamir, party i at point i + 1, p = 2^104 - 17), so conversion to and from MPyC's secure types costs
nothing. Linear operations are here; the protocols are given (:mod:`mpc.backends.fast.protocols`), and with them what a run costs,
leaks and withstands.

Operation numbers are drawn when an operation is issued, never when it runs: they must not depend on timing.
"""

import math
from collections.abc import Callable, Sequence
from types import CoroutineType
from typing import Any, Final

import numpy as np

from mpc.arrays.backend import Clip, Curve, Key, SineSeries, Traffic
from mpc.arrays.fixedpoint import Integers
from mpc.arrays.headroom import STATISTICAL_SECURITY, Headroom
from mpc.arrays.interface import SecureArray
from mpc.backends.fast import kernels
from mpc.backends.fast.flow import Pending
from mpc.backends.fast.kernels import MODULUS, Planes
from mpc.backends.fast.kernels.planes import LIMB_BITS
from mpc.backends.fast.parties import PARTIES, Party
from mpc.backends.fast.protocols import Protocols, Running, Work
from mpc.backends.fast.shares import FastShares, Transposed, broadcast, taken
from mpc.session import Session
from protocol.backends import BackendFacts
from protocol.statements import MpcParameters

HEADROOM: Final = Headroom(parties=PARTIES, threshold=1, subsets=1, mask_bits=104, length=62)
"""One uniform mask, known to one party: truncation errs by at most one unit (see :mod:`mpc.backends.fast.products`)."""


class FastBackend:
    """One party's end of the given protocols."""

    def __init__(self, session: Session, facts: BackendFacts, protocols: Protocols) -> None:
        self.facts: Final = facts
        self._party = Party(session)
        self._flow = self._party.flow
        self._use = protocols
        self._common = protocols.common_key(self._party)
        self.runtime: Final = session.mpc
        self.pid: Final = self._party.pid
        self.parties: Final = PARTIES
        self.headroom = HEADROOM
        self.traffic: Traffic = self._party.traffic
        self._shared = self._opens = 0

    @property
    def parameters(self) -> MpcParameters:
        """See :class:`~mpc.arrays.backend.Backend`."""
        facts = self.facts
        return MpcParameters(facts.name, facts.security_model, MODULUS, self.runtime.threshold, STATISTICAL_SECURITY)

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

    def running_sums(self, a: FastShares, axis: int) -> FastShares:
        """Sums up to every place along an axis."""
        return self._local(lambda x: kernels.running_sums(x, axis), a)

    # -- protocols -----------------------------------------------------------------------------------------------

    def multiply(
        self, a: FastShares, b: FastShares, shape: tuple[int, ...], scale: int, shift: int, bound: int
    ) -> FastShares:
        """See :class:`~mpc.backends.fast.protocols.Protocols`."""
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
        """See :class:`~mpc.backends.fast.protocols.Protocols`."""
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
        """See :class:`~mpc.backends.fast.protocols.Protocols`."""
        if np.size(factor) == 1:
            only = int(np.asarray(factor).reshape(()))
            return self._reduced((a,), lambda: broadcast(a.get(), shape), shape, only, shift, bound)
        return self._reduced((a,), lambda: _scaled(broadcast(a.get(), shape), factor), shape, 1, shift, bound)

    def at_least(self, a: FastShares, shape: tuple[int, ...], thresholds: Integers, bits: int) -> FastShares:
        """See :class:`~mpc.backends.fast.protocols.Protocols`."""
        asked = np.ascontiguousarray(thresholds, dtype=np.int64).reshape(-1)
        if not asked.size:
            return self.constant(np.zeros((0, *shape), dtype=np.int64))
        work = self._use.comparison(self._party, math.prod(shape), bits, asked)
        return self._worked(work, (a,), a.get, shape, (asked.size, *shape))

    def step_functions(
        self, a: FastShares, shape: tuple[int, ...], thresholds: Integers, weights: Integers, bits: int
    ) -> FastShares:
        """See :class:`~mpc.backends.fast.protocols.Protocols`: ``steps``."""
        work = self._use.steps(self._party, math.prod(shape), bits, thresholds, weights)
        return self._worked(work, (a,), a.get, shape, (len(weights), *shape))

    def sine_series(
        self, a: FastShares, b: FastShares | None, shape: tuple[int, ...], series: SineSeries, bound: int
    ) -> FastShares:
        """See :class:`~mpc.backends.fast.protocols.Protocols`."""
        work = self._use.series(self._party, math.prod(shape), series, bound)
        if b is None:
            return self._worked(work, (a,), a.get, shape)
        return self._worked(work, (a, b), lambda: a.times(b), shape)

    def clipped(
        self, a: FastShares, b: FastShares, shape: tuple[int, ...], curve: Curve, clip: Clip, bound: int
    ) -> FastShares:
        """See :class:`~mpc.backends.fast.protocols.Protocols`."""
        work = self._use.clipped(self._party, math.prod(shape), curve, clip, bound)
        return self._worked(work, (a, b), lambda: a.times(b), shape)

    def shuffle(self, a: FastShares, shape: tuple[int, ...]) -> FastShares:
        """See :class:`~mpc.backends.fast.protocols.Protocols`."""
        work, rows = self._use.shuffling(self._party, math.prod(shape)), shape[0]

        async def run() -> Planes:
            own = (await a).reshape(2, rows, math.prod(shape[1:]))
            return (await work(own)).reshape(2, *shape)

        return self._started(run())

    def permute(self, a: FastShares, shape: tuple[int, ...], by: int, order: Integers | None) -> FastShares:
        """See :class:`~mpc.backends.fast.protocols.Protocols`: ``permuting``."""
        own = None if order is None else order.astype(np.uint32)
        work, rows = self._use.permuting(self._party, math.prod(shape), by, own), shape[0]

        async def run() -> Planes:
            return (await work((await a).reshape(2, rows, math.prod(shape[1:])))).reshape(2, *shape)

        return self._started(run())

    async def order(self, a: FastShares, count: int, bits: int) -> Integers:
        """See :class:`~mpc.backends.fast.protocols.Protocols`: ``ordering``."""
        work = self._use.ordering(self._party, count, bits)
        result: Pending[Integers] = Pending()

        async def run() -> Integers:
            return await work((await a).reshape(2, count))

        self._flow.start(run(), result)
        return await result.value()

    def is_zero(self, a: FastShares, shape: tuple[int, ...], bits: int) -> FastShares:
        """See :class:`~mpc.backends.fast.protocols.Protocols`."""
        return self._worked(self._use.comparison(self._party, math.prod(shape), bits, None), (a,), a.get, shape)

    # -- edges ---------------------------------------------------------------------------------------------------

    async def settle(self, a: FastShares) -> None:
        """Wait."""
        await a.value()

    def share(self, values: Integers | None, shape: tuple[int, ...], owner: int) -> FastShares:
        """See :class:`~mpc.backends.fast.protocols.Protocols`: ``dealing`` and ``receiving``."""
        self._shared += 1
        if owner >= PARTIES:
            return self._started(self._use.receiving(self._party, self._common, self._shared, shape, owner))
        work = self._use.dealing(self._party, math.prod(shape), owner)
        flat = None if values is None else np.ascontiguousarray(values).reshape(-1)
        return self._started(_shaped(work(flat), shape))

    def open(self, a: FastShares, shape: tuple[int, ...]) -> "CoroutineType[Any, Any, Integers]":
        """See :class:`~mpc.backends.fast.protocols.Protocols`."""
        self._opens += 1
        work = self._use.opening(self._party, math.prod(shape), self._opens)
        result: Pending[Integers] = Pending()

        async def run() -> Integers:
            return (await work((await a).reshape(2, -1))).reshape(shape)

        self._flow.start(run(), result)
        return result.value()

    async def export(self, a: FastShares, shape: tuple[int, ...]) -> bytes:
        """See :class:`~mpc.backends.fast.protocols.Protocols`: ``release``."""
        work = self._use.release(self._party, self._common)
        result: Pending[bytes] = Pending()

        async def run() -> bytes:
            return await work((await a).reshape(2, math.prod(shape)))

        self._flow.start(run(), result)
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

    def _started(self, work: Running) -> FastShares:
        result = FastShares()
        self._flow.start(work, result)
        return result

    def _worked(
        self,
        work: Work,
        factors: tuple[FastShares, ...],
        local: Callable[[], Planes],
        shape: tuple[int, ...],
        result: tuple[int, ...] | None = None,
    ) -> FastShares:
        """The work on what ``local`` makes of the factors when they are there."""

        async def run() -> Planes:
            for factor in factors:
                await factor.base
            return (await work(local().reshape(2, -1))).reshape(2, *(shape if result is None else result))

        return self._started(run())

    def _reduced(
        self,
        factors: tuple[FastShares, ...],
        local: Callable[[], Planes],
        shape: tuple[int, ...],
        scale: int,
        shift: int,
        bound: int,
    ) -> FastShares:
        return self._worked(
            self._use.product(self._party, math.prod(shape), scale, shift, bound), factors, local, shape
        )


async def _shaped(work: Running, shape: tuple[int, ...]) -> Planes:
    return (await work).reshape(2, *shape)


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
