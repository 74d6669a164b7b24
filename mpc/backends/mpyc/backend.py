"""Secure arrays over MPyC's runtime: any committee of three or more, passive security with an honest majority.

MPyC gives the set-up, the PRSS keys and the links; shares are MPyC's (Shamir, party i at point i + 1, field p), so that
every other MPyC protocol stays usable through :meth:`MpycBackend.to_mpyc`. Messages are canonical field elements, never
pickles. Products are opened masked, as in Damgård, Nielsen (CRYPTO 2007) with PRSS in place of dealt double sharings:
multiplication, matrix product and truncation take one round together.
"""

import math
import secrets
from collections.abc import Callable, Sequence
from typing import Any, Final, cast

import numpy as np

from mpc.arrays import dealing, ordering
from mpc.arrays.backend import Key, SineSeries, Traffic
from mpc.arrays.field import MODULUS, Elements, decode, encode, objects
from mpc.arrays.fixedpoint import Integers
from mpc.arrays.headroom import STATISTICAL_SECURITY, headroom
from mpc.arrays.interface import SecureArray
from mpc.arrays.operands import order_giver
from mpc.arrays.ordering import Answers, Rows
from mpc.arrays.prss import Prss
from mpc.backends.mpyc import compare, shuffle, sine
from mpc.backends.mpyc.deferred import Deferred, Spawner
from mpc.session import Session
from protocol.backends import MPYC
from protocol.errors import FormatError, RangeError
from protocol.statements import MpcParameters

_LABELS = -(1 << 62)
MOST_PERMUTED: Final = 2048
"""Rows of an order that one party knows: its matrix has their square."""
"""MPyC labels messages with 64-bit program counters; ours count up from here."""


