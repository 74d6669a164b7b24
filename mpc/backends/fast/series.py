"""Odd trigonometric polynomials of a product that is never truncated: the fast way to a sigmoid.

As for a truncation, A and B learn c = z + offset + r mod p with C's uniform r, and offset is a multiple of the period, so
sin(ω_k·z) = sin(ω_k·c)·cos(ω_k·r) - cos(ω_k·c)·sin(ω_k·r): A and B know the factors in c, C those in r (the idea is that of
masked trigonometric evaluation: Zheng, Zhang, Chow et al., ACSAC 2023, with Fourier series for the sigmoid). C deals its 2K factors,
already times the coefficients, as sums between A and B; their inner products with the public factors are halves of the result,
which the protocol of :mod:`mpc.backends.fast.products` truncates and turns into shares. A's and B's factors must agree in every
bit (a different rounding would multiply a uniform half): integer arithmetic, the same on every machine.

Rounds: 2. Bytes per element in all: 26 to open, 39 to finish, and 16·K (8 for each factor) or, where more precision is asked,
26·K. For K = 8: 193.

Eight bytes for a factor: it is an integer v in [0, 2^23], sent as v + s with s uniform in [0, 2^63) from the key of A and C,
over the integers. For two values of v the distributions of v + s differ by at most 2^23 / 2^63 = 2^-40 (they agree on all but
|v - v'| of 2^63 places at either end), the statistical security of all masks in :mod:`mpc.arrays.headroom`; what the
receiver knows besides, c, is independent of s. 13-byte halves are uniform and hide perfectly.

Error, in units of the result's last place: one for the truncation; K·2^-0.5·2^(f - v) for factors rounded to v fraction bits
(at most one with eight bytes, 2^-8·K otherwise), and sum|b_k|·1.07·2^(f - s) for sines with s = min(28, f + 8) bits.

Failure: the two openings must not wrap: charged.

Leaks: nothing to A and B (every message is masked by a key they lack), nothing to C, which receives nothing. A result that is
opened later tells C the rounding of its last place, as for every truncation.
"""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from mpc.arrays.backend import SineSeries
from mpc.backends.fast import kernels, products
from mpc.backends.fast.kernels import Integers, Planes, Words
from mpc.backends.fast.kernels.planes import ELEMENT_BYTES
from mpc.backends.fast.parties import CHUNK, Operation, Party, Purpose, Seat, whole
from mpc.backends.fast.protocols import Work

_OPEN: Final = 2
_FACTORS: Final = 3
_CHUNK: Final = CHUNK // 4
_COMPACT_BITS: Final = 22
"""|factor| <= 2^22 where it travels in eight bytes."""
_SHARP: Final = 28
"""Fraction bits of C's own sines."""
_GUARD: Final = 10
"""Further bits of a coefficient, so that only the product is rounded: 28 + 22 + 10 bits fit a word."""
_LIFT: Final = (1 << (_COMPACT_BITS + _SHARP + _GUARD)) + (1 << (_SHARP + _GUARD - 1))
"""Makes factors positive, and rounds them."""
_MOST_SCALE: Final = 50


@dataclass(frozen=True)
class Plan:
    """The scales at which one series is computed, the same at all parties."""

    series: SineSeries
    bound: int

    @property
    def terms(self) -> int:
        """K."""
        return len(self.series.coefficients)

    @cached_property
    def largest(self) -> float:
        """The largest |coefficient|."""
        return max((abs(b) for b in self.series.coefficients), default=0.0)

    @cached_property
    def compact(self) -> bool:
        """Whether factors of eight bytes are precise to one unit in the result's last place, and sums of them fit."""
        precise = self.terms * 2**-0.5 <= 2.0 ** (self._compact_scale - self.series.fraction_bits)
        return precise and self._compact_scale <= _MOST_SCALE and 2 * self.terms << self.sine_bits < 1 << 31

    @cached_property
    def factor_bits(self) -> int:
        """Fraction bits of C's factors."""
        return self._compact_scale if self.compact else self.series.fraction_bits + 8

    @property
    def sine_bits(self) -> int:
        """Fraction bits of the public factors."""
        return min(28, self.series.fraction_bits + 8)

    @property
    def shift(self) -> int:
        """How far the inner product is truncated."""
        return self.factor_bits + self.sine_bits - self.series.fraction_bits

    @cached_property
    def product_bound(self) -> int:
        """A bound of the inner product."""
        total = sum(abs(b) for b in self.series.coefficients)
        return math.ceil(
            (total + self.terms * 2.0**-self.factor_bits) * 1.5 * 2.0 ** (self.factor_bits + self.sine_bits)
        )

    @cached_property
    def offset(self) -> int:
        """Makes z positive without changing any sine."""
        return products.offset_for(self.bound, self.series.period_bits)

    @cached_property
    def weights(self) -> Integers:
        """The coefficients as integers, where factors are compact; ``(K, 1)``."""
        scale = np.ldexp(np.array(self.series.coefficients), self.factor_bits + _GUARD)
        return np.rint(scale).astype(np.int64)[:, None]

    @property
    def _compact_scale(self) -> int:
        return _COMPACT_BITS - (math.frexp(self.largest)[1] if self.largest else 0)


