"""Polynomials with public coefficients: all powers by products of halves, then one linear combination, truncated once.

Rounds: ⌈log2 degree⌉·M + M. Bytes per element: degree·m. Error: Σ|c_k|·k·slack units of the argument's last place.
"""

from collections.abc import Sequence

from mpc.arrays.interface import SecureArray

COEFFICIENT_BITS = 28
"""Coefficients are integers times 2^-28 in the source: all parties must hold the same ones to the last bit."""


def polynomial(x: SecureArray, coefficients: Sequence[int], *, limit: float) -> SecureArray:
    """``Σ coefficients[k]·x^k / 2^28`` for |x| <= 1, with x's fraction bits; |result| <= ``limit``."""
    powers = {1: x.within(1.01, because="the caller's range, roundings included")}
    for k in range(2, len(coefficients)):
        powers[k] = powers[k // 2].multiply(powers[k - k // 2], limit=1.01)
    total = powers[1].multiply(coefficients[1])
    for k in range(2, len(coefficients)):
        total = total + powers[k].multiply(coefficients[k])
    value = total.shifted_down(COEFFICIENT_BITS)
    constant = coefficients[0] / 2**COEFFICIENT_BITS
    return (value + constant).within(limit, because="the caller's").rescaled(x.fraction_bits)
