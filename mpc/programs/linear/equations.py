"""Centred normal equations solved on shares, and their solution in the columns' own units.

S·w = b becomes (D·S·D)·w' = D·b, with D the secret powers of two that bring every diagonal entry, penalty included, into [1/4, 1)
(:func:`~mpc.programs.precision.unit_diagonal`), and the target's variance too. So w' is a number of ordinary size whatever
columns and target count in, and is found to about 2^-24. The way back is a power of two for each column, whose exponent
is secret: coefficients are given to a fixed public place, fine enough for a target of a millionth of its limit, in a
range that a column of a 2^-30th of its limit needs. What leaves that range, or falls below that place, is counted.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from mpc.arrays.interface import SecureArray, concatenate, constant
from mpc.programs.glm.solvers.preconditioner import preconditioner
from mpc.programs.linear.centred import Centred
from mpc.programs.linear.design import WEIGHT_BITS, bits_for
from mpc.programs.linear.errors import Balanced, Errors, standard_errors
from mpc.programs.linear.units import BALANCE, FAR, UNIT_PLACES, in_units, power
from mpc.programs.precision import cut_off, exponent, product, times, unit_diagonal
from mpc.programs.stats.moments import PLACES
from mpc.workflow.context import StepContext

STEPS: Final = 10
_MATRIX_BITS: Final = 29
_LAST_PLACE: Final = 30
_FINE: Final = 20
_INTERCEPT_BITS: Final = 39
_INTERCEPT_RANGE: Final = 20


@dataclass(frozen=True, slots=True)
class Solution:
    """``coefficients`` (columns,) and ``intercept`` (1,) in the columns' own units; ``flagged`` (columns + 1,) says of each how often it
    was cut off at a limit, is too small for its last place, or belongs to a column that does not vary at this resolution.
    """

    coefficients: SecureArray
    intercept: SecureArray
    flagged: SecureArray
    errors: Errors | None = None


async def solved(context: StepContext, data: Centred, limit: float, *, errors: bool = False) -> Solution:
    """Least squares with the penalty; ``limit`` cuts off standardised coefficients. ``errors`` are of a solution without penalty."""
    width, bits = data.scale.shape[0] - 1, data.covariances.fraction_bits
    whole = data.covariances + _penalties(data, bits).reshape(-1, 1) * np.eye(width + 1, dtype=np.int64)
    unit, powers, varies = unit_diagonal(
        whole.within(5.5, because="a covariance and a penalty"), data.least, _MATRIX_BITS
    )
    features = unit[:width, :width] + (~varies[:width]).reshape(-1, 1) * np.eye(width, dtype=np.int64)
    features = features.within(1.02, because="rows of columns that do not vary are 0")
    weights = await _refined(context, features, unit[:width, width])
    weights = weights * (varies[:width] * varies[width:])
    distance = exponent(data.scale, PLACES) + exponent(powers, BALANCE - 1)
    relative = distance[:width] - distance[width:]
    exact = max(_LAST_PLACE, data.target_unit - data.feature_unit)
    kept, cut = _within_range(weights, relative, limit, UNIT_PLACES - exact)
    small = (~relative.at_least([_LAST_PLACE - exact - _FINE])[0]) * varies[:width] * varies[width:]
    coefficients = in_units(kept, relative, exact, limit).shifted_down(data.feature_unit - data.target_unit)
    lengths = product(data.means[:width], powers[:width], 36, limit=2.11 * 2.0 ** (BALANCE - 1))
    intercept, far = _intercept(data, kept, lengths, distance[width:], limit)
    by_column = (cut + small + ~varies[:width]).within(3, because="bits")
    flagged = concatenate([by_column, far])
    found = None
    if errors:
        sound = concatenate([by_column < 1, ~far])
        balanced = Balanced(features, unit[:, width], weights, lengths, sound, relative, distance[width:])
        found = await standard_errors(data, balanced, exact)
    return Solution(coefficients, intercept, flagged, found)


def _penalties(data: Centred, bits: int) -> SecureArray:
    """alpha/rows in scaled units, 0 for the target; the features' scale was capped so that it is at most 1."""
    backend, width = data.scale.backend, data.scale.shape[0] - 1
    if data.penalty == 0:
        return constant(backend, np.zeros(width + 1), bits)
    cap = 2.0 ** max(0, math.floor(-math.log2(data.penalty) / 2))
    scale = data.scale.within(2.0**PLACES, because="powers of two") * np.append(np.ones(width, np.int64), 0)
    scale = scale.within(min(cap, 2.0**PLACES), because="the features' scale was capped")
    return times(scale * scale, data.penalty, bits).within(1.01, because="penalty·cap² <= 1")


