"""Exponential, logarithm and softmax.

exp(x) = exp(x/2^n)^(2^n): a polynomial of degree 6 for |x|/2^n <= 1/2 (error 2.7e-8), then n squarings (as CrypTen, Knott et al.,
NeurIPS 2021, with a polynomial in place of 1 + x/2^n, whose error it divides by a thousand). The squarings carry as many
digits as the headroom lets them, so that small results next to large ones keep their precision. log: x = m·2^e normalised, a
polynomial of degree 9 for log m (error 1e-8).
"""

import math

from mpc.arrays.interface import SecureArray
from mpc.arrays.operands import positive_axis
from mpc.functions.extremes import clip, maximum
from mpc.functions.normal import Weights, normalised
from mpc.functions.polynomial import polynomial
from mpc.functions.reciprocal import reciprocal
from protocol.errors import RangeError

_EXP = (268435456, 134217774, 33554435, 5592039, 699028, 70636, 5871)
"""exp(t/2) on [-1, 1], times 2^28."""
_LOG = (-77224069, 89478486, -14913024, 3314001, -828951, 221070, -60147, 17162, -6447, 1920)
"""log(3/4 + t/4) on [-1, 1], times 2^28."""
_LN2 = 0.6931471805599453
_LOG2E = 1.4426950408889634
_DIGITS = 28
_FEWER_DIGITS = 25
_MANY = 1 << 16
SOFTMAX_BITS = 20


def digits_for(numbers: int) -> int:
    """Places of operands that suffice for the results of so many numbers that are added up: 28, or 25 of more than 65,536.

    Rounding averages out over them, and operands three places shorter have products that fail 64 times more rarely.
    """
    return _DIGITS if numbers <= _MANY else _FEWER_DIGITS


def exp(
    x: SecureArray,
    *,
    low: float | None = None,
    high: float | None = None,
    fraction_bits: int | None = None,
    digits: int = _DIGITS,
) -> SecureArray:
    """e^x elementwise for x in [low, high] (default: the declared limit, both ways); beyond a given end it is clipped there.

    An end beyond x's limit costs nothing; others cost one clip. Rounds: (n + 4)·M, clip C + M; n = ⌈log2 max(|low|, |high|)⌉ + 1.
    Bytes per element: (n + 6)·m, clip c + m. Error: relative 2^(n - 24) + 2^(n + 2 - ``digits``), plus e^(x/2)·2^(3 - d) with d = min(``digits``, 30 - 0.73·high),
    plus two units of the result's last place. ``high`` up to about 20 for three parties.
    """
    bottom, top = max(-x.limit, -x.limit if low is None else low), min(x.limit, x.limit if high is None else high)
    bits = x.fraction_bits if fraction_bits is None else fraction_bits
    if bottom >= top:
        raise RangeError("functions.range", f"[{bottom:g}, {top:g}] is no range.", "Give low < high.")
    bounded = clip(x, bottom, top) if bottom > -x.limit or top < x.limit else x
    return _exp(bounded, max(abs(bottom), abs(top)), top, bits, digits)


def log(x: SecureArray, *, floor: float, fraction_bits: int | None = None) -> SecureArray:
    """Natural logarithm elementwise for x in [floor, x.limit]; below the largest power of two <= floor, that power's.

    Rounds: C + 7M. Bytes per element: c + 11m. Absolute error: 2^-22 and one unit of the result's last place.
    """
    bits = x.fraction_bits if fraction_bits is None else fraction_bits
    normal = normalised(
        x, floor, root=None, filled=True, also=lambda powers, digits: [_logarithms(len(powers), digits)]
    )
    centred = (4 * normal.mantissa - 3).within(1.01, because="the mantissa is in [1/2, 1]")
    fraction = polynomial(centred, _LOG, limit=0.7)
    first, digits = normal.powers[0] - x.fraction_bits, fraction.fraction_bits
    # 0 below the floor, where the mantissa is 1 and the logarithm first·ln 2
    steps = normal.combined(_logarithms(len(normal.powers), digits))
    whole = steps.shifted_down(digits) + first * _LN2
    extent = max(abs(first), abs(first + len(normal.powers))) * _LN2
    return (fraction + whole).within(extent + 0.01, because="log of the range").rescaled(bits)


def _logarithms(powers: int, digits: int) -> Weights:
    """Of the powers reached, above the lowest one."""
    return tuple(round(math.ldexp(_LN2 * (i + 1), digits)) for i in range(powers))


def softmax(z: SecureArray, *, axis: int = -1, digits: int = _DIGITS) -> SecureArray:
    """Softmax along an axis, 20 fraction bits (Knott et al., NeurIPS 2021: maximum, exponential, sum, reciprocal).

    K entries. Rounds: ⌈log2 K⌉·(C + M) + (n + 4)·M + (C + 6M) + M with 2^(n-1) >= 2·z.limit; bytes per entry: c + m + (n + 7)·m and a
    reciprocal for each group. Absolute error below 1e-5 for |z| <= 64, with 25 ``digits`` too. Results sum to 1 within K·1e-6.
    """
    axis = positive_axis(axis, z.ndim)
    kept = (*z.shape[:axis], 1, *z.shape[axis + 1 :])
    spread = 2 * z.limit
    differences = z - maximum(z, axis).reshape(kept)
    below = differences.within(spread, because="entries of one array differ by at most twice its limit")
    powers = _exp(below, spread, 0.0, min(_DIGITS - 4, digits), digits)
    total = powers.sum(axis, limit=1.001 * z.shape[axis]).reshape(kept)
    inverse = reciprocal(total, floor=0.5, digits=digits)
    return powers.multiply(inverse, fraction_bits=SOFTMAX_BITS, limit=1.01)


def _exp(x: SecureArray, extent: float, high: float, fraction_bits: int, most: int) -> SecureArray:
    """e^x for |x| <= extent and x <= high."""
    squarings = max(0, math.ceil(math.log2(extent)) + 1)
    room = (x.backend.headroom.length - 4) / 2

    def digits(step: int) -> int:
        """Of the operand after ``step`` squarings: its square must fit the headroom."""
        return min(most, math.floor(room - _LOG2E * max(high, 0.0) / 2 ** (squarings - step)))

    if squarings and digits(squarings - 1) < 8:
        raise RangeError("functions.range", f"e^{high:g} leaves too few digits.", "Declare a smaller high.")
    unit = x.shifted_down(squarings - 1) if squarings else x.multiply(2)
    current = polynomial(unit.rescaled(digits(0)), _EXP, limit=1.66)
    for step in range(1, squarings + 1):
        largest = math.exp(max(high, 0.0) / 2 ** (squarings - step)) * (1 + 2.0**-8)
        bits = fraction_bits if step == squarings else digits(step)
        shift = 2 * current.fraction_bits - bits
        if shift < 0:
            current = current.rescaled((bits + 1) // 2)
        current = current.multiply(current, fraction_bits=bits, limit=largest)
    return current.rescaled(fraction_bits)
