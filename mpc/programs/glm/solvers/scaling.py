"""Long secret numbers times a public factor."""

import math
from typing import Final

from mpc.arrays.interface import SecureArray

_DIGITS: Final = 24


def times(values: SecureArray, factor: float, fraction_bits: int) -> SecureArray:
    """``values · factor`` for a public factor > 0, which keeps 24 significant bits; at most two rounds.

    Values so long that such a product would leave the headroom lose their last places first.
    """
    most = values.backend.headroom.length - 2 - _DIGITS
    excess = values.bound.bit_length() - most
    short = values if excess <= 0 else values.rescaled(values.fraction_bits - excess - 1)
    down = _DIGITS - math.frexp(factor)[1]
    return short.multiply(round(math.ldexp(factor, down))).shifted_down(down).rescaled(fraction_bits)