async def _refined(context: StepContext, matrix: SecureArray, right: SecureArray) -> SecureArray:
    """W <- w - V·(S·w - b) with V the secret inverse of S plus a ridge of 2^-15 of its trace, which biases nothing.

    In exact arithmetic step k has the filter f(λ) = 1 - (ε/(λ + ε))^k, and f/√λ <= √(k/ε): |w| <= √(k/ε)·rms(y).
    """
    longest = math.sqrt(STEPS / (2.0**-15 * 0.25))
    known = await preconditioner(matrix, rows=1, gradient_limit=1.1)
    bits = bits_for(context, 1.02 * longest * 2.0**WEIGHT_BITS, most=WEIGHT_BITS, spare=3)
    weights = constant(matrix.backend, np.zeros(matrix.shape[0]), WEIGHT_BITS)
    for step in range(STEPS):
        image = matrix.rescaled(bits).matmul(weights, fraction_bits=bits, limit=2.2)
        residual = (image - right.rescaled(bits)).within(1.1, because="S·w - b with w the filtered solution")
        weights = (weights - known.times(residual)).within(longest, because="f(λ)/√λ <= √(k/ε), ε = 2^-15 of the trace")
        await weights.settled()
        context.progress(step + 2, STEPS + 1)
    return weights


def _within_range(
    weights: SecureArray, relative: SecureArray, limit: float, places: int
) -> tuple[SecureArray, SecureArray]:
    """Weights within ``limit``, and such that times 2^``relative`` they are within 2^``places``; bits of those cut off."""
    first = places - math.ceil(math.log2(limit)) + 1
    steep = [*range(first, FAR + 1)]
    most = constant(weights.backend, np.full(weights.shape, limit), WEIGHT_BITS)
    if steep:
        drops = [limit * 2.0 ** (first - at) - limit * 2.0 ** (first - at - 1) for at in steep]
        reached = relative.at_least(steep)
        lost = reached.multiply(np.array(drops).reshape(-1, 1), fraction_bits=WEIGHT_BITS).sum(axis=0)
        most = (most - lost).within(limit, because="halved for each power of two too many")
    return cut_off(weights, most)


def _intercept(
    data: Centred, weights: SecureArray, lengths: SecureArray, distance: SecureArray, limit: float
) -> tuple[SecureArray, SecureArray]:
    """mean(y) - mean(x)·w in the target's unit, summed where both have their variance in [1/4, 1): no place is lost there."""
    width = weights.shape[0]
    most = 2.13 * limit * 2.0 ** (BALANCE - 1)
    bits = min(30, data.means.backend.headroom.length - 4 - math.ceil(math.log2(most * width)))
    along = product(lengths, weights, bits, limit=most).sum(limit=most * width * 1.001).reshape(1)
    free = math.ceil(math.log2(most * width)) - _INTERCEPT_RANGE + 1
    edge = power(distance, range(1, free + 1), _INTERCEPT_RANGE)
    along, far = cut_off(along, edge)
    down = power(-distance, range(1 - FAR, 1), 0)
    offset = product(along, down.shifted_down(FAR), _INTERCEPT_BITS, limit=2.0**_INTERCEPT_RANGE * 1.001)
    place = power(-exponent(data.scale[width:], PLACES), range(1 - PLACES, 1), 0)
    mean = product(data.means[width:], place.shifted_down(PLACES), _INTERCEPT_BITS, limit=1.01)
    return (mean - offset).shifted_down(-data.target_unit), far