class MpycBackend:
    """One party's end of the protocols; implements :class:`mpc.arrays.backend.Backend`."""

    def __init__(self, session: Session) -> None:
        self.facts: Final = MPYC
        self.runtime = session.mpc
        self.pid: int = self.runtime.pid
        self.parties = len(self.runtime.parties)
        self.degree: int = self.runtime.threshold
        self.headroom = headroom(self.parties, self.degree)
        self.traffic = Traffic()
        self.spawner = Spawner()
        self._session = session
        self._others = [party for party in range(self.parties) if party != self.pid]
        self._prss = Prss(self.runtime)
        self._next = self._shared = self._opens = 0

    @property
    def parameters(self) -> MpcParameters:
        """See :class:`~mpc.arrays.backend.Backend`."""
        return MpcParameters(MPYC.name, MPYC.security_model, MODULUS, self.degree, STATISTICAL_SECURITY)

    # -- linear, local -------------------------------------------------------------------------------------------

    def constant(self, values: Integers) -> Deferred:
        """Constant polynomials."""
        return Deferred(objects(objects(values) % MODULUS))

    def add(self, a: Deferred, b: Deferred) -> Deferred:
        """A + b."""
        return self._local(lambda x, y: (x + y) % MODULUS, a, b)

    def subtract(self, a: Deferred, b: Deferred) -> Deferred:
        """A - b."""
        return self._local(lambda x, y: (x - y) % MODULUS, a, b)

    def add_public(self, a: Deferred, values: Integers) -> Deferred:
        """A + values."""
        wide = objects(values)
        return self._local(lambda x: (x + wide) % MODULUS, a)

    def scale(self, a: Deferred, factor: Integers) -> Deferred:
        """A · factor."""
        wide = objects(factor)
        return self._local(lambda x: (x * wide) % MODULUS, a)

    def public_matmul(self, left: Integers, a: Deferred) -> Deferred:
        """Left @ a."""
        wide = objects(left)
        return self._local(lambda x: (wide @ x) % MODULUS, a)

    def take(self, a: Deferred, key: Key) -> Deferred:
        """a[key]."""
        return self._local(lambda x: x[key], a)

    def reshape(self, a: Deferred, shape: tuple[int, ...]) -> Deferred:
        """a.reshape(shape)."""
        return self._local(lambda x: x.reshape(shape), a)

    def transpose(self, a: Deferred) -> Deferred:
        """a.T."""
        return self._local(lambda x: x.T, a)

    def concatenate(self, parts: Sequence[Deferred], axis: int) -> Deferred:
        """Join along an axis."""
        return self._local(lambda *arrays: np.concatenate(arrays, axis=axis), *parts)

    def sum(self, a: Deferred, axis: int | None) -> Deferred:
        """Sum over one axis or all."""
        return self._local(lambda x: x.sum(axis=axis) % MODULUS, a)

    def running_sums(self, a: Deferred, axis: int) -> Deferred:
        """Sums up to every place along an axis."""
        return self._local(lambda x: x.cumsum(axis=axis) % MODULUS, a)

    # -- one round -----------------------------------------------------------------------------------------------

    def multiply(
        self, a: Deferred, b: Deferred, shape: tuple[int, ...], scale: int, shift: int, bound: int
    ) -> Deferred:
        """See :class:`~mpc.arrays.backend.Backend`."""
        del bound
        return self._masked(lambda x, y: x * y * scale, (a, b), shape, 2 * self.degree, shift)

    def matmul(self, a: Deferred, b: Deferred, shape: tuple[int, ...], scale: int, shift: int, bound: int) -> Deferred:
        """See :class:`~mpc.arrays.backend.Backend`."""
        del bound
        return self._masked(lambda x, y: x @ y % MODULUS * scale, (a, b), shape, 2 * self.degree, shift)

    def truncate(self, a: Deferred, shape: tuple[int, ...], factor: Integers, shift: int, bound: int) -> Deferred:
        """See :class:`~mpc.arrays.backend.Backend`."""
        del bound  # masks are sized for the whole headroom: see mpc.arrays.headroom
        wide = objects(factor)
        return self._masked(lambda x: x * wide, (a,), shape, self.degree, shift)

    def at_least(self, a: Deferred, shape: tuple[int, ...], thresholds: Integers, bits: int) -> Deferred:
        """See :class:`~mpc.arrays.backend.Backend`."""
        return compare.at_least(self, a, shape, objects(thresholds), bits)

    def is_zero(self, a: Deferred, shape: tuple[int, ...], bits: int) -> Deferred:
        """See :class:`~mpc.arrays.backend.Backend`."""
        return compare.is_zero(self, a, shape, bits)

    def sine_series(
        self, a: Deferred, b: Deferred | None, shape: tuple[int, ...], series: SineSeries, bound: int
    ) -> Deferred:
        """See :class:`~mpc.arrays.backend.Backend`."""
        del bound
        return sine.sine_series(self, a, b, shape, series)

    def shuffle(self, a: Deferred, shape: tuple[int, ...]) -> Deferred:
        """See :class:`~mpc.arrays.backend.Backend`."""
        return shuffle.shuffle(self, a, shape)

    def permute(self, a: Deferred, shape: tuple[int, ...], by: int, order: Integers | None) -> Deferred:
        """A product with the order's matrix, which ``by`` deals: rows² elements, for this slow stack alone."""
        order_giver(by, self.parties, self.pid, order)
        rows, columns = shape[0], math.prod(shape[1:])
        if rows > MOST_PERMUTED:
            raise RangeError(
                "arrays.permutation",
                f"{rows} rows are to be put into an order that one party knows; this protocol stack does it with {MOST_PERMUTED} at most.",
                "Use a committee of three compute parties, or fewer rows.",
            )
        own = None if order is None else (order[:, None] == np.arange(rows)).astype(np.int64)
        matrix = self._deal(own, (rows, rows), by)
        product = self.matmul(matrix, self.reshape(a, (rows, columns)), (rows, columns), 1, 0, 0)
        return self.reshape(product, shape)

    async def order(self, a: Deferred, count: int, bits: int) -> Integers:
        """Comparisons whose answers the committee opens, as :mod:`mpc.arrays.ordering` asks for them."""

        async def reached(left: Rows, right: Rows) -> Answers:
            differences = self.subtract(self.take(a, left), self.take(a, right))
            asked = self.at_least(differences, (len(left),), np.zeros(1, dtype=np.int64), bits)
            found = await self._opened(self.operation(), (await asked.value()).reshape(-1))
            if bool(((found != 0) & (found != 1)).any()):
                raise ordering.no_order()
            return found == 1

        return await ordering.order(count, reached)

    def random_bits(self, count: int) -> Deferred:
        """Shared uniform bits: r / sqrt(r²) is a random sign (Damgård, Fitzi, Kiltz, Nielsen, Toft, TCC 2006)."""
        return self.spawner.start(self._random_bits(self.operation(), count))

    def masked_open(self, a: Deferred, shape: tuple[int, ...], low: Deferred, low_bits: int, offset: int) -> Deferred:
        """Open ``a + offset + low + R·2^low_bits`` where R is a PRSS mask: what a comparison may learn."""
        return self.spawner.start(self._masked_open(self.operation(), a, shape, low, low_bits, offset))

    def masked_product(
        self, a: Deferred, b: Deferred | None, shape: tuple[int, ...]
    ) -> tuple[Deferred, list[tuple[int, Elements]]]:
        """Open ``c = a @ b + sum r_S`` (b None: a), |a @ b| below the headroom; the masks as from :meth:`known_to_sets`."""
        operation = self.operation()
        masks = self.known_to_sets(operation, math.prod(shape), self.headroom.mask_bits)
        return self.spawner.start(self._product_opened(operation, a, b, shape, masks)), masks

    def known_to_sets(self, operation: int, count: int, bits: int) -> list[tuple[int, Elements]]:
        """For every set of m - t parties: f_S(i) and integers known to S; 0 and zeros at parties outside S."""
        return self._prss.by_set(operation, b"mask", count, bits)

    def deal(self, values: Deferred, shape: tuple[int, ...], dealer: int) -> Deferred:
        """The dealer's own ``values`` in fresh shares of degree t; the others' argument is not used."""
        return self.spawner.start(self._deal_later(self.operation(), values, shape, dealer))

    # -- edges ---------------------------------------------------------------------------------------------------

    async def settle(self, a: Deferred) -> None:
        """Wait."""
        await a.value()

    def share(self, values: Integers | None, shape: tuple[int, ...], owner: int) -> Deferred:
        """The owner deals random polynomials of degree t; those of an owner outside the committee are checked."""
        self._shared += 1
        if owner < self.parties:
            return self._deal(values, shape, owner)
        operation = self.operation()
        return self.spawner.start(self._from_outside(operation, self.operation(), self._shared, shape, owner))

    async def open(self, a: Deferred, shape: tuple[int, ...]) -> Integers:
        """Open to everyone in the session; each checks all shares: see :func:`mpc.arrays.dealing.opened`."""
        self._opens += 1
        operation, label = self.operation(), f"open/{self._opens}"
        own = (await a.value()).reshape(-1)
        for name in self._session.names[self.parties :]:
            data = encode(own)
            self.traffic.bytes_sent += len(data)
            await self._session.send(name, label, data)
        return (await self._opened(operation, own)).reshape(shape)

    async def _opened(self, operation: int, own: Elements) -> Integers:
        """Open flat shares within the committee, checked."""
        shares = {self.pid: own, **await self._exchange(operation, own, self._others, self._others)}
        self.traffic.elements_opened += own.size
        return dealing.opened(shares, self.degree)

    def restore(self, data: bytes, shape: tuple[int, ...]) -> Deferred:
        """See :class:`~mpc.arrays.backend.Backend`."""
        return Deferred(decode(data, shape))

    async def export(self, a: Deferred, shape: tuple[int, ...]) -> bytes:
        """Add a fresh sharing of zero from every party, so that the released shares say only the value."""
        value = await a.value()
        zeros = np.zeros(shape, dtype=np.int64)
        for owner in range(self.parties):
            fresh = self._deal(zeros if owner == self.pid else None, shape, owner)
            value = objects((value + await fresh.value()) % MODULUS)
        return encode(value)

    async def idle(self) -> None:
        """Wait for everything that still runs: peers may need messages that it sends."""
        await self.spawner.idle()

    async def cancel(self) -> None:
        """Stop everything that still runs."""
        await self.spawner.cancel()

    def to_mpyc(self, array: SecureArray) -> Any:  # noqa: ANN401
        """The same shares as MPyC's ``SecFxp(44, 18, p)`` array; needs MPyC's ``sec_param`` at most 40."""
        kind = self.runtime.SecFxp(44, 18, p=MODULUS)
        shares = cast("Deferred", array.rescaled(18).shares).ready
        assert shares is not None, "await settled() first"
        return kind.array(kind.field.array(shares, check=False), shape=array.shape, integral=False)

    async def from_mpyc(
        self,
        array: Any,  # noqa: ANN401
        limit: float,
    ) -> SecureArray:
        """An MPyC ``SecFxp(44, 18, p)`` array as a secure array with a declared limit."""
        value = (await self.runtime.gather(array)).value
        bound = int(limit * 2**18) + 1
        return SecureArray(self, Deferred(objects(value)), array.shape, 18, bound)

    def operation(self) -> int:
        """A number for one operation, the same at all parties and never used again in this run."""
        self._next += 1
        self.traffic.operations += 1
        return self._next

    # -- protocols -----------------------------------------------------------------------------------------------

    def _local(self, function: Callable[..., Elements], *inputs: Deferred) -> Deferred:
        return self.spawner.apply(lambda *values: objects(function(*values)), inputs)

    def _masked(
        self,
        function: Callable[..., Elements],
        inputs: tuple[Deferred, ...],
        shape: tuple[int, ...],
        degree: int,
        shift: int,
    ) -> Deferred:
        operation = self.operation()
        protocol = (
            self._truncated(operation, function, inputs, shape, degree, shift)
            if shift
            else self._reduced(operation, function, inputs, shape)
        )
        return self.spawner.start(protocol)

    async def _truncated(
        self,
        operation: int,
        function: Callable[..., Elements],
        inputs: tuple[Deferred, ...],
        shape: tuple[int, ...],
        degree: int,
        shift: int,
    ) -> Elements:
        """Open x + mask and shift publicly; see :mod:`mpc.arrays.headroom` for hiding, range and error."""
        values = [await item.value() for item in inputs]
        local = np.broadcast_to(objects(function(*values)), shape).reshape(-1)
        offset, high = 1 << (self.headroom.length - 1), 0
        rounding = (1 << (shift - 1)) if self.headroom.subsets % 2 == 0 else 0
        masked = local + (offset + rounding)
        for coefficient, mask in self._prss.integers(operation, b"mask", local.size, self.headroom.mask_bits):
            masked = masked + mask * coefficient
            high = high + (mask >> shift) * coefficient
        if degree > self.degree:
            masked = masked + self._prss.zero(operation, local.size)
        opened = await self._open(operation, masked % MODULUS, degree)
        centre = (offset >> shift) + self.headroom.subsets // 2
        return (((opened >> shift) - high - centre) % MODULUS).reshape(shape)

    async def _reduced(
        self, operation: int, function: Callable[..., Elements], inputs: tuple[Deferred, ...], shape: tuple[int, ...]
    ) -> Elements:
        """An exact product: open it under a uniform mask, which hides it perfectly."""
        values = [await item.value() for item in inputs]
        local = np.broadcast_to(objects(function(*values)), shape).reshape(-1)
        mask = self._prss.uniform(operation, b"reduce", local.size)
        masked = (local + mask + self._prss.zero(operation, local.size)) % MODULUS
        opened = await self._open(operation, masked, 2 * self.degree)
        return ((opened - mask) % MODULUS).reshape(shape)

    async def _random_bits(self, operation: int, count: int) -> Elements:
        values = self._prss.uniform(operation, b"bits", count)
        squares = await self._open(
            operation, (values * values + self._prss.zero(operation, count)) % MODULUS, 2 * self.degree
        )
        return compare.bits_from_squares(values, squares)

    async def _masked_open(
        self, operation: int, a: Deferred, shape: tuple[int, ...], low: Deferred, low_bits: int, offset: int
    ) -> Elements:
        masked = (await a.value()).reshape(-1) + (await low.value()) + offset
        width = self.headroom.mask_bits - low_bits
        for coefficient, mask in self._prss.integers(operation, b"mask", masked.size, width):
            masked = masked + (mask << low_bits) * coefficient
        return (await self._open(operation, masked % MODULUS, self.degree)).reshape(shape)

    async def _product_opened(
        self,
        operation: int,
        a: Deferred,
        b: Deferred | None,
        shape: tuple[int, ...],
        masks: list[tuple[int, Elements]],
    ) -> Elements:
        own = await a.value()
        local = (own if b is None else objects(own @ await b.value())).reshape(-1) + (1 << (self.headroom.length - 1))
        for coefficient, mask in masks:
            local = local + coefficient * mask
        if b is None:
            return (await self._open(operation, local % MODULUS, self.degree)).reshape(shape)
        local = local + self._prss.zero(operation, local.size)
        return (await self._open(operation, local % MODULUS, 2 * self.degree)).reshape(shape)

    async def _deal_later(self, operation: int, values: Deferred, shape: tuple[int, ...], dealer: int) -> Elements:
        own = await values.value() if dealer == self.pid else None
        return await self._dealt(operation, own, shape, dealer)

    def _deal(self, values: Integers | None, shape: tuple[int, ...], owner: int) -> Deferred:
        return self.spawner.start(self._dealt(self.operation(), values, shape, owner))

    async def _dealt(
        self, operation: int, values: Integers | Elements | None, shape: tuple[int, ...], owner: int
    ) -> Elements:
        """A compute party's input."""
        if owner != self.pid:
            return self._decoded(owner, await self._receive(operation, owner), shape)
        assert values is not None
        shares = dealing.deal(values, self.parties, self.degree)
        for party in self._others:
            self._send(operation, party, encode(shares[party]))
        return shares[self.pid].reshape(shape)

    async def _from_outside(self, first: int, second: int, number: int, shape: tuple[int, ...], owner: int) -> Elements:
        """An outside owner's input, refused in that owner's name unless it lies on polynomials of degree t.

        Two rounds more than a compute party's: coins, drawn once the shares are there; then one element for the whole
        array, opened under a uniform mask (batch verification: Bellare, Garay, Rabin, PODC 1996). The committee is taken
        to follow the protocol: a compute party that lies here puts the blame on the owner.
        """
        name = self._session.names[owner]
        data = await self._session.receive(name, f"share/{number}")
        try:
            shares = decode(data, shape)
        except FormatError as error:
            raise self._session.refuse(name, error.what) from error
        flat = shares.reshape(-1)
        seeds = await self._coins(first)
        weighed = (flat * dealing.weights(dealing.coin(seeds), flat.size)).sum()
        own = objects((self._prss.uniform(second, b"deal", 1) + weighed) % MODULUS)
        checked = {self.pid: own, **await self._exchange(second, own, self._others, self._others)}
        if not dealing.consistent(checked, self.degree):
            raise self._session.refuse(name, "its input shares lie on no common polynomial")
        return shares

    async def _coins(self, operation: int) -> list[bytes]:
        seeds = {self.pid: secrets.token_bytes(dealing.SEED_BYTES)}
        for party in self._others:
            self._send(operation, party, seeds[self.pid])
        for party in self._others:
            seeds[party] = await self._receive(operation, party)
            if len(seeds[party]) != dealing.SEED_BYTES:
                raise self._blame(party, f"a coin of {len(seeds[party])} bytes")
        return [seeds[party] for party in range(self.parties)]

    async def _open(self, operation: int, own: Elements, degree: int) -> Elements:
        """Recombine from this party and the ``degree`` parties before it; the value becomes known to all."""
        to = [(self.pid + step) % self.parties for step in range(1, degree + 1)]
        sources = [(self.pid - step) % self.parties for step in range(1, degree + 1)]
        received = await self._exchange(operation, own, to, sources)
        self.traffic.elements_opened += own.size
        return dealing.recombine({self.pid: own, **received}, 0)

    async def _exchange(
        self, operation: int, own: Elements, to: Sequence[int], sources: Sequence[int]
    ) -> dict[int, Elements]:
        data = encode(own)
        for party in to:
            self._send(operation, party, data)
        return {party: self._decoded(party, await self._receive(operation, party), own.shape) for party in sources}

    def _decoded(self, party: int, data: bytes, shape: tuple[int, ...]) -> Elements:
        try:
            return decode(data, shape)
        except FormatError as error:
            raise self._blame(party, error.what) from error

    def _blame(self, party: int, what: str) -> Exception:
        return self._session.refuse(self._session.committee[party], what)

    def _send(self, operation: int, party: int, data: bytes) -> None:
        self.runtime.parties[party].protocol.send(_LABELS + operation, data)
        self.traffic.bytes_sent += len(data)

    async def _receive(self, operation: int, party: int) -> bytes:
        waiting = self.runtime.parties[party].protocol.receive(_LABELS + operation)
        return waiting if isinstance(waiting, bytes) else await waiting
