"""Pooled standardisation of stacked rows: no row changes, and nobody learns the pooled statistics.

Each owner standardises its own rows with its own means m_o and deviations s_o, which it shares. The pooled deviation of a
column is σ² = Σ p_o·(s_o² + (m_o - μ)²), μ = Σ p_o·m_o, p_o the public share of rows; so a pooled standardised value is
``factor·z + shift`` with z the owner's own, factor = s_o/σ and shift = (m_o - μ)/σ, and both are at most 1/sqrt(p_o). Columns
of any unit do: all is computed on m_o - m_1 and s_o divided by the power of two just above the largest of them, found by
comparison (:mod:`mpc.functions.normal`), so nothing gets smaller or larger with the number of owners. Then some s_o or
|m_o - m_1| is at least 1/2, so σ² >= min p/8 (of two means at that distance, the smaller part decides), which bounds its
inverse root. Columns that are constant over all owners come out as zero.

Rounds: about forty, and a comparison and a product for each doubling of the owners. Relative error of factors: 2^-18.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from mpc import faults
from mpc.arrays.headroom import Headroom
from mpc.arrays.interface import SecureArray, concatenate, stack
from mpc.functions.extremes import maximum
from mpc.functions.normal import downwards, normalised, scaled_by
from mpc.functions.roots import inverse_sqrt
from mpc.programs import columns
from mpc.programs.glm.solvers.problem import POOL_BITS
from mpc.programs.glm.solvers.rows import Pool
from mpc.workflow.context import StepContext
from mpc.workflow.frames import share_from
from mpc.workflow.values import Floats

STATISTIC_LIMIT = 2.0**26
LEAST_DEVIATION = 2.0**-10
_CONSTANT = 1e-9
_COARSE_BITS = 24
"""Of a largest deviation of 2^-11 its power of two is right to a 2^-11th; differences of means stay comparable."""


@dataclass(frozen=True, slots=True)
class _Places:
    """Fraction bits: of statistics as dealt, of them in units of the largest, of those squared, and of results in that unit."""

    statistic: int
    unit: int
    square: int
    result: int

    @classmethod
    def of(cls, headroom: Headroom) -> Self:
        """31, 28, 33 and 20 for a committee of three; larger ones have less room."""
        length = headroom.length
        return cls(min(31, length - 30), min(28, (length - 6) // 2), min(33, length - 29), 20 - max(0, 60 - length))


@dataclass(frozen=True, slots=True)
class Local:
    """One owner's own scaling of its training rows, all its rows standardised with it, and how many of each column it cut off."""

    means: Floats
    deviations: Floats
    values: Floats
    clipped: Floats


@dataclass(frozen=True, slots=True)
class Pooled:
    """A pool for each owner, and the pooled means and deviations in the columns' own units."""

    pools: tuple[Pool, ...]
    means: SecureArray
    deviations: SecureArray


def local(values: Floats, names: tuple[str, ...], train: int, *, limit: float, clip: bool) -> Local:
    """An owner's own standardisation; refuses what the declared ranges do not hold, before anything is shared (I12)."""
    means, deviations = values[:train].mean(axis=0), values[:train].std(axis=0)
    largest = np.maximum(np.abs(values[:train]).max(axis=0, initial=0.0), 1e-300)
    constant = deviations <= _CONSTANT * largest
    deviations = np.where(constant, 0.0, deviations)
    large = (np.abs(means) > STATISTIC_LIMIT) | (deviations > STATISTIC_LIMIT)
    columns.refuse(names, large, "logistic.large_column", limit=f"{STATISTIC_LIMIT:g}")
    small = ~constant & (deviations < LEAST_DEVIATION)
    columns.refuse(names, small, "logistic.small_column", limit=f"{LEAST_DEVIATION:g}")
    if bool(constant.any()):
        faults.notice("values.constant", [name for name, flag in zip(names, constant, strict=True) if flag])
    scaled = columns.scaled(values, means, deviations)
    inside = columns.within(scaled, names, limit, "logistic.beyond_limit", clip=clip)
    return Local(means, deviations, inside, columns.counted(scaled, limit))


