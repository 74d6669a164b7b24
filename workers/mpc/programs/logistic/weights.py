"""Keeping coefficients within their declared range."""

from workers.mpc.arrays.interface import SecureArray, where
from workers.mpc.programs.logistic.problem import CLIP_SLACK, Problem

_CLIP_BITS = 4


def clipped(weights: SecureArray, problem: Problem) -> SecureArray:
    """The weights within ±``coefficient_limit``, decided by secure comparison on values rounded to sixteenths."""
    limit = problem.coefficient_limit
    beyond = weights.rescaled(_CLIP_BITS).at_least([limit, -limit])
    above, below = beyond[0], ~beyond[1]
    edge = (above - below).multiply(limit, fraction_bits=weights.fraction_bits)
    inside = where(above + below, 0, weights)
    return (inside + edge).within(limit + CLIP_SLACK, because="clipped, decided on a value within 3/16 of the weight")
