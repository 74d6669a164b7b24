"""The logistic function: an odd trigonometric polynomial inside, a constant outside, chosen by secure comparison.

σ(z) - 1/2 = Σ b_k·sin(2πk·z/32) within a stated error for |z| <= R, with minimax coefficients (Fourier series on shares: Zheng,
Zhang, Chow, Peng, Tan, Li, Yin, ACSAC 2023). The backends compute the sine series of a masked product at once
(:meth:`~mpc.arrays.secure_array.SecureArray.matmul_sine`). Beyond R the series goes astray, so unless |z| <= R is
declared, the result is a constant beyond a clip point below R; the choice is made on z rounded to eighths, so it may fall
3/8 to either side of the point, where both parts keep their error.

======  =====  =================  ===========
error   terms  R                  clip point
======  =====  =================  ===========
2e-3    8      12                 11.6
1e-4    12     11                 10.6
1.5e-5  16     12.5               12.1
======  =====  =================  ===========

Errors hold for every z of the declared range, rounding included; results may leave [0, 1] by as much. Rounds: S, when clipped
the longer of S and M + C, and M. Bytes per element: the sine series' (26 for each term on the ``fast`` backend, and about a
product's), when clipped + c + 2m. Failure: as of the sine series and the comparison. What leaks: nothing beyond what the
backend's sine series states.

Coefficients are integers in the source: all parties must hold the same ones to the last bit.
"""

from dataclasses import dataclass
from typing import Final

from mpc.arrays.backend import SineSeries
from mpc.arrays.interface import SecureArray
from protocol.errors import RangeError

OUTPUT_BITS: Final = 20
_PERIOD_BITS: Final = 5
_COEFFICIENT_BITS: Final = 24
_COARSE_BITS: Final = 3
_MARGIN: Final = 2.0**-8
"""A declared limit is rounded up; so close beyond R the error is still kept."""


@dataclass(frozen=True, slots=True)
class Fit:
    """One approximation: ``coefficients`` times 2^-24, within ``error`` of σ - 1/2 for |z| <= ``reach``, clip and tail included.

    ``tail`` stands in for |σ(z) - 1/2| beyond ``clip``.
    """

    error: float
    reach: float
    clip: float
    tail: float
    coefficients: tuple[int, ...]

    def series(self, fraction_bits: int) -> SineSeries:
        """For arguments with so many fraction bits."""
        real = tuple(c / 2**_COEFFICIENT_BITS for c in self.coefficients)
        return SineSeries(_PERIOD_BITS + fraction_bits, real, OUTPUT_BITS)


FITS: Final = (
    Fit(2e-3, 12.0, 11.6, 0.499993, (
        10026534, 42468, 2016450, 168313, 405056, 190435, 24751, 106090,
    )),
    Fit(1e-4, 11.0, 10.6, 0.499982, (
        8760822, 2336452, -898835, 3239273, -2412090, 2482322, -1637103, 1169027, -605340, 312338, -104548, 32772,
    )),
    Fit(1.5e-5, 12.5, 12.1, 0.499996, (
        10225221, -319455, 2479813, -323689, 858759, -177386, 285137, -58014, 74854, -3941, 9635, 7809, -2576, 4788, -1447,
        1246,
    )),
)  # fmt: skip


def fit_for(error: float) -> Fit:
    """The cheapest approximation within ``error``."""
    for fit in FITS:
        if fit.error <= error:
            return fit
    raise RangeError(
        "functions.error", f"No sigmoid here is within {error:g}.", f"Ask for at least {FITS[-1].error:g}."
    )


def sigmoid(z: SecureArray, *, error: float = 1e-4) -> SecureArray:
    """σ(z) elementwise for any declared range, within ``error``; 20 fraction bits."""
    fit = fit_for(error)
    inside = z.sine_series(fit.series(z.fraction_bits))
    if z.limit > fit.reach + _MARGIN:
        inside = _clipped(z, inside, fit)
    return (inside + 0.5).within(1.01, because="within the error of a probability")


def sigmoid_product(
    rows: SecureArray, weights: SecureArray, *, limit: float | None = None, error: float = 1e-4
) -> SecureArray:
    """σ(rows @ weights) within ``error``, 20 fraction bits; ``limit`` states a proven bound of |rows @ weights|.

    One masked opening serves product and series when the bound is within the fit's reach; otherwise the product comes
    first, untruncated, and is clipped.
    """
    fit, bits = fit_for(error), rows.fraction_bits + weights.fraction_bits
    interval = rows.limit * weights.limit * rows.shape[-1]
    if min(interval, interval if limit is None else limit) > fit.reach + _MARGIN:
        return sigmoid(rows.matmul(weights, fraction_bits=bits, limit=limit), error=error)
    inside = rows.matmul_sine(weights, fit.series(bits), limit=limit)
    return (inside + 0.5).within(1.01, because="within the error of a probability")


def _clipped(z: SecureArray, inside: SecureArray, fit: Fit) -> SecureArray:
    beyond = z.rescaled(_COARSE_BITS).at_least([-fit.clip, fit.clip])
    above, below = beyond[1], ~beyond[0]
    chosen = (beyond[0] - above) * inside
    return chosen + (above - below).multiply(fit.tail, fraction_bits=OUTPUT_BITS)
