"""The normal and Student's t distribution, as intervals and p-values need them, in double precision and without packages.

The t distribution's tail is half the regularised incomplete beta function I_x(n/2, 1/2) at x = n/(n + t²), computed by its continued
fraction with Lentz's method (DLMF 8.17.22; Press et al., Numerical Recipes, 3rd ed., 6.4): relative error below 1e-12.
"""

import math
from typing import Final

_TINY: Final = 1e-300
_STEPS: Final = 10_000
_ENOUGH: Final = 1e-16


def two_sided(statistic: float, freedom: float | None) -> float:
    """The chance of |T| >= |statistic|: of a standard normal (``freedom`` None), or of t with so many degrees of freedom."""
    if freedom is None:
        return math.erfc(abs(statistic) / math.sqrt(2))
    square = statistic * statistic
    return _incomplete_beta(freedom / (freedom + square), square / (freedom + square), freedom / 2, 0.5)


def two_sided_point(chance: float, freedom: float | None) -> float:
    """The number that |T| exceeds with this chance, between 0 and 1: 1.96 for 0.05 of a standard normal."""
    low, high = 0.0, 1.0
    while two_sided(high, freedom) > chance:
        low, high = high, 2 * high
    for _ in range(200):
        middle = (low + high) / 2
        if not low < middle < high:
            break
        low, high = (middle, high) if two_sided(middle, freedom) > chance else (low, middle)
    return (low + high) / 2


def _incomplete_beta(x: float, rest: float, a: float, b: float) -> float:
    """I_x(a, b); ``rest`` is 1 - x, which keeps its digits where x is near 1."""
    if rest <= 0:
        return 1.0
    if x <= 0:
        return 0.0
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log(rest))
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(x, a, b) / a
    return 1 - front * _fraction(rest, b, a) / b


def _fraction(x: float, a: float, b: float) -> float:
    c, d = 1.0, 1 / _away(1 - (a + b) * x / (a + 1))
    found = d
    for m in range(1, _STEPS):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d, c = 1 / _away(1 + term * d), _away(1 + term / c)
            found *= d * c
        if abs(d * c - 1) < _ENOUGH * 8:
            break
    return found


def _away(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
