"""Means, variances and covariances of a regression's columns, pooled about the means: what the normal equations are made of.

Uncentred sums lose a column whose mean is far beyond its spread (years, temperatures): sums of x² and n·mean² agree in all
their places. Here nothing uncentred is ever squared at short precision. Rows split: owners deal means and second
moments in two parts (:func:`~mpc.programs.stats.moments.scaled_moments`). Columns split, or a secret table: rows are centred on
shares, and one matrix product gives the covariances.

Features are in public units of 2^``feature_unit``, the target in 2^``target_unit``, times secret powers of two (``scale``). The
features' unit is at least sqrt(alpha/rows), so that the penalty, alpha/rows of a coefficient in units of one, is at most 1 here.
"""

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from mpc.arrays.interface import SecureArray, concatenate, constant
from mpc.functions.extremes import maximum
from mpc.programs import columns
from mpc.programs.linear.design import Design
from mpc.programs.precision import finest, scale_up, times
from mpc.programs.stats.moments import PLACES, check_limit, largest, scaled_moments, total
from mpc.workflow.context import StepContext
from mpc.workflow.values import Label, Owned, Stacked, StackedLabel, StackedTable, Value, rows_in

_PRODUCT_BITS: Final = 52
_TARGET_SQUARE: Final = 4.42
_LEAST: Final = 6


@dataclass(frozen=True, slots=True)
class Centred:
    """``covariances`` (columns + 1, columns + 1) and ``means`` (columns + 1,), both times ``scale``; the target comes last.

    A variance below 4^``least`` in its last place is rounding. ``penalty`` is alpha/rows in the features' units. Sums over ``rows`` rows
    were divided by ``divisor``.
    """

    covariances: SecureArray
    means: SecureArray
    scale: SecureArray
    feature_unit: int
    target_unit: int
    penalty: float
    least: int
    rows: int
    divisor: int


def pooled(
    context: StepContext,
    features: Stacked,
    label: StackedLabel,
    *,
    limit: float,
    label_limit: float,
    alpha: float,
    trained: Owned,
) -> Centred:
    """Of the training rows of all owners, the first of each as ``trained`` counts them. Bytes: 26 per number and owner, whatever the rows."""
    parts = [(table, own, train) for table, own, (_, train) in zip(features.tables, label.tables, trained, strict=True)]
    rows = rows_in(trained)
    units = _feature_unit(limit, alpha, rows), _binary(label_limit)
    tables: list[StackedTable] = []
    for table, own, train in parts:
        check_limit(table.values, features.columns, limit)
        check_limit(own.values, (label.column,), label_limit)
        both = None
        if table.values is not None and own.values is not None:
            x, y = np.ldexp(table.values[:train], -units[0]), np.ldexp(own.values[:train], -units[1])
            both = np.column_stack([x, y])
            columns.resolved(table.values[:train], features.columns, limit, columns.FEATURE_PLACES)
            columns.resolved(own.values[:train], (label.column,), label_limit, columns.TARGET_PLACES)
        tables.append(replace(table, rows=train, values=both))
    penalty = alpha / rows / 4.0 ** units[0]
    cap = 1 << PLACES if penalty <= 0 else 1 << max(0, math.floor(-math.log2(penalty) / 2))
    most = [cap] * len(features.columns) + [1 << PLACES]
    moments = scaled_moments(context, Stacked((*features.columns, label.column), tuple(tables)), most)
    return Centred(moments.covariances, moments.means, moments.scale, *units, penalty, _LEAST, rows, rows)


