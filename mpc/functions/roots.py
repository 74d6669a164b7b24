"""Square roots: Goldschmidt's coupled iteration on a number normalised to [1/4, 1).

x = m·4^e with m in [1/4, 1) (:mod:`mpc.functions.normal`, with powers of four). A quadratic is within 0.0241 (relative)
of 1/√m; then g = m·y, h = y/2 and (g, h) <- (g + g·r, h + h·r) with r = 1/2 - g·h take g to √m and 2h to 1/√m (Goldschmidt 1964;
Markstein, RNC 2004): the relative error e becomes 3/2·e², so 9e-4, 1.2e-6, 2.2e-12.

Range: x in [floor, x.limit]. Below the largest power of four <= floor, negative numbers included, the result is 0 (up
to the last truncation's slack): m is 0 there, and bounds below allow for it.

Rounds: C + 11M. Bytes per element: c + 14m. Relative error below 2^-23, the result's own last place aside. Nothing leaks.
"""

import math

from mpc.arrays.interface import SecureArray
from mpc.functions.normal import downwards, normalised, scaled_by, upwards
from mpc.functions.polynomial import polynomial

_QUADRATIC = (716946932, -881906248, 439849740)
"""Minimax in relative error for 1/√m on [1/4, 1], times 2^28."""
_STEPS = 3
_SLACK = 1 + 2.0**-10


def sqrt(x: SecureArray, *, floor: float | None = None, fraction_bits: int | None = None) -> SecureArray:
    """√x elementwise; ``floor`` (default: x's last place) is the least x that does not count as 0."""
    bits = x.fraction_bits if fraction_bits is None else fraction_bits
    normal = normalised(
        x,
        math.ldexp(1.0, -x.fraction_bits) if floor is None else floor,
        step=2,
        root=2,
        also=lambda powers, _: [downwards(powers, 2)],
    )
    root = _of_mantissa(normal.mantissa)[0]
    exponent = (normal.shift - normal.span) // 2
    return scaled_by(root, normal.down(2), exponent, bits, math.ldexp(_SLACK, normal.shift // 2))


def inverse_sqrt(x: SecureArray, *, floor: float, fraction_bits: int | None = None) -> SecureArray:
    """1/√x elementwise for x >= floor > 0; 0 below the floor."""
    bits = x.fraction_bits if fraction_bits is None else fraction_bits
    normal = normalised(x, floor, step=2, root=2, also=lambda powers, _: [upwards(powers, 2)])
    inverted = _of_mantissa(normal.mantissa)[1]
    largest = math.ldexp(_SLACK, 1 + (normal.span - normal.shift) // 2)
    return scaled_by(inverted, normal.up(2), -(normal.shift // 2), bits, largest)


def _of_mantissa(m: SecureArray) -> tuple[SecureArray, SecureArray]:
    """√m and 1/√m for m in [1/4, 1]."""
    start = polynomial(m, _QUADRATIC, limit=2.68)  # within 2.5 % of 1/√m <= 2; m = 0 is multiplied with 0 in the end
    root, half = m.multiply(start, limit=1.03), start.shifted_down(1)
    for _ in range(_STEPS):
        error = (0.5 - root.multiply(half, fraction_bits=m.fraction_bits, limit=0.6)).within(
            0.51, because="e·(1 + e/2) for a relative error e, and 1/2 for m = 0"
        )
        root = (root + root.multiply(error, limit=0.05)).within(1.03, because="approaches √m <= 1")
        half = (half + half.multiply(error, limit=1.6)).within(4.6, because="near 1/(2√m) <= 1; 1.34·1.5³ for m = 0")
    return root, half.multiply(2)
