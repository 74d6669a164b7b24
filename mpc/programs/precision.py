"""How finely numbers of a declared range can be held, and arithmetic that keeps that precision.

A committee of three holds raw integers below 2^61, so a value with |x| <= limit carries up to 60 - log2(limit) fraction
bits. A product of two such values would not fit: :func:`product` splits the factors into halves first, and
:func:`scale_up` brings secret numbers of unknown size to a known one, exactly.
"""

import math
from dataclasses import dataclass

import numpy as np

from mpc.arrays.backend import Backend
from mpc.arrays.interface import SecureArray, constant
from protocol.errors import RangeError

_RATIO_BITS = 28


def finest(backend: Backend, limit: float, *, spare: int = 1, at_most: int = 52) -> int:
    """The largest fraction length at which |x| <= limit stays below the headroom's 2^-spare-th part.

    Never more than ``at_most``: owners' numbers are doubles. Refuses limits that leave no place (``arrays.overflow``).
    """
    bits = min(at_most, backend.headroom.length - 2 - spare - math.ceil(math.log2(limit)))
    if bits < 0:
        raise RangeError(
            "arrays.overflow",
            f"Numbers up to {limit:g} leave no place in the committee's headroom.",
            "Declare a smaller limit, rescale the columns, or use fewer rows.",
        )
    return bits


def product(a: SecureArray, b: SecureArray, fraction_bits: int, *, limit: float) -> SecureArray:
    """``a · b`` elementwise (broadcasting) for long factors; ``limit`` bounds the exact |a · b|.

    With a = h + l, where h is a truncated by just less than half its length: the four products of halves, each within ``slack`` units
    of the result. Two rounds; two truncations and four products per element.
    """
    left, right = _halves(a), _halves(b)
    most = limit + left[1].limit * b.limit + right[1].limit * a.limit + left[1].limit * right[1].limit
    high = _term(left[0], right[0], fraction_bits, most)
    total = high + _term(left[0], right[1], fraction_bits) + _term(left[1], right[0], fraction_bits)
    total = total + _term(left[1], right[1], fraction_bits)
    units = 4 * (a.backend.headroom.slack + 1)
    return total.within(limit + units / 2.0**fraction_bits, because="the exact product and the slack of four terms")


def times(values: SecureArray, factor: float, fraction_bits: int) -> SecureArray:
    """``values · factor`` for a public positive factor, which keeps 28 significant bits; two rounds."""
    bits = _RATIO_BITS - math.frexp(factor)[1]
    public = constant(values.backend, np.full((1,) * values.ndim, factor), bits)
    return product(values, public, fraction_bits, limit=values.limit * factor * (1 + 2.0**-_RATIO_BITS))


def quotient(
    numerator: SecureArray, denominator: SecureArray, *, most: int, limit: float, fraction_bits: int
) -> SecureArray:
    """``numerator / denominator`` (broadcasting) for secret integers 0 <= denominator <= most; 0 where that is 0.

    |quotient| <= ``limit`` is the caller's to prove (and 0/0 the only case of a zero denominator). Both are scaled by the
    power of two that brings the denominator into [1/2, 1), exactly; one reciprocal per denominator. The relative error is
    2^-27, beside limit·2^-57 of the numerator.
    """
    length = most.bit_length()
    scale, positive = scale_up(denominator, length=length)
    unit = (denominator * scale).within(1 << length, because="scaled up to at most that").shifted_down(length)
    inverse = _reciprocal(unit.rescaled(_RATIO_BITS) + ~positive)
    longest = numerator.backend.headroom.length - 3 - length - math.ceil(math.log2(limit))
    short = numerator.rescaled(min(longest, numerator.fraction_bits))
    scaled = short.multiply(scale, fraction_bits=short.fraction_bits, limit=limit * 2.0**length * 1.001)
    return product(scaled.shifted_down(length), inverse, fraction_bits, limit=limit * 1.001)


@dataclass(frozen=True, slots=True)
class Halves:
    """A long array, and the same in two: ``high`` truncated by just less than half its length, and ``low``, what that drops."""

    whole: SecureArray
    high: SecureArray
    low: SecureArray

    @classmethod
    def of(cls, values: SecureArray) -> "Halves":
        """One round; worth keeping where an array is multiplied many times."""
        return cls(values, *_halves(values))


def matrix_product(a: SecureArray | Halves, b: SecureArray, fraction_bits: int, *, limit: float) -> SecureArray:
    """``a @ b`` for factors too long for one product, each in two halves as in :func:`product`; ``limit`` bounds the result."""
    whole = a.whole if isinstance(a, Halves) else a
    terms, room = whole.shape[-1], b.backend.headroom.limit
    if whole.bound * b.bound * terms < room:
        bits = min(fraction_bits, whole.fraction_bits + b.fraction_bits)
        return whole.matmul(b, fraction_bits=bits).rescaled(fraction_bits)
    left, right = a if isinstance(a, Halves) else Halves.of(a), Halves.of(b)
    rest = left.low.limit * b.limit + right.low.limit * whole.limit + left.low.limit * right.low.limit
    pairs = ((left.high, right.high), (left.high, right.low), (left.low, right.high), (left.low, right.low))
    found = [_matrix_term(x, y, fraction_bits, limit + terms * rest) for x, y in pairs]
    units = 4 * (b.backend.headroom.slack + 1)
    total = found[0] + found[1] + found[2] + found[3]
    return total.within(limit + units / 2.0**fraction_bits, because="the exact product and the slack of four terms")


