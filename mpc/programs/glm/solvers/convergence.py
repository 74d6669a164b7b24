"""How a fit ended, in three figures: no program of this family gives coefficients without saying how near they are to its optimum."""

from typing import Final

from mpc.arrays.interface import SecureArray, concatenate
from mpc.functions.extremes import maximum
from mpc.programs.glm.solvers.problem import WEIGHT_BITS
from mpc.programs.glm.solvers.scaling import times
from mpc.programs.model_guard import Shown

_EDGE: Final = 2.0**-3
"""Coefficients are clipped by a comparison on sixteenths: one so close to the limit counts as there."""
_GRADIENT_BITS: Final = 32


def figures(
    weights: SecureArray, change: SecureArray, slope: SecureArray, *, rows: int, limit: float, shows: Shown | None
) -> SecureArray:
    """Shape (3,), from the weights (columns + 1,) or (columns + 1, classes), their last change, and the gradient there, summed over rows.

    Of what may not show under a minimum group nothing is counted.
    """
    mean = times(slope, 1 / rows, _GRADIENT_BITS)
    # as fine as comparisons hold, and 2^-24 at least
    sizes = [_largest(_shown(abs(values), shows)) for values in (change.rescaled(WEIGHT_BITS), mean)]
    far = weights.at_least([limit - _EDGE, -limit + _EDGE])
    ends = (far[0] + ~far[1]).within(1, because="not above and below at once")
    return concatenate([*sizes, _shown(ends, shows).sum().reshape(1)])


def _shown(values: SecureArray, shows: Shown | None) -> SecureArray:
    if shows is None:
        return values.reshape(-1)
    slopes, rest = shows.of_columns(values[:-1]), values[-1:]
    whole = rest * (shows.whole if values.ndim == 1 else shows.whole.reshape(1, 1))
    return concatenate([slopes.reshape(-1), whole.reshape(-1)])


def _largest(values: SecureArray) -> SecureArray:
    return maximum(values).reshape(1)
