"""The logistic function on shares: an odd polynomial inside, a constant outside, chosen by secure comparison.

For |z| <= CLIP = 9.5 the polynomial of degree 27 in Chebyshev form on [-10, 10], minimax on |z| <= 9.85, is within 6.1e-5
of sigmoid(z) - 1/2; beyond, the constant TAIL is within 4.9e-5. The choice is made on z rounded to eighths, so it may fall
anywhere in 9.5 ± 3/8, where both parts hold their error. With fixed-point rounding the error is below :data:`ERROR` = 1e-4
for every z; tested over the whole range. It moves coefficients of the fitted models in the tests by about that much.

T_(m+n) = 2·T_m·T_n - T_|m-n| evaluates all odd terms in six rounds.

Coefficients are integers in the source, not computed at run time: public constants must be equal at all parties to the
last bit, which floating-point libraries do not promise.
"""

from typing import Final

from workers.mpc.arrays.interface import SecureArray, where

CLIP: Final = 9.5
ERROR: Final = 1e-4
OUTPUT_BITS: Final = 20
_HALF_WIDTH: Final = 10
_COARSE_BITS: Final = 3
_FRACTION_BITS: Final = 24
COEFFICIENTS: Final = (
    10490298, -3073724, 1440067, -755878, 392653, -219339, 110182, -66227, 29748, -20997, 7266, -7102, 1415, -2858,
)  # fmt: skip
"""Of T_1, T_3, … T_27, times 2^24."""
TAIL: Final = 8387803
"""1/2 - 4.8e-5, times 2^24."""


def sigmoid(z: SecureArray) -> SecureArray:
    """Apply the function to a vector of any declared range; the result has 20 fraction bits."""
    beyond = z.rescaled(_COARSE_BITS).at_least([CLIP, -CLIP])
    above, below = beyond[0], 1 - beyond[1]
    inside = where(above + below, 0, z).within(_HALF_WIDTH, because="zeroed beyond 9.5, decided on z to 3/8")
    point = inside.multiply(1 / _HALF_WIDTH, fraction_bits=_FRACTION_BITS)
    terms = _odd_chebyshev(point, 2 * len(COEFFICIENTS) - 1)
    total = terms[0].multiply(COEFFICIENTS[0])
    for coefficient, term in zip(COEFFICIENTS[1:], terms[1:], strict=True):
        total = total + term.multiply(coefficient)
    wide = total.shifted_down(_FRACTION_BITS) + (above - below).multiply(TAIL).shifted_down(_FRACTION_BITS)
    bounded = (wide + 0.5).within(1.0625, because="the polynomial stays within 1/2 + 1e-4 of 1/2 where it is used")
    return bounded.rescaled(OUTPUT_BITS)


def _odd_chebyshev(x: SecureArray, degree: int) -> list[SecureArray]:
    """T_1, T_3, … of an array in [-1, 1]."""
    known = {1: x}

    def term(k: int) -> SecureArray:
        if k not in known:
            power = 1
            while 3 * power <= k:
                power *= 2
            product = term(power).multiply(term(k - power), limit=1.001)
            rest = abs(2 * power - k)
            doubled = product.multiply(2)
            value = doubled - 1 if rest == 0 else doubled - term(rest)
            known[k] = value.within(1.001, because="|T_k| <= 1 on [-1, 1]; errors stay below 2^-10")
        return known[k]

    return [term(k) for k in range(1, degree + 1, 2)]
