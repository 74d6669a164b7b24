"""Division by secret numbers: Goldschmidt's iteration on a normalised divisor.

x = m·2^e with m in [1/2, 1) (:mod:`mpc.functions.normal`); y = 2.914 - 2m is within 0.086 of 1/m, and
1/m = y·(1 + e)(1 + e²)(1 + e⁴)… with e = 1 - m·y (Goldschmidt 1964; on shares: Catrina, Saxena, FC 2010): three factors leave
0.0858^8 < 3e-9. Then the power of two is multiplied back.

Range: x in [floor, x.limit]. Below the largest power of two <= floor, zero and negative numbers included, the result is 0 (up to
the last truncation's slack): ratios of empty groups come out as 0.

Rounds: C + 6M. Bytes per element: c + 8m, division c + 9m. Relative error below 2^-24 for ranges of up to 2^28, the
result's own last place aside; x's quantisation counts as everywhere. What leaks: nothing.
"""

import math

from mpc.arrays.interface import SecureArray
from mpc.functions.normal import Normal, normalised, scaled_by
from protocol.errors import RangeError

_START = 2.9142135624
"""3/2 + √2: of all lines c - 2m the one with the least relative error against 1/m on [1/2, 1]."""
_STEPS = 3
_SLACK = 1 + 2.0**-10


def reciprocal(x: SecureArray, *, floor: float, fraction_bits: int | None = None) -> SecureArray:
    """1/x elementwise for x >= floor > 0, with ``fraction_bits`` (default: x's); 0 below the floor."""
    bits = x.fraction_bits if fraction_bits is None else fraction_bits
    normal = normalised(x, floor)
    largest = math.ldexp(_SLACK, x.fraction_bits - normal.powers[0])
    return scaled_by(_of_mantissa(normal.mantissa), normal.up(), -_exponent(normal), bits, largest)


def divide(
    a: SecureArray, b: SecureArray, *, floor: float, limit: float, fraction_bits: int | None = None
) -> SecureArray:
    """a/b elementwise, broadcasting, for b >= floor > 0 and |a/b| <= ``limit``; 0 where b is below the floor.

    ``limit`` is the caller's proof. The numerator is scaled by b's power of two while 1/m is computed; error: 2^-24 relative,
    plus 2 units in the last place of the result, plus 2^-d with d = headroom - 31 - log2(limit) (28 at limit 4).
    """
    bits = max(a.fraction_bits, b.fraction_bits) if fraction_bits is None else fraction_bits
    normal = normalised(b, floor, root=None)
    room = a.backend.headroom.length
    digits = min(bits + 2, room - 4 - normal.mantissa.fraction_bits - math.ceil(math.log2(max(limit, 1))))
    if digits < 4:
        raise RangeError(
            "functions.range", f"A quotient of up to {limit:g} leaves no digits.", "Declare a smaller limit."
        )
    scaled = scaled_by(a, normal.up(), -_exponent(normal), digits, limit * _SLACK)
    quotient = scaled.multiply(_of_mantissa(normal.mantissa), fraction_bits=min(bits, digits), limit=limit * _SLACK)
    return quotient.rescaled(bits)


def _exponent(normal: Normal) -> int:
    """1/x = (1/m)·up·2^-exponent."""
    return normal.shift


def _of_mantissa(m: SecureArray) -> SecureArray:
    """1/m for m in [1/2, 1]."""
    found = (_START - 2 * m).within(2, because="m >= 1/2")
    error = (1 - m.multiply(found, limit=1.1)).within(0.09, because="Goldschmidt's start")
    for step in range(_STEPS):
        correction = found.multiply(error, limit=0.2)
        if step < _STEPS - 1:
            error = error.multiply(error, limit=0.01)
        found = (found + correction).within(2.01, because="approaches 1/m <= 2 from below")
    return found
