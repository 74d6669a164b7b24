"""Pooled standardisation of stacked rows: no row changes, and nobody learns the pooled statistics.

Each owner standardises its own rows with its own means m_o and deviations s_o, which it shares. The pooled deviation of a
column is σ² = Σ p_o·(s_o² + (m_o - μ)²), μ = Σ p_o·m_o, p_o the public share of rows; so a pooled standardised value is
``factor·z + shift`` with z the owner's own, factor = s_o/σ and shift = (m_o - μ)/σ, and both are at most 1/sqrt(p_o). Columns
of any unit do: all is computed on m_o - m_1 and s_o divided by the power of two just above Σ s_o + |m_o - m_1|, found by
comparison (:mod:`mpc.functions.normal`). Then some s_o or |m_o - m_1| is at least 1/(4·owners) =: t, so
σ² >= min p·t²/2, which bounds its inverse root. Columns that are constant over all owners come out as zero.

Rounds: about forty, for d columns. Relative error of factors: 2^-18.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mpc import faults
from mpc.arrays.interface import SecureArray
from mpc.functions.normal import downwards, normalised, scaled_by
from mpc.functions.roots import inverse_sqrt
from mpc.programs import columns
from mpc.programs.glm.solvers.problem import POOL_BITS
from mpc.programs.glm.solvers.rows import Pool
from mpc.workflow.context import StepContext
from mpc.workflow.frames import share_from
from mpc.workflow.values import Floats
from protocol.errors import RangeError

STATISTIC_LIMIT = 2.0**26
LEAST_DEVIATION = 2.0**-10
_CONSTANT = 1e-9
_UNIT_BITS = 28
_RESULT_BITS = 20
_MOST_OWNERS = 64


@dataclass(frozen=True, slots=True)
class Local:
    """One owner's own scaling of its training rows, and all its rows standardised with it."""

    means: Floats
    deviations: Floats
    values: Floats


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
    return Local(means, deviations, columns.within(scaled, names, limit, "logistic.beyond_limit", clip=clip))


def statistic_bits(owners: int) -> int:
    """Fraction bits of means and deviations, so that a sum over all owners stays below 2^58."""
    if owners > _MOST_OWNERS:
        raise RangeError("logistic.owners", f"{owners} owners are too many to pool.", f"Use at most {_MOST_OWNERS}.")
    return 57 - 26 - math.ceil(math.log2(3 * owners))


def shared_pool(
    context: StepContext, owners: Sequence[str], own: Sequence[Local | None], rows: list[int], columns: int
) -> Pooled:
    """Share every owner's means and deviations of its own rows, and pool them; ``rows`` are the public counts."""
    bits = statistic_bits(len(owners))
    means: list[SecureArray] = []
    deviations: list[SecureArray] = []
    for owner, found in zip(owners, own, strict=True):
        pair = (None, None) if found is None else (found.means, found.deviations)
        for values, into in zip(pair, (means, deviations), strict=True):
            into.append(share_from(context, values, owner, (columns,), bits, STATISTIC_LIMIT))
    return pool(means, deviations, rows)


def pool(means: list[SecureArray], deviations: list[SecureArray], rows: list[int]) -> Pooled:
    """From every owner's secret statistics, ``statistic_bits`` fraction bits each, and the public training rows."""
    owners, shares = len(rows), [count / sum(rows) for count in rows]
    distances = [mean - means[0] for mean in means]
    extent = deviations[0]
    for deviation, distance in zip(deviations[1:], distances[1:], strict=True):
        extent = extent + deviation + abs(distance)
    normal = normalised(extent, LEAST_DEVIATION / 2, root=None, also=lambda powers, _: [downwards(powers)])
    up = normal.up()

    def unit(array: SecureArray) -> SecureArray:
        return scaled_by(array, up, -normal.shift, _UNIT_BITS, 1.001)

    spreads, places = [unit(array) for array in deviations], [unit(array) for array in distances]
    centre = _mean(places, shares)
    offsets = [place - centre for place in places]
    squares = [spread * spread + offset * offset for spread, offset in zip(spreads, offsets, strict=True)]
    variance = _mean(squares, shares).within(1.01, because="deviations and distances are parts of their sum")
    floor = 0.9 * min(shares) / 2 / (4 * owners) ** 2
    inverse = inverse_sqrt(variance, floor=floor, fraction_bits=_UNIT_BITS - 4)
    pools = [
        Pool(
            spread.multiply(inverse, fraction_bits=POOL_BITS, limit=1.01 / math.sqrt(part)),
            offset.multiply(inverse, fraction_bits=POOL_BITS, limit=1.01 / math.sqrt(part)),
        )
        for spread, offset, part in zip(spreads, offsets, shares, strict=True)
    ]
    deviation = variance.multiply(inverse, fraction_bits=_RESULT_BITS, limit=1.02)
    exponent, down = normal.shift - normal.span, normal.down()

    def own_unit(array: SecureArray) -> SecureArray:
        limit = math.ldexp(1.03, normal.shift)
        return scaled_by(array.rescaled(_RESULT_BITS), down, exponent, _RESULT_BITS - exponent, limit)

    return Pooled(tuple(pools), means[0] + own_unit(centre), own_unit(deviation))


def _mean(parts: list[SecureArray], shares: list[float]) -> SecureArray:
    found = parts[0].multiply(shares[0])
    for part, share in zip(parts[1:], shares[1:], strict=True):
        found = found + part.multiply(share)
    limit = max(part.limit for part in parts) * (1 + 2.0**-10) + 2.0**-8
    return found.within(limit, because="a convex combination, and its rounding")
