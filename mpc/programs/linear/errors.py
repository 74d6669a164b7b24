"""Standard errors of least squares, on shares: sqrt(RSS/(n - p)·(S^-1)_jj) of each coefficient, from the balanced equations, and of the
intercept, the mean at x = 0: sqrt(RSS/(n - p)·(1/n + m'·S^-1·m)) for columns with means m.

With w the solution of S·w = b and s the target's variance, all balanced, RSS = s + w·(S·w - 2·b), which an error of w enters squared only. Both
roots are taken before the product, so that the digits of neither are lost; the way back to the columns' units is the coefficients'. A
standard error is 0, which stands for none, where the coefficient is flagged, the inverse's entry is not right
(:mod:`mpc.programs.inverse_diagonal`), or the result has left its range; the intercept's is 0 where any coefficient is flagged or any
entry not right, since all of S^-1 is in it. Without a penalty only.

Means may be a million deviations from 0 or none at all: m is brought to length 1 by a secret power of two 2^e, e >= 0, and
1/4^e + m'·S^-1·m, so scaled, has its digits in any case.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from mpc.arrays.interface import SecureArray, concatenate, constant
from mpc.functions.extremes import maximum
from mpc.functions.roots import sqrt
from mpc.programs.inverse_diagonal import Inverse, inverted, largest
from mpc.programs.linear.centred import Centred
from mpc.programs.linear.units import UNIT_PLACES, in_units
from mpc.programs.precision import comparable, cut_off, exponent, product, scale_up, times

_VARIANCE_BITS: Final = 44
_ROOT_BITS: Final = 30
_ERROR_BITS: Final = 28
_SPREAD_BITS: Final = 45
_MEAN_BITS: Final = 30
_INTERCEPT_BITS: Final = 36
_SLACK: Final = 1.01
_LONGEST: Final = 2.0**8
"""A right entry of the inverse is below 2^14, and the standard errors' other factor below 2."""


@dataclass(frozen=True, slots=True)
class Balanced:
    """The equations as they were solved: ``matrix`` (columns, columns), the target's column ``right`` (columns + 1,) with its own variance
    last, ``weights``, the columns' ``means``, bits of the coefficients and, last, of the intercept that are ``sound``, and the powers of two
    back to units: of coefficients and of the target.
    """

    matrix: SecureArray
    right: SecureArray
    weights: SecureArray
    means: SecureArray
    sound: SecureArray
    relative: SecureArray
    target: SecureArray


@dataclass(frozen=True, slots=True)
class Errors:
    """``slopes`` (columns,) in the coefficients' units; ``intercept`` (1,) and ``spread`` (2,), the residual standard error and the standard
    deviation, in the target's.
    """

    slopes: SecureArray
    intercept: SecureArray
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
    of_mean = whole_sums / freedom * 4.0**down / data.rows
    factors = np.array([whole_sums / freedom, whole_sums / (data.rows - 1), 4.0**down / freedom, of_mean])
    whole = concatenate([rest, solved.right[-1:], rest, rest]).rescaled(variance_bits)
    scaled = _times(whole, factors)
    roots = sqrt(scaled, floor=2.0**-32, fraction_bits=_ROOT_BITS)
    found = await inverted(solved.matrix, plainly=True)
    right = found.right
    top = math.sqrt(largest(width)) * _SLACK
    lengths = sqrt(
        found.diagonal.within(largest(width), because="the iteration's reach"), floor=0.5, fraction_bits=_ERROR_BITS
    )
    sizes = product(lengths, roots[2:3], _ERROR_BITS, limit=top * roots.limit)
    kept, far = cut_off(sizes, _LONGEST)
    limit = 2.0 * _LONGEST
    steep = solved.relative.at_least([UNIT_PLACES - places - math.ceil(math.log2(limit))])[0]
    good = right & solved.sound[:-1] & ~steep & ~far
    slopes = in_units(kept * good, solved.relative * good, places, limit)
    slopes = slopes.shifted_down(data.feature_unit - data.target_unit + down)
    spread = in_units(roots[:2], -concatenate([solved.target, solved.target]), _SPREAD_BITS, roots.limit)
    sound = (right & solved.sound[:-1]).sum().reshape(1).at_least([width])[0] & solved.sound[-1:]
    intercept = _of_intercept(data, solved, found, roots[3:], sound, lift)
    back = -data.target_unit - lift // 2
    return Errors(slopes, intercept.shifted_down(back + down), spread.shifted_down(back))


def _of_intercept(
    data: Centred, solved: Balanced, found: Inverse, root: SecureArray, sound: SecureArray, lift: int
) -> SecureArray:
    """``root``·sqrt(1 + m'·S^-1·m) in the target's unit, for means m in balanced columns; shape (1,)."""
    means = solved.means.rescaled(_MEAN_BITS)
    length = means.bound.bit_length() + 1
    size = (
        (maximum(abs(means)) + 2.0**-_MEAN_BITS)
        .within(math.ldexp(1, length - _MEAN_BITS) - 1, because="its bound")
        .reshape(1)
    )
    top = (
        length - _MEAN_BITS
    )  # of no means at all the direction is 0, of others its largest entry in [1/2, 1), or all are below 1
    up = scale_up(size, length=length, most=1 << top)[0]
    direction = means.multiply(up, limit=math.ldexp(1, top)).shifted_down(top).rescaled(_ERROR_BITS)
    direction = direction.within(1.001, because="scaled to less than 1")
    form = found.along(direction)
    least = up.multiply(up, limit=4.0**top).shifted_down(2 * top)
    share = data.rows / data.divisor * 2.0**-lift
    bits = comparable(form.backend) - math.ceil(math.log2(form.limit * share + 2))
    of_means = times(form, share, bits)
    whole = (of_means + least.rescaled(bits)).within(form.limit * share * 1.01 + 1.01, because="1 and the form")
    length_of = sqrt(whole, floor=2.0 ** (4 - bits), fraction_bits=_ERROR_BITS)
    size_of = product(length_of, root, _ERROR_BITS, limit=length_of.limit * root.limit)
    kept, far = cut_off(size_of, _LONGEST)
    relative = top - exponent(up, top) - solved.target
    limit = 2.0 * _LONGEST
    steep = relative.at_least([UNIT_PLACES - _INTERCEPT_BITS - math.ceil(math.log2(limit))])[0]
    good = sound & ~steep & ~far
    return in_units(kept * good, relative * good, _INTERCEPT_BITS, limit)


def _times(values: SecureArray, factors: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> SecureArray:
    """Each times its public factor, with 28 significant bits."""
    bits = 28
    public = constant(values.backend, factors, bits)
    most = values.limit * float(factors.max()) * (1 + 2.0**-bits)
    return product(values, public, values.fraction_bits, limit=most)
