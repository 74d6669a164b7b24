"""Division by secret numbers: Goldschmidt's iteration on a normalised divisor, from a parabola.

x = m·2^e with m in [1/2, 1) (:mod:`mpc.functions.normal`). y = 5/2·(583/512 - m)² + 0.9575 is one product and within 0.01113
(relative) of 1/m: of all parabolas the best leaves 1/99, and this one has factors that cost no truncation. Then
1/m = y·(1 + e)(1 + e²)(1 + e⁴)… with e = 1 - m·y (Goldschmidt 1964; on shares: Catrina, Saxena, FC 2010): two factors leave
0.01113^4 < 1.54e-8. Then the power of two is multiplied back.

Error of 1/m, in units u = 2^-28, three parties: e is off by one unit and enters twice (4u, as y <= 2 and the terms beyond are small),
e² by one (2u), and each of the two additions by one; with 2u of the mantissa and the 4.2u that the series leaves: 14u absolutely at
1/m = 2, 7u relatively at the worst, below 2^-24 relative everywhere, and half of that where x has at most 28 bits.

Range: x in [floor, x.limit]. Below the largest power of two <= floor, zero and negative numbers included, the result is 0 (up to
the last truncation's slack): ratios of empty groups come out as 0.

Rounds: C + 6M. Bytes per element: the normalisation's step function, + 7m, division + 8m: 474 on the ``fast`` backend for a divisor of
25 bits in [1, 100]. Relative error below 2^-24 for ranges of up to 2^28, the result's own last place aside; x's quantisation counts as
everywhere. What leaks: nothing.
"""

import math

from mpc.arrays.interface import SecureArray
from mpc.functions.normal import WORKING_BITS, Normal, normalised, scaled_by
from protocol.errors import RangeError

_CENTRE = 583 / 512
_LEAST = 0.9575
_CURVATURE = 5
"""In halves."""
_GUARD = 5
"""Further digits of a scaled numerator: where the divisor is below the floor its slack is multiplied with up to 17."""
_SLACK = 1 + 2.0**-10


def reciprocal(
    x: SecureArray, *, floor: float, fraction_bits: int | None = None, digits: int = WORKING_BITS
) -> SecureArray:
    """1/x elementwise for x >= floor > 0, with ``fraction_bits`` (default: x's); 0 below the floor. ``digits`` below 28: relative
    error below 2^(4 - digits), and rarer failures.
    """
    bits = x.fraction_bits if fraction_bits is None else fraction_bits
    normal = normalised(x, floor, digits=digits)
    largest = math.ldexp(_SLACK, x.fraction_bits - normal.powers[0])
    return scaled_by(of_mantissa(normal.mantissa), normal.up(), -_exponent(normal), bits, largest)


def divide(
    a: SecureArray, b: SecureArray, *, floor: float, limit: float, fraction_bits: int | None = None
) -> SecureArray:
    """a/b elementwise, broadcasting, for b >= floor > 0 and |a/b| <= ``limit``; 0 where b is below the floor, up to 3 units.

    ``limit`` is the caller's proof. The numerator is scaled by b's power of two while 1/m is computed; error: 2^-24 relative,
    plus 2 units in the last place of the result, plus 2^-d with d = headroom - 31 - log2(limit) (28 at limit 4).
    """
    bits = max(a.fraction_bits, b.fraction_bits) if fraction_bits is None else fraction_bits
    return Divisor(b, floor=floor).divide(a, limit=limit, fraction_bits=bits)


class Divisor:
    """Numbers that several arrays are divided by, one after the other: what depends on them alone is computed once, 2 of 8 products remain."""

    def __init__(self, b: SecureArray, *, floor: float) -> None:
        self._normal = normalised(b, floor, root=None)
        self._inverse: SecureArray | None = None

    def divide(self, a: SecureArray, *, limit: float, fraction_bits: int) -> SecureArray:
        """As :func:`divide`."""
        normal, room = self._normal, a.backend.headroom.length
        digits = min(
            fraction_bits + _GUARD, room - 4 - normal.mantissa.fraction_bits - math.ceil(math.log2(max(limit, 1)))
        )
        if digits < 4:
            raise RangeError(
                "functions.range", f"A quotient of up to {limit:g} leaves no digits.", "Declare a smaller limit."
            )
        scaled = scaled_by(a, normal.up(), -_exponent(normal), digits, limit * _SLACK)
        if self._inverse is None:
            self._inverse = of_mantissa(normal.mantissa)
        quotient = scaled.multiply(self._inverse, fraction_bits=min(fraction_bits, digits), limit=limit * _SLACK)
        return quotient.rescaled(fraction_bits)


def _exponent(normal: Normal) -> int:
    """1/x = (1/m)·up·2^-exponent."""
    return normal.shift


def of_mantissa(m: SecureArray) -> SecureArray:
    """1/m for m in [1/2, 1]; some number below 17 for m = 0, which the caller multiplies with 0."""
    gap = (_CENTRE - m).within(1.14, because="m is in [0, 1]")
    parabola = gap.multiply(gap, scale=_CURVATURE, fraction_bits=m.fraction_bits - 1, limit=6.5).shifted_down(1)
    found = (parabola + _LEAST).within(4.2, because="its value at 0")
    error = (1 - m.multiply(found, limit=1.02)).within(1.01, because="within 0.0112 of 0, or 1 for m = 0")
    square = error.multiply(error, limit=1.03)
    found = (found + found.multiply(error, limit=4.25)).within(8.45, because="at m = 0; near 1/m <= 2 elsewhere")
    return (found + found.multiply(square, limit=8.7)).within(17.2, because="at m = 0; near 1/m <= 2 elsewhere")
