"""Comparison with public thresholds, and equality with zero, in batches.

To compare x with t, open c = x + 2^(l-1) + r under a mask whose low k = l - 1 bits are shared one by one (Catrina, de
Hoogh, SCN 2010). For every threshold, c_t = c - t is public, and with u = [c_t mod 2^k < r mod 2^k]

    [x >= t] = (x + 2^(l-1) - t - (c_t mod 2^k) + (r mod 2^k)) / 2^k - u.

The whole graph of operations is issued at once, before any of them runs: operation numbers must not depend on timing.

u comes from blocks of w bits of r, least significant first: u <- less_j + equal_j · u. The shared indicators of a block's
2^w values cost 2^w - 1 - w products once and then serve every threshold without interaction; w is chosen for the number
of thresholds. One opened c serves all thresholds: the mask hides x however often it is compared with public numbers.
"""

import math
from dataclasses import dataclass
from typing import Protocol

import gmpy2
import numpy as np
from numpy.typing import NDArray

from mpc.arrays.field import MODULUS, Elements, inverse, objects
from mpc.backends.mpyc.deferred import Deferred, Spawner
from protocol.errors import UnavailableError

_integer, _power = gmpy2.mpz, gmpy2.powmod  # pyright: ignore[reportAttributeAccessIssue] - compiled, untyped
_PRIME, _ROOT_EXPONENT = _integer(MODULUS), _integer((MODULUS * 3 - 5) >> 2)
"""a^((3p - 5)/4) = 1/sqrt(a) for a square a, since p = 3 mod 4."""


class Protocols(Protocol):
    """The part of the backend that comparisons stand on."""

    spawner: Spawner

    def random_bits(self, count: int) -> Deferred: ...  # noqa: D102
    def multiply(  # noqa: D102
        self, a: Deferred, b: Deferred, shape: tuple[int, ...], scale: int, shift: int, bound: int
    ) -> Deferred: ...
    def masked_open(  # noqa: D102
        self, a: Deferred, shape: tuple[int, ...], low: Deferred, low_bits: int, offset: int
    ) -> Deferred: ...


def at_least(protocols: Protocols, a: Deferred, shape: tuple[int, ...], thresholds: Elements, bits: int) -> Deferred:
    """Shares of [a >= t], shape ``(thresholds, *shape)``, where |a - t| < 2^(bits - 1)."""
    apply, count, low_bits = protocols.spawner.apply, math.prod(shape), bits - 1
    targets, offset = thresholds.reshape(-1, 1), 1 << (bits - 1)
    low, blocks = _masking_bits(protocols, count, low_bits, _width(low_bits, thresholds.size))
    opened = protocols.masked_open(a, (count,), low, low_bits, offset)
    shifted = apply(lambda c: c[None, :] - targets, [opened])
    smaller = _chain(protocols, blocks, shifted, (thresholds.size, count))

    def result(x: Elements, r: Elements, numbers: Elements, u: Elements) -> Elements:
        remainder = numbers & ((1 << low_bits) - 1)
        top = x.reshape(1, -1) + (offset - targets) - remainder + r[None, :]
        return ((top * inverse(1 << low_bits) - u) % MODULUS).reshape(thresholds.size, *shape)

    return apply(result, [a, low, shifted, smaller])


def is_zero(protocols: Protocols, a: Deferred, shape: tuple[int, ...], bits: int) -> Deferred:
    """Shares of [a = 0], |a| < 2^(bits - 1): every block of the opened c must equal that of r."""
    apply, count, offset = protocols.spawner.apply, math.prod(shape), 1 << (bits - 1)
    low, blocks = _masking_bits(protocols, count, bits, _width(bits, 1))
    opened = protocols.masked_open(a, (count,), low, bits, offset)
    numbers = apply(lambda c: (c - offset)[None, :], [opened])
    product = apply(blocks[0].equal, [blocks[0].indicators, numbers])
    for block in blocks[1:]:
        matches = apply(block.equal, [block.indicators, numbers])
        product = protocols.multiply(product, matches, (1, count), 1, 0, 1)
    return apply(lambda x: x.reshape(shape), [product])


