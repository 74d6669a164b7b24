"""Inverse and linear solve for a secret symmetric positive-definite matrix with eigenvalues in a declared interval.

V_0 = I, V_(k+1) = V_k·(2I - B·V_k) (Schulz 1933). For eigenvalues of B in (0, 1] the residual squares in every step: I - B·V_k =
(I - B)^(2^k), so V_k approaches the inverse of B from below, never exceeds it, and nothing depends on secret values. Hence
the bounds: |B·V_k| <= 1 and |V_k| <= min(2^k, 1/floor) in spectral norm, which bounds every entry: V_k is the sum of 2^k powers of I - B.

A solve stops the iteration early and refines the solution: x <- x + V·(b - B·x) multiplies the error by the residual of V each time
(Wilkinson 1963) at the price of two matrix-vector products instead of two matrix products.

Why not Cholesky with secret pivots: d pivots, one after the other, each with a secret inverse square root (C + 10M rounds), are
thousands of rounds at d = 200; this takes about 30, and both lose the same digits to the condition number.

Rounds: 2·(k - 1)·M, k = ⌈log2(8/floor)⌉; solve: 2·(k - 2)·M + 7M. Bytes: m·d² for each of the products, m·d with a vector. Error: of an
inverse, e^-8 relative in the direction of the smallest eigenvalue; of a solution, about 2^-22/floor relative, dominated by the
matrix's own rounding. Failure: as of the products. Nothing leaks.
"""

import math

import numpy as np

from mpc.arrays.interface import SecureArray

_SLACK = 1.05
"""Room for rounding: each iteration adds at most a few units of 2^-24, times the condition 1/floor <= 2^11."""
_REFINEMENTS = 3
_WORKING_BITS = 28


def inverse(matrix: SecureArray, *, floor: float) -> SecureArray:
    """The inverse of ``matrix`` (square, eigenvalues in [floor, 1]), with the same fraction bits.

    Computed with as many of them as the committee's headroom lets products have.
    """
    working = matrix.rescaled(min(matrix.fraction_bits, _room(matrix, _SLACK / floor)))
    return _newton_schulz(working, floor, iterations(floor)).rescaled(matrix.fraction_bits)


def solve(matrix: SecureArray, right: SecureArray, *, floor: float, limit: float) -> SecureArray:
    """X with ``matrix @ X = right`` for eigenvalues in [floor, 1]; shape of ``right``: (d,) or (d, k); its fraction bits.

    ``limit`` states a proven bound of |entries of the solution|. Scale by a public bound of the trace beforehand, and add
    a ridge of at least ``floor``.
    """
    norm = math.sqrt(matrix.shape[0]) * limit * _SLACK
    bits = min(_WORKING_BITS, _room(matrix, max(_SLACK / floor, norm, 2)))
    scaled, target = matrix.rescaled(bits), right.rescaled(bits)
    inverted = _newton_schulz(scaled, floor, max(1, iterations(floor) - 1))
    # V = inverse·(I - (I - B)^(2^k)), so V·right and V·residual are no longer than the solution itself
    found = inverted.matmul(target, fraction_bits=bits, limit=norm)
    for _ in range(_REFINEMENTS):
        residual = target - scaled.matmul(found, fraction_bits=bits, limit=norm)
        step = inverted.matmul(residual, fraction_bits=bits, limit=norm)
        found = (found + step).within(norm, because="each step brings it closer to the solution from below")
    return found.within(limit * _SLACK, because="the caller's bound of the solution").rescaled(right.fraction_bits)


def iterations(floor: float) -> int:
    """Steps until the smallest eigenvalue's residual (1 - floor)^(2^k) is below e^-8."""
    return max(1, math.ceil(math.log2(8 / floor)))


def _room(matrix: SecureArray, largest: float) -> int:
    """Fraction bits of two factors whose product may reach ``largest``."""
    return (matrix.backend.headroom.length - 2 - math.ceil(math.log2(largest))) // 2


def _newton_schulz(matrix: SecureArray, floor: float, steps: int) -> SecureArray:
    size, bits = matrix.shape[0], matrix.fraction_bits
    twice = 2 * np.eye(size, dtype=np.int64)
    current = twice - matrix  # V_1, without a product
    for step in range(1, steps):
        image = matrix.matmul(current, fraction_bits=bits, limit=_SLACK)
        # smaller bounds fail more rarely: an inversion's failures are those of its last few products
        largest = min(math.ldexp(1, step + 1), 1 / floor)
        current = current.matmul(twice - image, fraction_bits=bits, limit=_SLACK * largest)
    return current