def issued(party: Party, count: int, series: SineSeries, bound: int) -> Work:
    """See :attr:`mpc.backends.fast.protocols.Protocols.series`."""
    plan = Plan(series, bound)
    party.charge(count, plan.bound + plan.offset)
    products.charge(party, count, plan.shift, plan.product_bound)
    party.traffic.rounds += 1
    operations = [(party.operation(), party.operation()) for _ in range(0, max(count, 1), _CHUNK)]
    return lambda z: evaluated(party, operations, z, plan)


async def evaluated(party: Party, operations: list[tuple[Operation, Operation]], z: Planes, plan: Plan) -> Planes:
    """Shares of the series for planes ``(2, n)`` of degree-2 (or degree-1) shares of z."""
    if z.shape[1] <= _CHUNK:
        return await _chunk(party, *operations[0], z, plan)
    pieces = zip(operations, range(0, z.shape[1], _CHUNK), strict=True)
    return whole(
        await party.flow.in_turn(
            _chunk(party, first, second, np.ascontiguousarray(z[:, start : start + _CHUNK]), plan)
            for (first, second), start in pieces
        )
    )


async def _chunk(party: Party, first: Operation, second: Operation, z: Planes, plan: Plan) -> Planes:
    seat = party.seat(first)
    own = plan.offset if seat.role == "A" else 0
    masked = kernels.mask(z, seat.weight, seat.plus, seat.minus, first.nonce(Purpose.MASK), own)
    if seat.role == "C":
        party.send(seat.b, first.label(_FACTORS), factors_dealt(first, seat, kernels.neg(masked), plan))
        half = np.zeros_like(masked)
        await party.drained(seat.b)
    else:
        party.send(seat.peer, first.label(_OPEN), kernels.pack(masked))
        other = await party.elements(seat.peer, first.label(_OPEN), z.shape[1:])
        data = b"" if seat.role == "A" else await party.receive(seat.c, first.label(_FACTORS))
        half = inner_half(party, first, seat, kernels.add(masked, other), plan, data)
    offset = products.offset_for(plan.product_bound, plan.shift)
    return await products.reduced_halves(party, seat, second, half, plan.shift, offset)


def factors_dealt(operation: Operation, seat: Seat, mask: Planes, plan: Plan) -> bytes:
    """B's part of C's factors b_k·cos(ω_k·r) and -b_k·sin(ω_k·r) for masks r ``(2, n)``; A's comes from the common key."""
    sines, cosines = kernels.sincos(mask, plan.series.period_bits, plan.terms, _SHARP)
    nonce = operation.nonce(Purpose.SERIES)
    shape = (2 * plan.terms, mask.shape[1])
    if plan.compact:
        sums = _masks(seat.plus.words(nonce, math.prod(shape)), shape).view(np.int64)
        for part, factors, signed in (
            (slice(plan.terms), cosines, plan.weights),
            (slice(plan.terms, None), sines, -plan.weights),
        ):
            np.multiply(factors, signed, out=factors)
            np.add(factors, _LIFT, out=factors)
            np.right_shift(factors, _SHARP + _GUARD, out=factors)
            sums[part] += factors
        return sums.astype("<i8", copy=False).tobytes()
    scale = np.ldexp(np.array(plan.series.coefficients), plan.factor_bits - _SHARP)[:, None]
    factors = np.rint(np.concatenate([cosines * scale, sines * -scale])).astype(np.int64)
    return kernels.pack(kernels.sub(kernels.from_int64(factors), seat.plus.elements(nonce, shape)))


def dealt_bytes(plan: Plan, count: int) -> int:
    """The length of what :func:`factors_dealt` returns for ``count`` elements."""
    return 2 * plan.terms * count * (8 if plan.compact else ELEMENT_BYTES)


def inner_half(
    party: Party, operation: Operation, seat: Seat, c: Planes, plan: Plan, data: bytes | memoryview
) -> Planes:
    """A's or B's half ``(2, n)`` of the inner product of C's factors with the public ones in c; ``data``: what C sent to B."""
    public = np.concatenate(kernels.sincos(c, plan.series.period_bits, plan.terms, plan.sine_bits))
    if seat.role == "A":
        nonce = operation.nonce(Purpose.SERIES)
        if plan.compact:  # minus the mask and the 2^22 that make the factors positive
            mask = _masks(seat.minus.words(nonce, public.size), public.shape)
            mask += np.uint64(1 << _COMPACT_BITS)
            return kernels.neg(_products(public, mask))
        return kernels.dot_int(public, seat.minus.elements(nonce, public.shape))
    if not plan.compact:
        return kernels.dot_int(public, party.read_elements(seat.c, data, public.shape))
    return _products(public, party.read_words(seat.c, data, public.size).reshape(public.shape))


def _products(public: Integers, words: Words) -> Planes:
    """The inner products (over axis 0) of small integers with words, in two halves that fit 63 bits each.

    2K·2^sine_bits·2^32 < 2^63: see :attr:`Plan.compact`.
    """
    high = (words >> np.uint64(32)).view(np.int64)
    low = (words & np.uint64(0xFFFFFFFF)).view(np.int64)
    high *= public
    low *= public
    upper = kernels.mul_scalar(kernels.from_int64(high.sum(axis=0)), 1 << 32)
    return kernels.add(upper, kernels.from_int64(low.sum(axis=0)))


def _masks(words: Words, shape: tuple[int, ...]) -> Words:
    """63 uniform bits each."""
    words >>= np.uint64(1)
    return words.reshape(shape)
