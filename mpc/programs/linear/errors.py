"""Standard errors of least squares, on shares: sqrt(RSS/(n - p)·(S^-1)_jj) of each coefficient, from the balanced equations.

With w the solution of S·w = b and s the target's variance, all balanced, RSS = s + w·(S·w - 2·b), which an error of w enters squared only. Both
roots are taken before the product, so that the digits of neither are lost; the way back to the columns' units is the coefficients'. A
standard error is 0, which stands for none, where the coefficient is flagged, the inverse's entry is not right
(:mod:`mpc.programs.inverse_diagonal`), or the result has left its range. Without a penalty only.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from mpc.arrays.interface import SecureArray, concatenate, constant
from mpc.functions.roots import sqrt
from mpc.programs.inverse_diagonal import inverse_diagonal, largest
from mpc.programs.linear.centred import Centred
from mpc.programs.linear.units import UNIT_PLACES, in_units
from mpc.programs.precision import comparable, cut_off, product

_VARIANCE_BITS: Final = 44
_ROOT_BITS: Final = 30
_ERROR_BITS: Final = 28
_SPREAD_BITS: Final = 45
_SLACK: Final = 1.01
_LONGEST: Final = 2.0**8
"""A right entry of the inverse is below 2^14, and the standard errors' other factor below 2."""


@dataclass(frozen=True, slots=True)
class Balanced:
    """The equations as they were solved: ``matrix`` (columns, columns), the target's column ``right`` (columns + 1,) with its own variance
    last, ``weights``, bits of the coefficients that are ``sound``, and the powers of two back to units: of coefficients and of the target.
    """

    matrix: SecureArray
    right: SecureArray
    weights: SecureArray
    sound: SecureArray
    relative: SecureArray
    target: SecureArray


@dataclass(frozen=True, slots=True)
class Errors:
    """``slopes`` (columns,) in the coefficients' units; ``spread`` (2,) in the target's: the residual standard error, the standard deviation."""

    slopes: SecureArray
    spread: SecureArray


async def standard_errors(data: Centred, solved: Balanced, places: int) -> Errors:
    """``places`` are the coefficients' fraction bits in the features' unit."""
    width, backend = solved.weights.shape[0], solved.weights.backend
    freedom = data.rows - width - 1
    bits = min(28, backend.headroom.length - 4 - solved.weights.fraction_bits)
    image = solved.matrix.matmul(solved.weights, fraction_bits=bits, limit=1.1)
    image = (image - 2 * solved.right[:-1].rescaled(bits)).within(3.3, because="S·w is within 1.1, and so is b")
    variance_bits = min(_VARIANCE_BITS, bits + solved.weights.fraction_bits)
    gained = solved.weights.reshape(1, -1).matmul(image, fraction_bits=variance_bits, limit=1.1)
    rest = (gained + solved.right[-1:]).within(1.05, because="from 0 to the target's variance, below 1")
    # unbiased, and of errors by a power of two near 1/sqrt(freedom) less, so that they keep their digits
    down = math.ceil(math.log2(freedom) / 2)
    # balanced columns are scaled by w·2^(-lift/2) for a power of two w
    lift = comparable(backend) - data.covariances.fraction_bits
    whole_sums = data.divisor * 2 ** (lift % 2)
    factors = np.array([whole_sums / freedom, whole_sums / (data.rows - 1), 4.0**down / freedom])
    whole = concatenate([rest, solved.right[-1:], rest]).rescaled(variance_bits)
    scaled = _times(whole, factors)
    roots = sqrt(scaled, floor=2.0**-32, fraction_bits=_ROOT_BITS)
    variances, right = await inverse_diagonal(solved.matrix, plainly=True)
    top = math.sqrt(largest(width)) * _SLACK
    lengths = sqrt(
        variances.within(largest(width), because="the iteration's reach"), floor=0.5, fraction_bits=_ERROR_BITS
    )
    sizes = product(lengths, roots[2:], _ERROR_BITS, limit=top * roots.limit)
    kept, far = cut_off(sizes, _LONGEST)
    limit = 2.0 * _LONGEST
    steep = solved.relative.at_least([UNIT_PLACES - places - math.ceil(math.log2(limit))])[0]
    good = right & solved.sound & ~steep & ~far
    slopes = in_units(kept * good, solved.relative * good, places, limit)
    slopes = slopes.shifted_down(data.feature_unit - data.target_unit + down)
    spread = in_units(roots[:2], -concatenate([solved.target, solved.target]), _SPREAD_BITS, roots.limit)
    return Errors(slopes, spread.shifted_down(-data.target_unit - lift // 2))


def _times(values: SecureArray, factors: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> SecureArray:
    """Each times its public factor, with 28 significant bits."""
    bits = 28
    public = constant(values.backend, factors, bits)
    most = values.limit * float(factors.max()) * (1 + 2.0**-bits)
    return product(values, public, values.fraction_bits, limit=most)
