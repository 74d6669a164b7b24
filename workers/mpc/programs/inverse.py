"""The inverse of a secret symmetric matrix with eigenvalues in a known interval, by Newton–Schulz iteration.

V_0 = I, V_(k+1) = V_k·(2I - B·V_k). For 0 < B <= I (eigenvalues) the residual squares in every step: I - B·V_k =
(I - B)^(2^(k+1) - 1 + 1), so V_k approaches the inverse of B from below, never exceeds it, and nothing depends on secret
values (Schulz 1933). Hence the bounds: |B·V_k| <= 1 and |V_k| <= 1/floor in spectral norm, which bounds every entry.

The reciprocal of a number in (0, 1] is the case of one row and column.
"""

import math

import numpy as np

from workers.mpc.arrays.interface import SecureArray

_SLACK = 1.05
"""Room for rounding: each iteration adds at most a few units of 2^-24, times the condition 1/floor <= 2^11."""


def inverse(matrix: SecureArray, *, floor: float) -> SecureArray:
    """The inverse of ``matrix`` (square, eigenvalues in [floor, 1]), with the same fraction bits."""
    size, bits = matrix.shape[0], matrix.fraction_bits
    twice = 2 * np.eye(size, dtype=np.int64)
    current = twice - matrix  # V_1, without a product
    for _ in range(iterations(floor) - 1):
        image = matrix.matmul(current, fraction_bits=bits, limit=_SLACK)
        current = current.matmul(twice - image, fraction_bits=bits, limit=_SLACK / floor)
    return current


def reciprocal(values: SecureArray, *, floor: float) -> SecureArray:
    """1/x elementwise for x in [floor, 1]; for x = 0 the result is some number below 16/floor."""
    count, bits = iterations(floor), values.fraction_bits
    current, limit = 2 - values, 2.0
    for _ in range(count - 1):
        limit = 2 * limit
        image = values.multiply(current, fraction_bits=bits, limit=_SLACK)
        current = current.multiply(2 - image, fraction_bits=bits, limit=limit * _SLACK)
    return current.within(min(limit, 16 / floor) * _SLACK, because="each iteration at most doubles, starting from 2")


def iterations(floor: float) -> int:
    """Steps until the smallest eigenvalue's residual (1 - floor)^(2^k) is below e^-8."""
    return max(1, math.ceil(math.log2(8 / floor)))