def scale_up(
    values: SecureArray, *, length: int, step: int = 1, least: int = 0, most: int | None = None
) -> tuple[SecureArray, SecureArray]:
    """(w, bit): secret powers of two, integers, with 2^(length - step) <= raw·w^step < 2^length, for raw >= 2^(step·least).

    ``raw`` are the raw integers of ``values`` (raw < 2^length, ``length`` divisible by ``step``); below 2^(step·least) w is
    0, and so is the bit. Larger powers than ``most`` are that. One batch of ``length/step - least`` thresholds per element
    under one mask; nothing else is sent.
    """
    places = length // step - least
    thresholds = [1 << (step * (least + place)) for place in range(places)]
    reached = values.shifted_down(-values.fraction_bits).at_least(thresholds)
    largest = 1 << (places - 1) if most is None else most
    targets = [0] + [min(1 << (places - 1 - place), largest) for place in range(places)]
    flat = np.diff(np.array(targets, dtype=np.int64)) @ reached.reshape(places, -1)
    scale = flat.within(max(targets), because="bits fall with the place, so the sum is one power of two")
    return scale.reshape(*values.shape), reached[0]


def exponent(powers: SecureArray, most: int) -> SecureArray:
    """Log2 of secret powers of two from 1 to 2^``most``, as integers; 0 of 0."""
    reached = powers.at_least([1 << place for place in range(1, most + 1)])
    return reached.sum(axis=0).within(most, because="one for each doubling")


def unit_diagonal(matrix: SecureArray, least: int, fraction_bits: int) -> tuple[SecureArray, SecureArray, SecureArray]:
    """(D·S·D, D, bit): a semidefinite matrix with its diagonal in [1/4, 1) by secret powers of two, exactly up to the end.

    Jacobi's scaling (van der Sluis, Numer. Math. 1969). A diagonal entry below 2^(2·``least``) in its last place is rounding: its
    power is 0 and so is its bit. By Cauchy–Schwarz no entry exceeds 1. Needs 2^(length - bits) - 1 above the largest entry.
    """
    length, size = comparable(matrix.backend), matrix.shape[0]
    bits, diagonal = matrix.fraction_bits, np.arange(size)
    squares = matrix[diagonal, diagonal].within(2.0 ** (length - bits) - 1, because="its limit leaves places")
    scale, there = scale_up(squares, length=length, step=2, least=least)
    half = matrix.multiply(scale.reshape(-1, 1), fraction_bits=bits, limit=2.0 ** (length + 3 - bits))
    full = half.multiply(scale, fraction_bits=bits, limit=2.0 ** (length + 1 - bits))
    unit = full.shifted_down(length - bits).rescaled(fraction_bits)
    return unit.within(1.01, because="|entry|² <= the product of two diagonal ones"), scale, there


def cut_off(values: SecureArray, most: SecureArray | float) -> tuple[SecureArray, SecureArray]:
    """Values within ±``most`` (public, or secret of the same shape), and the bits of those that were beyond.

    Long values are compared without their last places: one that is beyond by less than these may stay.
    """
    backend = values.backend
    places = max(0, values.bound.bit_length() - comparable(backend))
    short = values.rescaled(values.fraction_bits - places)
    if isinstance(most, SecureArray):
        above, below = short > most, -short > most
        bound = most.limit
    else:
        above, below = short.at_least([most])[0], (-short).at_least([most])[0]
        bound = most
    bits = (above + below).within(1, because="one of the two")
    side = (above - below).within(1, because="one of the two")
    ends = side * most if isinstance(most, SecureArray) else side.multiply(most, fraction_bits=values.fraction_bits)
    kept = (~bits) * values + ends
    slack = (backend.headroom.slack + 1) * 2.0 ** (places - values.fraction_bits)
    return kept.within(bound + slack, because="cut off there, up to the places left out"), bits


def comparable(backend: Backend) -> int:
    """The largest even n such that numbers below 2^n can be compared with thresholds of that size: 56 for three parties."""
    return (backend.headroom.length - 6) // 2 * 2


def _reciprocal(values: SecureArray) -> SecureArray:
    """1/m for m in [1/2, 1]: the line 2.914 - 2m is off by 0.086 at most, relatively; three of Goldschmidt's factors leave
    0.086^8 < 2^-28.
    """
    bits = values.fraction_bits
    found = (2.9142135624 - 2 * values).within(2, because="m is at least 1/2")
    error = (1 - values.multiply(found, fraction_bits=bits, limit=1.1)).within(0.09, because="Goldschmidt's start")
    for _ in range(3):
        found = (found + found.multiply(error, fraction_bits=bits)).within(2.01, because="at most 1/m")
        error = error.multiply(error, fraction_bits=bits)
    return found


def _halves(values: SecureArray) -> tuple[SecureArray, SecureArray]:
    places = max(1, (values.bound.bit_length() - 1) // 2)
    high = values.rescaled(values.fraction_bits - places)
    rest = values - high.rescaled(values.fraction_bits)
    limit = (values.backend.headroom.slack + 1) * 2.0 ** (places - values.fraction_bits)
    return high, rest.within(limit, because="what a truncation drops, and its slack")


def _term(a: SecureArray, b: SecureArray, fraction_bits: int, limit: float | None = None) -> SecureArray:
    bits = min(fraction_bits, a.fraction_bits + b.fraction_bits)
    return a.multiply(b, fraction_bits=bits, limit=limit).rescaled(fraction_bits)


def _matrix_term(a: SecureArray, b: SecureArray, fraction_bits: int, limit: float) -> SecureArray:
    bits = min(fraction_bits, a.fraction_bits + b.fraction_bits)
    return a.matmul(b, fraction_bits=bits, limit=limit).rescaled(fraction_bits)
