"""Back from balanced columns to their own units: times powers of two whose exponents are secret."""

from typing import Final

import numpy as np

from mpc.arrays.interface import SecureArray
from mpc.programs.precision import product
from mpc.programs.stats.moments import PLACES

BALANCE: Final = 22
"""Powers of two that :func:`~mpc.programs.precision.unit_diagonal` may scale by."""
UNIT_PLACES: Final = 59
"""Bits of what comes back."""
FAR: Final = PLACES + BALANCE


def in_units(weights: SecureArray, relative: SecureArray, bits: int, limit: float) -> SecureArray:
    """``weights · 2^relative`` with ``bits`` fraction bits, which :func:`_within_range` made fit."""
    up = power(relative, range(1, FAR + 1), 0)
    down = power(relative, range(1 - FAR, 1), 0)
    exact = product(weights, down.shifted_down(FAR), bits, limit=limit * 1.001)
    return exact.multiply(up, fraction_bits=bits, limit=2.0 ** (UNIT_PLACES - bits) * 1.001)


def power(value: SecureArray, places: range, lowest: int) -> SecureArray:
    """2^(lowest + how many of ``places``, a range of consecutive integers, ``value`` reaches), as integers."""
    reached = value.at_least(list(places))
    steps = np.array([1 << (lowest + at) for at in range(len(places))], dtype=np.int64)
    found = steps @ reached.reshape(len(places), -1) + (1 << lowest)
    return found.within(1 << (lowest + len(places)), because="a sum of powers of two that ends where the bits do")