def bits_from_squares(values: Elements, squares: Elements) -> Elements:
    """Shares of (1 ± 1)/2 from shares of r and the public r²; r = 0 has probability 2^-104."""
    if bool((squares == 0).any()):
        raise UnavailableError("arrays.zero_mask", "A random mask came out as zero.", "Start the task again.")
    half = (MODULUS + 1) >> 1
    roots = np.fromiter((int(_power(x, _ROOT_EXPONENT, _PRIME)) for x in squares), object, count=squares.size)
    return (values * roots + 1) * half % MODULUS


@dataclass(frozen=True, slots=True)
class _Block:
    """``width`` bits of r from bit ``start``: shared indicators [block = v] for each of its values v."""

    start: int
    width: int
    indicators: Deferred

    def equal(self, indicators: Elements, numbers: Elements) -> Elements:
        """[the block of r = the block of the public number]."""
        digits = self._digits(numbers)
        return indicators[digits, np.arange(numbers.shape[1])]

    def larger(self, indicators: Elements, numbers: Elements) -> Elements:
        """[the block of r > the block of the public number]."""
        table = objects(np.zeros(indicators.shape, dtype=np.int64))
        for value in range(len(indicators) - 2, -1, -1):
            table[value] = (table[value + 1] + indicators[value + 1]) % MODULUS
        return table[self._digits(numbers), np.arange(numbers.shape[1])]

    def _digits(self, numbers: Elements) -> NDArray[np.int64]:
        return ((numbers >> self.start) & ((1 << self.width) - 1)).astype(np.int64)


def _width(bits: int, thresholds: int) -> int:
    def products(width: int) -> int:
        blocks = -(-bits // width)
        return blocks * ((1 << width) - 1 - width) + thresholds * (blocks - 1)

    return min(range(1, 6), key=products)


def _masking_bits(protocols: Protocols, count: int, bits: int, width: int) -> tuple[Deferred, list[_Block]]:
    apply = protocols.spawner.apply
    random = apply(lambda x: x.reshape(bits, count), [protocols.random_bits(bits * count)])
    weights = objects([1 << i for i in range(bits)])
    low = apply(lambda x: weights @ x % MODULUS, [random])
    blocks: list[_Block] = []
    for start in range(0, bits, width):
        size = min(width, bits - start)
        blocks.append(_Block(start, size, _indicators(protocols, random, start, size, count)))
    return low, blocks


def _indicators(protocols: Protocols, random: Deferred, start: int, width: int, count: int) -> Deferred:
    """[block = v] for all v, one bit more at a time: e_v·b and e_v - e_v·b.

    The indicators of a level sum to one, so the product of one of them with b follows from the others.
    """
    apply = protocols.spawner.apply
    current = apply(lambda x: np.stack([(1 - x[start]) % MODULUS, x[start]]), [random])
    for bit in range(1, width):
        top = apply(lambda x, at=start + bit: x[at : at + 1], [random])
        others = apply(lambda e: e[1:], [current])
        products = protocols.multiply(top, others, ((1 << bit) - 1, count), 1, 0, 1)
        current = apply(_doubled, [current, top, products])
    return current


def _doubled(current: Elements, top: Elements, products: Elements) -> Elements:
    first = (top - products.sum(axis=0)) % MODULUS
    ones = np.concatenate([first, products])
    return np.concatenate([(current - ones) % MODULUS, ones])


def _chain(protocols: Protocols, blocks: list[_Block], numbers: Deferred, shape: tuple[int, ...]) -> Deferred:
    """U = [numbers < r] modulo the blocks' bits: from the lowest block up, a higher block decides unless it is equal."""
    apply = protocols.spawner.apply
    smaller = apply(blocks[0].larger, [blocks[0].indicators, numbers])
    for block in blocks[1:]:
        carried = protocols.multiply(apply(block.equal, [block.indicators, numbers]), smaller, shape, 1, 0, 1)
        larger = apply(block.larger, [block.indicators, numbers])
        smaller = apply(lambda x, y: (x + y) % MODULUS, [larger, carried])
    return smaller
