"""Predicted probabilities on shares, straight from rows and weights.

The logistic function is odd around 1/2. Inside ``clip`` it is an odd trigonometric polynomial, evaluated on the untruncated
product (ENGINE.md, protocol 2); beyond it is a constant. Which of the two holds is decided by secure comparison on z
rounded to sixteenths, so each part keeps its error up to ``clip`` ± 1/4. On three parties this is one protocol of 5 rounds
(:mod:`mpc.backends.fast.clipped`), and so are the three segments.

The least-squares coefficients with Lawson's weights are nearly minimax on |z| <= clip + 1/4. They are literals, not
computed at run time: public constants must be equal at all parties to the last bit.

========  =====  ======  ==================  ================
link      terms  period  error inside        error beyond
========  =====  ======  ==================  ================
fast      12     32      1.3e-4, clip 12     4e-6
accurate  24     36      3.2e-7, clip 14     5e-7
========  =====  ======  ==================  ================

A systematic error ε moves coefficients by up to ε/λ, λ the least eigenvalue of the mean Hessian: at C = 1 on separable data
λ is 1/rows, so 1e-3 needs ε of some 1e-6 where thousands of rows train. Newton steps but the last use the fast fit.
"""

import math
from dataclasses import dataclass
from typing import Final, Literal

from mpc.arrays.backend import Clip, Line, SineSeries
from mpc.arrays.interface import SecureArray

Link = Literal["fast", "accurate", "segments", "linear"]
_COARSE_BITS: Final = 4
_CORNER_BITS: Final = 10
_PERIOD_LOG: Final = 5


@dataclass(frozen=True, slots=True)
class Fit:
    """An odd trigonometric polynomial of period 32/stretch, good for |z| <= clip + 1/4, and the constant beyond.

    More than ``most_bits`` fraction bits would cost and not help.
    """

    clip: float
    stretch: float
    tail: float
    most_bits: int
    coefficients: tuple[float, ...]


FAST: Final = Fit(
    12.0, 1.0, 0.499996, 18,
    (0.604903048, -0.010540639, 0.136516232, -0.006631374, 0.03859087, 0.00074772, 0.007757777, 0.003352703,
     -4.046e-06, 0.00227765, -0.00053258, 0.000743725),
)  # fmt: skip
ACCURATE: Final = Fit(
    14.0, 32 / 36, 0.4999995, 22,
    (0.613421027, -0.012747927, 0.154282643, -0.012771, 0.054567798, -0.005361623, 0.016678207, 0.001303793,
     0.001728782, 0.004367067, -0.003009766, 0.004458825, -0.003331482, 0.003164883, -0.002228741, 0.001735288,
     -0.001109756, 0.000742197, -0.000416756, 0.000237835, -0.000110241, 5.1004e-05, -1.6359e-05, 5.239e-06),
)  # fmt: skip


def probabilities(link: Link, rows: SecureArray, weights: SecureArray, limit: float, bits: int) -> SecureArray:
    """``link(rows @ weights)`` with ``bits`` fraction bits, or as many as its fit has; ``limit`` bounds |rows @ weights|."""
    if link == "linear":
        return _eighths(rows, weights, limit, bits) + 0.5
    if link == "segments":
        return _segments(rows, weights, limit, bits)
    return _logistic(FAST if link == "fast" else ACCURATE, rows, weights, limit, bits)


def value_bits(link: Link, bits: int) -> int:
    """How many fraction bits :func:`probabilities` returns where ``bits`` are asked for."""
    return min(bits, {"fast": FAST, "accurate": ACCURATE}[link].most_bits) if link in ("fast", "accurate") else bits


def error_limit(link: Link, limit: float) -> float:
    """A bound of |probability - label|."""
    return limit / 8 + 1.5 if link == "linear" else 1.07


def _logistic(fit: Fit, rows: SecureArray, weights: SecureArray, limit: float, most_bits: int) -> SecureArray:
    bits = min(most_bits, fit.most_bits)
    stretched = weights if fit.stretch == 1 else weights.multiply(fit.stretch)
    fraction = rows.fraction_bits + stretched.fraction_bits
    series = SineSeries(fraction + _PERIOD_LOG, fit.coefficients, bits)
    edge, tail = round(math.ldexp(fit.clip * fit.stretch, _COARSE_BITS)), round(math.ldexp(fit.tail, bits))
    clip = Clip(fraction - _COARSE_BITS, edge, tail)
    value = rows.matmul_clipped(stretched, series, clip, limit=1.01 * limit, plus=0.5)
    return value.within(1.03, because="either the curve, within 1/2 + 1e-3 where it is used, or a tail")


def _segments(rows: SecureArray, weights: SecureArray, limit: float, bits: int) -> SecureArray:
    """0 below -4, 1 above 4, 1/2 + z/8 between."""
    fraction = rows.fraction_bits + weights.fraction_bits
    line = Line(fraction - bits + 3, bits)
    corner = Clip(fraction - _CORNER_BITS, round(math.ldexp(4.0, _CORNER_BITS)), 1 << (bits - 1))
    value = rows.matmul_clipped(weights, line, corner, limit=limit, plus=0.5)
    return value.within(1.01, because="z/8 + 1/2 for |z| <= 4 + 2^-8, 0 or 1 beyond")


def _eighths(rows: SecureArray, weights: SecureArray, limit: float, bits: int) -> SecureArray:
    return rows.matmul(weights, fraction_bits=bits, down=3, limit=limit / 8)
