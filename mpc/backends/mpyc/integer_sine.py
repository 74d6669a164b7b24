"""Sine and cosine in integer arithmetic: parties that know the same angle get the same bits on every machine.

Floating-point libraries round differently; one different unit in one party's copy of a value would multiply a uniform
share. Everything here is exact integer arithmetic on Python integers, slow and portable.
"""

from typing import Final

import numpy as np

from mpc.arrays.field import Elements, objects

_BITS: Final = 52
_HALF_PI: Final = 7074237752028440
"""π/2 · 2^52, rounded."""
_TERMS: Final = 13
"""(π/2)^(2·13) / 26! < 2^-70."""


def sincos(angles: Elements, period_bits: int, scale_bits: int) -> tuple[Elements, Elements]:
    """``2^scale_bits · sin`` and ``cos`` of ``2π·angle / 2^period_bits``, within one unit; scale_bits <= 44."""
    turn = angles & ((1 << period_bits) - 1)
    scaled = turn << 2
    quadrant, rest = scaled >> period_bits, scaled & ((1 << period_bits) - 1)
    radians = (rest * _HALF_PI) >> period_bits
    sine, cosine = (_rounded(part, scale_bits) for part in _first_quadrant(radians))
    odd, upper = objects(quadrant & 1), objects(quadrant >> 1)
    # sin and cos of x + quadrant·π/2
    turned_sine = np.where(odd == 1, cosine, sine)
    turned_cosine = np.where(odd == 1, -sine, cosine)
    sign = 1 - 2 * upper
    return objects(turned_sine * sign), objects(turned_cosine * sign)


def _first_quadrant(x: Elements) -> tuple[Elements, Elements]:
    """Taylor series by Horner's rule, all numbers times 2^52."""
    one = 1 << _BITS
    square = (x * x) >> _BITS
    sine = cosine = objects(np.full(x.shape, one, dtype=object))
    for term in range(_TERMS, 0, -1):
        sine = one - ((square * sine) >> _BITS) // ((2 * term) * (2 * term + 1))
        cosine = one - ((square * cosine) >> _BITS) // ((2 * term - 1) * (2 * term))
    return (sine * x) >> _BITS, cosine


def _rounded(values: Elements, scale_bits: int) -> Elements:
    drop = _BITS - scale_bits
    return (values + (1 << (drop - 1))) >> drop
