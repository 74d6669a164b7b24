"""An odd trigonometric polynomial of an untruncated product, for any committee.

The idea of fusing it with the opening of a masked product is the fast layer's (ENGINE.md, protocol 2), here without a
dealer. Every set S of m - t parties knows a mask r_S (pseudorandom secret sharing: Cramer, Damgård, Ishai, TCC 2005). Open
c = z + 2^(L-1) + sum r_S. Whatever all of S know they hold as shares without communication, so sin and cos of 2πk·r_S/P
are shared at once; products of these numbers on the unit circle give the angle of the sum, and with c public

    sin(ω(c - r)) = sin(ωc)·cos(ωr) - cos(ωc)·sin(ωr)

is linear. Security: c hides z as in every truncation (:mod:`mpc.arrays.headroom`), advantage 2^-40; products of
shares are those of :class:`~mpc.backends.mpyc.backend.MpycBackend`.

Rounds: ⌈log2 C(m, t)⌉ + 1, the opening of c at the same time as the first. Sent per element by three parties: 117 bytes and 624
for each term. Error: Σ|b_k|·(3·slack + 4)·2^-28 plus the last truncation's slack. Failure probability 0.
"""

import math
from typing import Protocol

import numpy as np

from mpc.arrays.backend import SineSeries
from mpc.arrays.field import MODULUS, Elements, objects
from mpc.arrays.fixedpoint import Integers, integers
from mpc.arrays.headroom import Headroom
from mpc.backends.mpyc.deferred import Deferred, Spawner
from mpc.backends.mpyc.integer_sine import sincos
from protocol.errors import RangeError

_SCALE_BITS = 28


class Protocols(Protocol):
    """The part of the backend that the series stands on."""

    spawner: Spawner
    headroom: Headroom

    def multiply(  # noqa: D102
        self, a: Deferred, b: Deferred, shape: tuple[int, ...], scale: int, shift: int, bound: int
    ) -> Deferred: ...
    def truncate(  # noqa: D102
        self, a: Deferred, shape: tuple[int, ...], factor: Integers, shift: int, bound: int
    ) -> Deferred: ...
    def masked_product(  # noqa: D102
        self, a: Deferred, b: Deferred | None, shape: tuple[int, ...]
    ) -> tuple[Deferred, list[tuple[int, Elements]]]: ...


def sine_series(
    protocols: Protocols, a: Deferred, b: Deferred | None, shape: tuple[int, ...], series: SineSeries
) -> Deferred:
    """See :meth:`mpc.arrays.backend.Backend.sine_series`."""
    room, count, terms = protocols.headroom, math.prod(shape), len(series.coefficients)
    scale = min(_SCALE_BITS, (room.length - 4) // 2)
    size = math.ceil(sum(abs(c) for c in series.coefficients)).bit_length() + 1
    weight = min(_SCALE_BITS, room.length - 2 - scale - size)
    shift = scale + weight - series.fraction_bits
    if shift < 1:
        raise RangeError(
            "arrays.fraction",
            f"A sine series with {series.fraction_bits} fraction bits exceeds what this committee computes.",
            "Ask for fewer fraction bits.",
        )
    opened, masks = protocols.masked_product(a, b, shape)
    circle = _tree(protocols, [_on_circle(*mask, series, scale) for mask in masks], (terms, count), scale)
    numerators = [round(math.ldexp(c, weight)) for c in series.coefficients]
    factors = objects(numerators).reshape(terms, 1)
    offset = 1 << (room.length - 1)

    def combined(c: Elements, e: Elements) -> Elements:
        sine, cosine = sincos(_multiples(c.reshape(-1) - offset, terms), series.period_bits, scale)
        left, right = (objects((part * factors) >> scale) for part in (sine, cosine))
        return objects((left * e[0] - right * e[1]).sum(axis=0) % MODULUS).reshape(shape)

    total = protocols.spawner.apply(combined, [opened, circle])
    return protocols.truncate(total, shape, integers(1), shift, 1 << (room.length - 1))


def _on_circle(coefficient: int, mask: Elements, series: SineSeries, scale: int) -> Deferred:
    """Shares of cos and sin of all multiples of a mask that this party knows (coefficient 0: does not), (2, K, n)."""
    if coefficient == 0:
        return Deferred(objects(np.zeros((2, len(series.coefficients), mask.size), dtype=np.int64)))
    sine, cosine = sincos(_multiples(mask, len(series.coefficients)), series.period_bits, scale)
    return Deferred(objects(np.stack([cosine, sine]) * coefficient % MODULUS))


def _multiples(angles: Elements, terms: int) -> Elements:
    return objects(np.arange(1, terms + 1)).reshape(-1, 1) * angles[None, :]


def _tree(protocols: Protocols, factors: list[Deferred], shape: tuple[int, ...], scale: int) -> Deferred:
    """The product of numbers on the unit circle."""
    while len(factors) > 1:
        pairs = [
            _complex_product(protocols, left, right, shape, scale)
            for left, right in zip(factors[::2], factors[1::2], strict=False)
        ]
        factors = pairs + factors[2 * len(pairs) :]
    return factors[0]


def _complex_product(protocols: Protocols, a: Deferred, b: Deferred, shape: tuple[int, ...], scale: int) -> Deferred:
    apply = protocols.spawner.apply
    left, right = apply(lambda x: x[[0, 1, 1, 0]], [a]), apply(lambda y: y[[0, 1, 0, 1]], [b])
    bound = 2 << (2 * scale)
    products = protocols.multiply(left, right, (4, *shape), 1, scale, bound)
    return apply(lambda x: objects(np.stack([x[0] - x[1], x[2] + x[3]]) % MODULUS), [products])