def shared_pool(
    context: StepContext, owners: Sequence[str], own: Sequence[Local | None], rows: list[int], columns: int
) -> Pooled:
    """Share every owner's means and deviations of its own rows, and pool them; ``rows`` are the public counts."""
    means: list[SecureArray] = []
    deviations: list[SecureArray] = []
    bits = _Places.of(context.backend.headroom).statistic
    for owner, found in zip(owners, own, strict=True):
        pair = (None, None) if found is None else (found.means, found.deviations)
        for values, into in zip(pair, (means, deviations), strict=True):
            into.append(share_from(context, values, owner, (columns,), bits, STATISTIC_LIMIT))
    return pool(means, deviations, rows)


def pool(means: list[SecureArray], deviations: list[SecureArray], rows: list[int]) -> Pooled:
    """From every owner's secret statistics and the public training rows."""
    shares = [count / sum(rows) for count in rows]
    headroom = means[0].backend.headroom
    places_of = _Places.of(headroom)
    distances = [mean - means[0] for mean in means]
    normal = normalised(
        _largest(deviations, distances), LEAST_DEVIATION / 2, root=None, also=lambda powers, _: [downwards(powers)]
    )
    up = normal.up()

    def unit(array: SecureArray) -> SecureArray:
        return scaled_by(array, up, -normal.shift, places_of.unit, 1.002)

    spreads, places = [unit(array) for array in deviations], [unit(array) for array in distances]
    centre = _mean(places, shares)
    offsets = [place - centre for place in places]
    squares = [
        _square(spread, places_of) + _square(offset, places_of) for spread, offset in zip(spreads, offsets, strict=True)
    ]
    variance = _mean(squares, shares).within(
        2.01, because="deviations are within 1, and so is the variance of means in [-1, 1]"
    )
    longest = math.floor(headroom.length - 2 - places_of.unit + math.log2(min(shares)) / 2)
    inverse_bits = min(places_of.unit - 4, longest)
    inverse = inverse_sqrt(variance, floor=0.9 * min(shares) / 8, fraction_bits=inverse_bits)
    pools = [
        Pool(
            spread.multiply(inverse, fraction_bits=POOL_BITS, limit=1.01 / math.sqrt(part)),
            offset.multiply(inverse, fraction_bits=POOL_BITS, limit=1.01 / math.sqrt(part)),
        )
        for spread, offset, part in zip(spreads, offsets, shares, strict=True)
    ]
    deviation = variance.multiply(inverse, fraction_bits=places_of.result, limit=1.45)
    exponent, down = normal.shift - normal.span, normal.down()

    def own_unit(array: SecureArray) -> SecureArray:
        limit = min(math.ldexp(1.45, normal.shift), 2.06 * STATISTIC_LIMIT)
        return scaled_by(array.rescaled(places_of.result), down, exponent, places_of.result - exponent, limit)

    return Pooled(tuple(pools), means[0] + own_unit(centre), own_unit(deviation))


def _largest(deviations: list[SecureArray], distances: list[SecureArray]) -> SecureArray:
    """The largest of all deviations and distances, by column."""
    away = abs(stack(distances[1:]).rescaled(_COARSE_BITS)) if len(distances) > 1 else None
    spread = stack(deviations).rescaled(_COARSE_BITS)
    return maximum(spread if away is None else concatenate([spread, away]), axis=0)


def _square(values: SecureArray, places: _Places) -> SecureArray:
    return values.multiply(values, fraction_bits=places.square)


def _mean(parts: list[SecureArray], shares: list[float]) -> SecureArray:
    found = parts[0].multiply(shares[0])
    for part, share in zip(parts[1:], shares[1:], strict=True):
        found = found + part.multiply(share)
    limit = max(part.limit for part in parts) * (1 + 2.0**-10) + 2.0**-8
    return found.within(limit, because="a convex combination, and its rounding")