async def of_shares(context: StepContext, data: Design, label: Value, *, label_limit: float, alpha: float) -> Centred:
    """Of a design's training rows, which are shares: centred there, whatever their owners did."""
    backend, down = context.backend, math.ceil(math.log2(data.rows))
    known = label.limit if isinstance(label, SecureArray) else 0.0
    units = _feature_unit(data.limit, alpha, data.rows), _binary(max(label_limit, known))
    square = 1.02 * min(1.0, data.mean_square / 4.0 ** units[0]) + 2.0**-10
    target = data.train_target.shifted_down(units[1]).within(1.001, because="the owner's limit, or the array's own")
    scale = scale_up(_largest_target(context, label, target, units[1]), length=PLACES + 1)[0]
    bits = min(target.fraction_bits, finest(backend, 2.1 * data.rows, spare=2))
    target = target.multiply(scale, fraction_bits=bits, limit=2.1)
    x_mean = _mean([_features(block, units[0]) for block in data.train.blocks], data.rows)
    x_bits = _fine(x_mean, square, down)
    column = target.reshape(-1, 1)
    y_mean = _mean([column], data.rows)
    y = (column - y_mean).rescaled(_fine(y_mean, _TARGET_SQUARE, down))
    cross_limit = math.sqrt(square * _TARGET_SQUARE)

    async def of_block(rows: SecureArray, own: SecureArray) -> SecureArray:
        x = (_features(rows, units[0]) - x_mean).rescaled(x_bits)
        return concatenate([_mean_products(x, x, square, down), _mean_products(x, own, cross_limit, down)], axis=1)

    sums = await data.train.summed(y, of_block, max(square, cross_limit))
    features = sums[:, :-1].within(square, because="Cauchy–Schwarz over all rows")
    cross = sums[:, -1:].within(cross_limit, because="Cauchy–Schwarz over all rows")
    own = _mean_products(y, y, _TARGET_SQUARE, down)
    whole = concatenate([concatenate([features, cross], axis=1), concatenate([cross.T, own], axis=1)])
    return Centred(
        covariances=whole,
        means=concatenate([x_mean, y_mean]),
        scale=concatenate([constant(backend, np.ones(data.columns), 0), scale]),
        feature_unit=units[0],
        target_unit=units[1],
        penalty=alpha / 2.0**down / 4.0 ** units[0],
        # of columns that vary by less than eight units of their last place nothing is known
        least=max(_LEAST, (_PRODUCT_BITS - 2 * min(x_bits, y.fraction_bits) + 7) // 2),
        rows=data.rows,
        divisor=1 << down,
    )


def _features(rows: SecureArray, unit: int) -> SecureArray:
    """Without the intercept's column, in the features' unit."""
    return rows[:, :-1].shifted_down(unit)


def _mean(blocks: list[SecureArray], rows: int) -> SecureArray:
    """Of the columns of blocks one below the other."""
    whole = total([block.sum(axis=0) for block in blocks])
    limit = max(block.limit for block in blocks)
    return times(whole, 1 / rows, blocks[0].fraction_bits).within(limit, because="a mean of values")


def _fine(mean: SecureArray, square: float, down: int) -> int:
    """How long deviations from a mean may be, so that products of them fit; ``square`` bounds mean squares."""
    room = (mean.backend.headroom.length - 3 - down - math.ceil(math.log2(square))) // 2
    return min(mean.fraction_bits, room)


def _mean_products(left: SecureArray, right: SecureArray, limit: float, down: int) -> SecureArray:
    """Sums of products over 2^``down``, which Cauchy–Schwarz bounds by ``limit``."""
    bits = min(_PRODUCT_BITS, left.fraction_bits + right.fraction_bits)
    return left.T.matmul(right, fraction_bits=bits, down=down, limit=limit).rescaled(_PRODUCT_BITS)


def _largest_target(context: StepContext, label: Value, target: SecureArray, unit: int) -> SecureArray:
    """The target's largest magnitude: what its owners say, or of a secret one by comparisons. Shape (1,)."""
    if isinstance(label, Label):
        if label.values is not None:
            columns.resolved(label.values.reshape(-1, 1), (label.column,), 2.0**unit, columns.TARGET_PLACES)
        own = None if label.values is None else np.ldexp(label.values.reshape(-1, 1), -unit)
        return largest(context, [(label.owner, own)], 1)
    if isinstance(label, StackedLabel):
        for table in label.tables:
            if table.values is not None:
                columns.resolved(table.values, (label.column,), 2.0**unit, columns.TARGET_PLACES)
        parts = [(p.owner, None if p.values is None else np.ldexp(p.values, -unit)) for p in label.tables]
        return largest(context, parts, 1)
    found = maximum(abs(target)).rescaled(PLACES).shifted_down(-PLACES).reshape(1)
    return found.within(2**PLACES, because="magnitudes are within 1")


def _feature_unit(limit: float, alpha: float, rows: int) -> int:
    return max(_binary(limit), _binary(math.sqrt(alpha / rows)) if alpha > 0 else _binary(limit))


def _binary(limit: float) -> int:
    """The exponent of the power of two at or above ``limit``."""
    return math.ceil(math.log2(limit))
